"""What students hand in: right solutions in their own way, and wrong ones with the words that must name the mistake.

Nothing here calls the project: loops and NumPy, as one writes them.
"""

import math

import numpy as np

RIGHT = []  # (exercise, function)
WRONG = []  # (exercise, function, words of the sentence)


def right(name):
    def keep(function):
        RIGHT.append((name, function))
        return function

    return keep


def wrong(name, words):
    def keep(function):
        WRONG.append((name, function, words))
        return function

    return keep


# ---- output_size, same_pads -----------------------------------------------------------------------------------------


@right("output_size")
def count_places(size, k, s, pad):
    return len(range(0, size + pad - k + 1, s))


@wrong("output_size", "round down")
def rounded_up(size, k, s, pad):
    return -(-(size + pad - k) // s) + 1


@wrong("output_size", "the first place is not counted")
def without_one(size, k, s, pad):
    return int((size + pad - k) / s)


@wrong("output_size", "a float: // divides into whole numbers")
def divided(size, k, s, pad):
    return (size + pad - k) / s + 1


@wrong("output_size", "`pad` is counted twice")
def pad_twice(size, k, s, pad):
    return (size - k + 2 * pad) // s + 1


@wrong("output_size", "the 1 is divided too")
def one_inside(size, k, s, pad):
    return (size + pad - k + 1) // s


@wrong("output_size", "`pad` is left out")
def no_pad(size, k, s, pad):
    return len(range(0, size - k + 1, s))


@wrong("output_size", "the stride is left out")
def each_place(size, k, s, pad):
    return len(range(size + pad - k + 1))


@wrong("output_size", "the last ones stick out")
def all_that_begin(size, k, s, pad):
    return int((size + pad) / s)


@right("same_pads")
def pads(size, k, s):
    outputs = math.ceil(size / s)
    total = max(0, (outputs - 1) * s + k - size)
    before = total // 2
    return before, total - before


@wrong("same_pads", "the odd zero is on the wrong side")
def odd_before(size, k, s):
    total = max(0, (math.ceil(size / s) - 1) * s + k - size)
    after = total // 2
    return total - after, after


@wrong("same_pads", "PyTorch's padding=k // 2")
def symmetric(size, k, s):
    return k // 2, k // 2


@wrong("same_pads", "the stride is left out")
def no_stride(size, k, s):
    return (k - 1) // 2, k // 2


@wrong("same_pads", "it must return 2 things")
def only_total(size, k, s):
    return max(0, (math.ceil(size / s) - 1) * s + k - size)


@wrong("same_pads", "both ends get the same: an odd total")
def same_halves(size, k, s):
    half = sum(pads(size, k, s)) // 2
    return half, half


@wrong("same_pads", "fewer than no zeros")
def below_zero(size, k, s):
    total = (math.ceil(size / s) - 1) * s + k - size
    return total // 2, total - total // 2


@wrong("same_pads", "size / s is rounded down")
def rounded_down(size, k, s):
    total = max(0, (int(size / s) - 1) * s + k - size)
    return total // 2, total - total // 2


@wrong("same_pads", "only where s divides the size")
def window_minus_stride(size, k, s):
    total = max(k - s, 0)
    return total // 2, total - total // 2


# ---- convolution ----------------------------------------------------------------------------------------------------


def conv_loops(x, kernel, bias, strides, pads, flip=False, swap=False, channels=None, pick=None):
    (top, bottom), (left, right_) = pads
    if swap:
        top, bottom, left, right_ = bottom, top, right_, left
    n, h, w, c = x.shape
    kh, kw, _, f = kernel.shape
    sh, sw = strides
    padded = np.zeros((n, h + top + bottom, w + left + right_, c), x.dtype)
    padded[:, top : top + h, left : left + w] = x
    oh, ow = (padded.shape[1] - kh) // sh + 1, (padded.shape[2] - kw) // sw + 1
    y = np.zeros((n, oh, ow, f), x.dtype)
    for image in range(n):
        for i in range(oh):
            for j in range(ow):
                for k in range(f):
                    total = 0.0
                    for a in range(kh):
                        for b in range(kw):
                            for ch in range(c if channels is None else channels):
                                weight = kernel[kh - 1 - a, kw - 1 - b, ch, k] if flip else kernel[a, b, ch, k]
                                total += padded[image, i * sh + a, j * sw + b, ch] * weight
                    y[image, i, j, k] = total + (0 if bias is None else bias[k])
    return y


@right("conv2d")
def conv(x, kernel, bias, strides, pads):
    return conv_loops(x, kernel, bias, strides, pads)


@wrong("conv2d", "the kernel is flipped")
def conv_flipped(x, kernel, bias, strides, pads):
    return conv_loops(x, kernel, bias, strides, pads, flip=True)


@wrong("conv2d", "the padding is on the wrong side")
def conv_wrong_side(x, kernel, bias, strides, pads):
    return conv_loops(x, kernel, bias, strides, pads, swap=True)


@wrong("conv2d", "the bias is not added")
def conv_no_bias(x, kernel, bias, strides, pads):
    return conv_loops(x, kernel, None, strides, pads)


@wrong("conv2d", "only the first channel is summed")
def conv_first_channel(x, kernel, bias, strides, pads):
    return conv_loops(x, kernel, bias, strides, pads, channels=1)


@wrong("conv2d", "the strides are exchanged")
def conv_strides(x, kernel, bias, strides, pads):
    return conv_loops(x, kernel, bias, strides[::-1], pads)


@wrong("conv2d", "y must have shape")
def conv_channels_first(x, kernel, bias, strides, pads):
    return conv_loops(x, kernel, bias, strides, pads).transpose(0, 3, 1, 2)


@wrong("conv2d", "the stride is left out: window i begins at i * sh")
def conv_unmoved(x, kernel, bias, strides, pads):
    _, oh, ow, _ = conv_loops(x, kernel, bias, strides, pads).shape
    return conv_loops(x, kernel, bias, (1, 1), pads)[:, :oh, :ow]


@wrong("conv2d", "sh is taken for both axes")
def conv_square_stride(x, kernel, bias, strides, pads):
    return conv_loops(x, kernel, bias, (strides[0], strides[0]), pads)


def conv_bias(x, kernel, bias, strides, pads, often):
    return conv_loops(x, kernel, None if bias is None else often * bias, strides, pads)


@wrong("conv2d", "the bias is added with every product")
def conv_bias_inside(x, kernel, bias, strides, pads):
    return conv_bias(x, kernel, bias, strides, pads, kernel[:, :, :, 0].size)


@wrong("conv2d", "the bias is added with every channel")
def conv_bias_per_channel(x, kernel, bias, strides, pads):
    return conv_bias(x, kernel, bias, strides, pads, x.shape[3])


@right("conv2d_input")
def conv_dx(dy, kernel, input_shape, strides, pads):
    """As textbooks have it: zeros between dy, and a full convolution with the turned kernel."""
    (top, bottom), (left, right_) = pads
    n, h, w, c = input_shape
    kh, kw, _, f = kernel.shape
    sh, sw = strides
    _, oh, ow, _ = dy.shape
    dpadded = np.zeros((n, h + top + bottom, w + left + right_, c))
    for a in range(kh):
        for b in range(kw):
            dpadded[:, a : a + (oh - 1) * sh + 1 : sh, b : b + (ow - 1) * sw + 1 : sw] += dy @ kernel[a, b].T
    return dpadded[:, top : top + h, left : left + w].astype(dy.dtype)


@wrong("conv2d_input", "the kernel is flipped once too often")
def conv_dx_flipped(dy, kernel, input_shape, strides, pads):
    return conv_dx(dy, kernel[::-1, ::-1], input_shape, strides, pads)


@wrong("conv2d_input", "overwrite each other")
def conv_dx_set(dy, kernel, input_shape, strides, pads):
    (top, bottom), (left, right_) = pads
    n, h, w, c = input_shape
    kh, kw = kernel.shape[:2]
    dpadded = np.zeros((n, h + top + bottom, w + left + right_, c))
    for m in range(n):
        for i in range(dy.shape[1]):
            for j in range(dy.shape[2]):
                part = (kernel * dy[m, i, j]).sum(-1)
                dpadded[m, i * strides[0] : i * strides[0] + kh, j * strides[1] : j * strides[1] + kw] = part
    return dpadded[:, top : top + h, left : left + w].astype(dy.dtype)


@wrong("conv2d_input", "the padding is still there")
def conv_dx_padded(dy, kernel, input_shape, strides, pads):
    (top, bottom), (left, right_) = pads
    n, h, w, c = input_shape
    return conv_dx(dy, kernel, (n, h + top + bottom, w + left + right_, c), strides, ((0, 0), (0, 0)))


def to_minus(padded, pads):
    (top, bottom), (left, right_) = pads
    return padded[:, top:-bottom, left:-right_]


@wrong("conv2d_input", "`top:-bottom` is empty")
def conv_dx_minus(dy, kernel, input_shape, strides, pads):
    return to_minus(conv_dx_padded(dy, kernel, input_shape, strides, pads), pads)


@right("conv2d_kernel")
def conv_dkernel(dy, x, kernel_size, strides, pads, images=None, mean=False):
    padded = np.pad(x, ((0, 0), *pads, (0, 0)))
    (kh, kw), (sh, sw), (n, oh, ow, f) = kernel_size, strides, dy.shape
    dkernel = np.zeros((kh, kw, x.shape[3], f))
    for a in range(kh):
        for b in range(kw):
            window = padded[:, a : a + (oh - 1) * sh + 1 : sh, b : b + (ow - 1) * sw + 1 : sw]
            for m in range(n) if images is None else images(n):
                dkernel[a, b] += np.tensordot(window[m], dy[m], ((0, 1), (0, 1)))
    return (dkernel / n if mean else dkernel).astype(x.dtype)


@wrong("conv2d_kernel", "only the last picture counts")
def conv_dkernel_last(dy, x, kernel_size, strides, pads):
    return conv_dkernel(dy, x, kernel_size, strides, pads, lambda n: [n - 1])


@wrong("conv2d_kernel", "it is divided by the batch")
def conv_dkernel_mean(dy, x, kernel_size, strides, pads):
    return conv_dkernel(dy, x, kernel_size, strides, pads, mean=True)


@wrong("conv2d_kernel", "the kernel's gradient is flipped")
def conv_dkernel_flipped(dy, x, kernel_size, strides, pads):
    return np.flip(conv_dkernel(dy, x, kernel_size, strides, pads), (0, 1))


@right("bias")
def dbias(dy):
    return dy.reshape(-1, dy.shape[-1]).sum(axis=0)


@wrong("bias", "the bias gradient is not summed over the batch")
def dbias_each(dy):
    return dy.sum(axis=(1, 2)) if dy.ndim == 4 else dy


@wrong("bias", "it is a mean")
def dbias_mean(dy):
    return dy.reshape(-1, dy.shape[-1]).mean(axis=0)


# ---- pooling --------------------------------------------------------------------------------------------------------


@right("maxpool2d")
def pool(x, pool_size, strides, pads, fill=-np.inf, reduce=max):
    (ph, pw), (sh, sw) = pool_size, strides
    padded = np.pad(x, ((0, 0), *pads, (0, 0)), constant_values=fill)
    n, h, w, c = padded.shape
    y = np.empty((n, (h - ph) // sh + 1, (w - pw) // sw + 1, c), x.dtype)
    for index in np.ndindex(y.shape):
        m, i, j, ch = index
        y[index] = reduce([padded[m, i * sh + a, j * sw + b, ch] for a in range(ph) for b in range(pw)])
    return y


@wrong("maxpool2d", "the padding takes part as 0")
def pool_zeros(x, pool_size, strides, pads):
    return pool(x, pool_size, strides, pads, fill=0)


@wrong("maxpool2d", "`strides` is left out")
def pool_side_by_side(x, pool_size, strides, pads):
    return pool(x, pool_size, pool_size, pads)


@wrong("maxpool2d", "the smallest number")
def pool_min(x, pool_size, strides, pads):
    return pool(x, pool_size, strides, pads, np.inf, min)


@wrong("maxpool2d", "the stride is left out: window i begins at i * sh")
def pool_unmoved(x, pool_size, strides, pads):
    _, oh, ow, _ = pool(x, pool_size, strides, pads).shape
    return pool(x, pool_size, (1, 1), pads)[:, :oh, :ow]


@wrong("maxpool2d", "the strides are exchanged")
def pool_strides(x, pool_size, strides, pads):
    return pool(x, pool_size, strides[::-1], pads)


@wrong("maxpool2d", "the padding is on the wrong side")
def pool_wrong_side(x, pool_size, strides, pads):
    (top, bottom), (left, right_) = pads
    return pool(x, pool_size, strides, ((bottom, top), (right_, left)))


def pool_back(dy, x, pool_size, strides, pads, won):
    (ph, pw), (sh, sw), (top, left) = pool_size, strides, (pads[0][0], pads[1][0])
    dx = np.zeros_like(x)
    for m, i, j, ch in np.ndindex(dy.shape):
        cells = [(i * sh + a - top, j * sw + b - left) for a in range(ph) for b in range(pw)]
        cells = [(r, s) for r, s in cells if 0 <= r < x.shape[1] and 0 <= s < x.shape[2]]
        values = [x[m, r, s, ch] for r, s in cells]
        winners = won([k for k, value in enumerate(values) if value == max(values)])
        for k in winners:
            dx[m, cells[k][0], cells[k][1], ch] += dy[m, i, j, ch]
    return dx


@right("maxpool2d_backward")
def pool_dx(dy, x, pool_size, strides, pads):
    return pool_back(dy, x, pool_size, strides, pads, lambda winners: winners[:1])


@wrong("maxpool2d_backward", "ties are counted twice")
def pool_dx_ties(dy, x, pool_size, strides, pads):
    return pool_back(dy, x, pool_size, strides, pads, lambda winners: winners)


@wrong("maxpool2d_backward", "at a tie the last maximum wins")
def pool_dx_last(dy, x, pool_size, strides, pads):
    return pool_back(dy, x, pool_size, strides, pads, lambda winners: winners[-1:])


@wrong("maxpool2d_backward", "the winner gets 1 in place of dy")
def pool_dx_ones(dy, x, pool_size, strides, pads):
    return pool_dx(np.ones_like(dy), x, pool_size, strides, pads)


@wrong("maxpool2d_backward", "the padding is still there")
def pool_dx_padded(dy, x, pool_size, strides, pads):
    return np.pad(pool_dx(dy, x, pool_size, strides, pads), ((0, 0), *pads, (0, 0)))


@wrong("maxpool2d_backward", "`top:-bottom` is empty")
def pool_dx_minus(dy, x, pool_size, strides, pads):
    return to_minus(pool_dx_padded(dy, x, pool_size, strides, pads), pads)


# ---- ReLU, softmax, cross-entropy -----------------------------------------------------------------------------------


@right("relu")
def relu(x):
    return x * (x > 0)


@wrong("relu", "`x` was changed on the way")
def relu_in_place(x):
    x[x < 0] = 0
    return x


@wrong("relu", "it returns the mask")
def relu_mask(x):
    return np.where(x > 0, 1, 0)


@wrong("relu", "leaky ReLU")
def relu_leaky(x):
    return np.maximum(x, 0.01 * x)


@right("relu_backward")
def relu_dx(dy, y):
    return dy * (y > 0)


@wrong("relu_backward", "ask for y > 0")
def relu_dx_all(dy, y):
    return dy * (y >= 0)


@wrong("relu_backward", "the ReLU is taken of the gradient itself")
def relu_dx_of_dy(dy, y):
    return dy * (dy > 0)


@right("softmax")
def softmax(x):
    shifted = x - x.max(axis=1, keepdims=True)
    return np.exp(shifted) / np.exp(shifted).sum(axis=1)[:, None]


@wrong("softmax", "the maximum is not subtracted")
def softmax_overflows(x):
    return np.exp(x) / np.sum(np.exp(x), axis=1, keepdims=True)


@wrong("softmax", "all rows are summed together")
def softmax_of_all(x):
    e = np.exp(x - x.max())
    return e / e.sum()


@wrong("softmax", "columns are summed in place of rows")
def softmax_columns(x):
    e = np.exp(x - x.max(axis=0))
    return e / e.sum(axis=0)


@wrong("softmax", "without keepdims=True")
def softmax_no_keepdims(x):
    e = np.exp(x - x.max(axis=1))
    return e / e.sum(axis=1)


@wrong("softmax", "without keepdims=True")
def softmax_max_no_keepdims(x):
    e = np.exp(x - x.max(axis=1))
    return e / e.sum(axis=1, keepdims=True)


@right("crossentropy")
def crossentropy(logits, labels):
    m = logits.max(axis=1)
    e = np.exp(logits - m[:, None])
    loss = np.mean(m + np.log(e.sum(axis=1)) - logits[range(len(labels)), labels])
    return loss, ((e / e.sum(axis=1, keepdims=True) - np.eye(logits.shape[1])[labels]) / len(labels)).astype(
        logits.dtype
    )


@wrong("crossentropy", "the maximum is not subtracted")
def crossentropy_overflows(logits, labels):
    p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    return -np.mean(np.log(p[range(len(labels)), labels])), (p - np.eye(logits.shape[1])[labels]) / len(labels)


@wrong("crossentropy", "the maximum is not subtracted")
def crossentropy_formula(logits, labels):
    each = np.log(np.exp(logits).sum(axis=1)) - logits[range(len(labels)), labels]
    return each.mean(), crossentropy(logits, labels)[1]


@wrong("crossentropy", "the maximum is not subtracted")
def crossentropy_formula_twice(logits, labels):
    loss, _ = crossentropy_formula(logits, labels)
    return loss, crossentropy_overflows(logits, labels)[1]


@wrong("crossentropy", "probabilities are cut off")
def crossentropy_clipped(logits, labels):
    p = np.clip(softmax(logits.astype("float64")), 1e-7, 1 - 1e-7)
    return -np.log(p[range(len(labels)), labels]).mean(), crossentropy(logits, labels)[1]


@wrong("crossentropy", "not divided by N")
def crossentropy_sum_gradient(logits, labels):
    loss, dz = crossentropy(logits, labels)
    return loss, dz * len(labels)


@wrong("crossentropy", "the gradient is p / N")
def crossentropy_p(logits, labels):
    loss, dz = crossentropy(logits, labels)
    return loss, dz + (np.eye(logits.shape[1])[labels] / len(labels)).astype(logits.dtype)


@wrong("crossentropy", "wrong sign")
def crossentropy_sign(logits, labels):
    loss, dz = crossentropy(logits, labels)
    return loss, -dz


# ---- dense, flatten -------------------------------------------------------------------------------------------------


@right("dense")
def dense(x, kernel, bias):
    y = np.einsum("nd,df->nf", x, kernel)
    return y if bias is None else y + bias


@wrong("dense", "the bias is not added")
def dense_no_bias(x, kernel, bias):
    return x @ kernel


@wrong("dense", "the bias is added once for every input")
def dense_biases(x, kernel, bias):
    y = np.zeros((len(x), kernel.shape[1]), x.dtype)
    for n in range(len(x)):
        for f in range(kernel.shape[1]):
            for d in range(kernel.shape[0]):
                y[n, f] += x[n, d] * kernel[d, f] + (0 if bias is None else bias[f])
    return y


@right("dense_backward")
def dense_back(dy, x, kernel):
    return dy @ kernel.T, x.T @ dy, np.sum(dy, axis=0)


@wrong("dense_backward", "the bias gradient is not summed over the batch")
def dense_back_dy(dy, x, kernel):
    return dy @ kernel.T, x.T @ dy, dy


@wrong("dense_backward", "kernel and bias gradients are means")
def dense_back_mean(dy, x, kernel):
    return dy @ kernel.T, x.T @ dy / len(x), dy.mean(axis=0)


@wrong("dense_backward", "it must return 3 things, dx, dkernel, dbias; yours returns 2 things")
def dense_back_two(dy, x, kernel):
    return dy @ kernel.T, x.T @ dy


@wrong("dense_backward", "all gradients are divided by the batch")
def dense_back_all_means(dy, x, kernel):
    return tuple(each / dy.dtype.type(len(dy)) for each in dense_back(dy, x, kernel))


@wrong("dense_backward", "the kernel is not turned")
def dense_back_unturned(dy, x, kernel):
    return dy @ kernel, x.T @ dy, dy.sum(axis=0)


@right("flatten")
def flatten(x):
    return np.stack([image.ravel() for image in x])


@wrong("flatten", "whole channels stand one after the other")
def flatten_channels(x):
    return np.moveaxis(x, 3, 1).reshape(x.shape[0], -1)


@wrong("flatten", "the batch is flattened too")
def flatten_all(x):
    return x.flatten()


# ---- learning -------------------------------------------------------------------------------------------------------


@right("sgd")
def sgd(w, g, m, learning_rate, momentum):
    m[:] = momentum * m - learning_rate * g
    w[:] = w + m


@wrong("sgd", "change them in place")
def sgd_rebound(w, g, m, learning_rate, momentum):
    m = momentum * m - learning_rate * g
    w = w + m
    print(w)


@wrong("sgd", "PyTorch's form")
def sgd_torch(w, g, m, learning_rate, momentum):
    m *= momentum
    m += g
    w -= learning_rate * m


@wrong("sgd", "w goes up the gradient")
def sgd_up(w, g, m, learning_rate, momentum):
    m[:] = momentum * m + learning_rate * g
    w += m


@wrong("sgd", "a step without momentum, and m is as before")
def sgd_plain(w, g, m, learning_rate, momentum):
    w -= learning_rate * g


@right("adam")
def adam(w, g, m, v, t, learning_rate, beta_1, beta_2, epsilon):
    m[...] = beta_1 * m + (1 - beta_1) * g
    v[...] = beta_2 * v + (1 - beta_2) * g**2
    w -= learning_rate * np.sqrt(1 - beta_2**t) / (1 - beta_1**t) * m / (np.sqrt(v) + epsilon)


@wrong("adam", "the means are not corrected")
def adam_uncorrected(w, g, m, v, t, learning_rate, beta_1, beta_2, epsilon):
    m[...] = beta_1 * m + (1 - beta_1) * g
    v[...] = beta_2 * v + (1 - beta_2) * g**2
    w -= learning_rate * m / (np.sqrt(v) + epsilon)


@wrong("adam", "beta_1 and beta_2 are exchanged")
def adam_betas(w, g, m, v, t, learning_rate, beta_1, beta_2, epsilon):
    adam(w, g, m, v, t, learning_rate, beta_2, beta_1, epsilon)


@wrong("adam", "the paper's Algorithm 1")
def adam_hats(w, g, m, v, t, learning_rate, beta_1, beta_2, epsilon):
    m[...] = beta_1 * m + (1 - beta_1) * g
    v[...] = beta_2 * v + (1 - beta_2) * g**2
    w -= learning_rate * (m / (1 - beta_1**t)) / (np.sqrt(v / (1 - beta_2**t)) + epsilon)


@wrong("adam", "not the other way round")
def adam_weights(w, g, m, v, t, learning_rate, beta_1, beta_2, epsilon):
    m[...] = (1 - beta_1) * m + beta_1 * g
    v[...] = (1 - beta_2) * v + beta_2 * g**2
    w -= learning_rate * np.sqrt(1 - beta_2**t) / (1 - beta_1**t) * m / (np.sqrt(v) + epsilon)


@wrong("adam", "counts in full in m")
def adam_full(w, g, m, v, t, learning_rate, beta_1, beta_2, epsilon):
    m *= beta_1
    m += g
    v[...] = beta_2 * v + (1 - beta_2) * g**2
    w -= learning_rate * np.sqrt(1 - beta_2**t) / (1 - beta_1**t) * m / (np.sqrt(v) + epsilon)


@wrong("adam", "w steps before m and v are new")
def adam_late(w, g, m, v, t, learning_rate, beta_1, beta_2, epsilon):
    w -= learning_rate * np.sqrt(1 - beta_2**t) / (1 - beta_1**t) * m / (np.sqrt(v) + epsilon)
    m[...] = beta_1 * m + (1 - beta_1) * g
    v[...] = beta_2 * v + (1 - beta_2) * g**2


@right("loop")
def train(x, labels, kernel, bias, learning_rate, batch_size, epochs, drop=False, keep=False):
    losses = []
    for _ in range(epochs):
        dkernel, dbias = 0, 0
        for first in range(0, len(x), batch_size):
            rows, truth = x[first : first + batch_size], labels[first : first + batch_size]
            if drop and len(rows) < batch_size:
                continue
            loss, dz = crossentropy(rows @ kernel + bias, truth)
            losses.append(float(loss))
            dkernel, dbias = (dkernel, dbias) if keep else (0, 0)
            dkernel, dbias = dkernel + rows.T @ dz, dbias + dz.sum(axis=0)
            kernel -= learning_rate * dkernel
            bias -= learning_rate * dbias
    return losses


@wrong("loop", "the last batch is left out")
def train_whole_batches(x, labels, kernel, bias, learning_rate, batch_size, epochs):
    return train(x, labels, kernel, bias, learning_rate, batch_size, epochs, drop=True)


@wrong("loop", "the gradient is summed over the batch")
def train_summed(x, labels, kernel, bias, learning_rate, batch_size, epochs):
    losses = []
    for _ in range(epochs):
        for first in range(0, len(x), batch_size):
            rows, truth = x[first : first + batch_size], labels[first : first + batch_size]
            loss, dz = crossentropy(rows @ kernel + bias, truth)
            losses.append(float(loss))
            kernel -= learning_rate * rows.T @ dz * len(rows)
            bias -= learning_rate * dz.sum(axis=0) * len(rows)
    return losses


@wrong("loop", "kernel and bias are as before")
def train_rebound(x, labels, kernel, bias, learning_rate, batch_size, epochs):
    return train(x, labels, kernel.copy(), bias.copy(), learning_rate, batch_size, epochs)


@wrong("loop", "the bias is as before")
def train_bias_rebound(x, labels, kernel, bias, learning_rate, batch_size, epochs):
    return train(x, labels, kernel, bias.copy(), learning_rate, batch_size, epochs)


@wrong("loop", "there is one epoch only")
def train_once(x, labels, kernel, bias, learning_rate, batch_size, epochs):
    return train(x, labels, kernel, bias, learning_rate, batch_size, 1)


# ---- batch normalization --------------------------------------------------------------------------------------------


@right("batchnorm")
def batchnorm(x, gamma, beta, epsilon):
    rows = x.reshape(-1, x.shape[-1])
    xhat = (rows - rows.mean(axis=0)) / np.sqrt(rows.var(axis=0) + epsilon)
    return (gamma * xhat + beta).reshape(x.shape).astype(x.dtype)


@wrong("batchnorm", "divided by count - 1")
def batchnorm_unbiased(x, gamma, beta, epsilon):
    rows = x.reshape(-1, x.shape[-1])
    count = len(rows)
    variance = rows.var(axis=0) * (count / (count - 1) if count > 1 else np.nan)
    return (gamma * (rows - rows.mean(axis=0)) / np.sqrt(variance + epsilon) + beta).reshape(x.shape)


@wrong("batchnorm", "over rows and columns too")
def batchnorm_axis_0(x, gamma, beta, epsilon):
    return gamma * (x - x.mean(axis=0)) / np.sqrt(x.var(axis=0) + epsilon) + beta


@wrong("batchnorm", "epsilon is added to the root")
def batchnorm_epsilon(x, gamma, beta, epsilon):
    rows = x.reshape(-1, x.shape[-1])
    return (gamma * (rows - rows.mean(axis=0)) / (rows.std(axis=0) + epsilon) + beta).reshape(x.shape)


@right("batchnorm_backward")
def batchnorm_back(dy, x, gamma, epsilon):
    """As a graph of small steps gives it."""
    rows, d = x.reshape(-1, x.shape[-1]).astype("float64"), dy.reshape(-1, dy.shape[-1]).astype("float64")
    n, mean, variance = len(rows), rows.mean(axis=0), rows.var(axis=0)
    inverse = 1 / np.sqrt(variance + epsilon)
    xhat = (rows - mean) * inverse
    dxhat = d * gamma
    dvariance = (dxhat * (rows - mean)).sum(axis=0) * -0.5 * inverse**3
    dmean = -(dxhat * inverse).sum(axis=0) + dvariance * (-2 * (rows - mean)).mean(axis=0)
    dx = dxhat * inverse + dvariance * 2 * (rows - mean) / n + dmean / n
    parts = dx.reshape(x.shape), (d * xhat).sum(axis=0), d.sum(axis=0)
    return tuple(part.astype(dy.dtype) for part in parts)


@wrong("batchnorm_backward", "taken as constants")
def batchnorm_back_constants(dy, x, gamma, epsilon):
    axes = tuple(range(x.ndim - 1))
    s = np.sqrt(x.var(axis=axes) + epsilon)
    return gamma / s * dy, (dy * (x - x.mean(axis=axes)) / s).sum(axis=axes), dy.sum(axis=axes)


@wrong("batchnorm_backward", "dgamma and dbeta are exchanged")
def batchnorm_back_exchanged(dy, x, gamma, epsilon):
    dx, dgamma, dbeta = batchnorm_back(dy, x, gamma, epsilon)
    return dx, dbeta, dgamma


# ---- im2col ---------------------------------------------------------------------------------------------------------


@right("im2col")
def im2col(x, kernel_size, strides):
    (kh, kw), (sh, sw) = kernel_size, strides
    windows = np.lib.stride_tricks.sliding_window_view(x, kernel_size, (1, 2))[:, ::sh, ::sw]
    return np.ascontiguousarray(windows.transpose(0, 1, 2, 4, 5, 3)).reshape(-1, kh * kw * x.shape[3])


@wrong("im2col", "the channels come first in each row")
def im2col_torch(x, kernel_size, strides):
    (kh, kw), (sh, sw) = kernel_size, strides
    windows = np.lib.stride_tricks.sliding_window_view(x, kernel_size, (1, 2))[:, ::sh, ::sw]
    return windows.reshape(-1, kh * kw * x.shape[3])


@wrong("im2col", "rows and columns are exchanged")
def im2col_turned(x, kernel_size, strides):
    return im2col(x, kernel_size, strides).T


@wrong("im2col", "the strides are exchanged")
def im2col_strides(x, kernel_size, strides):
    return im2col(x, kernel_size, strides[::-1])
