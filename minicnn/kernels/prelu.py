"""PReLU: a ReLU whose slope for what is negative is learnt."""

import numpy as np

from ..types import Array
from .machine import broadcast, checks, pairwise


def prelu_forward(x: Array, alpha: Array) -> Array:
    """Scale what is negative: y = x where x > 0, else alpha * x.

    Parameters
    ----------
    x : (N, ...) float32 or float64
    alpha : x's shape without the batch, sizes of 1 allowed, dtype of x
        the slopes

    Returns
    -------
    y : shape and dtype of x

    Raises
    ------
    ValueError
        `alpha` must have sizes of 1, or those of x (3, 4). Received: alpha.shape=(4, 4).

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn import kernels
    >>> kernels.prelu_forward(np.array([[-4.0, 4.0]]), np.array([0.5, 0.5])).tolist()
    [[-2.0, 4.0]]
    """
    x = checks.floats(x, "x")
    return pairwise.apply(pairwise.PRELU, x, _slopes(alpha, x)[None])


def prelu_backward(dy: Array, x: Array, alpha: Array) -> tuple[Array, Array]:
    """Scale the gradient alike, and sum what each slope did.

    Parameters
    ----------
    dy : (N, ...) float32 or float64
        gradient of the loss with respect to y
    x : shape and dtype of dy
        as given to `prelu_forward`
    alpha : x's shape without the batch, sizes of 1 allowed, dtype of dy
        the slopes

    Returns
    -------
    dx : shape and dtype of dy
        0 where x is 0
    dalpha : shape and dtype of alpha

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn import kernels
    >>> dx, dalpha = kernels.prelu_backward(np.ones((1, 3)), np.array([[-4.0, 0.0, 4.0]]), np.full(3, 0.5))
    >>> dx.tolist(), dalpha.tolist()
    ([[0.5, 0.0, 1.0]], [-4.0, 0.0, 0.0])
    """
    dy = checks.floats(dy, "dy")
    x = checks.floats(x, "x", dy.ndim, dy.dtype)
    checks.shape(x, "x", dy.shape)
    alpha, zero = _slopes(alpha, x), dy.dtype.type(0)
    below = np.where(x < 0, dy, zero)
    dx = np.where(x > 0, dy, below * alpha)
    return dx, broadcast.unbroadcast(below * np.where(x < 0, x, zero), (1, *alpha.shape)).reshape(alpha.shape)


def _slopes(alpha, x):
    """Check the slopes against what they scale."""
    alpha = checks.floats(alpha, "alpha", x.ndim - 1, x.dtype)
    if any(size not in (1, own) for size, own in zip(alpha.shape, x.shape[1:], strict=True)):
        raise ValueError(
            f"`alpha` must have sizes of 1, or those of x {x.shape[1:]}. Received: alpha.shape={alpha.shape}."
        )
    return alpha
