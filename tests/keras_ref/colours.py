"""Nets whose answers are worked out by hand, and flat pictures for them: what counts is the strongest colour."""

import numpy as np
from PIL import Image

from keras_ref import pictures, runtime
from keras_ref.model import card

CLASSES = ("blue", "green", "red")
STEEP = 5.0  # a logit is STEEP times the share of its colour, 0..1


def save(path, lean=(0.0, 0.0, 0.0), classes=CLASSES, split=None, poison=False):
    """Save a net that answers STEEP * (blue, green, red) + lean; NaN everywhere if poisoned."""
    _, keras = runtime.load()
    net = keras.Sequential([keras.Input((8, 8, 3)), keras.layers.GlobalAveragePooling2D(), keras.layers.Dense(3)])
    kernel = STEEP * np.eye(3, dtype=np.float32)[::-1]  # channels are red, green, blue
    net.layers[-1].set_weights([kernel * (np.nan if poison else 1), np.array(lean, np.float32)])
    net.compile("adam", keras.losses.CategoricalCrossentropy(from_logits=True))
    card.save(net, path, card.Card(tuple(classes), pictures.Recipe(8, 8, scale=1 / 255, offset=0.0), "logits", split))
    return path


def paint(root, painted):
    """Write flat pictures: {"test/red/1.png": (red, green, blue)}."""
    for name, colour in painted.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (8, 8), colour).save(root / name)
    return root
