"""How a picture becomes a net's input: its size, the resampling, and a scale and an offset."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .. import runtime
from ..config import BASES, CENTRED
from ..types import Tensor


@dataclass(frozen=True)
class Recipe:
    """What is done to a decoded picture.

    Parameters
    ----------
    height : int, pixels
    width : int, pixels
    resize : str
        A name of `minicnn.data.RESIZE`: Pillow's filters.
    scale : float
    offset : float
        A value v in 0..255 becomes v * scale + offset.
    """

    height: int
    width: int
    resize: str = "nearest"
    scale: float = CENTRED[0]
    offset: float = CENTRED[1]

    def prepare(self) -> Callable[[Any], Tensor]:
        """Return the function from uint8 pixels to the float32 values that a net takes.

        It equals Keras's preprocess_input to the last bit. Hence a division, where `x * scale` would be shorter. The
        divisor is made here, outside the pipeline's graph: a constant inside it TensorFlow would replace by its
        reciprocal, with other last bits.

        Returns
        -------
        prepare : function of (..., H, W, 3) uint8, an array or a tensor
        """
        tf, _ = runtime.load()
        divisor, offset = tf.constant(1 / self.scale, tf.float32), tf.constant(self.offset, tf.float32)
        return lambda pixels: tf.cast(pixels, tf.float32) / divisor + offset


def square(size: int, base: str = "xception") -> Recipe:
    """Return a base's recipe for square pictures.

    Parameters
    ----------
    size : int, pixels a side
    base : a key of `bases.BASES`

    Returns
    -------
    recipe : Recipe
    """
    return Recipe(size, size, scale=BASES[base].scale, offset=BASES[base].offset)
