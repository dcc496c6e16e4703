"""Nets in which cells see the picture in every way there is, and what they see of it: by changing pixel after pixel."""

import numpy as np

from minicnn import (
    Activation,
    Add,
    AveragePooling2D,
    Conv2D,
    Conv2DTranspose,
    Cropping2D,
    DepthwiseConv2D,
    GlobalAveragePooling2D,
    GroupNormalization,
    Input,
    LayerNormalization,
    Model,
    Multiply,
    Permute,
    Resizing,
    Sequential,
    Softmax,
    UpSampling2D,
    ZeroPadding2D,
)
from minicnn.explain.terms import run_forward


def smooth():
    """Strides, dilation, padding, a frame put on and cut off, a residual way; nothing that hides a pixel's change."""
    x = Input((11, 13, 2))
    y = Conv2D(3, 3, strides=2, padding="same", activation="tanh")(x)
    z = Conv2D(3, (2, 3), padding="same", dilation_rate=(2, 1), activation="tanh")(y)
    y = AveragePooling2D(2, strides=1)(Add()([y, z]))
    y = Cropping2D(((0, 1), (1, 0)))(ZeroPadding2D(((1, 0), (0, 2)))(y))
    return Model(x, DepthwiseConv2D(2, padding="same")(y))


def squeezed():
    """Maps times a number a channel that was made of all pixels."""
    x = Input((6, 7, 2))
    y = Conv2D(3, 2)(x)
    gate = Activation("sigmoid")(Conv2D(3, 1)(GlobalAveragePooling2D(keepdims=True)(y)))
    return Model(x, Multiply()([y, gate]))


def framed():
    """One number a channel under a frame of zeros: the corners see no pixel."""
    x = Input((4, 5, 1))
    return Model(x, ZeroPadding2D(((1, 0), (0, 2)))(GlobalAveragePooling2D(keepdims=True)(x)))


def crossed():
    """Maps and the same maps turned."""
    x = Input((4, 4, 1))
    return Model(x, Add()([x, Permute((2, 1, 3))(x)]))


def row(shape, *layers):
    """Make a chain of layers."""
    return lambda: Sequential([Input(shape), *(layer() for layer in layers)])


FIELDS = {
    "smooth": smooth,
    "squeezed": squeezed,
    "framed": framed,
    # the floor drops what padding further on seems to reach
    "floor": row((10, 11, 1), lambda: Conv2D(1, 2, strides=3), lambda: Conv2D(1, 3, padding="same")),
    # some windows lie wholly in the frame: what is not computed there sees nothing
    "padded": row((6, 5, 1), lambda: Conv2D(1, 4), lambda: ZeroPadding2D(3), lambda: Conv2D(1, 2, strides=3)),
    "dilated": row((9, 8, 1), lambda: Conv2D(1, (2, 3), dilation_rate=(3, 2), padding="same"), lambda: Conv2D(1, 2)),
    "pool, up, conv": row((16, 8, 1), lambda: AveragePooling2D(4), lambda: UpSampling2D(4), lambda: Conv2D(2, 3)),
    "stride, up, conv": row((13, 11, 2), lambda: Conv2D(3, 3, 2), lambda: UpSampling2D(2), lambda: Conv2D(2, 2)),
    "up, same": row((5, 4, 1), lambda: UpSampling2D((2, 3)), lambda: Conv2D(2, 3, padding="same")),
    "up bilinear": row((6, 5, 1), lambda: UpSampling2D(2, "bilinear"), lambda: Conv2D(1, 2)),
    "transposed": row((7, 6, 2), lambda: Conv2DTranspose(3, 3, strides=2), lambda: Conv2D(2, 2)),
    "transposed same": row((5, 6, 1), lambda: Conv2DTranspose(2, (4, 3), strides=(3, 2), padding="same")),
    "transposed dilated": row((5, 6, 1), lambda: Conv2DTranspose(2, 3, dilation_rate=2), lambda: Conv2D(2, 2)),
    "transposed gaps": row((4, 3, 1), lambda: Conv2DTranspose(2, 2, strides=3), lambda: Conv2D(1, 1)),
    "bicubic": row((9, 7, 1), lambda: Resizing(4, 10, "bicubic"), lambda: Conv2D(1, 2)),
    "area": row((8, 9, 1), lambda: Resizing(2, 4, "area"), lambda: Conv2D(1, 2)),
    "nearest": row((8, 9, 1), lambda: Resizing(5, 4, "nearest"), lambda: Conv2D(1, 2)),
    "cropped": row((10, 16, 1), lambda: Resizing(5, 5, crop_to_aspect_ratio=True), lambda: Conv2D(1, 2)),
    "turned": row((7, 5, 2), lambda: Conv2D(2, (3, 1)), lambda: Permute((2, 1, 3)), lambda: Conv2D(2, (2, 1))),
    "rows to channels": row((4, 5, 3), lambda: Conv2D(2, 2), lambda: Permute((3, 1, 2)), lambda: Conv2D(1, 2)),
    "channels to columns": row((4, 5, 3), lambda: Permute((2, 3, 1)), lambda: Conv2D(2, (1, 2))),
    "crossed": crossed,
    "as it was": row((4, 5, 2), lambda: Permute((1, 2, 3)), lambda: Conv2D(2, (2, 1))),
    "groups": row((6, 5, 2), lambda: Conv2D(4, 3), lambda: GroupNormalization(2)),
    "layer rows": row((6, 5, 2), lambda: Conv2D(4, 3), lambda: LayerNormalization([1, 3])),
    "layer columns": row((6, 5, 2), lambda: LayerNormalization(2), lambda: Conv2D(1, 2)),
    "layer channels": row((6, 5, 2), lambda: Conv2D(4, 3), lambda: LayerNormalization()),
    "softmax of maps": row((6, 5, 2), lambda: Conv2D(4, 3), Softmax),
}

ROUNDING = 1e-10  # of float64: what is less has not changed


def boxes(model, x):
    """Change every pixel in turn: for each call and cell the box around the pixels that change it, None for none."""
    height, width, channels = x.shape
    changed = np.repeat(x[None], height * width + 1, 0)
    for at, (h, w) in enumerate(np.ndindex(height, width), 1):
        changed[at, h, w] += np.linspace(1, 2, channels)
    _, values = run_forward(model, changed)
    found = {}
    for key, y in values.items():
        if y.ndim != 4:
            continue
        moved = (abs(y[1:] - y[:1]) > ROUNDING).any(-1).reshape(height, width, *y.shape[1:3])
        found[key] = {}
        for cell in np.ndindex(*y.shape[1:3]):
            rows, columns = np.nonzero(moved[(..., *cell)])
            found[key][cell] = None if not len(rows) else around(rows, columns)
    return found


def around(rows, columns):
    top, left = int(rows.min()), int(columns.min())
    return {"row": top, "column": left, "height": int(rows.max()) - top + 1, "width": int(columns.max()) - left + 1}
