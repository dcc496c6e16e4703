"""Translate what Keras 2 and the versions of Keras 3 wrote into one dialect: Keras 3's, made plain.

After `model_config` every layer has "module", "class_name", "config"; dtype policies are names ("float32"); an
InputLayer has "batch_shape" and stands in its Sequential even where the file implied it; and the settings that
Keras 3 renamed or dropped have their new names. `inbound_nodes` stay as they are: `graph.parse_functional` reads both
dialects. Nothing is looked up or called by a name that stands in a file.
"""

import collections

import numpy as np

from .graph import NESTED, parse_functional
from .layout import layers_of, places
from .model_file import MAX_NESTING
from .spellings import as_rescaling, named_activation

RENAMED = {"lr": "learning_rate", "batch_input_shape": "batch_shape"}
DROPPED = {  # settings of Keras 2 that Keras 3's layer no longer has; where they hold these values nothing is lost
    "DepthwiseConv2D": {"groups": (1,)},
    "SeparableConv2D": {"groups": (1,), "kernel_initializer": None, "kernel_regularizer": (None,),
                        "kernel_constraint": (None,)},
}  # fmt: skip


def model_config(entry, depth=0):
    """Return a serialized model in Keras 3's dialect.

    Raises
    ------
    ValueError
        It is no Sequential and no Functional model, or a layer isn't an object with class name and config.
    """
    if depth > MAX_NESTING:
        raise ValueError(f"its models are nested more than {MAX_NESTING} deep.")
    if not isinstance(entry, dict) or not isinstance(entry.get("class_name"), str):
        raise ValueError("its config is no serialized model: it has no class name.")
    if entry["class_name"] not in NESTED:
        raise ValueError(f"its model must be Sequential or Functional. Received: class {entry['class_name'][:80]!r}.")
    config = entry.get("config")
    if entry["class_name"] == "Sequential" and isinstance(config, list):  # Keras before 2.2.3
        entry = {**entry, "config": {"name": "sequential", "layers": config}}
    layers = [_layer(layer, depth) for layer in layers_of(entry)]
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
        collections.deque(places(result), maxlen=0)  # names are checked on the way
    return result


def _layer(entry, depth):
    if entry["class_name"] in NESTED:
        return model_config(entry, depth + 1)
    entry = as_rescaling(entry)
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


def _plain(config):
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


def _with_input(layers, shapes, build_input_shape):
    """Return the layers of a Sequential with an InputLayer first, where any of them told the shape."""
    if not layers or layers[0]["class_name"] == "InputLayer":
        return layers
    first, shape = layers[0]["config"], shapes[0]
    inner = first["layers"] if layers[0]["class_name"] in NESTED else []
    within = [layer["config"].get("batch_shape") for layer in inner if layer["class_name"] == "InputLayer"]
    shape = next((known for known in (shape, build_input_shape, *within) if known is not None), None)
    if shape is None:
        return layers
    taken = {layer["config"].get("name") for layer in layers}
    name = "input_layer"
    while name in taken:
        name += "_1"
    config = {"batch_shape": shape, "dtype": first.get("dtype", "float32"), "name": name}
    return [{"module": "keras.layers", "class_name": "InputLayer", "config": config, "registered_name": None}, *layers]


def check_meaning(entry, version):
    """Refuse what an older Keras computed otherwise than Keras 3 does under the same name."""
    for path, _, layer in places(entry):
        if layer["config"].get("activation") == "hard_sigmoid" and str(version).startswith(("1.", "2.", "tfjs")):
            raise ValueError(
                f"layer {path!r} has the hard_sigmoid of Keras 2, 0.2 x + 0.5 (its file is of version "
                f"{version}); Keras 3 and minicnn have x / 6 + 0.5."
            )


def compile_settings(settings):
    """Return compile settings as Keras 3's config.json has them.

    Parameters
    ----------
    settings : dict
        The compile_config of a `.keras` file, or the training_config of whole-model HDF5, of Keras 2 or 3.

    Returns
    -------
    settings : dict or None
        None where they name no optimizer.
    """
    optimizer = settings.get("optimizer", settings.get("optimizer_config"))
    if not isinstance(optimizer, dict) or not isinstance(optimizer.get("config"), dict):
        return None
    config = {RENAMED.get(key, key): value for key, value in optimizer["config"].items()}
    config = {key: value for key, value in config.items() if key not in ("jit_compile", "is_legacy_optimizer")}
    if not config.get("decay"):
        config.pop("decay", None)
    name = str(optimizer.get("class_name")).removeprefix("Custom>")
    metrics = settings.get("metrics")
    if isinstance(metrics, list) and len(metrics) == 1 and isinstance(metrics[0], list):
        metrics = metrics[0]
    return {
        "optimizer": {"module": "keras.optimizers", "class_name": name, "config": config, "registered_name": None},
        "loss": _loss(settings.get("loss")),
        "loss_weights": settings.get("loss_weights"),
        "metrics": [_metric(metric) for metric in metrics] if isinstance(metrics, list) else metrics,
        "weighted_metrics": settings.get("weighted_metrics"),
        "run_eagerly": False,
        "steps_per_execution": 1,
        "jit_compile": False,
    }


def optimizer_state(arrays, settings):
    """Return an optimizer's state in Keras 3's order; Keras 2 has no learning rate among the arrays.

    Parameters
    ----------
    arrays : list of ndarray
        As they lie in the file: iteration, perhaps the learning rate, slots array by array.
    settings : dict or None
        Compile settings, as `compile_settings` returns them.

    Returns
    -------
    state : list of ndarray or None
        None where there is none, or no number for the learning rate (a schedule).
    """
    if not arrays or settings is None:
        return None
    rate, slots = arrays[1:2], arrays[2:]
    if not rate or rate[0].shape != ():
        rate, slots = settings["optimizer"]["config"].get("learning_rate"), arrays[1:]
        if not isinstance(rate, float):
            return None
        rate = [np.asarray(rate, np.float32)]
    return [arrays[0].astype(np.int64), *rate, *slots]


def _loss(loss):
    if not isinstance(loss, dict) or not isinstance(loss.get("config"), dict):
        return loss
    config = {key: value for key, value in loss["config"].items() if key != "fn"}
    if config.get("reduction") == "auto":
        config["reduction"] = "sum_over_batch_size"
    return {"module": "keras.losses", "registered_name": None, **loss, "config": config}


def _metric(metric):
    """Return a metric; Keras 2 wraps the function that "accuracy" turned out to mean."""
    if not isinstance(metric, dict) or not isinstance(metric.get("config"), dict):
        return metric
    if metric.get("class_name") == "MeanMetricWrapper":
        name = metric["config"].get("name")
        return "accuracy" if name in ("accuracy", "acc") else metric["config"].get("fn")
    return {"module": "keras.metrics", "registered_name": None, **metric}


def legacy_entry(value):
    """Return a serialized object as whole-model HDF5 has it: without modules and registered names, at any depth."""
    if isinstance(value, list):
        return [legacy_entry(item) for item in value]
    if not isinstance(value, dict):
        return value
    without = ("module", "registered_name", "build_config", "compile_config") if "class_name" in value else ()
    return {key: legacy_entry(item) for key, item in value.items() if key not in without}


def keras2_entry(entry):
    """Return a serialized model in Keras 2's dialect, which TF.js reads: nested calls count from 1, names of old."""
    config = dict(entry["config"])
    if "layers" in config:
        config["layers"] = [keras2_entry(layer) for layer in config["layers"]]
    if entry["class_name"] == "InputLayer":
        config["batch_input_shape"] = config.pop("batch_shape")
    if config.get("activation") == "silu":
        config["activation"] = "swish"
    if entry["class_name"] == "LeakyReLU" and "negative_slope" in config:
        config["alpha"] = config.pop("negative_slope")
    if entry["class_name"] == "Functional":
        graph = parse_functional(config)
        nested = {layer.name: int(layer.entry["class_name"] in NESTED) for layer in graph.layers}

        def old(ref, *more):
            return [ref.layer, ref.node + nested[ref.layer], ref.index, *more]

        for layer, parsed in zip(config["layers"], graph.layers, strict=True):
            layer["inbound_nodes"] = [
                [old(ref, call.kwargs if place == 0 else {}) for place, ref in enumerate(call.inputs)]
                for call in parsed.calls
                if call.inputs
            ]
        config["input_layers"] = [old(ref) for ref in graph.inputs]
        config["output_layers"] = [old(ref) for ref in graph.outputs]
    more = {key: entry[key] for key in ("name", "inbound_nodes") if key in entry}
    return legacy_entry({"class_name": entry["class_name"], "config": config, **more})
