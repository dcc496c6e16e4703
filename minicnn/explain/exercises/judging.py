"""The proofs: a function on all cases of its exercise, the smallest first, and what its faults look like."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from .cases import by_size, quietly
from .exercise import Arguments, Exercise, Mistake
from .gradients import agree, quotients, slope, wide
from .running import EMPTY, STILL_EMPTY, Fault, as_numbers, close, copied, examine, results, right_answer
from .showing import show_arguments, show_difference
from .table import find
from .timing import speed
from .using import USABLE

FAULTS = 32  # that are collected, to know a mistake by
MOST = 64  # of any kind
PASSED = 20  # cases that were right, on which the mistake must be right too


@dataclass(frozen=True)
class Verdict:
    """What came of it.

    Attributes
    ----------
    name : str
        The exercise's.
    right : bool
    sentence : str
        One sentence.
    body : str
        The smallest case that fails, in numbers; or what was proved.

    Examples
    --------
    >>> print(Verdict("relu", True, "relu_forward is right.", "  on paper    yes"))
    relu_forward is right.
      on paper    yes
    """

    name: str
    right: bool
    sentence: str
    body: str = ""

    def __str__(self) -> str:
        return f"{self.sentence}\n{self.body}" if self.body else self.sentence

    def __repr__(self) -> str:
        return str(self)  # what a notebook shows


def ignore(stage: str, limit: float = 0) -> None:
    """Take a note of what is tried next, and for how many seconds it may run, and do nothing with it."""


def judge(name: str, function: Callable[..., Any], tell: Callable[..., Any] = ignore, clock: bool = True) -> Verdict:
    """Prove a function of one's own, in this process: a call that never ends is waited for.

    Parameters
    ----------
    name : str
        The exercise's, "conv2d".
    function : callable
        Takes what the exercise says.
    tell : callable, optional
        Is told what is tried next.
    clock : bool
        Whether a function that is right is timed, beside the reference and the kernel.

    Returns
    -------
    verdict : Verdict

    Raises
    ------
    ValueError
        There is no such exercise.

    Examples
    --------
    >>> from minicnn.explain import exercises
    >>> print(exercises.judge("relu", lambda x: abs(x)))
    relu_forward: the sign is dropped: that is abs(x).
    <BLANKLINE>
    The smallest case that fails:
    x (2,)
       -3  -1
    expected y     yours
      [0][0]         [3][1]
    y[0] must be 0; yours is 3; 2 of 2 numbers are wrong.
    """
    exercise = find(name)
    if exercise.judge is not None:
        return Verdict(name, *exercise.judge(function, tell))
    cases = by_size([exercise.paper, *exercise.cases()]) if _has_arrays(exercise) else exercise.cases()
    faults: list[Fault] = []
    passed: list[Arguments] = []
    for case in cases:
        tell(describe(case))
        fault = examine(exercise, function, case)
        if fault is None:
            passed.append(case)
            continue
        faults.append(fault)
        if sum(each.told for each in faults) == FAULTS or len(faults) == MOST:
            break
    if faults:
        return _wrong(exercise, faults, passed[:: max(1, len(passed) // PASSED)])
    lines = [
        "on paper      the example in the file",
        f"properties    {len(cases)} cases against minicnn.reference{_dtypes(cases)}",
    ]
    if exercise.nudges:
        tell("difference quotients", 60)
        proved, verdict = _gradients(exercise, function, cases)
        if verdict is not None:
            return verdict
        lines.append(proved)
    if exercise.function in USABLE:
        lines.append(f"in a net      minicnn.explain.exercises.use(model, {exercise.function})")
    body = "\n".join(f"  {line}" for line in lines)
    if clock:
        tell("speed", 60)
        timed = speed(exercise, function)
        body += f"\n  {timed}" if timed else ""
    return Verdict(name, True, f"{exercise.function} is right.", body)


def describe(case: Arguments) -> str:
    """Write the arguments of a call in one line, arrays by their shapes.

    Examples
    --------
    >>> describe({"x": np.zeros((1, 2)), "pad": 0})
    'x (1, 2), pad = 0'
    """
    return ", ".join(
        f"{name} {value.shape}" if isinstance(value, np.ndarray) else f"{name} = {value}"
        for name, value in case.items()
    )


def _has_arrays(exercise: Exercise) -> bool:
    return any(isinstance(value, np.ndarray) for value in exercise.paper.values())


def _dtypes(cases: list[Arguments]) -> str:
    found = {str(v.dtype) for case in cases for v in case.values() if isinstance(v, np.ndarray) and v.dtype.kind == "f"}
    return f", {' and '.join(sorted(found))}" if found else ""


def _gradients(exercise: Exercise, function: Callable[..., Any], cases: list[Arguments]) -> tuple[str, Verdict | None]:
    """Prove the gradients by difference quotients."""
    kinks = proved = 0
    for result, index, gradient, quotient in quotients(exercise, quietly(function), cases):
        if quotient is None:
            kinks += 1
        elif agree(gradient, quotient):
            proved += 1
        else:
            sentence = (
                f"{exercise.function}: {result}{list(index)} is {gradient:.6g}, a difference quotient {quotient:.6g}."
            )
            return "", Verdict(exercise.name, False, sentence)
    left = f"; {kinks} more lie at a kink" if kinks else ""
    return f"gradient      {proved} numbers agree with difference quotients{left}", None


def _wrong(exercise: Exercise, faults: list[Fault], passed: list[Arguments]) -> Verdict:
    """Say what is wrong: the mistake, where it is a known one, and the smallest case that fails."""
    mistake = _known(exercise, faults, passed)
    first = faults[0] if mistake is None else next(fault for fault in faults if fault.told)
    sentence = f"{exercise.function}: {first.sentence if mistake is None else mistake.sentence}."
    if first.sentence.startswith(EMPTY) or first.sentence.endswith(STILL_EMPTY):
        return Verdict(exercise.name, False, sentence)  # no case tells more about nothing
    lines = ["The smallest case that fails:", show_arguments(first.case)]
    if first.want is not None:
        fine = np.asarray(close(first.want, first.got, _dtype_of(first.case)))
        lines.append(show_difference(first.result or "", first.want, first.got, fine))
    if mistake is not None:
        lines.append(f"{first.sentence}.")
    elif first.want is not None:
        lines.append(_remark(faults))
    if first.want is not None:
        lines.append(_nudged(exercise, first))
    if first.printed:
        lines.append(f"Your function printed:\n{first.printed.rstrip()}")
    return Verdict(exercise.name, False, sentence, "\n" + "\n".join(filter(None, lines)))


def _dtype_of(case: Arguments) -> Any:
    floats = [v.dtype for v in case.values() if isinstance(v, np.ndarray) and v.dtype.kind == "f"]
    return floats[0] if floats else np.dtype("float64")


def _known(exercise: Exercise, faults: list[Fault], passed: list[Arguments]) -> Mistake | None:
    """Find the mistake that gives the very same wrong numbers, and right ones where they were right.

    The wrong ones in all cases that failed, or in the first three.
    """
    told = [fault for fault in faults if fault.told]
    best, most, of = None, 0, len(told)
    for mistake in exercise.mistakes:
        answers = [_makes(exercise, mistake, fault.case, fault.given) for fault in told]
        fitting = [answer for answer in answers if answer is not None]
        agreeing = (*fitting, False).index(False)
        if agreeing > most and False not in (
            _makes(exercise, mistake, case, right_answer(exercise, case)) for case in passed
        ):
            best, most, of = mistake, agreeing, len(fitting)
    return best if most == of or most >= 3 else None


def _makes(exercise: Exercise, mistake: Mistake, case: Arguments, answer: dict[str, Any]) -> bool | None:
    """Tell whether a mistake gives these numbers; None where it does not fit the case, and gives none."""
    given = copied(case)
    try:
        made = results(exercise, quietly(mistake.function)(*given.values()), given)
    except Exception:
        return None
    for name, value in made.items():
        one, other = as_numbers(value), as_numbers(answer.get(name))
        if one is None or other is None or one.shape != other.shape:
            return False
        if not np.all(close(one, other, _dtype_of(case))):
            return False
    return True


def _remark(faults: list[Fault]) -> str:
    """Say what all wrong numbers have in common, if anything."""
    pairs = [(fault.want, fault.got) for fault in faults if fault.want is not None]
    if all(np.allclose(got, -want, atol=1e-6) for want, got in pairs):
        return "All numbers have the wrong sign."
    with np.errstate(all="ignore"):
        ratios = np.concatenate([np.ravel(got / want)[np.ravel(want) != 0] for want, got in pairs])
    if len(ratios) > 3 and np.isfinite(ratios).all() and np.ptp(ratios) < 1e-6 * abs(ratios[0]):
        times = float(ratios[0])
        if abs(times - 1) > 1e-3 and all(np.allclose(got, times * want, atol=1e-6) for want, got in pairs):  # zeros too
            return f"All numbers are {times:.6g} times what they should be."
    if any(np.isnan(got).any() for _, got in pairs):
        return "Some numbers are nan: something was 0 / 0, or inf - inf."
    return ""


def _nudged(exercise: Exercise, fault: Fault) -> str:
    """Let a difference quotient speak for the number that is right."""
    for nudge in exercise.nudges:
        if nudge.result == fault.result and fault.want.ndim:
            fine = close(fault.want, fault.got, _dtype_of(fault.case))
            index = tuple(int(i) for i in np.argwhere(~fine)[0])
            found = slope(nudge, wide(fault.case), index)
            if found is not None:
                return f"A difference quotient says {found:.6g} there."
    return ""
