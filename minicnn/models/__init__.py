"""Models: graphs and chains of layers, their files, their table."""

from . import gradcheck
from .architectures import ARCHITECTURES, homework, tinyvgg
from .card import card_of
from .model import Model
from .saving import load_model
from .sequential import Sequential

__all__ = ["ARCHITECTURES", "Model", "Sequential", "card_of", "gradcheck", "homework", "load_model", "tinyvgg"]
