"""Shapes: the numbers are those of the built model, the working shows the floor and what it drops."""

import pytest

from minicnn import Conv2D, Dense, Flatten, Input, MaxPooling2D, Sequential
from minicnn.explain.lessons.shapes import shapes, work_out
from minicnn.models import homework


def test_the_homework_net():
    rows = work_out("150x150x3 conv32 3x3 pool2 flatten dense64 dense1")
    model = homework((150, 150), 2)
    assert [row.shape for row in rows] == [(150, 150, 3), (148, 148, 32), (74, 74, 32), (175232,), (64,), (1,)]
    assert sum(row.parameters for row in rows) == model.count_params() == 11_215_873
    assert sum(row.multiply_adds for row in rows) == model.multiply_adds()
    text = shapes("150x150x3 conv32 3x3 pool2 flatten dense64 dense1")
    assert "floor((150 - 3) / 1) + 1 = 148" in text and "11,215,873" in text


@pytest.mark.parametrize(
    "text, layers",
    [
        ("9x8x4 conv6 2x3 s2 same pool3 s2", [Conv2D(6, (2, 3), 2, "same"), MaxPooling2D(3, 2)]),
        (
            "9x8x4 conv 6 3x3 dilation 2 groups 2 flatten dense 3",
            [Conv2D(6, 3, dilation_rate=2, groups=2), Flatten(), Dense(3)],
        ),
        (
            "9x8 conv2d2 5x1 stride 1 relu pool 2x3 flatten dropout0.5 dense1 sigmoid",
            [Conv2D(2, (5, 1)), MaxPooling2D((2, 3)), Flatten(), Dense(1)],
        ),
    ],
)
def test_the_counts_are_those_of_the_model(text, layers):
    rows = work_out(text)
    model = Sequential([Input(rows[0].shape), *layers])
    assert rows[-1].shape == model.output_shape[1:]
    assert sum(row.parameters for row in rows) == model.count_params()
    assert sum(row.multiply_adds for row in rows) == model.multiply_adds()


def test_dropped_pixels_and_same_padding_are_shown():
    assert "floor((5 - 2) / 2) + 1 = 2, the floor drops 1 pixel at the end" in shapes("5x5x1 pool2")
    assert "floor((4 + 0 + 1 - 3) / 2) + 1 = 2 (same: 0 before, 1 after)" in shapes("4x4x1 conv1 3x3 s2 same")
    assert "(window 3, dilation 2: spans 5)" in shapes("9x9x1 conv1 3x3 d2")


@pytest.mark.parametrize(
    "text, message",
    [
        ("", "must begin with the input"),
        ("conv3", "must begin with the input"),
        ("8x8x3 blur3", "the word 'blur3'"),
        ("8x8x3 dense3", "write flatten before it"),
        ("2x2x1 conv1 3x3", "A window must fit into its input"),
        ("8x8x1 conv1.5 3x3", "whole numbers"),
        ("8x8x1 pool2 d2", "neither dilation nor groups"),
    ],
)
def test_errors(text, message):
    with pytest.raises(ValueError, match=message):
        shapes(text)
