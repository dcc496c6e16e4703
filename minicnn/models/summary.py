"""The table of a model: a row a layer, with shapes, parameters, memory, work, and how much of the picture it sees.

The receptive field of one output is the window of input pixels that it depends on. It grows by
(window - 1) * jump at each layer, where jump, the product of the strides before, is the distance in pixels between
neighbouring outputs. Source: Araujo, Norris & Sim 2019, "Computing Receptive Fields", distill.pub.
"""

import math


def rows(model):
    """List one dict a call of a layer: name, class, shape, params, trainable, bytes, multiply_adds, field.

    Nested models are walked into, with their layers' names in full. `bytes` counts the output of one example and the
    layer's own arrays; `field` is (height, width) in pixels, or "all" once the picture is a row of numbers. Of a model
    that is not built nearly everything is None.
    """
    if not model.built:
        return _unbuilt(model)
    result, reach, seen = [], {}, set()  # reach: (field, jump) of every call's output
    for call in model.calls():
        sources = [reach[key] for key in call.sources]
        if call.input_shape is not None:
            reach[call.key] = _reach(sources, call.layer.window(call.input_shape), call.shape)
        else:  # an InputLayer: of a nested model it hands on what that was called with
            reach[call.key] = sources[0] if sources else ((1, 1), (1, 1))
        result.append(
            _row(
                call,
                () if call.layer in seen else (*call.layer.params.values(), *call.layer.state.values()),
                reach[call.key][0],
            )
        )
        seen.add(call.layer)  # a layer used twice holds its arrays once
    return result


def _row(call, arrays, field):
    itemsize = 8 if call.layer.dtype == "float64" else 4
    is_open = None in call.shape[1:]
    return {
        "name": call.key,
        "class": type(call.layer).__name__,
        "shape": call.shape,
        "params": sum(array.size for array in arrays),
        "trainable": call.layer.trainable and bool(call.layer.params),
        "bytes": None if is_open else itemsize * math.prod(call.shape[1:]) + sum(array.nbytes for array in arrays),
        "multiply_adds": call.layer.multiply_adds(call.input_shape),
        "field": field if len(call.shape) == 4 else "all",
    }


def _unbuilt(model):
    """List the rows of a model whose shapes nobody knows yet, a layer each."""
    result = []
    for layer in model.layers:
        if layer.is_model:
            result += [{**row, "name": f"{layer.name}/{row['name']}"} for row in rows(layer)]
            continue
        result.append(
            {
                "name": layer.name,
                "class": type(layer).__name__,
                "shape": None,
                "params": layer.count_params(),
                "trainable": layer.trainable and bool(layer.params),
                "bytes": None,
                "multiply_adds": None,
                "field": None,
            }
        )
    return result


def _reach(sources, look, shape):
    """Receptive field and jump behind a layer, from those of its inputs and what one output of it looks at."""
    if len(shape) != 4:
        return "all", (1, 1)
    if any(field == "all" for field, _ in sources):
        return "all", (1, 1)
    field = tuple(max(f[axis] for f, _ in sources) for axis in (0, 1))
    jump = tuple(max(j[axis] for _, j in sources) for axis in (0, 1))
    window, strides = look
    return (
        tuple(f + (w - 1) * j for f, w, j in zip(field, window, jump, strict=True)),
        tuple(j * s for j, s in zip(jump, strides, strict=True)),
    )


def summary(model):
    """Write the table, a row a layer, totals below; a question mark for what only the first batch will tell."""
    lines = [("layer", "class", "output", "parameters", "bytes", "multiply-adds", "sees pixels")]
    table = rows(model)
    for row in table:
        shape = (
            "?"
            if row["shape"] is None
            else "({})".format(", ".join("N" if size is None else str(size) for size in row["shape"]))
        )
        field = row["field"] if row["field"] == "all" else "{} x {}".format(*row["field"] or "??")
        lines.append(
            (
                row["name"],
                row["class"],
                shape,
                _number(row["params"]),
                _number(row["bytes"]),
                _number(row["multiply_adds"]),
                field,
            )
        )
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    text = [
        "  ".join(
            cell.ljust(width) if column < 3 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    ]
    text.insert(1, "-" * max(map(len, text)))
    total = sum(row["params"] for row in table)
    learning = sum(array.size for array in model.params.values())
    work = model.multiply_adds()
    text += [
        "-" * len(text[1]),
        f"model '{model.name}': {total:,} parameters, {learning:,} of them trainable; "
        f"{'an open number of' if work is None else f'{work:,}'} multiply-adds an example",
    ]
    return "\n".join(text)


def _number(value):
    return "?" if value is None else f"{value:,}" if value else "0"
