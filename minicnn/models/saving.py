"""Models to files and back: layers as Keras's config (configs.py), arrays by layer path.

files/ knows the formats and no layer; this knows the layers and no format. What `save_model` writes opens in Keras,
and `load_model` opens what Keras saved, compile settings and the optimizer's state included.
"""

import math
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import files, training
from ..arguments import boolean, refuse
from ..arguments import path as path_of
from ..layers import DTYPES, Blank
from ..types import AnyArray, AnyPath, Array
from .configs import NESTED, Own, entry, layer_from_entry

if TYPE_CHECKING:
    from .model import Model

# Keras's argument that is not here: the values that mean "not used", and what else to do.
ELSEWHERE: dict[str, tuple[tuple[Any, ...], str]] = {
    "safe_mode": ((True, False), "leave it out, nothing in a file is ever run")
}
LARGEST: int = 1 << 26  # numbers between two layers, of one example: 256 MB; Xception at 299 px has 3 million


# ---- whole models -------------------------------------------------------------------------------------------


def save_model(model: "Model", path: AnyPath, overwrite: bool = True) -> None:
    """Write a model to a file: layers, arrays, compile settings, optimizer, classifier.json; so does `Model.save`.

    Parameters
    ----------
    model : Model or Sequential
    path, overwrite
        As in `Model.save`. The file appears under its name only when it is whole.

    Raises
    ------
    ValueError
        Another ending, or a model whose input shape nobody knows.

    Notes
    -----
    Source: Keras 3 `saving.save_model`.

    Examples
    --------
    >>> import tempfile
    >>> from minicnn import Dense, Input, Sequential, load_model
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save_model(Sequential([Input((4,)), Dense(2)]), f"{folder}/small.keras")
    ...     load_model(f"{folder}/small.keras").output_shape
    (None, 2)
    """
    name = path_of("path", path)
    if not name.endswith(files.ENDINGS) or name.endswith(".weights.h5"):
        raise ValueError(f"`path` must end in .keras, .h5, or .json (for TensorFlow.js). Received: path={name!r}.")
    _may_write(name, overwrite)
    _need_shapes(model, "saved")
    setup = model.setup
    files.write(
        path,
        files.ModelFile(
            config=entry(model),
            weights=arrays(model),
            compile_config=setup and setup.get_config(),
            optimizer=setup and setup.optimizer.variables(model.params),
            classifier=model.classifier,
        ),
    )


def load_model(
    path: AnyPath,
    weights: AnyPath | Mapping[str, Any] | None = None,
    *,
    optimizer: bool = True,
    custom_objects: Own = None,
    compile: bool = True,
    **more: Any,
) -> "Model":
    """Read a model from a file of Keras's or ours. Nothing in a file is ever executed.

    Parameters
    ----------
    path : str or PathLike
        A `.keras` file, a whole-model `.h5` file, a TF.js `model.json`, the JSON of `model.to_json()`, or an ONNX file
        from PyTorch; or a folder or a zip with one of them, as Teachable Machine exports it.
    weights : str or PathLike, optional
        With the JSON of `model.to_json()`: the file of its weights. By default the one beside it that is called alike:
        `fer.h5`, `fer.weights.h5` or `fer_weights.h5` of `fer.json`. A dict is `custom_objects`, whose place Keras has
        here.
    optimizer : bool
        False: leave out the optimizer's state, up to twice the weights; training starts it afresh.
    custom_objects : dict, optional
        Name -> what is not minicnn's: a class of layers, losses or metrics, a function that is a loss or a metric.
    compile : bool
        False: leave the model uncompiled, and the optimizer's state in the file.
    **more : anything
        Keras's `safe_mode`: nothing in a file is ever run, whatever it says.

    Returns
    -------
    model : Model or Sequential
        Compiled as it was saved, `model.classifier` set where the file tells. Where it was compiled with what minicnn
        lacks it is not, and whoever trains it is told why.

    Raises
    ------
    ValueError
        One sentence: the path, and what is wrong with the file.

    Notes
    -----
    Source: Keras 3 `keras.saving.load_model`.

    Examples
    --------
    >>> import tempfile
    >>> from minicnn import Dense, Input, Sequential, load_model
    >>> model = Sequential([Input((4,)), Dense(2)], seed=0)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     model.save(f"{folder}/small.keras")  # or keras.Sequential(...).save(...)
    ...     again = load_model(f"{folder}/small.keras")
    >>> bool((again.predict([[1, 2, 3, 4]]) == model.predict([[1, 2, 3, 4]])).all())
    True
    """
    refuse("load_model", more, ELSEWHERE)
    if isinstance(weights, Mapping):
        if custom_objects is not None:
            raise TypeError("load_model takes `custom_objects` once. Received: a dict in the second place, too.")
        weights, custom_objects = None, weights
    path = path_of("path", path)
    compiled = boolean("compile", compile)
    file = files.read(path, boolean("optimizer", optimizer) and compiled, weights)
    with files.naming(path):
        try:
            model: Any = layer_from_entry(file.config, Blank(), custom_objects)
        except (TypeError, KeyError) as error:
            raise ValueError(str(error)) from None
        _need_shapes(model, "loaded")
        _check_sizes(model)
        dtype = _dtype(file.config)
        set_arrays(model, file.weights)
        if dtype != model.dtype:  # not before: arrays that don't fit the file cost nothing until they are written to
            model.cast(dtype)
            set_arrays(model, file.weights)
    model.classifier = file.classifier
    if file.compile_config and compiled:
        _compile(model, file.compile_config, custom_objects or {}, file.optimizer)
    return model


def _compile(
    model: "Model", settings: dict[str, Any], own: Mapping[str, Any], state: Sequence[AnyArray] | None
) -> None:
    """Compile as the file says; what we lack leaves the model uncompiled, and `setup_fault` says why."""
    try:
        measured = {key: _with_own(settings.get(key), own) for key in ("loss", "metrics", "weighted_metrics")}
        setup = training.Setup.from_config(settings | measured)
        if state:
            setup.optimizer.set_variables(model.params, state)
    except (ValueError, TypeError, KeyError) as error:
        model.setup_fault = str(error)
    else:
        model.setup = setup


def _with_own(written: Any, own: Mapping[str, Any]) -> Any:
    """Return what a file says of losses or metrics; those whose name is among `own` as what stands there."""
    if isinstance(written, list):
        return [_with_own(each, own) for each in written]
    if isinstance(written, str):
        return own.get(written, written)
    if not isinstance(written, dict):
        return written
    if "class_name" not in written:  # by the outputs' names
        return {key: _with_own(each, own) for key, each in written.items()}
    name, config = written["class_name"], written.get("config")
    if name == "function":  # so Keras writes one
        return own.get(config, written) if isinstance(config, str) else written
    kind = own.get(name)
    if not isinstance(kind, type) or not isinstance(config, dict):
        return written
    settings = {key: value for key, value in config.items() if key != "dtype"}  # the model's own decides
    made: Any = getattr(kind, "from_config", None)
    return made(settings) if made else kind(**settings)


def _check_sizes(model: "Model") -> None:
    """Refuse a model of which one example would fill the memory, before anyone asks it for a prediction."""
    for call in model.calls():
        numbers = math.prod(size or 1 for size in call.shape)
        if numbers > LARGEST:
            raise ValueError(
                f"layer '{call.layer.name}' gives {numbers} numbers for one example; "
                f"more than {LARGEST} are not computed."
            )


def _dtype(config: dict[str, Any]) -> str:
    """Return the one dtype that all layers of a file share. What an InputLayer says is left aside: inputs are cast."""
    names = {
        str(layer.entry["config"].get("dtype") or "float32")
        for layer in files.walk_layers(config)
        if layer.entry["class_name"] not in (*NESTED, "InputLayer")
    } or {"float32"}
    for policy in names & {"mixed_float16", "mixed_bfloat16"}:
        warnings.warn(
            f"Keras keeps this model's weights in float32 and computes in {policy.removeprefix('mixed_')}; "
            f"minicnn computes in float32 throughout, so outputs differ by that rounding.",
            stacklevel=3,
        )
        names = names - {policy} | {"float32"}
    if len(names) != 1 or not names <= set(DTYPES):
        raise ValueError(f"all layers must be float32, or all float64. Received: {', '.join(sorted(names))}.")
    return names.pop()


def _need_shapes(model: "Model", what: str) -> None:
    if not model.built:
        raise ValueError(
            f"A model can be {what} once its input shape is known: begin it with an Input, or call it "
            f"on a first batch. Received: model '{model.name}' without one."
        )


def _may_write(path: str, overwrite: bool) -> None:
    if not boolean("overwrite", overwrite) and Path(path).exists():
        raise ValueError(f"{path} is there already; overwrite=True replaces it.")


# ---- arrays -------------------------------------------------------------------------------------------------


def arrays(model: "Model") -> dict[str, list[Array]]:
    """Return every layer's arrays by path; layers without arrays are left out."""
    return {path: layer.get_weights() for path, layer in model.leaves() if layer.count_params()}


def set_arrays(model: "Model", weights: Mapping[str, Sequence[AnyArray]]) -> None:
    """Set every layer's arrays from a dict by path; all must be there, and nothing else."""
    layers = dict(model.leaves())
    extra = [path for path in weights if path not in layers]
    if extra:
        raise ValueError(f"it has arrays for '{extra[0]}', which is no layer of the model.")
    for path, layer in layers.items():
        given = weights.get(path, [])
        if not all(np.asarray(array).dtype.kind in "fiub" for array in given):
            raise ValueError(f"the arrays of layer '{path}' must be numbers.")
        layer.set_weights(given)


def save_weights(model: "Model", path: AnyPath, overwrite: bool = True) -> None:
    """Write the arrays alone to a `.weights.h5` file, as Keras does."""
    name = path_of("path", path)
    if not name.endswith(".weights.h5"):
        raise ValueError(f"`path` must end in .weights.h5. Received: path={name!r}.")
    _may_write(name, overwrite)
    _need_shapes(model, "saved")
    files.write_weights(name, files.ModelFile(config=entry(model), weights=arrays(model)))


def load_weights(model: "Model", path: AnyPath) -> None:
    """Read the arrays from a `.weights.h5` file, as Keras writes it."""
    path = path_of("path", path)
    _need_shapes(model, "loaded into")
    weights = files.read_weights(path, entry(model))
    with files.naming(path):
        set_arrays(model, weights)
