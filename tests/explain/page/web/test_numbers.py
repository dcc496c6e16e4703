"""numbers.js: the small helpers, one by one, against NumPy. (How numbers are written: test_drawings.py.)"""

import numpy as np
import pytest

from minicnn.explain.terms.table import place

ROWS = [[3.0, -7.0, 5.0], [0.0], [-1.0, -2.0], [2.0, 2.0, -2.0], [1e-30, 1e30, -1e31], [-4.0, 4.0]]


@pytest.mark.parametrize("row", ROWS)
def test_of_a_row(lab, row):
    array = np.array(row)
    ask = "(row) => ['largest', 'argmax', 'furthest', 'sum', 'product'].map((name) => lab.numbers[name](row))"
    want = [
        abs(array).max(),
        array.argmax(),  # the first one on a tie
        abs(array).argmax(),
        array.sum(),
        array.prod(),
    ]
    assert lab.ask(ask, row) == pytest.approx(want)
    assert lab.ask("(row) => lab.numbers.extent(row)", row) == [array.min(), array.max()]


def test_nan_is_neither_smallest_nor_largest(lab):
    row = [float("nan"), 3.0, -7.0, float("nan")]
    assert lab.ask("(row) => [lab.numbers.extent(row), lab.numbers.largest(row)]", row) == [[-7, 3], 7]
    nothing = [float("nan")] * 2
    assert lab.ask("(row) => [lab.numbers.extent(row), lab.numbers.largest(row)]", nothing) == [[0, 0], 0]


@pytest.mark.parametrize("shape", [(4,), (3, 5), (3, 2, 4, 5), (1, 1, 7)])
def test_where_a_number_of_an_array_lies(lab, shape):
    for at in range(int(np.prod(shape))):
        want = [int(place) for place in np.unravel_index(at, shape)]
        assert lab.ask("([shape, at]) => lab.numbers.placeIn(shape, at)", [shape, at]) == want


def test_of_nothing(lab):
    assert lab.ask("[lab.numbers.extent([]), lab.numbers.largest([]), lab.numbers.sum([])]") == [[0, 0], 0, 0]
    assert lab.ask("lab.numbers.product([])") == 1  # of no sizes: one number


def test_a_share_as_a_percentage(lab):
    assert lab.ask("[0, 0.12345, 0.9996, 1].map(lab.numbers.percent)") == [
        "0.0\u00a0%",
        "12.3\u00a0%",
        "100.0\u00a0%",
        "100.0\u00a0%",
    ]


def test_a_place_is_written_as_the_terminal_writes_it(lab):
    for shape in ([4, 5, 3], [2, 1, 7], [6]):
        ask = "([shape, all]) => all.map((at) => lab.numbers.where(shape, at))"
        got = lab.ask(ask, [shape, list(range(int(np.prod(shape))))])
        assert got == [place((0, *index)) for index in np.ndindex(*shape)]


def test_one_channel_of_a_map(lab):
    maps = np.random.default_rng(0).random((3, 4, 5), np.float32)
    for c in range(5):
        ask = "([data, shape, c]) => Array.from(lab.numbers.channel(data, shape, c))"
        got = lab.ask(ask, [maps.ravel().tolist(), [3, 4, 5], c])
        np.testing.assert_array_equal(got, maps[..., c].ravel())


def test_zeros(lab):
    assert lab.ask("Array.from(lab.numbers.zeros([2, 3]))") == [0] * 6
    assert lab.ask("Array.from(lab.numbers.like([7, 7]))") == [0, 0]
    assert lab.ask("lab.numbers.zeros([1]) instanceof Float32Array && lab.numbers.like([1]) instanceof Float32Array")
