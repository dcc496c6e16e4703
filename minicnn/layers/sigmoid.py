"""Sigmoid: any number becomes one between 0 and 1.

    y = 1 / (1 + exp(-x))       dx = y * (1 - y) * dy

The outputs of a sigmoid layer are independent of each other: they do not sum to 1 (softmax's do).
Source: Keras 3 `activations.sigmoid`; Keras has no Sigmoid layer, so files say Activation("sigmoid").
On paper: reference/sigmoid.py.
"""

from .activation import Activation


class Sigmoid(Activation):
    """Apply the logistic function to every number."""

    class_name = "Activation"

    def __init__(self, name=None):
        super().__init__("sigmoid", name)
