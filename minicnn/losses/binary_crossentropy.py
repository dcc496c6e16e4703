"""Cross-entropy of outputs that are each a yes or a no.

    forward     -t log p - (1 - t) log(1 - p),            averaged over the K outputs and the examples
    backward    at the logits z, where p = sigmoid(z):    (p - t) / (N * K)

Source: Keras 3 `BinaryCrossentropy`; crossentropy.py tells how probabilities are clipped.
"""

import numpy as np

from .. import kernels
from ..types import AnyArray, Array, ArrayLike
from .crossentropy import EPSILON, CrossEntropy


class BinaryCrossentropy(CrossEntropy):
    """Cross-entropy for outputs that are each a yes or a no: labels 0 and 1 (or between).

    Parameters
    ----------
    from_logits : bool
        Whether predictions are logits (True) or probabilities (False).
    label_smoothing : float in [0, 1]
        s: labels become t (1 - s) + s / 2.
    axis, reduction, name, dtype
        As in `CrossEntropy`.

    Examples
    --------
    >>> import numpy as np
    >>> y_true, p = [[1], [0]], np.array([[0.5], [0.2]])
    >>> round(BinaryCrossentropy()(y_true, p), 4)  # -(log 0.5 + log 0.8) / 2
    0.4581
    >>> BinaryCrossentropy(from_logits=True).value_and_gradient([[1]], np.array([[0.0]]))[1]  # sigmoid(0) - 1
    array([[-0.5]])
    """

    name: str = "binary_crossentropy"
    head: str | None = "sigmoid"

    def check(self, y_true: ArrayLike, shape: tuple[int, ...]) -> AnyArray:
        """Return labels between 0 and 1 of the predictions' shape."""
        y_true = super().check(y_true, shape)
        if y_true.size and (y_true.min() < 0 or y_true.max() > 1):
            raise ValueError(
                f"`y` must lie between 0 and 1 for {self.name}. "
                f"Received: values from {y_true.min():g} to {y_true.max():g}."
            )
        return y_true

    def _each(self, t: AnyArray, y: Array, logits: bool) -> tuple[Array, Array]:
        t = self._smooth(t.astype(y.dtype, copy=False), 2)
        if logits:  # max(z, 0) - z t + log(1 + exp(-|z|)) never overflows
            values = np.maximum(y, 0) - y * t + np.log1p(np.exp(-np.abs(y)))
            gradient = kernels.sigmoid_forward(y) - t
        else:
            p = np.clip(y, EPSILON, 1 - EPSILON)
            values = -(t * np.log(p) + (1 - t) * np.log1p(-p))
            gradient = np.where(p == y, (p - t) / (p * (1 - p)), 0).astype(y.dtype, copy=False)
        return values.mean(-1), gradient / y.dtype.type(y.shape[-1])
