"""The kernels of a layer that reads colours, as pictures: what each filter looks for, in red, green and blue."""

import numpy as np

from ...models import Model
from ...types import AnyArray
from ..terms import find, unfold


def kernel_pictures(model: Model, layer: str | None = None) -> AnyArray:
    """Draw the kernels of a convolution over three channels: grey is 0, brighter above, darker below.

    p = 127.5 + 127.5 * w / max |w|, rounded; the largest weight of the layer, by its size, is 255 or 0

    Parameters
    ----------
    model : Model
        Built.
    layer : str, optional
        Its name; by default the first convolution.

    Returns
    -------
    pictures : (F, KH, KW, 3) uint8
        One a filter.

    Raises
    ------
    ValueError
        It is no Conv2D, or one whose kernel reads other than three channels.

    Notes
    -----
    Source: Krizhevsky, Sutskever & Hinton 2012, "ImageNet classification with deep convolutional neural networks",
    figure 3.

    Examples
    --------
    >>> from minicnn import Conv2D, Input, Sequential
    >>> model = Sequential([Input((1, 1, 3)), Conv2D(2, 1)])
    >>> model.set_weights([np.array([[[[1.0, 0.0], [-1.0, 0.5], [0.0, 0.0]]]]), np.zeros(2)])
    >>> kernel_pictures(model).tolist()  # the first likes red and dislikes green
    [[[[255, 0, 128]]], [[[128, 191, 128]]]]
    """
    places = unfold(model)
    names = [key for key, at in places.items() if at.kind == "Conv2D"]
    at = find(places, layer if layer is not None else (names or [""])[0])[0] if layer is not None or names else None
    if at is None or at.kind != "Conv2D" or at.layer.params["kernel"].shape[2] != 3:
        received = "a model without a Conv2D" if at is None else f"{at.key!r}, a {at.kind}"
        if at is not None and at.kind == "Conv2D":
            received += f" whose kernel reads {at.layer.params['kernel'].shape[2]}"
        raise ValueError(f"`layer` must be a Conv2D whose kernel reads three channels. Received: {received}.")
    kernel = np.asarray(at.layer.params["kernel"], np.float64)
    most = np.abs(kernel).max() or 1.0
    return np.moveaxis(np.floor(128 + 127.5 * kernel / most), -1, 0).clip(0, 255).astype(np.uint8)
