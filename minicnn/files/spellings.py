"""Other spellings of what a layer does: Keras writes them as they were typed; here all are layers and names.

    x / 127.5 - 1                        Rescaling(1 / 127.5), Rescaling(1, -1)     with a number, or one a channel
    Conv2D(8, 3, activation=ReLU(6.0))   Conv2D(8, 3, activation="relu6")           where the function has a name

Source: files of Keras 2.15 to 3.15.
"""

from typing import Any

import numpy as np

from ..types import Array
from .model_file import Config

OPERATIONS: dict[str, str] = {  # what Keras 3 calls it, and Keras 2
    "Add": "+", "math.add": "+", "__operators__.add": "+",
    "Subtract": "-", "math.subtract": "-",
    "Multiply": "*", "math.multiply": "*",
    "TrueDivide": "/", "Divide": "/", "math.truediv": "/", "math.divide": "/",
}  # fmt: skip
FUNCTIONS: dict[
    str, dict[tuple[Any, ...], str]
] = {  # a layer, and its settings where they are not as in DEFAULTS -> the function's name
    "ReLU": {(): "relu", (("max_value", 6.0),): "relu6"},
    "LeakyReLU": {(("negative_slope", 0.2),): "leaky_relu", (("alpha", 0.2),): "leaky_relu"},
    "ELU": {(("alpha", 1.0),): "elu"},
    "Softmax": {(("axis", -1),): "softmax"},
}
DEFAULTS: Config = {"alpha": None, "axis": None, "max_value": None, "negative_slope": 0.0, "threshold": 0.0}


def named_activation(entry: Config, layer: Any) -> str:
    """Return the name of the function that a serialized activation of a layer is."""
    config, class_name = entry.get("config"), str(entry.get("class_name"))
    given = config if isinstance(config, dict) else {}
    set_here = [(key, given[key]) for key, default in DEFAULTS.items() if given.get(key, default) != default]
    settings = tuple((key, round(item, 6) if isinstance(item, int | float) else str(item)) for key, item in set_here)
    if settings not in FUNCTIONS.get(class_name, {}):
        raise ValueError(
            f"layer {layer!r} has an activation of class {class_name!r} in it, which is no function that "
            f"has a name; it must be a layer after it."
        )
    return FUNCTIONS[class_name][settings]


def as_rescaling(entry: Config) -> Config:
    """Return a Rescaling for arithmetic with a number; any other serialized layer as it is."""
    old = entry["class_name"] == "TFOpLambda"
    operation = OPERATIONS.get(str(entry["config"].get("function")) if old else entry["class_name"])
    nodes = entry.get("inbound_nodes")
    if operation is None or not isinstance(nodes, list) or len(nodes) != 1:
        return entry
    node, number, last = (_split_old_call if old else _split_call)(nodes[0])
    number = _number(number)
    if number is None or operation == "/" and not (last and number.all()):
        return entry
    scale, offset = np.ones(()), np.zeros(())
    with np.errstate(all="ignore"):  # what is not finite then, the layer refuses
        if operation == "*":
            scale = number
        elif operation == "/":
            scale = 1 / number
        else:
            offset = number if operation == "+" or not last else -number
            scale = scale if operation == "+" or last else -scale
    config = {"name": entry["config"].get("name"), "scale": scale.tolist(), "offset": offset.tolist()}
    return {**entry, "module": "keras.layers", "class_name": "Rescaling", "config": config, "registered_name": None,
            "inbound_nodes": [node]}  # fmt: skip


def _split_call(node: Any) -> tuple[Any, Any, bool]:
    """Split a call of a tensor and a number: (the call of the tensor alone, the number, whether it comes last)."""
    args = node.get("args") if isinstance(node, dict) else None
    if not isinstance(args, list) or len(args) != 2:
        return node, None, True
    last = isinstance(args[0], dict) and args[0].get("class_name") == "__keras_tensor__"
    return {"args": args[:1] if last else args[1:], "kwargs": {}}, args[1 if last else 0], last


def _split_old_call(node: Any) -> tuple[Any, Any, bool]:
    """Split `[layer, call, output, {"y": number}]` or `["_CONSTANT_VALUE", -1, number, {"y": tensor}]` alike."""
    if not isinstance(node, list) or len(node) != 4 or not isinstance(node[3], dict):
        return node, None, True
    if node[0] == "_CONSTANT_VALUE":
        return [node[3].get("y")], node[2], False
    return [node[:3]], node[3].get("y"), True


def _number(value: Any) -> Array | None:
    """Return a number, or one a channel, as an array; None for anything else."""
    if isinstance(value, dict) and value.get("class_name") in ("__numpy__", "__tensor__"):
        value = value["config"].get("value") if isinstance(value.get("config"), dict) else None
    try:
        array = np.asarray(value)
    except ValueError:  # ragged, or too deep
        return None
    if array.dtype.kind not in "fiu" or array.size == 0 or array.size not in (1, *array.shape[-1:]):
        return None
    return array.astype(np.float64).reshape(-1 if array.size > 1 else ())
