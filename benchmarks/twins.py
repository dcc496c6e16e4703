"""The same net twice: minicnn's model, and Keras's from the file that minicnn saved, so that all weights are equal."""

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from minicnn import SGD, Adam, layers
from minicnn.models import Model, homework, tinyvgg


def resnet(size: tuple[int, int], classes: int, seed: int) -> Model:
    """Make He et al.'s ResNet-20 for small pictures (arXiv:1512.03385, 4.2): 3 stages of 3 blocks, 16 to 64 filters."""
    before = inputs = layers.Input((*size, 3))
    y = layers.Rescaling(1 / 255)(inputs)
    y = before = _normalized(y, 16, 3, 1, relu=True)
    for filters in (16, 32, 64):
        for block in range(3):
            strides = 2 if filters > 16 and block == 0 else 1
            y = _normalized(before, filters, 3, strides, relu=True)
            y = _normalized(y, filters, 3, 1, relu=False)
            if strides == 2:
                before = _normalized(before, filters, 1, 2, relu=False)
            before = layers.ReLU()(layers.Add()([y, before]))
    y = layers.Dense(classes, activation="softmax")(layers.GlobalAveragePooling2D()(before))
    return Model(inputs, y, seed=seed)


def _normalized(x: Any, filters: int, window: int, strides: int, relu: bool) -> Any:
    """Convolve and normalize."""
    y = layers.Conv2D(filters, window, strides, "same", use_bias=False)(x)
    y = layers.BatchNormalization()(y)
    return layers.ReLU()(y) if relu else y


CHAINS: tuple[str, ...] = ("tinyvgg", "homework")  # those that peers/onnx_net.py can write
NETS: dict[str, tuple[Callable[..., Model], int, int, int, Callable[[], Any], str]] = {
    # name: (function, pixels, classes, batch of training, optimizer, loss)
    "tinyvgg": (tinyvgg, 64, 10, 32, lambda: Adam(0.001), "sparse_categorical_crossentropy"),
    "homework": (homework, 150, 2, 20, lambda: SGD(0.002, momentum=0.8), "binary_crossentropy"),
    "resnet20": (resnet, 32, 10, 32, lambda: SGD(0.1, momentum=0.9), "sparse_categorical_crossentropy"),
}


def make(net: str, seed: int = 0, size: int | None = None) -> Model:
    """Make minicnn's model of a net, compiled.

    Parameters
    ----------
    net : a name of NETS
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
