"""What a ReLU does to one number: the straight line that it lies on, and whether a gradient passes there."""

from typing import Any, NamedTuple

import numpy as np

from .activations import activation_of


class Bend(NamedTuple):
    """A ReLU's settings, of the layer or of the activations relu and relu6.

    y = min(x, max_value) where x > threshold, else negative_slope * (x - threshold)

    Attributes
    ----------
    max_value : float or None
        None for no bound.
    negative_slope, threshold : float

    Examples
    --------
    >>> bend = Bend(4.0, 0.5, 1.0)
    >>> str(bend)
    'min(x, 4) where x > 1, else 0.5 (x - 1)'
    >>> bend.line(9.0), bend.line(2.0), bend.line(-3.0)
    ((0.0, 4.0), (1.0, 0.0), (0.5, -0.5))
    """

    max_value: float | None = None
    negative_slope: float = 0.0
    threshold: float = 0.0

    def __str__(self) -> str:
        """The equation."""
        above = "x" if self.max_value is None else f"min(x, {self.max_value:g})"
        shifted = f"(x - {self.threshold:g})" if self.threshold else "x"
        below = f"{self.negative_slope:g} {shifted}" if self.negative_slope else "0"
        return f"{above} where x > {self.threshold:g}, else {below}"

    def line(self, x: float) -> tuple[float, float]:
        """Return slope and shift of y = slope * x + shift at x.

        At the kinks themselves the slope is the engine's, which is Keras's but at a `max_value` other than 6.
        """
        top, slope, threshold = self
        mixed = bool(threshold or slope and top is not None)  # then Keras multiplies masks, which differ at the kinks
        if mixed and x == threshold:
            return 0.0, 0.0
        if x <= threshold:
            return slope, -slope * threshold
        if top is None or x < top or x == top and mixed and (top != 6 or threshold):
            return 1.0, 0.0
        return 0.0, top


def bend_of(layer: Any) -> Bend | None:
    """Return what a ReLU does, or an activation that is one; None for other functions.

    Examples
    --------
    >>> from minicnn import Dense, ReLU
    >>> bend_of(ReLU(negative_slope=0.5)), bend_of(Dense(2, activation="relu6")).max_value, bend_of(Dense(2))
    (Bend(max_value=None, negative_slope=0.5, threshold=0.0), 6.0, None)
    """
    if type(layer).__name__ != "ReLU":
        return {"relu": Bend(), "relu6": Bend(6.0)}.get(activation_of(layer) or "")
    own = np.dtype(layer.dtype or "float32").type  # as the engine compares: 0.3 is another number in float32
    top = None if layer.max_value is None else float(own(layer.max_value))
    return Bend(top, float(own(layer.negative_slope)), float(own(layer.threshold)))


def closes(layer: Any) -> bool:
    """Tell whether a layer ends in a ReLU that lets nothing through on one side.

    Examples
    --------
    >>> from minicnn import Dense, ReLU
    >>> closes(ReLU(threshold=1.0)), closes(ReLU(negative_slope=0.5)), closes(Dense(2, activation="relu"))
    (True, False, True)
    """
    bend = bend_of(layer)
    return bend is not None and not bend.negative_slope


def gate(layer: Any, x: float) -> str:
    """Say in a word whether a gradient passes a ReLU here; "" for other functions, and where a part of it passes.

    Examples
    --------
    >>> from minicnn import ReLU, Sigmoid
    >>> gate(ReLU(), 0.5), gate(ReLU(), -1.0), gate(ReLU(max_value=6), 7.0), gate(Sigmoid(), 0.5)
    ('ReLU open', 'ReLU closed', 'ReLU closed', '')
    """
    bend = bend_of(layer)
    return {1.0: "ReLU open", 0.0: "ReLU closed"}.get(bend.line(x)[0], "") if bend else ""
