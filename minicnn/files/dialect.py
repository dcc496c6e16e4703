"""Translate what Keras 2 and the versions of Keras 3 wrote into one dialect: Keras 3's, made plain.

After `model_config` every layer has "module", "class_name", "config"; dtype policies are names ("float32"); an
InputLayer has "batch_shape" and stands in its Sequential even where the file implied it; and the settings that
Keras 3 renamed or dropped have their new names. `inbound_nodes` stay as they are: `parse_functional` reads both
dialects. Compile settings are translated in compiling.py. Nothing is looked up or called by a name that stands in a
file.
"""

import collections
from typing import Any

from .graph import NESTED
from .keras1 import keras2_words
from .layout import layers_of, walk_layers
from .model_file import MAX_NESTING, Config
from .spellings import as_rescaling, named_activation

RENAMED: dict[str, str] = {"lr": "learning_rate", "batch_input_shape": "batch_shape"}
# Settings of Keras 2 that Keras 3's layer no longer has; where they hold these values nothing is lost.
DROPPED: dict[str, dict[str, tuple[Any, ...] | None]] = {
    "DepthwiseConv2D": {"groups": (1,)},
    "SeparableConv2D": {"groups": (1,), "kernel_initializer": None, "kernel_regularizer": (None,),
                        "kernel_constraint": (None,)},
}  # fmt: skip


def model_config(entry: Any, depth: int = 0) -> Config:
    """Return a serialized model in Keras 3's dialect.

    Parameters
    ----------
    entry : dict
        {"class_name", "config", ...}, as a file has it: nothing of it is trusted.
    depth : int
        How many models are around it.

    Raises
    ------
    ValueError
        It is no Sequential and no Functional model, or a layer isn't an object with class name and config.

    Examples
    --------
    >>> old = [{"class_name": "Flatten", "config": {"name": "f"}}]  # Keras 2.2 wrote the layers alone
    >>> model = model_config({"class_name": "Sequential", "config": old})
    >>> model["config"]["layers"][0]["config"]["name"]
    'f'
    """
    if depth > MAX_NESTING:
        raise ValueError(f"its models are nested more than {MAX_NESTING} deep.")
    if not isinstance(entry, dict) or not isinstance(entry.get("class_name"), str):
        raise ValueError("its config is no serialized model: it has no class name.")
    if entry["class_name"] not in NESTED:
        raise ValueError(f"its model must be Sequential or Functional. Received: class {entry['class_name'][:80]!r}.")
    config = entry.get("config")
    if entry["class_name"] == "Sequential" and isinstance(config, list):  # Keras before 2.2.3
        entry = {**entry, "config": {"name": entry.get("name", "sequential"), "layers": config}}
    layers = _named_apart([_layer(layer, depth) for layer in layers_of(entry)], entry)
    config = {**_plain(entry["config"]), "layers": layers}
    config.setdefault("name", entry["class_name"].lower())
    sequential = entry["class_name"] == "Sequential"
    shapes = [layer["config"].pop("batch_shape", None) for layer in layers if layer["class_name"] != "InputLayer"]
    if sequential:
        config["layers"] = _with_input(layers, shapes, config.get("build_input_shape"))
    more = {key: entry[key] for key in ("build_config", "name", "inbound_nodes") if key in entry}
    result = {
        "module": "keras" if sequential else "keras.src.models.functional",
        "class_name": "Sequential" if sequential else "Functional",
        "config": config,
        "registered_name": None if sequential else "Functional",
        **more,
    }
    if depth == 0:
        collections.deque(walk_layers(result), maxlen=0)  # names are checked on the way
    return result


def _named_apart(layers: list[Config], entry: Config) -> list[Config]:
    """Number nested models that their lists left without a name: "sequential", "sequential_1", ..."""
    given = entry["config"]["layers"]
    taken = {
        str(layer["config"].get("name")) for layer, old in zip(layers, given, strict=True) if not _is_nameless(old)
    }
    for layer, old in zip(layers, given, strict=True):
        if _is_nameless(old):
            name, number = "sequential", 0
            while name in taken:
                number += 1
                name = f"sequential_{number}"
            taken.add(name)
            layer["config"]["name"] = name
    return layers


def _is_nameless(entry: Config) -> bool:
    return isinstance(entry["config"], list) and "name" not in entry


def _layer(entry: Config, depth: int) -> Config:
    """Return a serialized layer, or nested model, in Keras 3's dialect."""
    if entry["class_name"] in NESTED:
        return model_config(entry, depth + 1)
    entry = as_rescaling(keras2_words(entry))
    class_name = entry["class_name"]
    config = _plain(entry["config"])
    for name, values in DROPPED.get(class_name, {}).items():
        if name in config and (values is None or config[name] in values):
            del config[name]
    if isinstance(config.get("axis"), list) and len(config["axis"]) == 1 and class_name == "BatchNormalization":
        config["axis"] = config["axis"][0]
    if class_name == "LeakyReLU" and "alpha" in config:
        config["negative_slope"] = config.pop("alpha")
    if isinstance(config.get("activation"), dict):
        config["activation"] = named_activation(config["activation"], config.get("name"))
    if "name" not in config and isinstance(entry.get("name"), str):
        config["name"] = entry["name"]
    entry = {key: value for key, value in entry.items() if key != "shared_object_id"}
    return {"module": "keras.layers", "registered_name": None, **entry, "config": config}


def _plain(config: Config) -> Config:
    """Return settings with Keras 3's names, dtype policies by their names, constants as plain lists."""
    config = {RENAMED.get(key, key): value for key, value in config.items()}
    policy = config.get("dtype")
    if isinstance(policy, dict) and policy.get("class_name") in ("DTypePolicy", "Policy"):
        inner = policy.get("config")
        config["dtype"] = inner.get("name") if isinstance(inner, dict) else None
    for key, value in config.items():
        if key.endswith("_initializer") and isinstance(value, dict):
            config[key] = {"module": "keras.initializers", "registered_name": None, **value}
        elif isinstance(value, dict) and value.get("class_name") in ("__numpy__", "__tensor__"):
            config[key] = value["config"].get("value") if isinstance(value.get("config"), dict) else None
    return config


def _with_input(layers: list[Config], shapes: list[Any], build_input_shape: Any) -> list[Config]:
    """Return the layers of a Sequential with an InputLayer first, where any of them told the shape."""
    if not layers or layers[0]["class_name"] == "InputLayer":
        return layers
    first, shape = layers[0]["config"], shapes[0]
    inner = first["layers"] if layers[0]["class_name"] in NESTED else []
    within = [layer["config"].get("batch_shape") for layer in inner if layer["class_name"] == "InputLayer"]
    shape = next((known for known in (shape, build_input_shape, *within) if known is not None), None)
    if shape is None:
        return layers
    taken = {str(layer["config"].get("name")) for layer in layers}
    name = "input_layer"
    while name in taken:
        name += "_1"
    config = {"batch_shape": shape, "dtype": first.get("dtype", "float32"), "name": name}
    return [{"module": "keras.layers", "class_name": "InputLayer", "config": config, "registered_name": None}, *layers]


def check_meaning(entry: Config, version: str | None) -> None:
    """Refuse what an older Keras computed otherwise than Keras 3 does under the same name.

    Parameters
    ----------
    entry : dict
        A serialized model, as `model_config` returns it.
    version : str or None
        Of the Keras that wrote it.

    Raises
    ------
    ValueError
        It names the layer and the difference.
    """
    for path, _, layer in walk_layers(entry):
        if layer["config"].get("activation") == "hard_sigmoid" and str(version).startswith(("1.", "2.", "tfjs")):
            raise ValueError(
                f"layer {path!r} has the hard_sigmoid of Keras 2, 0.2 x + 0.5 (its file is of version "
                f"{version}); Keras 3 and minicnn have x / 6 + 0.5."
            )
