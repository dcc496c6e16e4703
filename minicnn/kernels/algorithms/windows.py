"""How many windows fit: the output's sizes, checked, for convolution and pooling alike."""

from collections.abc import Sequence

from ...types import Pads, Pair


def output_sizes(
    name: str, sizes: Sequence[int], window: Sequence[int], strides: Pair, pads: Pads, dilation: Pair = (1, 1)
) -> Pair:
    """Return (OH, OW), the windows along each axis: (size + before + after - span) // stride + 1.

    `name` is that of the argument that tells how large a window is, for the sentence. A window of k taps that stand d
    apart spans (k - 1) * d + 1 pixels.

    Raises
    ------
    ValueError
        `kernel` must fit into its padded input of 3 pixels. Received: a window over 5 pixels.
    """
    output = []
    for size, k, s, pad, d in zip(sizes, window, strides, pads, dilation, strict=True):
        span = (k - 1) * d + 1
        if span > size + sum(pad) or k < 1:
            raise ValueError(
                f"`{name}` must fit into its padded input of {size + sum(pad)} pixels. "
                f"Received: a window over {span} pixels."
            )
        output.append((size + sum(pad) - span) // s + 1)
    return output[0], output[1]
