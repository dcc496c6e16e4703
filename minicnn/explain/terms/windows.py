"""Which input pixels a window covers, and which windows cover a pixel: convolution and pooling alike."""

from dataclasses import dataclass

from ... import reference


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
        size = layer.kernel_size if hasattr(layer, "kernel_size") else layer.pool_size
        dilation = getattr(layer, "dilation_rate", (1, 1))
        pads = reference.window_pads(layer.padding, picture, size, layer.strides, dilation)
        outputs = tuple(
            reference.output_size(n, k, s, sum(pad), d)
            for n, k, s, pad, d in zip(picture, size, layer.strides, pads, dilation, strict=True)
        )
        return cls(size, layer.strides, pads, dilation, tuple(picture), outputs)

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
