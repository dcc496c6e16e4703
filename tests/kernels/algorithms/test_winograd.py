"""Winograd's matrices are those of the recipe in winograd.py, and the recipe gives the direct sums."""

from fractions import Fraction

import numpy as np
import pytest

from minicnn.kernels.algorithms import winograd, winograd_gradient

INFINITY = None


def product(roots):
    """Return the coefficients, from the lowest on, of the product of (z - q) over the roots q."""
    coefficients = [Fraction(1)]
    for q in roots:
        shifted, scaled = [Fraction(0), *coefficients], [*coefficients, Fraction(0)]
        coefficients = [a - q * b for a, b in zip(shifted, scaled, strict=True)]
    return coefficients


def recipe(outputs, taps, points):
    """A.T, G and B.T as winograd.py's docstring tells them, in fractions: at the finite points, then at infinity."""
    points, size = [Fraction(p) for p in points], outputs + taps - 1
    assert len(points) == size - 1
    g, b_t = [], []
    for p in points:
        others = [q for q in points if q != p]
        divisor = np.prod([p - q for q in others])
        g.append([p**k / divisor for k in range(taps)])
        b_t.append([*product(others), Fraction(0)])
    g.append([Fraction(k == taps - 1) for k in range(taps)])
    b_t.append(product(points))
    a_t = [[*(p**i for p in points), Fraction(i == outputs - 1)] for i in range(outputs)]
    return np.array(a_t), np.array(g), np.array(b_t)


@pytest.mark.parametrize("outputs, taps, points", [(2, 3, (0, 1, -1)), (4, 3, (0, 1, -1, 2, -2)), (3, 2, (0, 1, -1))])
def test_the_recipe_gives_the_direct_sums(outputs, taps, points):
    """Without any rounding, since all numbers are fractions."""
    a_t, g, b_t = recipe(outputs, taps, points)
    rng = np.random.default_rng(outputs)
    pixels, weights = (
        np.array([Fraction(int(n), 7) for n in rng.integers(-50, 50, size)]) for size in (len(b_t), taps)
    )
    y = a_t @ ((g @ weights) * (b_t @ pixels))
    assert list(y) == [sum(pixels[i + a] * weights[a] for a in range(taps)) for i in range(outputs)]


def test_the_printed_matrices_are_the_recipes():
    a_t, g, b_t = recipe(4, 3, (0, 1, -1, 2, -2))
    np.testing.assert_array_equal(winograd.A_T, a_t.astype(float))
    np.testing.assert_array_equal(winograd.G, g.astype(float))
    np.testing.assert_array_equal(winograd.B_T, b_t.astype(float))
    assert list(b_t[0]) == [4, 0, -5, 0, 1, 0]  # 4 - 5 z**2 + z**4, as the docstring says
    np.testing.assert_array_equal(winograd_gradient.A, a_t.T.astype(float))
    np.testing.assert_array_equal(winograd_gradient.G_T, g.T.astype(float))


def test_two_outputs_by_four_multiplications():
    """The function to be read, against the direct sum and against the recipe, for whole numbers exactly."""
    a_t, g, b_t = recipe(2, 3, (0, 1, -1))
    rng = np.random.default_rng(0)
    for _ in range(20):
        d, taps = rng.integers(-9, 10, 4).tolist(), rng.integers(-9, 10, 3).tolist()
        y = winograd.two_outputs(d, taps)
        assert y == [sum(d[i + a] * taps[a] for a in range(3)) for i in range(2)]
        assert y == list(a_t @ ((g @ np.array(taps)) * (b_t @ np.array(d))))


def test_in_two_dimensions():
    """Columns, then rows: 36 products of 6x6 pixels and 3x3 taps give 4x4 outputs."""
    rng = np.random.default_rng(1)
    d, g = rng.integers(-9, 10, (6, 6)), rng.integers(-9, 10, (3, 3))
    a_t, big_g, b_t = recipe(4, 3, (0, 1, -1, 2, -2))
    y = a_t @ ((big_g @ g @ big_g.T) * (b_t @ d @ b_t.T)) @ a_t.T
    assert y.tolist() == [[np.sum(d[i : i + 3, j : j + 3] * g) for j in range(4)] for i in range(4)]


def test_the_gradient_is_the_transpose():
    """dg = G.T [(B.T d B) * (A dy A.T)] G is what <dy, y> hands to g, since y is linear in g."""
    rng = np.random.default_rng(2)
    d, dy = rng.integers(-9, 10, (6, 6)), rng.integers(-9, 10, (4, 4))
    a_t, g, b_t = recipe(4, 3, (0, 1, -1, 2, -2))
    dg = g.T @ ((b_t @ d @ b_t.T) * (a_t.T @ dy @ a_t)) @ g
    assert dg.tolist() == [[np.sum(d[a : a + 4, b : b + 4] * dy) for b in range(3)] for a in range(3)]
