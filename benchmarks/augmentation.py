"""python -m benchmarks augmentation: pictures a second through the random layers, in training, in both engines.

Keras runs as its `fit` does, inside a tf.function. The pictures of one draw are compared in tests/layers; here each
engine draws its own, which is part of the work.
"""

import numpy as np

from minicnn import Sequential, layers

from . import machine, progress, results, timing

COUNT, SIZES = 32, (96, 224)
LAYERS = {
    "RandomFlip": ("horizontal",),
    "RandomRotation": (0.1,),
    "RandomZoom": (0.2,),
    "RandomTranslation": (0.1, 0.1),
    "RandomContrast": (0.2,),
    "RandomBrightness": (0.2,),
}
CHAINS = {**{name: (name,) for name in LAYERS}, "flip, rotation, zoom": tuple(LAYERS)[:3], "all six": tuple(LAYERS)}


def measure(names, threads, quick=False):
    """Time each layer, and chains of them.

    Parameters
    ----------
    names : list of str, the peers (only Keras has such layers)     threads : int      quick : bool, small and short
    """
    rows = []
    for size in (16,) if quick else SIZES:
        x = np.random.default_rng(0).uniform(0, 255, (COUNT, size, size, 3)).astype("float32")
        for what, chain in progress.track(list(CHAINS.items()), f"{size} px", lambda pair: pair[0]):
            net = Sequential([getattr(layers, name)(*LAYERS[name], seed=1) for name in chain])
            calls = {"minicnn": lambda net=net, x=x: net(x, training=True)}
            if "keras" in names:
                calls["keras graph"] = _of_keras(chain, x, threads)
            samples = timing.race(calls, 0.0 if quick else 1.0, 2 if quick else 5, 25, hot=None)
            engines = {name: sample.row() for name, sample in samples.items()}
            rows.append({"what": what, "pictures": COUNT, "size": size, "engines": engines})
    return results.part("augmentation", machine.header(threads), rows)


def _of_keras(chain, x, threads):
    """Return the same chain of Keras's, compiled."""
    from .peers.keras_engine import keras, set_threads, tf

    set_threads(threads)
    net = keras.Sequential([getattr(keras.layers, name)(*LAYERS[name], seed=1) for name in chain])
    run, given = tf.function(lambda pictures: net(pictures, training=True)), tf.constant(x)
    return lambda: run(given).numpy()
