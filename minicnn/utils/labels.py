"""Labels in another form."""

import numpy as np

from ..arguments import integer
from ..types import AnyArray, ArrayLike


def to_categorical(x: ArrayLike, num_classes: int | None = None) -> AnyArray:
    """Write integer labels as one-hot rows.

    Parameters
    ----------
    x : (...) or (..., 1) integers, 0 to num_classes - 1
    num_classes : int, optional
        By default the largest label and one more.

    Returns
    -------
    rows : (..., num_classes) float32
        (In Keras float64, which its losses cast.)

    Raises
    ------
    ValueError
        A label is no class.

    Notes
    -----
    Source: Keras 3 `utils.to_categorical`.

    Examples
    --------
    >>> to_categorical([0, 2]).tolist()
    [[1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]
    """
    given = np.asarray(x)
    labels = given.astype(np.int64) if given.dtype.kind in "fiub" else None
    if labels is None or not np.array_equal(labels, given):
        raise ValueError(f"`x` must be integer labels. Received: dtype={given.dtype}.")
    if labels.ndim > 1 and labels.shape[-1] == 1:
        labels = labels[..., 0]
    count = int(labels.max(initial=-1)) + 1 if num_classes is None else integer("num_classes", num_classes)
    if labels.size and not 0 <= labels.min() <= labels.max() < count:
        raise ValueError(
            f"`x` must be labels from 0 to {count - 1}. Received: labels from {labels.min()} to {labels.max()}."
        )
    rows = np.zeros((*labels.shape, count), np.float32)
    np.put_along_axis(rows, labels[..., None], 1, -1)
    return rows
