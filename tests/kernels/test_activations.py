"""The activations of kernels/activations.py: on paper, kernel against definition, gradients, edges."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minicnn import kernels, reference
from tests.oracles import assert_gradient
from tests.strategies import cases
from tests.tolerances import assert_close, assert_same, sizes_of_activation

SETTINGS = {  # the parameter, whether the backward takes x or y, at which x the slope jumps
    "clipped_relu": ((6.0,), "y", (0, 6)),
    "leaky_relu": ((0.2,), "y", (0,)),
    "elu": ((1.5,), "y", (0,)),
    "tanh": ((), "y", ()),
    "hard_sigmoid": ((), "y", (-3, 3)),
    "softplus": ((), "y", ()),
    "silu": ((), "x", ()),
    "gelu": ((), "x", ()),
}
POWERS = {"gelu": 2}  # of x under the exp, where it is not 1
STRAIGHT = "clipped_relu", "leaky_relu", "hard_sigmoid"  # whose slope is the same number between two jumps
both = pytest.mark.parametrize("functions", [reference, kernels], ids=["reference", "kernels"])
every = pytest.mark.parametrize("name", SETTINGS)


def apply(functions, name, x):
    """y, and a function dy -> dx."""
    settings, keeps, _ = SETTINGS[name]
    y = getattr(functions, f"{name}_forward")(x, *settings)
    return y, lambda dy: getattr(functions, f"{name}_backward")(dy, x if keeps == "x" else y, *settings)


E = math.e
ON_PAPER = {  # x, y, slope
    "clipped_relu": ([-1, 0, 2, 6, 9], [0, 0, 2, 6, 6], [0, 0, 1, 0, 0]),
    "leaky_relu": ([-10, 0, 3], [-2, 0, 3], [0.2, 0.2, 1]),
    "elu": ([-1, 0, 2], [1.5 / E - 1.5, 0, 2], [1.5 / E, 1.5, 1]),
    "tanh": ([0, math.log(3)], [0, 0.8], [1, 0.36]),  # (3 - 1/3) / (3 + 1/3) = 0.8
    "hard_sigmoid": ([-4, -3, 0, 1.5, 3, 5], [0, 0, 0.5, 0.75, 1, 1], [0, 0, 1 / 6, 1 / 6, 0, 0]),
    "softplus": ([0, math.log(3)], [math.log(2), math.log(4)], [0.5, 0.75]),
    "silu": ([0, math.log(3)], [0, 0.75 * math.log(3)], [0.5, 0.75 * (1 + math.log(3) / 4)]),
    "gelu": (
        [0, 1],
        [0, 0.8413447460685429],
        [0.5, 0.8413447460685429 + math.exp(-0.5) / math.sqrt(2 * math.pi)],
    ),
}


@every
@both
def test_on_paper(functions, name):
    x, want, slope = map(np.float64, ON_PAPER[name])
    y, backward = apply(functions, name, x)
    np.testing.assert_allclose(y, want, rtol=1e-14, atol=1e-15)
    np.testing.assert_allclose(backward(7 * np.ones_like(x)), 7 * slope, rtol=1e-14, atol=1e-15)


@every
@given(case=cases())
def test_kernels_equal_reference(name, case):
    x, dy = case.arrays()
    x = 4 * x
    y, backward = apply(kernels, name, x)
    want, want_backward = apply(reference, name, x)
    forward_size, backward_size = sizes_of_activation(x, want, dy, POWERS.get(name, 1))
    assert_close(y, want, f"{name}_forward", "reference", forward_size)
    dx = backward(dy)
    if name in STRAIGHT:
        backward_size = abs(dx), 1
    assert_close(dx, want_backward(dy), f"{name}_backward", "reference", backward_size)


@every
@given(case=cases(dtypes=st.just("float64")))
def test_gradient_is_the_slope(name, case):
    x, dy = case.arrays()
    x = np.ascontiguousarray(4 * x)
    for kink in SETTINGS[name][2]:  # no step of the difference quotient may cross a corner
        x[abs(x - kink) < 0.01] += 0.02
    _, backward = apply(kernels, name, x)
    assert_gradient(lambda x: apply(kernels, name, x)[0], x, backward(dy), dy, np.random.default_rng(case.seed))


LIMITS = {  # at 1e4, -1e4, inf: y, slope
    "clipped_relu": ([6, 0, 6], [0, 0, 0]),
    "leaky_relu": ([1e4, -2e3, np.inf], [1, 0.2, 1]),
    "elu": ([1e4, -1.5, np.inf], [1, 0, 1]),
    "tanh": ([1, -1, 1], [0, 0, 0]),
    "hard_sigmoid": ([1, 0, 1], [0, 0, 0]),
    "softplus": ([1e4, 0, np.inf], [1, 0, 1]),
    "silu": ([1e4, 0, np.inf], [1, 0, np.nan]),
    "gelu": ([1e4, 0, np.inf], [1, 0, np.nan]),
}


@every
@both
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_nothing_overflows(functions, name, dtype):
    """Warnings are errors here: exp(1e4) would show. At infinity some slopes are inf * 0."""
    x = np.array([1e4, -1e4, np.inf, np.nan], dtype)
    with np.errstate(invalid="ignore"):
        y, backward = apply(functions, name, x)
        dx = backward(np.ones_like(x))
    want, slope = LIMITS[name]
    np.testing.assert_allclose(y, [*want, np.nan], rtol=1e-6)
    finite = np.isfinite(slope)
    np.testing.assert_allclose(dx[:3][finite], np.array(slope)[finite], rtol=1e-6)


@both
def test_far_tails_keep_their_digits(functions):
    """The exact values, in float64's digits, of what cancels to 0 when it is computed carelessly."""
    x = np.float32([-8, -10])
    np.testing.assert_allclose(functions.gelu_forward(x), [-4.976768e-15, -7.619853e-23], rtol=1e-5)
    np.testing.assert_allclose(functions.softplus_forward(x * 5), np.exp(5.0 * x), rtol=1e-5)
    np.testing.assert_allclose(functions.silu_forward(x * 5), 5.0 * x * np.exp(5.0 * x), rtol=1e-5)


def test_shapes_and_dtypes_that_do_not_fit():
    x = np.zeros((2, 3), "float32")
    with pytest.raises(ValueError) as error:
        kernels.silu_backward(x, x[:1])
    assert str(error.value) == "`x` must have shape (2, 3). Received: x.shape=(1, 3)."
    with pytest.raises(TypeError) as error:
        kernels.elu_backward(x, x.astype("float64"), 1.0)
    assert str(error.value) == ("`y` must have the dtype of the first array, float32. Received: y.dtype=float64.")


def test_read_only_and_empty_arrays():
    x = np.zeros((0, 3), "float32")
    assert_same(kernels.tanh_forward(x), x)
    x = np.ones(3, "float32")
    x.flags.writeable = False
    assert_same(kernels.clipped_relu_forward(x, 6.0), x)
