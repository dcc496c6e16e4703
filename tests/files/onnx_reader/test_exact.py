"""Numbers that a near miss would change without a word: ends and pads, order of axes, and what scales pixels."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import minicnn
from minicnn.models import card_of
from tests.files.onnx_reader.nets import agree, answers, channels_last, classes, document, drawn, node, refused, write

X = drawn(2, 3, 8, 8, low=-4.0, high=4.0)
LOWEST = float(np.finfo(np.float32).min)
END = st.sampled_from(
    [-np.inf, np.inf, LOWEST, -65504.0, -1e9, -1e4, -2.5, 0.0, 0.3, 6.0, 1e4, 1e9, 65504.0, -LOWEST, -3.402823e38]
)


def exactly(path, x):
    """Hold a file against ONNX Runtime to the last bit; return the model."""
    model = minicnn.load_model(path)
    np.testing.assert_array_equal(model.predict(channels_last(x)), channels_last(answers(path, x)[0]))
    return model


@given(END, END)
def test_clip_to_the_last_bit(tmp_path_factory, one, other):
    least, most = sorted([one, other])
    stored = {"lo": np.float32(least), "hi": np.float32(most)}
    path = write(tmp_path_factory.mktemp("c"), [node("Clip", "x", "lo", "hi")], (2, 3, 8, 8), stored)
    if least == most:
        assert "its ends must be numbers, and apart" in refused(path)
        return
    exactly(path, X)
    exactly(path, X * 3e4)


@pytest.mark.parametrize("ends", [(np.nan, 6.0), (0.0, np.nan), (np.nan, np.nan)])
def test_a_clip_whose_ends_are_no_numbers(tmp_path, ends):
    """ONNX Runtime refuses them as settings of the operator, and reads them in two ways as its inputs."""
    nodes = [node("Clip", "x", "lo", "hi")]
    path = write(tmp_path, nodes, (2, 3, 8, 8), {"lo": np.float32(ends[0]), "hi": np.float32(ends[1])})
    assert "its ends must be numbers, and apart. Received: " in refused(path)


@pytest.mark.parametrize("op", ["Min", "Max"])
@pytest.mark.parametrize("end", [0.0, 6.0, -2.0, 1e9, [0.5, -1.0, 2.0]])
@pytest.mark.parametrize("positive", [True, False])
def test_a_minimum_with_a_constant(tmp_path, op, end, positive):
    """PyTorch's newer exporter writes ReLU6 so."""
    stored = {"k": np.float32(end).reshape(-1, 1, 1) if isinstance(end, list) else np.float32(end)}
    nodes = [node("Relu", "x", out="r")] * positive + [node(op, "r" if positive else "x", "k")]
    model = exactly(write(tmp_path, nodes, (2, 3, 8, 8), stored), X * 2)
    if op == "Min" and positive and end == 6:
        assert classes(model) == ["ReLU", "ReLU"] and model.layers[2].max_value == 6


@pytest.mark.parametrize("number", [LOWEST, -1e9, -65504.0, 1e4, 0.7, -1.0])
@pytest.mark.parametrize("sizes", [(8, 8), ("h", "w")])
def test_any_number_around_pictures(tmp_path, number, sizes):
    """A maximum's pads as some exporters write them: the lowest number."""
    stored = {"pads": np.array([0, 0, 1, 1, 0, 0, 0, 2]), "k": np.float32(number)}
    nodes = [node("Pad", "x", "pads", "k", out="p"), node("MaxPool", "p", kernel_shape=[2, 2], strides=[2, 2])]
    exactly(write(tmp_path, nodes, (2, 3, *sizes), stored), X)
    exactly(write(tmp_path, [node("Pad", "x", "pads", "k")], (2, 3, *sizes), stored), X)
    stored["k"] = np.float32(-np.inf)
    assert "must be finite" in refused(write(tmp_path, nodes, (2, 3, *sizes), stored))


BEFORE = {
    "Tanh": [node("Tanh", "x", out="a")],
    "Elu": [node("Elu", "x", out="a")],
    "LeakyRelu": [node("LeakyRelu", "x", out="a")],
    "Sub": [node("Relu", "x", out="r"), node("Sub", "r", "k", out="a")],
    "Mul": [node("Relu", "x", out="r"), node("Mul", "r", "m", out="a")],
    "Min": [node("Relu", "x", out="r"), node("Min", "r", "m", out="a")],
    "Clip": [node("Clip", "x", "m", "k", out="a")],
    "Pad": [node("Relu", "x", out="r"), node("Pad", "r", "pads", "m", out="a")],
    "BatchNormalization": [node("Relu", "x", out="r"), node("BatchNormalization", "r", *"gbev", out="a")],
}


@pytest.mark.parametrize("what", BEFORE)
def test_pads_of_a_maximum_after_what_may_be_negative(tmp_path, what):
    stored = {"k": np.float32(5), "m": np.float32(-0.5), "pads": np.array([0, 0, 1, 1, 0, 0, 1, 1])}
    stored |= {"g": drawn(3), "b": drawn(3, low=-9, high=-5), "e": drawn(3), "v": drawn(3, low=0.5)}
    nodes = [*BEFORE[what], node("MaxPool", "a", kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1])]
    used = {name for each in nodes for name in each.input}
    agree(write(tmp_path, nodes, (2, 3, 8, 8), {k: v for k, v in stored.items() if k in used}), X - 4)


FIRST = node("Transpose", "x", out="a", perm=[0, 3, 1, 2])
LAST = node("Transpose", "c", perm=[0, 2, 3, 1])
CONV = node("Conv", "a", "w", out="c")


@pytest.mark.parametrize(
    "nodes, last",
    [
        ([FIRST, CONV, LAST], True),
        ([node("Relu", "x")], True),
        ([FIRST, CONV, node("Transpose", "c", out="d", perm=[0, 2, 3, 1]), node("Softmax", "d")], True),
        ([FIRST, CONV, node("Relu", "c")], False),
    ],
)
def test_pictures_that_come_channels_last(tmp_path, nodes, last):
    """A segmentation from TensorFlow, channels last at both ends: its answer is not turned once more."""
    stored = {"w": drawn(4, 3, 3, 3)} if len(nodes) > 1 else {}
    agree(write(tmp_path, nodes, (2, 8, 9, 3), stored), drawn(2, 8, 9, 3), turned=False, answer_turned=not last)


@pytest.mark.parametrize("then", [[], [node("Sigmoid", "d")]])
def test_pictures_that_leave_channels_last(tmp_path, then):
    turn = node("Transpose", "c", out="d" if then else "y", perm=[0, 2, 3, 1])
    nodes = [node("Conv", "x", "w", out="c"), turn, *then]
    agree(write(tmp_path, nodes, (2, 3, 8, 8), {"w": drawn(4, 3, 3, 3)}), X, answer_turned=False)


def test_a_bias_down_the_rows_is_none_of_units(tmp_path):
    stored = {"w": drawn(6, 2), "b": drawn(2, 1)}
    path = write(tmp_path, [node("Gemm", "x", "w", "b")], (2, 6), stored)
    assert "its bias must be a number for each of 2 units. Received: (2, 1)" in refused(path)


def test_a_setting_of_unknown_type_is_not_left_out(tmp_path):
    made = document([node("Clip", "x", min=-1.0, max=1.0)], opset=10)
    made.graph.node[0].attribute[0].ClearField("type")
    (tmp_path / "net.onnx").write_bytes(made.SerializeToString())
    assert refused(tmp_path / "net.onnx") == "node 'y' (Clip): its 'max' is of a kind that is not read here."


def test_operators_of_before_version_7(tmp_path):
    """Along an axis that a setting names; from then on along the last."""
    path = write(tmp_path, [node("Add", "x", "b", broadcast=1, axis=1)], (2, 3, 3), {"b": drawn(3)}, opset=6)
    assert "along an `axis` that is not the last, as before version 7 of the operators" in refused(path)
    path = write(tmp_path, [node("Add", "x", "b", broadcast=1, axis=2)], (2, 3, 3), {"b": drawn(3)}, opset=6)
    minicnn.load_model(path)


def test_weights_that_float32_cannot_hold(tmp_path):
    stored = {"w": np.full((6, 2), 1e300)}
    path = write(tmp_path, [node("Cast", "x", out="d", to=11), node("MatMul", "d", "w")], (2, 6), stored)
    assert "hold numbers that float32 can't hold" in refused(path)


def hard_swish():
    """x relu6(x + 3) / 6, written out."""
    nodes = [node("Add", "c", "three", out="d"), node("Clip", "d", "zero", "six", out="e")]
    return [*nodes, node("Mul", "c", "e", out="f"), node("Div", "f", "six", out="g")]


@pytest.mark.parametrize(
    "first, inside",
    [
        ([], False),
        ([node("Div", "x", "most", out="s")], True),
        ([node("Sub", "x", "half", out="s")], True),
        ([node("Sub", "x", "mean", out="t"), node("Div", "t", "deviation", out="s")], False),
        ([node("Clip", "x", "mean", "half", out="s")], False),
    ],
)
def test_which_arithmetic_scales_pixels(tmp_path, first, inside):
    """Only what stands at the input, and brings 0..255 into range."""
    stored = {"w": drawn(4, 3, 3, 3), "v": drawn(4, 2), "three": np.float32(3), "six": np.float32(6)}
    stored |= {"zero": np.float32(0), "most": np.float32(255), "half": np.float32(127.5)}
    stored |= {"mean": np.float32(0.45), "deviation": np.float32(0.22)}
    nodes = [*first, node("Conv", "s" if first else "x", "w", out="c"), *hard_swish()]
    nodes += [node("GlobalAveragePool", "g", out="h"), node("Flatten", "h", out="i"), node("MatMul", "i", "v")]
    model = agree(write(tmp_path, nodes, (2, 3, 8, 8), stored), X)
    assert (card_of(model).origin["scale"] == "the model") == inside


@pytest.mark.parametrize("opset", [11, 13])
@pytest.mark.parametrize("last", ["Flatten", "Reshape", "Squeeze"])
def test_a_softmax_over_one_pixel_is_still_the_end(tmp_path, opset, last):
    """SqueezeNet: what it gives are probabilities, not logits."""
    stored = {"w": drawn(4, 3, 3, 3)} | ({"t": np.array([0, -1])} if last == "Reshape" else {})
    stored |= {"t": np.array([2, 3])} if last == "Squeeze" and opset >= 13 else {}
    nodes = [node("Conv", "x", "w", out="c"), node("GlobalAveragePool", "c", out="g")]
    nodes += [node("Softmax", "g", out="s", axis=1)]
    end = node(last, "s", "t") if "t" in stored else node(last, "s", **({"axes": [2, 3]} if last == "Squeeze" else {}))
    model = agree(write(tmp_path, [*nodes, end], (2, 3, 8, 8), stored, opset=opset), X)
    assert classes(model)[-2:] == ["Flatten", "Softmax"] and card_of(model).value["output"] == "probabilities"
    twice = write(tmp_path, [*nodes, end], (2, 3, 8, 8), stored, opset=opset, outputs=("y", "s"))
    agree(twice, X)
