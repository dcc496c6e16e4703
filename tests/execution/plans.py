"""Nets and helpers for the tests of how a model predicts: a plan against the same layers one by one."""

import numpy as np

from minicnn import BatchNormalization, Conv2D, Dense, GlobalAveragePooling2D, Input, ReLU, Sequential


def drawn(model, seed=1):
    """Return the model with numbers of its own in every array."""
    rng = np.random.default_rng(seed)
    model.set_weights([rng.uniform(0.3, 1.3, array.shape) for array in model.get_weights()])
    return model


def pictures(*shape, seed=2):
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


def assert_plan_equals_layers(model, x, steps=None):
    """`record` makes a model run layer by layer; to compare, scale by the largest number.

    Of three runs the second is recorded, the third is played from the tape.
    """
    want = model.forward(x, record={})
    for _ in range(3):
        got = model.forward(x)
        for one, other in zip(*([y] if not isinstance(y, list) else y for y in (got, want)), strict=True):
            assert one.shape == other.shape and one.dtype == other.dtype
            assert abs(one - other).max() <= 32 * np.finfo(one.dtype).eps * abs(other).max()
    if steps is not None:
        assert len(model._plan().steps) == steps


def on_tape(model, x):
    """Predict until a tape is played, and return what it made."""
    for _ in range(3):
        y = model.predict(x)
    assert tapes(model) == [True]
    return y


def tapes(model):
    """Say of each run on tape whether it is good."""
    return [take.tape.good for take in model._plan()._takes.values() if take is not None]


def small():
    layers = [Conv2D(4, 3, use_bias=False), BatchNormalization(), ReLU(), GlobalAveragePooling2D(), Dense(3)]
    return drawn(Sequential([Input((5, 5, 2)), *layers]))
