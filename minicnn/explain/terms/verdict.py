"""What a long table of terms comes to, in one line, as "0, since 90 of 90 ways end at closed ReLUs".

The page says the same (page/web/verdict.js).
"""

from collections.abc import Sequence

from .table import Term

REASONS: tuple[tuple[str, str, str], ...] = (  # what a remark holds; one way, several ways
    ("ReLU closed", "ends at a closed ReLU", "end at closed ReLUs"),
    ("won by input", "loses to another input", "lose to another input"),
    ("won by", "loses in max pooling", "lose in max pooling"),
    ("wins no window", "loses in max pooling", "lose in max pooling"),
    ("tie:", "loses in max pooling", "lose in max pooling"),
    ("no winner", "loses in max pooling", "lose in max pooling"),
    ("padding", "met padding", "met padding"),
)
TIMES_ZERO: tuple[str, str] = ("is multiplied by 0", "are multiplied by 0")
NOTHING: tuple[str, str] = ("gets no gradient from what follows", "get no gradient from what follows")


def verdict(terms: Sequence[Term]) -> str:
    """Say in one line what the terms of a gradient come to.

    Parameters
    ----------
    terms : list of Term
        Each of two factors: a gradient, and what it is multiplied by.

    Returns
    -------
    sentence : str

    Examples
    --------
    >>> verdict([Term("[0]", (0.0, 2.0), "ReLU closed"), Term("[1]", (0.0, 3.0), "ReLU closed")])
    '0, since 2 of 2 ways end at closed ReLUs.'
    >>> verdict([Term("[0]", (1.0, 3.0)), Term("[1]", (-1.0, 1.0)), Term("[2]", (0.0, 1.0))])
    '1 of 3 ways adds to it, 1 takes from it, 1 is 0; the weightiest, [0], has 75% of their size.'
    """
    count = len(terms)
    if not count:
        return "0: nothing after it reads it."
    sizes = [abs(term.value) for term in terms]
    if not any(sizes):
        return _why_zero(terms)
    if count == 1:
        return "One way leads here."
    up, down = sum(term.value > 0 for term in terms), sum(term.value < 0 for term in terms)
    rest = count - up - down
    parts = [f"{up} of {count} ways {'adds' if up == 1 else 'add'} to it"]
    parts.append(f"{down} {'takes' if down == 1 else 'take'} from it")
    if rest:
        parts.append(f"{rest} {'is' if rest == 1 else 'are'} 0")
    most = max(range(count), key=sizes.__getitem__)
    share = f"{100 * sizes[most] / sum(sizes):.0f}%"
    return f"{', '.join(parts)}; the weightiest, {terms[most].where}, has {share} of their size."


def _why_zero(terms):
    counts: dict[tuple[str, str], int] = {}
    for term in terms:
        reason = _reason(term)
        counts[reason] = counts.get(reason, 0) + 1
    count = len(terms)
    if len(counts) == 1:
        return f"0, since {count} of {count} ways {next(iter(counts))[count > 1]}."
    told = sorted(counts.items(), key=lambda item: -item[1])
    return f"0, since of {count} ways {', '.join(f'{number} {reason[number > 1]}' for reason, number in told)}."


def _reason(term):
    for remark, one, several in REASONS:
        if remark in term.note:
            return one, several
    return TIMES_ZERO if term.factors[-1] == 0 else NOTHING
