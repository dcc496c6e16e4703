"""The first two minutes: draw clothes, teach a small net to tell them apart, and see what a linear model misses."""

import os
from pathlib import Path

import numpy as np
from PIL import Image

from ..callbacks import Callback, CSVLogger
from ..data import wardrobe
from ..explain import page
from ..layers import Dense, Flatten, Input, Rescaling, Softmax
from ..models import Sequential, tinyvgg
from ..optimizers import Adam
from .classify import Judgement, describe_classifier

SIZE = 64
SERIES = (1, 2, 4, 8, 12)  # epochs whose models are kept, for the page's slider


class Series(Callback):
    """Keep the models of some epochs."""

    def __init__(self, folder):
        self.folder = folder

    def on_epoch_end(self, epoch, logs):
        """Save the epoch's model and that of the end."""
        self.model.save(self.folder.parent / "model.keras")
        if epoch + 1 in SERIES:
            self.model.save(self.folder / f"epoch_{epoch + 1:02d}.keras")


def demo(out="minicnn-demo", quick=False, seed=0, say=print):
    """Draw the wardrobe, train Tiny VGG and a linear baseline, compare, and leave what was made in `out`.

    Parameters
    ----------
    out : path of a folder; what an earlier demo left there is replaced
    quick : bool        a tenth of the pictures and two epochs, to see that all works
    say : function of a line

    Returns
    -------
    accuracy, baseline : float, on the validation pictures
    """
    out = Path(out)
    if out.exists() and any(out.iterdir()) and not (out / "model.keras").exists():
        raise ValueError(f"`out` must be a new folder or an earlier demo's. Received: {out}.")
    if (out / "model.keras").exists():
        say(f"{out}/ holds an earlier demo: it is replaced.")
    for folder in (out / "series", out / "pictures"):
        folder.mkdir(parents=True, exist_ok=True)

    per_class, epochs = (20, 2) if quick else (200, 12)
    say(f"drawing {10 * per_class:,} pictures of clothes to learn from, and others to be tested on ...")
    x, y = wardrobe.load(per_class, "train", seed, SIZE)
    vx, vy = wardrobe.load(max(per_class // 4, 4), "validation", seed, SIZE)
    names = wardrobe.CLASS_NAMES
    for index, name in enumerate(names):
        Image.fromarray(vx[index]).save(out / "pictures" / f"{name}.png")

    say("training Tiny VGG (19,920 parameters) on them; Ctrl-C stops after saving what there is")
    model = tinyvgg((SIZE, SIZE), len(names), seed)
    model.classifier = describe_classifier(names, (SIZE, SIZE))
    model.compile(Adam(0.001), "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(
        x,
        y,
        epochs=epochs,
        validation_data=(vx, vy),
        callbacks=[Series(out / "series"), CSVLogger(out / "history.csv")],
    )

    say("and a linear softmax classifier, which weighs each pixel by itself")
    linear = Sequential(
        [Input((SIZE, SIZE, 3)), Rescaling(1 / 255), Flatten(), Dense(len(names)), Softmax()], seed=seed
    )
    linear.compile(Adam(0.001), "sparse_categorical_crossentropy", metrics=["accuracy"])
    linear.fit(x, y, epochs=epochs, verbose=0)

    judgement = Judgement(names, vy, model.predict(vx).argmax(-1))
    baseline = float(np.mean(linear.predict(vx).argmax(-1) == vy))
    say("")
    say(str(judgement))
    say("")
    say(
        f"the CNN is right on {judgement.accuracy:.1%} of {len(vy)} pictures that it never saw; "
        f"the linear classifier on {baseline:.1%}"
    )
    page.write(out, sorted((out / "pictures").glob("*.png")), out / "page.html")
    say(_next_steps(out))
    return judgement.accuracy, baseline


def _next_steps(out):
    model, picture, page_file = out / "model.keras", out / "pictures" / "shirt.png", out / "page.html"
    program = "minicnn" if os.environ.get("VIRTUAL_ENV") else ".venv/bin/minicnn"
    return f"""
left in {out}/: model.keras (Keras opens it too), history.csv, series/, pictures/, page.html
open {page_file.resolve().as_uri()} in a browser: it shows where every number comes from
next:
  {program} predict {model} {picture}
  {program} summary {model}
  {program} train FOLDER-OF-PHOTOGRAPHS"""
