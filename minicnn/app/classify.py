"""A model and pictures: train on a folder, judge on a folder, name what is on a photograph.

What a model must be given (size, resize, scale, class names, and whether its outputs are logits) travels with it as
`model.classifier`, the classifier.json of its file; where a file has none, `complete` asks the caller, what lies beside
the file, and the model, guesses the rest, and says so.
"""

from pathlib import Path

import numpy as np

from .. import kernels
from ..callbacks import CSVLogger, Diverged, ModelCheckpoint, TerminateOnNaN
from ..data import (
    Folder,
    ImageBatches,
    LeftOut,
    PictureError,
    field_beside,
    folder_for,
    image_folder,
    load_image,
    pictures_below,
    split_field,
    to_floats,
    to_judge,
)
from ..files import PILLOW_FILTERS, check_supported, make_card
from ..metrics import interval
from ..models import ARCHITECTURES, card_of
from ..optimizers import Adam

ABLE = {
    "task": ("one",),
    "channels": (3,),
    "invert": (False,),
    "crop": ("none",),
    "resize": PILLOW_FILTERS,
    "threshold": (None,),
}  # of classifier.json's fields, what is done here


def describe_classifier(class_names, size, output="probabilities", resize="nearest", scale=1.0, offset=0.0, **more):
    """Make the classifier.json of a model: what `predict` must know.

    Parameters
    ----------
    class_names : list of str       size : (height, width), pixels
    output : "logits" or "probabilities"      resize : "nearest" or "bilinear"
    scale, offset : x = pixel * scale + offset, before the model's own layers
    more : further fields, see minicnn.files.classifier
    """
    return make_card(class_names, size, output, resize, scale, offset, **more)


def train(
    folder,
    out,
    arch="tinyvgg",
    size=64,
    epochs=20,
    batch_size=32,
    lr=0.001,
    seed=0,
    skip_corrupt=False,
    split_seed=0,
    say=print,
):
    """Train one of the small nets on a folder of pictures.

    Parameters
    ----------
    folder : path, see data.Folder          out : path of a new or empty folder, for what training leaves
    arch : "tinyvgg" or "homework"          size : int, pixels, of a square
    lr : float, Adam's learning rate        seed : int, of weights and order
    skip_corrupt : bool                     leave out and count files that are no pictures
    split_seed : int, decides which pictures are held out where the folder has no `validation`
    say : function of a line

    Returns
    -------
    model : the trained model, saved as out/model.keras after every epoch

    Raises
    ------
    KeyboardInterrupt: passed on; the last finished epoch lies in out/model.keras.
    ValueError: training diverged; the last epoch of finite numbers, if there was one, lies in out/model.keras.
    """
    out = new_folder(out)
    pictures = Folder(folder, split_seed)
    if pictures.left_out:
        say(str(pictures.left_out))
    names = pictures.class_names
    sets = {
        split: image_folder(
            pictures,
            split,
            size,
            batch_size,
            seed=seed,
            cache="memory",
            label_mode="binary" if len(names) == 2 else "categorical",
            skip_corrupt=skip_corrupt,
        )
        for split in ("train", "validation")
    }
    for split, batches in sets.items():
        skipped = f", {len(batches.skipped)} skipped as no pictures" if batches.skipped else ""
        say(f"{split}: {len(batches.files)} pictures of {len(names)} classes{skipped}")
    pictures = pictures.without([file for batches in sets.values() for file in batches.skipped])
    pictures.write_split(out / "split.json")
    model = ARCHITECTURES[arch]((size, size), len(names), seed)
    model.classifier = describe_classifier(names, (size, size), split=split_field(pictures))
    model.compile(
        Adam(lr), "binary_crossentropy" if len(names) == 2 else "categorical_crossentropy", metrics=["accuracy"]
    )
    saved = out / "model.keras"
    try:
        model.fit(
            sets["train"],
            validation_data=sets["validation"],
            epochs=epochs,
            callbacks=[TerminateOnNaN(raise_error=True), ModelCheckpoint(saved), CSVLogger(out / "history.csv")],
        )
    except Diverged as error:
        kept = f"the last epoch before is in {saved}" if saved.exists() else "no epoch ended well, so there is no model"
        raise ValueError(f"{str(error).rstrip('.')}; {kept}.") from None
    return model


def new_folder(path):
    """Make a folder; one that holds something is refused, so that nothing is overwritten."""
    path = Path(path)
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise ValueError(f"`out` must be a new or an empty folder, so that nothing is overwritten. Received: {path}.")
    path.mkdir(parents=True, exist_ok=True)
    return path


def complete(model, classes=None, size=None, scale=None, path=None):
    """Fill in a model's classifier.json where it is absent or the caller knows better.

    Parameters
    ----------
    classes : list of str, optional     size : (height, width), optional      scale : float, optional
    path : of the model's file, optional: labels.txt or metadata.json beside it are asked too

    Returns
    -------
    sentence : str, what was guessed; empty where all was known

    Raises
    ------
    ValueError: the model is no classifier of pictures, its numbers are not finite, what is known does not fit it, or
        it asks for what can't be done here.
    """
    shape = model.input_shape
    if isinstance(shape, list) or len(shape) != 4 or shape[3] != 3:
        raise ValueError(f"The model must take one RGB picture, (None, height, width, 3). Received: {shape}.")
    if isinstance(model.output_shape, list) or len(model.output_shape) != 2:
        raise ValueError(
            f"The model must give one row of numbers a picture, (None, classes). Received: {model.output_shape}."
        )
    if not all(np.isfinite(array).all() for array in model.get_weights()):
        raise ValueError("The model's weights must be finite numbers; some are not, as after a training that diverged.")
    resolved = card_of(model, path, class_names=classes, size=size, scale=scale)
    check_supported(resolved.value, **ABLE)
    model.classifier = resolved.value
    return resolved.sentence


def probabilities(model, outputs):
    """Turn a model's outputs, (N, K), into probabilities, (N, classes); one output K = 1 means two classes.

    The one output is that of the second class. Logits are divided by classifier.json's temperature.

    Raises
    ------
    ValueError: an output is not a finite number.
    """
    if not np.isfinite(outputs).all():
        raise ValueError(f"The model's answers must be finite numbers. Received: {outputs[~np.isfinite(outputs)][0]}.")
    known, one = model.classifier, outputs.shape[-1] == 1
    heat, logits = known.get("temperature") or 1, known["output"] == "logits"
    if heat != 1:
        outputs, logits = (outputs if logits else _logits(outputs, one)) / np.asarray(heat, outputs.dtype), True
    if one:
        outputs = kernels.sigmoid_forward(outputs) if logits else outputs
        return np.concatenate([1 - outputs, outputs], axis=-1)
    return kernels.softmax_forward(outputs) if logits else outputs


def _logits(p, one):
    """Return logits that give these probabilities."""
    p = np.clip(p, np.finfo(p.dtype).tiny, 1 - np.finfo(p.dtype).epsneg)
    return np.log(p) - np.log1p(-p) if one else np.log(p)


def predict(model, paths, batch_size=32, unreadable=None):
    """Give the probability of each class for pictures in files.

    Parameters
    ----------
    model : a model with `classifier` set (see `complete`)       paths : list of paths of pictures
    unreadable : dict, optional     gets {path: why} of those that are no pictures, which have no row then

    Returns
    -------
    p : (N, classes) float

    Raises
    ------
    PictureError: a file is no picture, and `unreadable` is None.
    """
    known = model.classifier
    parts = [np.zeros((0, len(known["class_names"])), np.float32)]
    for start in range(0, len(paths), batch_size):
        pictures = []
        for path in paths[start : start + batch_size]:
            try:
                pictures.append(load_image(path, tuple(known["size"]), known["resize"]))
            except PictureError as problem:
                if unreadable is None:
                    raise
                unreadable[path] = str(problem)
        if pictures:
            x = to_floats(np.stack(pictures), known["scale"], known["offset"], known.get("order", "rgb"))
            parts.append(probabilities(model, model.predict(x)))
    return np.concatenate(parts)


def picture_files(paths, left_out=None):
    """List the pictures that paths name: files as they are, folders by their pictures, sorted.

    What is left out of the folders goes into `left_out`, a data.LeftOut.
    """
    files = []
    for path in map(Path, paths):
        if path.is_dir():
            here = LeftOut() if left_out is None else left_out
            inside = pictures_below(path, here, f"{path}/")
            if not inside:
                raise ValueError(f"{path}: this folder holds no pictures. {str(here).capitalize()}".rstrip())
            files += [path / name for name in inside]
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
        return interval(self.confusion.trace(), self.confusion.sum())

    def __str__(self):
        low, high = self.interval
        return (
            f"accuracy {self.accuracy:.3f} on {self.confusion.sum()} pictures "
            f"(95% interval {low:.3f} to {high:.3f})\n\n{self.table()}"
        )

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


def evaluate(model, folder, split=None, skip_corrupt=False, split_seed=None, path=None, say=print):
    """Judge a model on a folder of pictures: its test split if present, else validation, unless told otherwise.

    What the model learned from, known by content, is left out and counted; the splits "train" and "all" are judged
    whole, with a word.

    Parameters
    ----------
    split_seed : int, optional      decides which pictures are held out where the folder has no `validation`; by default
        the seed of the model's own training
    path : of the model's file, optional: a run of an older version has its list of pictures beside it
    say : function of a line

    Returns
    -------
    judgement : Judgement       split : str, which was taken
    """
    known = model.classifier
    field = known.get("split")
    if field is None and path is not None:
        field = field_beside(path, folder)
    pictures = folder_for(folder, field, split_seed)
    names = known["class_names"]
    if set(pictures.class_names) != set(names):
        raise ValueError(
            f"{folder} must hold the model's classes {', '.join(names)}. Received: {', '.join(pictures.class_names)}."
        )
    if pictures.left_out:
        say(str(pictures.left_out))
    judged = to_judge(pictures, field, split)
    if judged.note:
        say(judged.note)
    labels = np.array([names.index(name) for name in pictures.class_names])[judged.labels]  # in the model's order
    batches = ImageBatches(
        judged.files,
        labels,
        names,
        tuple(known["size"]),
        resize=known["resize"],
        scale=known["scale"],
        offset=known["offset"],
        order=known.get("order", "rgb"),
        label_mode="int",
        skip_corrupt=skip_corrupt,
    )
    if batches.skipped:
        say(f"{len(batches.skipped)} skipped as no pictures.")
    p = probabilities(model, model.predict(batches))
    return Judgement(names, batches.labels, p.argmax(-1)), judged.split
