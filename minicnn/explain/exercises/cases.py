"""How cases are drawn: with a seed, so that everybody has the same, and sorted, so that the smallest comes first."""

import warnings
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

import numpy as np

from ...types import Array, Pads, Pair
from .exercise import Arguments

T = TypeVar("T")
NO_PADS: Pads = (0, 0), (0, 0)


class Draw:
    """What one case is drawn with: a dtype, and whether its numbers are whole, which are easier to read.

    Parameters
    ----------
    rng : np.random.Generator

    Examples
    --------
    >>> draw = Draw(np.random.default_rng(0))
    >>> draw.array(2, 3).shape, draw.one_of(7)
    ((2, 3), 7)
    """

    def __init__(self, rng: np.random.Generator):
        self.rng: np.random.Generator = rng
        self.dtype: str = "float32" if rng.random() < 0.3 else "float64"
        self.whole: bool = bool(rng.random() < 0.75)

    def one_of(self, *choices: T) -> T:
        """Return one of some values."""
        return choices[int(self.rng.integers(len(choices)))]

    def array(self, *shape: int) -> Array:
        """Return numbers around 0."""
        drawn = self.rng.integers(-4, 5, shape) if self.whole else self.rng.normal(size=shape)
        return drawn.astype(self.dtype)

    def tied(self, *shape: int) -> Array:
        """Return small whole numbers, many of them equal."""
        return self.rng.integers(-1, 2, shape).astype(self.dtype)

    def images(self) -> tuple[int, int, int, int]:
        """Return a shape (N, H, W, C)."""
        sizes = [int(self.rng.integers(1, 4 if axis == 0 else 7)) for axis in range(3)]
        return sizes[0], sizes[1], sizes[2], self.one_of(1, 1, 2, 3)

    def window(self, size: Pair, pads: Pads = NO_PADS) -> Pair:
        """Return the height and width of a window that fits into images of this size."""
        kh, kw = (int(self.rng.integers(1, min(3, n + sum(pad)) + 1)) for n, pad in zip(size, pads, strict=True))
        return kh, kw


def drawn(make: Callable[[Draw], Arguments], count: int = 120, seed: int = 0) -> list[Arguments]:
    """Draw cases, and sort them by size.

    Parameters
    ----------
    make : callable
        Makes the arguments of one call.
    count : int
    seed : int

    Returns
    -------
    cases : list of dict

    Examples
    --------
    >>> cases = drawn(lambda draw: {"x": draw.array(draw.one_of(1, 50))}, 20)
    >>> len(cases), cases[0]["x"].size, cases[-1]["x"].size
    (20, 1, 50)
    """
    rng = np.random.default_rng(seed)
    return by_size(make(Draw(rng)) for _ in range(count))


def drawn_parts(make: Callable[[Draw], Arguments], *names: str, count: int = 120) -> Callable[[], list[Arguments]]:
    """Return a function that draws cases, and keeps of each the arguments with these names.

    Parameters
    ----------
    make : callable
        Makes the arguments of a forward and its backward together.
    *names : str
        What one of the two takes.
    count : int

    Returns
    -------
    draw : function without arguments

    Examples
    --------
    >>> draw = drawn_parts(lambda draw: {"x": draw.array(2), "dy": draw.array(2)}, "dy", count=3)
    >>> [list(case) for case in draw()]
    [['dy'], ['dy'], ['dy']]
    """

    def some(draw: Draw) -> Arguments:
        case = make(draw)
        return {name: case[name] for name in names}

    return lambda: drawn(some, count)


def by_size(cases: Iterable[Arguments]) -> list[Arguments]:
    """Sort cases by how many numbers they hold; one that is not whole, and hard to read, counts for two."""
    return sorted(cases, key=lambda case: sum(map(_size, case.values())))


def _size(value: Any) -> int:
    return value.size + int((value != np.rint(value)).sum()) if isinstance(value, np.ndarray) else 0


def picture(rows: Sequence[Sequence[float]]) -> Array:
    """Return one image of one channel, (1, H, W, 1) float64."""
    return np.array(rows, np.float64)[None, :, :, None]


def filter_of(rows: Sequence[Sequence[float]]) -> Array:
    """Return one filter of one channel, (KH, KW, 1, 1) float64."""
    return np.array(rows, np.float64)[:, :, None, None]


def quietly(function: Callable[..., Any]) -> Callable[..., Any]:
    """Let a function overflow without a word.

    Examples
    --------
    >>> quietly(np.exp)(np.array([1000.0]))
    array([inf])
    """

    def quiet(*arguments: Any, **more: Any) -> Any:
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return function(*arguments, **more)

    return quiet
