"""Write the older dialects of a config: Keras 2's, which TF.js reads, and what whole-model HDF5 keeps of Keras 3's."""

from typing import Any

from .functional import parse_functional
from .graph import NESTED, LayerCall, TensorRef
from .model_file import Config


def legacy_entry(value: Any) -> Any:
    """Return a serialized object as whole-model HDF5 has it: without modules and registered names, at any depth."""
    if isinstance(value, list):
        return [legacy_entry(item) for item in value]
    if not isinstance(value, dict):
        return value
    without = ("module", "registered_name", "build_config", "compile_config") if "class_name" in value else ()
    return {key: legacy_entry(item) for key, item in value.items() if key not in without}


def keras2_entry(entry: Config) -> Config:
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
        config.update(_keras2_calls(config))
    more = {key: entry[key] for key in ("name", "inbound_nodes") if key in entry}
    return legacy_entry({"class_name": entry["class_name"], "config": config, **more})


def _keras2_calls(config: Config) -> Config:
    """Return the layers of a Functional config with their calls, its inputs and outputs as Keras 2 wrote them."""
    graph = parse_functional(config)
    nested = {name for name, entry in graph.layers.items() if entry["class_name"] in NESTED}

    def old(ref: TensorRef, *more: Any) -> list[Any]:
        return [ref.layer, ref.call + (ref.layer in nested), ref.output, *more]

    def nodes(calls: list[LayerCall]) -> list[Any]:
        return [
            [old(ref, {} if at else call.kwargs) for at, ref in enumerate(call.inputs)] for call in calls if call.inputs
        ]

    return {
        "layers": [{**entry, "inbound_nodes": nodes(graph.calls[name])} for name, entry in graph.layers.items()],
        "input_layers": [old(ref) for ref in graph.inputs],
        "output_layers": [old(ref) for ref in graph.outputs],
    }
