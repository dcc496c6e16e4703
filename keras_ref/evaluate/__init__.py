"""How good a classifier is, on pictures that it never learned from: figures, calibration, and where it looks."""

from .judge import ask, calibrate, compare, evaluate, judged, load

__all__ = [
    "ask",
    "calibrate",
    "compare",
    "evaluate",
    "judged",
    "load",
]
