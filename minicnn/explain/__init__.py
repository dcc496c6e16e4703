"""Where every number of a CNN comes from."""

from .trace import trace
from .trace_gradient import trace_gradient

__all__ = ["trace", "trace_gradient"]
