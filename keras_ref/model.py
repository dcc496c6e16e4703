"""The classifier: Xception without its top, global average pooling, a head. And what of it learns.

A frozen base is `trainable=False`, and that alone: `training=False` at the call is overridden by `fit` in Keras 3, so
it would not keep BatchNormalization's moving statistics still.
"""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from keras_ref import console, runtime
from keras_ref.errors import Refusal

FROZEN_SEED = 0  # a frozen base without weights is the same in every run: it is there to be measured
NOTOP = ("xception_weights_tf_dim_ordering_tf_kernels_notop.h5", "b0042744bf5b25fce3cb969f33bebb97")
TOP = ("xception_weights_tf_dim_ordering_tf_kernels.h5", "0a58e3b7378bc2990ea3b43d5981f1f6")
CLASS_INDEX = ("imagenet_class_index.json", "c2c37ea517e94d9795004a39431a14cb")


@dataclass
class Classifier:
    """The whole net, and its two halves: the base up to the pooled vector, and the head from that vector to logits."""

    net: object
    base: object
    vectors: object
    head: object


def build(config, class_count):
    """Build the net that `config` describes, weights loaded and frozen as asked; nothing is compiled yet."""
    _, keras = runtime.load()
    keras.utils.set_random_seed(FROZEN_SEED if config.frozen else config.seed)
    base = xception(config.size)
    if config.weights != "none":
        load_base_weights(base, config.weights)
    elif config.frozen:
        wake(base)
    freeze(base, config.unfreeze, batchnorm=config.weights == "none")
    picture = keras.Input((config.size, config.size, 3), name="picture")
    vector = keras.layers.GlobalAveragePooling2D(name="pool")(base(picture))
    layers = _head_layers(config, class_count)
    return Classifier(
        keras.Model(picture, _chain(layers, vector), name="classifier"),
        base,
        keras.Model(picture, vector, name="vectors"),
        _head(layers, vector.shape[1:]),
    )


def xception(size):
    """Give Xception without its top for pictures of (size, size), its weights drawn."""
    _, keras = runtime.load()
    with console.working("building Xception"):
        return keras.applications.Xception(weights=None, include_top=False, input_shape=(size, size, 3))


def build_head(config, width, class_count):
    """Build the head alone, for stored vectors of `width` numbers: the same start as in `build` with the same seed."""
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


def wake(base):
    """Scale what a base without weights answers to about 1, or a head behind it learns the class counts and no more.

    Keras counts all channels as inputs of a depthwise kernel, which then starts too small by their square root: behind
    34 separable convolutions vectors of 1e-5 are left, and Adam's steps move the bias alone. A power of two keeps every
    digit, and is the same on machines that round in other ways.
    """
    _, keras = runtime.load()
    noise = np.random.default_rng(FROZEN_SEED).uniform(-1, 1, (1, *base.input_shape[1:])).astype(np.float32)
    mean = float(np.mean(base(noise)))
    if mean > 0:
        last = [layer for layer in base.layers if isinstance(layer, keras.layers.BatchNormalization)][-1]
        last.gamma.assign(last.gamma * 2.0 ** -round(np.log2(mean)))


def freeze(base, unfreeze, batchnorm):
    """Freeze all of the base but its last `unfreeze` layers ("all": none); BatchNormalization learns only if asked."""
    _, keras = runtime.load()
    if unfreeze == 0:
        base.trainable = False
        return
    base.trainable = True
    keep = len(base.layers) if unfreeze == "all" else unfreeze
    if keep > len(base.layers):
        raise Refusal(
            f"unfreeze must be at most {len(base.layers)}, the base's layers, or 'all'. Received: unfreeze={unfreeze}."
        )
    for i, layer in enumerate(base.layers):
        normalises = isinstance(layer, keras.layers.BatchNormalization)
        layer.trainable = i >= len(base.layers) - keep and (batchnorm or not normalises)


def compile_net(net, lr, steps_at_once=1):
    """Compile with the course's optimizer, loss and metric.

    `steps_at_once` steps run in one call of TensorFlow: the same bits, and a third less time for a small head.
    """
    _, keras = runtime.load()
    loss = keras.losses.CategoricalCrossentropy(from_logits=True)
    net.compile(keras.optimizers.Adam(lr), loss, metrics=["accuracy"], steps_per_execution=steps_at_once)


def load_base_weights(base, weights):
    """Load "imagenet" or a weights file in Keras's layout into an Xception without its top."""
    _, keras = runtime.load()
    path = imagenet_file(*NOTOP) if weights == "imagenet" else Path(weights)
    if not path.is_file():
        raise Refusal(
            f"The weights file {path} is not there; give imagenet, none, or a file in Keras's layout ({NOTOP[0]})."
        )
    try:
        if path.suffix == ".keras":
            base.set_weights(_inner_base(path).get_weights())
        else:
            base.load_weights(path)
    except Refusal:
        raise
    except Exception as error:  # h5py and Keras raise many kinds; what matters is that the file does not fit
        first = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise Refusal(f"{path} does not hold the weights of Xception without its top: {first}") from None


def _inner_base(path):
    _, keras = runtime.load()
    net = keras.saving.load_model(path, compile=False, safe_mode=True)
    base = find_base(net)
    if base is None:
        raise Refusal(f"{path} holds no nested base to take weights from.")
    return base


def find_base(net):
    """Give the nested model with the most layers inside `net`, or None."""
    _, keras = runtime.load()
    nested = [layer for layer in net.layers if isinstance(layer, keras.Model)]
    return max(nested, key=lambda layer: len(layer.layers), default=None)


def imagenet_file(name, md5, folder="xception"):
    """Give the path of one of Keras's ImageNet files, downloaded into Keras's own cache where that is needed."""
    _, keras = runtime.load()
    cache = Path(os.environ.get("KERAS_HOME") or Path.home() / ".keras") / "models"
    addresses = {
        "xception": "https://storage.googleapis.com/tensorflow/keras-applications/xception/",
        "classes": "https://storage.googleapis.com/download.tensorflow.org/data/",
    }
    try:
        return Path(keras.utils.get_file(name, addresses[folder] + name, cache_subdir="models", file_hash=md5))
    except Exception as error:  # urllib, socket and Keras itself fail in their own ways; the remedy is one
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise Refusal(
            f"The file {name} could not be downloaded ({reason}). On a machine with a network fetch "
            f"{addresses[folder] + name} (md5 {md5}) and put it at {cache / name}"
            + (", or pass it with --weights FILE." if folder == "xception" else ".")
        ) from None


def fingerprint(model):
    """Give the SHA-256 of all weights of a model, 64 hex digits."""
    digest = hashlib.sha256()
    for array in model.get_weights():
        digest.update(str((array.shape, array.dtype)).encode())
        digest.update(np.ascontiguousarray(array))
    return digest.hexdigest()
