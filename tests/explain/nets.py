"""The nets that the explorer's tests look into: small, with every kind of layer and setting somewhere."""

import numpy as np

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
    Input,
    LayerNormalization,
    LeakyReLU,
    Maximum,
    MaxPooling2D,
    Minimum,
    Model,
    Multiply,
    Normalization,
    Permute,
    PReLU,
    ReLU,
    Rescaling,
    Reshape,
    Resizing,
    SeparableConv2D,
    Sequential,
    Sigmoid,
    Softmax,
    SpatialDropout2D,
    Subtract,
    UpSampling2D,
    ZeroPadding2D,
)
from minicnn.layers import LAYERS
from minicnn.models import homework, tinyvgg


def randomise(model, seed=1):
    """Give every array of a model random numbers: a fresh bias of 0 hides mistakes."""
    rng = np.random.default_rng(seed)
    for layer in model.layers:
        if hasattr(layer, "layers"):
            randomise(layer, seed + 1)
            continue
        for key, array in (*layer.params.items(), *layer.state.items()):
            array[...] = rng.normal(scale=0.4, size=array.shape)
            if "variance" in key or key == "gamma":
                array[...] = abs(array) + 0.5
    return model


def plain():
    """Tiny VGG on 18 x 16 pixels: Rescaling, Conv2D, ReLU, MaxPooling2D, Flatten, Dense, Softmax."""
    return randomise(tinyvgg((18, 16), 4, seed=0))


def homework_net():
    """Return the homework's net on 12 x 12 pixels: fused ReLUs and a sigmoid."""
    return randomise(homework((12, 12), 2, seed=0))


def settings():
    """`same` padding, strides, dilation, groups, windows that overlap, fused softmax."""
    return randomise(
        Sequential(
            [
                Input((12, 12, 2)),
                Cropping2D(((1, 0), (2, 1))),
                Conv2D(4, 3, strides=2, padding="same", activation="relu"),
                Conv2D(6, (2, 3), padding="same", dilation_rate=2, groups=2),
                Activation("sigmoid"),
                MaxPooling2D(3, strides=2, padding="same"),
                Dropout(0.5),
                Flatten(),
                Dense(3, activation="softmax"),
            ],
            seed=0,
        )
    )


def branches():
    """Return a graph with Add, Multiply, Concatenate and a nested model."""
    inner_input = Input((6, 6, 3))
    inner = Model(inner_input, ReLU()(Conv2D(3, 3, padding="same", name="conv")(inner_input)), name="inner")
    x = Input((6, 6, 3))
    left, right = inner(x), Conv2D(3, 1, activation="tanh", name="right")(x)
    both = Concatenate()([Add()([left, right]), Multiply()([left, right]), left])
    return randomise(Model(x, Sigmoid()(Dense(2, name="last")(Flatten()(MaxPooling2D(2)(both))))))


def later():
    """Return the layers of Xception and MobileNet, and what shapes and shifts."""
    return randomise(
        Sequential(
            [
                Input((8, 9, 3)),
                ZeroPadding2D(((0, 1), (1, 0))),
                DepthwiseConv2D(3, depth_multiplier=2, strides=2, activation="relu6"),
                BatchNormalization(),
                LeakyReLU(0.2),
                SeparableConv2D(4, 2, padding="same", activation="elu"),
                ELU(0.5),
                Cropping2D(((0, 1), (0, 0))),
                AveragePooling2D(2, strides=1, padding="same"),
                Reshape((4, 3, 4)),
                Conv2D(3, 2, activation="gelu"),
                GlobalAveragePooling2D(),
                Dense(3),
                Softmax(),
            ],
            seed=0,
        )
    )


def prepared():
    """Return what stands before the first convolution: augmentation, means and deviations, a scale a channel."""
    return randomise(
        Sequential(
            [
                Input((6, 7, 3)),
                LAYERS["RandomFlip"](),
                Normalization(mean=[99.0, 120.0, 80.0], variance=[900.0, 2e3, 4e3]),
                Normalization(axis=(1, 3)),
                Rescaling([2.0, 0.5, 1.5], [0.1, -0.2, 0.3]),
                SpatialDropout2D(0.5),
                Conv2D(4, 3, activation="tanh"),
                GaussianNoise(0.1),
                Flatten(),
                Dense(3),
                Softmax(),
            ],
            seed=0,
        )
    )


def strongest():
    """Global pools, one with its axes kept; activations that keep x; a plain normalization; several sigmoids."""
    x = Input((7, 6, 3))
    y = Conv2D(4, 3, activation="silu", name="left")(x)
    deep = DepthwiseConv2D(2, activation="relu", name="deep")(BatchNormalization(scale=False, center=False)(y))
    most = Flatten()(GlobalMaxPooling2D(keepdims=True)(deep))
    both = Concatenate()([GlobalMaxPooling2D()(y), most, GlobalAveragePooling2D()(y)])
    return randomise(Model(x, Dense(3, activation="sigmoid", name="last")(Dense(5, activation="gelu")(both))))


def shared():
    """Call layers at several sizes: a convolution, a pool, a ReLU, and a nested model of open size."""
    again, pool, relu = Conv2D(3, 3, padding="same", name="again"), MaxPooling2D(2, name="pool"), ReLU(name="bend")
    inside = Input((None, None, 3))
    inner = Model(inside, Conv2D(3, 1, activation="relu", name="one")(inside), name="inner")
    x = Input((8, 8, 3))
    y = inner(pool(relu(again(x))))  # 4 x 4
    y = inner(pool(relu(again(y))))  # 2 x 2
    return randomise(Model(x, Softmax()(Dense(3)(Flatten()(y)))))


def larger():
    """What autoencoders are made of: maps become larger, and other ones join them."""
    x = Input((6, 5, 2))
    small = PReLU((1, 2))(Conv2D(3, 3, strides=2, padding="same")(x))
    up = UpSampling2D(2, "bilinear")(small)
    wide = Conv2DTranspose(3, 3, strides=2, padding="same", activation="tanh")(small)
    both = [Subtract()([up, wide]), Average()([up, wide]), Maximum()([up, wide]), Minimum()([wide, up])]
    even = Resizing(5, 4)(GroupNormalization(3)(Concatenate()(both)))
    turned = Permute((2, 1, 3))(CenterCrop(4, 4)(LayerNormalization([1, 3])(even)))
    return randomise(Model(x, Softmax()(Dense(3)(Flatten()(Conv2D(2, 2)(turned))))))


def bent():
    """ReLUs of every setting: a threshold, a slope, a bound, and all of them."""
    layers = [Conv2D(4, 2), ReLU(threshold=0.2, name="cut"), Conv2D(4, 2), ReLU(negative_slope=0.3), Conv2D(4, 2)]
    ending = [ReLU(0.9, 0.25, 0.1, name="all"), Flatten(), Dense(9), ReLU(max_value=0.7, name="top"), Dense(3)]
    return randomise(Sequential([Input((6, 5, 2)), *layers, *ending, Softmax()], seed=0))


NETS = {
    "bent": bent,
    "larger": larger,
    "plain": plain,
    "homework": homework_net,
    "settings": settings,
    "branches": branches,
    "later": later,
    "prepared": prepared,
    "strongest": strongest,
    "shared": shared,
}


def picture(model, seed=0, examples=2):
    """Draw examples of a model's input: pixels where it scales them itself."""
    x = np.random.default_rng(seed).random((examples, *model.inputs[0].shape[1:]), np.float32)
    return x * np.float32(255) if any(isinstance(layer, Rescaling) for layer in model.layers) else x


def label(model):
    """Make one label an example."""
    return [1, 0] if model.output_shape[-1] > 2 else np.eye(model.output_shape[-1])[:1].repeat(2, 0)
