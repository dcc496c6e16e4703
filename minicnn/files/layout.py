"""Where model.weights.h5 keeps a layer's arrays, and which layer of the config that is.

Keras finds weights by place, not by name: inside each model its layers lie in `layers/`, called after their class in
snake case with a counter ("conv2d", "conv2d_1"), and the arrays of one layer are `vars/0`, `vars/1`, ... A nested model
is a layer of class Functional or Sequential with `layers/` of its own:

    layers/input_layer/vars                        no arrays
    layers/functional/layers/conv2d/vars/0         the nested model's first convolution: kernel
    layers/dense/vars/0, layers/dense/vars/1       kernel, bias
    optimizer/vars/0 ...                           iteration, learning rate, slots

Counted are the layers in the config's order (InputLayers have no arrays and are left out here). Each `vars` has the
layer's own name as its attribute `name`, which nobody reads. A layer that stands in two models has its arrays at the
first place only, and Keras itself can't load such a file.

Source: the files; Keras's saving_lib (Keras 3.15).
"""

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from ..types import AnyArray
from .graph import NESTED
from .hdf5 import Group
from .model_file import MAX_NESTING, Config, ModelFile, Weights

MAX_LAYERS = 5_000  # the largest of keras.applications has 1,100


class PlacedLayer(NamedTuple):
    """A layer of a config, and where it lies.

    Attributes
    ----------
    path : str
        By names, nested models outermost first: "xception/block1_conv1".
    group : str or None
        Its group in the HDF5 file: "layers/functional/layers/conv2d"; None for an InputLayer.
    entry : dict
        Its serialized form.
    """

    path: str
    group: str | None
    entry: Config


def walk_layers(entry: Config) -> Iterator[PlacedLayer]:
    """Walk over a model's layers in Keras's order; nested models are yielded, then walked into.

    Parameters
    ----------
    entry : dict
        The model's serialized form, in Keras 3's dialect.

    Yields
    ------
    layer : PlacedLayer
        (path, group, entry).

    Raises
    ------
    ValueError
        A name that can't be a path, two layers at one path, models nested too deeply.

    Examples
    --------
    >>> relu = {"class_name": "ReLU", "config": {"name": "positive"}}
    >>> inner = {"class_name": "Sequential", "config": {"name": "inner", "layers": [relu]}}
    >>> [layer[:2] for layer in walk_layers({"config": {"layers": [inner, relu]}})][1:]
    [('inner/positive', 'layers/sequential/layers/re_lu'), ('positive', 'layers/re_lu')]
    """
    paths: set[str] = set()
    for layer in _walk(entry, "", "", 0):
        if layer.path in paths:
            raise ValueError(f"two layers are called {layer.path!r}.")
        if len(paths) == MAX_LAYERS:
            raise ValueError(f"its config has more than {MAX_LAYERS} layers.")
        paths.add(layer.path)
        yield layer


def _walk(model: Config, path: str, group: str, depth: int) -> Iterator[PlacedLayer]:
    if depth > MAX_NESTING:
        raise ValueError(f"its models are nested more than {MAX_NESTING} deep.")
    used: dict[str, int] = {}
    for entry in layers_of(model):
        class_name, name = entry["class_name"], layer_name(entry)
        if str(entry.get("module")).startswith(("keras.src.ops", "keras.ops")):
            continue  # an operation on tensors: no layer, not counted
        inner_path = f"{path}/{name}" if path else name
        if class_name == "InputLayer":
            yield PlacedLayer(inner_path, None, entry)
            continue
        snake = snake_case(class_name)
        used[snake] = used.get(snake, -1) + 1
        here = f"{group}layers/{snake}" + (f"_{used[snake]}" if used[snake] else "")
        yield PlacedLayer(inner_path, here, entry)
        if class_name in NESTED:
            yield from _walk(entry, inner_path, f"{here}/", depth + 1)


def layers_of(entry: Config) -> list[Config]:
    """Return the serialized layers of a serialized model, each checked to be an object with a class and a config.

    Before the dialect is translated, a nested Sequential of Keras before 2.2.3 may have a list as its config.
    """
    config = entry.get("config")
    layers = config.get("layers") if isinstance(config, dict) else None
    if not isinstance(layers, list):
        raise ValueError(f"the config of {str(entry.get('class_name'))!r} has no list of layers.")
    for layer in layers:
        if not isinstance(layer, dict) or not isinstance(layer.get("class_name"), str):
            raise ValueError("its config has a layer without a class name.")
        bare = layer["class_name"] == "Sequential" and isinstance(layer.get("config"), list)  # Keras before 2.2.3
        if not bare and not isinstance(layer.get("config"), dict):
            raise ValueError(f"its config has a layer of class {layer['class_name']!r} without settings.")
    return layers


def layer_name(entry: Config) -> str:
    """Return a layer's name, checked: it becomes part of paths."""
    name = entry["config"].get("name", entry.get("name"))
    if not isinstance(name, str) or not 0 < len(name) <= 200:
        raise ValueError(f"a layer of class {entry['class_name']!r} has no usable name. Received: {str(name)[:40]!r}.")
    if entry.get("name", name) != name:
        raise ValueError(f"a layer is called {name!r} in its settings and {str(entry['name'])[:80]!r} in the graph.")
    if any(part in ("", ".", "..") for part in name.split("/")) or not name.isprintable() or "\\" in name:
        raise ValueError(f"a layer's name must not be or hold a path. Received: {name!r}.")
    return name


def snake_case(class_name: str) -> str:
    """Return a class's name as Keras writes it in paths: Conv2D -> conv2d, MaxPooling2D -> max_pooling2d."""
    name = re.sub(r"\W+", "", class_name)
    name = re.sub("(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub("([a-z])([A-Z])", r"\1_\2", name).lower()


def read_arrays(root: Group, entry: Config, folder: str = "layers") -> Weights:
    """Return {layer path: [arrays]} of the model `entry` from the HDF5 group `root`."""
    weights: Weights = {}
    for path, group, layer in walk_layers(entry):
        if group is None or layer["class_name"] in NESTED:
            continue
        arrays = numbered(root, f"{group.replace('layers', folder)}/vars")
        if arrays:
            weights[path] = arrays
    return weights


def numbered(root: Group, path: str) -> list[AnyArray]:
    r"""Return the arrays `0`, `1`, ... of the group at `path`; none where there is no such group.

    Keras 2 on Windows wrote backslashes into the name of one group: `layers\dense`, and in it `vars`.
    """
    if path not in root:
        place, _, last = path.rpartition("/")
        path = place.replace("/", "\\") + f"/{last}"
    if path not in root:
        return []
    group = root.group(path)
    names = group.names()
    if sorted(names) != sorted(map(str, range(len(names)))):
        raise ValueError(f"its {path!r} must hold arrays numbered from 0. Received: {names[:8]}.")
    return [group.array(str(index)) for index in range(len(names))]


def write_arrays(root: Any, model: ModelFile) -> None:
    """Write the arrays of `model` (a ModelFile) into the h5py group `root` where Keras will look for them."""
    pending = dict(model.weights)
    _own_name(root, layer_name(model.config))
    for path, place, entry in walk_layers(model.config):
        if place is None:
            continue
        group = _own_name(root.require_group(place), layer_name(entry))
        for index, array in enumerate(pending.pop(path, [])):
            group[str(index)] = array
    if pending:
        raise ValueError(f"Every array must belong to a layer of the config. Received: {sorted(pending)[:5]}.")
    if model.optimizer is not None:
        config = (model.compile_config or {}).get("optimizer")
        name = config["config"].get("name", "optimizer") if isinstance(config, dict) else "optimizer"
        group = _own_name(root.require_group("optimizer"), name)
        for index, array in enumerate(model.optimizer):
            group[str(index)] = np.asarray(array)


def _own_name(group: Any, name: str) -> Any:
    """Return the group `vars` of an h5py group, made if need be, with the layer's name as Keras writes it."""
    group = group.require_group("vars")
    group.attrs["name"] = name
    return group
