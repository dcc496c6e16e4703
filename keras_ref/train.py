"""Train a classifier: 8.5 and 8.7 to 8.11 in one command, each run in a folder that it can be resumed from.

A run folder holds config.json, split.json, history.csv, timing.json, the best checkpoints
`xception_{epoch:02d}_{val_accuracy:.3f}.keras`, final.keras, class_names.json, curves.png and state.npz.
"""

import contextlib
import csv
import io
import math
import time
from pathlib import Path

import numpy as np

from keras_ref import card, console, data, features, files, folder, model, plots, runtime, state
from keras_ref import config as configs
from keras_ref.errors import Diverged, Refusal

COLUMNS = ("epoch", "loss", "accuracy", "val_loss", "val_accuracy")


def new(config, out, skip_corrupt=False, store=None):
    """Start a run in the new folder `out`; return its history, one dict an epoch.

    `store` is the folder of stored feature vectors, or None to pass every picture through the base in every epoch.
    """
    out = files.unused(out)
    found, left_out = folder.read(config.data, config.split_seed), {}
    if skip_corrupt:
        found, left_out = folder.without_corrupt(found)
        console.note(f"{len(left_out)} corrupt pictures are left out." if left_out else "No picture is corrupt.")
    run = _Run(config, found, out, store)
    config.write(out / "config.json")
    files.write_json(out / "split.json", _split_record(found, [found.key(path) for path in left_out]))
    files.write_json(out / "class_names.json", list(found.class_names))
    return run.train()


def resume(out, epochs=None, data_folder=None, store=None):
    """Go on with the run in `out` after its last finished epoch; `epochs` may prolong it, its data may have moved."""
    out = Path(out)
    if not (out / "config.json").is_file():
        raise Refusal(f"{out} is not a run folder: it has no config.json.")
    config = configs.read(out / "config.json")
    changes = {"epochs": epochs, "data": data_folder}
    config = config.replace(**{name: value for name, value in changes.items() if value is not None})
    found = folder.read(config.data, config.split_seed)
    record = files.read_json(out / "split.json")
    if not _same_pictures(found, record):
        raise Refusal(
            f"The pictures in {config.data} are not those that the run {out} began with; its split.json lists them."
        )
    config.write(out / "config.json")
    return _Run(config, found.as_recorded(record), out, store).train()


def _split_record(found, left_out):
    splits = {name: [found.key(path) for path in split.paths] for name, split in found.splits.items() if name != "test"}
    return {
        "class_names": list(found.class_names),
        "held_out": found.held_out,
        "rule": found.pictures.rule,
        "seed": found.pictures.split_seed if found.held_out else None,
        "left_out": sorted(left_out),
        **splits,
    }


def _same_pictures(found, record):
    """Tell whether a folder still holds the pictures of a run, each of them and no other, by name."""
    held = {found.key(path) for name in ("train", "validation") for path in found.splits[name].paths}
    same = held - set(record["left_out"]) == {*record["train"], *record["validation"]}
    return same and list(found.class_names) == record["class_names"]


def strategy(devices):
    """Give MirroredStrategy over all GPUs (or all logical CPU devices where there is no GPU) if there are several."""
    tf, _ = runtime.load()
    if devices == "all":
        several = tf.config.list_logical_devices("GPU") or tf.config.list_logical_devices("CPU")
        if len(several) > 1:
            return tf.distribute.MirroredStrategy([device.name for device in several])
    return None


def policy(precision):
    """Give the name of the Keras precision policy: mixed_float16 by default where there is a GPU, else float32."""
    tf, _ = runtime.load()
    if precision == "auto":
        return "mixed_float16" if tf.config.list_logical_devices("GPU") else "float32"
    return precision


class _Run:
    """One training run: its net, its data, its folder."""

    def __init__(self, config, found, out, store):
        self.config, self.out = config, out
        runtime.repeatable(config.seed)
        self.card = card.Card(found.class_names, data.square(config.size), split=found.learned())
        classes = len(found.class_names)
        self.train_split = data.Pictures(
            found.splits["train"].paths, self.card.recipe, found.splits["train"].labels, classes
        )
        self.validation = data.Pictures(
            found.splits["validation"].paths, self.card.recipe, found.splits["validation"].labels, classes
        )
        self.strategy = strategy(config.devices)
        with self.strategy.scope() if self.strategy else contextlib.nullcontext():
            self._build(classes)
        self.vectors = None
        if config.cacheable and store is not None:
            self.vectors = [features.vectors(self.classifier, p, store) for p in (self.train_split, self.validation)]
        self.weights = None
        if config.class_weight == "balanced":
            counts = np.bincount(found.splits["train"].labels, minlength=classes)
            self.weights = {i: counts.sum() / (classes * n) for i, n in enumerate(counts.tolist())}

    def _build(self, classes):
        _, keras = runtime.load()
        self.policy = policy(self.config.precision)
        keras.config.set_dtype_policy(self.policy)
        try:
            self.classifier = model.build(self.config, classes)
        finally:
            keras.config.set_dtype_policy("float32")
        model.compile_net(self.classifier.net, self.config.lr)
        model.compile_net(self.classifier.head, self.config.lr)

    def _epoch_data(self, epoch):
        """Give what the net (or, with stored vectors, its head) learns from and is validated on in one epoch."""
        c = self.config
        if self.vectors is None:
            return (
                self.train_split.training_batches(c.batch_size, c.seed, epoch, c.augment),
                self.validation.batches(c.batch_size),
            )
        order = np.random.default_rng([c.seed, epoch]).permutation(len(self.train_split))
        return (
            features.batches(self.vectors[0], self.train_split.one_hot, c.batch_size, order),
            features.batches(self.vectors[1], self.validation.one_hot, c.batch_size),
        )

    def train(self):
        """Run the epochs that are missing, each followed by its state; return the history."""
        c, learner = self.config, self.classifier.net if self.vectors is None else self.classifier.head
        if (
            self.vectors is not None
        ):  # one optimizer serves both, so that a checkpoint of the whole net carries its state
            self.classifier.net.optimizer = learner.optimizer
        progress = {"epoch": 0, "best": -1.0, "history": [], "seconds": []}
        if (self.out / "state.npz").exists():
            progress = state.restore(self.out / "state.npz", learner, self.classifier.base)
            console.note(f"Going on after epoch {progress['epoch']} of {c.epochs}.")
        with self.train_split.naming_the_culprit(), self.validation.naming_the_culprit():
            for epoch in range(progress["epoch"] + 1, c.epochs + 1):
                self._one_epoch(learner, epoch, progress)
        self._save(self.out / "final.keras")
        plots.curves(progress["history"], self.out / "curves.png")
        return progress["history"]

    def _one_epoch(self, learner, epoch, progress):
        c, started = self.config, time.perf_counter()
        learn, check = self._epoch_data(epoch)
        steps = math.ceil(len(self.train_split) / c.batch_size)
        with console.progress(f"epoch {epoch}/{c.epochs}", steps) as advance:
            row = one_epoch(learner, learn, check, epoch, c.seed, self.weights, [bar(advance)])
        progress["epoch"] = epoch
        progress["history"].append(row)
        progress["seconds"].append(round(time.perf_counter() - started, 3))
        if row["val_accuracy"] > progress["best"]:
            progress["best"] = row["val_accuracy"]
            self._save(self.out / f"xception_{epoch:02d}_{row['val_accuracy']:.3f}.keras")
        state.save(self.out / "state.npz", learner, self.classifier.base, progress)
        write_history(self.out / "history.csv", progress["history"])
        files.write_json(
            self.out / "timing.json", {"seconds": progress["seconds"], "stored_vectors": self.vectors is not None}
        )
        console.say(line(row, c.epochs) + f"  {progress['seconds'][-1]:.1f} s")

    def _save(self, path):
        """Save the whole net in float32, whatever it was trained in, with its card."""
        net = self.classifier.net
        if self.policy != "float32" or self.strategy is not None:
            net = model.build(self.config, len(self.card.class_names)).net
            net.set_weights(self.classifier.net.get_weights())
            model.compile_net(net, self.config.lr)
        card.save(net, path, self.card)


def one_epoch(learner, learn, check, epoch, seed, class_weight=None, callbacks=()):
    """Let a compiled net learn for one epoch and validate it: its row of the history, finite in every figure."""
    state.set_dropout(learner, seed, epoch)
    fitted = learner.fit(
        learn,
        validation_data=check,
        epochs=epoch,
        initial_epoch=epoch - 1,
        verbose=0,
        shuffle=False,
        class_weight=class_weight,
        callbacks=list(callbacks),
    )
    row = {"epoch": epoch} | {name: float(fitted.history[name][0]) for name in COLUMNS[1:]}
    if not all(map(math.isfinite, row.values())):
        raise Diverged(
            f"The loss of epoch {epoch} is not finite with lr={float(learner.optimizer.learning_rate):g}, so nothing "
            "of that epoch is kept; start again with a smaller lr."
        )
    return row


def best(history):
    """Give the epoch with the highest validation accuracy, of equals the first."""
    return max(history, key=lambda row: row["val_accuracy"])


def bar(advance):
    """Give a callback that advances a progress bar by one for each batch learned from."""
    _, keras = runtime.load()
    return keras.callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: advance())


def line(row, epochs):
    """Give one epoch as a line of text."""
    return f"epoch {row['epoch']:>{len(str(epochs))}}/{epochs}" + "".join(
        f"  {name} {row[name]:.4f}" for name in COLUMNS[1:]
    )


def write_history(path, history):
    """Write history.csv with every digit, so that two runs can be compared."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(history)
    files.write_text(path, text.getvalue())


def read_history(path):
    """Read a history.csv: a list of dicts with finite numbers."""
    try:
        with open(path, encoding="utf-8", newline="") as stream:
            rows = list(csv.DictReader(stream))
        history = [{name: int(row[name]) if name == "epoch" else float(row[name]) for name in COLUMNS} for row in rows]
        if not all(math.isfinite(value) for row in history for value in row.values()):
            raise ValueError("it holds a figure that is not finite")
        return history
    except (OSError, KeyError, ValueError, TypeError) as error:
        raise Refusal(f"{path} is not a history.csv of a run: {error}.") from None
