"""One training run: its net, its data, its folder, and an epoch after the other."""

import contextlib
import math
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from minicnn.data import Folder, split_field, variants

from .. import features, model, pictures, results, runtime
from ..config import Config
from ..features import maps
from ..model import card, weights
from ..runs import state
from ..runtime import console, files
from ..types import AnyPath, History
from .callbacks import once
from .epoch import bar, is_over, one_epoch


class Run:
    """One training run: its net, its data, its folder."""

    config: Config
    out: Path
    train_split: pictures.Pictures
    validation: pictures.Pictures
    card: Any
    largest: Any
    strategy: Any  # TensorFlow's and Keras's from here on
    learner: Any
    stored: Any
    weights: Any
    policy: Any
    classifier: Any
    callback: Any

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
        sets = len(variants(c.augment, c.draws))
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
        self._finish(progress)
        if self.callback is not None:
            self.callback.told()
        return progress["history"]

    def _finish(self, progress):
        """Write what a finished run has more than one on its way."""
        self._save(self.out / "final.keras")
        results.curves(progress["history"], self.out / "curves.png", self.largest)
        console.note(results.on_the_largest(progress["history"], self.largest, len(self.validation)))

    def _one_epoch(self, learner, epoch, progress):
        c, started = self.config, time.perf_counter()
        if c.schedule != "constant":  # else a callback may change it
            learner.optimizer.learning_rate.assign(c.rate(epoch))
        steps = math.ceil(len(self.train_split) / c.batch_size)
        with console.progress(f"epoch {epoch}/{c.epochs}", steps) as advance:
            row = self._row(learner, epoch, advance)
        progress["epoch"] = epoch
        progress["history"].append(row)
        progress["seconds"].append(round(time.perf_counter() - started, 3))
        self._keep(learner, row, progress)

    def _row(self, learner, epoch, advance):
        """Learn for one epoch and validate; return the epoch's row of the history."""
        learn, check = self._epoch_data(epoch)
        also = [] if self.callback is None else [self.callback]
        return one_epoch(learner, learn, check, epoch, self.config.seed, self.weights, [bar(advance), *also])

    def _keep(self, learner, row, progress):
        """Write what is known after an epoch."""
        c, epoch = self.config, row["epoch"]
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
