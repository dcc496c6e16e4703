"""The augmentations of a training on a base, as keras_ref's: the same seeds make the same pictures, without TensorFlow.

    light     sheared by up to 10 degrees, then nearer or further by up to a tenth, then mirrored or not: as in 8.11
    mirror    mirrored

Keras draws by TensorFlow's stateless generator: Philox 4x32 with 10 rounds, whose key and counter are made of two seeds
by the same function. Source: Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3"; Keras 3, RandomShear,
RandomZoom, RandomFlip.
"""

import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from .. import kernels
from ..data import mirrored
from ..types import Array

SHEAR: float = math.tan(math.radians(10))
ZOOM: float = 0.1
AUGMENTATIONS: tuple[str, ...] = ("none", "light", "mirror")
Words = NDArray[np.uint64]  # numbers of 32 bits, in 64: products need the room

MULTIPLIERS = 0xD2511F53, 0xCD9E8D57
STEPS = 0x9E3779B9, 0xBB67AE85  # of the key, after each round
ROUNDS = 10
START = 0x3EC8F720, 0x02461E29  # TensorFlow's key under which two seeds become key and counter
LOW = np.uint64(0xFFFFFFFF)


def check(augment: str, draws: int) -> None:
    """Refuse what is no augmentation; "light" wants draws, the others have none.

    Parameters
    ----------
    augment : str
    draws : int

    Raises
    ------
    ValueError
        It is none of these.
    """
    if augment not in AUGMENTATIONS:
        raise ValueError(f"--augment must be {', '.join(AUGMENTATIONS)}. Received: {augment}.")
    if draws < 0 or (draws > 0) != (augment == "light"):
        raise ValueError(
            "--draws must be how many draws of --augment light are stored, 1 or more, and is of no other augmentation. "
            f"Received: --augment {augment}, --draws {draws}."
        )


class Epochs:
    """Batches of stored vectors, in each epoch those of another draw, in another order.

    Parameters
    ----------
    sets : list of (N, C) float32
        The vectors of each draw; of "mirror" those of the pictures and of their mirror images.
    y : (N, classes)
        Labels.
    batch_size : int
    seed : int
        Of orders and coins.
    augment : "light" or "mirror"

    Attributes
    ----------
    epoch : int
        The number of the next epoch, from 0; `fit` sets it.

    Examples
    --------
    >>> sets = [np.zeros((4, 1), np.float32), np.ones((4, 1), np.float32)]
    >>> batches = Epochs(sets, np.eye(4), 2, 0, "light")
    >>> batches.epoch = 3
    >>> [x.ravel().tolist() for x, y in batches]
    [[1.0, 1.0], [1.0, 1.0]]
    """

    def __init__(self, sets: list[Array], y: Array, batch_size: int, seed: int, augment: str) -> None:
        self._sets, self._y, self._size, self._seed, self._mirrors = sets, y, batch_size, seed, augment == "mirror"
        self.epoch = 0

    def __len__(self) -> int:
        """Return the number of batches."""
        return math.ceil(len(self._y) / self._size)

    def __iter__(self) -> Iterator[tuple[Array, Array]]:
        """Go through an epoch's batches."""
        x = self._sets[self.epoch % len(self._sets)]
        if self._mirrors:
            x = np.where(mirrored(len(x), self._seed, self.epoch + 1)[:, None], self._sets[1], self._sets[0])
        order = np.random.default_rng([self._seed, self.epoch + 1]).permutation(len(x))
        for start in range(0, len(x), self._size):
            some = order[start : start + self._size]
            yield x[some], self._y[some]


def changed(x: Array, augment: str, seeds: NDArray[np.int32]) -> Array:
    """Augment pictures.

    Parameters
    ----------
    x : (N, H, W, C) float32
    augment : "light" or "mirror"
    seeds : (N, 2) int32
        See `data.draw_seeds`.

    Returns
    -------
    y : (N, H, W, C) float32

    Examples
    --------
    >>> x = np.arange(3, dtype=np.float32).reshape(1, 1, 3, 1)
    >>> changed(x, "mirror", np.zeros((1, 2), np.int32)).ravel()
    array([2., 1., 0.], dtype=float32)
    """
    if augment == "mirror":
        return np.ascontiguousarray(x[:, :, ::-1])
    asked = iter(range(1, 7))  # Keras's generator counts how often it was asked

    def drawn(low: float, high: float) -> Array:
        return uniform(seeds + np.array([0, next(asked)], np.int32), low, high)

    sign = np.where(drawn(0, 1) > 0.5, np.float32(-1), np.float32(1))
    drawn(0, 0)  # the shear downwards, which is none
    x = _read(x, [1, drawn(-SHEAR, SHEAR) * sign, 0, 0, 1, 0])
    down, across = (drawn(1 - ZOOM, 1 + ZOOM) for _ in range(2))
    bottom, right = (np.float32((size - 1) / 2) for size in x.shape[1:3])
    x = _read(x, [across, 0, right * (1 - across), 0, down, bottom * (1 - down)])
    return np.where((drawn(0, 1) <= 0.5)[:, None, None, None], x[:, :, ::-1], x)


def _read(x: Array, matrix: list[object]) -> Array:
    """Read each picture where its matrix says; beside the picture stands its nearest pixel."""
    rows = [np.broadcast_to(np.asarray(number, np.float32), len(x)) for number in matrix]
    return kernels.affine_transform_forward(np.ascontiguousarray(x), np.stack(rows, 1), "nearest")


def uniform(seeds: NDArray[np.int32], low: float, high: float) -> Array:
    """Draw one number for each pair of seeds, as `tf.random.stateless_uniform` does.

    Parameters
    ----------
    seeds : (N, 2) int32
    low, high : float

    Returns
    -------
    numbers : (N,) float32

    Examples
    --------
    >>> bool((uniform(np.array([[1, 2], [3, 4]], np.int32), 0.5, 1.0) >= 0.5).all())
    True
    """
    words = seeds.astype(np.int64).astype(np.uint64)  # negative ones keep their sign, in 64 bits
    counter = [part for k in range(2) for part in (words[:, k] & LOW, words[:, k] >> np.uint64(32))]
    mixed = _philox(counter, [np.full(len(seeds), word, np.uint64) for word in START])
    zero = np.zeros(len(seeds), np.uint64)
    bits = _philox([zero, zero, mixed[2], mixed[3]], mixed[:2])[0]
    one_to_two = ((bits & np.uint64(0x7FFFFF)) | np.uint64(127 << 23)).astype(np.uint32).view(np.float32)
    least, most = np.float32(low), np.float32(high)
    return (one_to_two - np.float32(1)) * (most - least) + least


def _philox(counter: list[Words], key: list[Words]) -> list[Words]:
    """Return four numbers of 32 bits for each counter of four and key of two."""
    a, b, c, d = counter
    k0, k1 = key
    for _ in range(ROUNDS):
        first, second = (number * np.uint64(word) for number, word in zip((a, c), MULTIPLIERS, strict=True))
        a, b, c, d = (second >> np.uint64(32)) ^ b ^ k0, second & LOW, (first >> np.uint64(32)) ^ d ^ k1, first & LOW
        k0, k1 = (k0 + np.uint64(STEPS[0])) & LOW, (k1 + np.uint64(STEPS[1])) & LOW
    return [a, b, c, d]
