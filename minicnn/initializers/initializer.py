"""How arrays start, as objects: Keras's names and settings.

    Zeros, Ones, Constant                                   one value
    RandomNormal, TruncatedNormal, RandomUniform            the same spread for every array
    VarianceScaling                                         a spread that follows from how many numbers meet in one:

        n = fan_in, fan_out or their mean;   variance = scale / n
        uniform:            limit = sqrt(3 * variance)
        truncated_normal:   nothing beyond two deviations; the deviation is divided by that of what is left, 0.8796
        untruncated_normal

    GlorotUniform, GlorotNormal      scale 1, n = fan_avg          sigmoid, tanh, softmax; the default of kernels
    HeUniform, HeNormal              scale 2, n = fan_in           ReLU and its kin
    LecunUniform, LecunNormal        scale 1, n = fan_in

An object without a seed draws from the model's generator. Source: Keras 3 `initializers`; Glorot & Bengio 2010; He et
al. 2015, arXiv:1502.01852; LeCun et al. 1998.
"""

import inspect
import math
from collections.abc import Mapping
from typing import Any, ClassVar, Self

import numpy as np

from .. import arguments
from ..types import AnyArray, DTypeLike
from .blank import Blank

OF_TRUNCATED: float = 0.87962566103423978  # deviation of a standard normal without what lies beyond 2


def fans(shape: tuple[int, ...]) -> tuple[float, float]:
    """Return how many numbers meet in one output, and how many outputs one input goes to.

    Parameters
    ----------
    shape : tuple of int
        The axes before the last two are a window's.

    Examples
    --------
    >>> fans((3, 3, 4, 2)), fans((10,))
    ((36, 18), (10, 10))
    """
    if len(shape) < 2:
        return (shape[0], shape[0]) if shape else (1, 1)
    window = math.prod(shape[:-2])
    return window * shape[-2], window * shape[-1]


class Initializer:
    """Base of the initializers. One of one's own writes `_draw(rng, shape)`, which returns float64.

    Parameters
    ----------
    seed : int, optional
        Draw from a generator of its own, always the same.

    Examples
    --------
    >>> class Ramp(Initializer):
    ...     def _draw(self, rng, shape):
    ...         return np.linspace(0, 1, math.prod(shape)).reshape(shape)
    >>> Ramp()((3,)).tolist()
    [0.0, 0.5, 1.0]
    """

    seed: int | None

    def __init__(self, seed: int | None = None):
        self.seed = arguments.seed("seed", seed)

    def __call__(
        self, shape: tuple[int, ...], dtype: DTypeLike = "float32", rng: np.random.Generator | None = None
    ) -> AnyArray:
        """Make an array.

        Parameters
        ----------
        shape : tuple of int
        dtype : "float32" or "float64"
            Drawn in float64, then rounded: both dtypes start alike.
        rng : np.random.Generator, optional
            Draws, unless the initializer has a seed; `Blank` gives zeros.

        Returns
        -------
        array : shape, dtype
        """
        if isinstance(rng, Blank):
            return np.zeros(shape, dtype)
        if self.seed is not None:
            rng = np.random.default_rng(self.seed)
        return np.asarray(self._draw(np.random.default_rng() if rng is None else rng, tuple(shape))).astype(dtype)

    def _draw(self, rng: np.random.Generator, shape: tuple[int, ...]) -> AnyArray:
        raise NotImplementedError(f"{type(self).__name__} must define _draw(rng, shape).")

    def get_config(self) -> dict[str, Any]:
        """Return the settings as Keras writes them."""
        return dict(vars(self))

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Self:
        """Make an initializer from its settings; what Keras says of none (`input_axes`) may be missing here."""
        known = inspect.signature(cls).parameters
        return cls(**{key: value for key, value in config.items() if key in known or value is not None})


class Constant(Initializer):
    """All numbers alike.

    Parameters
    ----------
    value : float

    Examples
    --------
    >>> Constant(0.5)((2,)).tolist()
    [0.5, 0.5]
    """

    def __init__(self, value: float = 0.0):
        self.value: float = arguments.number("value", value)

    seed: ClassVar[None] = None  # pyright: ignore[reportIncompatibleVariableOverride]  nothing is drawn

    def _draw(self, rng: np.random.Generator, shape: tuple[int, ...]) -> AnyArray:
        return np.full(shape, self.value)


class Zeros(Constant):
    """All 0: biases.

    Examples
    --------
    >>> Zeros()((2,)).tolist()
    [0.0, 0.0]
    """

    def __init__(self) -> None:
        super().__init__(0.0)

    def get_config(self) -> dict[str, Any]:
        """Return the settings as Keras writes them: none."""
        return {}


class Ones(Constant):
    """All 1: scales.

    Examples
    --------
    >>> Ones()((2,)).tolist()
    [1.0, 1.0]
    """

    def __init__(self) -> None:
        super().__init__(1.0)

    def get_config(self) -> dict[str, Any]:
        """Return the settings as Keras writes them: none."""
        return {}


class RandomNormal(Initializer):
    """Normally distributed.

    Parameters
    ----------
    mean, stddev : float
    seed : int, optional

    Examples
    --------
    >>> RandomNormal(stddev=1.0, seed=0)((1000,)).std().round(1)
    np.float32(1.0)
    """

    def __init__(self, mean: float = 0.0, stddev: float = 0.05, seed: int | None = None):
        super().__init__(seed)
        self.mean: float = arguments.number("mean", mean)
        self.stddev: float = arguments.number("stddev", stddev, 0)

    def _draw(self, rng: np.random.Generator, shape: tuple[int, ...]) -> AnyArray:
        return rng.normal(self.mean, self.stddev, shape)


class TruncatedNormal(RandomNormal):
    """Normally distributed, but nothing lies beyond two deviations.

    Parameters
    ----------
    mean, stddev : float
        Of the normal distribution, before its ends are cut off.
    seed : int, optional

    Examples
    --------
    >>> bool(abs(TruncatedNormal(stddev=1.0, seed=0)((1000,))).max() <= 2)
    True
    """

    def _draw(self, rng: np.random.Generator, shape: tuple[int, ...]) -> AnyArray:
        return self.mean + self.stddev * _truncated(rng, shape)


class RandomUniform(Initializer):
    """Uniformly distributed.

    Parameters
    ----------
    minval, maxval : float
    seed : int, optional

    Examples
    --------
    >>> found = RandomUniform(1.0, 2.0, seed=0)((1000,))
    >>> bool(1 <= found.min() < 1.1 and 1.9 < found.max() <= 2)
    True
    """

    def __init__(self, minval: float = -0.05, maxval: float = 0.05, seed: int | None = None):
        super().__init__(seed)
        self.minval: float = arguments.number("minval", minval)
        self.maxval: float = arguments.number("maxval", maxval, self.minval)

    def _draw(self, rng: np.random.Generator, shape: tuple[int, ...]) -> AnyArray:
        return rng.uniform(self.minval, self.maxval, shape)


# Keras's arguments that are not here: the values that mean "not used", and what else to do.
ELSEWHERE: dict[str, tuple[tuple[Any, ...], str]] = {
    "input_axes": ((None,), "leave it out: the last axis but one is the inputs'"),
    "output_axes": ((None,), "leave it out: the last axis is the outputs'"),
}


class VarianceScaling(Initializer):
    """A spread that follows from the array's shape.

    Parameters
    ----------
    scale : float, positive
    mode : "fan_in", "fan_out" or "fan_avg"
    distribution : "truncated_normal", "untruncated_normal" or "uniform"
    seed : int, optional
    input_axes, output_axes : None
        Keras's, for arrays that are no kernels.

    Examples
    --------
    >>> found = VarianceScaling(3.0, "fan_in", "uniform", seed=0)((9, 1000))
    >>> bool(0.99 < abs(found).max() <= 1)  # sqrt(3 * 3 / 9)
    True
    """

    fixed: ClassVar[tuple[float, str, str] | None] = None  # scale, mode, distribution of the classes that have a name

    def __init__(
        self,
        scale: float = 1.0,
        mode: str = "fan_in",
        distribution: str = "truncated_normal",
        seed: int | None = None,
        input_axes: Any = None,
        output_axes: Any = None,
    ):
        super().__init__(seed)
        arguments.refuse(type(self).__name__, {"input_axes": input_axes, "output_axes": output_axes}, ELSEWHERE)
        for name, value, choices in (
            ("mode", mode, ("fan_in", "fan_out", "fan_avg")),
            ("distribution", distribution, ("truncated_normal", "untruncated_normal", "uniform")),
        ):
            if value not in choices:
                known = ", ".join(map(repr, choices))
                raise ValueError(f"`{name}` must be one of {known}. Received: {name}={value!r}.")
        self.scale: float = arguments.number("scale", scale, positive=True)
        self.mode: str = mode
        self.distribution: str = distribution

    def _draw(self, rng: np.random.Generator, shape: tuple[int, ...]) -> AnyArray:
        fan_in, fan_out = fans(shape)
        n = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2}[self.mode]
        variance = self.scale / max(1.0, n)
        if self.distribution == "uniform":
            limit = math.sqrt(3 * variance)
            return rng.uniform(-limit, limit, shape)
        if self.distribution == "truncated_normal":
            return math.sqrt(variance) / OF_TRUNCATED * _truncated(rng, shape)
        return rng.normal(0.0, math.sqrt(variance), shape)


def _truncated(rng: np.random.Generator, shape: tuple[int, ...]) -> AnyArray:
    """Draw standard normal numbers anew until none lies beyond 2."""
    found = rng.normal(size=shape)
    beyond = np.abs(found) > 2
    while beyond.any():
        found[beyond] = rng.normal(size=int(beyond.sum()))
        beyond = np.abs(found) > 2
    return found


class _Scaled(VarianceScaling):
    """Base of those that have a name of their own: their settings are fixed but for the seed."""

    def __init__(self, seed: int | None = None, input_axes: Any = None, output_axes: Any = None):
        assert self.fixed is not None
        super().__init__(*self.fixed, seed, input_axes, output_axes)

    def get_config(self) -> dict[str, Any]:
        """Return the settings as Keras writes them: the seed."""
        return {"seed": self.seed}


def _scaled(name: str, example: str, *fixed: Any) -> type[_Scaled]:
    """Make a class of a row of the table in the file's docstring."""
    text = f"""{example}

    Parameters
    ----------
    seed : int, optional
    input_axes, output_axes : None
        As in `VarianceScaling`.

    Examples
    --------
    >>> {name}(seed=0)((3, 3, 4, 2)).shape
    (3, 3, 4, 2)
    """
    return type(name, (_Scaled,), {"fixed": fixed, "__doc__": text, "__module__": __name__})


GlorotUniform: type[Initializer] = _scaled(
    "GlorotUniform", "Uniform, scale 1, fan_avg: the default of kernels.", 1.0, "fan_avg", "uniform"
)
GlorotNormal: type[Initializer] = _scaled(
    "GlorotNormal", "Truncated normal, scale 1, fan_avg.", 1.0, "fan_avg", "truncated_normal"
)
HeUniform: type[Initializer] = _scaled("HeUniform", "Uniform, scale 2, fan_in: before ReLU.", 2.0, "fan_in", "uniform")
HeNormal: type[Initializer] = _scaled(
    "HeNormal", "Truncated normal, scale 2, fan_in: before ReLU.", 2.0, "fan_in", "truncated_normal"
)
LecunUniform: type[Initializer] = _scaled("LecunUniform", "Uniform, scale 1, fan_in.", 1.0, "fan_in", "uniform")
LecunNormal: type[Initializer] = _scaled(
    "LecunNormal", "Truncated normal, scale 1, fan_in.", 1.0, "fan_in", "truncated_normal"
)

INITIALIZERS: dict[str, type[Initializer]] = {
    kind.__name__: kind
    for kind in (
        Zeros,
        Ones,
        Constant,
        RandomNormal,
        RandomUniform,
        TruncatedNormal,
        VarianceScaling,
        GlorotUniform,
        GlorotNormal,
        HeUniform,
        HeNormal,
        LecunUniform,
        LecunNormal,
    )
}
