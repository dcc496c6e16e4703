"""One slip for every mistake that an exercise can name and `students` did not make: (exercise, words, function).

As there, nothing calls the project: a right solution of `students` is bent, or NumPy does the wrong thing at once.
"""

import numpy as np

from tests.explain.exercises import students as right

NO_PADS = ((0, 0), (0, 0))


def quiet(function):
    """Let a wrong formula divide by 0 or overflow without a warning."""

    def slip(*case):
        with np.errstate(all="ignore"):
            return function(*case)

    return slip


def kernel_columns(x, kernel, bias, strides, pads):
    """Let kernel[a, b] meet row i*sh + b, column j*sw + a, as far as there is one; a square kernel is turned."""
    return right.conv(x, np.swapaxes(kernel, 0, 1), bias, strides, pads)


def first_filter(dy, kernel, *how):
    return right.conv_dx(dy[..., :1], kernel[..., :1], *how)


def wrong_corner(dy, kernel, input_shape, strides, pads):
    (top, bottom), (left, right_) = pads
    return right.conv_dx(dy, kernel, input_shape, strides, ((bottom, top), (right_, left)))


def dx_at_strides(dy, kernel, input_shape, strides, pads, taken):
    """Put every output where other strides would have it; what falls off the picture is lost."""
    (top, bottom), (left, right_) = pads
    n, h, w, c = input_shape
    kh, kw = kernel.shape[:2]
    room = np.zeros((n, h + w + 99, h + w + 99, c))
    for i in range(dy.shape[1]):
        for j in range(dy.shape[2]):
            part = np.einsum("nf,abcf->nabc", dy[:, i, j], kernel)
            room[:, i * taken[0] : i * taken[0] + kh, j * taken[1] : j * taken[1] + kw] += part
    room[:, h + top + bottom :] = 0
    room[:, :, w + left + right_ :] = 0
    return room[:, top : top + h, left : left + w].astype(dy.dtype)


def dkernel_at_strides(dy, x, kernel_size, strides, pads, taken):
    """Read the windows where other strides would have them, with zeros beyond the picture."""
    padded = np.pad(x, ((0, 0), *pads, (0, 0)))
    padded = np.pad(padded, ((0, 0), (0, 99), (0, 99), (0, 0)))
    (kh, kw), (_, oh, ow, f) = kernel_size, dy.shape
    dkernel = np.zeros((kh, kw, x.shape[3], f))
    for a in range(kh):
        for b in range(kw):
            window = padded[:, a : a + (oh - 1) * taken[0] + 1 : taken[0], b : b + (ow - 1) * taken[1] + 1 : taken[1]]
            dkernel[a, b] = np.einsum("nijc,nijf->cf", window, dy)
    return dkernel.astype(x.dtype)


def by_columns(dy, x, pool_size, strides, pads):
    """Search the window of the turned picture: column by column."""
    turned = (np.swapaxes(dy, 1, 2), np.swapaxes(x, 1, 2), pool_size[::-1], strides[::-1], pads[::-1])
    return np.swapaxes(right.pool_dx(*turned), 1, 2)


def shares(dy, x, pool_size, strides, pads, even):
    """Give every maximum, or every number of a window, its share."""
    (ph, pw), (sh, sw), (top, left) = pool_size, strides, (pads[0][0], pads[1][0])
    dx = np.zeros_like(x)
    for m, i, j, ch in np.ndindex(dy.shape):
        cells = [(i * sh + a - top, j * sw + b - left) for a in range(ph) for b in range(pw)]
        cells = [(r, s) for r, s in cells if 0 <= r < x.shape[1] and 0 <= s < x.shape[2]]
        most = max(x[m, r, s, ch] for r, s in cells)
        chosen = cells if even else [(r, s) for r, s in cells if x[m, r, s, ch] == most]
        for r, s in chosen:
            dx[m, r, s, ch] += dy[m, i, j, ch] / (ph * pw if even else len(chosen))
    return dx


def overwritten(dy, x, pool_size, strides, pads):
    """Set the winner's number in place of adding to it."""
    dx = np.zeros_like(x)
    for m, i, j, ch in np.ndindex(dy.shape):
        one = np.zeros_like(dy)
        one[m, i, j, ch] = 1
        won = right.pool_dx(one, x, pool_size, strides, pads) != 0
        dx[won] = dy[m, i, j, ch]
    return dx


def rows_of(x):
    return x.reshape(-1, x.shape[-1])


def normalized(x, gamma, beta, epsilon, axes=None, root=np.sqrt):
    axes = tuple(range(x.ndim - 1)) if axes is None else axes
    centred = x - x.mean(axis=axes, keepdims=True)
    return (gamma * centred / root(x.var(axis=axes, keepdims=True) + epsilon) + beta).astype(x.dtype)


def back(dy, x, gamma, epsilon, mean=1, variance=1, factor=True, divide=True, sums=True, from_x=False):
    axes = tuple(range(x.ndim - 1))
    count = x.size // x.shape[-1]
    s = np.sqrt(x.var(axis=axes) + epsilon)
    xhat = (x - x.mean(axis=axes)) / s
    dgamma, dbeta = (dy * xhat).sum(axis=axes), dy.sum(axis=axes)
    parts = (mean * dbeta + variance * xhat * dgamma) / (count if divide else 1)
    dx = (gamma if factor else 1) / s * (dy - parts)
    if from_x:
        dgamma = (dy * x).sum(axis=axes)
    given = dx, dgamma / (1 if sums else count), dbeta / (1 if sums else count)
    return tuple(part.astype(dy.dtype) for part in given)


def adam(w, g, m, v, t, rate, beta_1, beta_2, epsilon, square=np.square, under=lambda v, e: np.sqrt(v) + e, sign=1):
    m[...] = beta_1 * m + (1 - beta_1) * g
    v[...] = beta_2 * v + (1 - beta_2) * square(g)
    w -= sign * rate * np.sqrt(1 - beta_2**t) / (1 - beta_1**t) * m / under(v, epsilon)


def adam_stored(w, g, m, v, t, rate, beta_1, beta_2, epsilon):
    right.adam(w, g, m, v, t, rate, beta_1, beta_2, epsilon)
    m /= 1 - beta_1**t
    v /= 1 - beta_2**t


def sgd_without(w, g, m, rate, momentum):
    """Take a step without momentum, and keep it."""
    m[:] = -rate * g
    w += m


def sgd_weighed(w, g, m, rate, momentum):
    m[:] = momentum * m - (1 - momentum) * rate * g
    w += m


def sgd_late(w, g, m, rate, momentum):
    w += m
    m[:] = momentum * m - rate * g


def sgd_nesterov(w, g, m, rate, momentum):
    m[:] = momentum * m - rate * g
    w += momentum * m - rate * g


def loop(x, labels, kernel, bias, rate, size, epochs, sign=1, share=1, same=False, after=False):
    losses = []
    for _ in range(epochs):
        for first in range(0, len(x), size):
            start = 0 if same else first
            rows, truth = x[start : start + size], labels[start : start + size]
            loss, dz = right.crossentropy(rows @ kernel + bias, truth)
            kernel -= sign * rate * rows.T @ dz
            bias -= share * sign * rate * dz.sum(axis=0)
            if after:
                loss, _ = right.crossentropy(rows @ kernel + bias, truth)
            losses.append(float(loss))
    return losses


def loss_of(change):
    """Change the loss of each row into what is returned."""

    def slip(logits, labels):
        m = logits.max(axis=1)
        each = m + np.log(np.exp(logits - m[:, None]).sum(axis=1)) - logits[range(len(labels)), labels]
        return change(each), right.crossentropy(logits, labels)[1]

    return slip


def summed_twice(logits, labels):
    loss, dz = right.crossentropy(logits, labels)
    return loss * len(labels), dz * len(labels)


def log_of_softmax(logits, labels):
    p = right.softmax(logits)
    return -np.log(p[range(len(labels)), labels]).mean(), right.crossentropy(logits, labels)[1]


def im2col_windows(x, kernel_size, strides):
    sh, sw = strides
    windows = np.lib.stride_tricks.sliding_window_view(x, kernel_size, (1, 2))[:, ::sh, ::sw]
    return windows.transpose(0, 1, 2, 4, 5, 3)  # n, i, j, a, b, c


SLIPS = [
    ("relu", "the sign is dropped", lambda x: abs(x)),
    ("relu", "what is negative goes through", lambda x: x * (x < 0)),
    ("relu", "nothing is done", lambda x: x.copy()),
    ("relu_backward", "the slope is missing its dy", lambda dy, y: np.sign(y)),
    ("relu_backward", "the gradient is multiplied by y", lambda dy, y: y * dy),
    ("relu_backward", "the mask is upside down", lambda dy, y: dy * (y <= 0)),
    ("softmax", "the maximum of all rows", quiet(lambda x: np.exp(x - x.max()) / np.exp(x - x.max()).sum(1)[:, None])),
    ("softmax", "the exponentials are not divided", lambda x: np.exp(x - x.max(axis=1)[:, None])),
    (
        "softmax",
        "each number becomes a sigmoid",
        quiet(lambda x: np.where(x < 0, np.exp(x) / (1 + np.exp(x)), 1 / (1 + np.exp(-x)))),
    ),
    ("crossentropy", "the loss is the log of a softmax", quiet(log_of_softmax)),
    ("crossentropy", "the loss is the sum over the batch", loss_of(np.sum)),
    ("crossentropy", "neither loss nor gradient", summed_twice),
    ("crossentropy", "the loss has the wrong sign", loss_of(lambda each: -each.mean())),
    ("crossentropy", "the logarithm has base 2", loss_of(lambda each: each.mean() / np.log(2))),
    ("crossentropy", "the loss is that of each row", loss_of(lambda each: each)),
    ("conv2d", "the pads of rows and columns", lambda x, k, b, s, pads: right.conv(x, k, b, s, pads[::-1])),
    ("conv2d", "there is no padding", lambda x, k, b, s, pads: right.conv(x, k, b, s, NO_PADS)),
    ("conv2d", "rows and columns of the kernel", kernel_columns),
    ("conv2d_input", "the padding is cut off on the wrong side", wrong_corner),
    ("conv2d_input", "only the first filter", first_filter),
    ("conv2d_input", "the stride is left out", lambda *case: dx_at_strides(*case, (1, 1))),
    ("conv2d_input", "the strides are exchanged", lambda *case: dx_at_strides(*case, case[3][::-1])),
    ("conv2d_input", "`pads` is left out", lambda dy, k, shape, s, pads: dx_at_strides(dy, k, shape, s, NO_PADS, s)),
    ("conv2d_kernel", "only the first picture", lambda *case: right.conv_dkernel(*case, lambda n: [0])),
    (
        "conv2d_kernel",
        "the padding is on the wrong side",
        lambda dy, x, k, s, pads: right.conv_dkernel(dy, x, k, s, tuple(pad[::-1] for pad in pads)),
    ),
    ("conv2d_kernel", "the stride is left out", lambda *case: dkernel_at_strides(*case, (1, 1))),
    ("conv2d_kernel", "the strides are exchanged", lambda *case: dkernel_at_strides(*case, case[3][::-1])),
    ("conv2d_kernel", "there is no padding", lambda dy, x, k, s, pads: dkernel_at_strides(dy, x, k, s, NO_PADS, s)),
    ("bias", "summed over the batch alone", lambda dy: dy.sum(axis=0)),
    ("bias", "divided by the batch", lambda dy: right.dbias(dy) / dy.dtype.type(len(dy))),
    ("bias", "the filters are summed together", lambda dy: dy.sum()),
    ("bias", "only the last picture", lambda dy: right.dbias(dy[-1:])),
    ("dense", "the bias is taken off", lambda x, k, b: right.dense(x, k, None if b is None else -b)),
    ("dense", "the result is turned", lambda x, k, b: right.dense(x, k, b).T),
    ("dense", "the kernel is turned", lambda x, k, b: right.dense(x, k.T, b)),
    (
        "dense_backward",
        "the bias gradient is a mean",
        lambda dy, x, k: (*right.dense_back(dy, x, k)[:2], dy.mean(axis=0)),
    ),
    (
        "dense_backward",
        "the kernel's gradient is a mean",
        lambda dy, x, k: (dy @ k.T, x.T @ dy / len(x), dy.sum(axis=0)),
    ),
    ("dense_backward", "summed over the outputs", lambda dy, x, k: (dy @ k.T, x.T @ dy, dy.sum(axis=1))),
    ("dense_backward", "the kernel's gradient is turned", lambda dy, x, k: (dy @ k.T, dy.T @ x, dy.sum(axis=0))),
    ("dense_backward", "dx and dkernel are exchanged", lambda dy, x, k: (x.T @ dy, dy @ k.T, dy.sum(axis=0))),
    ("dense_backward", "only the last row", lambda dy, x, k: (dy @ k.T, x[-1:].T @ dy[-1:], dy.sum(axis=0))),
    ("flatten", "the pictures are read column by column", lambda x: np.swapaxes(x, 1, 2).reshape(len(x), -1)),
    ("flatten", "the order is Fortran's", lambda x: x.reshape((len(x), -1), order="F")),
    ("flatten", "the result is turned", lambda x: right.flatten(x).T),
    (
        "batchnorm",
        "each picture is normalized by itself",
        quiet(lambda *case: normalized(*case, tuple(range(1, case[0].ndim - 1)))),
    ),
    ("batchnorm", "all channels share", lambda *case: normalized(*case, tuple(range(case[0].ndim)))),
    ("batchnorm", "mean and variance are taken over the channels", lambda *case: normalized(*case, (-1,))),
    ("batchnorm", "epsilon is left out", quiet(lambda x, g, b, e: normalized(x, g, b, 0))),
    ("batchnorm", "divided by the variance", lambda *case: normalized(*case, root=lambda v: v)),
    ("batchnorm", "gamma and beta are exchanged", lambda x, g, b, e: normalized(x, b, g, e)),
    ("batchnorm", "gamma and beta are left out", lambda x, g, b, e: normalized(x, 1, 0, e)),
    ("batchnorm_backward", "the variance's term is missing", lambda *case: back(*case, variance=0)),
    ("batchnorm_backward", "the mean's term is missing", lambda *case: back(*case, mean=0)),
    ("batchnorm_backward", "gamma is left out", lambda *case: back(*case, factor=False)),
    ("batchnorm_backward", "not divided by count", lambda *case: back(*case, divide=False)),
    ("batchnorm_backward", "dgamma and dbeta are means", lambda *case: back(*case, sums=False)),
    ("batchnorm_backward", "dgamma is summed from x", lambda *case: back(*case, from_x=True)),
    ("sgd", "only m was changed", lambda w, *more: right.sgd(w.copy(), *more)),
    ("sgd", "only w was changed", lambda w, g, m, *how: right.sgd(w, g, m.copy(), *how)),
    ("sgd", "the momentum is left out", sgd_without),
    ("sgd", "weighed with 1 - momentum", sgd_weighed),
    ("sgd", "w moves by the old m", sgd_late),
    ("sgd", "looks ahead along the momentum", sgd_nesterov),
    ("adam", "w, m and v are as before", lambda w, g, m, v, *how: right.adam(w.copy(), g, m.copy(), v.copy(), *how)),
    ("adam", "m and v are as before", lambda w, g, m, v, *how: right.adam(w, g, m.copy(), v.copy(), *how)),
    ("adam", "v is the mean of the gradients", quiet(lambda *case: adam(*case, square=lambda g: g))),
    ("adam", "the root is missing", lambda *case: adam(*case, under=lambda v, e: v + e)),
    ("adam", "epsilon is under the root", lambda *case: adam(*case, under=lambda v, e: np.sqrt(v + e))),
    ("adam", "the corrected means are stored", adam_stored),
    ("adam", "w goes up the gradient", lambda *case: adam(*case, sign=-1)),
    ("maxpool2d", "it is the mean of the window", lambda x, *how: right.pool(x, *how, reduce=np.mean)),
    (
        "maxpool2d",
        "sought over all channels",
        lambda x, *how: right.pool(np.broadcast_to(x.max(axis=3, keepdims=True), x.shape), *how),
    ),
    ("maxpool2d", "`pads` is left out", lambda x, size, strides, pads: right.pool(x, size, strides, NO_PADS)),
    ("maxpool2d_backward", "a tie is split", lambda *case: shares(*case, even=False)),
    ("maxpool2d_backward", "at a tie the search goes column by column", by_columns),
    ("maxpool2d_backward", "windows that overlap overwrite", overwritten),
    ("maxpool2d_backward", "all numbers of the window get a share", lambda *case: shares(*case, even=True)),
    ("loop", "the kernel is as before", lambda x, y, k, *more: right.train(x, y, k.copy(), *more)),
    ("loop", "there is one step an epoch", lambda x, y, k, b, rate, size, n: right.train(x, y, k, b, rate, len(x), n)),
    ("loop", "gradients of earlier batches", lambda *case: right.train(*case, keep=True)),
    ("loop", "the steps go up the gradient", lambda *case: loop(*case, sign=-1)),
    ("loop", "the loss is taken after the step", lambda *case: loop(*case, after=True)),
    ("loop", "the bias is never trained", lambda *case: loop(*case, share=0)),
    ("loop", "it is always the same batch", lambda *case: loop(*case, same=True)),
    (
        "im2col",
        "a window is written column by column",
        lambda *case: np.swapaxes(im2col_windows(*case), 3, 4).reshape(right.im2col(*case).shape),
    ),
    (
        "im2col",
        "the windows are taken column by column",
        lambda *case: np.swapaxes(im2col_windows(*case), 1, 2).reshape(right.im2col(*case).shape),
    ),
]
