"""What a command runs on: TensorFlow, the terminal, files that are there whole or not at all, other machines."""

from . import cluster, console, files
from .engine import load, policy, quietly, repeatable, strategy
from .errors import Diverged, first_line
from .interrupt import interruptible

__all__ = [
    "Diverged",
    "cluster",
    "console",
    "files",
    "first_line",
    "interruptible",
    "load",
    "policy",
    "quietly",
    "repeatable",
    "strategy",
]
