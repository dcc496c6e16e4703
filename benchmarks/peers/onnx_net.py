"""A chain of minicnn's layers as ONNX nodes, channels first, written from the weights alone."""

import numpy as np
from onnx import helper

from minicnn import layers

ACTIVATIONS = {"relu": "Relu", "sigmoid": "Sigmoid", "softmax": "Softmax"}


def graph(model):
    """Return the nodes from "x" (N, C, H, W) to "y", and their weights.

    Raises
    ------
    ValueError: a layer that is not translated.
    """
    nodes, weights, here = [], {}, "x"
    shape = None  # (H, W, C) before a Flatten: Dense's rows are in that order, ONNX's pictures are not

    def add(kind, *more, **settings):
        nonlocal here
        nodes.append(helper.make_node(kind, [here, *more], [f"v{len(nodes)}"], **settings))
        here = f"v{len(nodes) - 1}"

    def constant(name, array):
        weights[name] = np.ascontiguousarray(array, np.float32)
        return name

    for layer in model.layers:
        name = layer.name
        if isinstance(layer, layers.Rescaling):
            add("Mul", constant(f"{name}/scale", np.float32(layer.scale)))
        elif isinstance(layer, layers.Conv2D):
            (top, bottom), (left, right) = layer.pads(layer.input_shape[1:3])
            add(
                "Conv",
                constant(f"{name}/w", layer.params["kernel"].transpose(3, 2, 0, 1)),
                constant(f"{name}/b", layer.params["bias"]),
                strides=layer.strides,
                pads=[top, left, bottom, right],
            )
        elif isinstance(layer, layers.MaxPooling2D):
            add("MaxPool", kernel_shape=layer.pool_size, strides=layer.strides)
        elif isinstance(layer, layers.InputLayer):
            continue
        elif isinstance(layer, layers.Flatten):
            shape = layer.input_shape[1:]
            add("Flatten")
        elif isinstance(layer, layers.Dense):
            kernel = layer.params["kernel"]
            if shape is not None:
                kernel = kernel.reshape(*shape, -1).transpose(2, 0, 1, 3).reshape(kernel.shape)
                shape = None
            add("Gemm", constant(f"{name}/w", kernel), constant(f"{name}/b", layer.params["bias"]))
        elif not isinstance(layer, (layers.ReLU, layers.Softmax, layers.Sigmoid)):
            raise ValueError(f"Layer '{name}' of class {type(layer).__name__} has no ONNX form here.")
        activation = "relu" if isinstance(layer, layers.ReLU) else layer.activation
        if activation:
            add(ACTIVATIONS[activation])
    nodes[-1].output[0] = "y"
    return nodes, weights
