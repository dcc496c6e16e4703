"""Take one output number apart: `print(trace(model, x, "conv2d_1", (3, 4, 2)))`.

The engine runs once and records every layer's output; from the numbers that it fed to the layer the terms are formed
again in float64 (forward_terms.py) and set beside what it computed.
"""

import numpy as np

from . import inside
from .forward import FORWARD, Parts, before_activation, depthwise_half
from .places import find, full_index, run_forward
from .table import Term, Trace, place


def trace(model, x, layer, index):
    """Take one number of a layer's output apart.

    Parameters
    ----------
    model : Model with one input
    x : one example (H, W, C), or a batch of them
    layer : str       a name, as in `model.summary()`: "conv2d", "inner/conv2d", "conv2d:1" for a second call; or of
        what lies inside a layer, as on the page: "conv2d (before relu)", "separable_conv2d (depthwise)"
    index : tuple of int      (example, row, column, channel) or (example, entry); the example may be left out

    Returns
    -------
    trace : Trace      print it; its terms add up, in float64, to the layer's number before bias and activation

    Raises
    ------
    ValueError: `layer` or `index` names nothing in this model, or layers of this class cannot be taken apart.
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


def take_apart(at, xs, index, part=None):
    """Give the `Parts` of one output of a place, or of what lies inside it; `xs` are its inputs."""
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


def _with_pixels(places, at, values, terms):
    """Name the pixel that each input of a dense layer was before a Flatten."""
    source = places[at.sources[0]]
    while source.kind == "Dropout":
        source = places[source.sources[0]]
    if source.kind != "Flatten":
        return terms
    shape = values[source.sources[0]].shape[1:]
    pixels = [place((0, *np.unravel_index(d, shape))) for d in range(len(terms))]
    return [
        Term(f"{term.where} = {source.sources[0]}{pixel}", term.factors, term.note)
        for term, pixel in zip(terms, pixels, strict=True)
    ]
