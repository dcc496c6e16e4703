"""The embedded data set: ten kinds of clothes, drawn from a seed."""

from .pictures import CLASS_NAMES, SPLITS, draw, load, write_folder

__all__ = ["CLASS_NAMES", "SPLITS", "draw", "load", "write_folder"]
