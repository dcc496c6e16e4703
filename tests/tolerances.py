"""The one table of tolerances, and the one comparison of arrays that may differ by rounding.

A sum of `terms` products, each rounded at random, is off by about eps * sqrt(terms) * sum|x||w|. That is the unit here:
every element has its own, since sum|x||w| is the operation applied to absolute values. The table says how many units
are allowed: four times the worst seen over 10,000 draws. To measure anew:

    MINICNN_TEST_EXAMPLES=10000 python -m pytest tests/kernels tests/layers
"""

import numpy as np

MULTIPLES = {
    # (what is computed, what it is compared with): units
    ("bias_backward", "reference"): 16.0,
    ("conv2d_backward_input", "reference"): 16.0,
    ("conv2d_backward_kernel", "reference"): 16.0,
    ("conv2d_forward", "reference"): 16.0,
    ("dense_backward_input", "reference"): 16.0,
    ("dense_backward_kernel", "reference"): 16.0,
    ("dense_forward", "reference"): 16.0,
    ("dropout_backward", "reference"): 16.0,
    ("dropout_forward", "reference"): 16.0,
    ("maxpool2d_backward", "reference"): 16.0,
    ("rescaling_backward", "reference"): 16.0,
    ("rescaling_forward", "reference"): 16.0,
    ("sigmoid_backward", "reference"): 16.0,
    ("sigmoid_forward", "reference"): 16.0,
    ("softmax_backward", "reference"): 16.0,
    ("softmax_forward", "reference"): 16.0,
}

SEEN = {}  # the same keys: the worst error of this run


def units(got, want, scale, terms):
    """Measure the worst error of `got`, in eps * sqrt(terms) * scale; inf where something is wrong altogether.

    `scale` is sum|x||w|, an array like `want`; `terms` is how many products were added. Where scale is 0 nothing was
    added, and nothing but equality will do.
    """
    if not np.array_equal(np.isfinite(got), np.isfinite(want)):
        return np.inf
    finite = np.isfinite(want)
    if not np.array_equal(got[~finite], want[~finite], equal_nan=True):
        return np.inf
    error = np.abs(got[finite].astype(np.float64) - want[finite])
    unit = np.finfo(got.dtype).eps * np.sqrt(terms) * np.broadcast_to(scale, want.shape)[finite].astype(np.float64)
    # Below the smallest normal number floats lose digits, however short the sum.
    unit += np.finfo(got.dtype).tiny
    return float(np.max(error / unit, initial=0.0))


def assert_close(got, want, key, scale, terms=1):
    """Check shape, dtype and every element of `got`, within the table's tolerance for `key`."""
    assert got.shape == want.shape, f"{key}: shape {got.shape}, not {want.shape}"
    assert got.dtype == want.dtype, f"{key}: dtype {got.dtype}, not {want.dtype}"
    worst = units(got, want, scale, terms)
    SEEN[key] = max(SEEN.get(key, 0.0), worst)
    assert worst <= MULTIPLES[key], f"{key}: off by {worst:.3g} units, allowed are {MULTIPLES[key]}\n{got}\n{want}"


def assert_same(got, want):
    """Check shape, dtype and every bit of `got`, where nothing is rounded."""
    assert got.shape == want.shape and got.dtype == want.dtype
    np.testing.assert_array_equal(got, want)


def report():
    """Write the table of this run: the worst error seen beside the allowed one."""
    rows = [f"{'operation':<24} {'compared with':<12} {'worst':>8} {'allowed':>8}"]
    rows += [f"{key[0]:<24} {key[1]:<12} {SEEN[key]:8.3f} {MULTIPLES[key]:8g}" for key in sorted(SEEN)]
    return "\n".join(rows)
