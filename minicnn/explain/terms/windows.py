"""Which input pixels a window covers, and which windows cover a pixel: convolution and pooling alike."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Windows:
    """A window that slides over pictures of one size."""

    size: tuple  # (KH, KW) taps
    strides: tuple
    pads: tuple  # ((top, bottom), (left, right))
    dilation: tuple
    picture: tuple  # (H, W) pixels
    outputs: tuple  # (OH, OW)

    @classmethod
    def of(cls, layer, picture):
        """Read the settings of a convolution or pooling layer, for pictures of (H, W) pixels."""
        pads, outputs = layer.pads(picture), layer.output_sizes(picture)
        return cls(layer.taps, layer.strides, pads, layer.dilation_rate, tuple(picture), outputs)

    def taps(self, i, j):
        """Yield (a, b, h, w, inside) for the window of output (i, j), row by row; outside lies the padding."""
        for a in range(self.size[0]):
            h = i * self.strides[0] + a * self.dilation[0] - self.pads[0][0]
            for b in range(self.size[1]):
                w = j * self.strides[1] + b * self.dilation[1] - self.pads[1][0]
                yield a, b, h, w, 0 <= h < self.picture[0] and 0 <= w < self.picture[1]

    def readers(self, h, w):
        """Yield (i, j, a, b) for every window that covers pixel (h, w), and with which of its taps."""
        for i, a in self._axis(0, h):
            for j, b in self._axis(1, w):
                yield i, j, a, b

    def _axis(self, axis, at):
        for tap in range(self.size[axis]):
            start = at + self.pads[axis][0] - tap * self.dilation[axis]
            if start >= 0 and start % self.strides[axis] == 0 and start // self.strides[axis] < self.outputs[axis]:
                yield start // self.strides[axis], tap

    def winner(self, x, i, j, c):
        """Find (h, w) of a pooling window's first maximum in row order, and all cells that tie for it.

        `x` is one example, (H, W, C). NaN counts as the largest.
        """
        cells = [(h, w) for _, _, h, w, inside in self.taps(i, j) if inside]
        first = next((cell for cell in cells if x[cell[0], cell[1], c] != x[cell[0], cell[1], c]), None)
        if first is not None:
            return first, [first]
        best = max(x[h, w, c] for h, w in cells)
        tied = [(h, w) for h, w in cells if x[h, w, c] == best]
        return tied[0], tied
