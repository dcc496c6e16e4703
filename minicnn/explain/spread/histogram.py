"""Histograms: of numbers, of a net's weights, of what its layers return."""

from typing import NamedTuple

import numpy as np

from ...arguments import is_integer
from ...models import Model
from ...types import AnyArray, Array, ArrayLike, IntArray
from ..terms import inside, run_forward

BINS = 31  # odd: 0 lies in the middle of one
BLOCKS = " \u2581\u2582\u2583\u2584\u2585\u2586\u2587\u2588"


class Histogram(NamedTuple):
    """How numbers are spread.

    Attributes
    ----------
    counts : (B,) int
        How many lie in each bin.
    edges : (B + 1,)
        Of the bins, which are alike; the last one holds its upper edge, too. They reach as far down as up.
    zeros : int
        How many are exactly 0: these lie in no bin, since a ReLU's zeros would hide all else.

    Examples
    --------
    >>> print(histogram([0.0, 0.0, -1.0, 0.5, 0.9, 1.0], bins=4))
    -1 |▃  █| 1, 33% are 0
    """

    counts: IntArray
    edges: Array
    zeros: int

    def __str__(self) -> str:
        total = int(self.counts.sum()) + self.zeros
        most = max(1, int(self.counts.max()))
        # Every bin that holds a number shows something.
        bars = "".join(BLOCKS[0 if count == 0 else max(1, round(8 * int(count) / most))] for count in self.counts)
        share = f", {100 * self.zeros / total:.0f}% are 0" if self.zeros else ""
        return f"{self.edges[0]:.3g} |{bars}| {self.edges[-1]:.3g}{share}"


def histogram(values: ArrayLike, bins: int = BINS, most: float | None = None) -> Histogram:
    """Count numbers in bins that reach as far below 0 as above.

    Parameters
    ----------
    values : array
        Any shape; numbers that are not finite are left out.
    bins : int
        How many.
    most : float, optional
        How far the bins reach; by default as far as the largest number, by its size. What lies beyond is left out.

    Returns
    -------
    histogram : Histogram

    Raises
    ------
    ValueError
        No positive number of bins, or bins that reach nowhere.

    Examples
    --------
    >>> counts, edges, zeros = histogram([[-2.0, 0.0], [1.0, 2.0]], bins=2)
    >>> counts.tolist(), edges.tolist(), zeros
    ([1, 2], [-2.0, 0.0, 2.0], 1)
    """
    if not is_integer(bins) or bins < 1:
        raise ValueError(f"`bins` must be a positive integer. Received: bins={bins!r}.")
    if most is not None and not (np.isfinite(most) and most > 0):
        raise ValueError(f"`most` must be a positive number. Received: most={most!r}.")
    numbers = np.asarray(values, np.float64).ravel()
    numbers = numbers[np.isfinite(numbers)]
    reach = float(np.abs(numbers).max(initial=0)) if most is None else float(most)
    counts, edges = np.histogram(numbers[numbers != 0], bins=int(bins), range=(-(reach or 1.0), reach or 1.0))
    return Histogram(counts, edges, int((numbers == 0).sum()))


def weight_histograms(model: Model, bins: int = BINS) -> dict[str, Histogram]:
    """Show how the numbers of each learned array are spread.

    Parameters
    ----------
    model : Model
        Built.
    bins : int
        How many bins each.

    Returns
    -------
    found : dict
        "conv2d/kernel" -> Histogram.

    Raises
    ------
    ValueError
        No positive number of bins.

    Examples
    --------
    >>> from minicnn import Dense, Input, Sequential
    >>> model = Sequential([Input((2,)), Dense(2)])
    >>> model.set_weights([np.array([[3.0, -3.0], [1.0, 0.0]]), np.zeros(2)])
    >>> for name, found in weight_histograms(model, bins=3).items():
    ...     print(name, found.counts, found.zeros)
    dense/kernel [1 0 2] 1
    dense/bias [0 0 0] 2
    """
    return {name: histogram(array, bins) for name, array in model.params.items()}


def activation_histograms(model: Model, x: ArrayLike, bins: int = BINS) -> dict[str, Histogram]:
    """Show how the numbers that each layer returns are spread.

    Parameters
    ----------
    model : Model
        With one input.
    x : (N, ...) or one example (...)
        Pictures, as the model takes them.
    bins : int
        How many bins each.

    Returns
    -------
    found : dict
        "conv2d" -> Histogram over all pictures, places and channels; what a layer's own activation gets is there, too:
        "conv2d (before relu)".

    Raises
    ------
    ValueError
        No positive number of bins, or a model of several inputs.

    Examples
    --------
    >>> from minicnn import Input, ReLU, Sequential
    >>> found = activation_histograms(Sequential([Input((4,)), ReLU()]), [-3.0, -1.0, 1.0, 2.0], bins=4)
    >>> found["re_lu"].counts.tolist(), found["re_lu"].zeros
    ([0, 0, 0, 2], 2)
    """
    places, values = run_forward(model, x)
    numbers: dict[str, AnyArray] = {}
    for key, at in places.items():
        if not at.sources:
            continue
        for part in inside.parts(at.layer):
            numbers[inside.named(key, part)] = inside.value(at.layer, values[at.sources[0]], part)
        numbers[key] = values[key]
    return {name: histogram(array, bins) for name, array in numbers.items()}
