"""Convolutions and poolings with every kind of pads, against ONNX Runtime."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.files.onnx_reader.nets import agree, answers, classes, drawn, node, onnx, refused, write

PAIR = st.tuples(st.integers(1, 3), st.integers(1, 3))
PADS = st.lists(st.integers(0, 2), min_size=4, max_size=4)
AUTO = st.sampled_from(["NOTSET", "NOTSET", "VALID", "SAME_UPPER", "SAME_LOWER"])
SIZES = st.tuples(st.integers(6, 9), st.integers(6, 9))


@given(
    PAIR, PAIR, PAIR, PADS, AUTO, SIZES, st.sampled_from([(1, 3, 4), (2, 4, 6), (3, 3, 6), (3, 3, 3)]), st.booleans()
)
def test_conv(tmp_path_factory, taps, strides, dilation, pads, auto, sizes, how, with_bias):
    groups, channels, filters = how
    if auto.startswith("SAME"):  # with which ONNX Runtime has no dilations and no strides beyond the window
        dilation, strides = (1, 1), tuple(map(min, strides, taps))
    settings = {"auto_pad": auto} | ({"pads": pads} if auto == "NOTSET" else {})
    stored = {"w": drawn(filters, channels // groups, *taps)} | ({"b": drawn(filters)} if with_bias else {})
    conv = node("Conv", "x", *stored, strides=strides, dilations=dilation, group=groups, **settings)
    path = write(tmp_path_factory.mktemp("c"), [conv], (2, channels, *sizes), stored)
    agree(path, drawn(2, channels, *sizes))


@given(PAIR, PAIR, PADS, AUTO, SIZES, st.booleans(), st.booleans())
def test_max_pool(tmp_path_factory, taps, strides, pads, auto, sizes, ceil, positive):
    """What lies outside is nothing, not 0: before a ReLU, where numbers are negative, as after one."""
    pads = [min(pad, taps[axis % 2] - 1) for axis, pad in enumerate(pads)]
    if auto.startswith("SAME"):
        strides = tuple(map(min, strides, taps))
    settings = {"auto_pad": auto} | ({"pads": pads, "ceil_mode": int(ceil)} if auto == "NOTSET" else {})
    pool = node("MaxPool", "r" if positive else "x", kernel_shape=taps, strides=strides, **settings)
    nodes = [node("Relu", "x", out="r")] * positive + [pool]
    path = write(tmp_path_factory.mktemp("m"), nodes, (2, 3, *sizes))
    x = drawn(2, 3, *sizes, low=-9.0, high=0.5)
    agree(path, x)


@given(PAIR, PAIR, PADS, AUTO, SIZES, st.booleans(), st.booleans())
def test_average_pool(tmp_path_factory, taps, strides, pads, auto, sizes, ceil, counted):
    pads = [min(pad, taps[axis % 2] - 1) for axis, pad in enumerate(pads)]
    if auto.startswith("SAME"):
        strides = tuple(map(min, strides, taps))
    settings = {"auto_pad": auto} | ({"pads": pads, "ceil_mode": int(ceil)} if auto == "NOTSET" else {})
    pool = node("AveragePool", "x", kernel_shape=taps, strides=strides, count_include_pad=int(counted), **settings)
    path = write(tmp_path_factory.mktemp("a"), [pool], (2, 3, *sizes), opset=19)
    x = drawn(2, 3, *sizes)
    if counted and not ceil or auto == "SAME_UPPER" and not counted:
        agree(path, x)
        return
    try:
        agree(path, x)
    except ValueError as fault:
        assert "done here" in str(fault)


@pytest.mark.parametrize(
    "op, settings, expected",
    [
        ("Conv", {"pads": [1, 1, 1, 1]}, ["Conv2D"]),
        ("Conv", {"pads": [1, 1, 1, 1], "strides": [2, 2]}, ["ZeroPadding2D", "Conv2D"]),
        ("Conv", {"pads": [0, 0, 1, 1], "strides": [2, 2]}, ["ZeroPadding2D", "Conv2D"]),
        ("Conv", {"strides": [2, 2], "dilations": [2, 2]}, ["Conv2D", "MaxPooling2D"]),
        ("MaxPool", {"kernel_shape": [2, 2], "strides": [2, 2]}, ["MaxPooling2D"]),
        ("MaxPool", {"kernel_shape": [3, 3], "pads": [1, 1, 1, 1]}, ["MaxPooling2D"]),
        ("MaxPool", {"kernel_shape": [3, 3], "strides": [2, 2], "pads": [1, 1, 1, 1]}, ["MaxPooling2D"] * 2),
        ("AveragePool", {"kernel_shape": [2, 2], "strides": [2, 2]}, ["AveragePooling2D"]),
        (
            "AveragePool",
            {"kernel_shape": [3, 3], "pads": [1, 1, 1, 1], "count_include_pad": 1},
            ["ZeroPadding2D", "AveragePooling2D"],
        ),
    ],
)
@pytest.mark.parametrize("sizes", [(8, 8), (9, 7), ("h", "w")])
def test_which_layers(tmp_path, op, settings, expected, sizes):
    """Few layers where Keras has the pads too; and no choice depends on whether the picture's size is known."""
    stored = {"w": drawn(4, 3, 3, 3)} if op == "Conv" else {}
    path = write(tmp_path, [node(op, "x", *stored, **settings)], ("n", 3, *sizes), stored)
    assert classes(agree(path, drawn(2, 3, 9, 8) if "h" in sizes else drawn(2, 3, *sizes))) == expected


@pytest.mark.parametrize("sizes", [(8, 9), (9, 8), (10, 11)])
@pytest.mark.parametrize("positive", [True, False])
def test_a_window_over_the_edge_of_pictures_of_any_size(tmp_path, sizes, positive):
    """SqueezeNet's pooling, `ceil_mode`, in a file that leaves the size open."""
    pool = node("MaxPool", "r" if positive else "x", kernel_shape=[3, 3], strides=[2, 2], ceil_mode=1)
    path = write(tmp_path, [node("Relu", "x", out="r")] * positive + [pool], ("n", 3, "h", "w"))
    agree(path, drawn(2, 3, *sizes, low=-9.0))


@pytest.mark.parametrize(
    "op, settings, sentence",
    [
        (
            "AveragePool",
            {"kernel_shape": [2, 2], "pads": [1, 1, 1, 1]},
            "that do not count are not done here",
        ),
        ("MaxPool", {"kernel_shape": [2, 2], "dilations": [2, 2]}, "a pooling with dilations is not done here"),
        ("MaxPool", {"kernel_shape": [3]}, "its 'kernel_shape' must be 2 integers. Received: [3]"),
        ("MaxPool", {"kernel_shape": [3, 3], "pads": [3, 3, 3, 3]}, "its pads must be smaller than its window"),
        ("MaxPool", {"kernel_shape": [99, 3]}, "its window reaches over 99 pixels, of 8"),
        ("AveragePool", {"kernel_shape": [2, 2], "strides": [0, 1]}, "must be positive"),
        ("AveragePool", {"kernel_shape": [2, 2], "auto_pad": "SAME"}, "`auto_pad` must be NOTSET"),
        ("Conv", {"group": 2}, "its kernel (4, 3, 3, 3) in 2 groups does not fit pictures (1, 3, 8, 8)"),
        ("Conv", {"kernel_shape": [2, 2]}, "`kernel_shape` must be its kernel's"),
        ("Conv", {"pads": [-1, 0, 0, 0]}, "its pads not negative"),
    ],
)
def test_refusals(tmp_path, op, settings, sentence):
    stored = {"w": drawn(4, 3, 3, 3)} if op == "Conv" else {}
    told = refused(write(tmp_path, [node(op, "x", *stored, name="block/one", **settings)], stored=stored))
    assert sentence in told and told.startswith(f"node 'block/one' ({op}): ")


def test_the_indices_of_a_maximum_are_not_given(tmp_path):
    pool = onnx.helper.make_node("MaxPool", ["x"], ["y", "i"], kernel_shape=[2, 2])
    assert "an output of it beside the first" in refused(write(tmp_path, [pool], outputs=("y", "i")))


def test_a_window_of_nothing_but_pads_is_no_zero(tmp_path):
    """ONNX Runtime itself: outside a picture there is nothing, so that a maximum of negative numbers is negative."""
    pool = node("MaxPool", "x", kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1])
    path = write(tmp_path, [pool], (1, 1, 4, 4))
    x = np.full((1, 1, 4, 4), -3, np.float32)
    assert answers(path, x)[0].max() == -3
    agree(path, x)
