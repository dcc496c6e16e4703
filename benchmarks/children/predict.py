"""A process of its own: load a .keras file in one engine, predict one picture, and print what memory that took.

    python -m benchmarks.children.predict minicnn|keras FILE PICTURE.npy

It imports one engine and nothing else of these benchmarks but the counter of memory.
"""

import json
import sys

import numpy as np

from .memory import peak_mb


def main(engine, file, picture):
    """Predict and print the figure as JSON."""
    if engine == "minicnn":
        from minicnn import load_model

        y = load_model(file).predict(np.load(picture))
    else:
        import keras

        y = keras.models.load_model(file, compile=False).predict(np.load(picture), verbose=0)
    print(json.dumps({"peak_mb": peak_mb(), "largest": float(np.abs(y).max())}))


if __name__ == "__main__":
    main(*sys.argv[1:])
