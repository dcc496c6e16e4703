"""Convolution and pooling: what looks at a picture through a window, and the pads around it.

ONNX pads any number of pixels on each side; a layer pads none ("valid") or as Keras does ("same"). Where a file's pads
are neither, a ZeroPadding2D comes before, which is right before a convolution, and before a maximum where no number is
negative. Elsewhere a pooling looks from every pixel on ("same", where what lies outside is left out, as ONNX wants it),
and of its answers those that ONNX gives are kept: cut to size, and every s-th taken by a window of one pixel.
Source: ONNX's Operators.md, Conv, MaxPool, AveragePool, Pad.
"""

from typing import NamedTuple

from ...types import Pads, Pair
from ..opening import short
from .net import CHANNELS_LAST, Net, Tensor
from .proto import Node

MAX_PAD: int = 1 << 15  # pixels on one side
MAX_REPEATED: int = 64  # rows or columns repeated at the edges of a picture, each a layer's input

Open = tuple[int | None, int | None]  # height and width


class Window(NamedTuple):
    """How a window goes over a picture.

    Attributes
    ----------
    taps, strides, dilation : (int, int)
        Rows and columns.
    pads : ((top, bottom), (left, right)) or None
        Pixels; None: as Keras's "same", whatever the picture's size.
    ceil : bool
        Whether a last window may hang over the edge.
    """

    taps: Pair
    strides: Pair
    dilation: Pair
    pads: Pads | None
    ceil: bool = False

    @property
    def spans(self) -> Pair:
        """Pixels that the window reaches over."""
        return self._span(0), self._span(1)

    def _span(self, axis: int) -> int:
        return (self.taps[axis] - 1) * self.dilation[axis] + 1

    @property
    def padding(self) -> str | None:
        """The word that says the same in Keras, for pictures of any size; None where there is none."""
        if self.pads == ((0, 0), (0, 0)) and not self.ceil:
            return "valid"
        even = tuple(((span - 1) // 2, span - 1 - (span - 1) // 2) for span in self.spans)
        if self.pads is None or (self.strides == (1, 1) and self.pads == even):
            return "same"
        return None

    def outputs(self, pixels: Open) -> Open:
        """Count the places where the window stands, along each axis."""
        rows, columns = (self._places(axis, size) for axis, size in enumerate(pixels))
        return rows, columns

    def _places(self, axis: int, size: int | None) -> int | None:
        if size is None:
            return None
        step = self.strides[axis]
        if self.pads is None:
            return (size + step - 1) // step
        before, after = self.pads[axis]
        free = size + before + after - self._span(axis)
        if free < 0:
            raise ValueError(f"its window reaches over {self._span(axis)} pixels, of {size + before + after}.")
        places = (free + (step - 1 if self.ceil else 0)) // step + 1
        return places - (self.ceil and (places - 1) * step >= size + before)  # none begins after the image

    def floored(self, pixels: Open) -> "Window":
        """Return the same window without `ceil`: pads at the end do it.

        Where the picture's size is known they are exact; where it is open, a step less one, which is right as long as
        no window could stand on pads alone.
        """
        if not self.ceil or self.pads is None:
            return self._replace(ceil=False)
        pads: list[Pair] = []
        for axis, size in enumerate(pixels):
            (before, after), step, span = self.pads[axis], self.strides[axis], self._span(axis)
            places = self._places(axis, size)
            if size is not None and places is not None:
                after = max(after, (places - 1) * step + span - size - before)
            elif after + step - 1 < span:
                after += step - 1
            else:
                raise ValueError("its `ceil_mode` with these strides needs a picture of known size.")
            pads.append((before, after))
        return self._replace(ceil=False, pads=(pads[0], pads[1]))


def window_of(node: Node, pixels: Open, taps: list[int] | None = None) -> Window:
    """Read how a node's window goes.

    Parameters
    ----------
    node : Node
    pixels : (height, width)
        Of its input; None where open.
    taps : list of int, optional
        The kernel's own size.
    """
    kernel = node.integers("kernel_shape", taps or [], 2)
    if taps is not None and kernel != taps:
        raise ValueError(f"`kernel_shape` must be its kernel's. Received: {kernel} of a kernel {taps}.")
    strides, dilation = node.integers("strides", [1, 1], 2), node.integers("dilations", [1, 1], 2)
    given, auto = node.integers("pads", [0, 0, 0, 0], 4), node.text("auto_pad", "NOTSET")
    if min(*kernel, *strides, *dilation) < 1 or min(given) < 0:
        raise ValueError("its window, strides and dilations must be positive, and its pads not negative.")
    if max(given) > MAX_PAD:
        raise ValueError(f"its pads must be at most {MAX_PAD}. Received: {short(given)}.")
    top, left, bottom, right = given
    window = Window(
        _pair(kernel),
        _pair(strides),
        _pair(dilation),
        ((top, bottom), (left, right)),
        taps is None and bool(node.integer("ceil_mode", 0)),
    )
    if auto == "VALID":
        return window._replace(pads=((0, 0), (0, 0)))
    if auto == "SAME_UPPER":
        return window._replace(pads=None, ceil=False)
    if auto == "SAME_LOWER":
        rows, columns = (pair[::-1] for pair in same_pads(window, pixels))
        return window._replace(pads=(rows, columns), ceil=False)
    if auto != "NOTSET":
        raise ValueError(f"`auto_pad` must be NOTSET, VALID, SAME_UPPER or SAME_LOWER. Received: {auto[:40]!r}.")
    return window


def same_pads(window: Window, pixels: Open) -> Pads:
    """Return the pads that keep ceil(size / stride) windows, the odd one at the end.

    As `reference.same_pads`, which this room doesn't import: it reads files without any other room.
    """
    pads: list[Pair] = []
    for size, span, step in zip(pixels, window.spans, window.strides, strict=True):
        if size is None and step > 1:
            raise ValueError("its `auto_pad` with these strides needs a picture of known size.")
        total = span - 1 if size is None else max((size - 1) // step * step + span - size, 0)
        pads.append((total // 2, total - total // 2))
    return pads[0], pads[1]


def padded(net: Net, name: str, tensor: Tensor, pads: Pads) -> Tensor:
    """Return pictures with zeros around them, along our axes of rows and columns."""
    if pads == ((0, 0), (0, 0)):
        return tensor
    layer = net.add(f"{name}_pad", "ZeroPadding2D", [tensor], padding=[list(side) for side in pads])
    return _widened(tensor, layer, pads, 1)


def cropped(net: Net, name: str, tensor: Tensor, cuts: Pads) -> Tensor:
    """Return pictures without their borders, along our axes of rows and columns."""
    if cuts == ((0, 0), (0, 0)):
        return tensor
    layer = net.add(f"{name}_crop", "Cropping2D", [tensor], cropping=[list(side) for side in cuts])
    return _widened(tensor, layer, cuts, -1)


def edged(net: Net, name: str, tensor: Tensor, pads: Pads) -> Tensor:
    """Return pictures with their outermost rows and columns repeated, which a maximum can't tell from nothing.

    Every window holds the row that is repeated in it, as long as pads are smaller than the window.
    """
    for ours, (before, after) in enumerate(pads, 1):
        size = tensor.shape[tensor.axes[ours]]
        if before + after == 0:
            continue
        if before + after > MAX_REPEATED:
            raise ValueError(f"pads {pads} before a maximum of numbers that may be negative are too many.")
        if size is None:
            raise ValueError(f"pads {pads} before a maximum of numbers that may be negative want a known size.")
        first = cropped(net, name, tensor, _along(ours, 0, size - 1))
        last = cropped(net, name, tensor, _along(ours, size - 1, 0))
        parts = [first] * before + [tensor] + [last] * after
        layer = net.add(f"{name}_edged", "Concatenate", parts, axis=ours)
        tensor = _widened(tensor, layer, _along(ours, before, after), 1)
    return tensor


def _along(ours: int, before: int, after: int) -> Pads:
    """Return pixels before and after our axis 1, rows, or 2, columns."""
    return ((before, after), (0, 0)) if ours == 1 else ((0, 0), (before, after))


def every(net: Net, name: str, tensor: Tensor, strides: Pair) -> str:
    """Take the answer at every s-th pixel, from the first on; return the layer."""
    return net.add(f"{name}_every", "MaxPooling2D", [tensor], pool_size=[1, 1], strides=list(strides))


def max_pooled(net: Net, name: str, node: Node, tensor: Tensor) -> Tensor:
    """Translate MaxPool: outside a picture there is nothing, not 0."""
    window = _pooling_window(node, tensor)
    return _pooled(net, name, "MaxPooling2D", tensor, window, zeros=tensor.positive)


def average_pooled(net: Net, name: str, node: Node, tensor: Tensor) -> Tensor:
    """Translate AveragePool: pads count where `count_include_pad` says so, else a window's own pixels alone."""
    hangs = bool(node.integer("ceil_mode", 0))
    window = _pooling_window(node, tensor)
    counted = bool(node.integer("count_include_pad", 0))
    if counted and hangs and window != _pooling_window(node, tensor, ceil=False):
        raise ValueError("`count_include_pad` with a window that `ceil_mode` lets hang over the edge is not done here.")
    if counted and window.pads is None:
        window = window._replace(pads=same_pads(window, tensor.pixels))
    return _pooled(net, name, "AveragePooling2D", tensor, window, zeros=counted)


def _pooling_window(node: Node, tensor: Tensor, ceil: bool = True) -> Window:
    """Read a pooling's window, pads in place of `ceil_mode`."""
    window = window_of(node, tensor.pixels)
    if window.dilation != (1, 1):
        raise ValueError("a pooling with dilations is not done here.")
    if window.pads and any(pad >= tap for side, tap in zip(window.pads, window.taps, strict=True) for pad in side):
        raise ValueError("its pads must be smaller than its window.")
    return window.floored(tensor.pixels) if ceil else window._replace(ceil=False)


def _pooled(net: Net, name: str, class_name: str, tensor: Tensor, window: Window, zeros: bool) -> Tensor:
    """Add a pooling; `zeros`: whether zeros around the picture are as good as nothing."""
    places = window.outputs(tensor.pixels)
    padding, pads = window.padding, window.pads
    if zeros and padding is None or (zeros and class_name == "AveragePooling2D" and padding == "same"):
        tensor, padding = padded(net, name, tensor, pads or ((0, 0), (0, 0))), "valid"
    if padding is not None:
        layer = net.add(
            name, class_name, [tensor], pool_size=list(window.taps), strides=list(window.strides), padding=padding
        )
        return _resized(tensor, layer, places)
    spare = [
        ((tap - 1) // 2 - before, tap - 1 - (tap - 1) // 2 - after)
        for tap, (before, after) in zip(window.taps, pads or (), strict=True)
    ]
    if min(map(min, spare)) < 0:
        if class_name == "AveragePooling2D":
            raise ValueError(f"pads {pads} around a window of {window.taps} that do not count are not done here.")
        edges = edged(net, name, tensor, pads or ((0, 0), (0, 0)))
        return _pooled(net, name, class_name, edges, window._replace(pads=((0, 0), (0, 0))), zeros)
    layer = net.add(
        f"{name}_everywhere", class_name, [tensor], pool_size=list(window.taps), strides=[1, 1], padding="same"
    )
    answers = cropped(net, name, _resized(tensor, layer, tensor.pixels), (spare[0], spare[1]))
    layer = answers.layer if window.strides == (1, 1) else every(net, name, answers, window.strides)
    return _resized(answers, layer, places)


def _widened(tensor: Tensor, layer: str, sides: Pads, sign: int) -> Tensor:
    """Return the tensor of a layer that puts these pixels around pictures, or cuts them off."""
    shape = list(tensor.shape)
    for axis, side in zip(tensor.axes[1:3], sides, strict=True):
        size = shape[axis]
        shape[axis] = None if size is None else size + sign * sum(side)
    return tensor._replace(layer=layer, shape=tuple(shape))


def _resized(tensor: Tensor, layer: str, pixels: Open) -> Tensor:
    return tensor._replace(layer=layer, shape=(*tensor.shape[:2], *pixels), axes=CHANNELS_LAST)


def _pair(sizes: list[int]) -> Pair:
    return sizes[0], sizes[1]
