"""Group normalization: layer normalization of some channels at a time."""

from ..types import Array
from .layer_normalization import layer_normalization_backward, layer_normalization_forward
from .machine import checks


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

    Raises
    ------
    ValueError
        `groups` must divide the 4 channels. Received: groups=3.

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn import kernels
    >>> x = np.array([[1.0, 3.0, 50.0, 10.0]])
    >>> kernels.group_normalization_forward(x, 2, np.ones(4), np.zeros(4), 0.0).tolist()
    [[-1.0, 1.0, 1.0, -1.0]]
    """
    x = checks.floats(x, "x")
    apart, scale, shift = _apart(x, groups), _channels(gamma, "gamma", x, groups), _channels(beta, "beta", x, groups)
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
    >>> from minicnn import kernels
    >>> dy, x = np.array([[1.0, 0.0, 0.0, 5.0]]), np.array([[1.0, 3.0, 2.0, 2.0]])
    >>> dx, dgamma, dbeta = kernels.group_normalization_backward(dy, x, 2, np.ones(4), 1.0)
    >>> dx.round(3).tolist(), dgamma.round(3).tolist(), dbeta.tolist()
    ([[0.177, -0.177, -2.5, 2.5]], [-0.707, 0.0, 0.0, 0.0], [1.0, 0.0, 0.0, 5.0])
    """
    dy = checks.floats(dy, "dy")
    x = checks.floats(x, "x", dy.ndim, dy.dtype)
    checks.shape(x, "x", dy.shape)
    scale = _channels(gamma, "gamma", x, groups)
    dx, dgamma, dbeta = layer_normalization_backward(_apart(dy, groups), _apart(x, groups), _axes(x), scale, epsilon)
    return dx.reshape(x.shape), dgamma.reshape(-1), dbeta.reshape(-1)


def _apart(x, groups):
    """Return x with an axis of the groups before that of the channels of one."""
    channels = x.shape[-1]
    if groups < 1 or channels % groups:
        raise ValueError(f"`groups` must divide the {channels} channels. Received: groups={groups}.")
    return x.reshape(*x.shape[:-1], groups, channels // groups)


def _channels(factor, name, x, groups):
    """Return one number a channel as an array of the rank of `_apart`."""
    factor = checks.floats(factor, name, 1, x.dtype)
    checks.shape(factor, name, x.shape[-1:])
    return factor.reshape(*(1,) * (x.ndim - 1), groups, -1)


def _axes(x):
    """Return the axes of a group, in an array that `_apart` made of x."""
    return [*range(1, x.ndim - 1), x.ndim]
