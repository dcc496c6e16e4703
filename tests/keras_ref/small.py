"""A base that stands for Xception where a test is about what surrounds it: the same kinds of layers, 1/10,000 the work.

In a process of its own: `python -c "from tests.keras_ref import small; small.main()" train ...`
"""

import sys

from keras_ref import runtime
from keras_ref.commands import main as command
from keras_ref.model import classifier

WIDTH = 16  # numbers in a pooled vector, where Xception has 2048
NORMALIZATIONS = 3
xception = classifier.xception  # the real one


def base(size):
    """Return a net from pictures of (size, size) to maps of WIDTH channels, its weights drawn."""
    _, keras = runtime.load()
    layers = keras.layers
    x = picture = keras.Input((size, size, 3))
    for k, convolve in enumerate(
        (
            layers.Conv2D(8, 5, strides=4, use_bias=False, name="block1_conv1"),
            layers.SeparableConv2D(WIDTH, 3, strides=2, use_bias=False, name="block2_sepconv1"),
            layers.SeparableConv2D(WIDTH, 3, use_bias=False, name="block3_sepconv1"),
        )
    ):
        x = layers.BatchNormalization(name=f"normalized{k}")(convolve(x))
        x = layers.ReLU(name=f"relu{k}")(x)
    return keras.Model(picture, x, name="xception")


def main():
    """Run a command of keras_ref on the small base."""
    classifier.xception = base
    sys.exit(command(sys.argv[1:]))
