"""A process of its own: load a net in one engine, train it for some steps, and print what memory that took.

    python -m benchmarks.children.train minicnn|keras FILE PICTURES.npy

It imports one engine and nothing else of these benchmarks but the counter of memory.
"""

import json
import sys

import numpy as np

from .memory import peak_mb

STEPS = 3
CLASSES, RATE = 10, 0.01
LOSS = "sparse_categorical_crossentropy"


def minicnn_step(file, x):
    """Make a step of minicnn's: a call that returns the loss."""
    from minicnn import SGD, load_model

    model = load_model(file)
    model.compile(SGD(RATE), LOSS)
    return lambda: model.train_on_batch(x, _labels(x))


def keras_step(file, x):
    """Make a step of Keras's: a call that returns the loss."""
    import keras

    model = keras.models.load_model(file, compile=False)
    model.compile(keras.optimizers.SGD(RATE), LOSS, jit_compile=False)
    return lambda: model.train_on_batch(x, _labels(x))


def _labels(x):
    return np.arange(len(x)) % CLASSES


def main(engine, file, pictures):
    """Train and print the figure as JSON."""
    step = {"minicnn": minicnn_step, "keras": keras_step}[engine](file, np.load(pictures))
    for _ in range(STEPS):
        loss = step()
    print(json.dumps({"peak_mb": peak_mb(), "loss": float(np.asarray(loss))}))


if __name__ == "__main__":
    main(*sys.argv[1:])
