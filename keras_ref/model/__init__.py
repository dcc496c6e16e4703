"""The classifier: its net, where the weights come from, and the card that says what pictures it takes."""

from . import card, weights
from .card import Card
from .classifier import Classifier, build, build_head, compile_net, freeze, other_base, wake, xception

__all__ = [
    "Card",
    "Classifier",
    "build",
    "build_head",
    "card",
    "compile_net",
    "freeze",
    "other_base",
    "wake",
    "weights",
    "xception",
]
