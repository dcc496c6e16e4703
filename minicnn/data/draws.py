"""What an augmentation draws for a picture: of the stored draws by its content, of an epoch's coins by its place.

Both packages draw alike, so that they share the store of what a base answers to augmented pictures (vectors.py).
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def draw_seeds(hashes: Sequence[str], draw: int) -> NDArray[np.int32]:
    """Return two numbers a picture, which depend on (the draw's number, the picture's content) and on nothing else.

    Parameters
    ----------
    hashes : N SHA-256 of pictures, in hex digits
    draw : int, from 1

    Returns
    -------
    seeds : (N, 2) int32

    Examples
    --------
    >>> draw_seeds(["00" * 32, "ff" * 32], 1)[:, 1].tolist()
    [0, 2147483647]
    """
    first = np.random.default_rng([0, draw, 8]).integers(2**31, dtype=np.int64)
    return np.array([(first, int(digest[:8], 16) >> 1) for digest in hashes], np.int32).reshape(-1, 2)


def mirrored(count: int, seed: int, epoch: int) -> NDArray[np.bool_]:
    """Toss a coin for each picture: whether an epoch shows its mirror image.

    Parameters
    ----------
    count : int, pictures
    seed : int, 0 or more
    epoch : int, from 1

    Returns
    -------
    mirrored : (count,) bool

    Examples
    --------
    >>> mirrored(5, seed=0, epoch=1).shape
    (5,)
    """
    return np.random.default_rng([seed, epoch, 9]).integers(0, 2, count).astype(bool)


def variants(augment: str, draws: int) -> list[int]:
    """Return the draws that are stored of each picture to learn from.

    Parameters
    ----------
    augment : "none", "course", "light" or "mirror"
    draws : int

    Returns
    -------
    draws : list of int, 0 for the pictures as they are

    Examples
    --------
    >>> variants("none", 0), variants("mirror", 0), variants("light", 3)
    ([0], [0, 1], [1, 2, 3])
    """
    if augment == "mirror":
        return [0, 1]
    return list(range(1, draws + 1)) if draws else [0]
