"""Every case that is timed, by suite. Append only: names stay, so that figures of two versions can be compared.

E1 homework     E2 Tiny VGG     E3 VGG-16 and oneDNN's vgg_11     E4 Xception at 150 px     E5 Xception at 299 px
E6 the CS231n course's small case     E8 VGG as matrix products (XNNPACK)     E9 activations     E10 edges
E11 the 1x1 layers of ResNet-50 and MobileNet
"""

from typing import Any

from .case import Case

SUITES = {
    "E1": "homework net, N = 20",
    "E2": "Tiny VGG",
    "E3": "VGG-16 and vgg_11",
    "E4": "Xception at 150 px",
    "E5": "Xception at 299 px",
    "E6": "CS231n's small case",
    "E8": "VGG as matrix products",
    "E9": "activations",
    "E10": "edges",
    "E11": "1x1 layers",
}


def conv(
    suite: str,
    net: str,
    n: int,
    size: int | tuple[int, int],
    c: int,
    f: int,
    k: int | tuple[int, int] = 3,
    s: int | tuple[int, int] = 1,
    padding: str = "valid",
    **more: Any,
) -> Case:
    """Make a convolution on square pictures (or (height, width))."""
    height, width = (size, size) if isinstance(size, int) else size
    name = f"{net}/n{n}/{height}x{width}x{c}-{f}-k{_short(k)}" + (f"-s{_short(s)}" if s != 1 else "")
    return Case(suite, name, "conv2d", (n, height, width, c), f, _pair(k), _pair(s), padding, **more)


def depthwise(suite, net, n, size, c, times=1):
    """Make a 3x3 depthwise convolution with padding."""
    return Case(
        suite,
        f"{net}/n{n}/{size}x{size}x{c}-depthwise-k3",
        "depthwise_conv2d",
        (n, size, size, c),
        1,
        (3, 3),
        (1, 1),
        "same",
        times=times,
    )


def pool(suite, net, n, size, c, k=2, padding="valid"):
    """Make a max pooling with a step of 2."""
    return Case(
        suite, f"{net}/n{n}/{size}x{size}x{c}-pool{k}", "maxpool2d", (n, size, size, c), 0, (k, k), (2, 2), padding
    )


def dense(suite, net, n, d, f):
    """Make a dense layer."""
    return Case(suite, f"{net}/n{n}/{d}-{f}-dense", "dense", (n, d), f)


def elementwise(operation, *shape):
    """Make an activation."""
    return Case("E9", f"{operation}/{'x'.join(map(str, shape))}", operation, shape)


def _pair(value):
    return value if isinstance(value, tuple) else (value, value)


def _short(value):
    return "x".join(map(str, value)) if isinstance(value, tuple) else value


def _homework():
    for size in (150, 200):
        yield conv("E1", "homework", 20, size, 3, 32, first=True)
        yield pool("E1", "homework", 20, size - 2, 32)
        yield dense("E1", "homework", 20, ((size - 2) // 2) ** 2 * 32, 64)
    yield dense("E1", "homework", 20, 64, 1)


def _tinyvgg():
    for n in (1, 32):
        yield conv("E2", "tinyvgg", n, 64, 3, 10, first=True)
        for size in (62, 30, 28):
            yield conv("E2", "tinyvgg", n, size, 10, 10)
        for size in (60, 26):
            yield pool("E2", "tinyvgg", n, size, 10)
        yield dense("E2", "tinyvgg", n, 1690, 10)


def _vgg():
    same: dict[str, Any] = {"padding": "same"}
    for n in (1, 8, 16, 64):
        yield conv("E3", "vgg16", n, 224, 3, 64, first=True, **same)
        for size, c, f, times in (
            (224, 64, 64, 1),
            (112, 64, 128, 1),
            (112, 128, 128, 1),
            (56, 128, 256, 1),
            (56, 256, 256, 2),
            (28, 256, 512, 1),
            (28, 512, 512, 2),
            (14, 512, 512, 3),
        ):
            yield conv("E3", "vgg16", n, size, c, f, times=times, **same)
    yield conv("E3", "vgg11", 64, 100, 3, 32, first=True, **same)
    for size, c, f in (
        (100, 32, 64),
        (50, 64, 64),
        (50, 64, 128),
        (25, 128, 96),
        (25, 96, 192),
        (13, 192, 128),
        (13, 128, 256),
        (7, 256, 160),
        (7, 160, 320),
    ):
        yield conv("E3", "vgg11", 64, size, c, f, **same)


def _xception(suite, net, sizes):
    """Yield Xception's layers, each shape once; `sizes` are in pixels, from the picture to the last block."""
    a, b, c, d, e, f, g = sizes
    for n in (1, 32):
        yield conv(suite, net, n, a, 3, 32, s=2, first=True)
        yield conv(suite, net, n, b, 32, 64)
        for size, ci, co in ((c, 64, 128), (d, 128, 256), (e, 256, 728), (f, 728, 1024)):
            yield conv(suite, net, n, size, ci, co, k=1, s=2, padding="same")
        for size, channels, times in (
            (c, 64, 1),
            (c, 128, 1),
            (d, 128, 1),
            (d, 256, 1),
            (e, 256, 1),
            (e, 728, 1),
            (f, 728, 26),
            (g, 1024, 1),
            (g, 1536, 1),
        ):
            yield depthwise(suite, net, n, size, channels, times)
        for size, ci, co, times in (
            (c, 64, 128, 1),
            (c, 128, 128, 1),
            (d, 128, 256, 1),
            (d, 256, 256, 1),
            (e, 256, 728, 1),
            (e, 728, 728, 1),
            (f, 728, 728, 25),
            (f, 728, 1024, 1),
            (g, 1024, 1536, 1),
            (g, 1536, 2048, 1),
        ):
            yield conv(suite, net, n, size, ci, co, k=1, times=times)
        for size, channels in ((c, 128), (d, 256), (e, 728), (f, 1024)):
            yield pool(suite, net, n, size, channels, 3, "same")


def _cs231n():
    yield conv("E6", "cs231n", 100, 31, 3, 25, s=2, padding="same")
    yield pool("E6", "cs231n", 100, 32, 3)


def _gemm():
    for m, n, k in (
        (50176, 64, 27),
        (50176, 64, 576),
        (12544, 128, 576),
        (12544, 128, 1152),
        (3136, 256, 1152),
        (3136, 256, 256),
        (784, 512, 2304),
        (784, 512, 4608),
        (784, 512, 512),
        (196, 512, 4608),
        (196, 512, 512),
    ):
        yield dense("E8", "vgg-gemm", m, k, n)


def _activations():
    for operation in ("relu", "sigmoid"):
        yield elementwise(operation, 20, 148, 148, 32)
        yield elementwise(operation, 32, 62, 62, 10)
    yield elementwise("sigmoid", 20, 1)
    yield elementwise("softmax", 32, 10)
    yield elementwise("softmax", 32, 1000)
    yield elementwise("softmax", 100_000, 10)


def _edges():
    for filters in (1, 7, 16, 33):
        for channels in (1, 3):
            yield conv("E10", "edges", 4, 31, channels, filters)
    yield conv("E10", "one-pixel", 4, 1, 3, 16, k=1)
    yield conv("E10", "one-pixel-same", 4, 1, 3, 16, padding="same")
    yield conv("E10", "window-too-large", 4, 3, 3, 16, k=5, refused="must fit")
    yield conv("E10", "stride-above-window", 4, 31, 3, 16, s=5)
    yield conv("E10", "rectangular", 4, (31, 20), 3, 16, k=(2, 5), s=(3, 1))
    yield conv("E10", "even-window-same", 4, 31, 3, 16, k=4, padding="same")
    yield conv("E10", "even-window-same", 4, 30, 3, 16, k=2, s=2, padding="same")
    yield conv("E10", "column-left-over", 4, 32, 3, 16, s=2)
    yield conv("E10", "no-picture", 0, 31, 3, 16)
    yield conv("E10", "every-second-channel", 4, 31, 3, 16, layout="every second")
    yield conv("E10", "float64", 4, 31, 3, 16, dtype="float64")
    yield conv("E10", "denormal-weights", 4, 31, 3, 16, weights=1e-40)


def _ones():
    for n in (1, 8, 32):
        for size, c, f in (
            (112, 32, 64),
            (56, 64, 256),
            (56, 256, 64),
            (28, 128, 512),
            (14, 1024, 256),
            (7, 512, 2048),
        ):
            yield conv("E11", "1x1", n, size, c, f, k=1)


def _all():
    yield from _homework()
    yield from _tinyvgg()
    yield from _vgg()
    yield from _xception("E4", "xception150", (150, 74, 72, 36, 18, 9, 5))
    yield from _xception("E5", "xception299", (299, 149, 147, 74, 37, 19, 10))
    yield from _cs231n()
    yield from _gemm()
    yield from _activations()
    yield from _edges()
    yield from _ones()


CASES = tuple(_all())


def chosen(suites=None, text=""):
    """List the cases of some suites whose full name contains a text.

    Raises
    ------
    ValueError: a suite that does not exist, or nothing left.
    """
    unknown = [suite for suite in suites or () if suite not in SUITES]
    if unknown:
        raise ValueError(f"`--suite` must name some of {', '.join(SUITES)}. Received: {', '.join(unknown)}.")
    cases = [case for case in CASES if (not suites or case.suite in suites) and text in case.full_name]
    if not cases:
        raise ValueError(f"No case of these suites has {text!r} in its name.")
    return cases


def from_text(text):
    """Make a case of one's own: "N,H,W,C,F,K[,stride[,valid|same]]".

    Raises
    ------
    ValueError: the text is something else.
    """
    parts = text.split(",")
    try:
        n, height, width, c, f, k, *rest = parts
        stride = int(rest[0]) if rest else 1
        padding = rest[1] if len(rest) > 1 else "valid"
        return conv("own", padding, int(n), (int(height), int(width)), int(c), int(f), int(k), stride, padding)
    except ValueError:
        raise ValueError(f"`--conv` must be N,H,W,C,F,K[,stride[,valid or same]]. Received: {text!r}.") from None
