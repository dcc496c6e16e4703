"""One step of RMSprop: the gradient divided by the root of its mean square.

v = rho * v + (1 - rho) * g^2                    mean of the squares, the old ones forgotten slowly
w = keep * w - rate * g / sqrt(v + epsilon)      `keep` is 1, or less where weights decay

With momentum   m = momentum * m + rate * g / sqrt(v + epsilon);   w = keep * w - m
Centered        mean = rho * mean + (1 - rho) * g;                 v - mean^2 in place of v

Source: Keras 3 RMSprop; Hinton, Neural networks for machine learning, lecture 6e, 2012.
"""

import numpy as np

from ..types import Array


def rmsprop_step(
    w: Array,
    g: Array,
    v: Array,
    rate: float,
    rho: float,
    epsilon: float,
    keep: float = 1.0,
    momentum: float = 0.0,
    m: Array | None = None,
    mean: Array | None = None,
) -> None:
    """Move the weights down their gradient, each divided by the root of its mean square, in place.

    Parameters
    ----------
    w : any shape, float32 or float64, C-contiguous
        the weights, changed in place
    g : shape and dtype of w
        gradient of the loss with respect to w
    v : shape and dtype of w
        mean of the squared gradients, changed in place
    rate : float
        length of a step for a gradient of the size of its mean
    rho : float, 0 <= rho < 1
        what is kept of the means
    epsilon : float, positive
        keeps a weight that gets no gradient from dividing by 0
    keep : float
        what weight decay leaves of w before the step
    momentum : float, 0 <= momentum <= 1
        what is kept of the last step, where there is m
    m : shape and dtype of w, or None
        the last step, changed in place
    mean : shape and dtype of w, or None
        mean of the gradients, changed in place, where its square is to be taken from v

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn import reference
    >>> w, g, v = np.ones(2), np.array([3.0, -0.1]), np.zeros(2)
    >>> reference.rmsprop_step(w, g, v, rate=0.1, rho=0.75, epsilon=1e-9)
    >>> w.round(3).tolist()  # 0.1 * g / sqrt(0.25 * g^2)
    [0.8, 1.2]
    """
    v[...] = rho * v + (1 - rho) * g * g
    spread = v
    if mean is not None:
        mean[...] = rho * mean + (1 - rho) * g
        spread = v - mean * mean
    step = rate * g / np.sqrt(spread + epsilon)
    if m is not None:
        m[...] = momentum * m + step
        step = m
    w[...] = keep * w - step
