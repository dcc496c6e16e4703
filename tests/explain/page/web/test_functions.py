"""functions.js: each activation and its slope against formulas written out here, in JavaScript and in the terminal."""

import math

import numpy as np
import pytest

from minicnn.explain.terms.activations import FORMULAS, activate, back
from minicnn.layers import ACTIVATIONS
from tests.explain.page.web.points import POINTS


def _logistic(x):
    return 1 / (1 + math.exp(-x)) if x > -700 else math.exp(x)


def _below(x):
    return math.erfc(-x / math.sqrt(2)) / 2


def _density(x):
    return math.exp(-x * x / 2) / math.sqrt(2 * math.pi)


EXACT = {  # f, f', as in the papers; at a kink the derivative that Keras takes
    "relu": (lambda x: max(x, 0), lambda x: float(x > 0)),
    "relu6": (lambda x: min(max(x, 0), 6), lambda x: float(0 < x < 6)),
    "leaky_relu": (lambda x: x if x > 0 else x / 5, lambda x: 1 if x > 0 else 0.2),
    "elu": (lambda x: x if x > 0 else math.expm1(x), lambda x: 1 if x > 0 else math.exp(x)),
    "sigmoid": (_logistic, lambda x: _logistic(x) * _logistic(-x)),
    "hard_sigmoid": (lambda x: min(max(x / 6 + 0.5, 0), 1), lambda x: 1 / 6 if -3 < x < 3 else 0),
    "tanh": (math.tanh, lambda x: 1 / math.cosh(x) ** 2 if abs(x) < 700 else 0),
    "softplus": (lambda x: x + math.log1p(math.exp(-x)) if x > 0 else math.log1p(math.exp(x)), _logistic),
    "hard_silu": (
        lambda x: x * min(max(x / 6 + 0.5, 0), 1),
        lambda x: 0 if x <= -3 else 1 if x >= 3 else x / 3 + 0.5,
    ),
    "silu": (lambda x: x * _logistic(x), lambda x: _logistic(x) * (1 + x * _logistic(-x))),
    "gelu": (lambda x: x * _below(x), lambda x: _below(x) + x * _density(x)),
}


@pytest.mark.parametrize("name", EXACT)
def test_every_activation_and_its_slope(lab, name):
    """In JavaScript and in the terminal alike; tails are held relatively, so that none is merely 'nearly 0'."""
    want = [[f(x) for x in POINTS] for f in EXACT[name]]
    got = lab.ask(
        f"(points) => [points.map(lab.functions.FUNCTIONS.{name}.f), points.map(lab.functions.FUNCTIONS.{name}.slope)]",
        POINTS,
    )
    loose = 1e-9 if name != "tanh" else 1e-6  # 1 - tanh^2 has no digits left far out
    for own, exact in zip(got, want, strict=True):
        np.testing.assert_allclose(own, exact, rtol=loose, atol=1e-300 if name != "tanh" else 1e-15)
    points = np.array(POINTS)
    np.testing.assert_allclose(activate(name, points), want[0], rtol=1e-6, atol=1e-14)
    np.testing.assert_allclose(back(name, np.ones(len(points)), points), want[1], rtol=1e-6, atol=1e-14)


def test_no_activation_is_forgotten_and_all_have_the_terminals_formula(lab):
    texts = lab.ask(
        "() => Object.fromEntries(Object.entries(lab.functions.FUNCTIONS).map(([name, { text }]) => [name, text]))"
    )
    assert set(texts) == {*EXACT, "linear"} and {*EXACT, "softmax"} == set(FORMULAS) == set(ACTIVATIONS)
    for name in EXACT:
        assert texts[name] == FORMULAS[name].replace("z", "x"), name


def test_nan_goes_through_every_activation(lab):
    for name in EXACT:
        assert lab.ask(f"() => Number.isNaN(lab.functions.FUNCTIONS.{name}.f(NaN))"), name


def test_softmax_of_large_and_of_equal_numbers(lab):
    for row in ([1e4, -1e4, 9999.0], [3.0, 3.0, 3.0, 3.0], [-1e4, -10001.0], [0.0]):
        exact = np.exp(np.array(row) - max(row)) / np.exp(np.array(row) - max(row)).sum()
        got = lab.ask("(row) => Array.from(lab.functions.softmax(row).y)", row)
        np.testing.assert_allclose(got, exact, rtol=1e-6, atol=1e-38)
