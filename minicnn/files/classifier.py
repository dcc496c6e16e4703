"""classifier.json, version 2: what `predict` must know about a classifier beside its layers.

    {"version": 2, "class_names": ["dress", "hat"], "task": "one", "size": [299, 299], "channels": 3, "invert": false,
     "crop": "none", "resize": "nearest", "scale": 0.00784313725490196, "offset": -1.0, "order": "rgb",
     "output": "logits", "temperature": null, "threshold": null, "split": null}

A photograph is decoded, cropped, resized to `size` (height, width) with `resize`, and each value v in 0..255 becomes
v * scale + offset, a number each or one a channel, in the channels' `order`; `output` says whether the model gives
logits or probabilities. `split` tells what the model learned from (see `minicnn.data.learned`). It is one more member
of a `.keras` zip, which Keras's load_model ignores and Keras's own save drops; beside other formats it is a file of its
own, named after the model: `NAME.classifier.json`.

Version 1 had seven of these fields; it is read as version 2 with the others at their defaults. Fields that a later
version knows and this one doesn't are kept, and a warning names them.
"""

import json
import math
import os
import warnings

from .atomic import replacing
from .opening import mapped, naming, parse_json, short

MEMBER = "classifier.json"
VERSION = 2
NEEDED = ("version", "class_names", "size", "resize", "scale", "offset", "output")  # version 1
DEFAULTS = {  # what version 1 meant
    "task": "one", "channels": 3, "invert": False, "crop": "none", "order": "rgb", "temperature": None,
    "threshold": None, "split": None,
}  # fmt: skip
PILLOW_FILTERS = ("nearest", "bilinear", "bicubic", "lanczos", "box", "hamming")
CHOICES = {
    "task": ("one", "many", "pictures"),
    "crop": ("none", "centre"),
    "resize": (*PILLOW_FILTERS, "tf-nearest", "tf-bilinear", "tf-bicubic", "tf-area"),
    "order": ("rgb", "bgr"),
    "output": ("logits", "probabilities"),
}
FIELDS = ("version", "class_names", "task", "size", "channels", "invert", "crop", "resize", "scale", "offset", "order",
          "output", "temperature", "threshold", "split")  # fmt: skip


def make_card(class_names, size, output="probabilities", resize="nearest", scale=1.0, offset=0.0, **more):
    """Make the classifier.json of a model, checked; `more` are further fields."""
    value = {"version": VERSION, "class_names": list(class_names), "size": list(size), "resize": resize,
             "scale": _listed(scale), "offset": _listed(offset), "output": output}  # fmt: skip
    return check({**value, **more})


def check(value):
    """Return a checked copy of `value`, a dict as above, in version 2 and with every field.

    Raises
    ------
    ValueError: it names the field and what it should be.
    """
    if not isinstance(value, dict):
        raise ValueError(f"classifier.json must hold an object. Received: {short(value)}.")
    for name in NEEDED:
        if name not in value:
            raise ValueError(f"classifier.json must have {name!r}. Received: {sorted(map(str, value))}.")
    _need(value, "version", _whole(value["version"]) and value["version"] >= 1, "a whole number, 1 or more")
    value = {**DEFAULTS, **value, "version": max(VERSION, value["version"])}
    for name, choices in CHOICES.items():
        _need(value, name, isinstance(value[name], str) and value[name] in choices, _one_of(choices))
    names = value["class_names"]
    named = isinstance(names, list) and all(isinstance(name, str) and name for name in names)
    _need(value, "class_names", named and (names or value["task"] == "pictures"), "a list of names")
    _need(value, "class_names", len(set(names)) == len(names), "a list of different names")
    size = value["size"]
    sized = isinstance(size, list) and len(size) == 2 and all(_whole(side) and 0 < side <= 1 << 16 for side in size)
    _need(value, "size", sized, "[height, width] in pixels")
    channels = value["channels"]
    _need(value, "channels", _whole(channels) and channels in (1, 3), "3 or 1")
    _need(value, "order", channels == 3 or value["order"] == "rgb", "'rgb' where there is one channel")
    _need(value, "invert", isinstance(value["invert"], bool), "true or false")
    for name, what in (("scale", " other than 0"), ("offset", "")):
        numbers = value[name] if isinstance(value[name], list) else [value[name]] * channels
        good = len(numbers) == channels and all(_real(number) and (number != 0 or not what) for number in numbers)
        _need(value, name, good, f"a finite number{what}, or a list of one for each channel")
    heat, least = value["temperature"], value["threshold"]
    _need(value, "temperature", heat is None or (_real(heat) and heat > 0), "null or a number above 0")
    _need(value, "threshold", least is None or (_real(least) and 0 <= least <= 1), "null or a number in 0..1")
    _check_split(value)
    return {**{name: value[name] for name in FIELDS}, **{name: value[name] for name in _unknown(value)}}


def _check_split(value):
    split = value["split"]
    _need(value, "split", split is None or isinstance(split, dict), "null or an object")
    if split is None:
        return
    seed, learned = split.get("seed"), split.get("learned")
    _need(value, "split", seed is None or (_whole(seed) and seed >= 0), "an object whose 'seed' is null or a seed")
    hashes = isinstance(learned, list) and all(_hash(each) for each in learned)
    _need(value, "split", hashes, "an object whose 'learned' lists 16 hex digits a picture")


def _hash(text):
    return isinstance(text, str) and len(text) == 16 and set(text) <= set("0123456789abcdef")


def check_supported(known, **able):
    """Refuse what a program can't do, by name, rather than ignoring it.

    Parameters
    ----------
    known : dict, checked      able : the values that the program can apply, by field: `crop=("none",)`

    Raises
    ------
    ValueError: names the first field whose value is none of these.
    """
    known = {**DEFAULTS, **known}
    for name, values in able.items():
        if known[name] not in values:
            raise ValueError(
                f"classifier.json asks for {name!r} {json.dumps(known[name])}, which can't be done here; "
                f"what can: {', '.join(map(json.dumps, values))}."
            )


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
    """Return the classifier.json beside the model `path`, checked, or None where there is none.

    It is NAME.classifier.json, or else classifier.json, which tells of every model of the folder.
    """
    for beside in (sidecar(path), os.path.join(os.path.dirname(os.fspath(path)), MEMBER)):
        if os.path.exists(beside):
            with naming(beside), mapped(beside) as view:
                return parse(bytes(view))
    return None


def write_sidecar(path, value):
    """Write `value` beside the model `path`."""
    with replacing(sidecar(path)) as file:
        file.write(dump(value))


def parse(raw):
    """Return the checked dict, in version 2, that the bytes of a classifier.json hold; a warning names new fields."""
    value = check(parse_json(raw, MEMBER))
    if unknown := _unknown(value):
        warnings.warn(f"classifier.json (version {value['version']}) has fields that are not known here; they are kept "
                      f"and not applied: {', '.join(unknown)}.", stacklevel=2)  # fmt: skip
    return value


def dump(value):
    """Return the bytes of a classifier.json."""
    return (json.dumps(check(value), indent=1, ensure_ascii=False, allow_nan=False) + "\n").encode()


def _need(value, name, good, what):
    if not good:
        raise ValueError(f"classifier.json's {name!r} must be {what}. Received: {short(value[name])}.")


def _unknown(value):
    return [name for name in value if name not in FIELDS]


def _one_of(choices):
    return f"{', '.join(map(repr, choices[:-1]))} or {choices[-1]!r}"


def _listed(value):
    return [float(number) for number in value] if isinstance(value, (list, tuple)) else float(value)


def _whole(value):
    return isinstance(value, int) and not isinstance(value, bool)


def _real(value):
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
