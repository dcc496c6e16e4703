"""One run of a sweep: trained once, and kept in a file that is named by all that its result depends on."""

import copy
import dataclasses
import hashlib
import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from minicnn.data import Folder, content_hashes

from .. import pictures, predict, results, train
from ..config import Config
from ..model import card as cards
from ..runs import record
from ..runtime import Diverged, cluster, console, files
from ..train import Vectors, head_history
from ..types import AnyPath, Net, Result


class Trials:
    """The runs of a sweep, in the folder `runs` of its own.

    Parameters
    ----------
    found : minicnn.data.Folder
    out : str or path of the sweep's folder
    store : str or path of stored feature vectors and maps

    Attributes
    ----------
    vector_seconds : float, spent on feature vectors so far
    """

    def __init__(self, found: Folder, out: AnyPath, store: AnyPath) -> None:
        self.vector_seconds: float = 0.0
        self._found, self._folder, self._store = found, Path(out) / "runs", store
        self._data = record.digest(found)
        self._vectors: dict[tuple[Any, ...], Vectors] = {}

    def path(self, config: Config) -> Path:
        """Return where a run's result is kept.

        Parameters
        ----------
        config : Config

        Returns
        -------
        path : Path, whose name depends on the settings, on the pictures, and on the weights it begins with
        """
        settings = dataclasses.asdict(config) | {"data": self._data}
        for name in ("weights", "start"):
            if Path(settings[name]).is_file():
                (settings[name],) = content_hashes([settings[name]])
        digest = hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()
        return self._folder / f"{digest[:16]}.json"

    def run(self, config: Config, before: Callable[[], Any], advance: Callable[..., None]) -> Result:
        """Return the result of a run, which is computed where it is not there yet.

        Parameters
        ----------
        config : Config
        before : called before anything is written, perhaps twice
        advance : called with each finished epoch, or with the number of those that need not be run

        Returns
        -------
        result : settings, history, and of the best epoch `right`, a digit 1 for each validation picture that it knows;
            of a run that diverged settings and `diverged`, a sentence
        """
        path = self.path(config)
        if path.is_file():
            advance(config.epochs)
            return files.read_json(path)
        vectors = self._vectors_of(config)
        if vectors is None:
            before()  # what the run's own folder keeps can be gone on with
        result = self.compute(config, vectors, advance)
        before()
        files.write_json(path, result)
        return result

    def spread(self, configs: Sequence[Config], before: Callable[[], Any], advance: Callable[..., None]) -> None:
        """Compute the results that are not there yet as tasks of Ray, and keep each as it comes.

        Parameters
        ----------
        configs : list of Config
        before : called before a result is written
        advance : called with the number of epochs of each that is there
        """
        bare = copy.copy(self)
        bare._vectors = {}
        trials, sent = cluster.shared(bare), {}

        def calls():
            for config in configs:
                if self.path(config).is_file():
                    advance(config.epochs)
                    continue
                vectors = self._vectors_of(config)
                if vectors is None:
                    before()
                if id(vectors) not in sent:
                    sent[id(vectors)] = cluster.shared(vectors)
                yield config, trials, config, sent[id(vectors)]

        for config, result in cluster.spread(_compute, calls()):
            before()
            files.write_json(self.path(config), result)
            advance(config.epochs)

    def compute(self, config: Config, vectors: Vectors | None, advance: Callable[..., None]) -> Result:
        """Train, and return what came of it.

        Parameters
        ----------
        config : Config
        vectors : Vectors, or None where the whole net is run
        advance : called with each finished epoch

        Returns
        -------
        result : as of `run`
        """
        result: Result = {"settings": {k: v for k, v in dataclasses.asdict(config).items() if k != "data"}}
        started = time.perf_counter()
        try:
            if vectors is not None:
                history, right = _head(config, vectors, advance)
            else:
                history, right = self._whole(config, self.path(config).with_suffix(""), advance)
            result |= {"history": history, "right": "".join("01"[int(one)] for one in right)}
        except Diverged as sentence:
            result["diverged"] = str(sentence)
        return result | {"seconds": round(time.perf_counter() - started, 3)}

    def _vectors_of(self, config) -> Vectors | None:
        """Return the vectors that a head trains on; None for what is no head alone."""
        if config.start or not config.cacheable:
            return None
        key = (config.base, config.size, config.augment, config.draws)
        if key not in self._vectors:
            started = time.perf_counter()
            self._vectors[key] = Vectors(config, self._found, self._store)
            self.vector_seconds += time.perf_counter() - started
        return self._vectors[key]

    def _whole(self, config, folder, advance):
        """Train as `train` does, in a run folder, which is gone on with where it was left."""
        if (folder / "config.json").is_file():
            history = train.resume(folder, data_folder=config.data, store=self._store)
        else:
            history = train.new(config, folder, store=self._store)
        advance(len(history))
        return history, self._known(folder / "best.keras")

    def _known(self, path) -> NDArray[np.bool_]:
        """Return which validation pictures a model names rightly."""
        net, card, _ = cards.load(path)
        paths, labels = self._found.splits["validation"]
        batches = pictures.Pictures(paths, card.recipe, keep=False).batches(predict.BATCH)
        answers = [predict.ask(net, x.numpy(), predict.BATCH) for (x,) in batches]
        return predict.finite(np.concatenate(answers), paths, card.output).argmax(axis=1) == labels


def _head(config, vectors, advance):
    """Train a head on stored vectors."""
    labels, found = vectors.check.one_hot.argmax(axis=1), []

    def better(head: Net) -> None:
        answers = np.asarray(head(vectors.check.epoch(1), training=False))
        found[:] = [answers.argmax(axis=1) == labels]

    return head_history(config, vectors, advance, better), found[0]


def _compute(trials, config, vectors):
    """Compute one result as a task."""
    return trials.compute(config, vectors, console.silent)


def row_of(value: Any, runs: list[Result]) -> Result:
    """Return a value's figures over its seeds; a value that diverged with any of them has none.

    Parameters
    ----------
    value : of the setting that is varied, or a list of two
    runs : results of `Trials.run`, one a seed

    Returns
    -------
    row : of sweep.json
    """
    row = {"value": value, "diverged": sum("diverged" in run for run in runs)}
    if row["diverged"]:
        return row | dict.fromkeys(("best", "sd", "last", "train", "min_val_loss")) | {"epoch": []}
    best = [results.best(run["history"]) for run in runs]
    mean, sd = results.mean_sd([row["val_accuracy"] for row in best])
    return row | {
        "best": mean,
        "sd": sd,
        "epoch": [row["epoch"] for row in best],
        "last": results.mean_sd([run["history"][-1]["val_accuracy"] for run in runs])[0],
        "train": results.mean_sd([run["history"][-1]["accuracy"] for run in runs])[0],
        "min_val_loss": results.mean_sd([min(row["val_loss"] for row in run["history"]) for run in runs])[0],
    }


def right(runs: list[Result]) -> NDArray[np.bool_]:
    """Return which validation pictures each run names rightly.

    Parameters
    ----------
    runs : S results of `Trials.run`

    Returns
    -------
    right : (S, pictures) bool
    """
    return np.array([[digit == "1" for digit in run["right"]] for run in runs])
