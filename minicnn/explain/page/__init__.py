"""The explorer's page: one HTML file with the model, the pictures and all code in it."""

from .page import write
from .showing import Shown, show

__all__ = ["Shown", "show", "write"]
