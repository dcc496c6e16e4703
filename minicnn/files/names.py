"""Arrays by name, as whole-model HDF5 and TF.js keep them: "block1_conv1/kernel" -> which layer's which array.

Those formats list the arrays of a nested model under names that tell the innermost layer alone, or the last models
around it too. So a name belongs to the layer whose path by names ends as the name does, the longest such ending first.
"""

from collections.abc import Iterable
from typing import Any

from ..types import AnyArray
from .graph import NESTED
from .layout import layer_name, walk_layers
from .model_file import Config, ModelFile, Weights

ARRAYS: dict[str, tuple[str, ...]] = {  # what Keras calls a layer's arrays, in its order
    "BatchNormalization": ("gamma", "beta", "moving_mean", "moving_variance"),
    "GroupNormalization": ("gamma", "beta"),
    "LayerNormalization": ("gamma", "beta"),
    "Normalization": ("mean", "variance", "count"),
    "PReLU": ("alpha",),
    "SeparableConv2D": ("depthwise_kernel", "pointwise_kernel", "bias"),
    "DepthwiseConv2D": ("depthwise_kernel", "bias"),
}
STATISTICS: tuple[str, ...] = ("moving_mean", "moving_variance", "mean", "variance", "count")  # never trained


def leaves(entry: Config) -> dict[str, Config]:
    """Return {layer path: serialized layer} of a model, nested models opened, in Keras's order."""
    return {path: layer for path, _, layer in walk_layers(entry) if layer["class_name"] not in NESTED}


def array_names(layer: Config, count: int) -> list[str]:
    """Return what Keras calls the `count` arrays of a serialized layer."""
    config = layer["config"]
    absent = {"gamma": config.get("scale") is False, "beta": config.get("center") is False}
    names = [name for name in ARRAYS.get(layer["class_name"], ("kernel", "bias")) if not absent.get(name)]
    return (names + [f"array_{index}" for index in range(len(names), count)])[:count]


def in_order_of_training(entry: Config, weights: Weights) -> list[tuple[str, AnyArray]]:
    """Return [(name, array)] of a nested model as HDF5 has them: all that are trained, then all that are not.

    Parameters
    ----------
    entry : dict
        The nested model, serialized.
    weights : dict
        Layer path inside it -> list of arrays.
    """
    frozen = [f"{path}/" for path, _, layer in walk_layers(entry) if layer["config"].get("trainable") is False]
    trained: list[tuple[str, AnyArray]] = []
    kept: list[tuple[str, AnyArray]] = []
    for path, layer in leaves(entry).items():
        arrays = weights.get(path, [])
        stays = entry["config"].get("trainable") is False or f"{path}/".startswith(tuple(frozen))
        for name, array in zip(array_names(layer, len(arrays)), arrays, strict=True):
            (kept if stays or name in STATISTICS else trained).append((f"{path}/{name}", array))
    return trained + kept


def without_slashes(model: ModelFile) -> None:
    """Call a layer or model "conv1_conv" that its file calls "conv1/conv", as Keras 2's DenseNet does; so does Keras 3.

    Parameters
    ----------
    model : ModelFile
        It is changed in place.
    """
    before = leaves(model.config)
    names = {layer_name(model.config), *(layer_name(layer) for _, _, layer in walk_layers(model.config))}
    new = {name: name.replace("/", "_") for name in names if "/" in name}
    if new:
        model.config = _renamed(model.config, new)
        paths = dict(zip(before, leaves(model.config), strict=True))
        model.weights = {paths[path]: arrays for path, arrays in model.weights.items()}


def _renamed(value: Any, new: dict[str, str]) -> Any:
    """Return a config with every text in it that is one of the layers' names replaced."""
    if isinstance(value, list):
        return [_renamed(item, new) for item in value]
    if isinstance(value, dict):
        return {key: _renamed(item, new) for key, item in value.items()}
    return new.get(value, value) if isinstance(value, str) else value


class Owners:
    """Finds the layer that an array's name belongs to among `paths`."""

    def __init__(self, paths: Iterable[str]):
        self._by_ending: dict[tuple[str, ...], list[tuple[bool, str]]] = {}
        for path in paths:
            parts = path.split("/")
            for start in range(len(parts)):
                self._by_ending.setdefault(tuple(parts[start:]), []).append((start == 0, path))

    def find(self, name: str) -> str:
        """Return the path of the layer to which the array `name` ("conv2d/kernel:0") belongs.

        Raises
        ------
        ValueError
            No layer, or several, could own it.
        """
        parts = tuple(name.split("/")[:-1]) or self._of_keras1(name)
        for start in range(len(parts)):
            found = self._by_ending.get(parts[start:])
            if found is None:
                continue
            whole = [path for is_whole, path in found if is_whole]
            if len(whole or found) > 1:
                raise ValueError(f"its array {name!r} could belong to {len(found)} layers.")
            return whole[0] if whole else found[0][1]
        raise ValueError(f"its array {name!r} belongs to no layer of its config.")

    def _of_keras1(self, name: str) -> tuple[str, ...]:
        """Return the layer's name in "convolution2d_1_W", as Keras 1 calls an array; nothing where there is none."""
        found = [parts for parts in self._by_ending if len(parts) == 1 and name.startswith(f"{parts[0]}_")]
        return max(found, key=lambda parts: len(parts[0]), default=())
