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
import shutil
import zipfile
import zlib
from collections.abc import Iterator

from ..types import AnyPath
from . import classifier
from .atomic import replacing
from .compiling import compile_settings, optimizer_state
from .dialect import model_config
from .hdf5 import EXPANSION, FLOOR, File, Group, image
from .layout import numbered, read_arrays, write_arrays
from .model_file import MAX_CONFIG, AnyBytes, Config, ModelFile, Weights
from .opening import parse_json

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
    with _archive(view) as archive:
        entry = parse_json(_member(archive, view, CONFIG, MAX_CONFIG), CONFIG)
        version = None
        if METADATA in archive.namelist():
            version = parse_json(_member(archive, view, METADATA, MAX_CONFIG), METADATA).get("keras_version")
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
    with _archive(view) as archive, _arrays(archive, view) as root:
        return read_arrays(root, entry)


def read_card(view: memoryview) -> Config | None:
    """Return the classifier.json in the bytes of a `.keras` file, or None."""
    with _archive(view) as archive:
        return _card(archive, view)


def _card(archive: zipfile.ZipFile, view: memoryview) -> Config | None:
    if classifier.MEMBER not in archive.namelist():
        return None
    return classifier.parse(_member(archive, view, classifier.MEMBER, MAX_CONFIG))


def write_card(path: AnyPath, value: Config) -> None:
    """Put a classifier.json into the `.keras` file at `path`, in place of the one that it may have, atomically."""
    text = classifier.dump(value)
    with replacing(path) as file, zipfile.ZipFile(path) as old, zipfile.ZipFile(file, "w") as new:
        for item in old.infolist():
            if item.filename != classifier.MEMBER:
                with old.open(item) as source, new.open(item, "w") as target:
                    shutil.copyfileobj(source, target)
        new.writestr(classifier.MEMBER, text)


def _archive(view: memoryview) -> zipfile.ZipFile:
    window = _Window(view)
    try:
        archive = zipfile.ZipFile(window)
    except (zipfile.BadZipFile, NotImplementedError, OverflowError) as fault:
        raise ValueError(f"it is no complete zip, so no .keras file, or it is truncated ({fault}).") from None
    window.limit = len(view)
    return archive


@contextlib.contextmanager
def _arrays(archive: zipfile.ZipFile, view: memoryview) -> Iterator[Group]:
    """Yield the root of the archive's model.weights.h5."""
    try:
        yield File(_member(archive, view, WEIGHTS, None)).root
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


class _Window:
    """A memoryview as the file object that zipfile wants.

    While zipfile lists the members it may read `limit` bytes at once: the list of some 10,000 members, no million.
    """

    def __init__(self, view: memoryview):
        self.view, self.at, self.limit = view, 0, 1 << 20

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0) -> int:
        self.at = offset + (0, self.at, len(self.view))[whence]
        if self.at < 0:
            raise OSError("negative position")
        return self.at

    def tell(self) -> int:
        return self.at

    def read(self, count: int | None = -1) -> bytes:
        end = len(self.view) if count is None or count < 0 else self.at + count
        if end - self.at > self.limit:
            raise ValueError("its list of members is longer than any model's.")
        found = bytes(self.view[self.at : end])
        self.at += len(found)
        return found

    def close(self) -> None:
        pass


def _member(archive: zipfile.ZipFile, view: memoryview, name: str, limit: int | None) -> AnyBytes:
    """Return a member's bytes: a view where it is stored plainly, which costs no memory; checked against its CRC."""
    found = [info for info in archive.infolist() if info.filename == name]
    if len(found) != 1:
        raise ValueError(f"it has {len(found) or 'no'} members called {name!r}, so it is no .keras file.")
    info = found[0]
    if limit is not None and info.file_size > limit:
        raise ValueError(f"its {name} has {info.file_size} bytes; more than {limit} are not read.")
    if info.file_size > FLOOR + EXPANSION * info.compress_size:
        raise ValueError(f"its {name} claims {info.file_size} bytes, packed into {info.compress_size}; not unpacked.")
    if info.compress_type == zipfile.ZIP_STORED and not info.flag_bits & 1:
        start = info.header_offset + 30
        head = bytes(view[info.header_offset : start])
        start += int.from_bytes(head[26:28], "little") + int.from_bytes(head[28:30], "little")
        raw = view[start : start + info.file_size]
        if head[:4] != b"PK\3\4" or len(raw) != info.file_size or zlib.crc32(raw) != info.CRC:
            raise ValueError(f"its {name} is damaged: the checksum differs.")
        return raw
    try:
        return archive.read(info)
    except (zipfile.BadZipFile, zlib.error, RuntimeError, NotImplementedError, EOFError) as fault:
        raise ValueError(f"its {name} can't be unpacked ({fault}).") from None
