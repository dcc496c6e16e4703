"""Take one gradient apart: `print(trace_gradient(model, x, y, "conv2d/kernel", (0, 1, 2, 3)))`.

dX    what every output that read this number sends back: its own gradient times what it multiplied the number by
dW    over every stop of the window and every example: the number that the weight met times the gradient of the result
db    the gradients of all outputs that it was added to

The remark beside each term says which ReLU masks and pool winners that output's own gradient came through.
"""

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ... import losses
from ...layers import MaxPooling2D
from ...models import Model
from ...types import AnyArray, ArrayLike
from . import inside
from .activations import activate
from .backward import TO_INPUT, TO_WEIGHT, pointwise_half, through_activation
from .bends import gate
from .places import Place, find, full_index, layer_path
from .runs import Run, run_backward
from .table import Index, Term, Trace, place
from .verdict import verdict
from .windows import Windows

MET: dict[str, tuple[str, str]] = {  # the equation of a weight that is no kernel, and what dz is multiplied by
    "alpha": ("alpha = sum of dz * min(x, 0)", "min(x, 0)"),
    "beta": ("beta = sum of dz", "factor"),
    "bias": ("bias = sum of dz", "factor"),
    "gamma": ("gamma = sum of dz * xhat,  xhat = (x - mean) / deviation", "xhat"),
}


def trace_gradient(model: Model, x: ArrayLike, y: ArrayLike, what: str, index: int | Sequence[int] | AnyArray) -> Trace:
    """Take the loss's gradient at one number apart: an input or map (dX), a kernel (dW) or a bias (db).

    The model runs as when predicting: Dropout drops nothing, BatchNormalization uses its moving means.

    Parameters
    ----------
    model : Model
        With one input and one output; its loss is the compiled one, else the one that its end belongs to.
    x : (N, H, W, C), or one example (H, W, C)
        Or whatever else the model takes.
    y : int, list of int, or array
        The true class, one class an example, or what the loss takes.
    what : str
        "conv2d/kernel", "conv2d/bias" (dW, db), or a name as `trace` takes it: the gradient at a layer's output or at
        what lies inside it ("x": at the model's input).
    index : tuple of int
        In the array of `what`; for an output the example may be left out.

    Returns
    -------
    trace : Trace
        Its terms add up, in float64, to the gradient.

    Raises
    ------
    ValueError
        `what` or `index` names nothing in this model, or a frozen layer's weight, or the output of an activation that
        the loss has taken into itself.

    Examples
    --------
    >>> from minicnn import Dense, Input, Sequential
    >>> model = Sequential([Input((2,)), Dense(2)])
    >>> model.set_weights([np.eye(2), [0.0, 0.0]])
    >>> found = trace_gradient(model, [3.0, 3.0], 1, "dense/kernel", (0, 1))
    >>> [(term.where, term.factors) for term in found.terms]  # (p - t) of unit 1, times the input that it met
    [('dense[1]', (-0.5, 3.0))]
    >>> round(found.total, 4), round(found.engine, 4)
    (-1.5, -1.5)
    """
    run = run_backward(model, x, y)
    what = next(iter(run.places)) if what == "x" else what
    path, _, name = what.rpartition("/")
    owners = [at for at in run.places.values() if layer_path(at.key) == path and name in at.layer.params]
    return _of_weight(run, owners, what, name, index) if owners else _of_output(run, *find(run.places, what), index)


def _of_weight(run: Run, owners: list[Place], what: str, name: str, index: int | Sequence[int] | AnyArray):
    if what not in run.grads:
        raise ValueError(f"`what` must name a weight that learns; this layer is frozen. Received: what={what!r}.")
    array = owners[0].layer.params[name]
    index = full_index(index, array.shape)
    terms = []
    for at in owners:  # a layer that is called twice learns from both calls
        rule = TO_WEIGHT.get((at.kind, name))
        if rule is None:
            raise ValueError(f"The gradient of {name!r} in layers of class {at.kind} cannot be taken apart.")
        part = _first(at) if name == "depthwise_kernel" else inside.before(at.layer)
        terms += rule(at.layer, run.inputs(at), _Gradient(run, at, part), run.values[at.key].shape, index)
    equation, met = MET.get(name, ("weight = sum of dz * x", "x"))
    terms = _short(run, terms)
    return Trace(
        f"d loss / d {what}{list(index)}   loss {run.value:.6g}",
        f"d loss / d {equation}",
        ("dz", met),
        terms,
        float(run.grads[what][index]),
        verdict=verdict(terms, of_weight=True),
    )


def _of_output(run: Run, at: Place, part: str | None, index: int | Sequence[int] | AnyArray):
    gradient, name = run.gradient_at(at, part), inside.named(at.key, part)
    index = full_index(index, gradient.shape)
    title = f"d loss / d {name}{place(index)}   {at.kind}, loss {run.value:.6g}"
    if (at.key, part) == run.start:
        return Trace(title, *_of_loss(run, index), float(gradient[index]))
    terms = _short(run, _sent_within(run, at, part, index) if part else _sent_to(run, at, index))
    return Trace(
        title,
        f"d loss / d {name} = sum over the outputs that read it: dz * factor",
        ("dz", "factor"),
        terms,
        float(gradient[index]),
        verdict=verdict(terms),
    )


def _short(run: Run, terms: list[Term]):
    """Leave the example out where there is only one."""
    if len(run.values[run.last]) > 1:
        return terms
    return [replace(term, where=term.where.replace("example 0 ", "", 1)) for term in terms]


def _sent_to(run: Run, at: Place, index: Index) -> list[Term]:
    """List what every layer that reads an output sends back to it."""
    terms: list[Term] = []
    for reader in run.places.values():
        for k, source in enumerate(reader.sources):
            if source != at.key:
                continue
            if reader.kind not in TO_INPUT:
                raise ValueError(
                    f"Gradients through layers of class {reader.kind} cannot be taken apart. Received: {reader.key!r}."
                )
            dz = _Gradient(run, reader, _first(reader))
            terms += TO_INPUT[reader.kind](reader.layer, run.inputs(reader), k, dz, index)
    return terms


def _sent_within(run: Run, at: Place, part: str, index: Index):
    """List what the rest of a layer sends back to a part inside it."""
    if part == inside.DEPTHWISE:
        return pointwise_half(at.layer, _Gradient(run, at, inside.before(at.layer)), index)
    return through_activation(at.layer, [run.output_at(at, part)], 0, _Gradient(run, at, None), index)


def _first(at: Place):
    """Name the part of a place that reads its input; None where nothing lies inside it."""
    return next(iter(inside.parts(at.layer)), None)


def _of_loss(run: Run, index: Index):
    """Write the gradient at the last output itself: equation, columns, terms."""
    out = run.values[run.last].astype(np.float64)
    examples = math.prod(out.shape[:-1])
    if run.fused or getattr(run.loss, "from_logits", False):
        p, head = activate(run.loss.head, out), run.loss.head
        share = 1 / examples if head == "softmax" else 1 / out.size
        truth = np.asarray(run.target, np.float64)
        if isinstance(run.loss, losses.SparseCategoricalCrossentropy):
            truth = np.eye(out.shape[-1])[run.target]
        return (
            f"d loss / d logit = (p - t) / {round(1 / share)},  p = {head}(logits)",
            ("value", "share"),
            [
                Term("p", (float(p[index]), share), "what the net says"),
                Term("-t", (-float(truth[index]), share), "the truth"),
            ],
        )
    _, gradient = run.loss.value_and_gradient(run.target, out)
    return (
        f"the derivative of {run.loss.name}",
        ("gradient",),
        [Term("the loss", (float(gradient[index]),), "its own derivative")],
    )


class _Gradient:
    """dz(index): the gradient at one number of a place, or of a part inside it, and through what it came."""

    def __init__(self, run: Run, at: Place, part: str | None) -> None:
        self.run, self.at, self.part, self.name = run, at, part, inside.named(at.key, part)
        self.array = run.gradient_at(at, part)

    def __call__(self, index: Index) -> tuple[float, list[str]]:
        return float(self.array[index]), self._notes(index)

    def _notes(self, index: Index) -> list[str]:
        if self.part == inside.DEPTHWISE or (self.at.key, self.part) == self.run.start:
            return []
        own = gate(self.at.layer, float(self.run.values[self.at.key][index])) if self.part else ""
        return [own] if own == "ReLU closed" else [*filter(None, [own]), *_passage(self.run, self.at, index)]


def _passage(run: Run, at: Place, index: Index) -> list[str]:
    """Follow an output on through ReLU masks and pools, and say what became of it there."""
    notes: list[str] = []
    while True:
        readers = [reader for reader in run.places.values() if at.key in reader.sources]
        if len(readers) != 1 or (run.fused and readers[0].key == run.last):
            return notes
        reader, x = readers[0], run.values[at.key]
        if reader.kind in ("ReLU", "Activation") and (said := gate(reader.layer, float(x[index]))):
            notes.append(said)
            if notes[-1] == "ReLU closed":
                return notes
        elif reader.kind == "MaxPooling2D" and isinstance(reader.layer, MaxPooling2D):  # an average is one too
            windows = Windows.of(reader.layer, x.shape[1:3])
            n, h, w, c = index
            won = [(i, j) for i, j, _, _ in windows.readers(h, w) if windows.winner(x[n], i, j, c)[0] == (h, w)]
            notes.append(
                f"wins {', '.join(str(list(at)) for at in won)} of {reader.key}"
                if won
                else f"wins no window of {reader.key}"
            )
            if len(won) != 1:
                return notes
            index = (n, *won[0], c)
        elif "Dropout" not in reader.kind:
            return notes
        at = reader
