"""On which side of its kinks a net is: the signs of its ReLUs, the winners of its max poolings.

A difference quotient whose step changes one of them mixes two slopes: see gradcheck.py.
"""

import math
from typing import Any

import numpy as np

from ..layers import LAYERS, Layer, of_one_rank
from ..types import AnyArray, Array, Arrays, IntArray
from .network import Network

TOPS: dict[str, float | None] = {  # outputs with a second kink, beside that at 0
    "relu": None,
    "leaky_relu": None,
    "relu6": 6,
    "hard_sigmoid": 1,
    "hard_silu": 3,
}


def pattern(model: Network, record: Arrays) -> list[AnyArray]:
    """List, for one recorded run, on which side of its kinks every ReLU, max pooling and Maximum is.

    Parameters
    ----------
    model : Model
    record : dict
        What `model.forward(x, record=record)` filled in.

    Returns
    -------
    pattern : list of array
        An array a layer that has kinks; two runs with equal ones lie on the same side of all.

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn import Input, ReLU, Sequential
    >>> model, record = Sequential([Input((3,)), ReLU()]), {}
    >>> _ = model.forward(np.array([[-1, 0, 2]]), record=record)
    >>> pattern(model, record)[0].astype(int).tolist()
    [[0, 0, 1]]
    """
    found: list[AnyArray] = []
    for call in model.calls():
        layer: Any = call.layer
        kind, y = _kind(layer), record[call.key]
        if kind == "MaxPooling2D":
            found.append(_winners(layer, record[call.sources[0]]))
        elif kind == "GlobalMaxPooling2D":
            x = record[call.sources[0]]
            found.append(x.reshape(len(x), -1, x.shape[3]).argmax(1))
        elif kind == "Activation" and layer.activation == "hard_silu":  # which is 0 at 0 too, where it has no kink
            x = record[call.sources[0]]
            found.append((x >= -3).astype(np.int8) + (x >= 3))
        elif kind == "ReLU" and (layer.threshold or layer.negative_slope):
            x, top = record[call.sources[0]], math.inf if layer.max_value is None else layer.max_value
            found.append(np.sign(x - layer.threshold) + 3 * (x >= top))
        elif kind == "PReLU":  # whose y may be 0, or positive, on either side
            found.append(np.sign(record[call.sources[0]]))
        elif kind in ("Maximum", "Minimum"):
            wide = np.stack(np.broadcast_arrays(*(of_one_rank([record[key] for key in call.sources]))))
            found.append(wide.argmax(0) if kind == "Maximum" else wide.argmin(0))
        elif kind in ("ReLU", "LeakyReLU", "ELU") or layer.activation in TOPS:
            top = layer.max_value if kind == "ReLU" else TOPS.get(layer.activation)
            found.append(np.sign(y) + (y >= (math.inf if top is None else top)))
    return found


def _kind(layer: Layer) -> str:
    """Name the class of minicnn's that a layer is of: an own `ReLU` may be anything."""
    return next((base.__name__ for base in type(layer).__mro__ if LAYERS.get(base.__name__) is base), "")


def _winners(layer: Any, x: Array) -> IntArray:
    """Find, for every window, which of its cells wins."""
    padded = np.pad(x, ((0, 0), *layer.pads(x.shape[1:3]), (0, 0)), constant_values=-np.inf)
    windows = np.lib.stride_tricks.sliding_window_view(padded, layer.pool_size, (1, 2))
    windows = windows[:, :: layer.strides[0], :: layer.strides[1]]
    return windows.reshape(*windows.shape[:4], -1).argmax(-1)
