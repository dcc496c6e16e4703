"""The explorer's page: one HTML file with the model, the pictures and all code in it, for any browser, from a file.

The page computes everything itself, forward and backward; what is stored are the weights (of several epochs, if given)
and the pictures, compressed. A net too large for that carries the engine's own numbers instead (carried.py).
"""

import base64
import csv
import hashlib
import json
import re
import zlib
from importlib import resources
from pathlib import Path

import numpy as np

from ...data import load_image
from ...files import check_supported, replacing
from ...losses import (
    BinaryCrossentropy,
    CategoricalCrossentropy,
    MeanSquaredError,
    SparseCategoricalCrossentropy,
    gives_probabilities,
)
from ...models import load_model
from ..terms.places import as_batch, fed, layer_path, loss_of, unfold
from .carried import carry, too_large
from .nodes import describe

MODULES = (
    "payload",
    "numbers",
    "windows",
    "functions",
    "sliding",
    "layers",
    "net",
    "carried",
    "colours",
    "dom",
    "maps",
    "pictures",
    "terms",
    "columns",
    "choices",
    "overview",
    "stop",
    "convolution",
    "formulas",
    "cells",
    "pixels",
    "others",
    "step",
    "backward",
    "training",
    "padding",
    "header",
    "main",
)
ABLE = {
    "task": ("one", "many"),
    "crop": ("none",),
    "resize": ("nearest", "bilinear"),
    "order": ("rgb",),
    "invert": (False,),
    "temperature": (None,),
    "threshold": (None,),
}  # what the page does of a classifier.json
LOSSES = {
    CategoricalCrossentropy: "categorical",
    SparseCategoricalCrossentropy: "categorical",
    BinaryCrossentropy: "binary",
    MeanSquaredError: "squared",
}


def write(
    models, pictures, path, *, names=None, labels=None, history=None, title=None, classes=None, size=None, scale=None
):
    """Write the explorer's page.

    Parameters
    ----------
    models : Model, path of a model file or of a folder of checkpoints (or one that holds them in `series`), or a list
        of models and files, in the order of training: the last is shown first, the others are on the epochs' slider
    pictures : list of paths and of arrays, (H, W), (H, W, 1) or (H, W, 3), pixels 0..255 as the model's classifier.json
        expects them (without one: what the model itself takes)
    path : where to write the page; nothing half-written is ever left there
    names : list of str, optional       what the pictures are called; by default their file names
    labels : list of str, int or None, optional    the true classes; by default the class that a picture's folder or
        file is named after, if any
    history : dict, optional            name -> list of values, one an epoch; by default `history.csv` beside the models
    title : str, optional               by default the model file's name
    classes, size, scale : optional     class names, (height, width) and what pixels are multiplied by, where the
        model's file does not tell or the caller knows better

    Returns
    -------
    size : int, bytes of the page

    Raises
    ------
    ValueError: no picture, models of different shapes, a picture or a model that the page cannot show, numbers that
        are not finite.
    """
    loaded, epochs, found = _load(models)
    model = loaded[-1]
    if len(model.inputs) != 1 or len(model.outputs) != 1:
        raise ValueError(
            f"The page explains nets of one input and one output. Received: {len(model.inputs)} and "
            f"{len(model.outputs)}."
        )
    nodes, arrays = describe(model)
    for other in loaded[:-1]:
        if describe(other)[0] != nodes:
            raise ValueError("`models` must all be the same net at several epochs. Received: nets of different layers.")
    shape = nodes[0]["shape"]
    if len(shape) != 3 or shape[2] not in (1, 3):
        raise ValueError(
            f"The page explains nets that take one picture, grey or RGB. Received: an input of shape {tuple(shape)}."
        )
    if len(nodes[-1]["shape"]) != 1:
        raise ValueError(f"The page explains nets that end in a row of numbers. Received: {tuple(nodes[-1]['shape'])}.")
    known = _classifier(model, shape, {"class_names": classes, "size": size, "scale": scale})
    shown = _pictures(pictures, names, labels, shape, known)
    for each, epoch in zip(loaded, epochs, strict=True):
        _check_finite(each, epoch, shown, known)
    heavy = too_large(model)
    blobs = _Blobs()
    payload = {
        "title": title or _title(found, model),
        "nodes": nodes,
        "classes": known["class_names"],
        "preprocess": {key: known[key] for key in ("size", "resize", "scale", "offset")},
        "loss": _loss(model, known),
        "pictures": [{"name": name, "label": label, "at": blobs.add(pixels)} for name, label, pixels in shown],
        "epochs": [
            {"name": name, "at": [] if heavy else [blobs.add(array) for array in arrays(each)]}
            for name, each in zip(epochs, loaded, strict=True)
        ],
        "history": {
            name: [value if np.isfinite(value) else None for value in values]
            for name, values in (history if history is not None else _history(found)).items()
        },
        "shapes": [list(array.shape) for array in arrays(model)],
        "carried": carry(loaded, nodes, shown, known, blobs) if heavy else None,
    }
    page = _html(payload, blobs)
    with replacing(path) as file:
        file.write(page)
    return len(page)


def _load(models):
    """Return the models, their names, and the path that they came from, if any."""
    if isinstance(models, (str, Path)) and Path(models).is_dir():
        inside = Path(models) / "series" if (Path(models) / "series").is_dir() else Path(models)
        files = sorted(file for file in inside.iterdir() if file.suffix in (".keras", ".h5"))
        if not files:
            raise ValueError(f"{models}: this folder holds no model files (.keras, .h5).")
        return [load_model(file, optimizer=False) for file in files], [_epoch(file) for file in files], Path(models)
    several = list(models) if isinstance(models, (list, tuple)) else [models]
    if not several:
        raise ValueError("`models` must hold at least one model. Received: none.")
    loaded = [load_model(each, optimizer=False) if isinstance(each, (str, Path)) else each for each in several]
    files = [Path(each) for each in several if isinstance(each, (str, Path))]
    names = [
        _epoch(Path(each)) if isinstance(each, (str, Path)) else f"model {number}"
        for number, each in enumerate(several, 1)
    ]
    return loaded, names, files[-1] if files else None


def _check_finite(model, name, shown, known):
    """Refuse a net that training has led astray: behind the first NaN every number is one."""
    for key, place in unfold(model).items():
        for weight, array in (*place.layer.params.items(), *place.layer.state.items()):
            if not np.isfinite(array).all():
                raise ValueError(
                    f"The page explains nets of finite numbers; this one's training has diverged. "
                    f"Received: {name!r}, where '{layer_path(key)}/{weight}' holds "
                    f"{array[~np.isfinite(array)][0]}."
                )
    for picture, _, pixels in shown:
        y = model.forward(as_batch(model, fed(pixels, known)))
        if not np.isfinite(y).all():
            raise ValueError(
                f"The page explains nets of finite numbers. Received: {name!r}, which gives "
                f"{y[~np.isfinite(y)][0]} for the picture {picture!r}."
            )


def _title(found, model):
    if found is None:
        return model.name
    return found.resolve().parent.name if found.name == "series" else found.name


def _epoch(file):
    """Name a checkpoint: "epoch_08.keras" is "epoch 8"."""
    number = re.search(r"epoch\D*(\d+)", file.stem)
    return f"epoch {int(number[1])}" if number else file.stem


def _history(found):
    """Read the history that training left beside a model, in its folder or in the one above."""
    for folder in (found, found.parent) if found else ():
        file = folder / "history.csv"
        if folder.is_dir() and file.is_file():
            with open(file, newline="") as lines:
                rows = list(csv.DictReader(lines))
            try:
                return {name: [float(row[name]) for row in rows] for name in rows[0] if name != "epoch"}
            except (IndexError, KeyError, TypeError, ValueError):
                return {}  # some other program's file: the page draws the losses that it computes itself
    return {}


def _classifier(model, shape, better):
    """Return the model's classifier.json, or what can be said without one; what the caller gives comes first."""
    outputs = model.output_shape[-1]
    if model.classifier:
        check_supported(model.classifier, **ABLE)
    given = {key: value for key, value in better.items() if value is not None}
    known = {**(model.classifier or _guess(model, shape, outputs)), **given}
    if len(known["class_names"]) != max(outputs, 2):
        raise ValueError(
            f"`classes` must be {max(outputs, 2)} names, one for each output. Received: {len(known['class_names'])}."
        )
    if list(known["size"]) != list(shape[:2]):
        raise ValueError(f"`size` must be the model's {shape[0]} x {shape[1]}. Received: {tuple(known['size'])}.")
    return known


def _guess(model, shape, outputs):
    return {
        "class_names": [f"class {k}" for k in range(max(outputs, 2))],
        "size": shape[:2],
        "resize": "nearest",
        "scale": 1.0,
        "offset": 0.0,
        "output": "probabilities" if gives_probabilities(model) else "logits",
    }


def _loss(model, known):
    """Say which loss it is and whether it takes the logits before the last activation."""
    loss = loss_of(model)
    kind = LOSSES.get(type(loss))
    if kind is None:
        raise ValueError(f"The page knows the losses {', '.join(sorted(set(LOSSES.values())))}. Received: {loss.name}.")
    fused = loss.takes_logits(model)
    logits = fused or getattr(loss, "from_logits", False)
    return {"kind": kind, "fused": fused, "logits": bool(logits), "name": loss.name, "output": known["output"]}


def _pictures(pictures, names, labels, shape, known):
    """List (name, label or None, pixels (H, W, C) as uint8 or float32)."""
    if isinstance(pictures, (str, Path)) or (isinstance(pictures, np.ndarray) and pictures.ndim < 4):
        pictures = [pictures]
    if not len(pictures):
        raise ValueError("`pictures` must hold at least one picture. Received: none.")
    for name, given in (("names", names), ("labels", labels)):
        if given is not None and len(given) != len(pictures):
            raise ValueError(f"`{name}` must have one entry a picture. Received: {len(given)} for {len(pictures)}.")
    shown = []
    for number, picture in enumerate(pictures):
        file = Path(picture) if isinstance(picture, (str, Path)) else None
        pixels = load_image(file, tuple(known["size"]), known["resize"]) if file else np.asarray(picture)
        label = labels[number] if labels is not None else _label(file, known["class_names"])
        if isinstance(label, str):
            if label not in known["class_names"]:
                raise ValueError(
                    f"`labels` must be classes of the model: {', '.join(known['class_names'])}. Received: {label!r}."
                )
            label = known["class_names"].index(label)
        name = names[number] if names is not None else file.name if file else f"picture {number + 1}"
        shown.append((str(name), None if label is None else int(label), _fit(pixels, shape)))
    return shown


def _label(file, classes):
    """Guess the true class from a picture's folder or name."""
    options = [file.parent.name, file.stem] if file else []
    return next((name for name in options if name in classes), None)


def _fit(pixels, shape):
    """Give pixels the model's channels; RGB becomes grey with the weights of ITU-R 601, as in Pillow."""
    if not np.isfinite(pixels).all():
        raise ValueError(f"A picture must hold finite numbers. Received: {pixels[~np.isfinite(pixels)][0]}.")
    if pixels.ndim == 2:
        pixels = pixels[..., None]
    if pixels.ndim == 3 and pixels.shape[2] == 3 and shape[2] == 1:
        wide = pixels.astype(np.int64) @ np.array([19595, 38470, 7471])
        pixels = ((wide + 32768) >> 16)[..., None].astype(np.uint8)
    elif pixels.ndim == 3 and pixels.shape[2] == 1 and shape[2] == 3:
        pixels = np.repeat(pixels, 3, 2)
    if list(pixels.shape) != shape:
        raise ValueError(f"A picture must have the model's shape {tuple(shape)}. Received: {pixels.shape}.")
    small = pixels.astype(np.uint8) if pixels.min() >= 0 and pixels.max() <= 255 else None
    return small if small is not None and np.array_equal(small, pixels) else pixels.astype(np.float32)


class _Blobs:
    """All arrays of a page behind each other, each 4-byte aligned; the page finds them by offset, length and type."""

    def __init__(self):
        self.parts, self.size = [], 0

    def add(self, array):
        """Append an array; return [offset, length, "f" or "b"]."""
        kind = "b" if array.dtype == np.uint8 else "f"
        raw = np.ascontiguousarray(array, "uint8" if kind == "b" else "<f4").tobytes()
        at = [self.size, int(array.size), kind]
        raw += bytes(-len(raw) % 4)
        self.parts.append(raw)
        self.size += len(raw)
        return at

    def text(self):
        """Compress and write in base64."""
        return base64.b64encode(zlib.compress(b"".join(self.parts), 9)).decode("ascii")


def _html(payload, blobs):
    """Put template, style, code and data together; a policy lets nothing else run and nothing be fetched."""
    style, script = _file("page.css"), bundle()
    # "<" as \u003c: no name in the data can end the script element or open a comment.
    data = json.dumps(payload, ensure_ascii=False, allow_nan=False).replace("<", "\\u003c")
    policy = (
        f"default-src 'none'; script-src '{_hash(script)}'; style-src '{_hash(style)}'; img-src data: blob:; "
        "base-uri 'none'; form-action 'none'"
    )
    parts = {"POLICY": policy, "STYLE": style, "SCRIPT": script, "PAYLOAD": data, "BLOBS": blobs.text()}
    return re.sub(r"\{\{(\w+)\}\}", lambda match: parts[match[1]], _file("page.html")).encode("utf-8")


def bundle():
    """Put the modules into one, in an order in which nothing is used before it is there."""
    return "\n".join(_inlined(name) for name in MODULES)


def _inlined(name):
    text = re.sub(r"^import .*?;\n", "", _file(f"{name}.js"), flags=re.M | re.S)
    return re.sub(r"^export (?=(async )?(function|const|class|let) )", "", text, flags=re.M)


def _file(name):
    return resources.files(__package__).joinpath("web", name).read_text(encoding="utf-8")


def _hash(text):
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode('utf-8')).digest()).decode('ascii')}"
