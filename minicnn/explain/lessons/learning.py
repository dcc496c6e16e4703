"""The walks about learning: the loss, the optimizers' steps, and two layers that behave otherwise in training."""

from collections.abc import Callable, Iterator

import numpy as np

from ... import reference
from .drawing import row, signed


def _loss():
    z = np.array([2.0, 1.0, -1.0])
    p = reference.softmax_forward(z[None])[0]
    yield "Cross-entropy: how surprised the net is by the truth.\nloss = -log(p of the true class)"
    yield f"logits {row(z)}; softmax makes of them\np = {', '.join(f'{value:.6f}' for value in p)}"
    for k in range(3):
        yield f"if class {k} is true:   loss = -log({p[k]:.6f}) = {-np.log(p[k]):.6f}"
    yield f"A net that knows nothing of 3 classes says 1/3 to each: -log(1/3) = {np.log(3):.6f}."
    t = np.array([0.0, 1.0, 0.0])
    slopes = ", ".join(f"{value:.6f}" for value in p - t)
    yield f"Its gradient at the logits is p - t. If class 1 is true, t = {row(t)}:\np - t = {slopes}"
    total = np.log(np.exp(z - z.max()).sum()) + z.max()
    yield (
        "From the logits it needs no p: loss = log(sum of exp z) - z[true class]\n"
        f"  log(sum of exp z) - z[1] = {total:.6f} - {z[1]:g} = {total - z[1]:.6f}\n"
        "so a p that would round to 0 makes no infinity: from_logits=True."
    )
    s = 0.5
    q = float(reference.sigmoid_forward(np.array([s]))[0])
    yield (
        "Binary cross-entropy, one sigmoid:   loss = -t log p - (1 - t) log(1 - p)\n"
        f"  logit {s:g}: p = {q:.6f};  t = 1: {-np.log(q):.6f}   t = 0: {-np.log(1 - q):.6f}"
    )


def _sgd():
    w, g, rate, momentum = 1.0, 0.4, 0.1, 0.9
    yield "SGD: each weight goes a little against its gradient.   w = w - rate * g"
    yield f"w = {w:g}, g = {g:g}, rate = {rate:g}:   w = {w:g} - {rate:g} * {g:g} = {_sgd_step(w, g, rate):.6f}"
    yield f"a negative gradient: w grows.   w = {w:g} - {rate:g} * {signed(-g)} = {_sgd_step(w, -g, rate):.6f}"
    yield (
        "On the loss (w - 3)**2 the gradient is 2 * (w - 3). Rates from w = 1:\n"
        + "\n".join(f"  rate {each:g}: {_descent(each)}" for each in (0.1, 0.5, 1.0, 1.1))
        + "\nToo small is slow, too large never arrives."
    )
    moved, m = np.array([w]), np.zeros(1)
    yield f"With momentum a share of the last step goes on.\nm = {momentum:g} * m - rate * g;   w = w + m"
    for step in range(1, 4):
        before, old = moved[0], m[0]
        reference.sgd_step(moved, np.array([g]), m, rate, momentum, False)
        yield (
            f"step {step}: m = {momentum:g} * {signed(round(old, 6))} - {rate:g} * {g:g} = {m[0]:.6f}\n"
            f"        w = {before:.6f} + ({m[0]:.6f}) = {moved[0]:.6f}"
        )


def _sgd_step(w: float, g: float, rate: float):
    moved = np.array([w])
    reference.sgd_step(moved, np.array([g]), None, rate, 0.0, False)
    return moved[0]


def _descent(rate: float):
    w, seen = 1.0, []
    for _ in range(4):
        w = _sgd_step(w, 2 * (w - 3), rate)
        seen.append(f"{w:.4f}")
    return " ".join(seen)


def _adam():
    rate, first, second, epsilon = 0.1, 0.9, 0.999, 1e-7
    gradients = np.array([[0.4, 0.004], [0.2, 0.002], [-0.3, -0.003]])
    yield (
        "Adam: a step size of its own for each weight.\n"
        "m = m + (g - m) * 0.1        the mean of the gradients, the last ones above all\n"
        "v = v + (g*g - v) * 0.001    the mean of their squares\n"
        "w = w - rate * sqrt(1 - 0.999**t) / (1 - 0.9**t) * m / (sqrt(v) + 1e-7)"
    )
    yield "Two weights; the second one's gradients are a hundred times smaller. rate = 0.1"
    w, m, v = np.ones(2), np.zeros(2), np.zeros(2)
    for t, g in enumerate(gradients, 1):
        before = w.copy()
        scaled = rate * np.sqrt(1 - second**t) / (1 - first**t)
        reference.adam_step(w, g, m, v, scaled, first, second, epsilon)
        moved = w - before
        yield (
            f"step {t}, g = {row(g)}\n  m = {m[0]:.6f}, {m[1]:.6f}     v = {v[0]:.3e}, {v[1]:.3e}\n"
            f"  both move nearly alike: {moved[0]:.6f}, {moved[1]:.6f}     w = {w[0]:.6f}, {w[1]:.6f}"
        )
    yield (
        "The first step is nearly as long as the rate, whatever the gradient is, unless\n"
        "sqrt(v) is as small as the 1e-7."
    )


def _batchnorm():
    x = np.array([2.0, 4.0, 6.0, 8.0])
    gamma, beta, epsilon, momentum = np.array([1.5]), np.array([0.5]), 1e-3, 0.99
    mean, variance = reference.batch_normalization_moments(x[:, None])
    y = reference.batch_normalization_forward(x[:, None], mean, variance, gamma, beta, epsilon)[:, 0]
    yield "Batch normalization: each channel gets mean 0 and deviation 1, then its own\nscale gamma and shift beta."
    yield f"one channel, a batch of 4: x = {row(x)}"
    yield f"mean = ({' + '.join(f'{value:g}' for value in x)}) / 4 = {mean[0]:g}"
    squares = " + ".join(f"{signed(value - mean[0])}**2" for value in x)
    yield f"variance = ({squares}) / 4 = {variance[0]:g}"
    for value, result in zip(x, y, strict=True):
        yield (
            f"y = ({value:g} - {mean[0]:g}) / sqrt({variance[0]:g} + 0.001) * {gamma[0]:g} + {beta[0]:g} = {result:.6f}"
        )
    moving = momentum * 0.0 + (1 - momentum) * mean[0], momentum * 1.0 + (1 - momentum) * variance[0]
    yield (
        "In training it uses the batch's own mean and variance, and remembers them:\n"
        f"  moving mean     = 0.99 * 0 + 0.01 * {mean[0]:g} = {moving[0]:.6f}\n"
        f"  moving variance = 0.99 * 1 + 0.01 * {variance[0]:g} = {moving[1]:.6f}\n"
        "When predicting it uses these: one picture then gives the same in any batch."
    )


def _dropout():
    x, rate = np.array([1.0, 2.0, 3.0, 4.0]), 0.5
    yield "Dropout: in training each number is dropped with probability `rate`; the others\nare divided by 1 - rate."
    results = []
    for k, mask in enumerate(([True, False, True, True], [False, True, False, True], [True, True, False, False])):
        y = reference.dropout_forward(x, np.array(mask), rate)
        results.append(y)
        kept = "; ".join(f"{value:g} / {1 - rate:g} = {value / (1 - rate):g}" for value in x[mask])
        yield f"draw {k + 1}, kept: {kept}\n  y = {row(y)}, its sum {y.sum():g}"
    yield f"Why divide? On average the sum stays what it was, {x.sum():g}."
    dy, mask = np.ones(4), np.array([True, False, True, True])
    yield (
        "Backward the same numbers are dropped and divided:\n"
        f"  gradient {row(dy)} becomes {row(reference.dropout_backward(dy, mask, rate))} for draw 1."
    )
    yield f"When predicting nothing is dropped: y = x = {row(x)}."


LEARNING: dict[str, Callable[[], Iterator[str]]] = {
    "loss": _loss,
    "sgd": _sgd,
    "adam": _adam,
    "batchnorm": _batchnorm,
    "dropout": _dropout,
}
