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
import os
import warnings
from collections.abc import Sequence
from typing import Any

from ..arguments import LARGEST_FLOAT32, is_integer
from ..types import AnyPath
from .atomic import replacing
from .model_file import AnyBytes, Config
from .opening import mapped, naming, parse_json, short
from .place import model_path, packed, place_of

MEMBER: str = "classifier.json"
NONE_OF_THESE: str = "none of these"  # the answer where the largest probability lies below the threshold
VERSION: int = 2
COLDEST: float = 1e-6  # the least temperature: logits that are divided by one near 0 are infinite in float32
NEEDED: tuple[str, ...] = ("version", "class_names", "size", "resize", "scale", "offset", "output")  # version 1
DEFAULTS: Config = {  # what version 1 meant
    "task": "one", "channels": 3, "invert": False, "crop": "none", "order": "rgb", "temperature": None,
    "threshold": None, "split": None,
}  # fmt: skip
PILLOW_FILTERS: tuple[str, ...] = ("nearest", "bilinear", "bicubic", "lanczos", "box", "hamming")
CHOICES: dict[str, tuple[str, ...]] = {
    "task": ("one", "many", "pictures"),
    "crop": ("none", "centre"),
    "resize": (*PILLOW_FILTERS, "tf-nearest", "tf-bilinear", "tf-bicubic", "tf-area"),
    "order": ("rgb", "bgr"),
    "output": ("logits", "probabilities"),
}
FIELDS: tuple[str, ...] = (
    *("version", "class_names", "task", "size", "channels", "invert", "crop", "resize", "scale", "offset", "order"),
    *("output", "temperature", "threshold", "split"),
)


def make_card(
    class_names: Sequence[str],
    size: Sequence[int],
    output: str = "probabilities",
    resize: str = "nearest",
    scale: float | Sequence[float] = 1.0,
    offset: float | Sequence[float] = 0.0,
    **more: Any,
) -> Config:
    """Make the classifier.json of a model, checked.

    Parameters
    ----------
    class_names : sequence of str
        One for each output; two for one sigmoid.
    size : (height, width)
        Pixels.
    output : "logits" or "probabilities"
        What the model returns.
    resize : str
        "nearest", "bilinear", "bicubic", "lanczos", "box" or "hamming", Pillow's; "tf-nearest", "tf-bilinear",
        "tf-bicubic" or "tf-area", TensorFlow's.
    scale, offset : float, or a sequence of one a channel
        A value v in 0..255 becomes v * scale + offset.
    **more
        Further fields: see the module's docstring.

    Returns
    -------
    card : dict
        With every field.

    Raises
    ------
    ValueError
        It names the field and what it should be.

    Examples
    --------
    >>> card = make_card(["dress", "hat"], (64, 64), scale=1 / 255)
    >>> card["size"], card["output"], card["task"], card["threshold"]
    ([64, 64], 'probabilities', 'one', None)
    """
    value = {"version": VERSION, "class_names": list(class_names), "size": list(size), "resize": resize,
             "scale": _listed(scale), "offset": _listed(offset), "output": output}  # fmt: skip
    return check({**value, **more})


def check(value: Any) -> Config:
    """Return a checked copy of a classifier.json, in version 2 and with every field.

    Raises
    ------
    ValueError
        It names the field and what it should be.
    """
    if not isinstance(value, dict):
        raise ValueError(f"classifier.json must hold an object. Received: {short(value)}.")
    for name in NEEDED:
        if name not in value:
            raise ValueError(f"classifier.json must have {name!r}. Received: {sorted(map(str, value))}.")
    _need(value, "version", is_integer(value["version"]) and value["version"] >= 1, "a whole number, 1 or more")
    value = {**DEFAULTS, **value, "version": max(VERSION, value["version"])}
    for name, choices in CHOICES.items():
        _need(value, name, isinstance(value[name], str) and value[name] in choices, _one_of(choices))
    names = value["class_names"]
    named = isinstance(names, list) and all(isinstance(name, str) and name for name in names)
    _need(value, "class_names", named and bool(names or value["task"] == "pictures"), "a list of names")
    _need(value, "class_names", len(set(names)) == len(names), "a list of different names")
    size = value["size"]
    sized = isinstance(size, list) and len(size) == 2 and all(is_integer(side) and 0 < side <= 1 << 16 for side in size)
    _need(value, "size", sized, "[height, width] in pixels")
    value["size"] = [int(side) for side in size]
    channels = value["channels"]
    _need(value, "channels", is_integer(channels) and channels in (1, 3), "3 or 1")
    _need(value, "order", channels == 3 or value["order"] == "rgb", "'rgb' where there is one channel")
    _need(value, "invert", isinstance(value["invert"], bool), "true or false")
    for name, what in (("scale", " other than 0"), ("offset", "")):
        numbers = value[name] if isinstance(value[name], list) else [value[name]] * channels
        good = len(numbers) == channels and all(_real(number) and (number != 0 or not what) for number in numbers)
        _need(value, name, good, f"a finite number{what}, or a list of one for each channel")
        value[name] = _listed(value[name])  # NumPy takes no large integer beside float32
    heat, least = value["temperature"], value["threshold"]
    _need(
        value,
        "temperature",
        heat is None or (_real(heat) and heat >= COLDEST),
        f"null or a number of at least {COLDEST:g}",
    )
    _need(value, "threshold", least is None or (_real(least) and 0 <= least <= 1), "null or a number in 0..1")
    _check_split(value)
    return {**{name: value[name] for name in FIELDS}, **{name: value[name] for name in _unknown(value)}}


def _check_split(value: Config) -> None:
    split = value["split"]
    _need(value, "split", split is None or isinstance(split, dict), "null or an object")
    if split is None:
        return
    rule, seed, learned = split.get("rule"), split.get("seed"), split.get("learned")
    counts, missing = split.get("counts"), split.get("missing")
    hashes = isinstance(learned, list) and all(_hash(each) for each in learned)
    counted = isinstance(counts, dict) and all(map(_counts, counts.values()))
    for good, what in (
        (rule is None or isinstance(rule, str), "'rule' is null or a text"),
        (seed is None or _count(seed), "'seed' is null or a seed"),
        (hashes, "'learned' lists 16 hex digits a picture"),
        (counts is None or counted, "'counts' is null or has an object of pictures a class for each split"),
        (missing is None or _count(missing), "'missing' is null or a number of pictures"),
    ):
        _need(value, "split", good, f"an object whose {what}")


def _count(value: Any) -> bool:
    return is_integer(value) and value >= 0


def _counts(value: Any) -> bool:
    return isinstance(value, dict) and all(map(_count, value.values()))


def _hash(text: Any) -> bool:
    return isinstance(text, str) and len(text) == 16 and set(text) <= set("0123456789abcdef")


def check_supported(card: Config, **supported: Sequence[Any]) -> None:
    """Refuse what a program can't do, by name, rather than ignoring it.

    Parameters
    ----------
    card : dict
        A checked classifier.json.
    **supported
        By field, the values that the program can apply: `crop=("none",)`.

    Raises
    ------
    ValueError
        It names the first field whose value is none of these.

    Examples
    --------
    >>> card = make_card(["dress", "hat"], (64, 64), crop="centre")
    >>> check_supported(card, crop=("none", "centre"))
    >>> check_supported(card, crop=("none",))
    Traceback (most recent call last):
    ValueError: classifier.json asks for 'crop' "centre", which can't be done here; what can: "none".
    """
    card = {**DEFAULTS, **card}
    for name, values in supported.items():
        if card[name] not in values:
            raise ValueError(
                f"classifier.json asks for {name!r} {json.dumps(card[name])}, which can't be done here; "
                f"what can: {', '.join(map(json.dumps, values))}."
            )


def sidecar(path: AnyPath) -> str:
    """Return where the classifier.json of a model lies that isn't a zip: model.h5 -> model.classifier.json.

    A TF.js model's `model.json` has it under the same rule, beside it.
    """
    folder, name = os.path.split(_place(path))
    for ending in (".weights.h5", ".h5", ".hdf5", ".keras", ".json", ".onnx", ".zip"):
        if name.endswith(ending):
            name = name[: -len(ending)]
            break
    return os.path.join(folder, f"{name}.classifier.json")


def _place(path: AnyPath) -> str:
    """Return the path beside which a classifier.json lies: a SavedModel is its folder, which is not read here."""
    path = os.fspath(path)
    return path if os.path.isfile(os.path.join(path, "saved_model.pb")) else model_path(path)


def read_sidecar(path: AnyPath) -> Config | None:
    """Read the classifier.json beside a model: NAME.classifier.json, or classifier.json for all models of the folder.

    Parameters
    ----------
    path : str or PathLike
        The model's file.

    Returns
    -------
    card : dict or None
        Checked, in version 2; None where there is none.

    Raises
    ------
    ValueError
        One sentence: the path of the classifier.json, and what is wrong with it.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_sidecar(f"{folder}/net.h5", make_card(["dress", "hat"], (64, 64)))
    ...     print(os.listdir(folder), read_sidecar(f"{folder}/net.h5")["class_names"])
    ['net.classifier.json'] ['dress', 'hat']
    """
    path = _place(path)
    for beside in (sidecar(path), os.path.join(os.path.dirname(path), MEMBER)):
        if os.path.exists(beside):
            with naming(beside), mapped(beside) as view:
                return parse(bytes(view))
    if packed(path):
        place, _ = place_of(path)
        if place.has(MEMBER):
            with naming(path), place.open(MEMBER) as raw:
                return parse(raw)
    return None


def write_sidecar(path: AnyPath, card: Config) -> None:
    """Write a classifier.json beside a model: see `read_sidecar`.

    Parameters
    ----------
    path : str or PathLike
        The model's file, which need not be there.
    card : dict
        As `make_card` returns it.

    Raises
    ------
    ValueError
        A field that is not as it should be, or a file that can't be written.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_sidecar(f"{folder}/model.json", make_card(["dress", "hat"], (64, 64)))
    ...     os.listdir(folder)
    ['model.classifier.json']
    """
    with replacing(sidecar(path)) as file:
        file.write(dump(card))


def parse(raw: AnyBytes) -> Config:
    """Return the checked dict, in version 2, that the bytes of a classifier.json hold; a warning names new fields."""
    value = check(parse_json(raw, MEMBER))
    if unknown := _unknown(value):
        warnings.warn(f"classifier.json (version {value['version']}) has fields that are not known here; they are kept "
                      f"and not applied: {', '.join(unknown)}.", stacklevel=2)  # fmt: skip
    return value


def dump(value: Config) -> bytes:
    """Return the bytes of a classifier.json."""
    text = json.dumps(check(value), indent=1, ensure_ascii=False, allow_nan=False) + "\n"
    return text.encode(errors="backslashreplace")  # as JSON has a folder's name that is no text: "\udcff"


def _need(value: Config, name: str, good: bool, what: str) -> None:
    if not good:
        raise ValueError(f"classifier.json's {name!r} must be {what}. Received: {short(value[name])}.")


def _unknown(value: Config) -> list[str]:
    return [name for name in value if name not in FIELDS]


def _one_of(choices: tuple[str, ...]) -> str:
    return f"{', '.join(map(repr, choices[:-1]))} or {choices[-1]!r}"


def _listed(value: float | Sequence[float]) -> float | list[float]:
    return [float(number) for number in value] if isinstance(value, Sequence) else float(value)


def _real(value: Any) -> bool:
    """Tell whether a value is a number as JSON has them, and one that float32 can hold."""
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= LARGEST_FLOAT32
