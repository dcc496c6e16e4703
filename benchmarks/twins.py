"""The same net twice: minicnn's model, and Keras's from the file that minicnn saved, so that all weights are equal."""

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from minicnn import SGD, Adam
from minicnn.models import Model, homework, tinyvgg

NETS: dict[str, tuple[Callable[..., Model], int, int, int, Callable[[], Any], str]] = {
    # name: (function, pixels, classes, batch of training, optimizer, loss)
    "tinyvgg": (tinyvgg, 64, 10, 32, lambda: Adam(0.001), "sparse_categorical_crossentropy"),
    "homework": (homework, 150, 2, 20, lambda: SGD(0.002, momentum=0.8), "binary_crossentropy"),
}


def make(net: str, seed: int = 0, size: int | None = None) -> Model:
    """Make minicnn's model of a net, compiled.

    Parameters
    ----------
    net : "homework" or "tinyvgg"
    seed : int
        Of the weights.
    size : int
        Pixels; None: the net's own.
    """
    function, pixels, classes, _, optimizer, loss = NETS[net]
    model = function((size or pixels,) * 2, classes, seed=seed)
    model.compile(optimizer(), loss, metrics=["accuracy"])
    return model


def keras_twin(model: Model, jit_compile: bool = False) -> Any:
    """Make Keras's model from minicnn's, through a file; compiled alike."""
    from .peers.keras_engine import keras

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "twin.keras"
        model.save(path)
        twin = keras.models.load_model(path, compile=False)
    if model.setup:
        optimizer = model.optimizer.get_config()
        kind = keras.optimizers.SGD if isinstance(model.optimizer, SGD) else keras.optimizers.Adam
        twin.compile(
            kind.from_config(optimizer), model.loss.name, metrics=list(model.setup.metrics), jit_compile=jit_compile
        )
    return twin


def batch(rng, net, count, size=None):
    """Draw pictures and labels for a net.

    Returns
    -------
    x : (count, size, size, 3) float32, 0..255
    y : (count,) of class numbers, (count, 1) for a yes or no
    """
    pixels, classes = size or NETS[net][1], NETS[net][2]
    x = rng.integers(0, 256, (count, pixels, pixels, 3)).astype("float32")
    y = rng.integers(0, classes, count)
    return x, (y[:, None].astype("float32") if classes == 2 else y)
