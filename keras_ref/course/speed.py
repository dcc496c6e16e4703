"""How fast: pictures a second against ImageDataGenerator, and the course's grid with and without stored vectors."""

import contextlib
import io
import math
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

from minicnn.data import Folder

from .. import config as configs
from .. import model, pictures, runtime, train
from ..config import Config
from ..runtime import console, files
from ..types import AnyPath, Result
from . import replay

ROUNDS: int = 5


def loading(data_folder: AnyPath, size: int = configs.DEFAULTS.size, rounds: int = ROUNDS) -> dict[str, Any]:
    """Time whole passes over the training pictures, alternating: from files, ImageDataGenerator, from memory.

    Parameters
    ----------
    data_folder : str or path
    size : int, pixels a side
    rounds : int

    Returns
    -------
    figures : speed.json's "loading"
    """
    tf, keras = runtime.load()
    paths, labels = pictures.read(data_folder).splits["train"]
    classes = int(labels.max()) + 1
    generator = tf.keras.preprocessing.image.ImageDataGenerator
    took = {"first pass": [], "ImageDataGenerator": [], "later pass": []}
    with console.progress("loading pictures", rounds * 3) as advance:
        for _ in range(rounds):
            ours = pictures.Pictures(paths, pictures.square(size), labels, classes)
            took["first pass"].append(_timed(lambda ours=ours: sum(1 for _ in ours.batches(32))))
            advance()
            flow = _flow(generator, keras, data_folder, size)
            took["ImageDataGenerator"].append(_timed(lambda flow=flow: sum(len(flow[i]) for i in range(len(flow)))))
            advance()
            took["later pass"].append(_timed(lambda ours=ours: sum(1 for _ in ours.batches(32))))
            advance()
    rates = {name: round(len(paths) / median(seconds), 1) for name, seconds in took.items()}
    ratios = [b / a for a, b in zip(took["first pass"], took["ImageDataGenerator"], strict=True)]
    return {
        "pictures": len(paths),
        "size": size,
        "rounds": rounds,
        "pictures_per_second": rates,
        "first_pass_ratio": round(median(ratios), 2),
    }


def grid(data_folder: AnyPath, weights: str = "none", size: int = configs.DEFAULTS.size) -> dict[str, Any]:
    """Time the grid of 8.5 to 8.9 both ways: on stored vectors, all of it, and through the whole net, two epochs of it.

    The fast way begins with an empty store. The slow way's first epoch also decodes the pictures and traces the graph;
    every run is taken to have one such epoch, and for the rest epochs as long as the second.

    Parameters
    ----------
    data_folder : str or path
    weights : as `Config` has it
    size : int, pixels a side

    Returns
    -------
    figures : speed.json's "grid"
    """
    found = pictures.read(data_folder)
    plan = [config.replace(size=size) for config in replay.plan(configs.Config(str(data_folder), weights=weights))]
    epochs = sum(config.epochs for config in plan)
    with tempfile.TemporaryDirectory() as store:
        started = time.perf_counter()
        vectors = train.Vectors(plan[0], found, store)
        one_pass = time.perf_counter() - started
        with console.progress("the grid on stored vectors", epochs) as advance:
            for config in plan:
                train.head_history(config, vectors, advance)
        fast = time.perf_counter() - started
    first, later = whole_epochs(plan[0], found)
    slow = len(plan) * first + (epochs - len(plan)) * later
    return {
        "runs": len(plan),
        "epochs": epochs,
        "pass_seconds": round(one_pass, 1),
        "fast_seconds": round(fast, 1),
        "whole_epoch_seconds": [round(first, 1), round(later, 1)],
        "slow_seconds_extrapolated": round(slow),
        "times_faster": round(slow / fast, 1),
    }


def whole_epochs(config: Config, found: Folder) -> list[float]:
    """Time two epochs of `fit` through the whole net with its frozen base, as it goes where nothing is stored.

    Parameters
    ----------
    config : Config
    found : minicnn.data.Folder

    Returns
    -------
    seconds : of the first and of the second
    """
    runtime.repeatable(config.seed)
    classes = len(found.class_names)
    net = model.build(config, classes).net
    model.compile_net(net, config)
    learn, check = (
        pictures.Pictures(found.splits[name].files, pictures.square(config.size), found.splits[name].labels, classes)
        for name in ("train", "validation")
    )
    steps = math.ceil(len(learn) / config.batch_size)
    with console.progress("two epochs through the whole net", 2 * steps) as advance:
        return [
            _timed(
                lambda epoch=epoch: train.one_epoch(
                    net,
                    learn.training_batches(config.batch_size, config.seed, epoch),
                    check.batches(config.batch_size),
                    epoch,
                    config.seed,
                    callbacks=[train.bar(advance)],
                )
            )
            for epoch in (1, 2)
        ]


def run(data_folder: AnyPath, out: AnyPath, weights: str = "none", size: int = configs.DEFAULTS.size) -> Result:
    """Measure both; write speed.json to a new folder.

    Parameters
    ----------
    data_folder : str or path
    out : str or path of a new or empty folder
    weights : as `Config` has it
    size : int, pixels a side

    Returns
    -------
    result : the content of speed.json
    """
    configs.Config(str(data_folder), size=size, weights=weights)  # refuses what cannot be used
    out = files.unused(out)
    result = {"data": str(data_folder), "weights": weights, "loading": loading(data_folder, size)}
    result["grid"] = grid(data_folder, weights, size)
    files.write_json(out / "speed.json", result)
    return result


def _flow(generator, keras, data_folder, size):
    with contextlib.redirect_stdout(io.StringIO()):  # it announces what it found
        made = generator(preprocessing_function=keras.applications.xception.preprocess_input)
        return made.flow_from_directory(
            Path(data_folder) / "train", target_size=(size, size), batch_size=32, shuffle=False
        )


def _timed(work):
    started = time.perf_counter()
    work()
    return time.perf_counter() - started
