"""Whether two checkpoints differ, and how runs spread. The interval of an accuracy: `minicnn.metrics.interval`."""

import math
from collections.abc import Sequence


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
