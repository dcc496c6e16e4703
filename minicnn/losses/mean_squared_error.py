"""The mean of the squared differences.

    forward     (p - t)^2,             averaged over the K outputs and the examples
    backward    2 (p - t) / (N * K)

Source: Keras 3 `MeanSquaredError`.
"""

from ..types import AnyArray, Array
from .loss import Loss


class MeanSquaredError(Loss):
    """The mean of the squared differences, for outputs that are amounts.

    Examples
    --------
    >>> import numpy as np
    >>> value, gradient = MeanSquaredError().value_and_gradient([[1.0, 2.0]], np.array([[1.5, 0.0]]))
    >>> value, gradient  # (0.5^2 + 2^2) / 2
    (2.125, array([[ 0.5, -2. ]]))
    """

    name: str = "mean_squared_error"

    def _each(self, t: AnyArray, y: Array, logits: bool) -> tuple[Array, Array]:
        difference = y - t.astype(y.dtype, copy=False)
        return (difference * difference).mean(-1), difference * y.dtype.type(2 / y.shape[-1])
