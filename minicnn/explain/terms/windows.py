"""Which input pixels a window covers, and which windows cover a pixel: convolution and pooling alike."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ...layers import DepthwiseConv2D, SeparableConv2D, Windowed
from ...types import Array, Pads, Pair

Depthwise = DepthwiseConv2D | SeparableConv2D  # layers whose window sees one channel at a time


@dataclass(frozen=True)
class Windows:
    """A window that slides over images of one size.

    Attributes
    ----------
    size : (KH, KW)
        Taps along each axis.
    strides : (sh, sw)
        From window to window, pixels.
    pads : ((top, bottom), (left, right))
        Pixels.
    dilation : (dh, dw)
        From tap to tap, pixels.
    picture : (H, W)
        The image's size, pixels.
    outputs : (OH, OW)
        How many windows there are along each axis.

    Examples
    --------
    >>> from minicnn import Conv2D
    >>> windows = Windows.of(Conv2D(1, 3), (5, 5))
    >>> windows.outputs, [(h, w) for _, _, h, w, _ in windows.taps(1, 2)][:3]
    ((3, 3), [(1, 2), (1, 3), (1, 4)])
    >>> list(windows.readers(0, 1))  # outputs that read pixel (0, 1), and with which tap
    [(0, 1, 0, 0), (0, 0, 0, 1)]
    """

    size: Pair
    strides: Pair
    pads: Pads
    dilation: Pair
    picture: Pair
    outputs: Pair

    @classmethod
    def of(cls, layer: Windowed, picture: Sequence[int]) -> "Windows":
        """Read the settings of a convolution or pooling layer, for images of (H, W) pixels."""
        height, width = picture
        down, across = layer.output_sizes((height, width))
        assert down is not None and across is not None  # both sizes are known
        pads = layer.pads((height, width))
        return cls(layer.taps, layer.strides, pads, layer.dilation_rate, (height, width), (down, across))

    def taps(self, i: int, j: int) -> Iterator[tuple[int, int, int, int, bool]]:
        """Yield (a, b, h, w, inside) for the window of output (i, j), row by row; outside lies the padding."""
        for a in range(self.size[0]):
            h = i * self.strides[0] + a * self.dilation[0] - self.pads[0][0]
            for b in range(self.size[1]):
                w = j * self.strides[1] + b * self.dilation[1] - self.pads[1][0]
                yield a, b, h, w, 0 <= h < self.picture[0] and 0 <= w < self.picture[1]

    def readers(self, h: int, w: int) -> Iterator[tuple[int, int, int, int]]:
        """Yield (i, j, a, b) for every window that covers pixel (h, w), and with which of its taps."""
        for i, a in self._axis(0, h):
            for j, b in self._axis(1, w):
                yield i, j, a, b

    def _axis(self, axis: int, at: int):
        for tap in range(self.size[axis]):
            start = at + self.pads[axis][0] - tap * self.dilation[axis]
            if start >= 0 and start % self.strides[axis] == 0 and start // self.strides[axis] < self.outputs[axis]:
                yield start // self.strides[axis], tap

    def winner(self, x: Array, i: int, j: int, c: int) -> tuple[Pair, list[Pair]]:
        """Find a pooling window's first maximum in row order, and all cells that tie for it.

        Parameters
        ----------
        x : (H, W, C)
            One example; NaN counts as the largest.
        i, j, c : int
            The output's row, column and channel.

        Returns
        -------
        first : (h, w)
        tied : list of (h, w)
        """
        cells = [(h, w) for _, _, h, w, inside in self.taps(i, j) if inside]
        first = next((cell for cell in cells if x[cell[0], cell[1], c] != x[cell[0], cell[1], c]), None)
        if first is not None:
            return first, [first]
        best = max(x[h, w, c] for h, w in cells)
        tied = [(h, w) for h, w in cells if x[h, w, c] == best]
        return tied[0], tied
