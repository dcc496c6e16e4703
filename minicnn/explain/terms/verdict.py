"""What a long table of terms comes to, in one line, as "0, since 90 of 90 ways end at closed ReLUs".

The page says the same (page/web/verdict.js).
"""

import math
from collections.abc import Sequence

from .reasons import REASONS
from .table import Term

TIMES_ZERO: tuple[str, str] = ("is multiplied by 0", "are multiplied by 0")
NOTHING: tuple[str, str] = ("gets no gradient from what follows", "get no gradient from what follows")
NO_READER = "nothing after it reads it"
NO_PLACE = "every place that it would write to lies outside the output"  # of a transposed convolution's kernel


def verdict(terms: Sequence[Term], of_weight: bool = False) -> str:
    """Say in one line what the terms of a gradient come to.

    Parameters
    ----------
    terms : list of Term
        Each of two factors: a gradient, and what it is multiplied by.
    of_weight : bool
        Whether the gradient is that of a weight, not of an output.

    Returns
    -------
    sentence : str

    Examples
    --------
    >>> verdict([Term("[0]", (0.0, 2.0), reason="relu"), Term("[1]", (0.0, 3.0), reason="relu")])
    '0, since 2 of 2 ways end at closed ReLUs.'
    >>> verdict([Term("[0]", (1.0, 3.0)), Term("[1]", (-1.0, 1.0)), Term("[2]", (0.0, 1.0))])
    '1 of 3 ways adds to it, 1 takes from it, 1 is 0; the weightiest, [0], has 75% of their size.'
    """
    count = len(terms)
    if not count:
        return f"0: {NO_PLACE if of_weight else NO_READER}."
    sizes = [abs(term.value) for term in terms]
    total = 0.0  # one after the other: the page rounds as this does
    for size in sizes:
        total += size
    if not math.isfinite(total):
        return _not_finite([term.value for term in terms])
    if not total:
        return _why_zero(terms)
    if count == 1:
        return "One way leads here."
    up, down = sum(term.value > 0 for term in terms), sum(term.value < 0 for term in terms)
    rest = count - up - down
    parts = [f"{up} of {count} ways {'adds' if up == 1 else 'add'} to it"]
    parts.append(f"{down} {'takes' if down == 1 else 'take'} from it")
    if rest:
        parts.append(f"{rest} {_are(rest)} 0")
    most = max(range(count), key=sizes.__getitem__)
    share = math.floor(100 * (sizes[most] / total) + 0.5)
    return f"{', '.join(parts)}; the weightiest, {terms[most].where}, has {share}% of their size."


def _are(count: int):
    return "is" if count == 1 else "are"


def _not_finite(values: list[float]):
    """Say which terms make a sum that is no number."""
    count, missing = len(values), sum(map(math.isnan, values))
    up, down = values.count(math.inf), values.count(-math.inf)
    if missing:
        return f"NaN, since {missing} of {count} ways {_are(missing)} NaN."
    if not up and not down:
        return "Too large for a number: the sizes of its ways add up to more than any."
    if up and down:
        return f"NaN, since of {count} ways {up} {_are(up)} infinite and {down} {_are(down)} minus infinite."
    return f"{'Infinite' if up else 'Minus infinite'}, since {up or down} of {count} ways {_are(up or down)} infinite."


def _why_zero(terms: Sequence[Term]):
    counts: dict[tuple[str, str], int] = {}
    for term in terms:
        reason = _reason(term)
        counts[reason] = counts.get(reason, 0) + 1
    count = len(terms)
    if len(counts) == 1:
        return f"0, since {count} of {count} ways {next(iter(counts))[count > 1]}."
    told = sorted(counts.items(), key=lambda item: -item[1])
    return f"0, since of {count} ways {', '.join(f'{number} {reason[number > 1]}' for reason, number in told)}."


def _reason(term: Term):
    return REASONS.get(term.reason) or (TIMES_ZERO if term.factors[-1] == 0 else NOTHING)
