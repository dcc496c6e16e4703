"""How weights start: Keras's names, as functions of a generator, a shape and a dtype.

glorot_uniform     kernels: random, as wide as keeps activations and gradients level
zeros, ones        biases and moving means; scales and moving variances
Blank              the generator for layers whose weights a file brings: nothing is drawn
"""

from .blank import Blank
from .constant_initializers import ones, zeros
from .random_initializers import glorot_uniform

__all__ = ["Blank", "glorot_uniform", "ones", "zeros"]
