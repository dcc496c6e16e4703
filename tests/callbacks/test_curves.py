"""What a notebook shows of a training: a curve a quantity, as high as its values."""

import math
import re
from xml.etree import ElementTree

import numpy as np
import pytest

from minicnn.callbacks import History
from minicnn.callbacks.curves import curves


def drawn(history):
    """The panels of a history's drawing: the text, and each line's points."""
    found = History()
    for epoch in range(max(map(len, history.values()), default=0)):
        found.on_epoch_end(epoch, {name: values[epoch] for name, values in history.items()})
    panels = ElementTree.fromstring(f"<div>{found._repr_html_()}</div>")
    lines = []
    for panel in panels.iter("svg"):
        paths = [path.get("d") for path in panel.iter("path")][1:]  # the first one is the axes
        points = [[tuple(map(float, spot)) for spot in re.findall(r"([\d.]+),([\d.]+)", path)] for path in paths]
        lines.append((panel.get("aria-label"), paths, points))
    return lines


def test_heights_go_with_the_values():
    loss, other = [2.0, 1.0, 0.5], [2.5, 1.5, 1.25]
    panels = drawn({"loss": loss, "accuracy": [0.2, 0.5, 0.75], "val_loss": other})
    assert [label for label, *_ in panels] == ["loss 0.5, validation 1.25 (dashed)", "accuracy 0.75"]
    _, _, (training, validation) = panels[0]
    x, y = np.array(training + validation).T
    slope, bottom = np.polyfit(loss + other, y, 1)
    np.testing.assert_allclose(y, bottom + slope * np.array(loss + other), atol=0.06)  # one decimal is written
    assert slope < 0 and (np.diff(x[:3]) > 0).all() and (x[:3] == x[3:]).all()


def test_a_value_that_is_not_finite_is_a_gap():
    _, (path,), (points,) = drawn({"loss": [2.0, math.nan, 1.0, math.inf, 0.5]})[0]
    assert len(points) == 3 and path.count("M") == 3 and "nan" not in path


def test_one_epoch_is_a_dot_and_none_a_sentence():
    assert len(drawn({"loss": [1.0]})[0][2][0]) == 1
    assert curves([], {}) == "<p>No epoch was trained.</p>" == History()._repr_html_()


@pytest.mark.parametrize("values", [[0.0, 0.0], [-1.0, -2.0]])
def test_zeros_and_negative_values_have_a_place(values):
    _, _, (points,) = drawn({"score": values})[0]
    assert all(0 < y < 200 for _, y in points)


def test_names_are_escaped():
    assert "<b>" not in curves([0], {"<b>": [1.0]})
