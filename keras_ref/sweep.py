"""Vary one setting as the course does in 8.6, 8.8 and 8.9: several seeds, error bars, a plain word on the winner."""

import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from minicnn.data import Folder

from . import config as configs
from . import console, features, files, model, pictures, results, runtime, train
from .config import Config
from .errors import Diverged
from .types import AnyPath, History, Result

GRIDS: dict[
    str, tuple[tuple[float, ...], dict[str, Any], int]
] = {  # setting: (values, the other settings, epochs), each as in its section
    "lr": ((0.0001, 0.001, 0.01, 0.1), {}, 10),
    "inner": ((10, 100, 1000), {"lr": 0.001}, 10),
    "dropout": ((0.0, 0.2, 0.5, 0.8), {"lr": 0.001, "inner": 100}, 30),
    "size": ((150, 299), {"lr": 0.0005, "inner": 100, "dropout": 0.2}, 20),
}


class Vectors:
    """The stored vectors of a data folder's training and validation pictures for one frozen base.

    Parameters
    ----------
    config : Config
    found : minicnn.data.Folder
    store : str or path

    Attributes
    ----------
    classes : int
    learn : features.Stored, of the training pictures
    check : features.Stored, of the validation pictures as they are
    """

    def __init__(self, config: Config, found: Folder, store: AnyPath) -> None:
        runtime.repeatable(config.seed)
        self.classes: int = len(found.class_names)
        classifier, square = model.build(config, self.classes), pictures.square(config.size)

        def stored(name, **augmented):
            paths, labels = found.splits[name]
            loaded = pictures.Pictures(paths, square, labels, self.classes, keep=False)
            return features.Stored(classifier, loaded, store, **augmented)

        self.learn: features.Stored = stored("train", augment=config.augment, draws=config.draws)
        self.check: features.Stored = stored("validation")


def head_history(config: Config, vectors: Vectors, advance: Callable[[], Any] = lambda: None) -> History:
    """Train one head on stored vectors; the same seed leads to what `train` leads to.

    Parameters
    ----------
    config : Config
    vectors : Vectors
    advance : called after each epoch

    Returns
    -------
    history : a row an epoch

    Raises
    ------
    Diverged
        A loss is not finite.
    """
    runtime.repeatable(config.seed)
    head = model.build_head(config, vectors.learn.width, vectors.classes)
    model.compile_net(head, config, steps_at_once=32)
    check = vectors.check.batches(1, config.batch_size)
    history = []
    for epoch in range(1, config.epochs + 1):
        order = np.random.default_rng([config.seed, epoch]).permutation(len(vectors.learn))
        head.optimizer.learning_rate.assign(config.rate(epoch))
        learn = vectors.learn.batches(epoch, config.batch_size, order, config.seed)
        history.append(train.one_epoch(head, learn, check, epoch, config.seed))
        advance()
        if train.is_over(config, history):
            break
    return history


def run(
    data_folder: AnyPath,
    over: str,
    out: AnyPath,
    values: Sequence[float] | None = None,
    seeds: int = 3,
    epochs: int | None = None,
    store: AnyPath | None = None,
    **settings: Any,
) -> Result:
    """Train every value with every seed; write sweep.json and sweep.png to a new folder.

    Parameters
    ----------
    data_folder : str or path
    over : a key of GRIDS, the setting that is varied
    out : str or path of a new or empty folder
    values : values of it, or None for the course's
    seeds : int, runs a value
    epochs : int, or None for the course's
    store : str or path of stored feature vectors, or None for the user's
    **settings : other settings of Config

    Returns
    -------
    result : the content of sweep.json

    Raises
    ------
    ValueError
        The data or a setting can't be used.
    Diverged
        Every value diverged.
    """
    store = features.default_store() if store is None else store
    grid, fixed, default_epochs = GRIDS[over]
    values = list(values or grid)
    base = configs.Config(str(data_folder)).replace(**fixed | {"epochs": epochs or default_epochs} | settings)
    made = [base.replace(**{over: value}) for value in values]
    if not all(config.cacheable for config in made):
        raise ValueError("A sweep trains heads on stored vectors: it needs a frozen base, and draws where it augments.")
    found = pictures.read(data_folder, base.split_seed)
    out = files.unused(out)
    started, stored, rows = time.perf_counter(), {}, []
    for config in made:
        if config.size not in stored:
            stored[config.size] = Vectors(config, found, store)
    vectors_at = time.perf_counter()
    with console.progress(f"sweep over {over}", len(made) * seeds * base.epochs) as advance:
        for value, config in zip(values, made, strict=True):
            seeded = (config.replace(seed=base.seed + k) for k in range(seeds))
            rows.append(_row(value, [_finite_history(one, stored[config.size], advance) for one in seeded]))
    if all(row["diverged"] for row in rows):
        raise Diverged(f"Every value of {over} diverged to a loss that is not finite. Received: {values}.")
    n = len(found.splits["validation"].files)
    result = {
        "over": over,
        "data": str(data_folder),
        "weights": base.weights,
        "pictures": n,
        "seeds": seeds,
        "epochs": base.epochs,
        "settings": fixed | settings,
        "rows": rows,
        "sentence": results.verdict(over, rows, n),
        "seconds": {"vectors": round(vectors_at - started, 1), "heads": round(time.perf_counter() - vectors_at, 1)},
    }
    files.write_json(out / "sweep.json", result)
    results.sweep(result, out / "sweep.png")
    return result


def _finite_history(config, vectors, advance):
    try:
        return head_history(config, vectors, advance)
    except Diverged:
        return None


def _row(value, runs):
    """Return a value's figures over its seeds; a value that diverged with any of them has none."""
    row = {"value": value, "diverged": runs.count(None)}
    if row["diverged"]:
        return row | dict.fromkeys(("best", "sd", "last", "train", "min_val_loss")) | {"epoch": []}
    best = [results.best(run) for run in runs]
    mean, sd = results.mean_sd([row["val_accuracy"] for row in best])
    return row | {
        "best": mean,
        "sd": sd,
        "epoch": [row["epoch"] for row in best],
        "last": results.mean_sd([run[-1]["val_accuracy"] for run in runs])[0],
        "train": results.mean_sd([run[-1]["accuracy"] for run in runs])[0],
        "min_val_loss": results.mean_sd([min(row["val_loss"] for row in run) for run in runs])[0],
    }
