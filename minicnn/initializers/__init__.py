"""How weights start."""

from .initializers import Blank, blank, glorot_uniform, ones, zeros

__all__ = ["Blank", "blank", "glorot_uniform", "ones", "zeros"]
