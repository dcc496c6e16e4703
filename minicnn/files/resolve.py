"""What is known about a classifier, from all who may tell, in the order of who wins.

Flags; the card (the classifier.json inside the file) or the sidecar beside it; labels.txt or metadata.json beside the
file, as Teachable Machine leaves them; what the model says itself (input shape, Rescaling, loss, names of layers that
only Teachable Machine gives); that program's file names, keras_model.h5 with labels.txt; then a guess, which a sentence
tells of. Each source may tell some fields only: a field's value is that of the first source that has it.
"""

import json
import os
import re
from typing import Any, NamedTuple

import numpy as np

from ..arguments import is_integer
from ..types import AnyPath
from .classifier import DEFAULTS, FIELDS, NEEDED, VERSION, check, read_sidecar
from .model_file import MAX_CONFIG, Config
from .opening import mapped, naming, parse_json, short
from .place import TEACHABLE, model_path, packed, place_of
from .preprocess import teachable

LABELS: str = "labels.txt"
METADATA: str = "metadata.json"


class ResolvedCard(NamedTuple):
    """A classifier.json put together from several sources, and where each field comes from.

    Attributes
    ----------
    value : dict
        The checked classifier.json.
    origin : dict
        Field -> who told it: "flags", "classifier.json", "labels.txt", "metadata.json", "the model",
        "Teachable Machine", "a guess".
    sentence : str
        What was guessed or left out; empty where nothing was.

    Examples
    --------
    >>> guess = {"class_names": ["a", "b"], "resize": "nearest", "scale": 1.0, "offset": 0.0, "output": "logits"}
    >>> resolve_card(flags={"size": [8, 8]}, guess=guess).origin["size"]
    'flags'
    """

    value: Config
    origin: dict[str, str]
    sentence: str


def resolve_card(
    path: AnyPath | None = None,
    *,
    flags: Config | None = None,
    card: Config | None = None,
    model: Config | None = None,
    guess: Config | None = None,
) -> ResolvedCard:
    """Put together what is known about a classifier: each field from the first source that tells it.

    Parameters
    ----------
    path : str or PathLike, optional
        The model's file: what lies beside it is read.
    flags : dict, optional
        Fields of classifier.json that the user gave; here and below a value of None tells nothing. `scale` without
        `offset` says that nothing is added, whoever else tells an offset.
    card : dict, optional
        The classifier.json in the file; by default the one beside it.
    model : dict, optional
        Fields that the model's own layers and settings tell.
    guess : dict, optional
        What the caller assumes where nobody tells.

    Returns
    -------
    resolved : ResolvedCard

    Raises
    ------
    ValueError
        A field has a value that it can't have, or nobody tells a field.

    Examples
    --------
    >>> guess = {"class_names": ["class 0", "class 1"], "resize": "nearest", "scale": 1.0, "offset": 0.0}
    >>> resolved = resolve_card(flags={"scale": 1 / 255}, model={"size": [8, 8], "output": "logits"}, guess=guess)
    >>> resolved.value["size"], resolved.origin["scale"]
    ([8, 8], 'flags')
    >>> resolved.sentence
    'The model has no classifier.json: classes are numbered; a guess is resize "nearest".'
    """
    if card is None and path is not None:
        card = read_sidecar(path)
    if strange := [field for field in flags or {} if field not in FIELDS]:
        raise ValueError(f"`flags` must be fields of classifier.json. Received: {', '.join(strange)}.")
    named = any((told or {}).get("class_names") for told in (flags, card))
    near, other = _of_this_model(path, beside(path, named), model or {}, guess or {})
    sources = {"flags": flags, "classifier.json": card, **near, "the model": model}
    sources |= {"Teachable Machine": _teachable_names(path), "a guess": guess}
    value: Config = {"version": VERSION}
    origin: dict[str, str] = {}
    for name, told in sources.items():
        for field, content in (told or {}).items():
            if content is not None and field not in origin and field != "version":
                value[field], origin[field] = content, name
    if card is not None:
        value["version"] = card["version"]
    for field in NEEDED:
        if field not in value:
            raise ValueError(f"`{field}` must be given: neither the model nor what lies beside its file tells it.")
    if origin["scale"] == "flags" and origin["offset"] != "flags":  # a scale alone says that nothing is added
        other += _left_out(value, origin)
        value["offset"], origin["offset"] = 0.0, "flags"
    guessed = {field: value[field] for field, name in origin.items() if name == "a guess"}
    return ResolvedCard(
        check({**DEFAULTS, **value}), origin, " ".join(filter(None, [*other, _sentence(path, guessed)]))
    )


def beside(path: AnyPath | None, named: bool = False) -> dict[str, Config]:
    """Return {file name: fields} that labels.txt and metadata.json beside a model tell.

    Where the classes have their names already, `named`, labels.txt is not asked: it may be damaged, or another model's.
    """
    if path is None:
        return {}
    place, model = place_of(path)
    folder = os.path.dirname(model_path(path))
    told: dict[str, Config] = {}
    for name, read in ((LABELS, _labels), (METADATA, _metadata)):
        if not place.has(name) or (named and name == LABELS):
            continue
        with naming(path if packed(path) else os.path.join(folder, name)), place.open(name) as raw:
            if len(raw) > MAX_CONFIG:
                raise ValueError(f"it has {len(raw)} bytes; more than {MAX_CONFIG} are not read.")
            told[name] = read(bytes(raw), model)
    return told


def _of_this_model(
    path: AnyPath | None, near: dict[str, Config], model: Config, guess: Config
) -> tuple[dict[str, Config], list[str]]:
    """Leave out a file that was written for another model of the folder, and say so.

    Beside Teachable Machine's own names nothing is left out: there a file that does not fit is damaged.
    """
    if path is None or place_of(path)[1] in TEACHABLE:
        return near, []
    fitting: dict[str, Config] = {}
    sentences: list[str] = []
    for name, told in near.items():
        size, own = told.get("size"), model.get("size")
        count, classes = (
            len(told.get("class_names", ())),
            len(model.get("class_names") or guess.get("class_names") or ()),
        )
        if size and own and size != own:
            why = f"it tells of {size[0]} x {size[1]} pixels, and this model takes {own[0]} x {own[1]}"
        elif count and classes and count != classes:
            why = f"it names {count} classes, and this model has {classes}"
        else:
            fitting[name] = told
            continue
        sentences.append(f"{name} is another model's: {why}.")
    return fitting, sentences


def _labels(raw: bytes, model: str) -> Config:
    """Read one class a line, with or without its number: "0 Apple"."""
    try:
        lines = [line.strip() for line in raw.decode("utf-8-sig").replace("\r", "\n").split("\n") if line.strip()]
    except UnicodeDecodeError as fault:
        raise ValueError(f"class names must be UTF-8 ({fault}).") from None
    numbered = all(re.match(rf"{index}\s+\S", line) for index, line in enumerate(lines))
    return {"class_names": _names([re.sub(r"^\d+\s+", "", line) for line in lines] if numbered else lines)}


def read_class_names(path: AnyPath) -> list[str]:
    r"""Read class names from a file, one a line, with or without their numbers: "0 Apple".

    Parameters
    ----------
    path : str or PathLike

    Returns
    -------
    names : list of str

    Raises
    ------
    ValueError
        One sentence: the path, and what is wrong with the file.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.NamedTemporaryFile("w", suffix=".txt", delete=False) as file:
    ...     _ = file.write("0 Apple\n1 Pear\n")
    >>> read_class_names(file.name)
    ['Apple', 'Pear']
    """
    with naming(path), mapped(path) as view:
        if len(view) > MAX_CONFIG:
            raise ValueError(f"it has {len(view)} bytes; more than {MAX_CONFIG} are not read.")
        return _labels(bytes(view), "")["class_names"]


def _metadata(raw: bytes, model: str) -> Config:
    """Read Teachable Machine's metadata.json: labels, imageSize, grayscale. Other programs' files tell nothing."""
    found = parse_json(raw, METADATA)
    labels, size = found.get("labels"), found.get("imageSize")
    told: Config = {}
    if isinstance(labels, list) and labels and all(isinstance(name, str) for name in labels):
        told["class_names"] = _names(labels)
    if is_integer(size):
        told["size"] = [size, size]
    if found.get("grayscale") is True:
        told["channels"] = 1
    if found.get("packageName") == "@teachablemachine/image":  # not its poses or sounds
        told |= teachable(model)
    return told


def _names(names: list[str]) -> list[str]:
    """Check names that some file tells: they are printed to a terminal."""
    for number, name in enumerate(names, 1):
        if not name or not name.isprintable():
            raise ValueError(f"the name of class {number} must be text that can be printed. Received: {short(name)}.")
        if name in names[: number - 1]:
            raise ValueError(f"its classes must have different names. Received: {short(name)} twice.")
    return names


def _teachable_names(path: AnyPath | None) -> Config | None:
    """Tell Teachable Machine's way with pictures where a model and its class names have that program's file names."""
    if path is None:
        return None
    place, model = place_of(path)
    return teachable(model) if model == TEACHABLE[0] and place.has(LABELS) else None


def _left_out(value: Config, origin: dict[str, str]) -> list[str]:
    """Tell of the offset that a scale without one leaves out, and of the order of channels that stays."""
    if origin["offset"] == "a guess" or not np.any(value["offset"]):
        return []
    order = " (channels stay in the order bgr)" if value.get("order") == "bgr" else ""
    return [
        f"scale is given without offset, so nothing is added{order}: the offset {json.dumps(value['offset'])} "
        f"of {origin['offset']} is left out."
    ]


def _sentence(path: AnyPath | None, guessed: dict[str, Any]) -> str:
    if not guessed:
        return ""
    numbered = ["classes are numbered"] * ("class_names" in guessed)
    rest = ", ".join(f"{field} {json.dumps(content)}" for field, content in guessed.items() if field != "class_names")
    taken = "; ".join(numbered + [f"a guess is {rest}"] * bool(rest))
    return f"{path or 'The model'} has no classifier.json: {taken}."
