"""How sure an accuracy is."""

import math

Z = 1.959964  # of a normal distribution 95% lie within so many standard deviations


def interval(right: float, n: int) -> tuple[float, float]:
    """Return the 95% interval of an accuracy (Wilson 1927): sound near 0 and 1 too.

    Parameters
    ----------
    right : float
        How many are right, 0 <= right <= n; a mean over several runs need not be whole.
    n : int
        Of how many, 1 or more.

    Returns
    -------
    low : float, 0..1
    high : float, 0..1

    Raises
    ------
    ValueError
        `n` is less than 1, or `right` is none of 0..n.

    Examples
    --------
    >>> low, high = interval(283, 341)  # an accuracy of 0.83, give or take 4 points
    >>> f"{low:.3f} to {high:.3f}"
    '0.786 to 0.866'
    """
    if not n >= 1:
        raise ValueError(f"`n` must be at least 1. Received: {n}.")
    if not 0 <= right <= n:
        raise ValueError(f"`right` must lie in 0..n. Received: right={right}, n={n}.")
    p = right / n
    centre, spread = p + Z * Z / (2 * n), Z * math.sqrt(p * (1 - p) / n + Z * Z / (4 * n * n))
    return max(0.0, (centre - spread) / (1 + Z * Z / n)), min(1.0, (centre + spread) / (1 + Z * Z / n))
