"""How sure a figure is: the interval of an accuracy, and whether two checkpoints differ."""

import math


def wilson(right, n):
    """Give the 95% interval (low, high) of an accuracy of `right` in `n` (Wilson, 1927): sound near 0 and 1 too."""
    z, p = 1.959964, right / n
    centre, spread = p + z * z / (2 * n), z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    return max(0.0, (centre - spread) / (1 + z * z / n)), min(1.0, (centre + spread) / (1 + z * z / n))


def mcnemar(only_a, only_b):
    """Give McNemar's exact two-sided p (1947) from the pictures that only A or only B got right."""
    n, k = only_a + only_b, min(only_a, only_b)
    return min(1.0, 2 * sum(math.comb(n, i) for i in range(k + 1)) / 2**n)


def mean_sd(values):
    """Give mean and sample standard deviation (0 for a single value)."""
    mean = sum(values) / len(values)
    return mean, math.sqrt(sum((v - mean) ** 2 for v in values) / (len(values) - 1)) if len(values) > 1 else 0.0
