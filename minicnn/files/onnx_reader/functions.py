"""Operators that work on every number for itself, or along one axis: Relu, Clip, Softmax, Dropout, ..."""

import math
import warnings
from collections.abc import Callable
from typing import Any

from ...arguments import LARGEST_FLOAT32
from .folding import axis_of, one_number
from .net import Number, Tensor
from .proto import Node
from .translation import Translation


def function(class_name: str, positive: bool = False, **settings: Any) -> Callable[[Translation, Node, str], Tensor]:
    """Return the operator that is one elementwise layer without arrays."""

    def operator(work: Translation, node: Node, name: str) -> Tensor:
        x = work.tensor(node, 0)
        layer = work.net.add(name, class_name, [x], **settings)
        return x._replace(layer=layer, positive=positive)

    return operator


def leaky_relu(work: Translation, node: Node, name: str) -> Tensor:
    """LeakyRelu."""
    return function("LeakyReLU", negative_slope=node.number("alpha", 0.01))(work, node, name)


def elu(work: Translation, node: Node, name: str) -> Tensor:
    """Elu."""
    return function("ELU", alpha=node.number("alpha", 1.0))(work, node, name)


def gelu(work: Translation, node: Node, name: str) -> Tensor:
    """Gelu, the exact one."""
    if node.text("approximate", "none") != "none":
        raise ValueError("`approximate` is not done here.")
    return function("Activation", activation="gelu")(work, node, name)


def hard_sigmoid(work: Translation, node: Node, name: str) -> Tensor:
    """HardSigmoid: Keras's where the slope is a sixth, else a line between 0 and 1."""
    slope, middle = node.number("alpha", 0.2), node.number("beta", 0.5)
    if abs(slope - 1 / 6) < 1e-6 and middle == 0.5:
        return function("Activation", positive=True, activation="hard_sigmoid")(work, node, name)
    x = work.tensor(node, 0)
    x = x._replace(layer=work.net.add(f"{name}_line", "Rescaling", [x], scale=slope, offset=middle))
    return x._replace(layer=work.net.add(name, "ReLU", [x], max_value=1.0), positive=True)


def clip(work: Translation, node: Node, name: str) -> Tensor:
    """Clip: from 0 on it is a ReLU, with a maximum where there is one; other ends are a Maximum and a Minimum."""
    x = work.tensor(node, 0)
    least, most = (_end(work, node, position, key) for position, key in enumerate(("min", "max"), 1))
    if not least < most:
        raise ValueError(f"its ends must be numbers, and apart. Received: {least} to {most}.")
    if least == 0:
        bound = None if most >= LARGEST_FLOAT32 else most
        return x._replace(layer=work.net.add(name, "ReLU", [x], max_value=bound), positive=True)
    if least > -LARGEST_FLOAT32:
        x = limited(work, name if most >= LARGEST_FLOAT32 else f"{name}_min", x, "Maximum", least)
    return x if most >= LARGEST_FLOAT32 else limited(work, name, x, "Minimum", most)


def _end(work: Translation, node: Node, position: int, key: str) -> float:
    """Return one end of a Clip, an input or, in older files, a setting; infinite where there is none."""
    given = work.constant(node, position)
    nowhere = -math.inf if key == "min" else math.inf
    return node.number(key, nowhere) if given is None else one_number(given, key)


def limited(work: Translation, name: str, x: Tensor, class_name: str, value: Number) -> Tensor:
    """Return the larger ("Maximum") or smaller ("Minimum") of every number and a constant, to the last bit.

    The constant is 0 x + value. A ReLU between shifts would round what lies between the ends: all of it, at 1e9.
    """
    lowest = min(value) if isinstance(value, list) else value
    if class_name == "Maximum" and value == 0:
        return x._replace(layer=work.net.add(name, "ReLU", [x]), positive=True)
    if class_name == "Minimum" and x.positive and not isinstance(value, list) and value > 0:
        return x._replace(layer=work.net.add(name, "ReLU", [x], max_value=value))
    end = x._replace(layer=work.net.add(f"{name}_end", "Rescaling", [x], scale=0.0, offset=value))
    positive = lowest >= 0 and (x.positive or class_name == "Maximum") or (x.positive and class_name == "Maximum")
    return x._replace(layer=work.net.add(name, class_name, [x, end]), positive=positive)


def softmax(work: Translation, node: Node, name: str) -> Tensor:
    """Softmax along one axis; before version 13 along all from that axis on."""
    x = work.tensor(node, 0)
    rank = len(x.shape)
    axis = axis_of(node.integer("axis", -1 if work.opset >= 13 else 1), rank)
    if axis == 0 or (work.opset < 13 and any(size != 1 for size in x.shape[axis + 1 :])):
        raise ValueError(f"along axis {axis} of {rank} it is not done here, in version {work.opset} of the operators.")
    layer = work.net.add(name, "Softmax", [x], axis=x.axes.index(axis))
    return x._replace(layer=layer, positive=True)


def log_softmax(work: Translation, node: Node, name: str) -> Tensor:
    """LogSoftmax as a net's last step: its input is given, logits too, whose softmax is the same."""
    return _logits(work, node, node.outputs[0])


def log(work: Translation, node: Node, name: str) -> Tensor:
    """Log right after a Softmax, as a net's last step: together they are a LogSoftmax."""
    given = node.inputs[0]
    maker = work.makers.get(given)
    if maker is None or maker.op != "Softmax" or work.uses[given] > 1:
        raise ValueError("it is done here right after a Softmax only, as the last step of a classifier.")
    x = _logits(work, maker, node.outputs[0])
    del work.net.layers[work.tensors[given].layer]
    return x


def _logits(work: Translation, node: Node, result: str) -> Tensor:
    """Return what goes into a softmax, if nothing comes after `result`."""
    x = work.tensor(node, 0)
    axis = axis_of(node.integer("axis", -1 if work.opset >= 13 else 1), len(x.shape))
    if result not in work.ends or work.uses[result] > 1 or len(x.shape) != 2 or axis != 1:
        raise ValueError("it is done here as the last step of a classifier only.")
    warnings.warn(
        "the LogSoftmax at the end is left out: the model gives logits, whose softmax gives the same probabilities.",
        stacklevel=2,
    )
    return x


def dropout(work: Translation, node: Node, name: str) -> Tensor:
    """Dropout, which does nothing in prediction."""
    x, rate = work.tensor(node, 0), work.constant(node, 1)
    training = work.constant(node, 2)
    if training is not None and training.any():
        raise ValueError("`training_mode` is not done here: whoever trains says so.")
    share = node.number("ratio", 0.5) if rate is None else one_number(rate, "ratio")
    return x._replace(layer=work.net.add(name, "Dropout", [x], rate=share))


def same(work: Translation, node: Node, name: str) -> Tensor:
    """Identity."""
    return work.tensor(node, 0)


def cast(work: Translation, node: Node, name: str) -> Tensor:
    """Cast to a type of floats, where all stays as it is."""
    if node.integer("to", 0) not in (1, 10, 11):
        raise ValueError("numbers that are computed stay floats here.")
    return work.tensor(node, 0)
