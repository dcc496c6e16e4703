"""ONNX files made node by node, and what ONNX Runtime and minicnn answer to them."""

import numpy as np
import pytest

import minicnn

onnx = pytest.importorskip("onnx")
onnxruntime = pytest.importorskip("onnxruntime")
onnxruntime.set_default_logger_severity(4)  # it warns of weights that older files list as inputs, too

RNG = np.random.default_rng(5)


def node(op, *inputs, out="y", name="", **settings):
    """Return a node of one output."""
    return onnx.helper.make_node(op, list(inputs), [out], name=name, **settings)


def drawn(*shape, low=-1.0, high=1.0):
    """Return weights."""
    return RNG.uniform(low, high, shape).astype(np.float32)


def document(nodes, shape=(1, 3, 8, 8), stored=None, opset=17, outputs=("y",), kind=1, **more):
    """Return a ModelProto of these nodes with the input "x"."""
    graph = onnx.helper.make_graph(
        list(nodes),
        "net",
        [onnx.helper.make_tensor_value_info("x", kind, shape)],
        [onnx.helper.make_tensor_value_info(name, kind, None) for name in outputs],
        [onnx.numpy_helper.from_array(np.asarray(array), name) for name, array in (stored or {}).items()],
    )
    return onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", opset)], ir_version=9, **more)


def write(folder, *args, name="net.onnx", **more):
    """Write such a document; return its path."""
    path = folder / name
    path.write_bytes(document(*args, **more).SerializeToString())
    return path


def answers(path, x):
    """Return what ONNX Runtime answers."""
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    return session.run(None, {session.get_inputs()[0].name: x})


def channels_last(array):
    """Return pictures (N, C, H, W) as minicnn has them; all else as it is."""
    return np.ascontiguousarray(array.transpose(0, 2, 3, 1)) if array.ndim == 4 else array


def agree(path, x, tolerance=1e-5, turned=True, answer_turned=True):
    """Load a file and hold every output against ONNX Runtime's; return the model.

    `turned`, `answer_turned`: whether the file has its pictures channels first where they come, and where they leave.
    """
    model = minicnn.load_model(path)
    ours = model.predict(channels_last(x) if turned else x)
    theirs = answers(path, x)
    for one, other in zip(ours if isinstance(ours, list) else [ours], theirs, strict=True):
        wanted = channels_last(other) if answer_turned else other
        assert one.shape == wanted.shape
        np.testing.assert_allclose(one, wanted, rtol=tolerance, atol=tolerance * max(1, np.abs(wanted).max()))
    return model


def classes(model):
    """Return the classes of a model's layers, in order, without its input."""
    return [type(layer).__name__ for layer in model.layers if type(layer).__name__ != "InputLayer"]


def refused(path):
    """Return the sentence with which a file is refused."""
    with pytest.raises(ValueError) as error:
        minicnn.load_model(path)
    sentence = str(error.value)
    assert sentence.startswith(str(path.parent)) and "\n" not in sentence and len(sentence) < 1000
    return sentence.removeprefix(f"{path}: ")
