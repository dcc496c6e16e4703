"""A model's layers alone, as `model.to_json()` writes them, and the file of its weights beside it.

    fer.json    {"class_name": "Sequential", "config": {...}, "keras_version": "2.1.2", "backend": "tensorflow"}
    fer.h5      its weights, or a whole model

Which file has the weights is either said, or it is the one beside it that is called alike.
"""

import warnings
from collections.abc import Collection

from ..types import AnyPath
from . import keras_h5, keras_zip
from .compiling import compile_settings
from .dialect import model_config
from .hdf5 import SIGNATURE
from .model_file import Config, ModelFile, Weights
from .opening import mapped, naming
from .place import place_of

ENDINGS: tuple[str, ...] = (".weights.h5", ".h5", ".hdf5", "_weights.h5", "-weights.h5", "_weights.hdf5")
UNPACKED: str = "model.weights.h5"  # beside config.json, where a .keras file was unpacked


def is_architecture(document: Config) -> bool:
    """Tell whether a JSON object is a serialized model.

    Examples
    --------
    >>> is_architecture({"class_name": "Sequential", "config": {"layers": []}}), is_architecture({"labels": []})
    (True, False)
    """
    return isinstance(document.get("class_name"), str) and "config" in document


def read(document: Config, path: AnyPath, weights: AnyPath | None) -> ModelFile:
    """Return the ModelFile of an architecture, with its weights.

    Parameters
    ----------
    document : dict
        The JSON object.
    path : str or PathLike
        Its file, beside which weights are looked for.
    weights : str or PathLike, optional
        The file of the weights.

    Raises
    ------
    ValueError
        It is no serialized model, there are no weights, or they do not belong to it.
    """
    config = model_config(document)
    arrays = _beside(path, config) if weights is None else read_weights(weights, config)
    settings, version = document.get("compile_config"), document.get("keras_version")
    compiled = compile_settings(settings) if isinstance(settings, dict) else None
    return ModelFile(config, arrays, compiled, None, None, version if isinstance(version, str) else None)


def read_weights(path: AnyPath, config: Config) -> Weights:
    """Return {layer path: [arrays]} for the model `config` from a file of weights or of a whole model."""
    with naming(path), mapped(path) as view:
        return _weights(view, config)


def _weights(view: memoryview, config: Config) -> Weights:
    start = bytes(view[:8])
    if start[:4] == b"PK\3\4":
        return keras_zip.read_weights(view, config)
    if start == SIGNATURE:
        return keras_h5.read_weights(view, config)
    raise ValueError("this is no file of weights: neither HDF5 (.weights.h5, .h5) nor .keras.")


def _beside(path: AnyPath, config: Config) -> Weights:
    """Read the weights that lie beside an architecture: in its folder, or with it in a zip."""
    place, name = place_of(path)
    found = beside(name, place.names())
    if found not in _wanted(name):
        warnings.warn(f"{name} has its weights from {found}, the only ones beside it.", stacklevel=2)
    with place.open(found) as raw:
        return _weights(memoryview(raw), config)


def _wanted(name: str) -> list[str]:
    """Return what the weights of NAME.json may be called, the likeliest first."""
    stem = name.removesuffix(".json")
    return [f"{stem}{ending}" for ending in ENDINGS] + [UNPACKED] * (stem == "config")


def beside(name: str, names: Collection[str]) -> str:
    """Find the weights of an architecture: those called alike, or the only ones there.

    Parameters
    ----------
    name : str
        `NAME.json`.
    names : list of str
        The files beside it.

    Returns
    -------
    found : str

    Raises
    ------
    ValueError
        There are none, or several that are called otherwise.

    Examples
    --------
    >>> beside("fer.json", ["fer.h5", "fer.json", "other.h5"])
    'fer.h5'
    """
    alone = [each for each in names if each.endswith((".h5", ".hdf5"))]
    for candidate in [*_wanted(name), *(alone if len(alone) == 1 else [])]:
        if candidate in names:
            return candidate
    stem = name.removesuffix(".json")
    raise ValueError(
        f"this holds a model's layers without its weights (model.to_json()), and no {stem}.h5 or {stem}.weights.h5 "
        f"lies beside it. Name their file: load_model({name!r}, weights=...)."
    )
