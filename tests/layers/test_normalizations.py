"""LayerNormalization and GroupNormalization: output and every gradient as Keras's, arrays, errors."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minicnn import GroupNormalization, LayerNormalization
from tests.keras_oracle import assert_parity, keras
from tests.strategies import cases, normal
from tests.tolerances import sizes_of_layer_normalization

some = cases(min_dims=2).filter(lambda case: case.shape[0])
switches = {"center": st.booleans(), "scale": st.booleans(), "epsilon": st.sampled_from([1e-3, 1e-5, 0.5])}
settings_ = st.fixed_dictionaries(switches)
KEYS = {"y": "forward", "dx": "dx", "gamma": "dgamma", "beta": "dbeta"}


def check(layer, twin, case, x, dy, axes, shape, wide, epsilon):
    """Hold a layer against Keras's; axes and shape: of x as it is normalized; wide: of gamma and beta beside it."""
    rng = np.random.default_rng(case.seed + 1)
    layer.build((None, *x.shape[1:]), dtype=case.dtype)
    weights = [normal(rng, array.shape, case.dtype) for array in layer.params.values()]
    layer.set_weights(weights)
    values = dict(zip(layer.params, weights, strict=True))
    gamma = abs(values["gamma"]).reshape(wide) if "gamma" in values else np.ones(wide)
    beta = abs(values["beta"]).reshape(wide) if "beta" in values else np.zeros(wide)
    found = sizes_of_layer_normalization(x.reshape(shape), dy.reshape(shape), axes, gamma, beta, epsilon)
    sizes = {}
    for name, key in KEYS.items():
        scale, count = found[key]
        target = x.shape if name in ("y", "dx") else layer.params[name].shape if name in layer.params else None
        if target is not None:
            sizes[name] = f"layer_normalization_{key}", (scale.reshape(target), 4 * count)
    assert_parity(layer, twin, x, dy, weights, sizes)


@given(some, settings_, st.data())
def test_layer_normalization_equals_keras(case, settings, data):
    rank = len(case.shape)
    axes = data.draw(st.lists(st.integers(1, rank - 1), min_size=1, unique=True))
    given_axis = [axis - rank if data.draw(st.booleans()) else axis for axis in axes]
    given_axis = data.draw(st.sampled_from([given_axis, given_axis[0]])) if len(axes) == 1 else given_axis
    axes = sorted(axes)
    x, dy = map(np.ascontiguousarray, case.arrays())
    layer, twin = (
        kind(axis=given_axis, **settings, **more)
        for kind, more in ((LayerNormalization, {}), (keras.layers.LayerNormalization, {"dtype": case.dtype}))
    )
    wide = tuple(size if axis in axes else 1 for axis, size in enumerate(x.shape))
    check(layer, twin, case, x, dy, axes, x.shape, wide, settings["epsilon"])


@given(some, settings_, st.integers(1, 3), st.integers(1, 3))
def test_group_normalization_equals_keras(case, settings, groups, each):
    shape = (*case.shape[:-1], groups * each)
    x, dy = map(np.ascontiguousarray, case.arrays(shape, shape))
    layer = GroupNormalization(groups, **settings)
    twin = keras.layers.GroupNormalization(groups, **settings, dtype=case.dtype)
    wide = (*(1,) * (len(shape) - 1), groups, each)
    axes = [*range(1, len(shape) - 1), len(shape)]
    check(layer, twin, case, x, dy, axes, (*shape[:-1], groups, each), wide, settings["epsilon"])


def test_arrays_and_defaults():
    layer = LayerNormalization([1, -1])
    layer.build((None, 4, None, 3))
    assert {key: array.shape for key, array in layer.params.items()} == {"gamma": (3, 4), "beta": (3, 4)}  # as Keras
    assert (layer.epsilon, GroupNormalization().groups, GroupNormalization().epsilon) == (1e-3, 32, 1e-3)
    layer = GroupNormalization(-1, scale=False)
    layer.build((None, None, None, 6))
    assert list(layer.params) == ["beta"] and layer.cut(6) == 6
    assert layer(np.ones((2, 3, 4, 6))).shape == (2, 3, 4, 6)


@pytest.mark.parametrize(
    ("make", "input_shape", "sentence"),
    [
        (
            lambda: LayerNormalization(0),
            None,
            "`axis` must be integers other than 0, the batch. Received: axis=0.",
        ),
        (
            lambda: LayerNormalization(epsilon=-1),
            None,
            "`epsilon` must be a number of at least 0. Received: epsilon=-1.",
        ),
        (
            lambda: LayerNormalization(1, name="n"),
            (None, None, 3),
            "`axis` of layer 'n' must name axes of known size, each once. "
            "Received: axis=(1,), input_shape=(None, None, 3).",
        ),
        (
            lambda: LayerNormalization([2, -1], name="n"),
            (None, 4, 3),
            "`axis` of layer 'n' must name axes of known size, each once. "
            "Received: axis=(2, -1), input_shape=(None, 4, 3).",
        ),
        (
            lambda: LayerNormalization.from_config({"name": "n", "rms_scaling": True}),
            None,
            "Layer 'n': LayerNormalization(rms_scaling=True) is not supported; only rms_scaling=False is.",
        ),
        (
            lambda: GroupNormalization(0),
            None,
            "`groups` must be a positive integer, or -1. Received: groups=0.",
        ),
        (
            lambda: GroupNormalization(4, name="g"),
            (None, 5, 5, 6),
            "`groups` of layer 'g' must divide the 6 channels. Received: groups=4.",
        ),
        (
            lambda: GroupNormalization(2, axis=1, name="g"),
            (None, 5, 5, 6),
            "Layer 'g' normalizes the last axis, of known size: `axis` must be -1 or its number. "
            "Received: axis=1, input_shape=(None, 5, 5, 6).",
        ),
    ],
)
def test_what_makes_no_sense(make, input_shape, sentence):
    with pytest.raises(ValueError) as error:
        make().build(input_shape)
    assert str(error.value) == sentence
