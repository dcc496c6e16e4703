"""What is known about a classifier, from all who may tell, in the order of who wins.

Flags; the card (the classifier.json inside the file) or the sidecar beside it; labels.txt or metadata.json beside the
file, as Teachable Machine leaves them; what the model says itself (input shape, Rescaling, loss); then a guess, which a
sentence tells of. Each source may tell some fields only: a field's value is that of the first source that has it.
"""

import json
import os
import re
from typing import NamedTuple

from .classifier import DEFAULTS, NEEDED, VERSION, check, read_sidecar
from .opening import mapped, naming, parse_json

LABELS, METADATA = "labels.txt", "metadata.json"


class ResolvedCard(NamedTuple):
    """`value` is the checked classifier.json, `origin` {field: who told it}, `sentence` what was guessed, or ""."""

    value: dict
    origin: dict
    sentence: str


def resolve_card(path=None, *, flags=None, card=None, model=None, guess=None):
    """Put together what is known about a classifier.

    Parameters
    ----------
    path : str or path of the model's file, or None: what lies beside it is read
    flags, card, model, guess : dict or None, fields of classifier.json as the caller's flags, the card in the file or
        beside it, the model's own layers and settings, and the caller's habit tell them; None values tell nothing

    Returns
    -------
    resolved : ResolvedCard

    Raises
    ------
    ValueError: a field has a value that it can't have, or nobody tells a field.
    """
    if card is None and path is not None:
        card = read_sidecar(path)
    sources = {"flags": flags, "classifier.json": card, **beside(path), "the model": model, "a guess": guess}
    value, origin = {"version": VERSION}, {}
    for name, told in sources.items():
        for field, content in (told or {}).items():
            if content is not None and field not in origin and field != "version":
                value[field], origin[field] = content, name
    if card is not None:
        value["version"] = card["version"]
    for field in NEEDED:
        if field not in value:
            raise ValueError(f"`{field}` must be given: neither the model nor what lies beside its file tells it.")
    guessed = {field: value[field] for field, name in origin.items() if name == "a guess"}
    return ResolvedCard(check({**DEFAULTS, **value}), origin, _sentence(path, guessed))


def beside(path):
    """Return {file name: fields} that labels.txt and metadata.json beside a model tell."""
    if path is None:
        return {}
    folder, told = os.path.dirname(os.fspath(path)), {}
    for name, read in ((LABELS, _labels), (METADATA, _metadata)):
        file = os.path.join(folder, name)
        if os.path.isfile(file):
            with naming(file), mapped(file) as view:
                told[name] = read(bytes(view))
    return told


def _labels(raw):
    """Read one class a line, with or without its number: "0 Apple"."""
    try:
        lines = [line.strip() for line in raw.decode("utf-8-sig").splitlines() if line.strip()]
    except UnicodeDecodeError as fault:
        raise ValueError(f"class names must be UTF-8 ({fault}).") from None
    numbered = all(re.match(rf"{index}\s+\S", line) for index, line in enumerate(lines))
    return {"class_names": [re.sub(r"^\d+\s+", "", line) for line in lines] if numbered else lines}


def _metadata(raw):
    """Read Teachable Machine's metadata.json: labels, imageSize, grayscale. Other programs' files tell nothing."""
    found = parse_json(raw, METADATA)
    labels, size = found.get("labels"), found.get("imageSize")
    told = {}
    if isinstance(labels, list) and all(isinstance(name, str) for name in labels):
        told["class_names"] = labels
    if isinstance(size, int) and not isinstance(size, bool):
        told["size"] = [size, size]
    if found.get("grayscale") is True:
        told["channels"] = 1
    return told


def _sentence(path, guessed):
    if not guessed:
        return ""
    numbered = ["classes are numbered"] * ("class_names" in guessed)
    rest = ", ".join(f"{field} {json.dumps(content)}" for field, content in guessed.items() if field != "class_names")
    taken = "; ".join(numbered + [f"a guess is {rest}"] * bool(rest))
    return f"{path or 'The model'} has no classifier.json: {taken}."
