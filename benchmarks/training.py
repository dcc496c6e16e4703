"""python -m benchmarks training: what transfer learning does to nets of keras.applications, against Keras.

A head of ten classes is trained on a frozen net, and MobileNetV2 is trained whole at 96 px. Both engines load the same
.keras file, and their first losses must agree, where no Dropout draws. The peak is that of a process that trains.
"""

import json
import tempfile
from pathlib import Path

import numpy as np

from . import architectures, machine, peers, processes, progress, results, timing
from .children.train import CLASSES, keras_step, minicnn_step

BATCH = 8
WHOLE = {"MobileNetV2": 96}
ALLOWED = 1e-3  # of the first loss


def measure(names, threads, quick=False, seconds=4.0, wanted=None):
    """Measure the trainings.

    Parameters
    ----------
    names : list of str
        The peers.
    threads : int
    quick : bool
        One small net, no processes.
    seconds : float
        For each net.
    wanted : names of architectures.SIZES, or None for all

    Ctrl-C ends it early: the head then names what was not measured.
    """
    engines, missing = peers.load([name for name in names if name == "keras"], threads)
    if len(engines) < 2:
        raise ValueError("The architectures are Keras's: install the extra `keras`, and leave keras among the --peers.")
    sizes = architectures.QUICK if quick else architectures.chosen(wanted)
    works = [(name, size, "head") for name, size in sizes.items()]
    works += [(name, size, "whole") for name, size in WHOLE.items() if name in sizes]
    head, rows = machine.header(threads) | {"missing": missing}, []
    try:
        for work in progress.track(works, "training", lambda work: f"{work[0]}, {work[2]}"):
            with tempfile.TemporaryDirectory() as folder:
                rows.append(_row(*work, Path(folder), engines[1], 0.0 if quick else seconds))
    except KeyboardInterrupt:
        head["not measured"] = [f"{name}, {what}" for name, _, what in works[len(rows) :]]
    return results.part("training", head, rows)


def _row(name, size, what, folder, keras, seconds):
    file, pictures = folder / "net.keras", folder / "pictures.npy"
    x = build(name, size, what, file)
    np.save(pictures, x)
    ours, theirs = minicnn_step(file, x), keras_step(file, x)
    calls = {"minicnn": ours, "keras graph": theirs}
    calls |= keras.onednn(keras_call, str(file), x) if seconds else {}
    losses = [float(np.asarray(call())) for call in calls.values()]
    if not name.startswith("EfficientNet") and not max(losses) - min(losses) <= ALLOWED * max(losses):
        raise ValueError(f"{name}, {what}: the first losses are {losses}; nothing is timed.")
    samples = timing.race(calls, seconds, 5 if seconds else 2, 30, None)
    row = {"net": f"{name}, {size}", "what": f"{what}, {BATCH} pictures"}
    row["engines"] = {label: sample.row() for label, sample in samples.items()}
    for engine in ("minicnn", "keras") if seconds else ():
        done = processes.run("-m", "benchmarks.children.train", engine, file, pictures)
        row[engine] = json.loads(processes.checked(done, f"{engine} did not train").out.splitlines()[-1])
    return row


def build(name, size, what, file):
    """Make a net with a head of its own and drawn arrays, frozen below the head or not, as a file; return pictures."""
    from .peers.keras_engine import keras

    make = getattr(keras.applications, name)
    net = make(weights=None, include_top=False, pooling="avg", input_shape=(size, size, 3))
    pictures = np.resize(architectures.pictures(name, size), (BATCH, size, size, 3)).astype(np.float32)
    architectures.draw(net, pictures)
    for layer in net.layers:
        layer.trainable = what == "whole"
    y = keras.layers.Dense(CLASSES, activation="softmax")(net.output)
    keras.Model(net.input, y).save(file)
    keras.backend.clear_session()
    return pictures


def keras_call(threads, file, x):
    """Make Keras's step in a process of its own."""
    from .peers.keras_engine import set_threads

    set_threads(threads)
    return keras_step(file, x), np.asarray
