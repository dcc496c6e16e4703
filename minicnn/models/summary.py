"""The table of a model: a row a layer, with shapes, parameters, memory, work, and how much of the image it sees.

The receptive field of one output is the window of input pixels that it depends on. It grows by
(window - 1) * jump at each layer, where jump, the product of the strides before, is the distance in pixels between
neighbouring outputs. Source: Araujo, Norris & Sim 2019, "Computing Receptive Fields", distill.pub.
"""

import math
from collections.abc import Sequence
from fractions import Fraction
from typing import Any, Literal

from ..types import Array, Pair, Shape
from .graph import Call
from .network import Network
from .tables import html_table

Field = Pair | Literal["all"]  # (height, width) in pixels, or "all" of them
Ratios = tuple[int | Fraction, int | Fraction]
Reach = tuple[Ratios | Literal["all"], Ratios]  # a layer's receptive field and jump; jumps below 1 where images grow
HEADER: tuple[str, ...] = ("layer", "class", "output", "parameters", "bytes", "multiply-adds", "sees pixels")
TEXTS: int = 3  # so many columns are texts, the others numbers


def rows(model: Network) -> list[dict[str, Any]]:
    """List one dict a call of a layer; nested models are walked into, with their layers' names in full.

    Parameters
    ----------
    model : Model

    Returns
    -------
    rows : list of dict
        "name", "class", "shape" of the output, "params" (how many numbers), "trainable", "bytes" of one example's
        output and the layer's own arrays, "multiply_adds" of one example, and "field": (height, width) in pixels, or
        "all" once the image is a row of numbers. Of a model that is not built nearly everything is None.

    Examples
    --------
    >>> from minicnn import Conv2D, Input, MaxPooling2D, Sequential
    >>> model = Sequential([Input((8, 8, 1)), Conv2D(2, 3), MaxPooling2D(2)])
    >>> [(row["name"], row["params"], row["field"]) for row in rows(model)]
    [('input_layer', 0, (1, 1)), ('conv2d', 20, (3, 3)), ('max_pooling2d', 0, (4, 4))]
    """
    if not model.built:
        return _unbuilt(model)
    result: list[dict[str, Any]] = []
    reach: dict[str, Reach] = {}  # of every call's output
    seen: set[Any] = set()
    for call in model.calls():
        sources = [reach[key] for key in call.sources]
        if call.input_shape is not None:
            reach[call.key] = _reach(sources, call.layer.window(call.input_shape), call.shape)
        else:  # an InputLayer: of a nested model it hands on what that was called with
            reach[call.key] = sources[0] if sources else ((1, 1), (1, 1))
        own = () if call.layer in seen else (*call.layer.params.values(), *call.layer.state.values())
        result.append(_row(call, own, reach[call.key][0]))
        seen.add(call.layer)  # a layer used twice holds its arrays once
    return result


def _row(call: Call, arrays: Sequence[Array], reach: Ratios | Literal["all"]) -> dict[str, Any]:
    itemsize = 8 if call.layer.dtype == "float64" else 4
    sizes = [size for size in call.shape[1:] if size is not None]
    is_open = len(sizes) < len(call.shape) - 1
    field: Field = "all" if reach == "all" or len(call.shape) != 4 else (math.ceil(reach[0]), math.ceil(reach[1]))
    return {
        "name": call.key,
        "class": type(call.layer).__name__,
        "shape": call.shape,
        "params": sum(array.size for array in arrays),
        "trainable": call.layer.trainable and bool(call.layer.params),
        "bytes": None if is_open else itemsize * math.prod(sizes) + sum(array.nbytes for array in arrays),
        "multiply_adds": call.layer.multiply_adds(call.input_shape),
        "field": field,
    }


def _unbuilt(model: Network) -> list[dict[str, Any]]:
    """List the rows of a model whose input nobody knows yet, a layer each: of those in a built model the shapes."""
    return [
        {
            "name": path,
            "class": type(layer).__name__,
            "shape": layer.output_shape,
            "params": layer.count_params(),
            "trainable": layer.trainable and bool(layer.params),
            "bytes": None,
            "multiply_adds": None,
            "field": None,
        }
        for path, layer in model.leaves()
    ]


def _reach(sources: Sequence[Reach], look: tuple[Pair, Ratios], shape: Shape) -> Reach:
    """Return receptive field and jump after a layer, from those of its inputs and what one output of it looks at."""
    fields = [field for field, _ in sources if field != "all"]
    if len(shape) != 4 or len(fields) < len(sources):
        return "all", (1, 1)
    (window_h, window_w), (stride_h, stride_w) = look
    jump_h, jump_w = (max(jump[axis] for _, jump in sources) for axis in (0, 1))
    field_h, field_w = (max(field[axis] for field in fields) for axis in (0, 1))
    return (
        (field_h + (window_h - 1) * jump_h, field_w + (window_w - 1) * jump_w),
        (jump_h * stride_h, jump_w * stride_w),
    )


def summary(model: Network) -> str:
    """Return the table, a row a layer, totals below; a question mark for what only the first batch will tell.

    Parameters
    ----------
    model : Model

    Examples
    --------
    >>> from minicnn import Dense, Input, Sequential
    >>> print(summary(Sequential([Input((4,)), Dense(2)], name="small")).splitlines()[-1])
    model 'small': 10 parameters, 10 of them trainable; 8 multiply-adds an example
    """
    table = rows(model)
    lines = _aligned([HEADER, *(_cells(row) for row in table)])
    rule = "-" * max(map(len, lines))
    return "\n".join([lines[0], rule, *lines[1:], rule, _totals(model, table)])


def html_summary(model: Network) -> str:
    """Return the same table as HTML.

    Parameters
    ----------
    model : Model

    Examples
    --------
    >>> from minicnn import Dense, Input, Sequential
    >>> html_summary(Sequential([Input((4,)), Dense(2)])).count("<tr>")  # the head and two layers
    3
    """
    table = rows(model)
    return html_table(HEADER, map(_cells, table), TEXTS, _totals(model, table))


def _totals(model: Network, table: Sequence[dict[str, Any]]) -> str:
    total = sum(row["params"] for row in table)
    learning = sum(array.size for array in model.params.values())
    work = model.multiply_adds()
    return (
        f"model '{model.name}': {total:,} parameters, {learning:,} of them trainable; "
        f"{'an open number of' if work is None else f'{work:,}'} multiply-adds an example"
    )


def _cells(row: dict[str, Any]) -> tuple[str, ...]:
    """Return a row's cells as texts."""
    sizes = ["N" if size is None else str(size) for size in row["shape"] or ()]
    shape = "?" if row["shape"] is None else f"({', '.join(sizes)})"
    field = row["field"] if row["field"] == "all" else "{} x {}".format(*row["field"] or "??")
    numbers = (_number(row[name]) for name in ("params", "bytes", "multiply_adds"))
    return row["name"], row["class"], shape, *numbers, field


def _aligned(lines: Sequence[tuple[str, ...]]) -> list[str]:
    """Return lines whose columns stand below one another: texts to the left, numbers to the right."""
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return [
        "  ".join(
            cell.ljust(width) if column < TEXTS else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    ]


def _number(value: int | None) -> str:
    return "?" if value is None else f"{value:,}"
