"""The first two minutes: draw clothes, teach a small net to tell them apart, and see what a linear model misses."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from ..callbacks import Callback, CSVLogger, Logs
from ..data import wardrobe
from ..explain import page
from ..files import make_card
from ..layers import Dense, Flatten, Input, Rescaling, Softmax
from ..models import Model, Sequential, tinyvgg
from ..optimizers import Adam
from ..types import Array, IntArray
from .evaluate import Judgement

SIZE: int = 64  # pixels, height and width
SERIES: tuple[int, ...] = (1, 2, 4, 8, 12)  # epochs whose models are kept, for the page's slider; and before the first
MISTAKES: int = 5  # pictures of the most confident ones, for the page
LOSS = "sparse_categorical_crossentropy"


class Series(Callback):
    """Keep the models of some epochs.

    Parameters
    ----------
    folder : Path
        For epoch_NN.keras; the last model lies beside it.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def on_train_begin(self, logs: Logs) -> None:
        """Save the model as it is before it has learned anything."""
        self.model.save(self.folder / "epoch_00.keras")

    def on_epoch_end(self, epoch: int, logs: Logs) -> None:
        """Save the epoch's model and that of the end."""
        self.model.save(self.folder.parent / "model.keras")
        if epoch + 1 in SERIES:
            self.model.save(self.folder / f"epoch_{epoch + 1:02d}.keras")


def demo(
    out: str | os.PathLike[str] = "minicnn-demo", quick: bool = False, seed: int = 0, say: Callable[[str], Any] = print
) -> tuple[float, float]:
    """Draw the wardrobe, train Tiny VGG and a linear baseline, compare, and leave what was made in `out`.

    Parameters
    ----------
    out : str or PathLike
        A folder; what an earlier demo left there is replaced.
    quick : bool
        A tenth of the pictures and two epochs, to see that all works.
    seed : int
        Of pictures, weights and order.
    say : function of a line

    Returns
    -------
    accuracy, baseline : float
        On the validation pictures.

    Raises
    ------
    ValueError
        `out` holds something that is no demo's.
    """
    out = _folder(Path(out), say)
    per_class, epochs = (20, 2) if quick else (200, 12)
    say(f"drawing {10 * per_class:,} pictures of clothes to learn from, and others to be tested on ...")
    x, y = wardrobe.load(per_class, "train", seed, SIZE)
    vx, vy = wardrobe.load(max(per_class // 4, 4), "validation", seed, SIZE)
    names = wardrobe.CLASS_NAMES
    for index, name in enumerate(names):
        Image.fromarray(vx[index]).save(out / "pictures" / f"{name}.png")

    say("training Tiny VGG (19,920 parameters) on them; Ctrl-C stops after saving what there is")
    model = tinyvgg((SIZE, SIZE), len(names), seed)
    model.classifier = make_card(names, (SIZE, SIZE))
    model.compile(Adam(0.001), LOSS, metrics=["accuracy"])
    callbacks = [Series(out / "series"), CSVLogger(out / "history.csv")]
    model.fit(x, y, epochs=epochs, validation_data=(vx, vy), callbacks=callbacks)

    say("and a linear softmax classifier, which weighs each pixel by itself")
    linear = _linear(len(names), seed)
    linear.fit(x, y, epochs=epochs, verbose=0)

    p = model.predict(vx)
    judgement = Judgement(names, vy, p.argmax(-1))
    baseline = float(np.mean(linear.predict(vx).argmax(-1) == vy))
    say(f"\n{judgement}\n")
    say(
        f"the CNN is right on {judgement.accuracy:.1%} of {len(vy)} pictures that it never saw; "
        f"the linear classifier on {baseline:.1%}"
    )
    shown = sorted((out / "pictures").glob("*.png"))
    labels = [file.stem for file in shown]
    for index in worst(p, vy)[:MISTAKES]:
        own, other = names[vy[index]], names[p[index].argmax()]
        shown.append(out / "mistakes" / f"{own}-taken-for-{other}-{index}.png")
        labels.append(own)
        Image.fromarray(vx[index]).save(shown[-1])
    page.write(out, shown, out / "page.html", labels=labels)
    say(_next_steps(out))
    return judgement.accuracy, baseline


def worst(p: Array, labels: IntArray) -> list[int]:
    """List the pictures that are taken for another class, those first whose own class is thought least probable.

    Parameters
    ----------
    p : (N, K) float
        The probability of each class.
    labels : (N,) int
        The true classes.

    Returns
    -------
    indices : list of int

    Examples
    --------
    >>> worst(np.array([[0.9, 0.1], [0.8, 0.2], [0.7, 0.3]]), np.array([1, 0, 1]))
    [0, 2]
    """
    own = p[np.arange(len(p)), labels]
    return [int(index) for index in np.argsort(own, kind="stable") if p[index].argmax() != labels[index]]


def _folder(out: Path, say: Callable[[str], Any]) -> Path:
    """Make the demo's folders, or take an earlier demo's."""
    if out.exists() and any(out.iterdir()) and not (out / "model.keras").exists():
        raise ValueError(f"`out` must be a new folder or an earlier demo's. Received: {out}.")
    if (out / "model.keras").exists():
        say(f"{out}/ holds an earlier demo: it is replaced.")
    for folder in (out / "series", out / "pictures", out / "mistakes"):
        folder.mkdir(parents=True, exist_ok=True)
    for old in (out / "mistakes").glob("*-taken-for-*.png"):
        old.unlink()
    return out


def _linear(classes: int, seed: int) -> Model:
    """Make the baseline, compiled."""
    layers = [Input((SIZE, SIZE, 3)), Rescaling(1 / 255), Flatten(), Dense(classes), Softmax()]
    model = Sequential(layers, seed=seed)
    model.compile(Adam(0.001), LOSS, metrics=["accuracy"])
    return model


def _next_steps(out: Path) -> str:
    model, picture, page_file = out / "model.keras", out / "pictures" / "shirt.png", out / "page.html"
    program = "minicnn" if os.environ.get("VIRTUAL_ENV") else ".venv/bin/minicnn"
    return f"""
left in {out}/: model.keras (Keras opens it too), history.csv, series/, pictures/, mistakes/, page.html
open {page_file.resolve().as_uri()} in a browser: it shows where every number comes from
next:
  {program} predict {model} {picture}
  {program} summary {model}
  {program} train FOLDER-OF-PHOTOGRAPHS"""
