"""Dropout: in training, silence a random part of the numbers and make the others louder by as much.

Forward   y = x / (1 - rate) where mask, else 0
Backward  dx = dy / (1 - rate) where mask, else 0

Source: Keras 3 Dropout; Srivastava et al., Dropout, Journal of Machine Learning Research 15, 2014.
"""

import numpy as np

from ..types import Array, BoolArray


def dropout_forward(x: Array, mask: BoolArray, rate: float) -> Array:
    """Keep what the mask keeps, scaled so that the expected sum stays the same.

    y = x / (1 - rate) where mask, else 0

    Parameters
    ----------
    x : any shape, float32 or float64
        numbers of any scale
    mask : shape of x, bool
        True, with probability 1 - rate: keep. Drawn by the layer
    rate : float, 0 <= rate < 1
        the part that is dropped

    Returns
    -------
    y : shape and dtype of x

    Notes
    -----
    What is dropped is 0 whatever it was, NaN included. Prediction skips all this: thanks to the scaling, it may.

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn import reference
    >>> reference.dropout_forward(np.ones(3), np.array([True, False, True]), rate=0.5).tolist()
    [2.0, 0.0, 2.0]
    """
    return np.where(mask, x.astype(np.float64) / (1.0 - rate), 0.0).astype(x.dtype)


def dropout_backward(dy: Array, mask: BoolArray, rate: float) -> Array:
    """Let the gradient through where the mask kept the number, scaled alike.

    dx = dy / (1 - rate) where mask, else 0

    Parameters
    ----------
    dy : any shape, float32 or float64
        gradient of the loss with respect to y
    mask : shape of dy, bool
        as given to `dropout_forward`
    rate : float, 0 <= rate < 1
        the part that is dropped

    Returns
    -------
    dx : shape and dtype of dy

    Notes
    -----
    dy/dx is 1 / (1 - rate) or 0: the operation is linear in x, so its backward is itself.

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn import reference
    >>> reference.dropout_backward(np.ones(3), np.array([True, False, True]), rate=0.5).tolist()
    [2.0, 0.0, 2.0]
    """
    return dropout_forward(dy, mask, rate)
