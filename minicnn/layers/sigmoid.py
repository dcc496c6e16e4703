"""Sigmoid: any number becomes one between 0 and 1.

    y = 1 / (1 + exp(-x))       dx = y * (1 - y) * dy

The outputs of a sigmoid layer are independent of each other: they do not sum to 1 (softmax's do).
Kernels: sigmoid_forward, sigmoid_backward. Kept for the way back: y.
Source: Keras 3 `activations.sigmoid`; Keras has no Sigmoid layer, so files say Activation("sigmoid").
On paper: reference/sigmoid.py.
"""

from typing import Any

from .activation import Activation


class Sigmoid(Activation):
    """Apply the logistic function elementwise.

    Parameters
    ----------
    name : str, optional
    **more : trainable, input_shape, ...
        As in `Layer`.

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn import Sigmoid
    >>> Sigmoid()(np.array([[-1000.0, -1.0, 0.0, 1.0]])).round(3)
    array([[0.   , 0.269, 0.5  , 0.731]], dtype=float32)
    """

    class_name = "Activation"

    def __init__(self, name: str | None = None, **more: Any):
        super().__init__("sigmoid", name, **more)
