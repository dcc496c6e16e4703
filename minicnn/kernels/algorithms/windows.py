"""How many windows fit: the output's sizes, checked, for every kind of convolution."""

from collections.abc import Sequence

from ...types import Pads, Pair


def output_sizes(sizes: Sequence[int], taps: Sequence[int], strides: Pair, pads: Pads, dilation: Pair) -> Pair:
    """Return (OH, OW), the windows along each axis: (size + before + after - span) // stride + 1.

    Raises
    ------
    ValueError
        A window must fit into its padded input of 3 pixels. Received: a window over 5 pixels.
    """
    output = []
    for size, k, s, pad, d in zip(sizes, taps, strides, pads, dilation, strict=True):
        span = (k - 1) * d + 1
        if span > size + sum(pad) or k < 1:
            raise ValueError(
                f"A window must fit into its padded input of {size + sum(pad)} pixels. "
                f"Received: a window over {span} pixels."
            )
        output.append((size + sum(pad) - span) // s + 1)
    return output[0], output[1]
