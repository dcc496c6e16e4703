"""One step of stochastic gradient descent, with momentum on request.

Without   w -= lr * g
With      m = momentum * m - lr * g;   w += m            (nesterov:  w += momentum * m - lr * g)

Source: Keras 3 SGD; Sutskever et al., On the importance of initialization and momentum, ICML 2013.
"""

from ..types import Array


def sgd_step(w: Array, g: Array, m: Array | None, learning_rate: float, momentum: float, nesterov: bool) -> None:
    """Move the weights down their gradient, in place.

    Parameters
    ----------
    w : any shape, float32 or float64, C-contiguous
        the weights, changed in place
    g : shape and dtype of w
        gradient of the loss with respect to w
    m : shape and dtype of w, or None
        the last step, changed in place, where there is momentum
    learning_rate : float
        length of a step for a gradient of 1
    momentum : float, 0 <= momentum < 1
        what is kept of the last step
    nesterov : bool
        look ahead along the momentum

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn import reference
    >>> w, m = np.ones(2), np.zeros(2)
    >>> reference.sgd_step(w, np.array([1.0, -2.0]), m, learning_rate=0.5, momentum=0.5, nesterov=False)
    >>> w.tolist(), m.tolist()
    ([0.5, 2.0], [-0.5, 1.0])
    """
    if m is None:
        w -= learning_rate * g
        return
    m *= momentum
    m -= learning_rate * g
    w += momentum * m - learning_rate * g if nesterov else m
