"""Augmentation with Keras's preprocessing layers: a function of (seed, epoch, picture), without SciPy.

`course` has the ranges of 8.10's notes, `light` those of 8.11's training.
"""

import math
import zlib
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import runtime
from ..types import Tensor

SHEAR: float = math.tan(math.radians(10))


def _layers(name, height, width):
    _, keras = runtime.load()
    nearest = {"fill_mode": "nearest"}
    shear = keras.layers.RandomShear(x_factor=SHEAR, **nearest)
    zoom = keras.layers.RandomZoom(0.1, 0.1, **nearest)
    if name == "light":
        return [shear, zoom, keras.layers.RandomFlip("horizontal")]
    return [
        keras.layers.RandomRotation(30 / 360, **nearest),
        keras.layers.RandomTranslation(10 / height, 10 / width, **nearest),
        shear,
        zoom,
        keras.layers.RandomFlip("vertical"),
    ]


def seeds(names: Sequence[str], seed: int, epoch: int) -> NDArray[np.int32]:
    """Return two numbers a picture, which depend on (seed, epoch, the picture's name) and on nothing else.

    Parameters
    ----------
    names : N names of pictures
    seed : int, 0 or more
    epoch : int, from 1

    Returns
    -------
    seeds : (N, 2) int32
    """
    first = np.random.default_rng([seed, epoch, 7]).integers(2**31, dtype=np.int64)
    raw = (name.encode(errors="surrogateescape") for name in names)
    return np.array([(first, zlib.crc32(name) >> 1) for name in raw], np.int32).reshape(-1, 2)


def transformer(name: str, height: int, width: int) -> Callable[[Any, Any], Tensor]:
    """Return the function that augments one picture.

    Parameters
    ----------
    name : "course" or "light"
    height : int, pixels
    width : int, pixels

    Returns
    -------
    change : function of a picture (height, width, 3) float32 and its seeds (2,) int32; it returns such a picture
    """
    tf, keras = runtime.load()
    layers = _layers(name, height, width)

    class PictureSeed(keras.random.SeedGenerator):
        """Hands Keras's random functions numbers made from one picture's seed, in the order they are asked for."""

        def __init__(self, pair: Any) -> None:
            self.pair, self.asked = pair, 0

        def next(self, ordered=True):
            self.asked += 1
            return self.pair + tf.constant([0, self.asked], tf.int32)

    def change(picture, pair):
        generator = PictureSeed(pair)
        x = picture[None]
        for layer in layers:
            x = layer.transform_images(
                x, layer.get_random_transformation(x, training=True, seed=generator), training=True
            )
        return tf.ensure_shape(x[0], (height, width, 3))

    return change
