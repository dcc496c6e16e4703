"""Batch normalization with constants as one product and one sum, which the kernel before it can do at its end."""

import numpy as np

from ...types import Array
from ..machine import checks, jit, run


@jit
def _fold(start, stop, mean, variance, gamma, beta, bias, epsilon, scale, shift):
    """Job: one channel, in float64."""
    for c in range(start, stop):
        factor = gamma[c] / np.sqrt(np.float64(variance[c]) + epsilon)
        scale[c] = factor
        shift[c] = beta[c] + factor * (np.float64(bias[c]) - np.float64(mean[c]))


def batch_normalization_fold(
    mean: Array, variance: Array, gamma: Array | None, beta: Array | None, epsilon: float, bias: Array | None = None
) -> tuple[Array, Array]:
    """Return a normalization as one product and one sum: y = x * scale + shift, where x still lacks its bias.

    scale = gamma / sqrt(variance + epsilon)            shift = beta + scale * (bias - mean)

    Parameters
    ----------
    mean : (C,) float32 or float64
        the remembered one
    variance : (C,), dtype of mean
        the remembered one
    gamma : (C,), dtype of mean, or None for 1
        the learnt scale
    beta : (C,), dtype of mean, or None for 0
        the learnt mean
    epsilon : float, positive
        keeps a channel that never changes from dividing by 0
    bias : (C,), dtype of mean, or None for 0
        what x still lacks: a convolution's bias

    Returns
    -------
    scale : (C,), dtype of mean
    shift : (C,), dtype of mean

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn import kernels
    >>> scale, shift = kernels.batch_normalization_fold(np.array([2.0]), np.array([4.0]), None, None, 0.0)
    >>> scale.tolist(), shift.tolist()
    ([0.5], [-1.0])
    """
    mean = checks.floats(mean, "mean", 1)
    arrays = {"variance": variance, "gamma": gamma, "beta": beta, "bias": bias}
    for name, array in arrays.items():
        if array is None:
            arrays[name] = (np.ones if name == "gamma" else np.zeros)(len(mean), mean.dtype)
        else:
            arrays[name] = checks.floats(array, name, 1, mean.dtype)
            checks.shape(array, name, mean.shape)
    scale, shift = np.empty_like(mean), np.empty_like(mean)
    run(_fold, len(mean), 0, mean, *arrays.values(), np.float64(epsilon), scale, shift)
    return scale, shift
