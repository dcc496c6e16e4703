"""Each operator against ONNX Runtime; order of axes and of flattened numbers; what constants feed; names; refusals."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import minicnn
from tests.files.onnx_reader.nets import (
    agree,
    answers,
    channels_last,
    classes,
    document,
    drawn,
    node,
    onnx,
    refused,
    write,
)

X = drawn(2, 3, 8, 8, low=-4.0, high=4.0)
ROW = drawn(2, 6)


def test_a_net_as_pytorch_writes_it(tmp_path):
    """Conv, ReLU, MaxPool, Flatten, Gemm: the dense kernel's rows are put into the order of channels last."""
    stored = {"0.weight": drawn(4, 3, 3, 3), "0.bias": drawn(4), "4.weight": drawn(5, 4 * 4 * 4), "4.bias": drawn(5)}
    nodes = [
        node("Conv", "x", "0.weight", "0.bias", out="a", name="/0/Conv", pads=[1, 1, 1, 1]),
        node("Relu", "a", out="b", name="/1/Relu"),
        node("MaxPool", "b", out="c", name="/2/MaxPool", kernel_shape=[2, 2], strides=[2, 2]),
        node("Flatten", "c", out="d", name="/3/Flatten"),
        node("Gemm", "d", "4.weight", "4.bias", name="/4/Gemm", transB=1),
    ]
    model = agree(write(tmp_path, nodes, ("n", 3, 8, 8), stored), X)
    assert [layer.name for layer in model.layers] == ["x", "0", "1", "2", "3", "4"]
    assert classes(model) == ["Conv2D", "ReLU", "MaxPooling2D", "Flatten", "Dense"]
    model.save(tmp_path / "net.keras")
    again = minicnn.load_model(tmp_path / "net.keras")
    np.testing.assert_array_equal(again.predict(channels_last(X)), model.predict(channels_last(X)))
    model.compile("adam", "mse")
    before = model.get_weights()[0].copy()
    model.fit(channels_last(X), np.zeros((2, 5)), verbose=0)
    assert not np.array_equal(model.get_weights()[0], before)


FUNCTIONS = [
    ("Relu", {}),
    ("LeakyRelu", {"alpha": 0.1}),
    ("LeakyRelu", {}),
    ("Elu", {"alpha": 0.5}),
    ("HardSwish", {}),
    ("HardSigmoid", {"alpha": 1 / 6}),
    ("HardSigmoid", {}),
    ("Sigmoid", {}),
    ("Softplus", {}),
    ("Tanh", {}),
    ("Identity", {}),
    ("Dropout", {}),
    ("GlobalAveragePool", {}),
    ("GlobalMaxPool", {}),
    ("ReduceMean", {"axes": [2, 3], "keepdims": 1}),
    ("ReduceMean", {"axes": [-1, -2], "keepdims": 0}),
    ("Flatten", {}),
    ("Flatten", {"axis": -3}),
    ("Softmax", {"axis": 1}),
    ("Softmax", {}),
    ("Cast", {"to": 1}),
]


@pytest.mark.parametrize("op, settings", FUNCTIONS)
def test_operators_without_arrays(tmp_path, op, settings):
    agree(write(tmp_path, [node(op, "x", **settings)], (2, 3, 8, 8), opset=17 if op == "ReduceMean" else 14), X)


@pytest.mark.parametrize("opset", [9, 10, 11, 12, 13, 18, 20])
def test_settings_that_became_inputs(tmp_path, opset):
    """Clip's ends, Pad's pads, Dropout's ratio, the axes of ReduceMean: settings first, inputs later."""
    late = {"clip": opset >= 11, "pad": opset >= 11, "drop": opset >= 12, "mean": opset >= 18}
    stored = {"zero": np.float32(0), "six": np.float32(6), "share": np.float32(0.25)}
    stored |= {"pads": np.array([0, 0, 1, 0, 0, 0, 2, 3]), "axes": np.array([2, 3])}
    nodes = [
        node("Clip", "x", "zero", "six", out="a") if late["clip"] else node("Clip", "x", out="a", min=0.0, max=6.0),
        node("Pad", "a", "pads", out="b") if late["pad"] else node("Pad", "a", out="b", pads=[0, 0, 1, 0, 0, 0, 2, 3]),
        node("Dropout", "b", "share", out="c") if late["drop"] else node("Dropout", "b", out="c", ratio=0.25),
        node("ReduceMean", "c", "axes") if late["mean"] else node("ReduceMean", "c", axes=[2, 3]),
    ]
    used = {name for each in nodes for name in each.input}
    path = write(tmp_path, nodes, (2, 3, 8, 8), {k: v for k, v in stored.items() if k in used}, opset=opset)
    model = agree(path, X * 2)
    assert classes(model) == ["ReLU", "ZeroPadding2D", "Dropout", "GlobalAveragePooling2D"]
    assert model.layers[1].max_value == 6 and model.layers[3].rate == 0.25


@pytest.mark.parametrize("least, most", [(-1.0, 2.0), (None, 1.5), (-2.0, None), (0.0, None), (1.0, 3.0), (None, None)])
def test_clip(tmp_path, least, most):
    stored = {"lo": least, "hi": most}
    names = [key if value is not None else "" for key, value in stored.items()]
    stored = {key: np.float32(value) for key, value in stored.items() if value is not None}
    agree(write(tmp_path, [node("Clip", "x", *names)], (2, 3, 8, 8), stored), X)


def test_a_number_around_pictures(tmp_path):
    stored = {"pads": np.array([0, 0, 1, 3, 0, 0, 2, -1]), "number": np.float32(1.2)}
    agree(write(tmp_path, [node("Pad", "x", "pads", "number")], (2, 3, 8, 8), stored), X)


def test_a_pad_may_cut(tmp_path):
    stored = {"pads": np.array([0, 0, -1, 2, 0, 0, 1, -3])}
    assert classes(agree(write(tmp_path, [node("Pad", "x", "pads")], stored=stored), X[:1])) == [
        "ZeroPadding2D",
        "Cropping2D",
    ]


@pytest.mark.parametrize("shape", [(2, 3, 8, 8), (2, 3)])
def test_batch_normalization(tmp_path, shape):
    stored = {"bn.weight": drawn(3), "b": drawn(3), "m": drawn(3), "v": drawn(3, low=0.1)}
    path = write(tmp_path, [node("BatchNormalization", "x", *stored, momentum=0.8)], shape, stored)
    layer = agree(path, drawn(*shape)).layers[1]
    assert (layer.name, layer.momentum) == ("bn", pytest.approx(0.8))


def test_batch_normalization_of_a_flattened_picture(tmp_path):
    """Its numbers lie in another order than ONNX's, and so then do its arrays."""
    stored = {name: drawn(48, low=0.1) for name in "gbmv"} | {"w": drawn(48, 5)}
    nodes = [
        node("Flatten", "x", out="f"),
        node("BatchNormalization", "f", *"gbmv", out="n"),
        node("Sigmoid", "n", out="s"),
        node("MatMul", "s", "w"),
    ]
    assert classes(agree(write(tmp_path, nodes, (2, 3, 4, 4), stored), X[:, :, :4, :4]))[0] == "Flatten"


@pytest.mark.parametrize("slopes", [(3, 1, 1), (1,), (1, 3, 1, 1)])
def test_prelu(tmp_path, slopes):
    stored = {"slopes": drawn(*slopes)}
    agree(write(tmp_path, [node("PRelu", "x", "slopes")], (2, 3, 8, 8), stored), X)


@given(
    st.booleans(), st.sampled_from([1.0, 0.5]), st.sampled_from([1.0, 2.0]), st.sampled_from([None, (), (4,), (1, 4)])
)
def test_gemm(tmp_path_factory, turned, alpha, beta, bias):
    stored = {"w": drawn(4, 6) if turned else drawn(6, 4)} | ({} if bias is None else {"b": drawn(*bias)})
    gemm = node("Gemm", "x", *stored, transB=int(turned), alpha=alpha, beta=beta)
    agree(write(tmp_path_factory.mktemp("g"), [gemm], (2, 6), stored), ROW)


ORDERS = st.permutations([1, 2, 3]).map(lambda axes: [0, *axes])


@given(ORDERS, ORDERS)
def test_axes_in_any_order(tmp_path_factory, first, second):
    """Transposes are notes; numbers that are flattened after them lie as the notes say."""
    stored = {"w": drawn(3 * 4 * 5, 2)}
    nodes = [
        node("Transpose", "x", out="a", perm=first),
        node("Relu", "a", out="b"),
        node("Transpose", "b", out="c", perm=second),
        node("Flatten", "c", out="f"),
        node("MatMul", "f", "w"),
    ]
    path = write(tmp_path_factory.mktemp("t"), nodes, (2, 3, 4, 5), stored)
    agree(path, drawn(2, 3, 4, 5), turned=first != [0, 3, 1, 2])  # which says that pictures come channels last


def test_a_transpose_that_cancels_is_nothing(tmp_path):
    """A file from TensorFlow: channels last at both ends, ONNX's order in between."""
    stored = {"w": drawn(4, 3, 3, 3), "b": drawn(4, 1, 1)}
    nodes = [
        node("Transpose", "x", out="a", perm=[0, 3, 1, 2]),
        node("Conv", "a", "w", out="c"),
        node("Add", "c", "b", out="d"),
        node("Transpose", "d", out="e", perm=[0, 2, 3, 1]),
        node("ReduceMean", "e", axes=[1, 2], keepdims=0),
    ]
    path = write(tmp_path, nodes, (2, 8, 9, 3), stored)
    assert classes(agree(path, drawn(2, 8, 9, 3), turned=False)) == ["Conv2D", "GlobalAveragePooling2D"]


def test_pictures_that_come_channels_last_and_are_scaled_first(tmp_path):
    stored = {"scale": np.float32(1 / 255), "mean": drawn(3), "w": drawn(4, 3, 3, 3)}
    nodes = [
        node("Mul", "x", "scale", out="a"),
        node("Sub", "a", "mean", out="b"),
        node("Transpose", "b", out="c", perm=[0, 3, 1, 2]),
        node("Conv", "c", "w"),
    ]
    path = write(tmp_path, nodes, ("n", 8, 9, 3), stored)
    model = agree(path, drawn(2, 8, 9, 3) * 255, turned=False)
    assert model.input_shape == (None, 8, 9, 3)


@pytest.mark.parametrize("op", ["Add", "Mul", "Sub", "Max", "Min", "Mean", "Sum"])
def test_two_values_joined(tmp_path, op):
    nodes = [node("Relu", "x", out="a"), node("Sigmoid", "x", out="b"), node(op, "a", "b")]
    agree(write(tmp_path, nodes, (2, 3, 8, 8)), X)


def test_attention_over_channels(tmp_path):
    """A value of one pixel is stretched over a picture: squeeze and excitation."""
    stored = {"w": drawn(3, 3, 1, 1)}
    nodes = [
        node("GlobalAveragePool", "x", out="a"),
        node("Conv", "a", "w", out="b"),
        node("HardSigmoid", "b", out="c", alpha=1 / 6),
        node("Mul", "x", "c"),
    ]
    agree(write(tmp_path, nodes, (2, 3, 8, 8), stored, opset=14), X)


@pytest.mark.parametrize("op", ["Add", "Mul", "Sub", "Div"])
@pytest.mark.parametrize("shape", [(), (1,), (3, 1, 1), (1, 3, 1, 1), (1, 1, 1, 1)])
@pytest.mark.parametrize("first", [False, True])
def test_a_constant_for_all_or_for_each_channel(tmp_path, op, shape, first):
    stored = {"k": drawn(*shape, low=0.5, high=2.0)}
    if op == "Div" and first:
        assert "must be one number, or one a channel" in refused(write(tmp_path, [node(op, "k", "x")], stored=stored))
        return
    names = ["k", "x"] if first else ["x", "k"]
    assert classes(agree(write(tmp_path, [node(op, *names)], (2, 3, 8, 8), stored), X)) == ["Rescaling"]


@pytest.mark.parametrize("read_twice", [False, True])
def test_what_is_added_behind_a_layer_is_its_bias(tmp_path, read_twice):
    stored = {"w": drawn(4, 3, 3, 3), "b": drawn(1, 4, 1, 1), "v": drawn(4 * 6 * 6, 2), "c": drawn(2)}
    nodes = [
        node("Conv", "x", "w", out="a"),
        node("Add", "a", "b", out="d"),
        node("Flatten", "a" if read_twice else "d", out="f"),
        node("MatMul", "f", "v", out="m"),
        node("Add", "c", "m"),
    ]
    path = write(tmp_path, nodes, (2, 3, 8, 8), stored, outputs=("y", "d"))
    expected = ["Conv2D", "Rescaling", "Flatten", "Dense"] if read_twice else ["Conv2D", "Flatten", "Dense"]
    assert sorted(classes(agree(path, X))) == sorted(expected)


@pytest.mark.parametrize("target", [[0, -1], [-1, 48], [2, -1], [2, 3, 16], [0, 0, -1], [-1, 4, 4, 3], [2, 48, 1, 1]])
def test_reshape(tmp_path, target):
    stored = {"t": np.array(target)}
    agree(write(tmp_path, [node("Reshape", "x", "t")], (2, 3, 4, 4), stored), X[:, :, :4, :4])


def test_a_row_becomes_a_picture_again(tmp_path):
    stored = {"t": np.array([-1, 3, 4, 4]), "w": drawn(2, 3, 3, 3)}
    nodes = [node("Flatten", "x", out="f"), node("Reshape", "f", "t", out="r"), node("Conv", "r", "w")]
    agree(write(tmp_path, nodes, (2, 3, 4, 4), stored), X[:, :, :4, :4])


def test_axes_of_size_1_go_and_come(tmp_path):
    stored = {"axes": np.array([2, 3]), "w": drawn(3, 3)}
    nodes = [
        node("GlobalAveragePool", "x", out="a"),
        node("Squeeze", "a", "axes", out="b"),
        node("MatMul", "b", "w", out="c"),
        node("Unsqueeze", "c", "axes", out="d"),
        node("Add", "x", "d"),
    ]
    agree(write(tmp_path, nodes, (2, 3, 8, 8), stored), X)


def test_a_concatenation_of_pictures_and_of_rows(tmp_path):
    stored = {"w": drawn(2, 3, 1, 1), "v": drawn(5 * 16 + 3, 2)}
    nodes = [
        node("Conv", "x", "w", out="a"),
        node("Concat", "x", "a", out="b", axis=1),
        node("Flatten", "b", out="f"),
        node("GlobalAveragePool", "x", out="g"),
        node("Flatten", "g", out="h"),
        node("Concat", "f", "h", out="c", axis=-1),
        node("MatMul", "c", "v"),
    ]
    path = write(tmp_path, nodes, (2, 3, 4, 4), stored, outputs=("y", "b"))
    assert "Permute" not in classes(agree(path, X[:, :, :4, :4]))


@pytest.mark.parametrize("outputs", [("f",), ("f", "y"), ("y", "f")])
def test_outputs_are_in_the_order_of_the_file(tmp_path, outputs):
    """A flattened picture that is given as it is: in ONNX's order."""
    nodes = [node("Flatten", "x", out="f"), node("Relu", "x")]
    agree(write(tmp_path, nodes, (2, 3, 4, 4), outputs=outputs), X[:, :, :4, :4])


def test_logits_in_place_of_their_logarithms(tmp_path):
    stored = {"w": drawn(6, 4)}
    path = write(tmp_path, [node("MatMul", "x", "w", out="z"), node("LogSoftmax", "z")], (2, 6), stored)
    with pytest.warns(UserWarning, match="the LogSoftmax at the end is left out"):
        model = minicnn.load_model(path)
    logits = model.predict(ROW)
    shares = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    np.testing.assert_allclose(np.log(shares), answers(path, ROW)[0], rtol=1e-5, atol=1e-5)
    nodes = [node("LogSoftmax", "x", out="z"), node("MatMul", "z", "w")]
    assert "the last step of a classifier only" in refused(write(tmp_path, nodes, (2, 6), stored))


def test_a_softmax_and_its_logarithm(tmp_path):
    """The same in two nodes: no Softmax is left, and the logits' shares are those of the file."""
    stored = {"w": drawn(6, 4)}
    nodes = [node("MatMul", "x", "w", out="z"), node("Softmax", "z", out="p"), node("Log", "p")]
    with pytest.warns(UserWarning, match="the LogSoftmax at the end is left out"):
        model = minicnn.load_model(write(tmp_path, nodes, (2, 6), stored))
    assert classes(model) == ["Dense"]
    logits = model.predict(ROW)
    shares = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    np.testing.assert_allclose(np.log(shares), answers(tmp_path / "net.onnx", ROW)[0], rtol=1e-5, atol=1e-5)
    for elsewhere in ([node("Log", "x")], [*nodes[:2], node("Log", "p", out="l"), node("Relu", "l")]):
        assert "(Log): it is done here" in refused(write(tmp_path, elsewhere, (2, 6), stored if elsewhere[1:] else {}))
    both = write(tmp_path, nodes, (2, 6), stored, outputs=("p", "y"))
    assert "right after a Softmax only" in refused(both)


def test_a_normalization_of_rows_between_squeezes(tmp_path):
    """BatchNorm1d as PyTorch 1.3 wrote it."""
    stored = {"g": drawn(6), "b": drawn(6), "m": drawn(6), "v": drawn(6, low=0.5), "w": drawn(6, 3)}
    nodes = [
        node("Unsqueeze", "x", out="u", axes=[2]),
        node("BatchNormalization", "u", *"gbmv", out="n"),
        node("Squeeze", "n", out="s", axes=[2]),
        node("MatMul", "s", "w"),
    ]
    agree(write(tmp_path, nodes, (2, 6), stored, opset=9), ROW)
    wide = [node("BatchNormalization", "x", *"gbmv")]
    stored.pop("w")
    assert "on pictures or on rows of numbers" in refused(write(tmp_path, wide, (2, 6, 4), stored, opset=9))


def test_inputs_of_other_types_are_named(tmp_path):
    """Seven is int64 in ONNX, which nobody knows by heart."""
    assert "its input 'x' must be of floats. Received: int64." in refused(write(tmp_path, [node("Relu", "x")], kind=7))


def test_a_part_of_a_shape_is_of_plain_numbers(tmp_path):
    """Shape, its end without the examples, and what is reckoned from it."""
    stored = {"from": np.array([1]), "to": np.array([9]), "axis": np.array([0]), "minus": np.array([-1])}
    stored |= {"which": np.array([1, 2, 3]), "twice": np.array([2, 1, 1])}
    part = [node("Slice", "s", "from", "to", "axis", out="sizes")], [node("Gather", "s", "which", out="sizes")]
    for pick in part:
        nodes = [
            node("Shape", "x", out="s"),
            *pick,
            node("Mul", "sizes", "twice", out="more"),
            node("Div", "more", "twice", out="again"),
            node("Concat", "minus", "again", out="target", axis=0),
            node("Reshape", "x", "target"),
        ]
        used = {name for each in nodes for name in each.input}
        agree(write(tmp_path, nodes, ("n", 3, 8, 8), {k: v for k, v in stored.items() if k in used}), X)


def test_nodes_in_any_order(tmp_path):
    """keras2onnx wrote from the end; what goes in a circle is refused, in a list or in a file from its end."""
    stored = {"w": drawn(4, 3, 3, 3), "k": drawn(4 * 36, 5)}
    nodes = [
        node("Conv", "x", "w", out="c"),
        node("Relu", "c", out="r"),
        node("Add", "c", "r", out="a"),
        node("Flatten", "a", out="f"),
        node("MatMul", "f", "k"),
    ]
    sorted_net = agree(write(tmp_path, nodes, (2, 3, 8, 8), stored), X)
    rng = np.random.default_rng(3)
    for order in [range(4, -1, -1), *(rng.permutation(5) for _ in range(5))]:
        model = minicnn.load_model(write(tmp_path, [nodes[k] for k in order], (2, 3, 8, 8), stored))
        assert classes(model) == classes(sorted_net)
        np.testing.assert_array_equal(model.predict(channels_last(X)), sorted_net.predict(channels_last(X)))
    circle = [node("Add", "x", "b", out="a"), node("Relu", "a", out="b"), node("Relu", "b")]
    for way in (1, -1):
        assert "which nothing before it gives" in refused(write(tmp_path, circle[::way], (2, 6)))


def test_the_pads_that_the_older_exporter_computes(tmp_path):
    """ConstantOfShape, Concat, Reshape, Slice backwards, Transpose, Cast: the order of PyTorch's pads turned round."""
    stored = {"given": np.array([1, 2, 0, 1]), "missing": np.array([4]), "rows": np.array([-1, 2])}
    stored |= {"start": np.array([-1]), "end": np.array([-(2**63) + 1]), "axis": np.array([0]), "step": np.array([-1])}
    stored |= {"one": np.array([-1])}
    zero = onnx.numpy_helper.from_array(np.array([0]))
    nodes = [
        node("ConstantOfShape", "missing", out="zeros", value=zero),
        node("Concat", "given", "zeros", out="all", axis=0),
        node("Reshape", "all", "rows", out="pairs"),
        node("Slice", "pairs", "start", "end", "axis", "step", out="back"),
        node("Transpose", "back", out="turned", perm=[1, 0]),
        node("Reshape", "turned", "one", out="flat"),
        node("Cast", "flat", out="pads", to=7),
        node("Pad", "x", "pads"),
    ]
    assert classes(agree(write(tmp_path, nodes, (2, 3, 8, 8), stored), X)) == ["ZeroPadding2D"]


def test_a_view_by_the_size_of_the_batch(tmp_path):
    """x.view(x.size(0), -1): Shape, Gather, Unsqueeze, Concat, Reshape."""
    stored = {"0": np.array(0), "axis": np.array([0]), "rest": np.array([-1]), "w": drawn(48, 2)}
    nodes = [
        node("Shape", "x", out="s"),
        node("Gather", "s", "0", out="n", axis=0),
        node("Unsqueeze", "n", "axis", out="u"),
        node("Concat", "u", "rest", out="t", axis=0),
        node("Reshape", "x", "t", out="r"),
        node("MatMul", "r", "w"),
    ]
    agree(write(tmp_path, nodes, ("n", 3, 4, 4), stored), X[:, :, :4, :4])
    wrong = [*nodes[:3], node("Add", "u", "rest", out="t"), *nodes[4:]]
    assert "depends on the number of examples" in refused(write(tmp_path, wrong, ("n", 3, 4, 4), stored))


def test_weights_that_are_folded(tmp_path):
    """A kernel that a file keeps turned round, and halves of it in half precision."""
    stored = {"a": drawn(4, 2).astype(np.float16), "b": drawn(4, 4).astype(np.float16), "two": np.float32(2)}
    nodes = [
        node("Concat", "a", "b", out="c", axis=1),
        node("Transpose", "c", out="t"),
    ]
    nodes += [node("Cast", "t", out="f", to=1), node("Mul", "f", "two", out="w"), node("MatMul", "x", "w")]
    agree(write(tmp_path, nodes, (2, 6), stored), ROW)


def test_double_precision(tmp_path):
    """ONNX Runtime has no convolution of it."""
    stored = {"w": drawn(8, 4).astype(np.float64)}
    nodes = [node("Relu", "x", out="r"), node("MatMul", "r", "w")]
    path = write(tmp_path, nodes, (2, 3, 8, 8), stored, kind=11)
    x = X.astype(np.float64)
    model = minicnn.load_model(path)
    assert model.dtype == "float64"
    np.testing.assert_allclose(
        model.predict(channels_last(x)), channels_last(answers(path, x)[0]), rtol=1e-12, atol=1e-12
    )


def test_numbers_that_are_stored_one_by_one(tmp_path):
    kernel = drawn(6, 4)
    for kind, values in ((1, kernel), (10, kernel.astype(np.float16).view(np.uint16)), (11, kernel)):
        made = document([node("Cast", "w", out="f", to=1), node("MatMul", "x", "f")], (2, 6))
        tensor = onnx.TensorProto(name="w", data_type=kind, dims=[6, 4])
        field = {1: tensor.float_data, 10: tensor.int32_data, 11: tensor.double_data}[kind]
        field.extend(values.reshape(-1).tolist())
        made.graph.initializer.append(tensor)
        (tmp_path / "net.onnx").write_bytes(made.SerializeToString())
        agree(tmp_path / "net.onnx", ROW)


def test_nodes_that_no_output_needs_are_left_aside(tmp_path):
    nodes = [node("Relu", "x"), node("TopK", "x", out="z"), node("NonMaxSuppression", "nothing", out="w")]
    made = document(nodes)
    (tmp_path / "net.onnx").write_bytes(made.SerializeToString())
    assert classes(minicnn.load_model(tmp_path / "net.onnx")) == ["ReLU"]


def test_names_that_paths_and_terminals_would_take_for_something_else(tmp_path):
    nodes = [
        node("Relu", "x", out="a", name="../\x1b[2J"),
        node("Relu", "a", out="b", name=".."),
        node("Relu", "b", out="c", name="/layer1/layer1.0/relu/Relu"),
        node("Relu", "c", out="d", name="/layer1/layer1.1/Relu"),
        node("Tanh", "d", name="/layer1/layer1.1/Tanh"),
    ]
    model = agree(write(tmp_path, nodes), X[:1])
    names = [layer.name for layer in model.layers]
    assert names == ["x", "..__[2J", "Relu", "layer1.0.relu", "layer1.1.Relu", "layer1.1.Tanh"]


@pytest.mark.parametrize(
    "nodes, stored, sentence",
    [
        ([node("Sin", "x", name="/s")], {}, "node '/s' (Sin): the operator Sin is not read here."),
        ([node("Loop", "x")], {}, "node 'y' (Loop): the operator Loop is not read here."),
        (
            [node("Loop", "x", out="l"), node("Sin", "l", out="s"), node("Erf", "s", out="e"), node("Relu", "e")],
            {},
            "node 'l' (Loop): the operator Loop is not read here, nor are Erf, Sin.",
        ),
        ([node("Relu")], {}, "it has no input."),
        (
            [node("Unsqueeze", "x", axes=2)],
            {},
            "node 'y' (Unsqueeze): its settings or its inputs are not as ONNX has them.",
        ),
        ([node("Conv", "x", "x")], {}, "node 'y' (Conv): its input 1 must be constant."),
        (
            [node("MatMul", "x", "w")],
            {"w": drawn(8)},
            "node 'y' (MatMul): its input 1 must be a matrix. Received: (8,).",
        ),
        ([node("Gemm", "x", "w")], {"w": drawn(8, 2)}, "node 'y' (Gemm): it must work on rows of numbers"),
        (
            [node("Clip", "x", "lo", "lo")],
            {"lo": np.float32(2)},
            "its ends must be numbers, and apart. Received: 2.0 to 2.0",
        ),
        (
            [node("Transpose", "x", perm=[1, 0, 2, 3])],
            {},
            "`perm` must hold each axis once, that of the examples first",
        ),
        ([node("Flatten", "x", axis=2)], {}, "it must leave the examples apart: only `axis` 1 is done here"),
        ([node("Reshape", "x", "t")], {"t": np.array([3, 64])}, "each example must keep its own 192 numbers"),
        ([node("Concat", "x", "x", axis=0)], {}, "it must join values of one rank, and not along the examples"),
        ([node("ReduceMean", "x", axes=[1])], {}, "it is done here over height and width of pictures only"),
        ([node("Softmax", "x", axis=0)], {}, "along axis 0 of 4 it is not done here"),
        (
            [node("Pad", "x", "p", mode="reflect")],
            {"p": np.zeros(8, int)},
            "only one number is put around pictures here. Received: mode 'reflect'",
        ),
        ([node("Pad", "x", "p")], {"p": np.array([0, 1, 0, 0] * 2)}, "along height and width of pictures only"),
        ([node("Add", "x", "k")], {"k": drawn(3, 8, 8)}, "a constant must be one number, or one a channel"),
        ([node("Cast", "x", to=7)], {}, "numbers that are computed stay floats here"),
        ([node("Identity", "k")], {"k": drawn(2)}, "it has no input."),
        ([node("Relu", "missing")], {}, "it has no input."),
        ([node("Add", "x", "missing")], {}, "node 'y' (Add): it reads 'missing', which nothing before it gives."),
    ],
)
def test_refusals(tmp_path, nodes, stored, sentence):
    assert sentence in refused(write(tmp_path, nodes, stored=stored, opset=13))


def test_an_output_that_is_a_constant(tmp_path):
    nodes = [node("Identity", "k"), node("Relu", "x", out="z")]
    assert (
        refused(write(tmp_path, nodes, stored={"k": drawn(2)}, outputs=("y", "z"))) == "its output 'y' is a constant."
    )


def test_other_domains_are_not_onnx(tmp_path):
    made = document([node("Relu", "x")])
    made.graph.node[0].domain = "com.microsoft"
    (tmp_path / "net.onnx").write_bytes(made.SerializeToString())
    assert (
        refused(tmp_path / "net.onnx")
        == "node 'y' (com.microsoft.Relu): the operator com.microsoft.Relu is not read here."
    )
