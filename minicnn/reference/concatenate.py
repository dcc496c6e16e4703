"""Concatenate: several arrays side by side along one axis, as a rule the channels.

Forward   y = [x_1 | x_2 | ...]
Backward  dx_i = dy's part that came from x_i

Source: Keras 3 Concatenate. DenseNet hands every layer all maps before it with it (Huang et al., arXiv:1608.06993).
"""

from collections.abc import Sequence

import numpy as np

from ..types import Array


def concatenate_forward(xs: Sequence[Array], axis: int) -> Array:
    """Put arrays side by side.

    y[..., first_i + k, ...] = x_i[..., k, ...]         first_i: the sizes before x_i, added up

    Parameters
    ----------
    xs : list of arrays of one dtype, float32 or float64
        sizes agree but for `axis`
    axis : int, from 0 on
        the axis along which they lie side by side

    Returns
    -------
    y : the sizes of xs, along `axis` their sum
        dtype of xs

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn import reference
    >>> reference.concatenate_forward([np.zeros((2, 1)), np.ones((2, 2))], axis=1).tolist()
    [[0.0, 1.0, 1.0], [0.0, 1.0, 1.0]]
    """
    shape = list(xs[0].shape)
    shape[axis] = sum(x.shape[axis] for x in xs)
    y, first = np.empty(shape, xs[0].dtype), 0
    for x in xs:
        for k in range(x.shape[axis]):
            y[(slice(None),) * axis + (first + k,)] = x[(slice(None),) * axis + (k,)]
        first += x.shape[axis]
    return y
