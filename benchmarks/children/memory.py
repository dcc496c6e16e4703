"""A process of its own: train the homework net on drawn pictures in one engine, and print what memory that took.

    python -m benchmarks.children.memory minicnn|keras STEPS PIXELS BATCH

It imports one engine and nothing else of these benchmarks.
"""

import json
import resource
import sys
from pathlib import Path


def peak_mb():
    """Return the most memory that this process held so far, in 10^6 bytes."""
    status = Path("/proc/self/status")
    if status.exists():  # Linux: ru_maxrss begins with what the parent held when it started this process
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) * 1024 / 1e6
    scale = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * scale / 1e6


def faults():
    """Count the pages that this process was handed so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt


def train_minicnn(pixels):
    """Return the homework net, compiled, in minicnn."""
    from minicnn import SGD
    from minicnn.models import homework

    before = peak_mb()
    model = homework((pixels, pixels), 2, seed=0)
    model.compile(SGD(0.002, momentum=0.8), "binary_crossentropy")
    return model, before


def train_keras(pixels):
    """Return the homework net, compiled, in Keras."""
    import keras
    from keras import layers

    before = peak_mb()
    model = keras.Sequential(
        [
            keras.Input((pixels, pixels, 3)),
            layers.Rescaling(1 / 255),
            layers.Conv2D(32, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dense(64, activation="relu"),
            layers.Dense(1, activation="sigmoid"),
        ]
    )
    model.compile(keras.optimizers.SGD(0.002, momentum=0.8), "binary_crossentropy", jit_compile=False)
    return model, before


def main(engine, steps, pixels, batch):
    """Train for some steps and print the figures as JSON."""
    import numpy as np

    model, before = {"minicnn": train_minicnn, "keras": train_keras}[engine](pixels)
    rng = np.random.default_rng(0)
    x = rng.integers(0, 256, (batch, pixels, pixels, 3)).astype(np.float32)
    y = rng.integers(0, 2, (batch, 1)).astype(np.float32)
    for _ in range(3):
        model.train_on_batch(x, y)
    start = faults()
    for _ in range(steps):
        model.train_on_batch(x, y)
    print(json.dumps({"import_mb": before, "peak_mb": peak_mb(), "faults_a_step": (faults() - start) / steps}))


if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:]))
