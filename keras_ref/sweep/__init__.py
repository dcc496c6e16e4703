"""One setting or two varied over several seeds, with a word on the winner."""

from .grid import resume, run

__all__ = [
    "resume",
    "run",
]
