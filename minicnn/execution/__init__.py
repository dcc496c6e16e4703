"""How a built graph runs in fewer, larger steps."""

from .blocks import joined
from .gradients import ProductGradient
from .plan import Plan

__all__ = ["Plan", "ProductGradient", "joined"]
