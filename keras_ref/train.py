"""Train a classifier: 8.5 and 8.7 to 8.11 in one command, each run in a folder that it can be resumed from.

A run folder holds config.json, split.json, history.csv, timing.json, the best checkpoints
`BASE_{epoch:02d}_{val_accuracy:.3f}.keras`, the last of them again as best.keras, final.keras, class_names.json,
curves.png and state.npz.
"""

import contextlib
import math
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from minicnn.data import Folder, split_field

from . import card, console, features, files, maps, model, pictures, record, results, runtime, state, weights
from . import config as configs
from .callbacks import once
from .config import Config
from .errors import Diverged
from .types import AnyPath, Dataset, History, Net, Result

START: tuple[str, ...] = ("split.json", "class_names.json", "run.json")  # written first: with config.json a run begins


def new(
    config: Config,
    out: AnyPath,
    skip_corrupt: bool = False,
    store: AnyPath | None = None,
    maps_budget: float = maps.BUDGET,
    callbacks: Sequence[Any] = (),
) -> History:
    """Start a run in a new folder.

    Parameters
    ----------
    config : Config
    out : str or path of a new or empty folder
    skip_corrupt : bool
        Whether pictures that can't be read are left out.
    store : str or path, or None
        The folder of stored feature vectors and maps; with None every picture passes through the net in every epoch.
    maps_budget : float
        GB of maps that the store may hold.
    callbacks : Keras's
        Their model is what learns: the head alone where vectors are stored. What they know is not kept for a resume.

    Returns
    -------
    history : a row an epoch

    Raises
    ------
    ValueError
        The data, the settings or `out` can't be used.
    Diverged
        A loss is not finite.
    """
    with files.claimed(out, new=True, begun=START) as out:
        found, left_out = pictures.read(config.data, config.split_seed), {}
        if skip_corrupt:
            found, left_out = pictures.without_corrupt(found)
        run = _Run(config, found, out)
        begun = _split_record(found, left_out), list(found.class_names), record.of(found)
        for name, value in zip(START, begun, strict=True):
            files.write_json(out / name, value)
        config.write(out / "config.json")  # from here on the run can be resumed
        return run.train(store, maps_budget, callbacks)


def resume(
    out: AnyPath,
    epochs: int | None = None,
    data_folder: AnyPath | None = None,
    store: AnyPath | None = None,
    maps_budget: float = maps.BUDGET,
    callbacks: Sequence[Any] = (),
) -> History:
    """Go on with a run after its last finished epoch.

    Parameters
    ----------
    out : str or path of the run folder
    epochs : int, to prolong it, or None
    data_folder : str or path, where its data has moved, or None
    store : str or path of stored feature vectors and maps, or None
    maps_budget : float
        GB of maps that the store may hold.
    callbacks : Keras's
        Their model is what learns: the head alone where vectors are stored. What they know is not kept for a resume.

    Returns
    -------
    history : a row an epoch, from the first

    Raises
    ------
    ValueError
        It is no run folder, or its pictures are others now.
    Diverged
        A loss is not finite.
    """
    out = Path(out)
    if not (out / "config.json").is_file():
        raise ValueError(f"{out} is not a run folder: it has no config.json.")
    with files.claimed(out, new=False):
        config = configs.read(out / "config.json")
        changes = {"epochs": epochs, "data": data_folder}
        config = config.replace(**{name: value for name, value in changes.items() if value is not None})
        done = len(results.read_history(out / "history.csv")) if (out / "history.csv").exists() else 0
        if config.epochs < done:
            raise ValueError(
                f"{out} has {done} finished epochs; --epochs must not be fewer. Received: {config.epochs}."
            )
        found = pictures.read(config.data, config.split_seed)
        split = files.read_record(out / "split.json", class_names=list, train=list, validation=list, left_out=list)
        if not _same_pictures(found, split):
            raise ValueError(
                f"The pictures in {config.data} are not those that the run {out} began with; its split.json lists them."
            )
        run = _Run(config, pictures.as_recorded(found, split), out)
        config.write(out / "config.json")
        files.write_json(out / "run.json", record.again(out / "run.json", found))
        return run.train(store, maps_budget, callbacks)


def _split_record(found, left_out):
    splits = {name: _names(found, name) for name in found.splits if name != "test"}
    return {
        "class_names": list(found.class_names),
        "held_out": found.drawn,
        "rule": found.rule,
        "seed": found.split_seed if found.drawn else None,
        "left_out": sorted(map(found.name_of, left_out)),
        **splits,
    }


def _names(found, split):
    return [found.name_of(path) for path in found.splits[split].files]


def _same_pictures(found, record):
    """Return whether a folder still holds the pictures of a run, each of them and no other, by name."""
    held = {*_names(found, "train"), *_names(found, "validation")}
    same = held - set(record["left_out"]) == {*record["train"], *record["validation"]}
    return same and list(found.class_names) == record["class_names"]


def _learned(found, config):
    """Return the `split` field of a run's models: what it learns from, and what the one before it learned from."""
    if not config.start:
        return split_field(found)
    _, before, _ = card.load(config.start)
    if before.class_names != found.class_names:
        raise ValueError(
            f"{config.start} knows the classes {', '.join(before.class_names)}; {config.data} has "
            f"{', '.join(found.class_names)}: to go on from a classifier they must be the same."
        )
    return split_field(found, before.split)


class _Run:
    """One training run: its net, its data, its folder."""

    def __init__(self, config: Config, found: Folder, out: Path) -> None:
        self.config, self.out = config, out
        runtime.repeatable(config.seed)
        self.card = card.Card(
            found.class_names, pictures.square(config.size, config.base), split=_learned(found, config)
        )
        classes = len(found.class_names)
        self.train_split, self.validation = (
            pictures.Pictures(found.splits[name].files, self.card.recipe, found.splits[name].labels, classes)
            for name in ("train", "validation")
        )
        self.largest = np.bincount(found.splits["validation"].labels).max() / len(self.validation)
        self.strategy = runtime.strategy(config.devices)
        with self._scope():
            self._build(classes)
        if config.weights != "none" or config.start:
            console.note(weights.named(self.classifier.net))
        self.learner, self.stored = self.classifier.net, None
        self.weights = None
        if config.class_weight == "balanced":
            counts = np.bincount(found.splits["train"].labels, minlength=classes)
            self.weights = {i: counts.sum() / (classes * n) for i, n in enumerate(counts.tolist())}

    def _scope(self):
        """Return what variables and optimizers are made in."""
        return self.strategy.scope() if self.strategy else contextlib.nullcontext()

    def _build(self, classes):
        _, keras = runtime.load()
        self.policy = runtime.policy(self.config.precision)
        keras.config.set_dtype_policy(self.policy)
        try:
            self.classifier = model.build(self.config, classes)
        finally:
            keras.config.set_dtype_policy("float32")

    def _learner(self, store, maps_budget):
        """Return what learns, the whole net or its last part, and what it learns from where the rest runs once."""
        c = self.config
        both = (self.train_split, c.augment, c.draws), (self.validation, "none", 0)
        if store is not None and c.cacheable:
            learner = self.classifier.head
            stored = tuple(features.Stored(self.classifier, split, store, kind, n) for split, kind, n in both)
        elif (parts := self._room_for_maps(store, maps_budget)) is not None and store is not None:
            learner = parts.back
            stored = tuple(maps.Maps(parts, split, store, c.maps, kind, n) for split, kind, n in both)
        else:
            learner, stored = self.classifier.net, None
        with self._scope():
            model.compile_net(self.classifier.net, c)
            if learner is not self.classifier.net:  # one optimizer for both: a checkpoint of the net carries its state
                model.compile_net(learner, c)
                self.classifier.net.optimizer = learner.optimizer
        return learner, stored

    def _room_for_maps(self, store, budget):
        """Return the net in two parts where maps are kept, or None."""
        c = self.config
        if c.maps == "none":
            return None
        if store is None:
            console.note("Without a store no maps are kept: the whole net runs in every epoch.")
            return None
        parts = maps.cut(self.classifier)
        sets = len(features.variants(c.augment, c.draws))
        needed = maps.gigabytes(parts, len(self.train_split), len(self.validation), c.maps, sets)
        if needed > budget:
            console.note(
                f"The maps would take {needed:.2g} GB, more than the budget of {budget:g} GB (--maps-budget): "
                "the whole net runs in every epoch."
            )
            return None
        maps.make_room(store, needed, budget, maps.folders(parts, self.train_split, store, c.maps, c.augment, c.draws))
        return parts

    def _epoch_data(self, epoch):
        """Return what the net (or its last part) learns from and is validated on in one epoch."""
        c = self.config
        if self.stored is None:
            return (
                self.train_split.training_batches(c.batch_size, c.seed, epoch, c.augment, c.draws),
                self.validation.batches(c.batch_size),
            )
        order = np.random.default_rng([c.seed, epoch]).permutation(len(self.train_split))
        learn, check = self.stored
        return learn.batches(epoch, c.batch_size, order, c.seed), check.batches(epoch, c.batch_size)

    def train(self, store: AnyPath | None, maps_budget: float, callbacks: Sequence[Any] = ()) -> History:
        """Run the epochs that are missing, each followed by its state; return the history."""
        self.learner, self.stored = self._learner(store, maps_budget)
        c, learner = self.config, self.learner
        progress = {"epoch": 0, "best": -1.0, "history": [], "seconds": []}
        if (self.out / "state.npz").exists():
            progress = state.restore(self.out / "state.npz", learner, self.classifier.base)
            console.note(f"Going on after epoch {progress['epoch']} of {c.epochs}.")
        self.callback = once(callbacks, learner) if callbacks else None
        with self.train_split.naming_the_culprit(), self.validation.naming_the_culprit():
            for epoch in range(progress["epoch"] + 1, c.epochs + 1):
                if is_over(c, progress["history"]):
                    console.note(f"Ended early: {c.patience} epochs without a better validation loss.")
                    break
                self._one_epoch(learner, epoch, progress)
                if self.callback is not None and learner.stop_training:
                    console.note(f"Ended after epoch {epoch} by a callback.")
                    break
        if self.callback is not None:
            self.callback.finish()
        self._save(self.out / "final.keras")
        results.curves(progress["history"], self.out / "curves.png", self.largest)
        console.note(results.on_the_largest(progress["history"], self.largest, len(self.validation)))
        if self.callback is not None:
            self.callback.told()
        return progress["history"]

    def _one_epoch(self, learner, epoch, progress):
        c, started = self.config, time.perf_counter()
        if c.schedule != "constant":  # else a callback may change it
            learner.optimizer.learning_rate.assign(c.rate(epoch))
        learn, check = self._epoch_data(epoch)
        steps = math.ceil(len(self.train_split) / c.batch_size)
        also = [] if self.callback is None else [self.callback]
        with console.progress(f"epoch {epoch}/{c.epochs}", steps) as advance:
            row = one_epoch(learner, learn, check, epoch, c.seed, self.weights, [bar(advance), *also])
        progress["epoch"] = epoch
        progress["history"].append(row)
        progress["seconds"].append(round(time.perf_counter() - started, 3))
        if row["val_accuracy"] > progress["best"]:
            progress["best"] = row["val_accuracy"]
            best = self.out / f"{c.base}_{epoch:02d}_{row['val_accuracy']:.3f}.keras"
            self._save(best)
            files.copy(best, self.out / "best.keras")
        state.save(self.out / "state.npz", learner, self.classifier.base, progress)
        results.write_history(self.out / "history.csv", progress["history"])
        files.write_json(
            self.out / "timing.json", {"seconds": progress["seconds"], "stored_vectors": self.stored is not None}
        )
        console.say(results.line(row, c.epochs) + f"  {progress['seconds'][-1]:.1f} s")
        if epoch == 1:
            console.note(results.nothing_learned(row, len(self.card.class_names)))

    def _save(self, path):
        """Save the whole net in float32, whatever it was trained in, with its card."""
        net = self.classifier.net
        if self.policy != "float32" or self.strategy is not None:
            net = model.build(self.config, len(self.card.class_names)).net
            net.set_weights(self.classifier.net.get_weights())
            model.compile_net(net, self.config)
        card.save(net, path, self.card)


def is_over(config: Config, history: History) -> bool:
    """Whether a run has waited for a better validation loss for as many epochs as its patience is.

    Parameters
    ----------
    config : Config
    history : a row an epoch

    Returns
    -------
    over : bool
    """
    losses = [row["val_loss"] for row in history]
    return bool(config.patience and losses) and len(losses) - 1 - losses.index(min(losses)) >= config.patience


def one_epoch(
    learner: Net,
    learn: Dataset,
    check: Dataset,
    epoch: int,
    seed: int,
    class_weight: dict[int, float] | None = None,
    callbacks: Sequence[Any] = (),
) -> Result:
    """Let a compiled net learn for one epoch and validate it.

    Parameters
    ----------
    learner : keras.Model, compiled
    learn : batches to learn from
    check : batches to validate on
    epoch : int, from 1
    seed : int, 0 or more
    class_weight : {class number: weight}, or None
    callbacks : Keras's

    Returns
    -------
    row : dict with the keys of history.csv

    Raises
    ------
    Diverged
        A figure is not finite.
    """
    state.set_dropout(learner, seed, epoch)
    fit: Any = learner.fit  # Keras's own annotation of `verbose` knows "auto" alone
    fitted = fit(
        learn,
        validation_data=check,
        epochs=epoch,
        initial_epoch=epoch - 1,
        verbose=0,
        shuffle=False,
        class_weight=class_weight,
        callbacks=list(callbacks),
    )
    row = {"epoch": epoch} | {name: float(fitted.history[name][0]) for name in results.COLUMNS[1:]}
    if not all(map(math.isfinite, row.values())):
        raise Diverged(
            f"The loss of epoch {epoch} is not finite with lr={float(learner.optimizer.learning_rate):g}, so nothing "
            "of that epoch is kept; start again with a smaller lr."
        )
    return row


def bar(advance: Callable[..., None]) -> Any:
    """Return a Keras callback that advances a progress bar by one for each batch learned from.

    Parameters
    ----------
    advance : function without arguments

    Returns
    -------
    callback : keras.callbacks.Callback
    """
    _, keras = runtime.load()
    return keras.callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: advance())
