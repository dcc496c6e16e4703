"""The one table of tolerances, and the one comparison of arrays that may differ by rounding.

A sum of `terms` products, each rounded at random, is off by about eps * sqrt(terms) * sum|x||w|. That is the unit here:
every element has its own, since sum|x||w| is the operation applied to absolute values (see `sizes_of_...`). The table
says how many units are allowed.

The table is measured: four times the worst seen, rounded up to a tidy number, and 2 at least (a product and a sum, each
rounded once, which another compiler may do where this one did not). Against the reference 400 examples of every
property test were drawn with registers of 16, of 32 and of 64 bytes, and the worst of the three counts. Against Keras
150 were drawn with 64 bytes and, of half of the rows, with 16 (of dense and depthwise layers with 16 alone); there it
is 4 at least, since Keras's own kernels go by the processor too, and were seen on one. Bounds that stood from 10,000
draws before are not lowered. None: no test compares this.

Three rows leave room. A convolution's output and input gradient were 1.0 off at worst where the sum is direct; 16 is
for Winograd's algorithm, whose tiles round more, for a single element against its own sum|x||w| above all. And
`gelu_forward` was not measured since its unit counts the x squared that stands under the exponential.

To measure a width anew, and see the worst of each row beside what is allowed:

    MINICNN_REGISTER_BYTES=16 MINICNN_TEST_EXAMPLES=400 python -m pytest tests/kernels              (32, 64)
    MINICNN_REGISTER_BYTES=16 MINICNN_TEST_EXAMPLES=150 python -m pytest tests/layers               (32, 64)
"""

import numpy as np

from minicnn import reference

MULTIPLES = {
    # operation: units allowed (kernel against reference, layer against Keras)
    "add_backward": (2.0, 4.0),
    "add_forward": (3.0, 4.0),
    "avgpool2d_backward": (4.0, 4.0),
    "avgpool2d_forward": (2.5, 4.0),
    "batch_normalization_dbeta": (2.0, 4.0),
    "batch_normalization_dgamma": (6.0, 4.0),
    "batch_normalization_dx": (4.0, 5.0),
    "batch_normalization_forward": (4.0, 6.0),
    "batch_normalization_mean": (2.0, 4.0),
    "batch_normalization_variance": (13.0, 4.0),
    "bias_backward": (2.5, 2.5),
    "clipped_relu_backward": (2.0, 4.0),
    "clipped_relu_forward": (2.0, 4.0),
    "conv2d_backward_input": (16.0, 16.0),
    "conv2d_backward_kernel": (4.0, 4.0),
    "conv2d_forward": (16.0, 16.0),
    "dense_backward_input": (4.0, 4.0),
    "dense_backward_kernel": (4.0, 4.0),
    "dense_forward": (4.0, 4.0),
    "depthwise_conv2d_backward_input": (3.0, 4.0),
    "depthwise_conv2d_backward_kernel": (3.0, 4.0),
    "depthwise_conv2d_forward": (3.0, 4.0),
    "dropout_backward": (4.0, None),
    "dropout_forward": (4.0, None),
    "elu_backward": (6.0, 4.0),
    "elu_forward": (5.0, 4.0),
    "gelu_backward": (5.0, 4.0),
    "gelu_forward": (16.0, 16.0),
    "global_avgpool2d_backward": (2.0, 4.0),
    "global_avgpool2d_forward": (6.0, 4.0),
    "global_maxpool2d_backward": (2.0, 4.0),
    "hard_sigmoid_backward": (2.0, 4.0),
    "hard_sigmoid_forward": (4.0, 4.0),
    "hard_silu_backward": (4.0, 4.0),
    "hard_silu_forward": (4.0, 4.0),
    "layer_normalization_dbeta": (2.0, 4.0),
    "layer_normalization_dgamma": (2.0, 4.0),
    "layer_normalization_dx": (2.5, 4.0),
    "layer_normalization_forward": (2.5, 4.0),
    "leaky_relu_backward": (4.0, 4.0),
    "leaky_relu_forward": (4.0, 4.0),
    "maxpool2d_backward": (2.5, 2.5),
    "multiply_backward": (2.0, 4.0),
    "multiply_forward": (3.0, 4.0),
    "normalization_backward": (3.0, 4.0),
    "normalization_forward": (4.0, 4.0),
    "rescaling_backward": (4.0, 4.0),
    "rescaling_forward": (4.0, 4.0),
    "resize2d_backward": (2.0, None),
    "resize2d_forward": (4.0, None),
    "sigmoid_backward": (4.0, 6.0),
    "sigmoid_forward": (4.0, 8.0),
    "silu_backward": (4.0, 4.0),
    "silu_forward": (6.0, 4.0),
    "softmax_backward": (4.0, 6.0),
    "softmax_forward": (4.0, 4.0),
    "softplus_backward": (3.0, 4.0),
    "softplus_forward": (5.0, 4.0),
    "tanh_backward": (5.0, 4.0),
    "tanh_forward": (6.0, 4.0),
}
WITNESSES = ("reference", "Keras")  # the columns of the table

SEEN = {}  # (operation, witness): the worst error of this run


def units(got, want, scale, terms):
    """Measure the worst error of `got` in eps * sqrt(terms) * scale; inf where something is wrong altogether.

    `scale` is sum|x||w|, an array like `want`; `terms` is how many products were added. Where scale is 0 nothing was
    added, and nothing but equality will do.
    """
    finite = np.isfinite(want)
    if not np.array_equal(np.isfinite(got), finite) or not np.array_equal(got[~finite], want[~finite], equal_nan=True):
        return np.inf
    floats = np.finfo(want.dtype)
    unit = floats.eps * np.sqrt(terms) * np.broadcast_to(scale, want.shape)[finite].astype(np.float64)
    # Below the smallest normal number floats lose digits, however short the sum; kernels take none of them for 0, see
    # tests/kernels/machine/test_denormals.py.
    unit += floats.smallest_subnormal
    return float(np.max(abs(got[finite].astype(np.float64) - want[finite]) / unit, initial=0.0))


def assert_close(got, want, operation, witness, size):
    """Check shape, dtype and every element of `got` against what a witness says; `size` is (scale, terms)."""
    assert got.shape == want.shape, f"{operation}: shape {got.shape}, not {want.shape}"
    assert got.dtype == want.dtype, f"{operation}: dtype {got.dtype}, not {want.dtype}"
    assert operation in MULTIPLES, f"{operation} needs a row in MULTIPLES of tests/tolerances.py"
    allowed = MULTIPLES[operation][WITNESSES.index(witness)]
    assert allowed is not None, f"{operation} was never measured against {witness}: see tests/tolerances.py"
    worst = units(got, want, *size)
    SEEN[operation, witness] = max(SEEN.get((operation, witness), 0.0), worst)
    assert worst <= allowed, f"{operation}: {worst:.3g} units off {witness}, allowed are {allowed}\n{got}\n{want}"


def assert_same(got, want):
    """Check shape, dtype and every bit of `got`, where nothing is rounded."""
    assert got.shape == want.shape and got.dtype == want.dtype
    np.testing.assert_array_equal(got, want)


def report():
    """Write what this run saw beside what the table allows."""
    rows = [f"{'operation':<24} {'witness':<10} {'worst':>8} {'4 x':>8} {'allowed':>8}"]
    for (operation, witness), worst in sorted(SEEN.items()):
        allowed = MULTIPLES[operation][WITNESSES.index(witness)]
        rows.append(f"{operation:<24} {witness:<10} {worst:8.3f} {4 * worst:8.3f} {allowed:8.2f}")
    return "\n".join(rows)


# ---- sizes: (scale, terms) of every result of an operation ----------------------------------------------------------


def sizes_of_conv2d(case, x, kernel, bias, dy):
    """Size y, dx, dkernel and dbias of a convolution."""
    x, kernel, bias, dy = _absolute(x, kernel, bias, dy)
    return {
        "conv2d_forward": (reference.conv2d_forward(x, kernel, bias, *case.how), kernel[..., 0].size),
        "conv2d_backward_input": (
            reference.conv2d_backward_input(dy, kernel, x.shape, *case.how),
            kernel[:, :, 0].size // case.groups,
        ),
        "conv2d_backward_kernel": (
            reference.conv2d_backward_kernel(dy, x, case.window, *case.how),
            max(1, dy[..., 0].size),
        ),
        "bias_backward": size_of_bias(dy),
    }


def sizes_of_dense(x, kernel, bias, dy):
    """Size y, dx, dkernel and dbias of a dense layer."""
    x, kernel, bias, dy = _absolute(x, kernel, bias, dy)
    return {
        "dense_forward": (reference.dense_forward(x, kernel, bias), x.shape[1]),
        "dense_backward_input": (reference.dense_backward_input(dy, kernel), dy.shape[1]),
        "dense_backward_kernel": (reference.dense_backward_kernel(dy, x), max(1, len(x))),
        "bias_backward": size_of_bias(dy),
    }


def after_activation(dy, scale, terms):
    """Stand in for a `dy` that first goes back through an activation of logits of this size.

    The activation's slope carries the logits' error, and a softmax mixes all filters: any dy may reach any logit.
    """
    return np.full_like(dy, abs(dy).max() * (1 + np.sqrt(terms) * scale.max()))


def sizes_of_depthwise_conv2d(case, x, kernel, bias, dy):
    """Size y, dx, dkernel and dbias of a depthwise convolution."""
    x, kernel, bias, dy = _absolute(x, kernel, bias, dy)
    return {
        "depthwise_conv2d_forward": (
            reference.depthwise_conv2d_forward(x, kernel, bias, *case.how),
            kernel[..., 0, 0].size + 1,
        ),
        "depthwise_conv2d_backward_input": (
            reference.depthwise_conv2d_backward_input(dy, kernel, x.shape, *case.how),
            kernel[:, :, 0].size,
        ),
        "depthwise_conv2d_backward_kernel": (
            reference.depthwise_conv2d_backward_kernel(dy, x, case.window, *case.how),
            max(1, dy[..., 0].size),
        ),
        "bias_backward": size_of_bias(dy),
    }


def size_of_bias(dy):
    """Size the gradient of a bias."""
    return reference.bias_backward(abs(dy)), max(1, dy[..., 0].size)


def size_of_pooling(case, x, dy):
    """Size dx of a max pooling: one term from every window that a pixel may win."""
    return reference.maxpool2d_backward(abs(dy), x, *case.how), case.window[0] * case.window[1]


def sizes_of_avgpool2d(case, x, dy):
    """Size y and dx of an average pooling."""
    forward = reference.avgpool2d_forward(abs(x), *case.how)
    return (forward, 3), (reference.avgpool2d_backward(abs(dy), x.shape, *case.how), case.window[0] * case.window[1])


def sizes_of_softmax(x, y, dy):
    """Size y and dx of a softmax over the last axis."""
    mean = (abs(dy) * y).sum(axis=-1, keepdims=True)
    spread = np.ptp(x, axis=-1, keepdims=True)  # exp turns the rounding of x - max into a relative error
    return {
        "softmax_forward": (y * (1 + spread), x.shape[-1]),
        "softmax_backward": (y * (1 + spread) * (abs(dy) + mean), x.shape[-1]),
    }


def sizes_of_sigmoid(x, y, dy):
    """Size y and dx of a sigmoid: 1 - y loses digits near 1."""
    return {"sigmoid_forward": (y * (1 + abs(x)), 1), "sigmoid_backward": (abs(dy) * y * (1 + abs(x)), 1)}


def sizes_of_activation(x, y, dy, power=1):
    """Size y and dx of a smooth activation: exp turns the rounding of x into a relative error, and y rounds again.

    `power` is that of x under the exp: 2 for a gelu, in whose tail exp(-x^2 / 2) is a factor.
    """
    return (abs(y) * (1 + abs(x) ** power), 1), (abs(dy) * (1 + abs(x)), 1)


def sizes_of_layer_normalization(x, dy, axes, gamma, beta, epsilon):
    """Size y, dx, dgamma and dbeta of a layer normalization: what is added, absolutely; moments round too."""
    axes, wide, dy = tuple(axes), x.astype("float64"), abs(dy.astype("float64"))
    count = max(1, int(np.prod([x.shape[axis] for axis in axes])))
    inverse = 1 / np.sqrt(wide.var(axis=axes, keepdims=True) + epsilon)
    spread = 1 + (wide**2).mean(axis=axes, keepdims=True) * inverse**2
    xhat = (abs(wide) + abs(wide).mean(axis=axes, keepdims=True)) * inverse * spread
    shared = tuple(axis for axis, size in enumerate(gamma.shape) if size == 1)
    g = dy * abs(gamma)
    mean, along = g.mean(axis=axes, keepdims=True), (g * xhat).mean(axis=axes, keepdims=True)
    return {
        "forward": (xhat * abs(gamma) + abs(beta), count),
        "dx": ((g + mean + xhat * along) * inverse * spread, count),
        "dgamma": ((dy * xhat).sum(axis=shared, keepdims=True), max(1, x.size)),
        "dbeta": (dy.sum(axis=shared, keepdims=True), max(1, x.size)),
    }


def _absolute(*arrays):
    return [None if array is None else abs(array) for array in arrays]
