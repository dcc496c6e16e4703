"""Whole-model HDF5 (`.h5`) of Keras 2 and 3, and weights alone (`.weights.h5`).

A whole model is one HDF5 file:

    attributes       model_config (JSON: {"class_name", "config"}), training_config (JSON), keras_version, backend
    model_weights    one group a layer of the outermost model, with the attribute weight_names: the paths of the
                     arrays inside it, in order; a nested model has all its arrays in its one group
    optimizer_weights    the same attribute, the optimizer's state

`.weights.h5` is the model.weights.h5 of a `.keras` file by itself (see layout.py), or, from Keras 2, the group
model_weights at the root of the file.

Source: files that Keras 3.15 and Keras 2 wrote.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..types import AnyArray, AnyPath
from .atomic import replacing
from .compiling import array_by_array, compile_settings, is_rate, optimizer_state
from .dialect import model_config
from .graph import NESTED
from .hdf5 import File, Group, image
from .keras1 import flipped, keras2_arrays
from .keras_zip import KERAS_VERSION
from .layout import layer_name, layers_of, read_arrays, write_arrays
from .legacy import legacy_entry
from .model_file import Config, ModelFile, Weights
from .names import Owners, array_names, in_order_of_training, leaves
from .opening import parse_json

TOP: str = "top_level_model_weights"


def read(view: memoryview, optimizer: bool = True) -> ModelFile:
    """Return the ModelFile in the bytes of a whole-model HDF5 file."""
    root = File(view).root
    text = _text(root, "model_config")
    if text is None:
        raise ValueError("it has no model_config, so it holds no whole model; perhaps weights alone (load_weights).")
    config = model_config(parse_json(text.encode(), "model_config"))
    compiled, state = None, None
    text = _text(root, "training_config")
    if text is not None:
        compiled = compile_settings(parse_json(text.encode(), "training_config"))
    if optimizer and compiled is not None and "optimizer_weights" in root:
        state = optimizer_state(_optimizer_arrays(root.group("optimizer_weights"), compiled), compiled)
    weights = _weights(root, root.group("model_weights"), config)
    return ModelFile(config, weights, compiled, state, None, _text(root, "keras_version"))


def read_weights(view: memoryview, entry: Config) -> Weights:
    """Return {layer path: [arrays]} for the model `entry` from the bytes of a weights-only or whole-model file."""
    root = File(view).root
    for group in (root, root.get("model_weights")):
        if isinstance(group, Group) and group.texts("layer_names") is not None:
            return _weights(root, group, entry)
    old = "_layer_checkpoint_dependencies"  # what the first versions of this format said for "layers"
    if old not in root and "layers" not in root:
        raise ValueError("it holds no weights that Keras saved: neither layers nor layer_names.")
    return read_arrays(root, entry, old if old in root else "layers")


def write(path: AnyPath, model: ModelFile) -> None:
    """Write `model` (a ModelFile) as a whole-model HDF5 file that Keras opens, atomically."""
    raw = image(lambda file: _fill(file, model))
    with replacing(path) as file:
        file.write(raw)


def write_weights(path: AnyPath, model: ModelFile) -> None:
    """Write the arrays of `model` (a ModelFile) as `.weights.h5`, atomically."""
    raw = image(lambda file: write_arrays(file, model))
    with replacing(path) as file:
        file.write(raw)


def _fill(file: Any, model: ModelFile) -> None:
    """Write a whole model into an h5py file."""
    file.attrs["keras_version"], file.attrs["backend"] = KERAS_VERSION, "tensorflow"
    file.attrs["model_config"] = json.dumps(legacy_entry(model.config), allow_nan=False)
    if model.compile_config:
        training = legacy_entry({key: value for key, value in model.compile_config.items() if key != "optimizer"})
        optimizer = model.compile_config["optimizer"]
        training["optimizer_config"] = legacy_entry(optimizer)
        schedule = optimizer["config"].get("learning_rate")
        if isinstance(schedule, dict):  # which Keras finds by its module alone
            training["optimizer_config"]["config"]["learning_rate"] = schedule
        file.attrs["training_config"] = json.dumps(training, allow_nan=False)
    _write_by_name(file.create_group("model_weights"), model)
    if model.optimizer:
        first = ["iteration", "learning_rate"][: 1 + is_rate(model.optimizer[1:2])]
        names = [*first, *(f"slot_{index}" for index in range(len(model.optimizer) - len(first)))]
        _write_group(file.create_group("optimizer_weights"), dict(zip(names, model.optimizer, strict=True)))


def _text(group: Group, name: str) -> str | None:
    found = group.texts(name)
    return found[0] if found else None


def _weights(root: Group, group: Group, entry: Config) -> Weights:
    """Return {layer path: [arrays]} as Keras 2 on TensorFlow has them.

    Who wrote the group stands in it or at the root. Keras 1 said so of whole models alone: who says nothing is Keras 1,
    as for Keras 2.
    """
    weights = _by_name(group, entry)
    version, backend = (_text(group, name) or _text(root, name) for name in ("keras_version", "backend"))
    changes = [keras2_arrays] if (version or "1.").startswith("1.") else []
    changes += [flipped] if backend == "theano" else []
    classes = {path: layer["class_name"] for path, layer in leaves(entry).items()}
    for change in changes:
        weights = {path: change(classes[path], arrays) for path, arrays in weights.items()}
    return weights


def _by_name(group: Group, entry: Config) -> Weights:
    """Return {layer path: [arrays]} from groups by layer and weight_names by array."""
    weights: Weights = {}
    stored = {name.replace("/", "_"): name for name in group.texts("layer_names") or []}  # see without_slashes
    names_here = [layer_name(layer).replace("/", "_") for layer in layers_of(entry)]
    kinds = [layer["class_name"] for layer in layers_of(entry)]
    stored = _renamed(stored, names_here, kinds)
    if any(plain not in names_here and group.group(name).texts("weight_names") for plain, name in stored.items()):
        stored = _one_by_one(stored, names_here, kinds)
    known = set(names_here)
    for layer in layers_of(entry):
        name = layer_name(layer)
        place = stored.get(name.replace("/", "_"), name)
        if place not in group:
            continue
        inner = group.group(place)
        names = inner.texts("weight_names") or []
        if layer["class_name"] not in NESTED:
            if names:
                weights[name] = [inner.array(array) for array in names]
            continue
        owners = Owners(leaves(layer))
        for array in names:
            weights.setdefault(f"{name}/{owners.find(array)}", []).append(inner.array(array))
    for plain, name in stored.items():
        if plain not in known and group.group(name).texts("weight_names"):
            raise ValueError(f"it has arrays for layer {name!r}, which the model doesn't have.")
    return weights


def _renamed(stored: dict[str, str], names: list[str], classes: list[str]) -> dict[str, str]:
    """Return {layer's name: its group}, where nested models that had no name in the config have one in the file."""
    nameless = [name for name, kind in zip(names, classes, strict=True) if kind in NESTED and name not in stored]
    left = [name for name in stored if name not in names]
    if not nameless or len(nameless) != len(left):
        return stored
    return {new: stored[old] for new, old in zip(nameless, left, strict=True)} | {
        name: place for name, place in stored.items() if name in names
    }


def _one_by_one(stored: dict[str, str], names: list[str], classes: list[str]) -> dict[str, str]:
    """Return {layer's name: its group} in the order of both where their numbers agree, else what was given.

    So does Keras, which asks for no names: those of a second model in one program go on counting, `conv2d_11`.
    """
    for left_out in ("", "InputLayer"):  # a Sequential's file has no group for its input
        taken = [name for name, kind in zip(names, classes, strict=True) if kind != left_out]
        if len(taken) == len(stored):
            return dict(zip(taken, stored.values(), strict=True))
    return stored


def _optimizer_arrays(group: Group, settings: Config) -> list[AnyArray]:
    """Return the optimizer's arrays, array by array as Keras 3 has them."""
    names = group.texts("weight_names") or []
    return array_by_array(names, [group.array(name) for name in names], str(settings["optimizer"]["class_name"]))


def _write_by_name(group: Any, model: ModelFile) -> None:
    """Write a group for each layer into an h5py group, its arrays by their names."""
    names: list[str] = []
    pending = dict(model.weights)
    for layer in layers_of(model.config):
        name = layer_name(layer)
        names.append(name)
        if layer["class_name"] in NESTED:
            inner = {path: pending.pop(f"{name}/{path}", []) for path in leaves(layer)}
            arrays = dict(in_order_of_training(layer, inner))
        else:
            given = pending.pop(name, [])
            names_given = [f"{name}/{array}" for array in array_names(layer, len(given))]
            arrays = dict(zip(names_given, given, strict=True))
        _write_group(group.create_group(name), arrays)
    if pending:
        raise ValueError(f"Every array must belong to a layer of the config. Received: {sorted(pending)[:5]}.")
    _write_texts(group, "layer_names", names)
    _write_group(group.create_group(TOP), {})


def _write_group(group: Any, arrays: Mapping[str, Any]) -> None:
    _write_texts(group, "weight_names", list(arrays))
    for name, array in arrays.items():
        group[name] = np.asarray(array)


def _write_texts(group: Any, name: str, texts: Sequence[str]) -> None:
    """Write a list of texts as an attribute, in several where one would be too long for HDF5 (64 KB)."""
    raw = np.array([text.encode() for text in texts], dtype="S")
    parts = np.array_split(raw, 1 + raw.nbytes // 60_000)
    if len(parts) == 1:
        group.attrs[name] = raw if len(texts) else np.zeros(0)
        return
    for index, part in enumerate(parts):
        group.attrs[f"{name}{index}"] = part
