"""A mean over batches of unequal sizes: what `fit` shows while an epoch goes on."""


class Mean:
    """A mean that grows batch by batch, each example counting alike.

    Attributes
    ----------
    total : float
        The sum over all examples.
    count : int
        How many they are, or what their weights add up to.

    Examples
    --------
    >>> mean = Mean()
    >>> mean.add(1.0, 3)
    >>> mean.add(0.0, 1)
    >>> mean.result()
    0.75
    """

    total: float
    count: float

    def __init__(self) -> None:
        self.total, self.count = 0.0, 0

    def add(self, value: float, count: float) -> None:
        """Take in the mean `value` of `count` examples."""
        self.total += float(value) * count
        self.count += count

    def result(self) -> float:
        """Return the mean of all that was added, 0 for nothing."""
        return self.total / self.count if self.count else 0.0
