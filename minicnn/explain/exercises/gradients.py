"""Gradients proved by difference quotients: a number is nudged up and down, and the loss is looked at.

    slope = (loss(w + h) - loss(w - h)) / 2h

At a kink (a ReLU at 0, a tie in a pooling) up and down tell different slopes, and the quotient proves nothing.
"""

from collections.abc import Callable, Iterator
from contextlib import redirect_stdout
from typing import Any

import numpy as np

from ...types import Array
from .cases import quietly
from .exercise import Arguments, Exercise, Nudge
from .running import Sheet, copied, results

STEP = 1e-5
TOLERANCE = 1e-5  # of the slope, or of 1
BEND = 1e-2  # how far the slopes up and down may be apart
CASES = 40  # the smallest ones


def slope(nudge: Nudge, case: Arguments, index: tuple[int, ...]) -> float | None:
    """Measure how much the loss changes with one number.

    Parameters
    ----------
    nudge : Nudge
    case : dict
        Of float64.
    index : tuple of int
        Which number.

    Returns
    -------
    slope : float, or None at a kink

    Examples
    --------
    >>> bend = Nudge("dx", lambda case: case["x"], lambda case, x: float(np.abs(x).sum()))
    >>> case = {"x": np.array([0.0, 3.0])}
    >>> slope(bend, case, (0,)) is None, round(slope(bend, case, (1,)), 6)
    (True, 1.0)
    """
    start = nudge.start(case)
    h = STEP * max(1.0, abs(float(start[index])))
    losses: list[float] = []
    for by in (h, 0.0, -h):
        moved = start.copy()
        moved[index] += by
        losses.append(quietly(nudge.loss)(case, moved))
    up, down = (losses[0] - losses[1]) / h, (losses[1] - losses[2]) / h
    return None if abs(up - down) > BEND * max(1.0, abs(up), abs(down)) else (up + down) / 2


def wide(case: Arguments) -> Arguments:
    """Return a case in float64."""
    floats = {name: v for name, v in case.items() if isinstance(v, np.ndarray) and v.dtype.kind == "f"}
    return case | {name: value.astype(np.float64) for name, value in floats.items()}


def quotients(
    exercise: Exercise, function: Callable[..., Any], cases: list[Arguments]
) -> Iterator[tuple[str, tuple[int, ...], float, float | None]]:
    """Yield (result, index, what the function says, what the quotient says) for every number of the smallest cases.

    Parameters
    ----------
    exercise : Exercise
    function : callable
        It has passed them.
    cases : list of dict

    Yields
    ------
    result : str
    index : tuple of int
    gradient : float
    slope : float, or None at a kink
    """
    for case in map(wide, cases[:CASES]):
        given = copied(case)
        with redirect_stdout(Sheet()):
            raw = function(*given.values())
        answer = results(exercise, raw, given)
        for nudge in exercise.nudges:
            gradient: Array = answer[nudge.result]
            for index in np.ndindex(*gradient.shape):
                yield nudge.result, index, float(gradient[index]), slope(nudge, case, index)


def agree(gradient: float, quotient: float) -> bool:
    """Tell whether a gradient is what the quotient says, as far as that has digits."""
    return abs(gradient - quotient) <= TOLERANCE * max(1.0, abs(gradient), abs(quotient))
