"""Draws Keras models of many structures, and says what a file of such a model must hold."""

import random
import warnings

import numpy as np
from hypothesis import Phase, settings
from hypothesis import strategies as st

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import keras

SHAPE = (5, 5, 2)  # every tensor inside has it, so that any wiring fits
L = keras.layers
MAKERS = (
    lambda name: L.Conv2D(2, 3, padding="same", name=name),
    lambda name: L.Conv2D(2, 1, use_bias=False, activation="relu", name=name),
    lambda name: L.ReLU(name=name),
    lambda name: L.BatchNormalization(name=name),
    lambda name: L.SeparableConv2D(2, 3, padding="same", name=name),
    lambda name: L.Dropout(0.5, name=name),
    lambda name: L.Rescaling(0.5, name=name),
)


SEEDS = st.integers(0, 2**32 - 1)
FEW = settings(max_examples=8, phases=[Phase.generate])  # a seed has no smaller form, so shrinking would only cost


def model_from(seed):
    """Return a Functional or Sequential model with a Dense head, models inside it, layers used twice.

    Hypothesis draws the seed alone: Keras itself uses `random` while it builds, which a strategy must not.
    """
    keras.backend.clear_session()
    choose = random.Random(seed)
    numbers = iter(choose.sample(range(100, 200), 100))

    def name(stem):  # no two alike: whole-model HDF5 can't hold them; and not in alphabetical order
        return f"{stem}{next(numbers)}"

    base = _body(choose, name, nested=2)
    if choose.random() < 0.5:
        head = [keras.Input(SHAPE), base, L.Flatten(), L.Dense(3, name=name("head"))]
        model = keras.Sequential(head, name=name("top"))
    else:
        x = keras.Input(SHAPE)
        y = L.Dense(3, name=name("head"))(L.Flatten()(base(x)))
        model = keras.Model(x, y, name=name("top"))
    rng = np.random.default_rng(seed)
    model.set_weights([rng.uniform(0.1, 1, w.shape).astype(w.dtype) for w in model.get_weights()])
    return model


def _body(choose, name, nested):
    if choose.random() < 0.3:
        layers = [_layer(choose, name, nested) for _ in range(choose.randint(1, 3))]
        return keras.Sequential([keras.Input(SHAPE), *layers], name=name("chain"))
    inputs = keras.Input(SHAPE, name=name("in"))
    tensors, layers = [inputs], []
    for _ in range(choose.randint(1, 5)):
        x, other = choose.choice(tensors), choose.choice(tensors)
        what = choose.choice(["layer", "layer", "add", "concatenate", "again"])
        if what == "add":
            tensors.append(L.Add(name=name("sum"))([x, other]))
        elif what == "concatenate":
            tensors.append(L.Conv2D(2, 1, name=name("narrow"))(L.Concatenate(name=name("both"))([x, other])))
        elif what == "again" and layers:
            tensors.append(choose.choice(layers)(x))
        else:
            layers.append(_layer(choose, name, nested))
            tensors.append(layers[-1](x))
    return keras.Model(inputs, L.Add(name=name("end"))([tensors[-1], choose.choice(tensors)]), name=name("net"))


def _layer(choose, name, nested):
    if nested and choose.random() < 0.3:
        model = _body(choose, name, nested - 1)
        model.trainable = choose.random() < 0.5
        return model
    return choose.choice(MAKERS)(name(choose.choice("za")))


def expected(model, path=""):
    """Return {layer path: [arrays]} as a file of `model` must give it."""
    found = {}
    for layer in model.layers:
        here = f"{path}/{layer.name}" if path else layer.name
        if isinstance(layer, keras.Model):
            found |= expected(layer, here)
        elif layer.get_weights():
            found[here] = layer.get_weights()
    return found


def assert_same_arrays(given, wanted):
    """Check two {path: [arrays]}: the same paths in the same order, the same values and dtypes."""
    assert list(given) == list(wanted)
    for path, arrays in wanted.items():
        assert len(given[path]) == len(arrays), path
        for mine, theirs in zip(given[path], arrays, strict=True):
            assert mine.dtype == theirs.dtype
            np.testing.assert_array_equal(mine, theirs)


def batches(count, seed=0):
    """Return `count` batches (x, y) for the drawn models."""
    rng = np.random.default_rng(seed)
    return [(rng.random((4, *SHAPE), np.float32), rng.random((4, 3), np.float32)) for _ in range(count)]
