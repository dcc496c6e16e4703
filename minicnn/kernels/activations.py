"""Activation functions: one number in, one number out. (`relu`, `sigmoid` and `softmax` have files of their own.)

Where y alone tells the slope the backward takes y; SiLU's and GELU's take x. See reference/activations.py.
"""

import math

from .machine import checks, exp, jit, memory, run

BLOCK = 1 << 12  # elements a job. Loops run over slices, from 0: an index that might be negative is not vectorised


def clipped_limit(activation):
    """Give the limit of an activation that is a clipped ReLU, for kernels that apply it themselves; -1 for none.

    Raises
    ------
    ValueError: `activation` must be None, "relu" or "relu6". Received: activation='tanh'.
    """
    limits = {None: -1.0, "relu": math.inf, "relu6": 6.0}
    if activation not in limits:
        raise ValueError(f'`activation` must be None, "relu" or "relu6". Received: activation={activation!r}.')
    return limits[activation]


def _forward(kernel, work, x, *settings):
    """Run a kernel over all numbers of x."""
    x = checks.floats(x, "x")
    y = memory.empty(x.shape, x.dtype)
    settings = [x.dtype.type(value) for value in settings]
    run(kernel, -(-x.size // BLOCK), work * x.size, x.reshape(-1), y.reshape(-1), *settings)
    return y


def _backward(kernel, work, dy, kept, name, *settings):
    """Run a kernel over all numbers of dy and of what was kept."""
    dy = checks.floats(dy, "dy")
    kept = checks.floats(kept, name, dtype=dy.dtype)
    checks.shape(kept, name, dy.shape)
    dx = memory.empty(dy.shape, dy.dtype)
    settings = [dy.dtype.type(value) for value in settings]
    run(kernel, -(-dy.size // BLOCK), work * dy.size, dy.reshape(-1), kept.reshape(-1), dx.reshape(-1), *settings)
    return dx


@jit
def _sigmoids(x, out):
    """Write the sigmoid of every number of a block; exp of -|x| is never above 1, so it cannot overflow."""
    one = x.dtype.type(1)
    for i in range(x.size):
        out[i] = -abs(x[i])
    exp(out)
    for i in range(x.size):
        out[i] = (out[i] if x[i] < 0 else one) / (one + out[i])


@jit
def _below(x):
    """Give the share of a normal distribution below x; erfc keeps the digits where 1 + erf would cancel."""
    return type(x)(0.5) * math.erfc(-x * type(x)(math.sqrt(0.5)))


@jit
def _clipped_relu(start, stop, x, y, limit):
    x, y = x[start * BLOCK : stop * BLOCK], y[start * BLOCK : stop * BLOCK]
    zero = x.dtype.type(0)
    for i in range(x.size):
        v = x[i]
        v = zero if v <= zero else v  # a comparison with NaN is false: NaN stays
        y[i] = limit if v > limit else v


@jit
def _clipped_relu_slope(start, stop, dy, y, dx, limit):
    dy, y, dx = dy[start * BLOCK : stop * BLOCK], y[start * BLOCK : stop * BLOCK], dx[start * BLOCK : stop * BLOCK]
    zero = dy.dtype.type(0)
    for i in range(dy.size):
        dx[i] = dy[i] if zero < y[i] < limit else zero


def clipped_relu_forward(x, limit):
    """Cut off what is negative and what lies above a limit. ReLU6 is this with 6.

    y = min(max(x, 0), limit)

    Parameters
    ----------
    x : any shape, float32 or float64      limit : float, positive

    Returns
    -------
    y : shape and dtype of x
    """
    return _forward(_clipped_relu, 2, x, limit)


def clipped_relu_backward(dy, y, limit):
    """Scale the gradient by the slope.

    dx = dy where 0 < y < limit, else 0

    Parameters
    ----------
    dy : any shape, float32 or float64      y : shape and dtype of dy, what the forward gave

    Returns
    -------
    dx : shape and dtype of dy
    """
    return _backward(_clipped_relu_slope, 2, dy, y, "y", limit)


@jit
def _leaky_relu(start, stop, x, y, slope):
    x, y = x[start * BLOCK : stop * BLOCK], y[start * BLOCK : stop * BLOCK]
    zero = x.dtype.type(0)
    for i in range(x.size):
        y[i] = x[i] if x[i] > zero else slope * x[i]


@jit
def _leaky_relu_slope(start, stop, dy, y, dx, slope):
    dy, y, dx = dy[start * BLOCK : stop * BLOCK], y[start * BLOCK : stop * BLOCK], dx[start * BLOCK : stop * BLOCK]
    zero = dy.dtype.type(0)
    for i in range(dy.size):
        dx[i] = dy[i] if y[i] > zero else slope * dy[i]


def leaky_relu_forward(x, slope):
    """Let a part of what is negative through.

    y = x where x > 0, else slope * x

    Parameters
    ----------
    x : any shape, float32 or float64      slope : float, 0 or more

    Returns
    -------
    y : shape and dtype of x
    """
    return _forward(_leaky_relu, 2, x, slope)


def leaky_relu_backward(dy, y, slope):
    """Scale the gradient by the slope.

    dx = dy where y > 0, else slope * dy

    Parameters
    ----------
    dy : any shape, float32 or float64      y : shape and dtype of dy, what the forward gave

    Returns
    -------
    dx : shape and dtype of dy
    """
    return _backward(_leaky_relu_slope, 2, dy, y, "y", slope)


@jit
def _elu(start, stop, x, y, alpha):
    x, y = x[start * BLOCK : stop * BLOCK], y[start * BLOCK : stop * BLOCK]
    zero = x.dtype.type(0)
    for i in range(x.size):
        y[i] = x[i] if x[i] > zero else alpha * math.expm1(x[i])


@jit
def _elu_slope(start, stop, dy, y, dx, alpha):
    dy, y, dx = dy[start * BLOCK : stop * BLOCK], y[start * BLOCK : stop * BLOCK], dx[start * BLOCK : stop * BLOCK]
    zero = dy.dtype.type(0)
    for i in range(dy.size):
        dx[i] = dy[i] if y[i] > zero else dy[i] * (y[i] + alpha)


def elu_forward(x, alpha):
    """Let what is negative run out softly, towards -alpha.

    y = x where x > 0, else alpha * (exp(x) - 1)

    Parameters
    ----------
    x : any shape, float32 or float64      alpha : float, 0 or more

    Returns
    -------
    y : shape and dtype of x
    """
    return _forward(_elu, 10, x, alpha)


def elu_backward(dy, y, alpha):
    """Scale the gradient by the slope.

    dx = dy where y > 0, else dy * (y + alpha)

    Parameters
    ----------
    dy : any shape, float32 or float64      y : shape and dtype of dy, what the forward gave

    Returns
    -------
    dx : shape and dtype of dy
    """
    return _backward(_elu_slope, 10, dy, y, "y", alpha)


@jit
def _tanh(start, stop, x, y):
    x, y = x[start * BLOCK : stop * BLOCK], y[start * BLOCK : stop * BLOCK]
    for i in range(x.size):
        y[i] = math.tanh(x[i])


@jit
def _tanh_slope(start, stop, dy, y, dx):
    dy, y, dx = dy[start * BLOCK : stop * BLOCK], y[start * BLOCK : stop * BLOCK], dx[start * BLOCK : stop * BLOCK]
    one = dy.dtype.type(1)
    for i in range(dy.size):
        dx[i] = dy[i] * (one - y[i] * y[i])


def tanh_forward(x):
    """Squeeze every number between -1 and 1.

    y = (exp(x) - exp(-x)) / (exp(x) + exp(-x))

    Parameters
    ----------
    x : any shape, float32 or float64

    Returns
    -------
    y : shape and dtype of x
    """
    return _forward(_tanh, 10, x)


def tanh_backward(dy, y):
    """Scale the gradient by the slope.

    dx = dy * (1 - y**2)

    Parameters
    ----------
    dy : any shape, float32 or float64      y : shape and dtype of dy, what the forward gave

    Returns
    -------
    dx : shape and dtype of dy
    """
    return _backward(_tanh_slope, 10, dy, y, "y")


@jit
def _hard_sigmoid(start, stop, x, y):
    x, y = x[start * BLOCK : stop * BLOCK], y[start * BLOCK : stop * BLOCK]
    zero, three, six = x.dtype.type(0), x.dtype.type(3), x.dtype.type(6)
    for i in range(x.size):
        v = x[i] + three
        v = zero if v <= zero else v  # a comparison with NaN is false: NaN stays
        y[i] = (six if v > six else v) / six


@jit
def _hard_sigmoid_slope(start, stop, dy, y, dx):
    dy, y, dx = dy[start * BLOCK : stop * BLOCK], y[start * BLOCK : stop * BLOCK], dx[start * BLOCK : stop * BLOCK]
    zero, one, six = dy.dtype.type(0), dy.dtype.type(1), dy.dtype.type(6)
    for i in range(dy.size):
        dx[i] = dy[i] / six if zero < y[i] < one else zero


def hard_sigmoid_forward(x):
    """Approximate the sigmoid by a straight ramp from -3 to 3.

    y = min(max(x + 3, 0), 6) / 6

    Parameters
    ----------
    x : any shape, float32 or float64

    Returns
    -------
    y : shape and dtype of x
    """
    return _forward(_hard_sigmoid, 3, x)


def hard_sigmoid_backward(dy, y):
    """Scale the gradient by the slope.

    dx = dy / 6 where 0 < y < 1, else 0

    Parameters
    ----------
    dy : any shape, float32 or float64      y : shape and dtype of dy, what the forward gave

    Returns
    -------
    dx : shape and dtype of dy
    """
    return _backward(_hard_sigmoid_slope, 3, dy, y, "y")


@jit
def _softplus(start, stop, x, y):
    x, y = x[start * BLOCK : stop * BLOCK], y[start * BLOCK : stop * BLOCK]
    zero = x.dtype.type(0)
    for i in range(x.size):
        v = x[i]
        y[i] = (zero if v <= zero else v) + math.log1p(math.exp(-abs(v)))


@jit
def _softplus_slope(start, stop, dy, y, dx):
    dy, y, dx = dy[start * BLOCK : stop * BLOCK], y[start * BLOCK : stop * BLOCK], dx[start * BLOCK : stop * BLOCK]
    for i in range(dy.size):
        dx[i] = dy[i] * -math.expm1(-y[i])


def softplus_forward(x):
    """A ReLU without the corner.

    y = log(1 + exp(x)) = max(x, 0) + log(1 + exp(-|x|))

    Parameters
    ----------
    x : any shape, float32 or float64

    Returns
    -------
    y : shape and dtype of x
    """
    return _forward(_softplus, 20, x)


def softplus_backward(dy, y):
    """Scale the gradient by the slope.

    dx = dy * (1 - exp(-y))

    Parameters
    ----------
    dy : any shape, float32 or float64      y : shape and dtype of dy, what the forward gave

    Returns
    -------
    dx : shape and dtype of dy
    """
    return _backward(_softplus_slope, 20, dy, y, "y")


@jit
def _silu(start, stop, x, y):
    x, y = x[start * BLOCK : stop * BLOCK], y[start * BLOCK : stop * BLOCK]
    for first in range(0, x.size, BLOCK):  # a block stays in the first cache between the loops
        a, b = x[first : first + BLOCK], y[first : first + BLOCK]
        _sigmoids(a, b)
        for i in range(a.size):
            b[i] *= a[i]


@jit
def _silu_slope(start, stop, dy, x, dx):
    dy, x, dx = dy[start * BLOCK : stop * BLOCK], x[start * BLOCK : stop * BLOCK], dx[start * BLOCK : stop * BLOCK]
    one = dy.dtype.type(1)
    for first in range(0, dy.size, BLOCK):
        a, b, c = dy[first : first + BLOCK], x[first : first + BLOCK], dx[first : first + BLOCK]
        _sigmoids(b, c)
        for i in range(a.size):
            c[i] = a[i] * c[i] * (one + b[i] * (one - c[i]))


def silu_forward(x):
    """Weigh every number with its own sigmoid; also called swish.

    y = x * sigmoid(x)

    Parameters
    ----------
    x : any shape, float32 or float64

    Returns
    -------
    y : shape and dtype of x
    """
    return _forward(_silu, 10, x)


def silu_backward(dy, x):
    """Scale the gradient by the slope.

    dx = dy * s * (1 + x * (1 - s)),   s = sigmoid(x)

    Parameters
    ----------
    dy : any shape, float32 or float64      x : shape and dtype of dy, as given to the forward

    Returns
    -------
    dx : shape and dtype of dy
    """
    return _backward(_silu_slope, 10, dy, x, "x")


@jit
def _gelu(start, stop, x, y):
    x, y = x[start * BLOCK : stop * BLOCK], y[start * BLOCK : stop * BLOCK]
    for i in range(x.size):
        y[i] = x[i] * _below(x[i])


@jit
def _gelu_slope(start, stop, dy, x, dx):
    dy, x, dx = dy[start * BLOCK : stop * BLOCK], x[start * BLOCK : stop * BLOCK], dx[start * BLOCK : stop * BLOCK]
    half, scale = dy.dtype.type(0.5), dy.dtype.type(1 / math.sqrt(2 * math.pi))
    for i in range(dy.size):
        density = math.exp(-half * x[i] * x[i]) * scale
        dx[i] = dy[i] * (_below(x[i]) + x[i] * density)


def gelu_forward(x):
    """Weigh every number with the share of a normal distribution that lies below it.

    y = x * P(x),   P(x) = (1 + erf(x / sqrt(2))) / 2

    Parameters
    ----------
    x : any shape, float32 or float64

    Returns
    -------
    y : shape and dtype of x
    """
    return _forward(_gelu, 20, x)


def gelu_backward(dy, x):
    """Scale the gradient by the slope.

    dx = dy * (P(x) + x * p(x)),   p(x) = exp(-x**2 / 2) / sqrt(2 pi)

    Parameters
    ----------
    dy : any shape, float32 or float64      x : shape and dtype of dy, as given to the forward

    Returns
    -------
    dx : shape and dtype of dy
    """
    return _backward(_gelu_slope, 20, dy, x, "x")
