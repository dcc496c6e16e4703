"""TensorFlow.js layers-models: `model.json` and, beside it, the arrays in binary shards.

    {"format": "layers-model", "generatedBy": "keras v2.15.0", "convertedBy": ...,
     "modelTopology": {"keras_version": ..., "backend": ..., "model_config": {"class_name", "config"},
                       "training_config": {...}},
     "weightsManifest": [{"paths": ["group1-shard1of2.bin", "group1-shard2of2.bin"],
                          "weights": [{"name": "conv2d/kernel", "shape": [3, 3, 3, 8], "dtype": "float32"}, ...]}]}

A group's arrays lie one after the other in the concatenation of its shards, little-endian. A quantised array has
`"quantization": {"dtype": "uint8", "scale": s, "min": m}`: its value is q * s + m; or `{"dtype": "float16"}`.
The config is Keras 2's. TF.js itself writes the model's class and config as modelTopology, "./" before a shard that a
browser downloads, and among the weights, on demand, the optimizer's ("group": "optimizer").
Source: the format's own files; tfjs-core io/types.ts and tfjs-converter.
"""

import json
import math
import os
from collections import Counter
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from ..types import AnyArray, AnyPath
from .atomic import replacing
from .compiling import compile_settings
from .dialect import model_config
from .keras_zip import KERAS_VERSION
from .legacy import keras2_entry
from .model_file import Config, ModelFile
from .names import Owners, array_names, leaves
from .place import Place
from .tfjs_limits import check

STORED: dict[str, str] = {
    "float32": "<f4",
    "float16": "<f2",
    "int32": "<i4",
    "uint8": "u1",
    "uint16": "<u2",
    "bool": "?",
}
SHARD: int = 4 << 20  # bytes: what the converter cuts at, so that browsers cache the parts


def read(document: Config, place: Place) -> ModelFile:
    """Return the ModelFile of the `model.json` that was parsed to `document`; its shards lie in `place`."""
    topology = document.get("modelTopology")
    if not isinstance(topology, dict) or "node" in topology or document.get("format") not in (None, "layers-model"):
        raise ValueError(_other_json(document))
    entry = topology.get("model_config", topology)
    config = model_config(entry)
    training = topology.get("training_config")
    compiled = compile_settings(training) if isinstance(training, dict) else None
    manifest = document.get("weightsManifest")
    if not isinstance(manifest, list):
        raise ValueError("it has no weightsManifest, so its arrays can't be found.")
    weights: dict[str, dict[str, AnyArray]] = {}
    owners = Owners(leaves(config))
    for group in manifest:
        for name, array in _group(group, place):
            owner = weights.setdefault(owners.find(name), {})
            if name in owner:
                raise ValueError(f"its array {name!r} is there twice.")
            owner[name] = array
    version = topology.get("keras_version")
    arrays = {layer: list(named.values()) for layer, named in weights.items()}
    return ModelFile(config, arrays, compiled, None, None, version if isinstance(version, str) else None)


def _other_json(document: Config) -> str:
    """Tell what a JSON object is that is no model of layers, and what to ask for."""
    topology = document.get("modelTopology")
    if document.get("format") == "graph-model" or isinstance(topology, dict) and "node" in topology:
        return (
            "it is a TF.js graph-model, which has operations of TensorFlow and no layers any longer; ask for the "
            "layers-model, or for the Keras file that it was made from."
        )
    if "tmVersion" in document or "labels" in document and "imageSize" in document:
        return "it is the metadata of a Teachable Machine model; the model is model.json (or keras_model.h5) beside it."
    if "keras_version" in document and "date_saved" in document:
        return "it is the metadata of an unpacked .keras file; its layers are in config.json beside it."
    return "it is no TF.js layers-model: it has no modelTopology of layers."


def _group(group: Any, place: Place) -> Iterator[tuple[str, AnyArray]]:
    """Yield (name, array) of one group of the manifest."""
    if not isinstance(group, dict) or not isinstance(group.get("paths"), list):
        raise ValueError("a group of its weightsManifest has no list of paths.")
    specs = group.get("weights")
    if not isinstance(specs, list) or not all(isinstance(spec, dict) for spec in specs):
        raise ValueError("a group of its weightsManifest has no list of weights.")
    plans = [_plan(spec) for spec in specs]
    raw = _shards(group["paths"], place, sum(plan.numbers * plan.dtype.itemsize for plan in plans))
    at = 0
    for spec, plan in zip(specs, plans, strict=True):
        stored = np.frombuffer(raw, plan.dtype, plan.numbers, at).reshape(plan.shape)
        at += plan.numbers * plan.dtype.itemsize
        if spec.get("group") != "optimizer":  # its state, as TF.js saves it on demand, serves TF.js alone
            yield plan.name, _unquantised(stored, plan.quantization)


class _Plan(NamedTuple):
    """How an array lies in the shards."""

    name: str
    shape: tuple[int, ...]
    dtype: np.dtype[Any]  # as stored
    quantization: Config | None

    @property
    def numbers(self) -> int:
        """How many numbers it has."""
        return math.prod(self.shape)


def _plan(spec: Config) -> _Plan:
    """Check one entry of the manifest."""
    name, shape, quantization = spec.get("name"), spec.get("shape"), spec.get("quantization")
    if not isinstance(name, str):
        raise ValueError("an array of its weightsManifest has no name.")
    if not (isinstance(shape, list) and len(shape) <= 32 and all(type(side) is int and side >= 0 for side in shape)):
        raise ValueError(f"its array {name!r} must have a shape. Received: {str(shape)[:80]}.")
    dtype = spec.get("dtype")
    if quantization is not None:
        if not isinstance(quantization, dict) or dtype != "float32":
            raise ValueError(f"its array {name!r} has an unknown quantization.")
        dtype = quantization.get("dtype")
        if dtype not in ("uint8", "uint16", "float16"):
            raise ValueError(f"its array {name!r} is quantised to {str(dtype)[:40]!r}, not uint8, uint16 or float16.")
        for key in ("scale", "min") if dtype != "float16" else ():
            number = quantization.get(key)
            if not isinstance(number, int | float) or not math.isfinite(number):
                raise ValueError(f"the quantization of its array {name!r} must have a finite {key!r}.")
    if not isinstance(dtype, str) or dtype not in STORED:
        raise ValueError(f"its array {name!r} has dtype {str(dtype)[:40]!r}, which is none of {', '.join(STORED)}.")
    return _Plan(name, tuple(shape), np.dtype(STORED[dtype]), quantization)


def _unquantised(stored: AnyArray, quantization: Config | None) -> AnyArray:
    if quantization is None or quantization["dtype"] == "float16":
        kind = np.float32 if stored.dtype == np.float16 else stored.dtype.newbyteorder("=")
        return stored.astype(kind)
    return stored.astype(np.float32) * np.float32(quantization["scale"]) + np.float32(quantization["min"])


def _shards(given: list[Any], place: Place, needed: int) -> bytearray:
    """Return the shards' bytes, one after the other; they must be exactly the bytes that the arrays need."""
    names = [_shard_name(name) for name in given]
    if len(set(names)) != len(names):
        raise ValueError("its weightsManifest names a shard twice.")
    sizes = [place.size(name) for name in names]
    if sum(sizes) != needed:
        raise ValueError(f"its arrays need {needed} bytes, and its shards have {sum(sizes)}.")
    raw = bytearray()
    for name, size in zip(names, sizes, strict=True):
        if size:
            with place.open(name) as view:
                raw += view
    return raw


def _shard_name(name: Any) -> str:
    if isinstance(name, str):
        name = name.removeprefix("./")  # as a browser writes it
    plain = isinstance(name, str) and 0 < len(name) <= 255 and name.isprintable()
    if not plain or any(mark in name for mark in "/\\:") or name in (".", ".."):
        raise ValueError(f"a shard must be a file beside model.json. Received: {str(name)[:80]!r}.")
    return name


def write(path: AnyPath, model: ModelFile) -> None:
    """Write `model` as `model.json` and its shards beside it; model.json comes last, when all is there.

    The compile settings and the optimizer's state are no part of this format's use and are left out.
    """
    check(model.config)
    specs, raw = _concatenated(model)
    path = os.fspath(path)
    count = max(1, math.ceil(len(raw) / SHARD))
    stem = os.path.basename(path).removesuffix(".json")
    group = "group1" if stem == "model" else f"{stem}-group1"
    shards = [f"{group}-shard{index + 1}of{count}.bin" for index in range(count)]
    document = {
        "format": "layers-model",
        "generatedBy": "minicnn",
        "convertedBy": None,
        "modelTopology": {
            "keras_version": KERAS_VERSION,
            "backend": "tensorflow",
            "model_config": keras2_entry(model.config),
        },
        "weightsManifest": [{"paths": shards, "weights": specs}],
    }
    text = json.dumps(document, allow_nan=False).encode()
    for index, shard in enumerate(shards):
        with replacing(os.path.join(os.path.dirname(path), shard)) as file:
            file.write(raw[index * SHARD : (index + 1) * SHARD])
    with replacing(path) as file:
        file.write(text)


def _concatenated(model: ModelFile) -> tuple[list[Config], bytearray]:
    """Return the manifest's entries for a model's arrays, and the arrays' bytes, one after the other."""
    specs: list[Config] = []
    raw, pending = bytearray(), dict(model.weights)
    layers = leaves(model.config)
    uses = Counter(layer["config"]["name"] for layer in layers.values())
    for layer_path, layer in layers.items():
        own_name = layer["config"]["name"]  # TF.js knows a nested model's arrays by the innermost layer alone
        prefix = own_name if uses[own_name] == 1 else layer_path
        arrays = pending.pop(layer_path, [])
        for name, array in zip(array_names(layer, len(arrays)), map(np.asarray, arrays), strict=True):
            dtype = "float32" if array.dtype.kind == "f" else "int32"
            specs.append({"name": f"{prefix}/{name}", "shape": list(array.shape), "dtype": dtype})
            raw += array.astype(STORED[dtype]).tobytes()
    if pending:
        raise ValueError(f"Every array must belong to a layer of the config. Received: {sorted(pending)[:5]}.")
    return specs, raw
