"""Cross-entropy of one-hot labels: the truth t is a distribution, the loss is how little p says of it.

    forward     -sum_k t_k log p_k,                       averaged over the examples
    backward    at the logits z, where p = softmax(z):    (p - t) / N

Source: Keras 3 `CategoricalCrossentropy`; crossentropy.py tells how probabilities are clipped.
"""

import numpy as np

from ..types import AnyArray, Array, ArrayLike
from .crossentropy import EPSILON, CrossEntropy, softmax_and_its_log


class CategoricalCrossentropy(CrossEntropy):
    """Cross-entropy for one-hot labels (or probabilities that sum to 1).

    Parameters
    ----------
    from_logits : bool
        Whether predictions are logits (True) or probabilities (False).
    label_smoothing : float in [0, 1]
        s: labels become t (1 - s) + s / K.
    axis, reduction, name, dtype
        As in `CrossEntropy`.

    Examples
    --------
    >>> import numpy as np
    >>> y_true, p = [[1, 0, 0]], np.array([[0.5, 0.25, 0.25]])
    >>> round(CategoricalCrossentropy()(y_true, p), 4)  # log 2
    0.6931
    >>> value, gradient = CategoricalCrossentropy(from_logits=True).value_and_gradient(y_true, np.log(p))
    >>> gradient.round(4)  # p - t
    array([[-0.5 ,  0.25,  0.25]])
    """

    name: str = "categorical_crossentropy"
    head: str | None = "softmax"

    def check(self, y_true: ArrayLike, shape: tuple[int, ...]) -> AnyArray:
        """Return one-hot labels of the predictions' shape; rows must be non-negative and sum to 1."""
        y_true = np.asarray(y_true)
        if y_true.shape in (shape[:-1], (*shape[:-1], 1)) and shape[-1] > 1:
            raise ValueError(
                f"`y` must be one-hot, {shape}, for {self.name}; integer classes want "
                f"sparse_categorical_crossentropy. Received: y.shape={y_true.shape}."
            )
        y_true = super().check(y_true, shape)
        if y_true.size and (y_true.min() < 0 or np.abs(y_true.sum(-1) - 1).max() > 1e-3):
            raise ValueError(
                f"`y` must be one-hot for {self.name}: each row non-negative, with sum 1. "
                f"Received: rows with sums from {y_true.sum(-1).min():g} to {y_true.sum(-1).max():g}."
            )
        return y_true

    def _each(self, t: AnyArray, y: Array, logits: bool) -> tuple[Array, Array]:
        t = self._smooth(t.astype(y.dtype, copy=False), y.shape[-1])
        if logits:
            p, log_p = softmax_and_its_log(y)
            return -(t * log_p).sum(-1), p - t
        total = y.sum(-1, keepdims=True)
        share = y / total
        clipped = np.clip(share, EPSILON, 1 - EPSILON)
        slope = np.where(clipped == share, -t / clipped, 0)
        return -(t * np.log(clipped)).sum(-1), (slope - (slope * share).sum(-1, keepdims=True)) / total
