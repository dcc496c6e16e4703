"""One line over a long table of terms. (The page says the same: tests/explain/page/test_verdict.py.)"""

import html
import math
import re
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minicnn import Conv2D, Conv2DTranspose, Dense, Flatten, Input, MaxPooling2D, ReLU, Sequential, Softmax, explain
from minicnn.explain.terms import Term
from minicnn.explain.terms.reasons import reason_of
from minicnn.explain.terms.verdict import verdict

REMARKS = [  # what may stand beside a term; names of layers are any text
    "ReLU open",
    "ReLU closed",
    "winner",
    "won by input 1",
    "won by [0, 3, channel 2]",
    "tie: the first one takes it",
    "no winner",
    "padding",
    "wins no window of padding",
    "wins [0, 1], [2, 3] of x, ReLU closed",
]
POOL, CLOSED = ["won by [1, 2, channel 0]"], ["ReLU closed"]
CASES = [  # where, dz, factor, remarks of each term; the sentence
    ([], "0: nothing after it reads it."),
    ([("a", 0, 2, CLOSED)], "0, since 1 of 1 ways ends at a closed ReLU."),
    ([("a", 0, 2, ["wins [1, 2] of pool", "ReLU closed"])] * 90, "0, since 90 of 90 ways end at closed ReLUs."),
    (
        [("a", 0, 2, CLOSED)] * 2 + [("b", 3, 0, POOL)] * 3 + [("c", 3, 0, ["tie: the first one takes it"])],
        "0, since of 6 ways 4 lose in max pooling, 2 end at closed ReLUs.",
    ),
    (
        [("a", 0, 2, ["wins no window of pool"]), ("b", 1, 0, ["padding"])],
        "0, since of 2 ways 1 loses in max pooling, 1 met padding.",
    ),
    ([("a", 4, 0, ["won by input 1"])] * 2, "0, since 2 of 2 ways lose to another input."),
    ([("a", 0, 2, [])] * 2, "0, since 2 of 2 ways get no gradient from what follows."),
    ([("a", 5, 0, [])], "0, since 1 of 1 ways is multiplied by 0."),
    ([("a", 5, 2, [])], "One way leads here."),
    (
        [("a", 1, 2, []), ("b", -3, 2, []), ("c", 0, 9, CLOSED), ("d", 2, 1, [])],
        "2 of 4 ways add to it, 1 takes from it, 1 is 0; the weightiest, b, has 60% of their size.",
    ),
    (
        [("a", -1, 2, []), ("b", -1, 2, [])],
        "0 of 2 ways add to it, 2 take from it; the weightiest, a, has 50% of their size.",
    ),
    # 62.5% goes up, as on paper
    (
        [("a", 5, 1, []), ("b", 3, 1, [])],
        "2 of 2 ways add to it, 0 take from it; the weightiest, a, has 63% of their size.",
    ),
    # a remark holds the name of a layer, which may be any text
    ([("a", 5, 0, ["wins [0, 0] of padding_pool"])], "0, since 1 of 1 ways is multiplied by 0."),
    ([("a", 5, 0, ["wins [0, 0] of x, ReLU closed"])], "0, since 1 of 1 ways is multiplied by 0."),
    (
        [("a", 0, 2, ["wins [0, 0], [0, 1] of padding, no winner"])],
        "0, since 1 of 1 ways gets no gradient from what follows.",
    ),  # fmt: skip
    # what a net that has diverged sends
    ([("a", math.nan, 1, [])], "NaN, since 1 of 1 ways is NaN."),
    ([("a", 0, math.inf, CLOSED), ("b", 1, 1, []), ("c", math.nan, 1, [])], "NaN, since 2 of 3 ways are NaN."),
    ([("a", 1, math.inf, []), ("b", 1, 1, [])], "Infinite, since 1 of 2 ways is infinite."),
    ([("a", -1, math.inf, [])] * 2, "Minus infinite, since 2 of 2 ways are infinite."),
    (
        [("a", 1, math.inf, []), ("b", -math.inf, 1, []), ("c", -math.inf, 2, [])],
        "NaN, since of 3 ways 1 is infinite and 2 are minus infinite.",
    ),
]


def made(cases):
    """Make terms of what a case lists."""
    return [
        Term(where, (float(dz), float(factor)), ", ".join(remarks), reason_of(remarks))
        for where, dz, factor, remarks in cases
    ]


@pytest.mark.parametrize("cases, sentence", CASES)
def test_what_terms_come_to(cases, sentence):
    assert verdict(made(cases)) == sentence


@given(st.lists(st.integers(1, 1000), min_size=2, max_size=9))
def test_a_share_is_rounded_as_on_paper(sizes):
    said = verdict(made([(str(at), -size, 1, []) for at, size in enumerate(sizes)]))
    share = Fraction(100 * max(sizes), sum(sizes))
    first, rounded = sizes.index(max(sizes)), math.floor(share + Fraction(1, 2))
    assert said.endswith(f"the weightiest, {first}, has {rounded}% of their size.")


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


def named(name):
    """A net whose pool has a name of its own; on a black picture every product is 0."""
    layers = [Input((4, 4, 1)), Conv2D(1, 1), MaxPooling2D(2, name=name), Flatten(), Dense(2), Softmax()]
    return Sequential(layers, seed=0)


@pytest.mark.parametrize("name", ["padding", "padding_pool", "x, ReLU closed", "won by [0", "no winner"])
def test_a_layers_name_is_no_reason(name):
    found = explain.trace_gradient(named(name), np.zeros((4, 4, 1)), 1, "conv2d/kernel", (0, 0, 0, 0))
    won = re.escape(f"of {name}")
    assert sum(re.search(rf"^wins \[\d, \d\] {won}$", term.note) is not None for term in found.terms) == 4
    assert found.verdict == "0, since of 16 ways 12 lose in max pooling, 4 are multiplied by 0."


def test_the_losss_own_terms_are_no_ways():
    """What the net says, less the truth: two terms, of which none is a gradient times a factor."""
    model = Sequential([Input((2,)), Dense(2), Softmax()], seed=0)
    model.set_weights([np.array([[900.0, 0.0], [0.0, 0.0]]), [0.0, 0.0]])  # p is exactly 1 and 0
    for x, index in (([1.0, 0.0], 0), ([1.0, 0.0], 1), ([0.0, 1.0], 1)):
        found = explain.trace_gradient(model, x, 0, "dense", index)
        assert [term.where for term in found.terms] == ["p", "-t"] and found.verdict == ""
        assert "ways" not in str(found) and "way" not in str(found)
    model = Sequential([Input((2,)), Dense(1)], seed=0)
    model.compile("sgd", "mse")
    met = model.forward(np.ones((1, 2), np.float32))
    found = explain.trace_gradient(model, np.ones(2), met, "dense", 0)
    assert found.engine == 0 and found.verdict == ""


def corner():
    """A transposed convolution of one pixel, all but one of whose products lie outside."""
    return Sequential([Input((1, 1, 1)), Conv2DTranspose(1, 3, padding="same", name="up"), Flatten(), Dense(2)], seed=0)


def test_a_weight_whose_products_lie_outside():
    model = corner()
    places = [(a, b, 0, 0) for a, b in np.ndindex(3, 3)]
    grads = [explain.trace_gradient(model, np.ones((1, 1, 1)), 1, "up/kernel", place) for place in places]
    nowhere = [found for found in grads if found.verdict.startswith("0: ")]
    assert len(nowhere) == 8 and all(found.engine == 0 and not found.terms for found in nowhere)
    assert {found.verdict for found in nowhere} == {"0: every place that it would write to lies outside the output."}


def test_a_net_that_has_diverged_can_be_taken_apart():
    """Infinities of both signs have no sum; a table says so instead of failing."""
    model = Sequential([Input((3,)), Dense(2, name="first"), Dense(2)], seed=0)
    model.set_weights([np.full((3, 2), np.inf), [0.0, 0.0], np.ones((2, 2)), [0.0, 0.0]])
    with np.errstate(all="ignore"):
        forward = explain.trace(model, [1.0, -1.0, 0.5], "first", 0)
        back = explain.trace_gradient(model, [1.0, -1.0, 0.5], 1, "first/kernel", (0, 0))
    assert math.isnan(forward.total) and "nan" in str(forward)
    assert back.verdict == "NaN, since 1 of 1 ways is NaN." and "nan" in str(back)
