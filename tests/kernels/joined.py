"""What Subtract, Average, Maximum and Minimum have in common: drawn arrays, some stretched, and the checks of each."""

import numpy as np
from hypothesis import strategies as st

from minicnn import kernels, reference
from tests.oracles import assert_gradient
from tests.strategies import apart, cases, ties
from tests.tolerances import assert_close, assert_same

EXTREME = ("maximum", "minimum")  # whose way back takes the arrays, not their shapes alone


@st.composite
def joined(draw, name, **how):
    """Draw arrays of which some axes are stretched, and a cotangent for what they become."""
    case = draw(cases(min_dims=2, **how))
    count = 2 if name == "subtract" else draw(st.integers(2, 4))
    flags = st.lists(st.booleans(), min_size=len(case.shape), max_size=len(case.shape))
    shapes = [
        tuple(1 if one else size for one, size in zip(draw(flags), case.shape, strict=True)) for _ in range(count - 1)
    ]
    shapes.insert(draw(st.integers(0, count - 1)), case.shape)
    *xs, dy = case.arrays(*shapes, case.shape)
    return xs, dy, case.seed


def functions_of(room, name, xs):
    """Return the forward, and the backward as a function of dy."""
    given = xs if name in EXTREME else [x.shape for x in xs]
    return getattr(room, f"{name}_forward"), lambda dy: getattr(room, f"{name}_backward")(dy, given)


def assert_on_paper(functions, name, y, dxs):
    """Check [[1, 5], [9, 4]] beside [[5, 5]], under the gradient [[1, 2], [4, 8]]."""
    xs, dy = [np.float32([[1, 5], [9, 4]]), np.float32([[5, 5]])], np.float32([[1, 2], [4, 8]])
    forward, backward = functions_of(functions, name, xs)
    assert_same(forward(xs), np.float32(y))
    for got, want in zip(backward(dy), dxs, strict=True):
        assert_same(got, np.float32(want))


def assert_sum_equals_reference(name, drawn):
    """Check a sum of the arrays, each times a number, and its way back."""
    xs, dy, _ = drawn
    want, want_backward = functions_of(reference, name, xs)
    got, got_backward = functions_of(kernels, name, xs)
    size = reference.add_forward([abs(x) for x in xs])
    assert_close(got(xs), want(xs), "add_forward", "reference", (size, len(xs) + 1))
    sizes = reference.add_backward(abs(dy), [x.shape for x in xs])
    for one, other, size in zip(got_backward(dy), want_backward(dy), sizes, strict=True):
        assert_close(one, other, "add_backward", "reference", (size, max(2, dy.size)))


def assert_extreme_equals_reference(name, drawn, tied):
    """Check a maximum or minimum, with many ties or as it was drawn, and its way back."""
    xs, dy, seed = drawn
    rng = np.random.default_rng(seed)
    xs = [ties(rng, x.shape, x.dtype) for x in xs] if tied else xs
    want, want_backward = functions_of(reference, name, xs)
    got, got_backward = functions_of(kernels, name, xs)
    assert_same(got(xs), want(xs))
    for one, other in zip(got_backward(dy), want_backward(dy), strict=True):
        assert_close(one, other, "add_backward", "reference", (np.full(other.shape, abs(dy).sum()), max(1, dy.size)))


def assert_gradients_are_slopes(name, drawn):
    """Check the gradient of every array along a random direction."""
    xs, dy, seed = drawn
    rng = np.random.default_rng(seed + 1)
    if name in EXTREME:  # far from ties: a number of its own for every place of every input
        everything, ends = apart(rng, (sum(x.size for x in xs),)), np.cumsum([x.size for x in xs])[:-1]
        xs = [part.reshape(x.shape) for part, x in zip(np.split(everything, ends), xs, strict=True)]
    forward, backward = functions_of(kernels, name, xs)
    for index, (x, dx) in enumerate(zip(xs, backward(dy), strict=True)):

        def joined_with(x, index=index):
            return forward([*xs[:index], x, *xs[index + 1 :]])

        assert_gradient(joined_with, x, dx, dy, rng)
