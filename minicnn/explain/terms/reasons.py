"""Why a way back carries nothing: by the remarks beside its term. The page has the same table (page/web/verdict.js).

A remark is told by how it begins: further on it may hold a layer's name, which can be any text.
"""

from collections.abc import Iterable

REASONS: dict[str, tuple[str, str]] = {  # of one way, of several
    "relu": ("ends at a closed ReLU", "end at closed ReLUs"),
    "input": ("loses to another input", "lose to another input"),
    "pool": ("loses in max pooling", "lose in max pooling"),
    "padding": ("met padding", "met padding"),
}
BEGINNINGS: tuple[tuple[str, str], ...] = (  # of a remark, and its reason; of several the first one here counts
    ("ReLU closed", "relu"),
    ("won by input", "input"),
    ("won by [", "pool"),
    ("wins no window of ", "pool"),
    ("tie: ", "pool"),
    ("no winner", "pool"),
    ("padding", "padding"),
)


def reason_of(remarks: Iterable[str]) -> str:
    """Say why a term would be 0, as a key of `REASONS`; "" where its remarks say nothing of that.

    Examples
    --------
    >>> reason_of(["wins [0, 0] of padding", "ReLU closed"]), reason_of(["wins [0, 0] of padding"])
    ('relu', '')
    """
    told = list(remarks)
    return next((reason for begin, reason in BEGINNINGS if any(each.startswith(begin) for each in told)), "")
