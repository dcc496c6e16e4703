"""Train one of the small nets on a folder of pictures."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ..callbacks import CSVLogger, Diverged, ModelCheckpoint, TerminateOnNaN
from ..data import Folder, ImageBatches, LabelledPictures, split_field
from ..files import make_card
from ..models import ARCHITECTURES, Model
from ..optimizers import Adam
from .settings import DEFAULTS, Settings


def train(
    folder: str | os.PathLike[str],
    out: str | os.PathLike[str],
    settings: Settings = DEFAULTS,
    say: Callable[[str], Any] = print,
) -> Model:
    """Train a small net, and save it after every epoch.

    Parameters
    ----------
    folder : str or PathLike
        See `data.Folder`; or a CSV, see `data.LabelledPictures`: then each label is for itself.
    out : str or PathLike
        A new or empty folder, for model.keras, history.csv and split.json.
    settings : Settings
    say : function of a line

    Returns
    -------
    model : Model

    Raises
    ------
    KeyboardInterrupt
        Passed on; the last finished epoch lies in out/model.keras.
    ValueError
        `out` holds something, or training diverged; the last epoch of finite numbers, if there was one, lies in
        out/model.keras.
    """
    Adam(settings.lr)  # what it refuses is refused before a folder is made
    labelled = os.fspath(folder).endswith(".csv")
    pictures = LabelledPictures(folder, settings.split_seed) if labelled else Folder(folder, settings.split_seed)
    out = new_folder(out)
    if isinstance(pictures, Folder) and pictures.left_out:
        say(str(pictures.left_out))
    sets = {split: _batches(pictures, split, settings) for split in ("train", "validation")}
    for split, batches in sets.items():
        skipped = f", {len(batches.skipped)} skipped as no pictures" if batches.skipped else ""
        kinds = f"{len(pictures.class_names)} {'labels' if labelled else 'classes'}"
        say(f"{split}: {len(batches.files)} pictures of {kinds}{skipped}")
    pictures = pictures.without([Path(file) for batches in sets.values() for file in batches.skipped])
    pictures.write_split(out / "split.json")
    model = _net(pictures, settings)
    saved = out / "model.keras"
    try:
        model.fit(
            sets["train"],
            validation_data=sets["validation"],
            epochs=settings.epochs,
            callbacks=[TerminateOnNaN(raise_error=True), ModelCheckpoint(saved), CSVLogger(out / "history.csv")],
        )
    except Diverged as error:
        kept = f"the last epoch before is in {saved}" if saved.exists() else "no epoch ended well, so there is no model"
        raise ValueError(f"{str(error).rstrip('.')}; {kept}.") from None
    return model


def new_folder(path: str | os.PathLike[str]) -> Path:
    """Make a folder; one that holds something is refused, so that nothing is overwritten.

    Parameters
    ----------
    path : str or PathLike

    Returns
    -------
    path : Path

    Raises
    ------
    ValueError
        It holds something, or is no folder.
    """
    path = Path(path)
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise ValueError(f"`out` must be a new or an empty folder, so that nothing is overwritten. Received: {path}.")
    path.mkdir(parents=True, exist_ok=True)
    return path


def _batches(pictures: Folder | LabelledPictures, split: str, settings: Settings) -> ImageBatches:
    files, labels = pictures.split(split)
    several = isinstance(pictures, LabelledPictures)
    return ImageBatches(
        files,
        labels,
        pictures.class_names,
        settings.size,
        settings.batch_size,
        shuffle=split == "train",
        seed=settings.seed,
        cache="memory",
        label_mode="many" if several else "binary" if len(pictures.class_names) == 2 else "categorical",
        skip_corrupt=settings.skip_corrupt,
    )


def _net(pictures: Folder | LabelledPictures, settings: Settings) -> Model:
    """Make the net, compiled, with its classifier.json."""
    names, size = pictures.class_names, (settings.size, settings.size)
    many = isinstance(pictures, LabelledPictures)
    model = ARCHITECTURES[settings.arch](size, len(names), settings.seed, many=many)
    model.classifier = make_card(names, size, split=split_field(pictures), task="many" if many else "one")
    loss = "binary_crossentropy" if many or len(names) == 2 else "categorical_crossentropy"
    model.compile(Adam(settings.lr), loss, metrics=["accuracy"])
    return model
