"""PReLU and Permute: output and every gradient as Keras's, shapes of arrays, errors."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minicnn import Permute, PReLU
from tests.keras_oracle import assert_parity, keras
from tests.strategies import cases, normal

some = cases(min_dims=2).filter(lambda case: case.shape[0])


@given(some, st.data())
def test_prelu_equals_keras(case, data):
    axes = list(range(1, len(case.shape)))
    shared = data.draw(st.none() | st.lists(st.sampled_from(axes), unique=True))
    slopes = tuple(1 if axis in (shared or ()) else case.shape[axis] for axis in axes)
    x, dy, alpha = case.arrays(case.shape, case.shape, slopes)
    wide = np.broadcast_to(abs(alpha), x.shape)
    sizes = {
        "y": ("multiply_forward", (abs(x) * (1 + wide), 2)),
        "dx": ("multiply_forward", (abs(dy) * (1 + wide), 2)),
        "alpha": ("multiply_backward", (abs(x * dy).sum(), max(1, x.size))),
    }
    twin = keras.layers.PReLU(shared_axes=shared, dtype=case.dtype)
    assert_parity(PReLU(shared), twin, x, np.ascontiguousarray(dy), [alpha], sizes)


@given(some, st.data())
def test_permute_equals_keras(case, data):
    dims = tuple(data.draw(st.permutations(range(1, len(case.shape)))))
    x, _ = case.arrays()
    dy = normal(np.random.default_rng(case.seed), np.transpose(x, (0, *dims)).shape, case.dtype)
    assert_parity(Permute(dims), keras.layers.Permute(dims, dtype=case.dtype), x, dy)


def test_shapes():
    layer = PReLU(shared_axes=[1, 2])
    layer.build((None, None, None, 3))
    assert layer.params["alpha"].shape == (1, 1, 3) and not layer.params["alpha"].any()
    assert PReLU(2).shared_axes == (2,) and layer(np.ones((2, 5, 4, 3))).shape == (2, 5, 4, 3)
    assert Permute((3, 1, 2)).compute_output_shape((None, None, 4, 5)) == (None, 5, None, 4)
    with pytest.raises(ValueError, match="must fit its arrays, which were made for shape"):
        layer(np.ones((2, 5, 4, 2)))


@pytest.mark.parametrize(
    ("make", "input_shape", "sentence"),
    [
        (lambda: PReLU([0]), None, "`shared_axes` must be integers of at least 1. Received: shared_axes=[0]."),
        (
            lambda: PReLU([1, 4], name="p"),
            (None, 4, 4, 3),
            "`shared_axes` of layer 'p' must be axes of its input, and the others of known size. "
            "Received: shared_axes=(1, 4), input_shape=(None, 4, 4, 3).",
        ),
        (
            lambda: PReLU(name="p"),
            (None, None, 4, 3),
            "`shared_axes` of layer 'p' must be axes of its input, and the others of known size. "
            "Received: shared_axes=(), input_shape=(None, None, 4, 3).",
        ),
        (lambda: Permute((0, 1)), None, "`dims` must hold each of 1, 2, ... once. Received: dims=(0, 1)."),
        (lambda: Permute(()), None, "`dims` must hold each of 1, 2, ... once. Received: dims=()."),
        (lambda: Permute(1), None, "`dims` must hold each of 1, 2, ... once. Received: dims=1."),
        (
            lambda: Permute((2, 1), name="p"),
            (None, 4, 4, 3),
            "`dims` of layer 'p' must be one for each axis of its input (None, 4, 4, 3) after the batch's. "
            "Received: dims=(2, 1).",
        ),
    ],
)
def test_what_makes_no_sense(make, input_shape, sentence):
    with pytest.raises(ValueError) as error:
        make().build(input_shape)
    assert str(error.value) == sentence
