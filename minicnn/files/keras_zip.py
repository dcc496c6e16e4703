"""The `.keras` file: a zip whose members are stored as they are.

    metadata.json       {"keras_version": "3.15.1", "date_saved": "2025-01-31@12:00:00"}
    config.json         the serialized model, compile settings included (below)
    model.weights.h5    arrays, see layout.py
    classifier.json     ours, see classifier.py; Keras ignores it

config.json is `{"module", "class_name", "config", "registered_name", "build_config", "compile_config"}`. For a
Sequential, `config` holds `name`, `trainable`, `layers` (the InputLayer first) and `build_input_shape`; for a
Functional model `name`, `trainable`, `layers` (each with `name` and `inbound_nodes`, see functional.py),
`input_layers`, `output_layers`. Keras loads a layer's weights only when the layer is built: either its `build_config`
says with which input shape, or the graph does. `compile_config` is

    {"optimizer": {"module": "keras.optimizers", "class_name": "SGD", "registered_name": None,
                   "config": {"name": "sgd", "learning_rate": 0.01, "momentum": 0.8, "nesterov": False, ...}},
     "loss": "mse" | {"module": "keras.losses", "class_name": "CategoricalCrossentropy", "registered_name": None,
                      "config": {"name": "categorical_crossentropy", "from_logits": True, ...}},
     "loss_weights": None, "metrics": ["accuracy"], "weighted_metrics": None,
     "run_eagerly": False, "steps_per_execution": 1, "jit_compile": False}

and with it Keras compiles, builds the optimizer and gives it its state, if that has as many arrays as it expects.

Source: files that Keras 3.15 wrote.
"""

import contextlib
import datetime
import json
import lzma
import shutil
import zipfile
import zlib
from collections.abc import Generator

from ..types import AnyPath
from . import classifier
from .atomic import replacing
from .compiling import compile_settings, optimizer_state
from .dialect import model_config
from .hdf5 import File, Group, image
from .layout import numbered, read_arrays, write_arrays
from .model_file import MAX_CONFIG, Config, ModelFile, Weights
from .opening import parse_json
from .zipped import archive_of, member

CONFIG: str = "config.json"
METADATA: str = "metadata.json"
WEIGHTS: str = "model.weights.h5"
KERAS_VERSION: str = "3.15.1"  # whose dialect is written


def read(view: memoryview, optimizer: bool = True) -> ModelFile:
    """Return the ModelFile in the bytes of a `.keras` file.

    Parameters
    ----------
    view : memoryview
    optimizer : bool
        Whether the optimizer's state is read too; for predicting it is not needed.
    """
    with archive_of(view) as archive:
        entry = parse_json(member(archive, view, CONFIG, MAX_CONFIG), CONFIG)
        version = None
        if METADATA in archive.namelist():
            version = parse_json(member(archive, view, METADATA, MAX_CONFIG), METADATA).get("keras_version")
        card = _card(archive, view)
        compiled = entry.get("compile_config") or None
        if compiled is not None and not isinstance(compiled, dict):
            raise ValueError(f"its compile_config must be an object. Received: {type(compiled).__name__}.")
        compiled = compile_settings(compiled) if compiled else None
        config = model_config(entry)
        with _arrays(archive, view) as root:
            weights = read_arrays(root, config)
            state = optimizer_state(numbered(root, "optimizer/vars"), compiled) if optimizer else None
    return ModelFile(config, weights, compiled, state, card, version if isinstance(version, str) else None)


def read_weights(view: memoryview, entry: Config) -> Weights:
    """Return {layer path: [arrays]} for the model `entry` from the bytes of a `.keras` file."""
    with archive_of(view) as archive, _arrays(archive, view) as root:
        return read_arrays(root, entry)


def read_card(view: memoryview) -> Config | None:
    """Return the classifier.json in the bytes of a `.keras` file, or None."""
    with archive_of(view) as archive:
        return _card(archive, view)


def _card(archive: zipfile.ZipFile, view: memoryview) -> Config | None:
    if classifier.MEMBER not in archive.namelist():
        return None
    return classifier.parse(member(archive, view, classifier.MEMBER, MAX_CONFIG))


def write_card(path: AnyPath, value: Config) -> None:
    """Put a classifier.json into the `.keras` file at `path`, in place of the one that it may have, atomically."""
    text = classifier.dump(value)
    try:
        with replacing(path) as file, zipfile.ZipFile(path) as old, zipfile.ZipFile(file, "w") as new:
            for item in old.infolist():
                if item.filename != classifier.MEMBER:
                    with old.open(item) as source, new.open(item, "w") as target:
                        shutil.copyfileobj(source, target)
            new.writestr(classifier.MEMBER, text)
    except (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, RuntimeError) as fault:
        raise ValueError(f"{path}: one of its members can't be copied ({fault}); nothing was written.") from None


@contextlib.contextmanager
def _arrays(archive: zipfile.ZipFile, view: memoryview) -> Generator[Group, None, None]:
    """Yield the root of the archive's model.weights.h5."""
    try:
        yield File(member(archive, view, WEIGHTS, None)).root
    except ValueError as fault:
        raise ValueError(f"its {WEIGHTS} can't be used: {str(fault).rstrip('.')}.") from None


def write(path: AnyPath, model: ModelFile) -> None:
    """Write `model` (a ModelFile) as a `.keras` file that Keras opens, atomically."""
    config = {**model.config, "compile_config": model.compile_config or {}}
    text = json.dumps(config, allow_nan=False)
    now = datetime.datetime.now().strftime("%Y-%m-%d@%H:%M:%S")
    arrays = image(lambda file: write_arrays(file, model))
    with replacing(path) as file, zipfile.ZipFile(file, "w") as archive:
        archive.writestr(METADATA, json.dumps({"keras_version": KERAS_VERSION, "date_saved": now}))
        archive.writestr(CONFIG, text)
        archive.writestr(WEIGHTS, arrays)
        if model.classifier is not None:
            archive.writestr(classifier.MEMBER, classifier.dump(model.classifier))
