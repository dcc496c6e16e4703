"""Gaussian noise: in training every number gets a random one added, so that no single value can be relied on.

    training:   y = x + stddev * g, g drawn from the normal distribution         dx = dy
    otherwise:  y = x

Kernel: add_forward. The way back needs no array.
Source: Keras 3 `GaussianNoise`; Bishop, Training with noise is equivalent to Tikhonov regularization, 1995.
"""

from typing import Any

import numpy as np

from .. import arguments, kernels
from ..arguments import is_number
from ..types import Array
from .base import Layer


class GaussianNoise(Layer):
    """Add normal noise in training.

    Parameters
    ----------
    stddev : float in [0, 1]
        The noise's standard deviation, in the unit of the input.
    seed : int, optional
        Of the noise; by default it follows from the model's seed.
    name : str, optional
    **more : trainable, input_shape, ...
        As in `Layer`.

    Attributes
    ----------
    rng : np.random.Generator
        Draws the noise; there once the layer is built.

    Raises
    ------
    ValueError
        `stddev` is no number in [0, 1], or `seed` no integer of at least 0.

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn import GaussianNoise
    >>> layer, x = GaussianNoise(0.5, seed=0), np.zeros((1, 10_000))
    >>> layer(x).any()  # prediction
    np.False_
    >>> layer(x, training=True).std().round(1)
    np.float32(0.5)
    """

    stddev: float
    seed: int | None
    rng: np.random.Generator

    def __init__(self, stddev: float, seed: int | None = None, name: str | None = None, **more: Any):
        super().__init__(name, **more)
        if not is_number(stddev) or not 0 <= stddev <= 1:
            raise ValueError(f"`stddev` must be a number in [0, 1]. Received: stddev={stddev!r}.")
        self.stddev = float(stddev)
        self.seed = arguments.seed("seed", seed)

    def _build(self, input_shape: Any, rng: np.random.Generator) -> None:
        # A generator of its own: how much noise is drawn here never changes what another layer draws.
        self.rng = rng.spawn(1)[0] if self.seed is None else np.random.default_rng(self.seed)

    def _forward(self, x: Array, training: bool) -> tuple[Array, None]:
        if not training or self.stddev == 0:
            return x, None
        noise = self.rng.standard_normal(x.shape, dtype=np.float32) * np.float32(self.stddev)
        return kernels.add_forward([x, noise.astype(x.dtype, copy=False)]), None

    def _backward(self, dy: Array, saved: None, need_dx: bool) -> Array | None:
        return dy if need_dx else None

    def _settings(self) -> dict[str, Any]:
        return {"stddev": self.stddev, "seed": self.seed}
