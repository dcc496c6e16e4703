"""Training: a run in a folder of its own, recipes of several runs, and heads on stored vectors."""

from . import recipes
from .epoch import bar, is_over, one_epoch
from .group import Group
from .heads import Vectors, head_history
from .start import new, resume

__all__ = [
    "Group",
    "Vectors",
    "bar",
    "head_history",
    "is_over",
    "new",
    "one_epoch",
    "recipes",
    "resume",
]
