"""The table of a model: a row a layer, with shapes, parameters, memory, work, and how much of the picture it sees."""

import math
from collections.abc import Sequence
from typing import Any

from ..layers import Layer
from ..types import Array
from .fields import Field, receptive_fields
from .graph import Call
from .network import Network
from .tables import html_table

HEADER: tuple[str, ...] = ("layer", "class", "output", "parameters", "bytes", "multiply-adds", "sees pixels")
TEXTS: int = 3  # so many columns are texts, the others numbers


def rows(model: Network, expand_nested: bool = True) -> list[dict[str, Any]]:
    """List one dict a call of a layer; nested models are walked into, with their layers' names in full.

    Parameters
    ----------
    model : Model
    expand_nested : bool
        False: a nested model is one row.

    Returns
    -------
    rows : list of dict
        "name", "class", "shape" of the output, "params" (how many numbers), "trainable", "bytes" of one example's
        output and the layer's own arrays, "multiply_adds" of one example, and "field": (height, width), the pixels of
        the picture that an output depends on, the largest of the layer's; "all" once the picture is a row of numbers,
        None where it can't be told (fields.py). Of a model that is not built nearly everything is None.

    Examples
    --------
    >>> from minicnn import Conv2D, Input, MaxPooling2D, Sequential
    >>> model = Sequential([Input((8, 8, 1)), Conv2D(2, 3), MaxPooling2D(2)])
    >>> [(row["name"], row["params"], row["field"]) for row in rows(model)]
    [('input_layer', 0, (1, 1)), ('conv2d', 20, (3, 3)), ('max_pooling2d', 0, (4, 4))]
    """
    if not model.built:
        return _unbuilt(model) if expand_nested else _collapsed(model, _unbuilt(model))
    result: list[dict[str, Any]] = []
    calls = model.calls()
    fields = receptive_fields(calls)
    seen: set[Any] = set()
    for call in calls:
        own = () if call.layer in seen else (*call.layer.params.values(), *call.layer.state.values())
        result.append(_row_of(call, own, fields[call.key]))
        seen.add(call.layer)  # a layer used twice holds its arrays once
    return result if expand_nested else _collapsed(model, result)


def _collapsed(model: Network, table: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Make one row of those of a nested model: it ends as its last one does, and holds what all hold."""
    nested = {layer.name: layer for layer in model.layers if layer.is_model}
    found: dict[str, dict[str, Any]] = {}
    for row in table:
        key, _, inside = row["name"].partition("/")
        layer = nested.get(key.partition(":")[0]) if inside else None
        name = row["name"] if layer is None else key
        whole = row | {"name": name, "class": row["class"] if layer is None else type(layer).__name__}
        for part in ("params", "bytes", "multiply_adds", "trainable") if name in found else ():
            both = found[name][part], row[part]
            whole[part] = None if None in both else any(both) if part == "trainable" else sum(both)
        found[name] = whole
    return list(found.values())


def _row_of(call: Call, arrays: Sequence[Array], field: Field) -> dict[str, Any]:
    itemsize = 8 if call.layer.dtype == "float64" else 4
    sizes = [size for size in call.shape[1:] if size is not None]
    is_open = len(sizes) < len(call.shape) - 1
    memory = None if is_open else itemsize * math.prod(sizes) + sum(array.nbytes for array in arrays)
    params = sum(array.size for array in arrays)
    return _row(call.key, call.layer, call.shape, params, memory, call.layer.multiply_adds(call.input_shape), field)


def _row(name: str, layer: Layer, shape: Any, params: int, *measured: Any) -> dict[str, Any]:
    """Return a row; measured: bytes, multiply-adds and field, where they are known."""
    return {
        "name": name,
        "class": type(layer).__name__,
        "shape": shape,
        "params": params,
        "trainable": layer.trainable and bool(layer.params),
        **dict(zip(("bytes", "multiply_adds", "field"), measured or (None, None, None), strict=True)),
    }


def _unbuilt(model: Network) -> list[dict[str, Any]]:
    """List the rows of a model whose input nobody knows yet, a layer each: of those in a built model the shapes."""
    return [_row(path, layer, layer.output_shape, layer.count_params()) for path, layer in model.leaves()]


def summary(model: Network, expand_nested: bool = True, show_trainable: bool = False) -> str:
    """Return the table, a row a layer, totals below; a question mark for what only the first batch will tell.

    Parameters
    ----------
    model : Model
    expand_nested : bool
        False: a nested model is one row.
    show_trainable : bool
        Whether a column tells which layers learn.

    Examples
    --------
    >>> from minicnn import Dense, Input, Sequential
    >>> print(summary(Sequential([Input((4,)), Dense(2)], name="small")).rpartition("; ")[2])
    8 multiply-adds and 24 bytes of outputs an example, 40 of weights
    """
    table = rows(model, expand_nested)
    learns = ({True: "yes", False: "no"}[row["trainable"]] for row in table)
    cells = [(*_cells(row), *(learn,) * show_trainable) for row, learn in zip(table, learns, strict=True)]
    lines = _aligned([(*HEADER, *("trainable",) * show_trainable), *cells])
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
    work, sizes = model.multiply_adds(), [row["bytes"] for row in table]
    arrays = sum(array.nbytes for array in model.get_weights())
    told = f"model '{model.name}': {total:,} parameters, {learning:,} of them trainable; "
    if work is None or None in sizes:
        return f"{told}{'an open number of' if work is None else f'{work:,}'} multiply-adds an example"
    return (
        f"{told}{work:,} multiply-adds and {sum(sizes) - arrays:,} bytes of outputs an example, {arrays:,} of weights"
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
