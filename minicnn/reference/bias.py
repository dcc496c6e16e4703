"""The gradient of a bias, the same for convolution and dense layers.

Forward   y[..., f] = (something without bias) + bias[f]
Backward  dbias[f] = sum of dy[..., f] over everything else
"""

import numpy as np

from ..types import Array


def bias_backward(dy: Array) -> Array:
    """Add up the gradients of all outputs that one bias went into.

    dbias[f] = sum of dy[..., f] over every axis but the last

    Parameters
    ----------
    dy : (..., F) float32 or float64
        gradient of the loss with respect to y: (N, OH, OW, F) after a convolution, (N, F) after a dense layer

    Returns
    -------
    dbias : (F,), dtype of dy

    Notes
    -----
    dy/dbias is 1. Source: Keras 3 Conv2D and Dense.

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn import reference
    >>> reference.bias_backward(np.array([[1.0, 2.0], [3.0, 4.0]])).tolist()
    [4.0, 6.0]
    """
    dbias = np.zeros(dy.shape[-1])
    for at in np.ndindex(*dy.shape[:-1]):
        dbias += dy[at]  # (F,)
    return dbias.astype(dy.dtype)  # (F,)
