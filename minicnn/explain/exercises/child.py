"""The process in which somebody's functions run: `python -m minicnn.explain.exercises.child FILE LIMIT`.

It says what it tries, and what came of it, as lines of JSON on what was its standard output; what the functions print
goes nowhere near it.
"""

import functools
import inspect
import json
import os
import sys
import traceback
import types
from collections.abc import Callable
from contextlib import redirect_stdout
from dataclasses import asdict
from pathlib import Path
from typing import Any, TextIO

from .exercise import Exercise
from .judging import Verdict, judge
from .running import MESSAGE, Sheet, raised
from .table import EXERCISES
from .timing import speed


def main(path: str, limit: float) -> None:
    """Prove every exercise whose function a file holds.

    Parameters
    ----------
    path : str
    limit : float
        Seconds that one call may take.
    """
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what is printed past Python
    say(out, name="", function=Path(path).name, stage="reading of the file", limit=limit)
    try:
        module = load(Path(path))
        found = functions(module, Path(path))
    except ValueError as error:
        say(out, refused=str(error))
        return
    say(out, found={exercise.name: exercise.function for exercise, _ in found})
    for exercise, function in found:
        prove(exercise, function, out, limit)


def prove(exercise: Exercise, function: Callable[..., Any], out: TextIO, limit: float) -> None:
    """Prove one function; where it is right, its verdict is said before it is timed."""

    def tell(stage: str, own: float = 0) -> None:
        say(out, name=exercise.name, function=exercise.function, stage=stage, limit=max(limit, own))

    verdict = judge(exercise.name, function, tell, clock=False)
    if verdict.right and exercise.large is not None:
        late = f"{verdict.body}\n  speed         not measured: it takes too long"
        say(out, pending=True, **asdict(Verdict(verdict.name, True, verdict.sentence, late)))
        tell("speed", 60)
        try:
            timed = speed(exercise, function)
        except BaseException as error:  # SystemExit too; on all cases it was right
            timed = f"speed         not measured: {raised(error, function)}"
        verdict = Verdict(verdict.name, True, verdict.sentence, f"{verdict.body}\n  {timed}")
    say(out, pending=False, **asdict(verdict))


def say(out: TextIO, **what: Any) -> None:
    """Write one line."""
    print(json.dumps(what), file=out, flush=True)


def load(path: Path) -> types.ModuleType:
    """Run a file as a module.

    Raises
    ------
    ValueError
        It is no Python, or it stops.
    """
    name = path.stem if path.stem not in sys.modules else f"_{path.stem}"
    module = types.ModuleType(name)
    module.__file__ = str(path)
    sys.modules[name] = module
    sys.path.insert(0, str(path.resolve().parent))  # so that a file may import its neighbours
    try:
        code = compile(
            path.read_bytes(), str(path.resolve()), "exec"
        )  # its lines are found whatever the folder becomes
        with redirect_stdout(Sheet()):
            exec(code, vars(module))
    except SyntaxError as error:
        where = "" if error.lineno is None else f", line {error.lineno}"
        file = path if error.filename in (None, str(path.resolve())) else error.filename
        raise ValueError(f"{file}{where}: {error.msg}.") from None
    except BaseException as error:  # SystemExit too
        lines = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(path.resolve())]
        where = f" in line {lines[-1].lineno}" if lines else ""
        what = " ".join(str(error).split())[:MESSAGE]
        raise ValueError(f"{path} stops{where} with {type(error).__name__}: {what}") from None
    return module


def functions(module: types.ModuleType, path: Path) -> list[tuple[Exercise, Callable[..., Any]]]:
    """List the exercises whose function a module itself defines.

    The file conv2d.py must hold the function of the exercise conv2d. Others count where their parameters have the
    exercise's names, too: a helper may be called `train` or `output_size`.

    Raises
    ------
    ValueError
        There is none, or not that of the file's name.
    """
    found: list[tuple[Exercise, Callable[..., Any]]] = []
    own = EXERCISES.get(path.stem)
    for exercise in EXERCISES.values():
        function = getattr(module, exercise.function, None)
        if not callable(function):
            continue
        home = getattr(function, "__module__", None) or module.__name__
        inside = home == module.__name__ or isinstance(function, functools.partial)
        if exercise is own and not inside:
            raise ValueError(f"{path}: {exercise.function} comes from {home}: define it in this file.")
        if inside and (exercise is own or _parameters(function) == _named(exercise)):
            found.append((exercise, function))
    if own is not None and all(exercise is not own for exercise, _ in found):
        raise ValueError(f"{path} holds no function {own.function}: is its name still as `minicnn exercise` wrote it?")
    if not found:
        raise ValueError(
            f"{path} holds none of the exercises' functions: are name and parameters as `minicnn exercise` wrote them?"
        )
    return found


def _parameters(function: Callable[..., Any]) -> list[str]:
    try:
        return list(inspect.signature(function).parameters)
    except (TypeError, ValueError):  # of what is no Python
        return []


def _named(exercise: Exercise) -> list[str]:
    """List the names of the parameters of an exercise's function."""
    return exercise.signature.partition("(")[2].rstrip(")").split(", ")


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]))
