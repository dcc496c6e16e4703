"""One call of a function on one case: what it gave, and whether that is right."""

import io
import traceback
from collections.abc import Callable
from contextlib import redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from ...arguments import is_integer, is_number
from ...types import Array
from .cases import quietly
from .exercise import Arguments, Exercise
from .showing import told_apart

# How far a number may be off, in units of the array's largest one, or of 1: another order of adding is no mistake.
# Of the largest number. In batchnorm_backward larger terms cancel: of 20,000 drawn cases in float32 alone all but one
# were within 6e-5. What is wrong by less than this in float32 is wrong in the cases of float64, too.
TOLERANCE: dict[str, float] = {"float32": 1e-4, "float64": 1e-9}
STILL_EMPTY = "is still empty"
EMPTY = f"it {STILL_EMPTY}"  # what a written file's function raises
PRINTED = 2000  # characters that are kept
MESSAGE = 300  # characters of an exception's


@dataclass
class Fault:
    """What is wrong with one call.

    Attributes
    ----------
    sentence : str
        What, as a sentence's end: "y must have shape (1, 2); yours has (2, 1)".
    case : dict
        The arguments.
    result : str, optional
        Which result is wrong.
    want, got : optional
        What is right, and what was given, where both are numbers of one shape.
    given : dict
        All that was given, by name.
    printed : str
        What the function printed.
    told : bool
        Whether numbers or shapes are wrong: by them a mistake may be known.
    """

    sentence: str
    case: Arguments
    result: str | None = None
    want: Any = None
    got: Any = None
    given: dict[str, Any] = field(default_factory=dict)
    printed: str = ""
    told: bool = False


class Sheet(io.StringIO):
    """Takes what a function prints, and keeps the beginning of it.

    Examples
    --------
    >>> sheet = Sheet()
    >>> _ = print("x" * 5000, file=sheet), print("more", file=sheet)
    >>> len(sheet.getvalue())
    2000
    """

    def write(self, s: str) -> int:
        """Write, as far as there is room."""
        super().write(s[: max(0, PRINTED - self.tell())])
        return len(s)

    def reconfigure(self, **how: Any) -> None:
        """Take any encoding, as a terminal does: what is kept here is text."""


def copied(case: Arguments) -> Arguments:
    """Copy the arrays among some arguments."""
    return {name: value.copy() if isinstance(value, np.ndarray) else value for name, value in case.items()}


def results(exercise: Exercise, raw: Any, case: Arguments) -> dict[str, Any]:
    """Name what a function returned, and what it changed.

    Raises
    ------
    ValueError
        It did not return as many things as it should.
    """
    names = exercise.returns
    if len(names) < 2:
        named = {names[0]: raw} if names else {}
    elif raw is None:
        named = {names[0]: None}
    elif isinstance(raw, np.ndarray) and raw.shape == (len(names),):
        named = dict(zip(names, raw, strict=True))
    elif not isinstance(raw, (tuple, list)) or len(raw) != len(names):
        many = f"{len(raw)} things" if isinstance(raw, (tuple, list)) else f"one {type(raw).__name__}"
        raise ValueError(f"it must return {len(names)} things, {', '.join(names)}; yours returns {many}")
    else:
        named = dict(zip(names, raw, strict=True))
    return named | {name: case[name] for name in exercise.changes}


def right_answer(exercise: Exercise, case: Arguments) -> dict[str, Any]:
    """Return what is right."""
    given = copied(case)
    return results(exercise, quietly(exercise.solution)(*given.values()), given)


def examine(exercise: Exercise, function: Callable[..., Any], case: Arguments) -> Fault | None:
    """Call a function on one case.

    Parameters
    ----------
    exercise : Exercise
    function : callable
    case : dict
        Its arguments. The function gets copies.

    Returns
    -------
    fault : Fault, or None where all is right
    """
    given, sheet = copied(case), Sheet()
    try:
        with redirect_stdout(sheet):
            raw = quietly(function)(*given.values())
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # SystemExit too
        return Fault(raised(error, function) + _hint(error, case), case, printed=sheet.getvalue())
    try:
        answer = results(exercise, raw, given)
    except ValueError as error:
        return Fault(str(error), case, printed=sheet.getvalue())
    for name, want in right_answer(exercise, case).items():
        fault = _compare(case, name, want, answer.get(name))
        if fault is not None:
            fault.given, fault.printed = answer, sheet.getvalue()
            return fault
    for name, value in case.items():
        if isinstance(value, np.ndarray) and name not in exercise.changes and not same(value, given[name]):
            return Fault(
                f"the numbers are right, but `{name}` was changed on the way, and others still need it: "
                f"work on a copy, {name}.copy()",
                case,
                printed=sheet.getvalue(),
            )
    return None


def same(one: Any, other: Any) -> bool:
    """Tell whether two arrays are equal, NaN included."""
    return np.array_equal(one, other, equal_nan=True)


def close(want: Any, got: Any, dtype: Any) -> Any:
    """Tell elementwise what is right up to rounding."""
    size = np.abs(want[np.isfinite(want)]).max(initial=1.0)
    with np.errstate(all="ignore"):
        return np.isclose(got, want, rtol=0, atol=TOLERANCE[str(dtype)] * size, equal_nan=True)


def as_numbers(value: Any) -> Array | None:
    """Return a result as an array of float64, or None where it holds anything but real numbers."""
    try:
        array = np.asarray(value)
    except (TypeError, ValueError):
        return None
    return array.astype(np.float64) if array.dtype.kind in "fiub" else None


def _compare(case: Arguments, name: str, want: Any, got: Any) -> Fault | None:
    """Compare one result with what is right; the numbers first, then the dtype."""
    if got is None:
        return Fault("it returns nothing: does it end in a `return`?", case)
    problem = _kind(name, want, got)
    if problem is not None:
        return Fault(problem, case, name)
    numbers, right = as_numbers(got), np.asarray(want, np.float64)
    if numbers is None:
        return Fault(f"{name} must hold real numbers; yours holds {np.asarray(got).dtype}", case, name)
    if numbers.shape != right.shape:
        return Fault(_of_other_shape(name, want, right, numbers), case, name, told=True)
    dtype = want.dtype if isinstance(want, np.ndarray) else _dtype(case)
    fine = close(right, numbers, dtype)
    if not np.all(fine):
        sentence = _first_wrong(name, right, numbers, fine)
        if str(dtype) == "float64" and np.all(close(right, numbers, "float32")):
            own = f"{_first_array(case)}.dtype" if isinstance(want, np.ndarray) else "float64"
            sentence += f"; right to 7 digits only: is an array in it float32? np.zeros(shape, {own})"
        return Fault(sentence, case, name, right, numbers, told=True)
    if isinstance(want, np.ndarray) and got.dtype != want.dtype:
        return Fault(
            f"the numbers are right, but {name} is {got.dtype} where the input is {want.dtype}: "
            f"return the dtype that came in, `.astype({_first_array(case)}.dtype)`",
            case,
            name,
        )
    return None


def _kind(name: str, want: Any, got: Any) -> str | None:
    """Say what a result should be, where it is of another kind."""
    if isinstance(want, np.ndarray):
        fine = isinstance(got, (np.ndarray, np.generic))
        return None if fine else f"{name} must be an array; yours is a {type(got).__name__}"
    if isinstance(want, list):
        fine = isinstance(got, (list, tuple, np.ndarray))
        return None if fine else f"{name} must be a list; yours is a {type(got).__name__}"
    if is_integer(want):
        if is_number(got) and not is_integer(got):
            return f"{name} must be an int; yours is {got!r}, a {type(got).__name__}: // divides into whole numbers"
        return None if is_integer(got) else f"{name} must be an int; yours is a {type(got).__name__}"
    fine = is_number(got) or isinstance(got, np.ndarray)
    return None if fine else f"{name} must be a number; yours is a {type(got).__name__}"


def _of_other_shape(name: str, want: Any, right: Array, numbers: Array) -> str:
    """Say which shape a result must have, and which it has."""
    if isinstance(want, np.ndarray):
        return f"{name} must have shape {right.shape}; yours has {numbers.shape}"
    if right.ndim == numbers.ndim == 1:
        return f"the length of {name} must be {right.size}; yours is {numbers.size}"
    wanted = "a list" if right.ndim else "one number"
    return f"{name} must be {wanted}; yours is an array of shape {numbers.shape}"


def _dtype(case: Arguments) -> Any:
    arrays = [value for value in case.values() if isinstance(value, np.ndarray) and value.dtype.kind == "f"]
    return arrays[0].dtype if arrays else np.dtype("float64")


def _first_array(case: Arguments) -> str:
    return next(name for name, value in case.items() if isinstance(value, np.ndarray))


def _first_wrong(name: str, want: Array, got: Array, fine: Any) -> str:
    """Say which number is wrong first, and how many are."""
    index = tuple(int(i) for i in np.argwhere(~fine)[0]) if want.ndim else ()
    where = name + (str(list(index)) if index else "")
    many = f"; {int((~fine).sum())} of {want.size} numbers are wrong" if want.size > 1 else ""
    right, yours = told_apart(want[index], got[index])
    return f"{where} must be {right}; yours is {yours}{many}"


def _hint(error: BaseException, case: Arguments) -> str:
    """Say what two messages of Python's usually come from."""
    if "NoneType" in str(error) and case.get("bias", 0) is None:
        return "; here bias is None: there is none to add"
    if "truth value of an array" in str(error):
        return "; `max` and `if` take single numbers: np.maximum and np.where take arrays, elementwise"
    return ""


def raised(error: BaseException, function: Callable[..., Any]) -> str:
    """Say what a function raised, and in which line of its file.

    Parameters
    ----------
    error : BaseException
    function : callable
        Whose file is looked for.

    Returns
    -------
    sentence : str
    """
    file = getattr(getattr(function, "__code__", None), "co_filename", None)
    every = traceback.extract_tb(error.__traceback__)
    frames = [frame for frame in every if frame.filename == file]
    if isinstance(error, NotImplementedError) and EMPTY in str(error):
        last = every[-1]
        if last.filename != file and file is not None:
            return f"{last.name} ({Path(last.filename).name}), which it calls, {STILL_EMPTY}"
        return f"{EMPTY}: write your lines in place of `raise NotImplementedError`"
    where = f" in line {frames[-1].lineno}, `{frames[-1].line}`" if frames and frames[-1].line else ""
    what = " ".join(str(error).split())[:MESSAGE]
    return f"it stops{where} with {type(error).__name__}" + (f": {what}" if what else "")
