"""The course from 8.3 to 8.12 in order, each of our figures beside the published one.

`intended` does what the course's text says; `filmed` repeats, for 8.10 and 8.11, what was filmed: there the validation
pictures were augmented too. That second reading exists in this file alone, for this comparison alone, and no checkpoint
is chosen by it.
"""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from minicnn.data import default_store

from .. import config as configs
from .. import evaluate, pictures, results, train
from ..config import Config
from ..model import card as cards
from ..runtime import files
from ..types import AnyPath, Result
from . import imagenet

Step: TypeAlias = tuple[str, str, dict[str, Any], tuple[float, int, float]]
STEPS: tuple[
    Step, ...
] = (  # section, what it sets, settings, (published best accuracy, epoch of it, accuracy of the last epoch)
    ("8.5", "lr .01", {"lr": 0.01, "epochs": 10}, (0.8299, 7, 0.7889)),
    ("8.6", "lr .0001", {"lr": 0.0001, "epochs": 10}, (0.7889, 10, 0.7889)),
    ("8.6", "lr .001", {"lr": 0.001, "epochs": 10}, (0.8299, 9, 0.8240)),
    ("8.6", "lr .01", {"lr": 0.01, "epochs": 10}, (0.8211, 9, 0.7889)),
    ("8.6", "lr .1", {"lr": 0.1, "epochs": 10}, (0.7889, 10, 0.7889)),
    ("8.7", "lr .001, checkpoints", {"lr": 0.001, "epochs": 10}, (0.8358, 6, 0.8328)),
    ("8.8", "inner 10", {"inner": 10, "epochs": 10}, (0.8152, 6, 0.8152)),
    ("8.8", "inner 100", {"inner": 100, "epochs": 10}, (0.8152, 9, 0.8123)),
    ("8.8", "inner 1000", {"inner": 1000, "epochs": 10}, (0.8123, 7, 0.8006)),
    ("8.9", "drop 0", {"inner": 100, "epochs": 30}, (0.8416, 4, 0.8358)),
    ("8.9", "drop .2", {"inner": 100, "dropout": 0.2, "epochs": 30}, (0.8446, 5, 0.8065)),
    ("8.9", "drop .5", {"inner": 100, "dropout": 0.5, "epochs": 30}, (0.8534, 21, 0.8299)),
    ("8.9", "drop .8", {"inner": 100, "dropout": 0.8, "epochs": 30}, (0.8328, 28, 0.8299)),
    ("8.10", "augmented", {"inner": 100, "dropout": 0.2, "augment": "course", "epochs": 11}, (0.8328, 9, 0.8240)),
    (
        "8.11",
        "299 px, augmented",
        {"size": 299, "lr": 0.0005, "inner": 100, "dropout": 0.2, "augment": "light", "epochs": 21},
        (0.9032, 13, 0.8739),
    ),
)
GRID: tuple[Step, ...] = STEPS[:13]  # 8.5 to 8.9: 13 runs, 210 epochs, none of them augmented
SHIRT: str = "train/t-shirt/5f0a3fa0-6a3d-4b68-b213-72766a643de7.jpg"
SHIRT_SEEN: tuple[tuple[str, float], ...] = (
    ("jersey", 0.679),
    ("bulletproof_vest", 0.040),
    ("sweatshirt", 0.035),
    ("maillot", 0.011),
    ("velvet", 0.002),
)
TEST: tuple[float, float] = (0.8978, 0.2939)  # published accuracy and loss


def run(
    data_folder: AnyPath,
    out: AnyPath,
    how: str = "intended",
    weights: str = configs.DEFAULTS.weights,
    store: AnyPath | None = None,
    quick: bool = False,
    seed: int = configs.DEFAULTS.seed,
    tell: Callable[[Result], Any] = print,
) -> list[Result]:
    """Run every step; write replay.json to a new folder.

    Parameters
    ----------
    data_folder : str or path
    out : str or path of a new or empty folder
    how : "intended" or "filmed"
    weights : as `Config` has it
    store : str or path of stored feature vectors, or None for the user's
    quick : bool
        One epoch a step at 75 px, to see in minutes that every step works; its figures mean nothing.
    seed : int, 0 or more
    tell : called with each row as it is done

    Returns
    -------
    rows : replay.json's "rows"
    """
    found = pictures.read(data_folder)
    out, store = files.unused(out), default_store() if store is None else store
    rows, vectors = [], {}

    def add(section, setting, ours, published, note=""):
        rows.append({"section": section, "setting": setting, "ours": ours, "published": published, "note": note})
        tell(rows[-1])

    _shirt(Path(data_folder), weights, add)
    for section, setting, settings, published in STEPS:
        config = configs.Config(str(data_folder), weights=weights, seed=seed, **settings)
        if quick:
            config = config.replace(size=75, epochs=1)
        started, note = time.perf_counter(), ""
        if config.cacheable and section != "8.7":
            if config.size not in vectors:
                vectors[config.size] = train.Vectors(config, found, store)
            history = train.head_history(config, vectors[config.size])
        else:
            history = train.new(config, out / section, store=store)
            if config.augment != "none":
                note = _clean_or_filmed(out / section, found, config, how)
        best = results.best(history)
        ours = {"best": best["val_accuracy"], "epoch": best["epoch"], "last": history[-1]["val_accuracy"]}
        ours["seconds"] = round(time.perf_counter() - started, 1)
        add(section, setting, ours, dict(zip(("best", "epoch", "last"), published, strict=True)), note)
    _test(out, found, data_folder, add)
    files.write_json(
        out / "replay.json", {"data": str(data_folder), "as": how, "weights": weights, "quick": quick, "rows": rows}
    )
    return rows


def _shirt(data_folder, weights, add):
    name, published = "ImageNet's classes", _words(SHIRT_SEEN[:1])
    all_five = f"published: {_words(SHIRT_SEEN)}"
    if weights != "imagenet":
        return add("8.3", name, None, published, f"not run, it needs ImageNet weights and not {weights}; {all_five}")
    if not (data_folder / SHIRT).is_file():
        return add("8.3", name, None, published, f"not run, {SHIRT} is not in this data set; {all_five}")
    ((_, best),) = imagenet.classify([str(data_folder / SHIRT)])
    return add("8.3", name, _words(best[:1]), published, f"ours: {_words(best)}; {all_five}")


def _words(classes):
    return ", ".join(f"{name} {p:.3f}" for name, p in classes)


def _best_checkpoint(run_folder):
    """Return the last checkpoint, which is of the best epoch; by its number, since as text 100 comes before 99."""
    saved = run_folder.glob("xception_*.keras")
    return max(saved, key=lambda file: int(file.name.split("_")[1]), default=run_folder / "final.keras")


def _clean_or_filmed(run_folder, found, config, how):
    if how == "intended":
        return "validated on the pictures as they are; the published figure on augmented ones"
    return f"best checkpoint on augmented validation pictures, as filmed: {_filmed(run_folder, found, config):.4f}"


def _filmed(run_folder, found, config):
    """Return the accuracy on augmented validation pictures, the course's mistake, for its figure."""
    net, card, _ = cards.load(_best_checkpoint(run_folder))
    paths, labels = found.splits["validation"]
    numbered = pictures.Pictures(paths, card.recipe, np.arange(len(paths)), len(paths))  # the "label" is the number
    right = 0
    for x, numbers in numbered.training_batches(config.batch_size, config.seed, 1, config.augment):
        guessed = np.asarray(net.predict_on_batch(x)).argmax(axis=1)
        right += int((guessed == labels[np.asarray(numbers).argmax(axis=1)]).sum())
    return right / len(paths)


def _test(out, found, data_folder, add):
    published = {"best": TEST[0], "epoch": None, "last": None}
    if "test" not in found.splits:
        return add("8.12", "8.11's model on test", None, published, "not run: this data set has no test folder")
    result = evaluate.evaluate(_best_checkpoint(out / "8.11"), data_folder, out / "8.12", "test")
    return add(
        "8.12",
        "8.11's model on test",
        {"best": result["accuracy"], "epoch": None, "last": None},
        published,
        f"loss {result['loss']:.4f}, published {TEST[1]:.4f}",
    )


def plan(config: Config) -> list[Config]:
    """Return the grid of 8.5 to 8.9.

    Parameters
    ----------
    config : Config, which the grid's settings are put on top of

    Returns
    -------
    configs : 13 of them
    """
    return [config.replace(**settings) for _, _, settings, _ in GRID]
