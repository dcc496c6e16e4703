"""Dropout: in training a random share of the numbers becomes 0, so that no unit can rely on another.

    training:   y = x / (1 - rate) where the mask is True, else 0;     dx = dy / (1 - rate) there, else 0
    otherwise:  y = x

Dividing by 1 - rate keeps the expected value, so prediction needs no correction ("inverted" dropout).
Kernels: dropout_forward, dropout_backward. Kept for the way back: the mask.
Source: Srivastava et al. 2014; Keras 3 `Dropout`. On paper: reference/dropout.py.
"""

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from .. import arguments, kernels
from ..arguments import is_integer, is_number
from ..types import Array, BoolArray, Shape
from .base import Layer


class Dropout(Layer):
    """Set each number to 0 with probability `rate` in training.

    Parameters
    ----------
    rate : float in [0, 1)
        The share that is dropped.
    noise_shape : tuple of int or None, optional
        The mask's shape, 1 along the axes that share one draw: (None, 1, 1, 1) drops whole examples ("drop connect",
        where a residual connection goes round them); None as a size is the input's.
    seed : int, optional
        Of the masks; by default they follow from the model's seed.
    name : str, optional
    **more : trainable, input_shape, ...
        As in `Layer`.

    Attributes
    ----------
    rng : np.random.Generator
        Draws the masks; there once the layer is built.

    Raises
    ------
    ValueError
        An argument is none of these; at build, `noise_shape` does not stretch to the input's.

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn import Dropout
    >>> layer, x = Dropout(0.5, seed=0), np.ones((1, 1000))
    >>> layer(x).mean()  # prediction
    np.float32(1.0)
    >>> y = layer(x, training=True)
    >>> np.unique(y).tolist(), bool(400 < (y == 0).sum() < 600)
    ([0.0, 2.0], True)
    """

    rate: float
    seed: int | None
    noise_shape: Shape | None
    rng: np.random.Generator

    def __init__(
        self,
        rate: float,
        noise_shape: Sequence[int | None] | None = None,
        seed: int | None = None,
        name: str | None = None,
        **more: Any,
    ):
        super().__init__(name, **more)
        if not is_number(rate) or not 0 <= rate < 1:
            raise ValueError(f"`rate` must be a number in [0, 1). Received: rate={rate!r}.")
        sizes = () if noise_shape is None else noise_shape
        if not isinstance(sizes, (tuple, list)) or not all(size is None or is_integer(size) for size in sizes):
            raise ValueError(
                f"`noise_shape` must be a tuple of integers and None. Received: noise_shape={noise_shape!r}."
            )
        self.rate = float(rate)
        self.noise_shape = None if noise_shape is None else tuple(sizes)
        self.seed = arguments.seed("seed", seed)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """The same shape; noise_shape must stretch to it."""
        noise = self.noise_shape
        if noise is not None and (
            len(noise) != len(input_shape)
            or any(size not in (1, None, own) for size, own in zip(noise, input_shape, strict=True))
        ):
            raise ValueError(
                f"`noise_shape` of layer '{self.name}' must have a size for each axis of its input "
                f"{tuple(input_shape)}: None, 1 or the same. Received: noise_shape={noise}."
            )
        return input_shape

    def _build(self, input_shape: Any, rng: np.random.Generator) -> None:
        # A generator of its own: how many masks are drawn here never changes what another layer draws.
        self.rng = rng.spawn(1)[0] if self.seed is None else np.random.default_rng(self.seed)

    def _forward(self, x: Array, training: bool) -> tuple[Array, BoolArray | None]:
        if not training or self.rate == 0:
            return x, None
        sizes = (
            x.shape
            if self.noise_shape is None
            else [own if size is None else size for size, own in zip(self.noise_shape, x.shape, strict=True)]
        )
        mask = np.broadcast_to(self.rng.random(sizes, dtype=np.float32) >= self.rate, x.shape)
        return kernels.dropout_forward(x, mask, self.rate), mask

    def _backward(self, dy: Array, mask: BoolArray | None, need_dx: bool) -> Array | None:
        if not need_dx:
            return None
        return dy if mask is None else kernels.dropout_backward(dy, mask, self.rate)

    def _settings(self) -> dict[str, Any]:
        noise_shape = None if self.noise_shape is None else list(self.noise_shape)
        return {"rate": self.rate, "seed": self.seed, "noise_shape": noise_shape}


class SpatialDropout2D(Dropout):
    """Set whole channels of an image to 0 with probability `rate` in training.

    Neighbouring pixels say much the same, so that dropping single ones would drop little.

    Parameters
    ----------
    rate : float in [0, 1)
        The share that is dropped.
    seed : int, optional
        Of the masks; by default they follow from the model's seed.
    name : str, optional
    **more : trainable, input_shape, ...
        As in `Layer`.

    Raises
    ------
    ValueError
        `rate` is no number in [0, 1); at build, the input is no batch of images.

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn import SpatialDropout2D
    >>> y = SpatialDropout2D(0.5, seed=0)(np.ones((1, 8, 8, 100)), training=True)
    >>> set(y.sum(axis=(1, 2)).ravel().tolist()) == {0.0, 2 * 64.0}  # a channel is dropped whole or kept whole
    True
    """

    only: ClassVar[dict[str, Any]] = {"data_format": "channels_last", "noise_shape": None}

    def __init__(self, rate: float, seed: int | None = None, name: str | None = None, **more: Any):
        super().__init__(rate, (None, 1, 1, None), seed, name, **more)

    def get_config(self) -> dict[str, Any]:
        """Return the settings as Keras writes them, who has no `trainable` for this layer."""
        return {
            "name": self.name,
            "dtype": self.dtype or "float32",
            "rate": self.rate,
            "seed": self.seed,
            "data_format": "channels_last",
        }
