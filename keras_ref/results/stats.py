"""Whether two checkpoints differ, and how runs spread. The interval of an accuracy: `minicnn.metrics.interval`."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray


def mcnemar(only_a: int, only_b: int) -> float:
    """Return McNemar's exact two-sided p (1947): how likely so uneven a split is by chance alone.

    Parameters
    ----------
    only_a : int, pictures that only A is right on
    only_b : int, pictures that only B is right on

    Returns
    -------
    p : float, 0..1
    """
    n, k = only_a + only_b, min(only_a, only_b)
    return min(1.0, 2 * sum(math.comb(n, i) for i in range(k + 1)) / 2**n)


def mean_sd(values: Sequence[float]) -> tuple[float, float]:
    """Return mean and sample standard deviation.

    Parameters
    ----------
    values : one number or more

    Returns
    -------
    mean : float
    sd : float, 0 for a single value
    """
    mean = sum(values) / len(values)
    return mean, math.sqrt(sum((v - mean) ** 2 for v in values) / (len(values) - 1)) if len(values) > 1 else 0.0


def paired(a: NDArray[Any], b: NDArray[Any]) -> float:
    """Return how likely so large a difference of two settings' accuracies is by chance of seeds and pictures alone.

    Both settings were run with the same seeds and judged on the same pictures, so differences are taken cell by cell.
    A hard picture is hard for every seed, and a lucky seed is lucky on many pictures: the variance of the mean
    difference is therefore that over pictures, plus that over seeds, less that of single cells, which both hold
    (Cameron, Gelbach, Miller 2011). Student's t, with Satterthwaite's degrees of freedom: with three seeds it calls
    few differences beyond chance, and none by mistake more often than it says.

    Parameters
    ----------
    a : (seeds, pictures) bool, which were right with one setting
    b : likewise with the other

    Returns
    -------
    p : float, 0..1, two-sided; with one seed nothing is known of the spread over seeds
    """
    d = np.asarray(a, float) - np.asarray(b, float)
    mean = float(d.mean())
    by_picture, by_seed, by_cell = (_variance_of_mean(each) for each in (d.mean(axis=0), d.mean(axis=1), d.ravel()))
    variance = max(by_picture + by_seed - by_cell, by_picture, by_seed)
    if variance == 0:
        return 1.0 if mean == 0 else 0.0
    spread = sum(v**2 / (n - 1) for v, n in ((by_picture, d.shape[1]), (by_seed, d.shape[0])) if n > 1)
    return student(mean / math.sqrt(variance), variance**2 / spread)


def _variance_of_mean(values):
    return float(values.var(ddof=1) / len(values)) if len(values) > 1 else 0.0


def student(t: float, freedom: float) -> float:
    """Return the two-sided p of Student's t (1908).

    With t = sqrt(f) tan(w) the density is the cosine of w to the power f - 1, which Simpson's rule integrates.

    Parameters
    ----------
    t : float
    freedom : float, degrees of freedom, above 0

    Returns
    -------
    p : float, 0..1
    """
    w = np.linspace(0, math.atan2(abs(t), math.sqrt(freedom)), 4001)
    y = np.cos(w) ** (freedom - 1)
    inside = (w[1] - w[0]) / 3 * (y[0] + 4 * y[1:-1:2].sum() + 2 * y[2:-1:2].sum() + y[-1])
    scale = 2 * math.exp(math.lgamma((freedom + 1) / 2) - math.lgamma(freedom / 2)) / math.sqrt(math.pi)
    return min(1.0, max(0.0, 1 - scale * float(inside)))
