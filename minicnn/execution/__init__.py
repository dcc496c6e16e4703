"""How a built graph runs in fewer, larger steps."""

from .gradients import ProductGradient, added
from .joined import joined
from .plan import Plan

__all__ = ["Plan", "ProductGradient", "added", "joined"]
