"""A model and pictures: train on a folder, judge on a folder, name what is on a photograph.

What a model must be given (size, resize, scale, class names, and whether its outputs are logits) travels with it as
`model.classifier`, the classifier.json of its file; where a file has none, the caller says it or it is guessed from the
model, and `missing` tells which.
"""

import json
import math
from pathlib import Path

import numpy as np

from . import kernels
from .architectures import ARCHITECTURES
from .callbacks import CSVLogger, ModelCheckpoint
from .data import Folder, ImageBatches, image_folder, load_image
from .files import describe
from .optimizers import Adam

SUFFIXES = (".jpg", ".jpeg", ".png", ".gif", ".bmp", ".webp", ".tif", ".tiff")


def describe_classifier(class_names, size, output="probabilities", resize="nearest", scale=1.0, offset=0.0, **more):
    """Make the classifier.json of a model: what `predict` must know.

    Parameters
    ----------
    class_names : list of str       size : (height, width), pixels
    output : "logits" or "probabilities"      resize : "nearest" or "bilinear"
    scale, offset : x = pixel * scale + offset, before the model's own layers
    more : further fields, see minicnn.files.classifier
    """
    return describe(class_names, size, output, resize, scale, offset, **more)


def train(folder, out, arch="tinyvgg", size=64, epochs=20, batch_size=32, lr=0.001, seed=0, skip_corrupt=False,
          say=print):
    """Train one of the small nets on a folder of pictures.

    Parameters
    ----------
    folder : path, see data.Folder          out : path of a new or empty folder, for what training leaves
    arch : "tinyvgg" or "homework"          size : int, pixels, of a square
    lr : float, Adam's learning rate        seed : int, of weights, order and held-out pictures
    skip_corrupt : bool                     leave out and count files that are no pictures
    say : function of a line

    Returns
    -------
    model : the trained model, saved as out/model.keras after every epoch

    Raises
    ------
    KeyboardInterrupt: passed on; the last finished epoch lies in out/model.keras.
    """
    out = new_folder(out)
    pictures = Folder(folder, seed)
    names = pictures.class_names
    sets = {split: image_folder(pictures, split, size, batch_size, seed=seed, cache="memory",
                                label_mode="binary" if len(names) == 2 else "categorical", skip_corrupt=skip_corrupt)
            for split in ("train", "validation")}
    for split, batches in sets.items():
        skipped = f", {len(batches.skipped)} skipped as no pictures" if batches.skipped else ""
        say(f"{split}: {len(batches.files)} pictures of {len(names)} classes{skipped}")
    pictures.write_split(out / "split.json")
    model = ARCHITECTURES[arch]((size, size), len(names), seed)
    model.classifier = describe_classifier(names, (size, size))
    model.compile(Adam(lr), "binary_crossentropy" if len(names) == 2 else "categorical_crossentropy",
                  metrics=["accuracy"])
    model.fit(sets["train"], validation_data=sets["validation"], epochs=epochs,
              callbacks=[ModelCheckpoint(out / "model.keras"), CSVLogger(out / "history.csv")])
    return model


def new_folder(path):
    """Make a folder; one that holds something is refused, so that nothing is overwritten."""
    path = Path(path)
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise ValueError(f"`out` must be a new or an empty folder, so that nothing is overwritten. Received: {path}.")
    path.mkdir(parents=True, exist_ok=True)
    return path


def missing(model):
    """Say in one sentence what a model's file does not tell, or None."""
    if model.classifier:
        return None
    return ("The file has no classifier.json: classes are numbered, pixels scaled as said, and the output is taken "
            f"for {_output(model)}. --classes, --size and --scale say otherwise.")


def complete(model, classes=None, size=None, scale=None):
    """Fill in a model's classifier.json where it is absent or the caller knows better.

    Parameters
    ----------
    classes : list of str, optional     size : (height, width), optional      scale : float, optional
    """
    shape = model.input_shape
    if isinstance(shape, list) or len(shape) != 4 or shape[3] != 3:
        raise ValueError(f"The model must take one RGB picture, (None, height, width, 3). Received: {shape}.")
    if isinstance(model.output_shape, list) or len(model.output_shape) != 2:
        raise ValueError(f"The model must give one row of numbers a picture, (None, classes). "
                         f"Received: {model.output_shape}.")
    outputs = model.output_shape[-1]
    known = dict(model.classifier or describe_classifier(
        [f"class {k}" for k in range(max(outputs, 2))], size or shape[1:3], _output(model)))
    if classes:
        known["class_names"] = list(classes)
    if size:
        known["size"] = list(size)
    if scale is not None:
        known["scale"] = float(scale)
    if None in known["size"]:
        raise ValueError("`size` must be given: the model takes pictures of any size, and its file does not say which.")
    if any(want not in (None, got) for want, got in zip(shape[1:3], known["size"], strict=True)):
        raise ValueError(f"`size` must be {shape[1]} x {shape[2]}, the model's. Received: {known['size']}.")
    if len(known["class_names"]) != max(outputs, 2):
        raise ValueError(f"`classes` must be {max(outputs, 2)} names, one for each output. "
                         f"Received: {len(known['class_names'])}.")
    model.classifier = known


def _output(model):
    if model.setup is not None and hasattr(model.setup.loss, "from_logits"):
        return "logits" if model.setup.loss.from_logits else "probabilities"
    return "probabilities" if model.activation in ("softmax", "sigmoid") else "logits"


def probabilities(model, outputs):
    """Turn a model's outputs, (N, K), into probabilities, (N, classes); one output K = 1 means two classes."""
    if outputs.shape[-1] == 1:
        if model.classifier["output"] == "logits":
            outputs = kernels.sigmoid_forward(outputs)
        return np.concatenate([1 - outputs, outputs], axis=-1)
    return kernels.softmax_forward(outputs) if model.classifier["output"] == "logits" else outputs


def predict(model, paths, batch_size=32):
    """Give the probability of each class for pictures in files.

    Parameters
    ----------
    model : a model with `classifier` set (see `complete`)       paths : list of paths of pictures

    Returns
    -------
    p : (N, classes) float
    """
    known = model.classifier
    parts = []
    for start in range(0, len(paths), batch_size):
        x = np.stack([load_image(path, tuple(known["size"]), known["resize"])
                      for path in paths[start:start + batch_size]]).astype(np.float32)
        parts.append(probabilities(model, model.predict(x * known["scale"] + known["offset"])))
    return np.concatenate(parts)


def picture_files(paths):
    """List the pictures that paths name: files as they are, folders by their pictures, sorted."""
    files = []
    for path in map(Path, paths):
        if path.is_dir():
            inside = sorted(file for file in path.rglob("*") if file.suffix.lower() in SUFFIXES)
            if not inside:
                raise ValueError(f"{path}: this folder holds no pictures.")
            files += inside
        else:
            files.append(path)
    return files


class Judgement:
    """How right a model is on a set: accuracy with its 95% interval, and who is taken for whom.

    Attributes
    ----------
    class_names : list of str
    confusion : (classes, classes) int       row: the true class, column: the predicted one
    """

    def __init__(self, class_names, labels, predicted):
        self.class_names = list(class_names)
        self.confusion = np.zeros((len(class_names),) * 2, int)
        np.add.at(self.confusion, (labels, predicted), 1)

    @property
    def accuracy(self):
        """Share of right predictions."""
        return self.confusion.trace() / self.confusion.sum()

    @property
    def interval(self):
        """The 95% interval of the accuracy (Wilson 1927)."""
        n, p, z = self.confusion.sum(), self.accuracy, 1.96
        centre = (p + z * z / (2 * n)) / (1 + z * z / n)
        half = z / (1 + z * z / n) * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
        return centre - half, centre + half

    def __str__(self):
        low, high = self.interval
        return (f"accuracy {self.accuracy:.3f} on {self.confusion.sum()} pictures "
                f"(95% interval {low:.3f} to {high:.3f})\n\n{self.table()}")

    def table(self):
        """Write the confusion table: true classes down, predicted ones across, the share found at the end."""
        width = max(map(len, self.class_names))
        head = " " * width + "".join(f"{name[:6]:>8}" for name in self.class_names) + "   found"
        lines = [head]
        for name, row in zip(self.class_names, self.confusion, strict=True):
            cells = "".join(f"{count or '.':>8}" for count in row)
            lines.append(f"{name:<{width}}{cells}{_share(row.max(initial=0) and row[len(lines) - 1], row.sum())}")
        return "\n".join(lines)


def _share(right, total):
    return f"{right / total:8.0%}" if total else f"{'-':>8}"


def split_seed(model_path):
    """Tell how the run that left this model drew its held-out pictures, so that it is judged on these; 0 if unknown."""
    record = Path(model_path).parent / "split.json"
    try:
        return int(json.loads(record.read_text(encoding="utf-8"))["seed"] or 0)
    except (OSError, ValueError, KeyError, TypeError):
        return 0


def evaluate(model, folder, split=None, skip_corrupt=False, seed=0):
    """Judge a model on a folder of pictures: its test split if present, else validation, unless told otherwise.

    Parameters
    ----------
    seed : int      decides which pictures are held out where the folder has no `validation` (see `split_seed`)

    Returns
    -------
    judgement : Judgement       split : str, which was taken
    """
    pictures = Folder(folder, seed)
    split = split or pictures.evaluation_split
    files, labels = pictures.split(split)
    known = model.classifier
    if list(pictures.class_names) != known["class_names"]:
        raise ValueError(f"{folder} must hold the model's classes {', '.join(known['class_names'])}. "
                         f"Received: {', '.join(pictures.class_names)}.")
    batches = ImageBatches(files, labels, pictures.class_names, tuple(known["size"]), resize=known["resize"],
                           scale=known["scale"], offset=known["offset"], label_mode="int", skip_corrupt=skip_corrupt)
    p = probabilities(model, model.predict(batches))
    return Judgement(pictures.class_names, batches.labels, p.argmax(-1)), split
