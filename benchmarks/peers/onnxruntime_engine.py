"""ONNX Runtime: forward passes, in its own layout (NCHW), with the output's memory given beforehand.

The models are written node by node; nothing is exported.
"""

import numpy as np
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

OPSET, IR_VERSION = 17, 9
TYPES = {"float32": TensorProto.FLOAT, "float64": TensorProto.DOUBLE}
ELEMENTWISE = {"relu": "Relu", "sigmoid": "Sigmoid", "softmax": "Softmax"}


class Engine:
    """ONNX Runtime's CPU engine."""

    name = "onnxruntime"
    has_threads = True

    def __init__(self, threads):
        self.threads = threads

    def session(self, nodes, weights, x_shape, y_shape, dtype="float32"):
        """Make a session of a graph from "x" to "y".

        Parameters
        ----------
        nodes : list of onnx nodes
        weights : dict
            Name -> array.
        x_shape, y_shape : tuples
        dtype : "float32" or "float64"
        """
        ends = [
            helper.make_tensor_value_info(name, TYPES[dtype], shape) for name, shape in (("x", x_shape), ("y", y_shape))
        ]
        tensors = [numpy_helper.from_array(np.ascontiguousarray(array), name) for name, array in weights.items()]
        graph = helper.make_graph(nodes, "case", ends[:1], ends[1:], tensors)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION)
        return self.open(model.SerializeToString())

    def open(self, model):
        """Make a session of a model, given as bytes or as the path of a file."""
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads, options.inter_op_num_threads = self.threads, 1
        options.log_severity_level = 4
        return onnxruntime.InferenceSession(model, options, ["CPUExecutionProvider"])

    def runs(self, case, which, arrays):
        """Make the calls of one pass. Arguments and result as minicnn's; gradients it has none."""
        if which != "fwd" or 0 in case.x_shape:
            return {}
        x, kernel, bias, _ = arrays
        pictures = len(case.x_shape) == 4 and case.operation not in ELEMENTWISE
        x = np.ascontiguousarray(x.transpose(0, 3, 1, 2) if pictures else x)
        y_shape = tuple(case.y_shape[i] for i in (0, 3, 1, 2)) if pictures else case.y_shape
        nodes, weights = _graph(case, kernel, bias)
        try:
            session = self.session(nodes, weights, x.shape, y_shape, case.dtype)
        except onnxruntime.capi.onnxruntime_pybind11_state.NotImplemented:
            return {}  # it has no float64 form of this operation
        binding = session.io_binding()
        binding.bind_cpu_input("x", x)
        y = onnxruntime.OrtValue.ortvalue_from_shape_and_type(y_shape, case.dtype)
        binding.bind_ortvalue_output("y", y)

        def call():
            session.run_with_iobinding(binding)
            return y

        return {"onnxruntime": (call, lambda value: _channels_last(value.numpy(), pictures))}


def _channels_last(y, pictures):
    return y.transpose(0, 2, 3, 1) if pictures else y


def _graph(case, kernel, bias):
    """Write a case as nodes and weights."""
    if case.operation in ELEMENTWISE:
        return [helper.make_node(ELEMENTWISE[case.operation], ["x"], ["y"])], {}
    if case.operation == "dense":
        return [helper.make_node("Gemm", ["x", "w", "b"], ["y"])], {"w": kernel, "b": bias}
    (top, bottom), (left, right) = case.pads
    how = {"kernel_shape": case.window, "strides": case.strides, "pads": [top, left, bottom, right]}
    if case.operation == "maxpool2d":
        return [helper.make_node("MaxPool", ["x"], ["y"], **how)], {}
    if case.operation == "depthwise_conv2d":
        node = helper.make_node("Conv", ["x", "w", "b"], ["y"], group=case.x_shape[3], **how)
        return [node], {"w": kernel.transpose(2, 3, 0, 1), "b": bias}
    nodes = [helper.make_node("Conv", ["x", "w", "b"], ["z"], **how), helper.make_node("Relu", ["z"], ["y"])]
    return nodes, {"w": kernel.transpose(3, 2, 0, 1), "b": bias}
