"""spread.js: the counts of `explain.histogram`, which are NumPy's, and the units that `explain.dead_units` names."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minicnn import explain
from tests.explain.nets import NETS, picture

COUNTED = "([values, most, bins]) => lab.spread.histogram(Float32Array.from(values), most, bins)"


@given(
    st.lists(st.one_of(st.sampled_from([0.0, -0.0, 1.0, -2.0, 3.0]), st.floats(-9, 9, width=32)), max_size=30),
    st.sampled_from([1.0, 3.0, 4.0, 9.0]),
    st.integers(1, 31),
)
def test_numbers_are_counted_as_numpy_counts_them(lab, values, most, bins):
    found = lab.ask(COUNTED, [values, most, bins])
    want = explain.histogram(values, bins, most)
    assert found == {"counts": want.counts.tolist(), "zeros": want.zeros}


def test_what_is_no_number_lies_in_no_bin(lab):
    assert lab.ask(COUNTED, [[np.nan, np.inf, -np.inf, 2.0], 2.0, 2]) == {"counts": [0, 1], "zeros": 0}
    assert lab.ask(COUNTED, [[0.0, 0.0], 0.0, 3]) == {"counts": [0, 0, 0], "zeros": 2}


@pytest.mark.parametrize("name", NETS)
def test_open_units_are_those_that_are_not_dead(lab, name):
    model = NETS[name]()
    x = picture(model)[:1]
    for key, array in model.params.items():
        if key.endswith("bias"):
            array -= 0.5
    lab.open(model, x)
    found = lab.ask("() => [...lab.spread.openUnits(net)].map(([index, open]) => [net.nodes[index].name, open])")
    want = explain.dead_units(model, x)
    assert [(layer, [k for k, own in enumerate(open_) if not own]) for layer, open_ in found] == [
        (each.layer, list(each.dead)) for each in want
    ]
