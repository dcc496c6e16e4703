"""Take one output number apart: `print(trace(model, x, "conv2d_1", (3, 4, 2)))`.

The engine runs once and records every layer's output; from the numbers that it fed to the layer the terms are formed
again in float64 (forward.py) and set beside what it computed.
"""

from collections.abc import Sequence

import numpy as np

from ...models import Model
from ...types import AnyArray, Array, ArrayLike, Arrays
from . import inside
from .forward import FORWARD, before_activation, depthwise_half
from .places import Place, find, full_index
from .runs import run_forward
from .table import Index, Parts, Term, Trace, place


def trace(model: Model, x: ArrayLike, layer: str, index: int | Sequence[int] | AnyArray) -> Trace:
    """Take one number of a layer's output apart.

    Parameters
    ----------
    model : Model
        With one input.
    x : (N, H, W, C), or one example (H, W, C)
        Or whatever else the model takes.
    layer : str
        A name, as in `model.summary()`: "conv2d", "inner/conv2d", "conv2d:1" for a second call; or of what lies inside
        a layer, as on the page: "conv2d (before relu)", "separable_conv2d (depthwise)".
    index : tuple of int
        (example, row, column, channel) or (example, entry); the example may be left out.

    Returns
    -------
    trace : Trace
        Print it; its terms add up, in float64, to the layer's number before bias and activation.

    Raises
    ------
    ValueError
        `layer` or `index` names nothing in this model, or layers of this class cannot be taken apart.

    Examples
    --------
    >>> from minicnn import Conv2D, Input, Sequential
    >>> model = Sequential([Input((5, 5, 1)), Conv2D(1, 3)])
    >>> model.set_weights([np.ones((3, 3, 1, 1)), [0.5]])
    >>> found = trace(model, np.arange(25.0).reshape(5, 5, 1), "conv2d", (0, 1, 0))  # row 0, column 1
    >>> len(found.terms), found.terms[0].where, found.terms[0].value
    (9, '[0, 1, channel 0]', 1.0)
    >>> found.total, found.steps, found.engine
    (63.0, [('+ bias 0.5', 63.5)], 63.5)
    """
    places, values = run_forward(model, x)
    at, part = find(places, layer)
    xs = [values[key] for key in at.sources] or [values[at.key]]
    y = values[at.key] if part is None else inside.value(at.layer, xs[0], part)
    index = full_index(index, y.shape)
    parts = take_apart(at, xs, index, part)
    if at.kind == "Dense":
        parts = parts._replace(terms=_with_pixels(places, at, values, parts.terms))
    title = (
        f"{inside.named(at.key, part)}{place(index)}   {at.kind}{' of ' + ', '.join(at.sources) if at.sources else ''}"
    )
    return Trace(title, parts.formula, parts.columns, parts.terms, float(y[index]), parts.steps)


def take_apart(at: Place, xs: Sequence[Array], index: Index, part: str | None = None) -> Parts:
    """Take apart one output of a place, or of what lies inside it.

    Parameters
    ----------
    at : Place
    xs : list of array
        Its inputs.
    index : tuple of int
        Of the output.
    part : str, optional
        One of `inside.parts`.

    Returns
    -------
    parts : Parts

    Raises
    ------
    ValueError
        Layers of this class cannot be taken apart.
    """
    if part is not None:
        return (depthwise_half if part == inside.DEPTHWISE else before_activation)(at.layer, xs, index)
    if not at.sources:
        return Parts("a number of the input itself", ("x",), [Term(place(index), (float(xs[0][index]),))], [])
    if at.kind not in FORWARD:
        raise ValueError(
            f"Layers of class {at.kind} cannot be taken apart; those that can: "
            f"{', '.join(FORWARD)}. Received: {at.key!r}."
        )
    return FORWARD[at.kind](at.layer, xs, index)


def _with_pixels(places: dict[str, Place], at: Place, values: Arrays, terms: list[Term]):
    """Name the pixel that each input of a dense layer was before a Flatten."""
    source = places[at.sources[0]]
    while source.kind == "Dropout":
        source = places[source.sources[0]]
    if source.kind != "Flatten":
        return terms
    shape = values[source.sources[0]].shape[1:]
    pixels = [place((0, *map(int, np.unravel_index(d, shape)))) for d in range(len(terms))]
    return [
        Term(f"{term.where} = {source.sources[0]}{pixel}", term.factors, term.note)
        for term, pixel in zip(terms, pixels, strict=True)
    ]
