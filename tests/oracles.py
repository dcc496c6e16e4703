"""The witnesses that need no other program: difference quotients and the adjoint identity. (Keras: keras_oracle.py.)"""

import numpy as np


def assert_gradient(function, at, gradient, dy, rng, step=1e-4):
    """Check a gradient in float64 along a random direction v, for the number <function(at), dy>.

    <gradient, v> = d/dt <function(at + t v), dy>, and the slope is taken by central differences. They may differ by
    1e-6 of the sum of absolute values: a gradient that is wrong by 1% passes only if almost all of it cancels.
    """
    assert gradient.shape == at.shape and gradient.dtype == at.dtype == np.float64
    v = rng.normal(size=at.shape)
    there, back = function(at + step * v), function(at - step * v)
    slope = np.vdot(there - back, dy) / (2 * step)
    size = np.abs(gradient * v).sum() + np.abs(there * dy).sum()
    assert abs(slope - np.vdot(gradient, v)) <= 1e-6 * size, f"slope {slope}, the gradient says {np.vdot(gradient, v)}"


def assert_adjoint(y, dy, x, dx):
    """Check <A x, dy> = <x, A^T dy> in float64: the backward of a linear operation A is its transpose."""
    assert dx.shape == x.shape and dy.shape == y.shape
    size = np.abs(x * dx).sum() + np.abs(y * dy).sum()
    assert abs(np.vdot(y, dy) - np.vdot(x, dx)) <= 1e-13 * size
