"""Exercises: write the parts of a CNN with your own hands, against the proofs that hold for this project's own.

    minicnn exercise conv2d      writes conv2d.py: the task, the formula, the shapes, an example, an empty function
    minicnn check conv2d.py      says what is wrong at the smallest case that fails, or how fast it is

exercise.py   what an exercise is; one file a family of them, table.py lists all
cases.py      how cases are drawn, the smallest first
running.py    one call, and whether it is right
judging.py    all calls; which mistake it is
gradients.py  difference quotients
showing.py    grids of numbers
checking.py   a file, in a process of its own: child.py
using.py      one's own functions in a net
"""

from .checking import check
from .exercise import Exercise, Mistake, Nudge
from .judging import Verdict, judge
from .table import EXERCISES
from .using import use
from .writing import file_text, write_file

__all__ = [
    "EXERCISES",
    "Exercise",
    "Mistake",
    "Nudge",
    "Verdict",
    "check",
    "file_text",
    "judge",
    "use",
    "write_file",
]
