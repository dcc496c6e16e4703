"""How a result reads as text: the same rows on the terminal and in RESULTS.md."""

import math

from .timing import noisy

KERAS = ("keras eager", "keras graph", "keras xla", "keras onednn")
TORCH = ("torch", "torch nchw", "torch nhwc")


def best(engines, names):
    """Return (name, sample) of the fastest of some engines, or (None, None)."""
    found = [(name, engines[name]) for name in names if name in engines]
    return min(found, key=lambda pair: pair[1]["ms"], default=(None, None))


def ratio(row, names, where="engines"):
    """Say how many times faster minicnn is than the best of some engines; None where one is missing."""
    found = interval(row, names, where)
    return found and found[0]


def interval(row, names, where="engines"):
    """Return (ratio, low, high), how many times faster minicnn is than the best of some engines; None without them.

    Without an interval in the file, all three are the medians' ratio.
    """
    engines = row.get(where) or {}
    _, other = best(engines, names)
    if not other or "minicnn" not in engines:
        return None
    if "ratio" in other:
        return other["ratio"], other["low"], other["high"]
    return (other["ms"] / engines["minicnn"]["ms"],) * 3


def geometric_mean(values):
    """Return the geometric mean of positive numbers."""
    return math.exp(sum(map(math.log, values)) / len(values))


def number(value, digits=3):
    """Write a number with a few significant digits and no exponent."""
    if value is None:
        return ""
    if value == 0:
        return "0"
    places = max(0, digits - 1 - math.floor(math.log10(abs(value))))
    return f"{value:.{min(places, 6)}f}"


def factor(value):
    """Write a ratio; of (ratio, low, high) with its interval where it has one."""
    if value is None:
        return ""
    if not isinstance(value, tuple):
        return f"{value:.2f}x"
    ratio, low, high = value
    return f"{ratio:.2f}x" if low == high else f"{ratio:.2f}x ({low:.2f} to {high:.2f})"


def spread(sample):
    """Write a sample as median ± half its interquartile range, with a mark where the machine was noisy."""
    if not sample:
        return ""
    mark = " ~" if noisy(sample) else ""
    return (
        f"{number(sample['ms'])} ± {number(sample['iqr_ms'] / 2, 2)}{mark}"
        if "iqr_ms" in sample
        else number(sample["ms"])
    )


def markdown(columns, rows):
    """Write a table in Markdown.

    Parameters
    ----------
    columns : list of str
        Those that begin with "<" are text, set to the left.
    rows : list of lists of str
    """
    lines = [
        "| " + " | ".join(column.lstrip("<") for column in columns) + " |",
        "|" + "|".join(":--" if column.startswith("<") else "--:" for column in columns) + "|",
    ]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows])
