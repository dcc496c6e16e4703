"""Layer normalization: every example by itself is brought to mean 0 and variance 1, then to a scale that is learnt.

Forward   xhat = (x - mean) / sqrt(variance + epsilon);   y = xhat * gamma + beta
Backward  dbeta = sum dy;  dgamma = sum dy * xhat
          dx = (g - mean(g) - xhat * mean(g * xhat)) / sqrt(variance + epsilon),   g = dy * gamma

Means run over `axes`, sums over those along which gamma is broadcast. No batch is needed, so training and prediction
do the same.

Source: Ba et al., arXiv:1607.06450; Keras 3 LayerNormalization.
"""

from collections.abc import Sequence

import numpy as np

from ..types import Array


def layer_normalization_forward(x: Array, axes: Sequence[int], gamma: Array, beta: Array, epsilon: float) -> Array:
    """Normalize over some axes of every example.

    Parameters
    ----------
    x : (N, ...) float32 or float64
    axes : sequence of int, each at least 1
        over which mean and variance are taken
    gamma, beta : rank and dtype of x, sizes of x or 1
        scale and shift
    epsilon : float
        added to the variance

    Returns
    -------
    y : shape and dtype of x

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn import reference
    >>> x, one = np.array([[1.0, 3.0], [50.0, 10.0]]), np.ones((1, 1))
    >>> reference.layer_normalization_forward(x, [1], 2 * one, one, 0.0).tolist()
    [[-1.0, 3.0], [3.0, -1.0]]
    """
    xhat, _ = _normalized(x, axes, epsilon)
    return (xhat * gamma + beta).astype(x.dtype)


def layer_normalization_backward(
    dy: Array, x: Array, axes: Sequence[int], gamma: Array, epsilon: float
) -> tuple[Array, Array, Array]:
    """Return the gradients of x, gamma and beta.

    Parameters
    ----------
    dy : (N, ...) float32 or float64
        gradient of the loss with respect to y
    x : shape and dtype of dy
        as given to `layer_normalization_forward`
    axes, gamma, epsilon
        as given to `layer_normalization_forward`

    Returns
    -------
    dx : shape and dtype of dy
    dgamma, dbeta : shape of gamma, dtype of dy

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn import reference
    >>> dy, x = np.array([[1.0, 0.0, 0.0]]), np.array([[1.0, 2.0, 3.0]])
    >>> dx, dgamma, dbeta = reference.layer_normalization_backward(dy, x, [1], np.ones((1, 3)), 0.0)
    >>> dx.round(3).tolist(), dgamma.round(3).tolist(), dbeta.tolist()
    ([[0.204, -0.408, 0.204]], [[-1.225, 0.0, 0.0]], [[1.0, 0.0, 0.0]])
    """
    axes, wide = tuple(axes), dy.astype(np.float64)
    xhat, inverse = _normalized(x, axes, epsilon)
    g = wide * gamma
    mean, along = g.mean(axis=axes, keepdims=True), (g * xhat).mean(axis=axes, keepdims=True)
    shared = tuple(axis for axis, size in enumerate(gamma.shape) if size == 1)
    dgamma, dbeta = (item.sum(axis=shared, keepdims=True) for item in (wide * xhat, wide))
    return (
        ((g - mean - xhat * along) * inverse).astype(dy.dtype),
        dgamma.astype(dy.dtype),
        dbeta.astype(dy.dtype),
    )


def _normalized(x: Array, axes: Sequence[int], epsilon: float) -> tuple[Array, Array]:
    """Return xhat and 1 / sqrt(variance + epsilon), in float64."""
    wide, axes = x.astype(np.float64), tuple(axes)
    centred = wide - wide.mean(axis=axes, keepdims=True)
    inverse = 1 / np.sqrt((centred**2).mean(axis=axes, keepdims=True) + epsilon)
    return centred * inverse, inverse
