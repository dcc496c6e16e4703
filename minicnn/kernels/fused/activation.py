"""The activation that another kernel applies itself: the one place that says which kernel can do which.

A convolution or a product applies "relu" and "relu6" to its sums before it writes them: both are min(max(y, 0), limit).
The others follow in a second pass. A limit below 0 says that there is nothing to apply.
"""

from collections.abc import Callable

import numpy as np

from ...types import Array
from ..activations import clipped_relu_forward
from ..relu import relu_forward
from ..sigmoid import sigmoid_forward
from ..softmax import softmax_forward

NO_LIMIT = -1.0
LIMITS: dict[str | None, float] = {"relu": np.inf, "relu6": 6.0}  # what a kernel applies before it writes its sums
ACTIVATIONS: dict[str, Callable[[Array], Array]] = {
    "relu": relu_forward,
    "relu6": lambda y: clipped_relu_forward(y, 6.0),
    "sigmoid": sigmoid_forward,
    "softmax": softmax_forward,
}


def activate(y: Array, activation: str | None) -> Array:
    """Apply the activation of that name, or none.

    Raises
    ------
    ValueError
        `activation` must be None, "relu", "relu6", "sigmoid" or "softmax". Received: activation='tanh'.
    """
    if activation is None:
        return y
    if activation not in ACTIVATIONS:
        raise ValueError(
            f'`activation` must be None, "relu", "relu6", "sigmoid" or "softmax". Received: activation={activation!r}.'
        )
    return ACTIVATIONS[activation](y)


def only_limit(activation: str | None) -> float:
    """Return the limit for a kernel that applies "relu" and "relu6" alone.

    Raises
    ------
    ValueError
        `activation` must be None, "relu" or "relu6". Received: activation='tanh'.
    """
    if activation is None:
        return NO_LIMIT
    if activation not in LIMITS:
        raise ValueError(f'`activation` must be None, "relu" or "relu6". Received: activation={activation!r}.')
    return LIMITS[activation]
