"""How weights start: Keras's names.

initializer.py               objects: GlorotUniform, HeNormal, Zeros, Constant, RandomNormal, ...
random_initializers.py       the default of kernels, as a function of a generator, a shape and a dtype
constant_initializers.py     those of biases and moving means (zeros), of scales and moving variances (ones)
seeds.py                     the seed of those that have none
blank.py                     the generator for layers whose weights a file brings: nothing is drawn
"""

from typing import TYPE_CHECKING

from ..elsewhere import refusing
from .blank import Blank
from .constant_initializers import ones, zeros
from .initializer import (
    INITIALIZERS,
    Constant,
    GlorotNormal,
    GlorotUniform,
    HeNormal,
    HeUniform,
    Initializer,
    LecunNormal,
    LecunUniform,
    Ones,
    RandomNormal,
    RandomUniform,
    TruncatedNormal,
    VarianceScaling,
    Zeros,
)
from .random_initializers import glorot_uniform
from .seeds import next_seed, set_source

__all__ = [
    "INITIALIZERS",
    "Blank",
    "Constant",
    "GlorotNormal",
    "GlorotUniform",
    "HeNormal",
    "HeUniform",
    "Initializer",
    "LecunNormal",
    "LecunUniform",
    "Ones",
    "RandomNormal",
    "RandomUniform",
    "TruncatedNormal",
    "VarianceScaling",
    "Zeros",
    "glorot_uniform",
    "next_seed",
    "ones",
    "set_source",
    "zeros",
]

if not TYPE_CHECKING:  # a checker that saw it would take any name for one of ours
    __getattr__ = refusing("initializers")
