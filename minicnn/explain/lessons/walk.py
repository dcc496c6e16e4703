"""The course's small examples, step by step: what a reader can follow with a pencil, `walk("conv")`.

A topic is a function that yields steps, each a few lines of text. Every number in them is computed by
`minicnn.reference` or by the plain arithmetic that is printed; none is typed in.
"""

import os
import sys
from collections.abc import Callable, Iterator
from typing import TextIO

import numpy as np

from ... import reference
from ...types import Array, Pads
from .backward import NO_PADS, conv_backward, dense_backward, softmax_backward
from .drawing import beside, grid, row, signed
from .learning import LEARNING
from .windows import WINDOWS

PICTURE: Array = np.array(
    [[1, 1, 1, 0, 0], [0, 1, 1, 1, 0], [0, 0, 1, 1, 1], [0, 0, 1, 1, 0], [0, 1, 1, 0, 0]], np.float64
)
FILTER: Array = np.array([[1, 0, 1], [0, 1, 0], [1, 0, 1]], np.float64)
MAP: Array = np.array([[1, 0, 2, 3], [4, 6, 6, 8], [3, 1, 1, 0], [1, 2, 2, 4]], np.float64)


def walk(topic: str, out: TextIO | None = None, key: Callable[[], str] | None = None) -> None:
    """Go through a topic, one step a key press; printed whole where nobody is there to press keys.

    Parameters
    ----------
    topic : str
        "conv", "relu", "pool", "flatten", "dense", "sigmoid", "softmax", "backprop", "padding", "stride", "loss",
        "sgd", "adam", "batchnorm" or "dropout".
    out : file, optional
        Where to print, the standard output by default.
    key : callable, optional
        Waits for a key and returns it; "q" ends the walk. By default a key press where both input and output are a
        terminal, and no waiting otherwise.

    Raises
    ------
    ValueError
        `topic` is none of these.

    Examples
    --------
    >>> import io
    >>> printed = io.StringIO()
    >>> walk("relu", printed)
    >>> print(printed.getvalue()[:74])
    ReLU: negative numbers become 0, all others stay.   y = max(x, 0)
    <BLANKLINE>
    before
    """
    out = out or sys.stdout
    if key is None and all(end is not None and end.isatty() for end in (sys.stdin, out)):
        key = press
    whole = steps(topic)
    for number, step in enumerate(whole, 1):
        print(f"{step}\n" if number < len(whole) else step, file=out, flush=True)
        if key is not None and number < len(whole):
            print(f"   [{number} of {len(whole)}]  any key: next, q: end", end="", file=out, flush=True)
            pressed = key()
            print("\r" + " " * 48 + "\r", end="", file=out, flush=True)
            if pressed in ("q", "Q", "\x1b", "\x03", "\x04", ""):
                return


def steps(topic: str) -> list[str]:
    """List the steps of a topic.

    Parameters
    ----------
    topic : str
        As `walk` takes it.

    Returns
    -------
    steps : list of str
        A few lines of text each.

    Raises
    ------
    ValueError
        There is no such topic.

    Examples
    --------
    >>> print(steps("softmax")[-1])
    check by nudging the logit x[0] by h = 1e-05:
      (loss(2 + h) - loss(2 - h)) / (2 * h) = -0.294615
    """
    if topic not in TOPICS:
        raise ValueError(f"`topic` must be one of {', '.join(TOPICS)}. Received: topic={topic!r}.")
    return list(TOPICS[topic]())


def press() -> str:
    """Wait for one key and return it."""
    if os.name == "nt":
        import msvcrt

        return msvcrt.getwch()
    import termios
    import tty

    before = termios.tcgetattr(sys.stdin)
    try:
        tty.setcbreak(sys.stdin)
        return os.read(sys.stdin.fileno(), 1).decode(errors="replace")
    finally:
        termios.tcsetattr(sys.stdin, termios.TCSADRAIN, before)


# ---- the topics -----------------------------------------------------------------------------------------------------


def _conv() -> Iterator[str]:
    y = _convolve(NO_PADS)
    yield (
        "Convolution: a filter slides over a picture. At each stop it multiplies what\n"
        "it sees elementwise with its weights, and adds up.\n"
        "(Networks do not flip the filter: mathematics calls it cross-correlation.)"
    )
    yield f"the picture, 5 x 5            the filter, 3 x 3\n{beside(grid(PICTURE), grid(FILTER), 30)}"
    yield "How many stops? (5 - 3) / 1 + 1 = 3 down and 3 across: the output is 3 x 3."
    for i, j in np.ndindex(3, 3):
        window = PICTURE[i : i + 3, j : j + 3]
        products = " + ".join(f"{x:g}*{w:g}" for x, w in zip(window.ravel(), FILTER.ravel(), strict=True))
        done = np.full((3, 3), np.nan)
        done.flat[: i * 3 + j + 1] = y.flat[: i * 3 + j + 1]
        yield (
            f"stop [{i}, {j}]: rows {i} to {i + 2}, columns {j} to {j + 2}\n"
            f"{beside(grid(PICTURE, (i, j, 3, 3)), grid(done), 30)}\n  {products} = {y[i, j]:g}"
        )
    padded = _convolve(((1, 1), (1, 1)))
    yield (
        'With padding="same" a frame of one zero lies around the picture, and the output\nkeeps its 5 x 5:\n'
        f"{grid(padded)}"
    )
    yield ("A real layer adds its bias to every stop, sums over all channels, and has many\nfilters: a map for each.")
    yield from conv_backward(PICTURE)


def _convolve(pads: Pads):
    return reference.conv2d_forward(PICTURE[None, :, :, None], FILTER[:, :, None, None], None, (1, 1), pads)[0, :, :, 0]


def _relu():
    x = np.array([[-2, 1, 0], [3, -1, 5]], np.float64)
    yield "ReLU: negative numbers become 0, all others stay.   y = max(x, 0)"
    yield f"before        after\n{beside(grid(x), grid(reference.relu_forward(x)), 14)}"
    for value in x.ravel():
        yield f"max({value:g}, 0) = {max(value, 0):g}"
    dy = np.array([[10, 20, 30], [40, 50, 60]], np.float64)
    yield (
        "Backward it is a mask: the gradient passes where the output is above 0, and\nnowhere else.\n"
        f"gradient of the output     of the input\n"
        f"{beside(grid(dy), grid(reference.relu_backward(dy, reference.relu_forward(x))), 27)}"
    )


def _pool():
    x = MAP[None, :, :, None]
    y = reference.maxpool2d_forward(x, (2, 2), (2, 2), NO_PADS)[0, :, :, 0]
    yield ("Max pooling: of every window only the largest number goes on.\nWindow 2 x 2, stride 2: no overlap.")
    yield f"the map, 4 x 4; the output is (4 - 2) / 2 + 1 = 2 in each direction\n{grid(MAP)}"
    for i, j in np.ndindex(2, 2):
        window = MAP[2 * i : 2 * i + 2, 2 * j : 2 * j + 2]
        yield (
            f"window [{i}, {j}]\n{grid(MAP, (2 * i, 2 * j, 2, 2))}\n"
            f"  max({', '.join(f'{value:g}' for value in window.ravel())}) = {y[i, j]:g}"
        )
    yield f"the output\n{grid(y)}"
    dy = np.array([[10, 20], [30, 40]], np.float64)
    dx = reference.maxpool2d_backward(dy[None, :, :, None], x, (2, 2), (2, 2), NO_PADS)[0, :, :, 0]
    yield (
        "Backward each output's gradient goes whole to the winner of its window (on a\ntie, to the first).\n"
        f"gradient of the output     of the input\n{beside(grid(dy), grid(dx), 27)}"
    )
    odd = reference.output_size(5, 2, 2, 0)
    yield (
        f"On 5 pixels the formula has a floor: floor((5 - 2) / 2) + 1 = {odd}.\nThe fifth row and column are dropped."
    )


def _flatten():
    x = np.arange(1, 13, dtype=np.float64).reshape(1, 2, 3, 2)
    y = reference.flatten_forward(x)[0]
    yield ("Flatten: the maps become one row of numbers.\nRow by row, pixel by pixel, channel by channel.")
    yield f"two channels of 2 x 3:\nchannel 0     channel 1\n{beside(grid(x[0, ..., 0]), grid(x[0, ..., 1]), 14)}"
    for i, j in np.ndindex(2, 3):
        entries = [(i * 3 + j) * 2 + c for c in range(2)]
        yield (
            f"pixel [{i}, {j}] goes to entries ({i} * 3 + {j}) * 2 + channel = {entries[0]} and {entries[1]}: "
            f"{y[entries[0]]:g}, {y[entries[1]]:g}"
        )
    yield f"the row: {row(y)}\nNothing is computed, so backward only puts the gradient back."


def _dense() -> Iterator[str]:
    x, bias = np.array([1.0, 2.0, -1.0]), np.array([0.5, -0.5])
    kernel = np.array([[0.5, -1.0], [0.25, 0.5], [2.0, 1.0]])
    y = reference.dense_forward(x[None], kernel, bias)[0]
    yield (
        "Dense: every output is a weighted sum of all inputs, plus its bias.\n"
        "y[k] = sum of x[d] * kernel[d, k] + bias[k]"
    )
    yield f"x = {row(x)}     bias = {row(bias)}\nkernel, a row an input, a column an output:\n{grid(kernel)}"
    for k in range(2):
        products = " + ".join(f"{signed(a)}*{signed(w)}" for a, w in zip(x, kernel[:, k], strict=True))
        yield f"y[{k}] = {products} + {signed(bias[k])} = {y[k]:g}"
    yield f"3 * 2 weights + 2 biases = {kernel.size + bias.size} parameters, {kernel.size} multiply-adds."
    yield from dense_backward(x, kernel, bias)


def _sigmoid():
    x = np.array([-2.0, 0.0, 1.0, 3.0])
    y = reference.sigmoid_forward(x)
    yield "Sigmoid: any number becomes one between 0 and 1.   y = 1 / (1 + exp(-x))"
    for value, result in zip(x, y, strict=True):
        yield f"x = {value:g}:   1 / (1 + exp({0 - value:g})) = 1 / (1 + {np.exp(-value):.6f}) = {result:.6f}"
    yield (
        f"The four outputs add up to {y.sum():.6f}. Sigmoid outputs do not sum to 1:\n"
        "each is its own yes or no. (Softmax outputs do; see `minicnn walk softmax`.)"
    )
    yield (
        f"Backward: dy/dx = y * (1 - y), at most 0.25 (at x = 0); here\n{', '.join(f'{v:.4f}' for v in y * (1 - y))}"
    )


def _softmax() -> Iterator[str]:
    x = np.array([2.0, 1.0, -1.0])
    y, shifted = reference.softmax_forward(x[None])[0], np.exp(x - x.max())
    yield ("Softmax: numbers (logits) become probabilities.\ny[k] = exp(x[k] - max x) / sum of exp(x[j] - max x)")
    yield (
        f"x = {row(x)},   max x = {x.max():g}\n"
        "Subtracting the largest changes no result, but no exponential can overflow."
    )
    for k, value in enumerate(x):
        yield f"exp({value:g} - {x.max():g}) = exp({value - x.max():g}) = {shifted[k]:.6f}"
    yield f"their sum: {' + '.join(f'{value:.6f}' for value in shifted)} = {shifted.sum():.6f}"
    for k in range(3):
        yield f"y[{k}] = {shifted[k]:.6f} / {shifted.sum():.6f} = {y[k]:.6f}"
    yield f"Softmax outputs sum to 1: {' + '.join(f'{value:.6f}' for value in y)} = {y.sum():.6f}"
    yield "If class 0 is true, the cross-entropy is -log y[0] = " + f"{-np.log(y[0]):.6f}"
    yield from softmax_backward(x)


def _backprop():
    x, w, b, v, c = 2.0, 0.5, -0.25, 3.0, 0.5
    z = w * x + b
    a, t = max(z, 0.0), 1.0
    s = v * a + c
    p = float(reference.sigmoid_forward(np.array([s]))[0])
    ds, rate = p - t, 0.1
    dv, da = ds * a, ds * v
    dz = da * (a > 0)
    dw, db, dx = dz * x, dz, dz * w
    yield ("Backpropagation: how much does the loss change if a number changes?\nAsk from the end to the beginning.")
    yield (
        "forward, one weight after the other; the truth is t = 1\n"
        f"  z = w * x + b   = {w:g} * {x:g} + {signed(b)} = {z:g}\n  a = max(z, 0)   = {a:g}\n"
        f"  s = v * a + c   = {v:g} * {a:g} + {c:g} = {s:g}\n  p = sigmoid(s)  = {p:.6f}\n"
        f"  loss = -log p   = {-np.log(p):.6f}"
    )
    yield f"the loss and the sigmoid together:\n  d loss / d s = p - t = {p:.6f} - 1 = {ds:.6f}"
    yield (
        f"s = v * a + c:   d loss / d v = ds * a = {dv:.6f}\n                 d loss / d a = ds * v = {da:.6f}\n"
        f"                 d loss / d c = ds     = {ds:.6f}"
    )
    yield f"a = max(z, 0):   z = {z:g} is above 0, the mask is open: d loss / d z = {dz:.6f}"
    yield (
        f"z = w * x + b:   d loss / d w = dz * x = {dw:.6f}\n                 d loss / d b = dz     = {db:.6f}\n"
        f"                 d loss / d x = dz * w = {dx:.6f}"
    )
    h = 1e-5
    numeric = (_loss(x, w + h, b, v, c) - _loss(x, w - h, b, v, c)) / (2 * h)
    yield f"check by nudging w: (loss(w + {h:g}) - loss(w - {h:g})) / {2 * h:g} = {numeric:.6f}"
    moved = (w - rate * dw, b - rate * db, v - rate * dv, c - rate * ds)
    yield (
        f"one step of gradient descent with learning rate {rate:g}, for b, v and c as for w:\n"
        f"w = {w:g} - {rate:g} * ({dw:.6f}) = {moved[0]:.6f}\n"
        f"the loss falls from {-np.log(p):.6f} to {_loss(x, *moved):.6f}"
    )


def _loss(x: float, w: float, b: float, v: float, c: float):
    """The loss of the example net, for the truth 1."""
    return float(np.log1p(np.exp(-(v * max(w * x + b, 0.0) + c))))


TOPICS: dict[str, Callable[[], Iterator[str]]] = {
    "conv": _conv,
    "relu": _relu,
    "pool": _pool,
    "flatten": _flatten,
    "dense": _dense,
    "sigmoid": _sigmoid,
    "softmax": _softmax,
    "backprop": _backprop,
    **WINDOWS,
    **LEARNING,
}
