"""A built example of every layer and of its settings, with inputs: what every layer promises is tried on each."""

import numpy as np
import pytest

from minicnn import (
    ELU,
    Activation,
    Add,
    Average,
    AveragePooling2D,
    BatchNormalization,
    CenterCrop,
    Concatenate,
    Conv2D,
    Conv2DTranspose,
    Cropping2D,
    Dense,
    DepthwiseConv2D,
    Dropout,
    Flatten,
    GaussianNoise,
    GlobalAveragePooling2D,
    GlobalMaxPooling2D,
    GroupNormalization,
    InputLayer,
    LayerNormalization,
    LeakyReLU,
    Maximum,
    MaxPooling2D,
    Minimum,
    Multiply,
    Normalization,
    Permute,
    PReLU,
    ReLU,
    Rescaling,
    Reshape,
    Resizing,
    SeparableConv2D,
    Sigmoid,
    Softmax,
    SpatialDropout2D,
    Subtract,
    UpSampling2D,
    ZeroPadding2D,
)
from tests.strategies import normal
from tests.tolerances import assert_same

IMAGE, ROW = (None, 5, 4, 2), (None, 6)
EXAMPLES = {
    "Conv2D": (lambda: Conv2D(3, (2, 3), padding="same", strides=(2, 1)), IMAGE),
    "Conv2D relu": (lambda: Conv2D(4, 3, groups=2, dilation_rate=(2, 1), activation="relu", use_bias=False), IMAGE),
    "MaxPooling2D": (lambda: MaxPooling2D((2, 3), 1, "same"), IMAGE),
    "Dense": (lambda: Dense(3), ROW),
    "Dense softmax": (lambda: Dense(3, activation="softmax"), ROW),
    "Dense pictures": (lambda: Dense(3), IMAGE),
    "ReLU": (lambda: ReLU(), IMAGE),
    "Sigmoid": (lambda: Sigmoid(), ROW),
    "Softmax": (lambda: Softmax(), ROW),
    "Softmax axis": (lambda: Softmax(axis=1), IMAGE),
    "Activation": (lambda: Activation("sigmoid"), IMAGE),
    "Activation linear": (lambda: Activation("linear"), IMAGE),
    "Flatten": (lambda: Flatten(), IMAGE),
    "Dropout": (lambda: Dropout(0.4, seed=3), IMAGE),
    "SpatialDropout2D": (lambda: SpatialDropout2D(0.4, seed=3), IMAGE),
    "Rescaling": (lambda: Rescaling(1 / 127.5, -1), IMAGE),
    "Add": (lambda: Add(), [IMAGE, IMAGE, IMAGE]),
    "Concatenate": (lambda: Concatenate(axis=2), [IMAGE, (None, 5, 1, 2)]),
    "InputLayer": (lambda: InputLayer((5, 4, 2)), IMAGE),
    "DepthwiseConv2D": (lambda: DepthwiseConv2D((2, 3), 2, "same", depth_multiplier=2), IMAGE),
    "DepthwiseConv2D relu6": (lambda: DepthwiseConv2D(2, activation="relu6", use_bias=False), IMAGE),
    "SeparableConv2D": (lambda: SeparableConv2D(3, (2, 3), padding="same", strides=2), IMAGE),
    "SeparableConv2D silu": (lambda: SeparableConv2D(3, 2, depth_multiplier=3, activation="silu"), IMAGE),
    "BatchNormalization": (lambda: BatchNormalization(), IMAGE),
    "BatchNormalization row": (lambda: BatchNormalization(1, 0.9, 1e-5, center=False), ROW),
    "BatchNormalization rows": (lambda: BatchNormalization(1), IMAGE),
    "CenterCrop": (lambda: CenterCrop(3, 2), IMAGE),
    "CenterCrop of pictures too small": (lambda: CenterCrop(7, 4), IMAGE),
    "AveragePooling2D": (lambda: AveragePooling2D((2, 3), 1, "same"), IMAGE),
    "GlobalAveragePooling2D": (lambda: GlobalAveragePooling2D(), IMAGE),
    "GlobalMaxPooling2D": (lambda: GlobalMaxPooling2D(keepdims=True), IMAGE),
    "ZeroPadding2D": (lambda: ZeroPadding2D(((1, 0), (2, 3))), IMAGE),
    "Cropping2D": (lambda: Cropping2D(((1, 0), (2, 1))), IMAGE),
    "Multiply": (lambda: Multiply(), [IMAGE, (None, 1, 1, 2), IMAGE]),
    "Reshape": (lambda: Reshape((4, -1)), IMAGE),
    "Normalization": (lambda: Normalization(), IMAGE),
    "Normalization constants": (lambda: Normalization((1, 3), [1.0, -2.0], [4.0, 9.0]), IMAGE),
    "ReLU6": (lambda: ReLU(6), IMAGE),
    "ReLU with a slope": (lambda: ReLU(negative_slope=0.2), IMAGE),
    "ReLU with all": (lambda: ReLU(1.0, 0.2, 0.5), IMAGE),
    "LeakyReLU": (lambda: LeakyReLU(0.1), IMAGE),
    "ELU": (lambda: ELU(0.5), IMAGE),
    "Activation hard_silu": (lambda: Activation("hard_silu"), ROW),
    "Average": (lambda: Average(), [IMAGE, (None, 2), IMAGE]),
    "Conv2DTranspose": (lambda: Conv2DTranspose(3, (2, 3), 2, "same"), IMAGE),
    "Conv2DTranspose tanh": (lambda: Conv2DTranspose(3, 2, dilation_rate=2, activation="tanh", use_bias=False), IMAGE),
    "GaussianNoise": (lambda: GaussianNoise(0.4, seed=3), IMAGE),
    "GroupNormalization": (lambda: GroupNormalization(2), IMAGE),
    "LayerNormalization": (lambda: LayerNormalization(), IMAGE),
    "LayerNormalization axes": (lambda: LayerNormalization([1, 3], scale=False), IMAGE),
    "Maximum": (lambda: Maximum(), [IMAGE, (None, 1, 1, 2), IMAGE]),
    "Minimum": (lambda: Minimum(), [IMAGE, IMAGE]),
    "PReLU": (lambda: PReLU((1, 2)), IMAGE),
    "PReLU row": (lambda: PReLU(), ROW),
    "Permute": (lambda: Permute((3, 1, 2)), IMAGE),
    "Resizing": (lambda: Resizing(3, 6, crop_to_aspect_ratio=True), IMAGE),
    "Subtract": (lambda: Subtract(), [IMAGE, (None, 2)]),
    "UpSampling2D": (lambda: UpSampling2D((2, 1), "bilinear"), IMAGE),
    "Activation gelu": (lambda: Activation("gelu"), ROW),
}
AUGMENTED = {  # what these layers need to be told
    "RandomBrightness": {"factor": 0.2},
    "RandomColorJitter": {"value_range": (0, 255), "brightness_factor": 0.2},
    "RandomContrast": {"factor": 0.2},
    "RandomColorDegeneration": {"factor": 0.5},
    "RandomHue": {"factor": 0.5},
    "RandomPosterization": {"factor": 4},
    "RandomRotation": {"factor": 0.2},
    "RandomSaturation": {"factor": 0.5},
    "RandomSharpness": {"factor": 0.5},
    "RandomShear": {"x_factor": 0.2},
    "RandomTranslation": {"height_factor": 0.2, "width_factor": 0.1},
    "RandomZoom": {"height_factor": 0.2},
    "AlphaDropout": {"rate": 0.2},
    "GaussianDropout": {"rate": 0.2},
}
every_layer = pytest.mark.parametrize("example", EXAMPLES)
one_input = pytest.mark.parametrize("example", [name for name, (_, shape) in EXAMPLES.items() if shape in (IMAGE, ROW)])
with_arrays = pytest.mark.parametrize("example", [name for name in EXAMPLES if "Conv2D" in name or "Dense" in name])


def make(example, dtype="float32", trainable=True):
    """Build a layer, always with the same weights."""
    factory, shape = EXAMPLES[example]
    layer = factory()
    layer.trainable = trainable
    layer.build(shape, np.random.default_rng(1), dtype)
    for array in layer.params.values():
        array[...] = normal(np.random.default_rng(2), array.shape, dtype)
    return layer


def draw(example, n=3, seed=3, dtype="float32"):
    """Draw an input (or a list of them) and a cotangent for it."""
    rng = np.random.default_rng(seed)
    layer = make(example)
    xs = [normal(rng, (n, *shape[1:]), dtype) for shape in shapes_of(layer)]
    return xs if isinstance(layer.input_shape, list) else xs[0], normal(rng, (n, *layer.output_shape[1:]), dtype)


def shapes_of(layer):
    """List the shapes of a layer's inputs."""
    return layer.input_shape if isinstance(layer.input_shape, list) else [layer.input_shape]


def first_array(layer):
    """Return the kernel, whatever it is called."""
    return next(iter(layer.params.values()))


def assert_all_same(got, want):
    """Compare arrays, lists and dicts of them."""
    if isinstance(want, dict):
        assert got.keys() == want.keys()
        got, want = list(got.values()), list(want.values())
    if isinstance(want, list):
        for one, other in zip(got, want, strict=True):
            assert_same(one, other)
    else:
        assert_same(got, want)
