"""Histograms, against NumPy's, and against sums of what lies in the arrays themselves."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minicnn import explain
from minicnn.explain.terms import run_forward
from tests.explain.nets import NETS, picture

NUMBERS = st.lists(st.one_of(st.sampled_from([0.0, -0.0, 1.0, -1.0, np.inf, np.nan]), st.floats(width=32)), max_size=40)


def test_on_paper():
    counts, edges, zeros = explain.histogram([-4, -1, 0, 0, 0, 1, 3, 4], bins=4)
    assert edges.tolist() == [-4, -2, 0, 2, 4] and counts.tolist() == [1, 1, 1, 2] and zeros == 3


@given(NUMBERS, st.integers(1, 40))
def test_every_finite_number_lies_somewhere(values, bins):
    counts, edges, zeros = explain.histogram(np.array(values), bins)
    finite = [value for value in values if np.isfinite(value)]
    assert counts.sum() + zeros == len(finite) and zeros == finite.count(0)
    assert len(counts) == bins and len(edges) == bins + 1 and edges[0] == -edges[-1]
    for value in finite:
        if value:
            at = [k for k in range(bins) if edges[k] <= value and (value < edges[k + 1] or k == bins - 1)]
            assert len(at) == 1 and counts[at[0]] > 0


def test_what_lies_beyond_is_left_out():
    assert explain.histogram([-3, -1, 1, 5], bins=2, most=2).counts.tolist() == [1, 1]
    assert str(explain.histogram([0.0, 0.0])).endswith("100% are 0")


@pytest.mark.parametrize("name", ["plain", "shared", "branches"])
def test_of_a_net(name):
    model = NETS[name]()
    x = picture(model)[:1]
    for key, found in explain.weight_histograms(model).items():
        assert found.counts.sum() + found.zeros == model.params[key].size
        assert found.edges[-1] == pytest.approx(np.abs(model.params[key]).max())
    places, values = run_forward(model, x)
    found = explain.activation_histograms(model, x, bins=8)
    assert set(found) >= {key for key, at in places.items() if at.sources}
    for key, each in found.items():
        if key in values:
            want, _ = np.histogram(values[key][values[key] != 0], 8, (each.edges[0], each.edges[-1]))
            assert each.counts.tolist() == want.tolist()
            assert each.zeros == (values[key] == 0).sum()


def test_before_an_activation_lie_other_numbers_than_after():
    model = NETS["homework"]()
    found = explain.activation_histograms(model, picture(model)[:1])
    before = next(name for name in found if name.endswith("(before relu)"))
    after = before.removesuffix(" (before relu)")
    assert found[before].counts[:15].sum() > 0 and found[after].counts[:15].sum() == 0 < found[after].zeros
    assert found[before].counts[16:].sum() > 0


@pytest.mark.parametrize(
    "more, text",
    [
        ({"bins": 0}, "`bins` must be a positive integer. Received: bins=0."),
        ({"bins": 2.0}, "`bins` must be a positive integer. Received: bins=2.0."),
        ({"most": 0}, "`most` must be a positive number. Received: most=0."),
        ({"most": float("nan")}, "`most` must be a positive number. Received: most=nan."),
    ],
)
def test_errors(more, text):
    with pytest.raises(ValueError) as error:
        explain.histogram([1.0], **more)
    assert str(error.value) == text
