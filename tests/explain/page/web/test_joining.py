"""joining.js: layers of several inputs. (Forward and backward against the engine: test_layers.py.)"""

import itertools
import math

import numpy as np
import pytest

VALUES = list(itertools.product((1.0, 2.0, math.nan), repeat=3))  # of three inputs, in every order
BACK = """([kind, xs, dy]) => {
  const node = { kind, inputs: [0, 1, 2], from: xs.map((x) => [x.length]), shape: [dy.length] };
  const given = xs.map((x) => Float32Array.from(x));
  const y = lab.joining.extreme.forward(node, given);
  return [Array.from(y), ...lab.joining.extreme.backward(node, given, y, Float32Array.from(dy)).dxs.map((x) => [...x])];
}"""


@pytest.mark.parametrize("kind, most, winner", [("Maximum", np.maximum, np.argmax), ("Minimum", np.minimum, np.argmin)])
def test_the_first_nan_wins_as_the_largest_and_the_smallest(lab, kind, most, winner):
    """NaN travels on, and takes the gradient."""
    xs, dy = np.array(VALUES).T, np.arange(1.0, len(VALUES) + 1)
    y, *dxs = lab.ask(BACK, [kind, xs.tolist(), dy.tolist()])
    np.testing.assert_array_equal(y, most.reduce(xs))
    np.testing.assert_array_equal(dxs, np.where(np.arange(3)[:, None] == winner(xs, axis=0), dy, 0))
