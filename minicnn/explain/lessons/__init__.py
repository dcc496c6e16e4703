"""Small examples for the terminal: the course's steps, and the sizes of a net written in one line."""

from .shapes import Row, shapes, work_out
from .walk import TOPICS, steps, walk

__all__ = ["TOPICS", "Row", "shapes", "steps", "walk", "work_out"]
