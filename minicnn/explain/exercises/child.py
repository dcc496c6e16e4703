"""The process in which somebody's functions run: `python -m minicnn.explain.exercises.child FILE LIMIT`.

It says what it tries, and what came of it, as lines of JSON on what was its standard output; what the functions print
goes nowhere near it.
"""

import json
import os
import sys
import types
from collections.abc import Callable
from contextlib import redirect_stdout
from dataclasses import asdict
from pathlib import Path
from typing import Any, TextIO

from .exercise import Exercise
from .judging import Verdict, judge
from .running import Sheet
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
        timed = f"{verdict.body}\n  {speed(exercise, function)}"
        verdict = Verdict(verdict.name, True, verdict.sentence, timed)
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
        code = compile(path.read_bytes(), str(path), "exec")
        with redirect_stdout(Sheet()):
            exec(code, vars(module))
    except SyntaxError as error:
        where = "" if error.lineno is None else f", line {error.lineno}"
        raise ValueError(f"{error.filename or path}{where}: {error.msg}.") from None
    except BaseException as error:  # SystemExit too
        raise ValueError(f"{path} stops with {type(error).__name__}: {error}") from None
    return module


def functions(module: types.ModuleType, path: Path) -> list[tuple[Exercise, Callable[..., Any]]]:
    """List the exercises whose function a module itself defines.

    Raises
    ------
    ValueError
        There is none.
    """
    found: list[tuple[Exercise, Callable[..., Any]]] = []
    for exercise in EXERCISES.values():
        function = getattr(module, exercise.function, None)
        if callable(function) and getattr(function, "__module__", module.__name__) == module.__name__:
            found.append((exercise, function))
    if not found:
        own = EXERCISES.get(path.stem)
        wanted = f"no function {own.function}" if own else "none of the exercises' functions"
        raise ValueError(f"{path} holds {wanted}: is its name still as `minicnn exercise` wrote it?")
    return found


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]))
