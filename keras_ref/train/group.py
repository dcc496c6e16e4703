"""A run on several workers of Ray: their gradients are summed, and each epoch is that of one worker alone.

Every worker has the whole net, and of each batch its own part; loss and gradients are sums over all parts, divided by
the batch's size. BatchNormalization that learns has the mean and variance of the whole batch. The first worker writes
the run folder and all begin from it, so a run goes on after its last finished epoch when a worker has died.

The sums are Ray's own messages, and not those of TensorFlow's MultiWorkerMirroredStrategy (under which Keras's `fit`
does not work either): its server listens on all interfaces, whatever address it is given, and asks nobody who he is.
"""

import functools
import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from minicnn.data import Folder

from .. import config as configs
from .. import pictures, results, runtime
from ..config import Config
from ..runs import state
from ..runtime import Diverged, cluster, console, files
from ..types import AnyPath, History
from .run import Run


class Group:
    """A run whose epochs several workers share; `train` as of `Run`.

    Parameters
    ----------
    config : Config
    found : minicnn.data.Folder
    out : Path of the run folder, which every node sees
    address : str, as of `cluster.connected`
    workers : int

    Raises
    ------
    ValueError
        A setting is not for several workers, or nobody answers at the address.
    """

    def __init__(self, config: Config, found: Folder, out: Path, address: str, workers: int) -> None:
        if workers < 1 or config.batch_size % workers:
            raise ValueError(
                f"--workers must divide the batch size, {config.batch_size}, of which each gets its part. "
                f"Received: {workers}."
            )
        fewest = min(len(found.splits[name].files) for name in ("train", "validation"))
        if workers > fewest:
            raise ValueError(
                f"Each worker needs a picture of each split; the smaller has {fewest}. Received: {workers} workers."
            )
        if config.maps != "none" or config.devices != "one":
            raise ValueError("--workers run the whole net on one device each; leave out --maps and --devices.")
        cluster.knock(address)
        self.config: Config = config
        self.found: Folder = found
        self.out: Path = out
        self.address: str = address
        self.workers: int = workers
        self._told = len(self._history())

    def _history(self):
        path = self.out / "history.csv"
        return results.read_history(path) if path.exists() else []

    def _tell(self):
        """Say what has become of the epochs since it was called before."""
        for row in self._history()[self._told :]:
            console.say(results.line(row, self.config.epochs))
            self._told += 1

    def train(self, store: AnyPath | None, maps_budget: float, callbacks: Sequence[Any] = ()) -> History:
        """Run the epochs that are missing; return the history."""
        if callbacks:
            raise ValueError("Callbacks are not told of a run on several workers; leave them out.")
        paths = {name: _absolute(getattr(self.config, name)) for name in ("data", "weights", "start")}
        task = {"out": str(self.out.absolute()), **paths}
        steps = math.ceil(len(self.found.splits["train"].files) / self.config.batch_size)
        known = self._told * steps
        missing = self.config.epochs * steps - known
        with cluster.connected(self.address), console.progress("steps", missing) as advance:

            def meanwhile(done):
                nonlocal known
                if done:  # at the beginning nobody has told anything
                    advance(done - known)
                    known = done
                self._tell()

            cluster.together(work, task, self.workers, meanwhile)
        self._tell()
        return self._history()


def _absolute(name):
    """Return a path that holds in a worker, which has another working directory; what is no path stays."""
    return name if name in ("", "none", "imagenet") else str(Path(name).absolute())


def work(task: dict[str, str], part: cluster.Part) -> None:
    """Do a worker's part of a run, from the last finished epoch to the last."""
    out = Path(task["out"])
    config = configs.read(out / "config.json").replace(**{name: task[name] for name in task if name != "out"})
    found = pictures.as_recorded(pictures.read(config.data, config.split_seed), files.read_json(out / "split.json"))
    _Worker(config, found, out, part).train(None, 0.0)


class _Worker(Run):
    """One of the workers of a run."""

    part: cluster.Part
    learn: Callable[..., Any]
    check: Callable[..., Any]

    def __init__(self, config, found, out, part) -> None:
        super().__init__(config, found, out)
        self.part = part
        self.idle = False  # whether nothing of this batch is for this worker

    def _learner(self, store, maps_budget):
        _, keras = runtime.load()
        learner, stored = super()._learner(store, maps_budget)
        for layer in learner._flatten_layers():
            if isinstance(layer, keras.layers.BatchNormalization):
                layer._moments = functools.partial(_moments, layer, self)
        self.learn, self.check = _steps(learner, self.part, self.config.label_smoothing)
        return learner, stored

    def _row(self, learner, epoch, advance):
        c, rank, workers = self.config, self.part.rank, self.part.workers
        state.set_dropout(learner, c.seed, epoch, rank)
        own = c.batch_size // workers
        batches = iter(self.train_split.training_batches(own, c.seed, epoch, c.augment, c.draws, (rank, workers)))
        classes = len(self.card.class_names)
        # It counts nowhere. Of no picture at all, TensorFlow's convolutions have a wrong shape (with oneDNN) or a slope
        # that is never set (depthwise).
        nothing = np.zeros((1, c.size, c.size, 3), np.float32), np.zeros((1, classes), np.float32)
        weights = np.array([(self.weights or {}).get(i, 1) for i in range(classes)], np.float32)
        learned, checked = np.zeros(3), np.zeros(3)
        starts = range(0, len(self.train_split), c.batch_size)
        for step, start in enumerate(starts, (epoch - 1) * len(starts) + 1):
            batch = next(batches, None)  # of the last one there may be nothing left
            self.idle = batch is None
            figures = self.learn(*(batch or nothing), weights, min(c.batch_size, len(self.train_split) - start))
            if not self.idle:
                learned += figures
            advance()
            if rank == 0:
                self.part.tell(step)
        for x, y in self.validation.batches(own, np.arange(rank, len(self.validation), workers)):
            checked += self.check(x, y)
        sums = self.part.total(np.stack([learned, checked]))
        (loss, right), (val_loss, val_right) = (sums[:, :2] / sums[:, 2:]).tolist()
        row = {"epoch": epoch, "loss": loss, "accuracy": right, "val_loss": val_loss, "val_accuracy": val_right}
        if not all(map(math.isfinite, row.values())):
            raise Diverged(
                f"The loss of epoch {epoch} is not finite with lr={c.rate(epoch):g}, so nothing of that epoch is kept; "
                "start again with a smaller lr."
            )
        return row

    def _keep(self, learner, row, progress):
        if self.part.rank == 0:
            super()._keep(learner, row, progress)

    def _finish(self, progress):
        if self.part.rank == 0:
            super()._finish(progress)


def _steps(net, part, label_smoothing):
    """Return two functions of a worker's part of a batch, one that learns from it and one that judges it.

    Both return (sum of losses, right answers, pictures) of the part. They are no graph: the workers come to
    what they sum, forward and backward, in the same order.
    """
    tf, keras = runtime.load()
    loss = keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=label_smoothing, reduction="none")
    variables, optimizer = net.trainable_variables, net.optimizer
    ends = np.cumsum([math.prod(v.shape) for v in variables])

    def figures(y, logits, losses):
        right = tf.argmax(y, axis=1) == tf.argmax(logits, axis=1)
        return np.array([losses.numpy().sum(), right.numpy().sum(), len(y)])

    def learn(x, y, weights, count):
        with tf.GradientTape() as tape:
            logits = net(x, training=True)
            losses = loss(y, logits) * tf.linalg.matvec(y, weights)
            scaled = optimizer.scale_loss(tf.reduce_sum(losses) / count)
        own = tape.gradient(scaled, variables, unconnected_gradients="zero")
        total = part.total(np.concatenate([one.numpy().ravel() for one in own]))
        each = [one.reshape(v.shape) for one, v in zip(np.split(total, ends[:-1]), variables, strict=True)]
        optimizer.apply(list(map(tf.constant, each)), variables)
        return figures(y, logits, losses)

    def check(x, y):
        logits = net(x, training=False)
        return figures(y, logits, loss(y, logits))

    return learn, check


def _moments(layer, worker, inputs, mask):
    """Return mean and variance over the whole batch, of which `inputs` is a worker's part, in place of Keras's own."""
    part = worker.part
    tf, _ = runtime.load()
    x = tf.cast(inputs, tf.float32)
    count = tf.cast(tf.size(x) / x.shape[-1], tf.float32)
    mean = tf.reduce_sum(x, layer._reduction_axes) / count
    squares = tf.reduce_sum(tf.square(x - mean), layer._reduction_axes)
    mine = tf.one_hot(part.rank, part.workers, 0.0 if worker.idle else 1.0)[:, None, None]
    own = mine * tf.stack([count * tf.ones_like(mean), mean, squares])
    counts, means, squares = tf.unstack(_totalled(part, own), axis=1)  # (workers, C) each
    mean = tf.reduce_sum(counts * means, 0) / tf.reduce_sum(counts, 0)
    variance = tf.reduce_sum(squares + counts * tf.square(means - mean), 0) / tf.reduce_sum(counts, 0)
    return tf.cast(mean, inputs.dtype), tf.cast(variance, inputs.dtype)


def _totalled(part, x):
    """Return the sum of what all workers have. Each one's loss depends on it, so the slope of `x` is a sum too."""
    tf, _ = runtime.load()

    @tf.custom_gradient
    def total(x):
        return tf.constant(part.total(x.numpy())), lambda dy: tf.constant(part.total(dy.numpy()))

    return total(x)
