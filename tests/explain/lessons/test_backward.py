"""The walks' backward halves: every number is the engine's backward, and what nudging the engine's forward gives.

The layers that answer here are the engine's, compiled; the walks ask `minicnn.reference`.
"""

import re

import numpy as np
import pytest

from minicnn import Conv2D, Dense, Softmax
from minicnn.explain.lessons.walk import steps

NUMBER = r"\(?(-?[\d.]+)\)?"
RESULT = re.compile(r"^ *(dx|dkernel|dbias|J)(?:\[([\d, ]+)\])? = .* = (-?[\d.]+)$", re.M)


def half(topic):
    """Return the steps of the forward half and of the backward half."""
    whole = steps(topic)
    begins = next(k for k, step in enumerate(whole) if step.startswith("Backward"))
    return whole[:begins], whole[begins:]


def grids(text):
    """Read the rows of numbers of a drawing, two drawings side by side apart, brackets off, a dot as NaN."""
    left, right = [], []
    for line in text.splitlines():
        for side, part in ((left, line[:30]), (right, line[30:])):
            cells = re.sub(r"[\[\]]", " ", part).split()
            if cells and all(re.fullmatch(r"-?[\d.]+", cell) for cell in cells):
                side.append([np.nan if cell == "." else float(cell) for cell in cells])
    return np.array(left), np.array(right)


def results(told):
    """Collect what the lines "dx[1, 1] = ... = 10" say: {"dx": {(1, 1): 10.0}}."""
    found = {}
    for name, at, value in RESULT.findall("\n".join(told)):
        found.setdefault(name, {})[tuple(map(int, at.split(","))) if at else ()] = float(value)
    return found


def built(layer, shape, *weights):
    """Build a layer of float64 with these weights."""
    layer.build((None, *shape), dtype="float64")
    layer.set_weights(list(weights))
    return layer


def backward(layer, x, dy):
    """Run the engine's forward and backward."""
    layer.forward(x, training=True)
    return layer.backward(dy), layer.grads


def nudged(layer, x, dy, array):
    """Differ sum(dy * y) by each number of an array that the layer reads, in place."""
    slopes, h = np.zeros_like(array), 1e-6
    for at in np.ndindex(array.shape):
        kept, ends = array[at], []
        for moved in (kept + h, kept - h):
            array[at] = moved
            ends.append((layer.forward(x) * dy).sum())
        array[at] = kept
        slopes[at] = (ends[0] - ends[1]) / (2 * h)
    return slopes


def agree(told, engine, differences, tolerance=1e-6):
    """Hold told numbers, by their places, against two arrays."""
    for at, value in told.items():
        assert value == pytest.approx(engine[at], abs=tolerance), at
        assert value == pytest.approx(differences[at], abs=tolerance), at


@pytest.fixture
def conv():
    """Return the backward half, and the picture, filter and dy that it prints."""
    forward, told = half("conv")
    dy, kernel = grids(told[0])
    picture = grids(forward[1])[0]
    layer = built(Conv2D(1, 3), (5, 5, 1), kernel[:, :, None, None], np.zeros(1))
    x, g = picture[None, :, :, None].copy(), dy[None, :, :, None]
    dx, grads = backward(layer, x, g)
    return {
        **{"told": told, "picture": picture, "kernel": kernel, "dy": dy, "dx": dx[0, :, :, 0]},
        **{"dkernel": grads["kernel"][:, :, 0, 0], "dbias": grads["bias"][0]},
        "nudged dx": nudged(layer, x, g, x)[0, :, :, 0],
        "nudged dkernel": nudged(layer, x, g, layer.params["kernel"])[:, :, 0, 0],
        "nudged dbias": nudged(layer, x, g, layer.params["bias"])[0],
    }


def test_the_numbers_of_a_convolution(conv):
    told = results(conv["told"])
    assert len(told["dx"]) == 5 and len({(len(at), *at) for at in told["dx"]}) == 5
    agree(told["dx"], conv["dx"], conv["nudged dx"])
    agree(told["dbias"], np.array(conv["dbias"]), np.array(conv["nudged dbias"]))
    whole = next(step for step in conv["told"] if step.startswith("All pixels"))
    np.testing.assert_array_equal(grids(whole.partition("In one")[0])[0], conv["dx"].round(9))
    weights = [step for step in conv["told"] if step.startswith("weight")]
    assert len(weights) == 9
    for k, step in enumerate(weights):
        value, (_, done) = float(step.rpartition(" = ")[2]), grids(step.rpartition("\n")[0])
        at = divmod(k, 3)
        assert f"weight [{at[0]}, {at[1]}]" in step
        agree({at: value}, conv["dkernel"], conv["nudged dkernel"])
        np.testing.assert_array_equal(done.ravel()[: k + 1], conv["dkernel"].ravel()[: k + 1].round(9))
        assert np.isnan(done.ravel()[k + 1 :]).all()


def test_where_a_weight_meets_a_pixel(conv):
    """One weight alone, all others 0: the stops at which the pixel's nudge shows are those where it met it."""
    for step in (step for step in conv["told"] if step.startswith("pixel")):
        at = tuple(map(int, re.search(r"pixel \[(\d), (\d)\]", step).groups()))
        told, met = grids(step.partition("\n  dx")[0])[1], np.full((3, 3), np.nan)
        for place in np.ndindex(3, 3):
            kernel = np.zeros((3, 3, 1, 1))
            kernel[place] = 1
            layer = built(Conv2D(1, 3), (5, 5, 1), kernel, np.zeros(1))
            only = np.zeros((1, 5, 5, 1))
            only[0, at[0], at[1]] = 1
            met[layer.forward(only)[0, :, :, 0] == 1] = conv["kernel"][place]
        np.testing.assert_array_equal(told, met)
        marked = re.findall(r"[\[ ] *(-?\d+)([\] ])", "\n".join(line[:30] for line in step.splitlines()[2:5]) + " ")
        np.testing.assert_array_equal([end == "]" for _, end in marked], ~np.isnan(met).ravel())
        assert int(re.search(r"seen by (\d)", step)[1]) == (~np.isnan(met)).sum()


def test_a_convolution_backward_is_two_convolutions(conv):
    """The two sentences, with the drawings that stand beside them."""
    frame, turned = grids(next(step for step in conv["told"] if "180 degrees" in step).rpartition("degrees.")[2])
    layer = built(Conv2D(1, 3, use_bias=False), (7, 7, 1), turned[:, :, None, None])
    np.testing.assert_allclose(layer.forward(frame[None, :, :, None])[0, :, :, 0], conv["dx"], atol=1e-9)
    layer = built(Conv2D(1, 3, use_bias=False), (5, 5, 1), conv["dy"][:, :, None, None])
    np.testing.assert_allclose(layer.forward(conv["picture"][None, :, :, None])[0, :, :, 0], conv["dkernel"], atol=1e-9)


def test_the_numbers_of_a_dense_layer():
    forward, told = half("dense")
    x, bias = (np.array(eval(re.search(rf"{name} = (\[.*?\])", forward[1])[1])) for name in ("x", "bias"))  # noqa: S307
    kernel, dy = grids(forward[1])[0], np.array(eval(re.search(r"dy = (\[.*\])", told[0])[1]))  # noqa: S307
    layer = built(Dense(2), (3,), kernel, bias)
    x, g = x[None].astype(float), dy[None]
    dx, grads = backward(layer, x, g)
    found = results(told)
    assert [len(found[name]) for name in ("dx", "dkernel")] == [3, 6]
    agree(found["dx"], dx[0], nudged(layer, x, g, x)[0])
    agree(found["dkernel"], grads["kernel"], nudged(layer, x, g, layer.params["kernel"]))
    printed = eval(re.search(r"dbias = dy = (\[.*\])", "\n".join(told))[1])  # noqa: S307
    np.testing.assert_allclose(printed, grads["bias"], atol=1e-9)
    np.testing.assert_allclose(printed, nudged(layer, x, g, layer.params["bias"]), atol=1e-6)


def test_the_numbers_of_softmax():
    """p - t in both ways to it, and the Jacobian, a row of it by each output's own gradient."""
    forward, told = half("softmax")
    x = np.array([eval(re.search(r"x = (\[.*?\])", forward[1])[1])], float)  # noqa: S307
    layer = built(Softmax(), (3,))
    engine = np.array([backward(layer, x, row[None])[0][0] for row in np.eye(3)])
    differences = np.array([nudged(layer, x, row[None], x)[0] for row in np.eye(3)])
    jacobian = results(told)["J"]
    assert len(jacobian) == 9
    agree(jacobian, engine, differences)
    dy = np.array([[float(re.search(r"dy\[0\] = .* = (-[\d.]+),", "\n".join(told))[1]), 0, 0]])
    assert dy[0, 0] == pytest.approx(-1 / layer.forward(x)[0, 0], abs=1e-6)
    dx, slopes = backward(layer, x, dy)[0][0], nudged(layer, x, dy, x)[0]
    lines = [(int(at), float(value)) for name, at, value in RESULT.findall("\n".join(told)) if name == "dx"]
    assert sorted(at for at, _ in lines) == [0, 0, 0, 1, 1, 1, 2, 2, 2]  # y - t, by the Jacobian, without it
    for at, value in lines:
        agree({at: value}, dx, slopes, 2e-6)


@pytest.mark.parametrize(
    "topic, engine", [("conv", "weight \\[2, 2\\]"), ("dense", "dkernel\\[1, 1\\]"), ("softmax", "dx\\[0\\]")]
)
def test_each_half_ends_with_a_nudge_that_agrees(topic, engine):
    """The number beside it was held against the engine above."""
    told = "\n".join(half(topic)[1])
    step = next(step for step in half(topic)[1] if re.search(f"^{engine}", step, re.M))
    line = step.splitlines()[-1] if topic == "conv" else re.search(f"^{engine}.*", step, re.M)[0]
    assert float(re.search(r"\(2 \* h\) = (-?[\d.]+)$", told)[1]) == float(line.rpartition(" = ")[2])


@pytest.mark.parametrize("topic", ["conv", "dense", "softmax"])
def test_every_line_of_arithmetic_comes_out(topic):
    """What stands between the equals signs, worked out by Python."""
    told = r"^ *(?:\w+\[[\d, ]+\] = |dbias = )?([-\d.*+/() ]*[*+/(-][-\d.*+/() ]*) = (-?[\d.]+)"
    lines = re.findall(told, "\n".join(half(topic)[1]), re.M)
    assert len(lines) >= {"conv": 15, "dense": 9, "softmax": 18}[topic]
    for formula, value in lines:
        assert eval(formula) == pytest.approx(float(value), rel=2e-5, abs=2e-6), formula  # noqa: S307
