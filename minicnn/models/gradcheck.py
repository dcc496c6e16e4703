"""Check a model's gradients by difference quotients, and know a kink when one is crossed.

    numeric = (loss(w + h) - loss(w - h)) / 2h       relative error = |numeric - analytic| / max(|numeric|, |analytic|)

Everything runs in float64 and as when predicting. ReLU and max pooling have kinks: where a step of h changes a ReLU's
sign or a pool's winner the quotient mixes two slopes, and a difference there says nothing against the gradient. So the
signs and winners of both steps are compared with those at w; where one moved a smaller h is tried, and if even the
smallest crosses the kink the element counts as "kink crossed", not as "wrong".

Kernels of one dtype can be wrong where those of another are right, so the gradients in the model's own dtype are held
against those in float64 as well, all numbers of them. Where rounding alone moves a sign or a winner they say nothing.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from .. import arguments
from ..losses import Loss
from ..types import AnyArray, Array, ArrayLike, Arrays
from .kinks import pattern
from .model import Model
from .tables import html_table

STEPS: tuple[float, ...] = (1e-4, 1e-5, 1e-6)  # in units of max(1, |w|), the largest that crosses no kink is taken
# How far the gradients in the model's own dtype may be off: times its eps, times the array's largest gradient.
OWN: float = 1e4


@dataclass(frozen=True)
class Element:
    """One checked number.

    Attributes
    ----------
    array : str
        Whose number it is: "x", or a parameter's name.
    index : tuple of int
        Where it stands in the array.
    analytic, numeric : float
        What the gradient and what the difference quotient say, in float64.
    error : float
        The relative error.
    verdict : str
        "ok", "wrong" or "kink crossed".
    own : float
        The gradient in the model's own dtype.
    """

    array: str
    index: tuple[int, ...]
    analytic: float
    numeric: float
    error: float
    verdict: str
    own: float


@dataclass(frozen=True, repr=False)
class GradientCheck:
    """What `gradcheck` found; its text is a table, in a notebook too.

    Attributes
    ----------
    elements : list of Element
        All that were checked.
    loss : float
        The loss at x.
    """

    elements: list[Element]
    loss: float

    @property
    def ok(self) -> bool:
        """Whether no element is wrong and at least one could be judged."""
        verdicts = {element.verdict for element in self.elements}
        return "ok" in verdicts and "wrong" not in verdicts

    def __repr__(self) -> str:
        """A line for each array, and each element that is wrong."""
        rows = self._rows()
        wide = max(len(name) for name, *_ in rows)
        lines = [f"{'array'.ljust(wide)}  checked  kinks  wrong  largest relative error"]
        lines += [
            f"{name.ljust(wide)}  {checked:7d}  {kinks:5d}  {wrong:5d}  {worst:.1e}"
            for name, checked, kinks, wrong, worst in rows
        ]
        return "\n".join([*lines, *self._faults()])

    def _repr_html_(self) -> str:
        """Write the same as HTML: a notebook shows it."""
        cells = [[name, *map(str, counts), f"{worst:.1e}"] for name, *counts, worst in self._rows()]
        head = ["array", "checked", "kinks", "wrong", "largest relative error"]
        return html_table(head, cells, 1, "; ".join(self._faults()) or ("all gradients are right" if self.ok else ""))

    def _rows(self) -> list[tuple[str, int, int, int, float]]:
        """List, for each array: its name, how many were checked, at a kink, wrong, and the largest error."""
        rows: list[tuple[str, int, int, int, float]] = []
        for name in dict.fromkeys(element.array for element in self.elements):
            own = [element for element in self.elements if element.array == name]
            judged = [element.error for element in own if element.verdict != "kink crossed"]
            kinks, wrong = (sum(element.verdict == kind for element in own) for kind in ("kink crossed", "wrong"))
            rows.append((name, len(own), kinks, wrong, max(judged, default=math.nan)))
        return rows

    def _faults(self) -> list[str]:
        return [
            f"wrong: {element.array}{list(element.index)}: the gradient says {element.analytic:.9g}, "
            f"the difference quotient {element.numeric:.9g}, the model's own dtype {element.own:.9g}"
            for element in self.elements
            if element.verdict == "wrong"
        ]


def gradcheck(
    model: Model, x: ArrayLike, y: ArrayLike, sample: int | None = 20, seed: int = 0, tolerance: float = 1e-5
) -> GradientCheck:
    """Compare the gradient of the loss with difference quotients, for every array that learns and for x.

    Parameters
    ----------
    model : Model
        Compiled, with one input and one output. It is copied, to float64 too, and left as it is.
    x : (N, ...) array
        Examples.
    y : array
        Labels as the model's loss takes them.
    sample : int, optional
        How many elements of each array, drawn at random; None checks all. One more is the farthest between float64
        and the model's dtype, where that is too far.
    seed : int
        Of that draw.
    tolerance : float
        The largest relative error that counts as "ok".

    Returns
    -------
    check : GradientCheck
        `.ok`, `.elements`; print it.

    Raises
    ------
    RuntimeError
        The model was not compiled: it has no loss.
    ValueError
        `sample` is not positive, or the model has several inputs or outputs.

    Notes
    -----
    Gradients below 1e-7 of the array's largest are compared with that number: a quotient has no more digits.
    Source: the centred difference and the relative error of Stanford's CS231n notes.

    Examples
    --------
    >>> from minicnn import Dense, Input, Sequential
    >>> model = Sequential([Input((3,)), Dense(2)], seed=0)
    >>> model.compile("sgd", "mse")
    >>> check = gradcheck(model, [[1, 2, 3]], [[0, 1]], sample=None)
    >>> check.ok, len(check.elements)  # 3 of x, 6 of the kernel, 2 of the bias
    (True, 11)
    """
    loss = _loss_of(model)
    if sample is not None and not (arguments.is_integer(sample) and sample >= 1):
        raise ValueError(f"`sample` must be a positive integer, or None for all. Received: sample={sample!r}.")
    tolerance = arguments.number("tolerance", tolerance, positive=True)
    dtype = model.dtype or "float32"
    own = _Probe(model.astype(dtype), np.array(x, dtype), y, loss)
    start = _Probe(model.astype("float64"), own.x.astype(np.float64), y, loss)
    rounded, rng = own.gradients(), np.random.default_rng(arguments.seed("seed", seed))
    elements: list[Element] = []
    same_side = start.on_the_side_of(own.pattern)
    for name, gradient in start.gradients().items():
        array = start.x if name == "x" else start.model.params[name]
        count = array.size if sample is None else min(sample, array.size)
        largest = max(float(np.abs(gradient).max(initial=0.0)), 1e-12)
        apart = np.abs(rounded[name] - gradient) if same_side else np.zeros(array.shape)
        far = apart > OWN * np.finfo(own.x.dtype).eps * largest
        chosen = set(rng.choice(array.size, count, replace=False).tolist())
        if far.any():
            chosen.add(int(apart.argmax()))
        for flat in sorted(chosen):
            index = tuple(int(i) for i in np.unravel_index(flat, array.shape))
            pair = float(gradient[index]), float(rounded[name][index])
            elements.append(_check(start, name, array, index, pair, 1e-7 * largest, tolerance, bool(far[index])))
    return GradientCheck(elements, start.loss)


def _loss_of(model: Model) -> Loss:
    """Return the loss of a model of one input and one output; others are refused."""
    ends = len(model.input_names), len(model.output_names)
    if ends != (1, 1):
        raise ValueError(
            "gradcheck takes a model of one input and one output: check the others one by one, each as a Model of its "
            f"own. Received: {ends[0]} inputs and {ends[1]} outputs."
        )
    part = model.setup.parts(model.output_names)[0] if model.setup else None
    if part is None or part.loss is None:
        raise RuntimeError("Call model.compile(optimizer, loss) before gradcheck: without a loss there is no gradient.")
    return part.loss


def _check(
    start: "_Probe",
    name: str,
    array: Array,
    index: tuple[int, ...],
    gradients: tuple[float, float],
    floor: float,
    tolerance: float,
    far: bool,
) -> Element:
    """Judge one element, with the largest step that crosses no kink. gradients: in float64, and the model's own.

    far: these two are too far apart, so one of them is wrong, whatever the quotient says.
    """
    verdict, numeric, error, (analytic, own) = "kink crossed", math.nan, math.nan, gradients
    for step in STEPS:
        h = step * max(1.0, abs(array[index]))
        numeric, smooth = start.slope(array, index, h)
        error = abs(numeric - analytic) / max(abs(numeric), abs(analytic), floor)
        # Digits that the loss itself does not have cannot be asked of the quotient.
        blur = 8 * np.finfo(np.float64).eps * max(abs(start.loss), 1.0) / h
        if smooth:
            verdict = "ok" if error <= tolerance or abs(numeric - analytic) <= blur else "wrong"
            break
    return Element(name, index, analytic, numeric, error, "wrong" if far else verdict, own)


class _Probe:
    """The loss as a function of the arrays, and where its kinks are."""

    def __init__(self, model: Model, x: Array, y: ArrayLike, loss: Loss):
        self.model, self.x, self.y, self.loss_of = model, x, y, loss
        self.fused = loss.takes_logits(model)
        self.loss, self.pattern = self.run()

    def run(self) -> tuple[float, list[AnyArray]]:
        """Compute the loss, and the pattern of ReLU signs and pool winners."""
        record: Arrays = {}
        out = self.model.forward(self.x, logits=self.fused, record=record)
        loss, _ = self.loss_of.value_and_gradient(self.y, out, None, self.fused or None)
        return loss, pattern(self.model, record)

    def gradients(self) -> Arrays:
        """Return the gradients of x and of every array that learns, by name."""
        out = self.model.forward(self.x, keep=True, logits=self.fused)
        _, dy = self.loss_of.value_and_gradient(self.y, out, None, self.fused or None)
        dx = self.model.backward(dy)
        return {"x": dx, **{key: np.asarray(self.model.grads[key]) for key in self.model.params}}

    def on_the_side_of(self, pattern: list[AnyArray]) -> bool:
        """Tell whether signs and winners are those of another run."""
        return all(np.array_equal(own, other) for own, other in zip(self.pattern, pattern, strict=True))

    def slope(self, array: Array, index: tuple[int, ...], h: float) -> tuple[float, bool]:
        """Return the difference quotient, and whether neither step crossed a kink."""
        value = array[index]
        results: list[Any] = []
        for moved in (value + h, value - h):
            array[index] = moved
            results.append(self.run())
        array[index] = value
        smooth = all(self.on_the_side_of(kinks) for _, kinks in results)
        return (results[0][0] - results[1][0]) / (2 * h), smooth
