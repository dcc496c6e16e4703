"""classifier.json: what `predict` must know about a classifier beside its layers.

    {"version": 1, "class_names": ["dress", "hat"], "size": [299, 299], "resize": "nearest",
     "scale": 0.00784313725490196, "offset": -1.0, "output": "logits"}

A photograph is decoded to RGB, resized to `size` (height, width) with `resize`, and each value v in 0..255 becomes
v * scale + offset; `output` says whether the model gives logits or probabilities. It is one more member of a `.keras`
zip, which Keras's load_model ignores and Keras's own save drops; beside other formats it is a file of its own, named
after the model: `NAME.classifier.json`.
"""

import json
import math
import os

from .atomic import replacing
from .opening import mapped, naming, parse_json

MEMBER = "classifier.json"
FIELDS = ("version", "class_names", "size", "resize", "scale", "offset", "output")


def check(value):
    """Return `value`, a dict as above, or raise a ValueError that names the field and what it should be."""
    if not isinstance(value, dict):
        raise ValueError(f"classifier.json must hold an object. Received: {_short(value)}.")
    for name in FIELDS:
        if name not in value:
            raise ValueError(f"classifier.json must have {name!r}. Received: {sorted(map(str, value))}.")
    _need(value, "version", value["version"] == 1 and _whole(value["version"]), "1")
    names = value["class_names"]
    named = isinstance(names, list) and len(names) > 0 and all(isinstance(name, str) and name for name in names)
    _need(value, "class_names", named, "a list of names")
    _need(value, "class_names", len(set(names)) == len(names), "a list of different names")
    size = value["size"]
    sized = isinstance(size, list) and len(size) == 2 and all(_whole(side) and 0 < side <= 1 << 16 for side in size)
    _need(value, "size", sized, "[height, width] in pixels")
    _need(value, "resize", value["resize"] in ("nearest", "bilinear"), "'nearest' or 'bilinear'")
    for name in ("scale", "offset"):
        number = value[name]
        real = isinstance(number, int | float) and not isinstance(number, bool) and math.isfinite(number)
        _need(value, name, real, "a finite number")
    _need(value, "output", value["output"] in ("logits", "probabilities"), "'logits' or 'probabilities'")
    return value


def sidecar(path):
    """Return where the classifier.json of a model lies that isn't a zip: model.h5 -> model.classifier.json.

    A TF.js model's `model.json` has it under the same rule, beside it.
    """
    folder, name = os.path.split(os.fspath(path))
    for ending in (".weights.h5", ".h5", ".hdf5", ".keras", ".json"):
        if name.endswith(ending):
            name = name[: -len(ending)]
            break
    return os.path.join(folder, f"{name}.classifier.json")


def read_sidecar(path):
    """Return the classifier.json beside the model `path`, checked, or None where there is none."""
    beside = sidecar(path)
    if not os.path.exists(beside):
        return None
    with naming(beside), mapped(beside) as view:
        return parse(bytes(view))


def write_sidecar(path, value):
    """Write `value` beside the model `path`."""
    with replacing(sidecar(path)) as file:
        file.write(dump(value))


def parse(raw):
    """Return the checked dict that the bytes of a classifier.json hold."""
    return check(parse_json(raw, MEMBER))


def dump(value):
    """Return the bytes of a classifier.json."""
    return (json.dumps(check(value), indent=1, ensure_ascii=False, allow_nan=False) + "\n").encode()


def _need(value, name, good, what):
    if not good:
        raise ValueError(f"classifier.json's {name!r} must be {what}. Received: {_short(value[name])}.")


def _whole(value):
    return isinstance(value, int) and not isinstance(value, bool)


def _short(value):
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."
