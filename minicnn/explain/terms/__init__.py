"""One number taken apart: which terms made it, forward and backward.

What the page uses, too: places (every call of a layer, and one recorded run), parts that lie inside a layer, windows.
"""

from . import inside
from .activations import activation_of
from .bends import Bend, bend_of, closes
from .places import Place, find, layer_path, unfold
from .resampling import pixel_weights
from .runs import Run, as_batch, fed, loss_of, run_backward, run_forward
from .seen import seen_by
from .table import Term, Trace
from .trace import trace
from .trace_gradient import trace_gradient
from .windows import Windows

__all__ = [
    "Bend",
    "Place",
    "Run",
    "Term",
    "Trace",
    "Windows",
    "activation_of",
    "as_batch",
    "bend_of",
    "closes",
    "fed",
    "find",
    "inside",
    "layer_path",
    "loss_of",
    "pixel_weights",
    "run_backward",
    "run_forward",
    "seen_by",
    "trace",
    "trace_gradient",
    "unfold",
]
