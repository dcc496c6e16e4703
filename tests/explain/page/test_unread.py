"""A convolution says which pixels none of its windows reads, as the pools do."""

import pytest

from minicnn import Conv2D, Dense, DepthwiseConv2D, Flatten, Input, Sequential, Softmax
from tests.explain.page.conftest import Made, Tab, noise


@pytest.mark.parametrize(
    "layer, sentence",
    [
        (Conv2D(2, 3), "Every pixel is read by a window."),
        (Conv2D(2, 3, strides=2), "No window reads 1 of 8 rows (7)."),
        (Conv2D(2, 3, strides=2, padding="same"), "Every pixel is read by a window."),
        (Conv2D(2, 1, strides=2), "No window reads 4 of 8 rows (1, 3, 5, 7) and 4 of 9 columns (1, 3, 5, 7)."),
        (DepthwiseConv2D(3, strides=3), "No window reads 2 of 8 rows (6, 7)."),
    ],
)
def test_which_pixels_no_convolution_reads(browser, tmp_path, layer, sentence):
    model = Sequential([Input((8, 9, 1)), layer, Flatten(), Dense(2), Softmax()], seed=0)
    with Tab(browser, Made(tmp_path, "conv", model, [noise(8, 9, 1)])) as t:
        t.view("convolution")
        assert t.page.inner_text(".unread") == sentence
