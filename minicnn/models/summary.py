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
    result = []
    if not model.built:
        return _unbuilt(model)
    _walk(model, "", model.shapes(), [((1, 1), (1, 1))] * len(model.inputs), result, set())
    return result


def _walk(model, prefix, shapes, sources, result, seen):
    """Append the rows of a model; take (field, jump) of its inputs, return those of its outputs."""
    reach = dict(zip(model.inputs, sources, strict=True))
    for node in model.nodes:
        layer, shape = node.layer, shapes[node.outputs[0]]
        given = node.shape_in(shapes) if node.inputs else None
        if layer.is_model:
            own = _walk(
                layer,
                f"{prefix}{node.key}/",
                layer.shapes(given),
                [reach[tensor] for tensor in node.inputs],
                result,
                seen,
            )
            reach.update(zip(node.outputs, own, strict=True))
            continue
        if node.inputs:
            reach[node.outputs[0]] = _reach([reach[tensor] for tensor in node.inputs], layer.window(given), shape)
        arrays = () if layer in seen else (*layer.params.values(), *layer.state.values())
        seen.add(layer)  # a layer used twice holds its arrays once
        itemsize = 8 if layer.dtype == "float64" else 4
        result.append(
            {
                "name": prefix + node.key,
                "class": type(layer).__name__,
                "shape": shape,
                "params": sum(array.size for array in arrays),
                "trainable": layer.trainable and bool(layer.params),
                "bytes": None
                if None in shape[1:]
                else itemsize * math.prod(shape[1:]) + sum(array.nbytes for array in arrays),
                "multiply_adds": layer.multiply_adds(given),
                "field": reach[node.outputs[0]][0] if len(shape) == 4 else "all",
            }
        )
    return [reach[tensor] for tensor in model.outputs]


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
