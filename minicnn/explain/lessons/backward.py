"""The backward halves of three walks: what dy, the gradient of the outputs, hands to inputs, weights and biases."""

from collections.abc import Iterator

import numpy as np

from ... import reference
from ...types import Array, Pads
from .drawing import beside, grid, row, signed

NO_PADS: Pads = (0, 0), (0, 0)
STEP = 1e-5  # of the checks by nudging


def conv_backward(x: Array) -> Iterator[str]:
    """Yield the steps of a 3 x 3 convolution's backward; its weights are 1 to 9, so that each can be told."""
    kernel = np.arange(1.0, 10.0).reshape(3, 3)
    dy = np.array([[1.0, 0.0, -1.0], [2.0, 1.0, 0.0], [0.0, -2.0, 3.0]])
    yield (
        "Backward: dy says of every output how the loss changes with it. Each product\n"
        "pixel * weight hands dy * weight to its pixel, and dy * pixel to its weight.\n"
        "Here the filter's weights are 1 to 9, so that you see which of them is meant.\n\n"
        f"dy, a number a stop           the filter\n{beside(grid(dy), grid(kernel), 30)}"
    )
    yield from _conv_dx(x, kernel, dy)
    yield from _conv_dkernel(x, kernel, dy)
    terms = " + ".join(signed(value) for value in dy.ravel())
    yield f"dbias: the bias was added at every stop, so it gets all of dy.\n  dbias = {terms} = {dy.sum():g}"
    up, down = kernel.copy(), kernel.copy()
    up[2, 2], down[2, 2] = kernel[2, 2] + STEP, kernel[2, 2] - STEP
    slope = ((_convolve(x, up) - _convolve(x, down)) * dy).sum() / (2 * STEP)
    yield (
        "check by nudging: with loss = sum of dy * y, kernel[2, 2] moved by h = 1e-05,\n"
        f"  (loss(9 + h) - loss(9 - h)) / (2 * h) = {slope:.6f}"
    )


def _conv_dx(x: Array, kernel: Array, dy: Array):
    dx = reference.conv2d_backward_input(
        dy[None, :, :, None], kernel[:, :, None, None], (1, *x.shape, 1), (1, 1), NO_PADS
    )[0, :, :, 0]
    yield "dx, the picture's gradient: a pixel gets a share from every stop that saw it."
    for r, c in ((0, 0), (0, 1), (1, 1), (2, 2), (4, 3)):
        met = np.full((3, 3), np.nan)  # by stop, the weight that this pixel was multiplied with there
        for i, j in np.ndindex(3, 3):
            if 0 <= r - i < 3 and 0 <= c - j < 3:
                met[i, j] = kernel[r - i, c - j]
        saw = ~np.isnan(met)
        stops = "stop" if saw.sum() == 1 else "stops"
        products = " + ".join(f"{signed(d)}*{w:g}" for d, w in zip(dy[saw], met[saw], strict=True))
        yield (
            f"pixel [{r}, {c}]: seen by {saw.sum()} {stops}; stop [i, j] met it with weight [{r} - i, {c} - j]\n"
            "dy at these stops             the weights that met it\n"
            f"{beside(grid(dy, saw), grid(met), 30)}\n"
            f"  dx[{r}, {c}] = {products} = {dx[r, c]:g}"
        )
    yield (
        "All pixels so:\n"
        f"{grid(dx)}\n"
        "In one sentence: dx is a convolution of dy, in a frame of two zeros, with the\n"
        f"filter turned by 180 degrees.\n{beside(grid(np.pad(dy, 2)), grid(kernel[::-1, ::-1]), 30)}"
    )


def _conv_dkernel(x: Array, kernel: Array, dy: Array):
    dkernel = reference.conv2d_backward_kernel(
        dy[None, :, :, None], x[None, :, :, None], kernel.shape, (1, 1), NO_PADS
    )[:, :, 0, 0]
    yield "dkernel, the filter's gradient: a weight gets a share from each pixel it met."
    for a, b in np.ndindex(3, 3):
        done = np.full((3, 3), np.nan)
        done.flat[: a * 3 + b + 1] = dkernel.flat[: a * 3 + b + 1]
        met = x[a : a + 3, b : b + 3]
        products = " + ".join(f"{signed(float(d))}*{value:g}" for d, value in zip(dy.ravel(), met.ravel(), strict=True))
        yield (
            f"weight [{a}, {b}] met at stop [i, j] pixel [i + {a}, j + {b}]\n"
            f"{beside(grid(x, (a, b, 3, 3)), grid(done), 30)}\n  {products} = {dkernel[a, b]:g}"
        )
    yield "In one sentence: dkernel is a convolution of the picture with dy as its filter."


def _convolve(x: Array, kernel: Array):
    return reference.conv2d_forward(x[None, :, :, None], kernel[:, :, None, None], None, (1, 1), NO_PADS)[0, :, :, 0]


def dense_backward(x: Array, kernel: Array, bias: Array) -> Iterator[str]:
    """Yield the steps of a dense layer's backward."""
    dy = np.array([0.5, -2.0])
    dx = reference.dense_backward_input(dy[None], kernel)[0]
    dkernel = reference.dense_backward_kernel(dy[None], x[None])
    dbias = reference.bias_backward(dy[None])
    yield (
        "Backward: dy says of every output how the loss changes with it. Each product\n"
        "x * weight hands dy * weight to its x, and dy * x to its weight.\n"
        f"dy = {row(dy)}"
    )
    yield "dx[d] = sum of dy[k] * kernel[d, k]: an input gets a share from every output."
    for d in range(len(x)):
        products = " + ".join(f"{signed(g)}*{signed(w)}" for g, w in zip(dy, kernel[d], strict=True))
        yield f"dx[{d}] = {products} = {dx[d]:g}"
    yield "dkernel[d, k] = x[d] * dy[k]: what went in times what comes back."
    for d in range(len(x)):
        yield "\n".join(f"dkernel[{d}, {k}] = {signed(x[d])}*{signed(dy[k])} = {dkernel[d, k]:g}" for k in range(2))
    yield (
        f"dbias = dy = {row(dbias)}: each bias was added once.\n"
        "Over a batch dkernel and dbias are the sums of what each example gives."
    )
    up, down = kernel.copy(), kernel.copy()
    up[1, 1], down[1, 1] = kernel[1, 1] + STEP, kernel[1, 1] - STEP
    ends = [float(reference.dense_forward(x[None], moved, bias)[0] @ dy) for moved in (up, down)]
    yield (
        "check by nudging: with loss = sum of dy * y, kernel[1, 1] moved by h = 1e-05,\n"
        f"  (loss(0.5 + h) - loss(0.5 - h)) / (2 * h) = {(ends[0] - ends[1]) / (2 * STEP):.6f}"
    )


def softmax_backward(x: Array) -> Iterator[str]:
    """Yield the steps of softmax's backward: p - t with cross-entropy, then its Jacobian, which leads there too."""
    y = reference.softmax_forward(x[None])[0]
    t = np.array([1.0, 0.0, 0.0])
    yield (
        "Backward, with cross-entropy, where class 0 is true: t = [1, 0, 0].\n"
        "The gradient of the logits is what the net says minus what is true: y - t,\n"
        "or p - t, as probabilities are called p."
    )
    for k in range(3):
        yield f"dx[{k}] = {y[k]:.6f} - {t[k]:g} = {y[k] - t[k]:.6f}"
    yield (
        "They sum to 0: softmax gives one class what it takes from the others. The true\n"
        "logit's is below 0, so a step against the gradient raises it."
    )
    yield from _jacobian(y)
    yield from _through_the_jacobian(y)
    ends = [-np.log(reference.softmax_forward((x + [h, 0, 0])[None])[0, 0]) for h in (STEP, -STEP)]
    yield (
        "check by nudging the logit x[0] by h = 1e-05:\n"
        f"  (loss(2 + h) - loss(2 - h)) / (2 * h) = {(ends[0] - ends[1]) / (2 * STEP):.6f}"
    )


def _jacobian(y: Array):
    yield (
        "Softmax alone: every output depends on every logit. Its Jacobian:\n"
        "J[j, k] = d y[j] / d x[k] = y[j] * (1 - y[k]) where j = k, else -y[j] * y[k]"
    )
    for j in range(3):
        lines = [
            f"J[{j}, {k}] = {y[j]:.6f} * (1 - {y[k]:.6f}) = {y[j] * (1 - y[k]):.6f}"
            if j == k
            else f"J[{j}, {k}] = -{y[j]:.6f} * {y[k]:.6f} = {-y[j] * y[k]:.6f}"
            for k in range(3)
        ]
        yield "\n".join(lines)


def _through_the_jacobian(y: Array):
    dy = np.array([-1 / y[0], 0.0, 0.0])
    dx = reference.softmax_backward(dy[None], y[None])[0]
    inner = float(dy @ y)
    yield f"The loss -log y[0] sends back\ndy[0] = -1 / {y[0]:.6f} = {dy[0]:.6f}, and 0 to the other outputs."
    yield "dx[k] = sum of dy[j] * J[j, k]; only j = 0 counts:\n" + "\n".join(
        f"dx[{k}] = {dy[0]:.6f} * {_decimals(y[0] * ((k == 0) - y[k]))} = {dx[k]:.6f}" for k in range(3)
    )
    yield (
        "The same y - t. Without writing J down:   dx[k] = y[k] * (dy[k] - sum of dy * y)\n"
        f"sum of dy * y = {dy[0]:.6f} * {y[0]:.6f} = {inner:.6f}\n"
        + "\n".join(f"dx[{k}] = {y[k]:.6f} * ({dy[k]:.6f} - ({inner:.6f})) = {dx[k]:.6f}" for k in range(3))
    )


def _decimals(value: float):
    """Write a number with six decimals, a negative one in brackets."""
    return f"({value:.6f})" if value < 0 else f"{value:.6f}"
