"""Checks of layer arguments, one sentence each, shared by the layers that take them."""

import numpy as np

LARGEST = 2**31 - 1  # of any setting: what a compiled loop can count to


def positive_int(name, value):
    """Return value as an int of at least 1."""
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < 1:
        raise ValueError(f"`{name}` must be a positive integer. Received: {name}={value!r}.")
    if value > LARGEST:
        raise ValueError(f"`{name}` must be at most {LARGEST}. Received: {name}={value}.")
    return int(value)


def pair(name, value):
    """Return (height, width), both positive: 3 means (3, 3)."""
    values = value if isinstance(value, (tuple, list)) else (value, value)
    if len(values) != 2:
        raise ValueError(f"`{name}` must be one positive integer or two. Received: {name}={value!r}.")
    return tuple(positive_int(name, item) for item in values)


def one_of(name, value, choices):
    """Return value if it is among the choices."""
    if value not in choices:
        raise ValueError(f"`{name}` must be one of {', '.join(map(repr, choices))}. Received: {name}={value!r}.")
    return value


def image_shape(layer, shape):
    """Check that a layer's input is a batch of images, (None, H, W, C) with C known; H and W may be None."""
    if isinstance(shape, list) or len(shape) != 4 or shape[3] is None:
        hint = " (Input's shape is without the batch.)" if tuple(shape[:2]) == (None, None) and len(shape) == 5 else ""
        raise ValueError(
            f"Layer '{layer.name}' takes images of shape (None, height, width, channels). "
            f"Received: input_shape={shape}.{hint}"
        )
    return tuple(shape)
