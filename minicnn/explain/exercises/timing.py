"""How fast a function is, beside the reference and the kernel."""

import time
from collections.abc import Callable
from contextlib import redirect_stdout
from typing import Any

import numpy as np

from .cases import quietly
from .exercise import Arguments, Exercise
from .running import Sheet, copied

BUDGET = 0.3  # seconds of measuring each
MOST = 200  # calls
UNITS = ("s", 1.0), ("ms", 1e3), ("us", 1e6)


def speed(exercise: Exercise, function: Callable[..., Any]) -> str:
    """Measure a function on its exercise's large case.

    Parameters
    ----------
    exercise : Exercise
    function : callable

    Returns
    -------
    line : str
        The medians; empty where there is nothing to measure by.
    """
    if exercise.large is None:
        return ""
    case = exercise.large()
    with redirect_stdout(Sheet()):
        own = seconds(function, case)
    plain = seconds(exercise.solution, case)
    parts = [f"yours {told(own)}", f"the reference {told(plain)}"]
    if exercise.fast is not None:
        fast = seconds(exercise.fast, case)
        parts.append(f"the kernel {told(fast)}, {_ratio(own / fast)}")
    sizes = ", ".join(f"{name} {value.shape}" for name, value in case.items() if isinstance(value, np.ndarray))
    return f"speed         {', '.join(parts)}\n                ({sizes})"


def seconds(function: Callable[..., Any], case: Arguments) -> float:
    """Measure the median of a few calls, the first one left out."""
    quiet, taken = quietly(function), list[float]()
    quiet(*copied(case).values())
    end = time.perf_counter() + BUDGET
    while not taken or time.perf_counter() < end and len(taken) < MOST:
        given = copied(case).values()
        start = time.perf_counter()
        quiet(*given)
        taken.append(time.perf_counter() - start)
    return float(np.median(taken))


def told(duration: float) -> str:
    """Write a duration.

    Examples
    --------
    >>> told(0.0123), told(2.5e-6), told(3.0)
    ('12.3 ms', '2.5 us', '3 s')
    """
    unit, factor = next((unit, factor) for unit, factor in UNITS if duration * factor >= 1 or unit == "us")
    return f"{duration * factor:.3g} {unit}"


def _ratio(ratio: float) -> str:
    faster = max(ratio, 1 / ratio)
    times = f"{faster:,.0f}" if faster >= 10 else f"{faster:.2g}"
    return f"{times} times as fast as yours" if ratio >= 1 else f"yours is {times} times as fast"
