"""What is known about a classifier, from all who may tell, in the order of who wins.

Flags; the card (the classifier.json inside the file) or the sidecar beside it; labels.txt or metadata.json beside the
file, as Teachable Machine leaves them; what the model says itself (input shape, Rescaling, loss); then a guess, which a
sentence tells of. Each source may tell some fields only: a field's value is that of the first source that has it.
"""

import json
import os
import re
from typing import Any, NamedTuple

from ..types import AnyPath
from .classifier import DEFAULTS, NEEDED, VERSION, check, read_sidecar
from .model_file import Config
from .opening import mapped, naming, parse_json

LABELS: str = "labels.txt"
METADATA: str = "metadata.json"


class ResolvedCard(NamedTuple):
    """A classifier.json put together from several sources, and where each field comes from.

    Attributes
    ----------
    value : dict
        The checked classifier.json.
    origin : dict
        Field -> who told it: "flags", "classifier.json", "labels.txt", "metadata.json", "the model", "a guess".
    sentence : str
        What was guessed; empty where nothing was.

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
        Fields of classifier.json that the user gave; here and below a value of None tells nothing.
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
    'The model has no classifier.json: classes are numbered; a guess is resize "nearest", offset 0.0.'
    """
    if card is None and path is not None:
        card = read_sidecar(path)
    sources = {"flags": flags, "classifier.json": card, **beside(path), "the model": model, "a guess": guess}
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
    guessed = {field: value[field] for field, name in origin.items() if name == "a guess"}
    return ResolvedCard(check({**DEFAULTS, **value}), origin, _sentence(path, guessed))


def beside(path: AnyPath | None) -> dict[str, Config]:
    """Return {file name: fields} that labels.txt and metadata.json beside a model tell."""
    if path is None:
        return {}
    folder = os.path.dirname(os.fspath(path))
    told: dict[str, Config] = {}
    for name, read in ((LABELS, _labels), (METADATA, _metadata)):
        file = os.path.join(folder, name)
        if os.path.isfile(file):
            with naming(file), mapped(file) as view:
                told[name] = read(bytes(view))
    return told


def _labels(raw: bytes) -> Config:
    """Read one class a line, with or without its number: "0 Apple"."""
    try:
        lines = [line.strip() for line in raw.decode("utf-8-sig").splitlines() if line.strip()]
    except UnicodeDecodeError as fault:
        raise ValueError(f"class names must be UTF-8 ({fault}).") from None
    numbered = all(re.match(rf"{index}\s+\S", line) for index, line in enumerate(lines))
    return {"class_names": [re.sub(r"^\d+\s+", "", line) for line in lines] if numbered else lines}


def _metadata(raw: bytes) -> Config:
    """Read Teachable Machine's metadata.json: labels, imageSize, grayscale. Other programs' files tell nothing."""
    found = parse_json(raw, METADATA)
    labels, size = found.get("labels"), found.get("imageSize")
    told: Config = {}
    if isinstance(labels, list) and all(isinstance(name, str) for name in labels):
        told["class_names"] = labels
    if isinstance(size, int) and not isinstance(size, bool):
        told["size"] = [size, size]
    if found.get("grayscale") is True:
        told["channels"] = 1
    return told


def _sentence(path: AnyPath | None, guessed: dict[str, Any]) -> str:
    if not guessed:
        return ""
    numbered = ["classes are numbered"] * ("class_names" in guessed)
    rest = ", ".join(f"{field} {json.dumps(content)}" for field, content in guessed.items() if field != "class_names")
    taken = "; ".join(numbered + [f"a guess is {rest}"] * bool(rest))
    return f"{path or 'The model'} has no classifier.json: {taken}."
