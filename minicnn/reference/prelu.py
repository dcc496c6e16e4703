"""PReLU: a ReLU whose slope for what is negative is learnt.

Forward   y = x where x > 0, else alpha * x
Backward  dx = dy where x > 0, alpha * dy where x < 0, 0 where x = 0
          dalpha = x * dy where x < 0, summed over the batch and the axes that share one slope

Source: He et al., arXiv:1502.01852; Keras 3 PReLU.
"""

import numpy as np

from ..types import Array


def prelu_forward(x: Array, alpha: Array) -> Array:
    """Scale what is negative.

    y = x where x > 0, else alpha * x

    Parameters
    ----------
    x : (N, ...) float32 or float64
    alpha : x's shape without the batch, sizes of 1 allowed, dtype of x
        the slopes

    Returns
    -------
    y : shape and dtype of x

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn import reference
    >>> reference.prelu_forward(np.array([[-4.0, 4.0]]), np.array([0.5, 0.5])).tolist()
    [[-2.0, 4.0]]
    """
    y = np.empty_like(x)
    slopes = np.broadcast_to(alpha, x.shape)
    for index in np.ndindex(*x.shape):
        y[index] = x[index] if x[index] > 0 else slopes[index] * x[index]
    return y


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
    dalpha : shape and dtype of alpha

    Notes
    -----
    At 0 the gradient is 0, as in Keras, who computes relu(x) - alpha * relu(-x).

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn import reference
    >>> dx, dalpha = reference.prelu_backward(np.ones((1, 3)), np.array([[-4.0, 0.0, 4.0]]), np.full(3, 0.5))
    >>> dx.tolist(), dalpha.tolist()
    ([[0.5, 0.0, 1.0]], [-4.0, 0.0, 0.0])
    """
    dx, dalpha = np.zeros_like(x), np.zeros(alpha.shape)
    for index in np.ndindex(*x.shape):
        place = tuple(0 if size == 1 else i for i, size in zip(index[1:], alpha.shape, strict=True))
        if x[index] > 0:
            dx[index] = dy[index]
        elif x[index] < 0:
            dx[index] = dy[index] * alpha[place]
            dalpha[place] += float(dy[index]) * float(x[index])
    return dx, dalpha.astype(alpha.dtype)
