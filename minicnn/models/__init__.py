"""Models: graphs and chains of layers, their files, their table."""

from . import gradcheck
from .architectures import ARCHITECTURES, homework, tinyvgg
from .model import Model
from .saving import load_model
from .sequential import Sequential

__all__ = ["ARCHITECTURES", "Model", "Sequential", "gradcheck", "homework", "load_model", "tinyvgg"]
