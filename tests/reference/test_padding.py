"""Where a window may stand: examples on paper, what the formulas promise, errors. (Against Keras: tests/layers.)"""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minicnn.reference import effective_size, output_size, same_pads, window_pads

sizes, taps, strides, dilations = st.integers(1, 40), st.integers(1, 7), st.integers(1, 6), st.integers(1, 4)


def test_on_paper():
    assert [effective_size(3, d) for d in (1, 2, 3)] == [3, 5, 7]
    assert output_size(5, 3, 1, 0) == 3  # the course's picture under its filter
    assert output_size(4, 2, 2, 0) == 2  # the course's map, pooled
    assert output_size(6, 3, 2, 0) == 2  # the floor of 2.5
    assert output_size(5, 3, 1, 2) == 5
    assert output_size(7, 3, 1, 0, 2) == 3


@pytest.mark.parametrize(
    ("size", "k", "s", "d", "pads"),
    [
        (5, 3, 1, 1, (1, 1)),
        (5, 2, 1, 1, (0, 1)),  # the odd pixel goes after
        (4, 3, 2, 1, (0, 1)),
        (5, 3, 2, 1, (1, 1)),
        (6, 4, 1, 1, (1, 2)),
        (6, 5, 1, 1, (2, 2)),
        (1, 5, 2, 1, (2, 2)),
        (7, 2, 3, 1, (0, 1)),  # windows at 0, 3, 6
        (6, 2, 3, 1, (0, 0)),  # windows at 0, 3: the stride is longer than the window
        (9, 3, 1, 3, (3, 3)),  # 3 taps over 7 pixels
    ],
)
def test_same_on_paper(size, k, s, d, pads):
    assert same_pads(size, k, s, d) == pads


@given(sizes, taps, strides, dilations)
def test_same_gives_the_ceiling_with_as_few_pixels_as_can_be(size, k, s, d):
    before, after = same_pads(size, k, s, d)
    assert after - before in (0, 1) and 0 <= after < effective_size(k, d)
    windows = math.ceil(size / s)
    assert output_size(size, k, s, before + after, d) == windows
    if before + after:  # with one pixel less, the last window would not fit
        reach = (windows - 1) * s + effective_size(k, d)
        assert reach == size + before + after


@given(sizes, taps, strides, dilations)
def test_output_size_counts_the_windows_that_fit(size, k, s, d):
    starts = [start for start in range(0, size, s) if start + effective_size(k, d) <= size]
    if starts:
        assert output_size(size, k, s, 0, d) == len(starts)
    else:
        with pytest.raises(ValueError, match="A window must fit into its input"):
            output_size(size, k, s, 0, d)


def test_both_axes():
    assert window_pads("valid", (5, 4), (3, 3), (2, 1)) == ((0, 0), (0, 0))
    assert window_pads("same", (5, 4), (3, 3), (1, 2)) == ((1, 1), (0, 1))
    assert window_pads("same", (5, 4), (3, 2), (1, 1), (2, 3)) == ((2, 2), (1, 2))


def test_open_sizes():
    assert output_size(None, 3, 1, 0) is None
    assert same_pads(None, 3, 1) == (0, 0)
    assert window_pads("valid", (None, 9), (3, 3), (1, 1)) == ((0, 0), (0, 0))
    assert window_pads("same", (None, 5), (3, 3), (1, 1)) == ((0, 0), (1, 1))


def test_errors():
    with pytest.raises(ValueError) as error:
        output_size(3, 3, 1, 1, 2)
    assert str(error.value) == (
        "A window must fit into its input. Received: a window over 5 pixels (size 3, dilation 2) on an input of "
        "4 pixels; choose a smaller window, a larger input or padding='same'."
    )
    with pytest.raises(ValueError, match=r"a window over 5 pixels \(size 5, dilation 1\) on an input of 4 pixels"):
        window_pads("valid", (8, 4), (3, 5), (1, 1))
    with pytest.raises(ValueError) as error:
        window_pads("full", (8, 8), (3, 3), (1, 1))
    assert str(error.value) == '`padding` must be "valid" or "same". Received: padding=\'full\'.'
