"""Subtract, Average, Maximum, Minimum, PReLU: on paper, kernel against definition, gradients, ties, NaN, errors."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minicnn import kernels, reference
from tests.oracles import assert_gradient
from tests.strategies import apart, cases, ties
from tests.tolerances import assert_close, assert_same

both = pytest.mark.parametrize("functions", [reference, kernels], ids=["reference", "kernels"])
LINEAR, EXTREME = ("subtract", "average"), ("maximum", "minimum")
float64 = st.just("float64")


@st.composite
def joined(draw, name, **how):
    """Arrays of which some axes are stretched, and a cotangent for what they become."""
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
    """The forward, and the backward as a function of dy."""
    given = xs if name in EXTREME else [x.shape for x in xs]
    return getattr(room, f"{name}_forward"), lambda dy: getattr(room, f"{name}_backward")(dy, given)


@both
def test_on_paper(functions):
    a, b = np.float32([[1, 5], [9, 4]]), np.float32([[5, 5]])
    assert_same(functions.subtract_forward([a, b]), np.float32([[-4, 0], [4, -1]]))
    assert_same(functions.average_forward([a, b]), np.float32([[3, 5], [7, 4.5]]))
    assert_same(functions.maximum_forward([a, b]), np.float32([[5, 5], [9, 5]]))
    assert_same(functions.minimum_forward([a, b]), np.float32([[1, 5], [5, 4]]))
    dy = np.float32([[1, 2], [4, 8]])
    for (name, takes), want in {
        ("subtract", "shapes"): ([[1, 2], [4, 8]], [[-5, -10]]),
        ("average", "shapes"): ([[0.5, 1], [2, 4]], [[2.5, 5]]),
        ("maximum", "xs"): ([[0, 2], [4, 0]], [[1, 8]]),
        ("minimum", "xs"): ([[1, 2], [0, 8]], [[4, 0]]),
    }.items():
        found = getattr(functions, f"{name}_backward")(dy, [a, b] if takes == "xs" else [a.shape, b.shape])
        for got, expected in zip(found, want, strict=True):
            assert_same(got, np.float32(expected))


@pytest.mark.parametrize("name", LINEAR)
@given(data=st.data())
def test_sums_equal_reference(name, data):
    xs, dy, _ = data.draw(joined(name))
    want, want_backward = functions_of(reference, name, xs)
    got, got_backward = functions_of(kernels, name, xs)
    size = reference.add_forward([abs(x) for x in xs])
    assert_close(got(xs), want(xs), "add_forward", "reference", (size, len(xs) + 1))
    sizes = reference.add_backward(abs(dy), [x.shape for x in xs])
    for one, other, size in zip(got_backward(dy), want_backward(dy), sizes, strict=True):
        assert_close(one, other, "add_backward", "reference", (size, max(2, dy.size)))


@pytest.mark.parametrize("name", EXTREME)
@given(data=st.data(), tied=st.booleans())
def test_extremes_equal_reference(name, data, tied):
    xs, dy, seed = data.draw(joined(name))
    rng = np.random.default_rng(seed)
    if tied:
        xs = [ties(rng, x.shape, x.dtype) for x in xs]
    want, want_backward = functions_of(reference, name, xs)
    got, got_backward = functions_of(kernels, name, xs)
    assert_same(got(xs), want(xs))
    for one, other in zip(got_backward(dy), want_backward(dy), strict=True):
        assert_close(one, other, "add_backward", "reference", (np.full(other.shape, abs(dy).sum()), max(1, dy.size)))


@pytest.mark.parametrize("name", [*LINEAR, *EXTREME])
@given(data=st.data())
def test_gradients_are_slopes(name, data):
    xs, dy, seed = data.draw(joined(name, dtypes=float64))
    rng = np.random.default_rng(seed + 1)
    if name in EXTREME:  # far from ties: a number of its own for every place of every input
        everything, ends = apart(rng, (sum(x.size for x in xs),)), np.cumsum([x.size for x in xs])[:-1]
        xs = [part.reshape(x.shape) for part, x in zip(np.split(everything, ends), xs, strict=True)]
    forward, backward = functions_of(kernels, name, xs)
    for index, (x, dx) in enumerate(zip(xs, backward(dy), strict=True)):

        def joined_with(x, index=index):
            return forward([*xs[:index], x, *xs[index + 1 :]])

        assert_gradient(joined_with, x, dx, dy, rng)


@both
@pytest.mark.parametrize("name", EXTREME)
def test_nan_and_infinity_travel(functions, name):
    a, b = np.float32([np.nan, 1, np.inf, -np.inf]), np.float32([1, np.nan, 2, 2])
    found = getattr(functions, f"{name}_forward")([a, b])
    assert_same(
        found, np.float32([np.nan, np.nan, np.inf if name == "maximum" else 2, 2 if name == "maximum" else -np.inf])
    )


def test_what_does_not_fit():
    a = np.ones((2, 3))
    with pytest.raises(ValueError, match="`xs` must be two arrays. Received: 3."):
        kernels.subtract_forward([a, a, a])
    for name in ("subtract", "average", "maximum", "minimum"):
        with pytest.raises(ValueError, match="`xs` must be arrays of one rank"):
            getattr(kernels, f"{name}_forward")([a, a[0]])
    for name in EXTREME:
        with pytest.raises(ValueError) as error:
            getattr(kernels, f"{name}_backward")(a[:1], [a, a])
        assert str(error.value) == "`dy` must have shape (2, 3). Received: dy.shape=(1, 3)."


def test_more_axes_than_a_walk_has():
    """Every second axis is stretched: six, of which no two can be taken together."""
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(2, 1, 3, 1, 2, 1)), rng.normal(size=(1, 3, 1, 2, 1, 4))
    assert_same(kernels.subtract_forward([a, b]), a - b)
    assert_same(kernels.maximum_forward([a, b]), np.maximum(a, b))


def test_more_numbers_than_one_job_holds():
    a = np.random.default_rng(1).normal(size=(3, 20_000))
    assert_same(kernels.subtract_forward([a, a[:1]]), a - a[:1])
    assert_same(kernels.minimum_forward([a, a[::-1].copy()]), np.minimum(a, a[::-1]))


# ---- PReLU ----------------------------------------------------------------------------------------------------------


@st.composite
def rectified(draw, **how):
    """Numbers, a cotangent and slopes, some of whose axes share one."""
    case = draw(cases(min_dims=2, **how))
    shared = draw(st.lists(st.booleans(), min_size=len(case.shape) - 1, max_size=len(case.shape) - 1))
    slopes = tuple(1 if one else size for one, size in zip(shared, case.shape[1:], strict=True))
    return *case.arrays(case.shape, case.shape, slopes), case.seed


@both
def test_prelu_on_paper(functions):
    x, alpha = np.float32([[-4, 0, 4], [-2, 2, -1]]), np.float32([0.5, 3, -2])
    assert_same(functions.prelu_forward(x, alpha), np.float32([[-2, 0, 4], [-1, 2, 2]]))
    dx, dalpha = functions.prelu_backward(np.float32([[1, 2, 3], [4, 5, 6]]), x, alpha)
    assert_same(dx, np.float32([[0.5, 0, 3], [2, 5, -12]]))
    assert_same(dalpha, np.float32([-12, 0, -6]))


@given(rectified())
def test_prelu_equals_reference(drawn):
    x, dy, alpha, _ = drawn
    want = reference.prelu_forward(x, alpha)
    assert_close(kernels.prelu_forward(x, alpha), want, "multiply_forward", "reference", (abs(want), 1))
    (dx, dalpha), (want_dx, want_dalpha) = (room.prelu_backward(dy, x, alpha) for room in (kernels, reference))
    assert_close(dx, want_dx, "multiply_forward", "reference", (abs(want_dx), 1))
    _, size = reference.prelu_backward(abs(dy), -abs(x), alpha)
    assert_close(dalpha, want_dalpha, "multiply_backward", "reference", (abs(size), max(1, x.size)))


@given(rectified(dtypes=float64))
def test_prelu_gradients_are_slopes(drawn):
    x, dy, alpha, seed = drawn
    rng = np.random.default_rng(seed + 1)
    x = np.where(abs(x) < 0.01, 0.02, x)  # no step may cross 0
    dx, dalpha = kernels.prelu_backward(dy, x, alpha)
    assert_gradient(lambda x: kernels.prelu_forward(x, alpha), x, dx, dy, rng)
    assert_gradient(lambda alpha: kernels.prelu_forward(x, alpha), np.ascontiguousarray(alpha), dalpha, dy, rng)


def test_slopes_that_do_not_fit():
    with pytest.raises(ValueError) as error:
        kernels.prelu_forward(np.zeros((2, 3, 4)), np.zeros((2, 4)))
    assert str(error.value) == "`alpha` must have sizes of 1, or those of x (3, 4). Received: alpha.shape=(2, 4)."
