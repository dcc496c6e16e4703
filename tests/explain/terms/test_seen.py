"""What a cell sees of the picture: the pixels that change it. (The page draws the same: page/web/test_fields.py.)"""

import numpy as np
import pytest

from minicnn import Conv2D, Dense, Flatten, GlobalAveragePooling2D, Input, Model, Multiply, Reshape, Sequential
from minicnn.explain.terms import seen_by
from tests.explain.fields import FIELDS, boxes
from tests.explain.nets import randomise


@pytest.mark.parametrize("name", FIELDS)
def test_a_cell_sees_the_pixels_that_change_it_and_no_others(name):
    model = randomise(FIELDS[name]()).astype("float64")
    x = np.random.default_rng(0).normal(size=model.input_shape[1:])
    for layer, cells in boxes(model, x).items():
        for cell, box in cells.items():
            rows, columns = seen_by(model, layer, cell)
            found = rows and columns and {
                "row": rows[0],
                "column": columns[0],
                "height": len(rows),
                "width": len(columns),
            }  # fmt: skip
            assert (found or None) == box, (layer, cell)


def test_what_a_row_of_a_whole_picture_gates_sees_all():
    """As in a block that squeezes and excites."""
    x = Input((5, 6, 2))
    y = Conv2D(3, 2, name="conv")(x)
    gate = Reshape((1, 1, 3))(Dense(3, activation="sigmoid")(GlobalAveragePooling2D()(y)))
    model = Model(x, Multiply(name="gated")([y, gate]))
    assert seen_by(model, "conv", (0, 1)) == (range(2), range(1, 3))
    assert seen_by(model, "gated", (0, 1)) == (range(5), range(6))


def test_cells_of_a_nested_model():
    inner = Sequential([Input((4, 4, 3)), Conv2D(2, 3, name="deep")], name="inner")
    model = Sequential([Input((6, 6, 1)), Conv2D(3, 3), inner])
    assert seen_by(model, "inner/deep", (1, 0)) == seen_by(model, "inner", (1, 0)) == (range(1, 6), range(5))


@pytest.mark.parametrize(
    "layer, cell, text",
    [
        ("flatten", (0, 0), "`layer` must have maps of known size"),
        ("conv2d_1", (0, 0), "`layer` must have cells that are places of the picture"),
        ("conv2d", (4, 0), r"`cell` must be the row and column of a map of 3 x 4 cells. Received: cell=\(4, 0\)"),
        ("conv2d", (0, 0, 0), "`cell` must be the row and column"),
        ("conv2d", (0.5, 0), "`cell` must be the row and column"),
        ("nobody", (0, 0), "`layer` must be one of"),
    ],
)
def test_errors(layer, cell, text):
    model = Sequential([Input((4, 5, 1)), Conv2D(2, 2), Flatten(), Reshape((4, 3, 2)), Conv2D(1, 2)])
    with pytest.raises(ValueError, match=text):
        seen_by(model, layer, cell)
