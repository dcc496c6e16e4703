"""python -m benchmarks startup: whole processes, from the shell's point of view.

Rounds are alternated as everywhere. "cold" means an empty folder for Numba's compiled kernels, fresh for each round.
"""

import os
import statistics
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image

from minicnn.data import wardrobe

from . import machine, processes, progress, results, twins

KERAS_PREDICT = """
import sys, keras, numpy
model = keras.models.load_model(sys.argv[1])
size = model.input_shape[1:3]
print(model.predict(numpy.asarray(keras.utils.load_img(sys.argv[2], target_size=size), "float32")[None], verbose=0))
"""


def measure(names, threads, quick=False):
    """Time the processes.

    Parameters
    ----------
    names : list of str
        The peers.
    threads : int
    quick : bool
        One round, imports and one prediction.
    """
    with tempfile.TemporaryDirectory() as folder:
        processes = _processes(Path(folder), "keras" in names, quick)
        seconds = {name: [] for name in processes}
        try:
            for turn in progress.track(range(1 if quick else 5), "startup", lambda turn: f"round {turn + 1}"):
                for name in processes if turn % 2 == 0 else reversed(processes):
                    if turn < 3 or "cold" not in name:
                        seconds[name].append(_run(name, processes[name], folder))
        except KeyboardInterrupt:  # the rounds so far are worth keeping
            if not all(seconds.values()):
                raise
    rows = []
    for name, found in seconds.items():
        low, high = np.percentile(found, (25, 75))
        rows.append({"process": name, "s": statistics.median(found), "iqr_s": float(high - low), "rounds": len(found)})
    return results.part("startup", machine.header(threads), rows)


def _processes(folder, keras, quick):
    """Return the commands, name -> arguments after the interpreter, and make the files that they want."""
    model = twins.make("tinyvgg")
    model.classifier = {
        "version": 1,
        "class_names": list(wardrobe.CLASS_NAMES),
        "size": [64, 64],
        "resize": "nearest",
        "scale": 1.0,
        "offset": 0.0,
        "output": "probabilities",
    }
    model.save(folder / "model.keras")
    pixels = np.random.default_rng(0).integers(0, 256, (400, 300, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(folder / "picture.png")
    files = [str(folder / "model.keras"), str(folder / "picture.png")]
    processes = {
        "import numba": ["-c", "import numba"],
        "import minicnn": ["-c", "import minicnn"],
        "minicnn predict, warm": ["-m", "minicnn", "predict", *files],
    }
    if quick:
        return processes
    processes["minicnn predict, cold"] = ["-m", "minicnn", "predict", *files]
    if keras:
        processes["import tensorflow"] = ["-c", "import tensorflow"]
        processes["Keras: load, predict"] = ["-c", KERAS_PREDICT, *files]
    return processes


def _run(name, arguments, folder):
    """Run a process; return its seconds."""
    environment = dict(os.environ)
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # as with a user: bytecode is kept
    with tempfile.TemporaryDirectory(dir=folder) as fresh:
        if "cold" in name:
            environment["NUMBA_CACHE_DIR"] = fresh
        return processes.checked(processes.run(*arguments, environment=environment), f"{name} failed").seconds
