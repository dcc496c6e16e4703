"""What an exercise is: a task in words, an empty function, cases to try, the right answer, and mistakes many make."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from ...types import Array

Arguments = dict[str, Any]  # of one call, by name, in the order of the signature


@dataclass(frozen=True)
class Mistake:
    """A mistake that many make, as a function that makes it: who gives the same numbers has made it too.

    Attributes
    ----------
    sentence : str
        What is wrong, and where to look.
    function : callable
        Takes what the exercise's function takes.

    Examples
    --------
    >>> Mistake("the 1 is missing", lambda size, k: size - k).function(5, 3)
    2
    """

    sentence: str
    function: Callable[..., Any]


@dataclass(frozen=True)
class Nudge:
    """How a gradient is proved by difference quotients: a number is nudged, and the loss is looked at.

    Attributes
    ----------
    result : str
        Which of the function's results is the gradient: "dx".
    start : callable
        Arguments of a case -> the array whose numbers are nudged.
    loss : callable
        Arguments of a case, that array -> the loss, a number.

    Examples
    --------
    >>> import numpy as np
    >>> square = Nudge("dx", lambda case: case["x"], lambda case, x: float((x**2).sum()))
    >>> square.loss({}, square.start({"x": np.array([3.0])}))
    9.0
    """

    result: str
    start: Callable[[Arguments], Array]
    loss: Callable[[Arguments, Array], float]


@dataclass(frozen=True)
class Exercise:
    """One exercise.

    Attributes
    ----------
    name : str
        "conv2d"; the file that is written is called so.
    title : str
        One line.
    task : str
        What to do: in words, as a formula, and with the shapes. Stands in the file.
    signature : str
        "conv2d_forward(x, kernel, bias, strides, pads)".
    returns : sequence of str
        What the function returns, by name; empty where it only changes its arguments.
    solution : callable
        What is right: `minicnn.reference`.
    paper : dict
        The example that a reader can do on paper.
    cases : callable
        Makes all others, the smallest first.
    mistakes : sequence of Mistake
    changes : sequence of str
        Arguments that the function must change in place.
    nudges : sequence of Nudge
        For gradients.
    fast : callable, optional
        The same from `minicnn.kernels`.
    large : callable, optional
        Makes the case by which speed is measured.
    judge : callable, optional
        Judges the function instead of the cases.

    Examples
    --------
    >>> from minicnn.explain.exercises import EXERCISES
    >>> EXERCISES["relu"].function, EXERCISES["relu"].returns
    ('relu_forward', ('y',))
    """

    name: str
    title: str
    task: str
    signature: str
    returns: Sequence[str]
    solution: Callable[..., Any]
    paper: Arguments
    cases: Callable[[], list[Arguments]]
    mistakes: Sequence[Mistake]
    changes: Sequence[str] = ()
    nudges: Sequence[Nudge] = ()
    fast: Callable[..., Any] | None = None
    large: Callable[[], Arguments] | None = None
    judge: Callable[..., Any] | None = None

    @property
    def function(self) -> str:
        """The function's name."""
        return self.signature.partition("(")[0]
