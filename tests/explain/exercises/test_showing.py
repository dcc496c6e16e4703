"""Grids of a failing case: every number stands there once, in the row that it has in its slice."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minicnn.explain.exercises.showing import SLICES, show_arguments

SIDES = st.integers(1, 4)


@pytest.mark.parametrize(("name", "axes"), [("x", (1, 2)), ("dy", (1, 2)), ("kernel", (0, 1))])
@given(data=st.data())
def test_every_number_stands_once(name, axes, data):
    slices = data.draw(st.sampled_from([(1, 1), (1, 2), (2, 1), (2, 2), (1, 4), (3, 1)]))
    sides = data.draw(st.tuples(SIDES, SIDES))
    assert np.prod(slices) <= SLICES
    grids = 1001.0 + np.arange(np.prod(slices) * np.prod(sides)).reshape(*slices, *sides)
    array = np.moveaxis(grids, (2, 3), axes)
    text = show_arguments({name: array})
    shown = re.findall(r"\b[1-9]\d{3}\b", text)
    assert sorted(map(float, shown)) == list(grids.ravel())
    for row in grids.reshape(-1, sides[1]):
        assert re.search(r"\b" + " +".join(f"{number:.0f}" for number in row) + r"\b", text)
