"""Group normalization: the channels of every example, some at a time, are brought to mean 0 and variance 1.

Forward   xhat = (x - mean) / sqrt(variance + epsilon);   y = xhat * gamma + beta, both one a channel
Backward  as in layer normalization, over the axes of a group

A group is C // groups neighbouring channels, with all their pixels. One group is layer normalization of the whole
image, as many as channels is instance normalization.

Source: Wu & He, arXiv:1803.08494; Keras 3 GroupNormalization.
"""

from ..types import Array
from .layer_normalization import layer_normalization_backward, layer_normalization_forward


def group_normalization_forward(x: Array, groups: int, gamma: Array, beta: Array, epsilon: float) -> Array:
    """Normalize every group of channels of every example.

    Parameters
    ----------
    x : (N, ..., C) float32 or float64
    groups : int, divides C
        in how many parts the channels are cut
    gamma, beta : (C,), dtype of x
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
    >>> x = np.array([[1.0, 3.0, 50.0, 10.0]])
    >>> reference.group_normalization_forward(x, 2, np.ones(4), np.zeros(4), 0.0).tolist()
    [[-1.0, 1.0, 1.0, -1.0]]
    """
    apart, scale, shift = (_apart(item, x.ndim, groups) for item in (x, gamma, beta))
    return layer_normalization_forward(apart, _axes(x), scale, shift, epsilon).reshape(x.shape)


def group_normalization_backward(
    dy: Array, x: Array, groups: int, gamma: Array, epsilon: float
) -> tuple[Array, Array, Array]:
    """Return the gradients of x, gamma and beta.

    Parameters
    ----------
    dy : (N, ..., C) float32 or float64
        gradient of the loss with respect to y
    x : shape and dtype of dy
        as given to `group_normalization_forward`
    groups, gamma, epsilon
        as given to `group_normalization_forward`

    Returns
    -------
    dx : shape and dtype of dy
    dgamma, dbeta : (C,), dtype of dy

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn import reference
    >>> dy, x = np.array([[1.0, 0.0, 0.0, 5.0]]), np.array([[1.0, 3.0, 2.0, 2.0]])
    >>> dx, dgamma, dbeta = reference.group_normalization_backward(dy, x, 2, np.ones(4), 1.0)
    >>> dx.round(3).tolist(), dgamma.round(3).tolist(), dbeta.tolist()
    ([[0.177, -0.177, -2.5, 2.5]], [-0.707, 0.0, 0.0, 0.0], [1.0, 0.0, 0.0, 5.0])
    """
    wide, apart, scale = (_apart(item, x.ndim, groups) for item in (dy, x, gamma))
    dx, dgamma, dbeta = layer_normalization_backward(wide, apart, _axes(x), scale, epsilon)
    return dx.reshape(x.shape), dgamma.reshape(-1), dbeta.reshape(-1)


def _apart(item: Array, rank: int, groups: int) -> Array:
    """Return an array, or one number a channel, with an axis of the groups before the channels of one."""
    sizes = item.shape if item.ndim == rank else (*(1,) * (rank - 1), item.size)
    return item.reshape(*sizes[:-1], groups, sizes[-1] // groups)


def _axes(x: Array) -> list[int]:
    """Return the axes of a group, in an array that `_apart` made of x."""
    return [*range(1, x.ndim - 1), x.ndim]
