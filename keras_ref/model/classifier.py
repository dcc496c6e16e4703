"""The classifier: Xception, or another base, without its top, global average pooling, a head. And what of it learns.

A frozen base is `trainable=False`, and that alone: `training=False` at the call is overridden by `fit` in Keras 3, so
it would not keep BatchNormalization's moving statistics still.
"""

from dataclasses import dataclass

import numpy as np

from .. import runtime
from ..config import BASES, Config
from ..runtime import console
from ..types import Net
from . import weights

FROZEN_SEED: int = 0  # a frozen base without weights is the same in every run: it is there to be measured


@dataclass
class Classifier:
    """The whole net, and its two halves, which share its layers.

    Parameters
    ----------
    net : keras.Model, from pictures to logits
    base : keras.Model, a net of keras.applications without its top
    vectors : keras.Model, from pictures to the pooled vectors
    head : keras.Model, from these vectors to logits
    """

    net: Net
    base: Net
    vectors: Net
    head: Net


def build(config: Config, class_count: int) -> Classifier:
    """Build the net of a run, weights loaded and frozen as asked; nothing is compiled yet.

    Parameters
    ----------
    config : Config
    class_count : int

    Returns
    -------
    classifier : Classifier
    """
    _, keras = runtime.load()
    keras.utils.set_random_seed(FROZEN_SEED if config.frozen else config.seed)
    base = xception(config.size) if config.base == "xception" else other_base(config.base, config.size)
    scratch = config.weights == "none" and not config.start
    if config.weights != "none" and not config.start:
        weights.load_base(base, config.weights, BASES[config.base].title)
    elif scratch and config.unfreeze != "all":
        wake(base, BASES[config.base].offset == 0)
    freeze(base, config.unfreeze, batchnorm=scratch)
    picture = keras.Input((config.size, config.size, 3), name="picture")
    vector = keras.layers.GlobalAveragePooling2D(name="pool")(base(picture))
    layers = _head_layers(config, class_count)
    net = keras.Model(picture, _chain(layers, vector), name="classifier")
    if config.start:
        weights.load_whole(net, config.start)
    vectors = keras.Model(picture, vector, name="vectors")
    return Classifier(net, base, vectors, _head(layers, vector.shape[1:]))


def xception(size: int) -> Net:
    """Build Xception without its top, its weights drawn.

    Parameters
    ----------
    size : int, pixels a side

    Returns
    -------
    base : keras.Model
    """
    _, keras = runtime.load()
    with console.working("building Xception"):
        return keras.applications.Xception(weights=None, include_top=False, input_shape=(size, size, 3))


def other_base(name: str, size: int) -> Net:
    """Build another base than Xception without its top, its weights drawn.

    Parameters
    ----------
    name : a key of `bases.BASES`
    size : int, pixels a side

    Returns
    -------
    base : keras.Model
    """
    _, keras = runtime.load()
    title = BASES[name].title
    with console.working(f"building {title}"):
        return getattr(keras.applications, title)(weights=None, include_top=False, input_shape=(size, size, 3))


def build_head(config: Config, width: int, class_count: int) -> Net:
    """Build the head alone, for stored vectors: the same start as in `build` with the same seed.

    Parameters
    ----------
    config : Config
    width : int, numbers a vector
    class_count : int

    Returns
    -------
    head : keras.Model
    """
    return _head(_head_layers(config, class_count), (width,))


def _head(layers, shape):
    _, keras = runtime.load()
    stored = keras.Input(shape, name="vector")
    return keras.Model(stored, _chain(layers, stored), name="head")


def _chain(layers, x):
    for layer in layers:
        x = layer(x)
    return x


def _head_layers(config, class_count):
    _, keras = runtime.load()

    def start(k):
        return keras.initializers.GlorotUniform(seed=config.seed * 10 + k)

    layers = []
    if config.inner:
        layers.append(keras.layers.Dense(config.inner, activation="relu", kernel_initializer=start(1), name="inner"))
    if config.dropout:
        layers.append(keras.layers.Dropout(config.dropout, seed=config.seed, name="dropout"))
    layers.append(keras.layers.Dense(class_count, dtype="float32", kernel_initializer=start(2), name="logits"))
    return layers


def wake(base: Net, pixels: bool = False) -> None:
    """Scale what a base without weights answers to about 1, or a head after it learns the class counts and no more.

    Keras counts all channels as inputs of a depthwise kernel, which then starts too small by their square root: after
    34 separable convolutions vectors of 1e-5 are left, and Adam's steps move the bias alone. A power of two keeps every
    digit, and is the same on machines that round in other ways.

    Parameters
    ----------
    base : keras.Model
    pixels : bool
        Whether it takes 0..255 and scales for itself, and not -1..1.
    """
    _, keras = runtime.load()
    noise = np.random.default_rng(FROZEN_SEED).uniform(-1, 1, (1, *base.input_shape[1:])).astype(np.float32)
    noise = (noise + 1) * 127.5 if pixels else noise
    mean = float(np.mean(base(noise)))
    if mean > 0:
        last = [layer for layer in base.layers if isinstance(layer, keras.layers.BatchNormalization)][-1]
        last.gamma.assign(last.gamma * 2.0 ** -round(np.log2(mean)))


def freeze(base: Net, unfreeze: int | str, batchnorm: bool) -> None:
    """Freeze all of a base but its last layers.

    Parameters
    ----------
    base : keras.Model
    unfreeze : int or "all"
        How many of the last layers learn.
    batchnorm : bool
        Whether BatchNormalization is among them.

    Raises
    ------
    ValueError
        `unfreeze` is more than the base has.
    """
    _, keras = runtime.load()
    if unfreeze == 0:
        base.trainable = False
        return
    base.trainable = True
    keep = len(base.layers) if unfreeze == "all" else int(unfreeze)
    if keep > len(base.layers):
        raise ValueError(
            f"unfreeze must be at most {len(base.layers)}, the base's layers, or 'all'. Received: unfreeze={unfreeze}."
        )
    for i, layer in enumerate(base.layers):
        normalises = isinstance(layer, keras.layers.BatchNormalization)
        layer.trainable = i >= len(base.layers) - keep and (batchnorm or not normalises)


def compile_net(net: Net, config: Config, steps_at_once: int = 1) -> None:
    """Compile with the course's optimizer, loss and metric.

    Parameters
    ----------
    net : keras.Model
    config : Config
    steps_at_once : int
        Steps in one call of TensorFlow: the same bits, and a third less time for a small head.
    """
    _, keras = runtime.load()
    loss = keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=config.label_smoothing)
    optimizer = keras.optimizers.Adam(config.lr, weight_decay=config.weight_decay or None)
    net.compile(optimizer, loss, metrics=["accuracy"], steps_per_execution=steps_at_once)
