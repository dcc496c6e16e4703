"""A small ONNX file, and damaged whole numbers in it: what fuzz.py needs of the package `onnx`."""

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper


def small_net():
    """Return the bytes of a small net as PyTorch writes them."""
    dice = np.random.default_rng(0)
    shapes = {"conv.weight": (4, 3, 3, 3), "conv.bias": (4,), "head.weight": (3, 64), "head.bias": (3,)}
    arrays = {name: dice.normal(size=shape).astype(np.float32) for name, shape in shapes.items()}
    arrays |= {
        "zero": np.float32(0),
        "six": np.float32(6),
        "rows": np.array([0, -1]),
        "around": np.array([0, 0, 1, 1] * 2),
    }
    nodes = [
        helper.make_node("Pad", ["x", "around"], ["a"]),
        helper.make_node("Conv", ["a", "conv.weight", "conv.bias"], ["b"], strides=[1, 1], dilations=[1, 1], group=1),
        helper.make_node("Clip", ["b", "zero", "six"], ["c"]),
        helper.make_node("MaxPool", ["c"], ["d"], kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1], ceil_mode=0),
        helper.make_node("Transpose", ["d"], ["e"], perm=[0, 1, 3, 2]),
        helper.make_node("Concat", ["d", "e"], ["f"], axis=1),
        helper.make_node("AveragePool", ["f"], ["g"], kernel_shape=[1, 1], strides=[1, 1]),
        helper.make_node("Reshape", ["g", "rows"], ["h"]),
        helper.make_node("Concat", ["head.weight", "head.weight"], ["w"], axis=1),
        helper.make_node("Gemm", ["h", "w", "head.bias"], ["i"], transB=1),
        helper.make_node("Softmax", ["i"], ["y"], axis=1),
    ]
    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in
            (("x", ["n", 3, 8, 8]), ("y", ["n", 3]))]  # fmt: skip
    stored = [numpy_helper.from_array(np.asarray(array), name) for name, array in arrays.items()]
    graph = helper.make_graph(nodes, "net", ends[:1], ends[1:], stored)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    return model.SerializeToString()


def with_sizes(whole, dice):
    """Change one to three of the whole numbers that an ONNX file has: settings, shapes, pads that are stored."""
    model = onnx.load_from_string(whole)
    settings = [each for node in model.graph.node for each in node.attribute]
    lists = [each.ints for each in settings if each.ints] + [each.dims for each in model.graph.initializer if each.dims]
    for _ in range(dice.randint(1, 3)):
        size = dice.choice((0, -1, 1, 2, 7, 63, 65, 10**4, 10**6, 10**9, 2**31, 2**62, -(2**63)))
        what = dice.randrange(4)
        if what == 0:
            dice.choice([each for each in settings if each.type == onnx.AttributeProto.INT]).i = size
        elif what == 1:
            stored = dice.choice([each for each in model.graph.initializer if each.data_type == onnx.TensorProto.INT64])
            numbers = bytearray(stored.raw_data)
            at = 8 * dice.randrange(len(numbers) // 8)
            numbers[at : at + 8] = size.to_bytes(8, "little", signed=True)
            stored.raw_data = bytes(numbers)
        else:
            numbers = dice.choice(lists)
            numbers[dice.randrange(len(numbers))] = size
    return model.SerializeToString()
