"""The file of an exercise: the task, an example on paper, and an empty function."""

from pathlib import Path
from typing import Any

from ...files import replacing
from ...types import AnyPath
from .exercise import Exercise
from .running import EMPTY, right_answer
from .showing import show_arguments
from .table import find


def file_text(name: str) -> str:
    """Write what the file of an exercise holds.

    Parameters
    ----------
    name : str
        "conv2d"; see `EXERCISES`.

    Returns
    -------
    text : str

    Raises
    ------
    ValueError
        There is no such exercise.

    Examples
    --------
    >>> from minicnn.explain import exercises
    >>> exercises.file_text("output_size").splitlines()[-3]
    'def output_size(size, k, s, pad):'
    """
    exercise = find(name)
    example = f"\n\nOn paper\n\n{_indented(_example(exercise))}" if exercise.paper else ""
    text = (
        f'"""Exercise: {exercise.title}.\n\n{exercise.task}{example}\n\n'
        f"Write your lines below, then\n\n    minicnn check {name}.py\n"
        f'"""\n\nimport numpy as np\n\n\ndef {exercise.signature}:\n'
        f'    # your lines go here, in place of the next one\n    raise NotImplementedError("{EMPTY}")\n'
    )
    return "".join(f"{line.rstrip()}\n" for line in text.splitlines())


def write_file(name: str, path: AnyPath | None = None) -> Path:
    """Write the file of an exercise.

    Parameters
    ----------
    name : str
        "conv2d"; see `EXERCISES`.
    path : str or PathLike, optional
        NAME.py in the folder where one is by default.

    Returns
    -------
    path : Path

    Raises
    ------
    ValueError
        There is no such exercise.
    FileExistsError
        The file is there: what somebody has written is not overwritten.

    Examples
    --------
    >>> from minicnn.explain import exercises
    >>> str(exercises.write_file("relu"))
    'relu.py'
    """
    path = Path(f"{name}.py" if path is None else path)
    text = file_text(name).replace(f"minicnn check {name}.py", f"minicnn check {path.name}")
    if path.exists():
        raise FileExistsError(f"{path} is there already, and nothing is overwritten: -o takes another name.")
    with replacing(path) as file:
        file.write(text.encode())
    return path


def _example(exercise: Exercise) -> str:
    """Write the example on paper: its arguments, and what is right."""
    answer: dict[str, Any] = right_answer(exercise, exercise.paper)
    after = "becomes" if exercise.changes and not exercise.returns else "gives"
    return f"{show_arguments(exercise.paper)}\n\n{after}\n\n{show_arguments(answer)}"


def _indented(text: str) -> str:
    return "\n".join(f"    {line}" for line in text.splitlines())
