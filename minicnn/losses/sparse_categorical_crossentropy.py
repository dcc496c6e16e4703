"""Cross-entropy of integer labels: `categorical_crossentropy` without the one-hot rows.

    forward     -log p[label],                            averaged over the examples
    backward    at the logits z, where p = softmax(z):    (p - one_hot(label)) / N

Source: Keras 3 `SparseCategoricalCrossentropy`; crossentropy.py tells how probabilities are clipped.
"""

import numpy as np

from ..types import AnyArray, Array, ArrayLike
from .crossentropy import EPSILON, CrossEntropy, softmax_and_its_log


class SparseCategoricalCrossentropy(CrossEntropy):
    """Cross-entropy for integer labels, 0 to K - 1.

    Parameters
    ----------
    from_logits : bool
        Whether predictions are logits (True) or probabilities (False).
    ignore_class : None
        Give those examples a sample weight of 0.
    reduction, axis, name, dtype
        As in `CrossEntropy`.

    Examples
    --------
    >>> import numpy as np
    >>> p = np.array([[0.5, 0.25, 0.25], [0.1, 0.1, 0.8]])
    >>> round(SparseCategoricalCrossentropy()([0, 2], p), 4)  # -(log 0.5 + log 0.8) / 2
    0.4581
    """

    name: str = "sparse_categorical_crossentropy"
    head: str | None = "softmax"

    def __init__(
        self,
        from_logits: bool = False,
        ignore_class: int | None = None,
        reduction: str = "sum_over_batch_size",
        axis: int = -1,
        name: str | None = None,
        dtype: str | None = None,
    ):
        super().__init__(from_logits, 0.0, axis, reduction, name, dtype)
        if ignore_class is not None:
            raise ValueError(
                "`ignore_class` must be None: give those examples a sample_weight of 0. "
                f"Received: ignore_class={ignore_class!r}."
            )

    def check(self, y_true: ArrayLike, shape: tuple[int, ...]) -> AnyArray:
        """Return integer labels of shape (N, ...), int64, 0 to K - 1."""
        y_true = np.asarray(y_true)
        if y_true.shape == shape and shape[-1] > 1:
            raise ValueError(
                f"`y` must be integer classes, {shape[:-1]}, for {self.name}; one-hot labels want "
                f"categorical_crossentropy. Received: y.shape={y_true.shape}."
            )
        if y_true.shape == (*shape[:-1], 1):
            y_true = y_true[..., 0]
        if y_true.shape != shape[:-1]:
            raise ValueError(f"`y` must have shape {shape[:-1]} for {self.name}. Received: y.shape={y_true.shape}.")
        labels = y_true.astype(np.int64)
        if not np.array_equal(labels, y_true):
            raise ValueError(f"`y` must be integer classes for {self.name}. Received: {y_true.flat[0]!r}, ...")
        if labels.size and (labels.min() < 0 or labels.max() >= shape[-1]):
            raise ValueError(
                f"`y` must be classes from 0 to {shape[-1] - 1}. "
                f"Received: classes from {labels.min()} to {labels.max()}."
            )
        return labels

    def _each(self, t: AnyArray, y: Array, logits: bool) -> tuple[Array, Array]:
        at_label = t[..., None]
        one_hot = np.zeros_like(y)
        np.put_along_axis(one_hot, at_label, 1, -1)
        if logits:
            p, log_p = softmax_and_its_log(y)
            return -np.take_along_axis(log_p, at_label, -1)[..., 0], p - one_hot
        clipped = np.clip(y, EPSILON, 1 - EPSILON)
        total = clipped.sum(-1, keepdims=True)
        values = np.log(total) - np.log(np.take_along_axis(clipped, at_label, -1))
        return values[..., 0], np.where(clipped == y, 1 / total - one_hot / clipped, 0).astype(y.dtype, copy=False)
