"""One line over a long table of terms. (The page says the same: tests/explain/page/test_verdict.py.)"""

import html

import numpy as np
import pytest

from minicnn import Conv2D, Dense, Flatten, Input, MaxPooling2D, ReLU, Sequential, Softmax, explain
from minicnn.explain.terms import Term
from minicnn.explain.terms.verdict import verdict

POOL = "won by [1, 2, channel 0]"
CASES = [
    ([], "0: nothing after it reads it."),
    ([("a", 0, 2, "ReLU closed")], "0, since 1 of 1 ways ends at a closed ReLU."),
    ([("a", 0, 2, "wins [1, 2] of pool, ReLU closed")] * 90, "0, since 90 of 90 ways end at closed ReLUs."),
    (
        [("a", 0, 2, "ReLU closed")] * 2 + [("b", 3, 0, POOL)] * 3 + [("c", 3, 0, "tie: the first one takes it")],
        "0, since of 6 ways 4 lose in max pooling, 2 end at closed ReLUs.",
    ),
    (
        [("a", 0, 2, "wins no window of pool"), ("b", 1, 0, "padding")],
        "0, since of 2 ways 1 loses in max pooling, 1 met padding.",
    ),
    ([("a", 0, 2, "")] * 2, "0, since 2 of 2 ways get no gradient from what follows."),
    ([("a", 5, 0, "")], "0, since 1 of 1 ways is multiplied by 0."),
    ([("a", 5, 2, "")], "One way leads here."),
    (
        [("a", 1, 2, ""), ("b", -3, 2, ""), ("c", 0, 9, "ReLU closed"), ("d", 2, 1, "")],
        "2 of 4 ways add to it, 1 takes from it, 1 is 0; the weightiest, b, has 60% of their size.",
    ),
    (
        [("a", -1, 2, ""), ("b", -1, 2, "")],
        "0 of 2 ways add to it, 2 take from it; the weightiest, a, has 50% of their size.",
    ),
]


@pytest.mark.parametrize("terms, sentence", CASES)
def test_what_terms_come_to(terms, sentence):
    assert verdict([Term(where, (float(dz), float(factor)), note) for where, dz, factor, note in terms]) == sentence


def closed():
    """A net whose one ReLU is closed everywhere."""
    model = Sequential(
        [Input((6, 6, 1)), Conv2D(2, 3), ReLU(), MaxPooling2D(2), Flatten(), Dense(2), Softmax()], seed=0
    )
    model.params["conv2d/bias"][...] = -99
    return model


def test_a_gradient_of_zero_is_explained():
    found = explain.trace_gradient(closed(), np.ones((6, 6, 1)), 1, "conv2d/kernel", (0, 0, 0, 1))
    assert found.total == 0 and found.verdict == "0, since 16 of 16 ways end at closed ReLUs."
    assert str(found).splitlines()[2] == "  0, since 16 of 16 ways end at closed ReLUs."


def test_a_notebook_shows_the_same_text():
    found = explain.trace_gradient(closed(), np.ones((6, 6, 1)), 1, "conv2d/bias", 0)
    assert html.unescape(found._repr_html_()) == f"<pre>{found}</pre>"
