"""Softmax: a row of numbers becomes a row of probabilities.

Forward   y_i = exp(x_i) / sum_k exp(x_k)
Backward  dx_i = y_i * (dy_i - sum_k dy_k * y_k)

Source: Keras 3 Softmax; Bishop, Pattern Recognition and Machine Learning, 2006, equations 4.104 and 4.106.
"""

import numpy as np

from ..types import Array


def softmax_forward(x: Array) -> Array:
    """Turn every row of logits into probabilities that sum to 1.

    y[..., i] = exp(x[..., i]) / sum_k exp(x[..., k])

    Parameters
    ----------
    x : (..., K) float32 or float64
        logits

    Returns
    -------
    y : (..., K), dtype of x, 0 <= y <= 1

    Notes
    -----
    The row's maximum is subtracted first: it cancels in the quotient, and no exp can overflow (logits of 1e4 are
    fine). A NaN or +inf makes its whole row NaN.

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn import reference
    >>> reference.softmax_forward(np.log([[1.0, 2.0, 1.0]])).round(4).tolist()
    [[0.25, 0.5, 0.25]]
    """
    x64 = x.astype(np.float64)
    exponentials = np.exp(x64 - x64.max(axis=-1, keepdims=True))  # (..., K), the largest is 1
    return (exponentials / exponentials.sum(axis=-1, keepdims=True)).astype(x.dtype)  # (..., K)


def softmax_backward(dy: Array, y: Array) -> Array:
    """Apply the softmax's Jacobian to the gradient.

    dx[..., i] = y[..., i] * (dy[..., i] - sum_k dy[..., k] * y[..., k])

    Parameters
    ----------
    dy : (..., K) float32 or float64
        gradient of the loss with respect to y
    y : shape and dtype of dy
        what the forward returned

    Returns
    -------
    dx : (..., K), dtype of dy

    Notes
    -----
    dy_k/dx_i = y_k * ([k = i] - y_i); summing dy_k times that over k gives the line above.
    Every row of dx sums to 0: a constant added to all logits changes nothing.

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn import reference
    >>> reference.softmax_backward(np.array([[1.0, 0.0]]), np.array([[0.5, 0.5]])).tolist()
    [[0.25, -0.25]]
    """
    y64 = y.astype(np.float64)
    mean = (dy * y64).sum(axis=-1, keepdims=True)  # (..., 1), the gradient's mean under the probabilities
    return (y64 * (dy - mean)).astype(dy.dtype)  # (..., K)
