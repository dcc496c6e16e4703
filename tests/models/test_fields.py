"""Receptive fields against brute force: each pixel is changed by itself, and what comes out otherwise depends on it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minicnn import (
    Activation,
    Add,
    AveragePooling2D,
    CenterCrop,
    Concatenate,
    Conv2D,
    Conv2DTranspose,
    Cropping2D,
    Dense,
    Flatten,
    GlobalAveragePooling2D,
    GroupNormalization,
    Input,
    LayerNormalization,
    MaxPooling2D,
    Model,
    Multiply,
    Permute,
    Rescaling,
    Reshape,
    Resizing,
    Sequential,
    Softmax,
    UpSampling2D,
    ZeroPadding2D,
)
from minicnn.models.fields import receptive_fields
from minicnn.models.summary import rows, summary
from minicnn.reference import INTERPOLATIONS

pairs = st.tuples(st.integers(1, 3), st.integers(1, 3))
filters = st.sampled_from(INTERPOLATIONS)


def bent(layer):
    """Bend what a layer returns: of a normalization the mean, of a softmax the sum depends on nothing."""
    return lambda x: Activation("tanh")(layer(Rescaling(0.1)(x)))


def cut_to_fit(layer):
    """Add a 3 x 3 window to the place in its middle."""
    return lambda x: Add()([layer(x), Cropping2D(1)(x)])


windows = st.fixed_dictionaries({"kernel_size": pairs, "strides": st.just((1, 1)) | pairs}) | st.fixed_dictionaries(
    {"kernel_size": pairs, "dilation_rate": pairs}
)
WHOLES = [
    lambda x: bent(GroupNormalization(1))(x),
    lambda x: bent(LayerNormalization(1))(x),
    lambda x: bent(LayerNormalization((2, 3)))(x),
    lambda x: bent(Softmax(1))(x),
    lambda x: bent(Softmax(2))(x),
    lambda x: GlobalAveragePooling2D(keepdims=True)(x),
    lambda x: Multiply()([x, GlobalAveragePooling2D(keepdims=True)(x)]),
    lambda x: Add()([x, bent(GroupNormalization(1))(x)]),
]
unpadded = st.one_of(
    st.builds(lambda window, strides: AveragePooling2D(window, strides), pairs, pairs),
    st.builds(UpSampling2D, pairs, filters),
    st.builds(Resizing, st.integers(3, 14), st.integers(3, 14), filters, st.booleans()),
    st.builds(CenterCrop, st.integers(3, 14), st.integers(3, 14)),
    st.tuples(pairs, pairs).map(Cropping2D),
    st.sampled_from([(1, 2, 3), (2, 1, 3)]).map(Permute),
    st.builds(Dense, st.just(2)),
    st.builds(lambda: cut_to_fit(Conv2D(2, 3))),
    st.builds(lambda: lambda x: Concatenate(axis=1)([x, Conv2D(2, 1)(x)])),
    st.sampled_from(WHOLES),
)
padded = st.one_of(
    st.builds(lambda window, strides: AveragePooling2D(window, strides, "same"), pairs, pairs),
    st.tuples(pairs, pairs).map(ZeroPadding2D),
)


def chains(steps, padding):
    """Draw one to four layers."""
    kinds = st.sampled_from([Conv2D, Conv2DTranspose])
    convolutions = st.builds(lambda kind, how, padding: kind(2, **how, padding=padding), kinds, windows, padding)
    return st.lists(steps | convolutions, min_size=1, max_size=4)


def built(size, layers, seed=0):
    """Build a chain in float64; layers that do not fit, or would divide by nothing, are left out."""
    x = y = Input((*size, 2))
    for layer in layers:
        try:
            z = layer(y)
        except ValueError:
            continue
        if max(z.shape[1:3]) <= 40 and (layer not in WHOLES or min(y.shape[1:3]) > 1):
            y = z
    model = Model(x, Activation("tanh")(x) if y is x else y, seed=seed).astype("float64")
    rng = np.random.default_rng(seed)
    model.set_weights([rng.normal(0.05, 0.4, array.shape) for array in model.get_weights()])
    return model


def dependence(model):
    """Return, for each call with maps: whether place [i, j] depends on pixel [h, w], as [h, w, i, j]."""
    _, height, width, channels = model.input_shape
    x = np.random.default_rng(1).normal(size=(height, width, channels))
    batch = np.repeat(x[None], height * width + 1, 0)
    for pixel in range(height * width):
        batch[pixel, pixel // width, pixel % width] += np.random.default_rng(2).normal(size=channels) + 1
    values = {}
    model.forward(batch, record=values)
    found = {}
    for key, y in values.items():
        if y.ndim == 4:
            moved = (abs(y[:-1] - y[-1:]) > 1e-11 * (1 + abs(y).max())).any(-1)
            found[key] = moved.reshape(height, width, *y.shape[1:3])
    return found


def extents(depends):
    """Return (first, last) pixel that each place depends on, per axis of the picture; places that see none left out."""
    result = []
    for axis in (0, 1):
        seen = depends.any(1 - axis).reshape(depends.shape[axis], -1)  # [h or w, place]
        seen = seen[:, seen.any(0)]
        result.append((seen.argmax(0), len(seen) - 1 - seen[::-1].argmax(0)))
    return result


sizes = st.tuples(st.integers(8, 14), st.integers(8, 14))


@given(sizes, chains(unpadded, st.just("valid")))
def test_without_padding_it_is_exact(size, layers):
    model = built(size, layers)
    fields = receptive_fields(model.calls())
    for key, depends in dependence(model).items():
        want = tuple(int((last - first).max(initial=-1)) + 1 for first, last in extents(depends))
        assert fields[key] == want, key


any_padding = st.sampled_from(["valid", "same"])


@given(sizes, chains(unpadded | padded, any_padding))
def test_with_padding_it_is_never_too_small(size, layers):
    model = built(size, layers)
    fields = receptive_fields(model.calls())
    for key, depends in dependence(model).items():
        for field, (first, last) in zip(fields[key], extents(depends), strict=True):
            assert field >= int((last - first).max(initial=-1)) + 1, key


@given(st.tuples(st.integers(20, 26), st.integers(20, 26)), chains(unpadded | padded, any_padding))
def test_with_padding_it_is_exact_where_the_picture_is_large_enough(size, layers):
    """So that a place in the middle sees the picture alone: of as many places as there are kinds of them."""
    model = built(size, layers)
    calls = model.calls()
    fields, places = receptive_fields(calls), {call.key: min(call.shape[1:3]) for call in calls}
    for key, depends in dependence(model).items():
        if min(places.values()) < 8:
            break
        for length, field, (first, last) in zip(size, fields[key], extents(depends), strict=True):
            if field <= length // 2:
                assert field == int((last - first).max()) + 1, key


def field(*layers, size=(64, 64)):
    """Return the last layer's field."""
    return rows(Sequential([Input((*size, 2)), *layers], seed=0))[-1]["field"]


@pytest.mark.parametrize(
    ("layers", "want"),
    [
        ([MaxPooling2D(4), UpSampling2D(4), Conv2D(1, 3)], 8),  # three places straddle two pools of 4
        ([Conv2D(1, 3, strides=2), UpSampling2D(2), Conv2D(1, 2)], 5),  # two windows of 3, 2 apart
        ([Conv2DTranspose(1, 3, strides=2), Conv2D(1, 2)], 2),  # of 3 taps 2 apart every second place has one pixel
        ([Resizing(16, 16, "area")], 4),  # a quarter of 64: 4 pixels each
        ([Resizing(48, 48, "area")], 2),
        ([Conv2D(1, 3), GroupNormalization(1)], 64),
        ([Conv2D(1, 3), Softmax(1)], (64, 3)),
        ([Conv2D(1, (3, 5)), Permute((2, 1, 3)), Conv2D(1, (1, 3))], (5, 5)),  # the second one's columns are rows
        ([Conv2D(1, 3, padding="same"), Conv2D(1, 63, padding="same")], 65),  # the padding counts: all see some
    ],
)
def test_by_hand(layers, want):
    assert field(*layers) == (want if isinstance(want, tuple) else (want, want))


def test_crop_to_aspect_ratio_steps_as_what_is_left_does():
    """100 x 160 is cut to 100 x 100, of which an output of 50 x 50 reads 2 x 2 side by side."""
    assert field(Resizing(50, 50, "bilinear", True), Conv2D(1, 2), size=(100, 160)) == (4, 4)


def test_places_that_are_moved_about_are_not_told():
    assert field(Conv2D(1, 3), Reshape((31, 124, 1))) is None
    assert field(Conv2D(1, 3), Reshape((62, 62, 1, 1)), Reshape((62, 62, 1))) == (3, 3)
    assert field(Conv2D(1, 3), Reshape((31, 124, 1)), Flatten()) == "all"
    assert field(Conv2D(1, 3), Flatten(), Reshape((62, 62, 1)), Conv2D(1, 3)) is None
    assert field(Flatten(), Dense(9), Reshape((3, 3, 1)), Conv2D(1, 2)) == "all"
    assert field(GlobalAveragePooling2D(), Reshape((1, 1, 2))) == "all"
    assert "? x ?" in summary(Sequential([Input((4, 4, 1)), Reshape((2, 8, 1))]))
    x = Input((8, 8, 1))
    assert rows(Model(x, Add()([x, Permute((2, 1, 3))(x)])))[-1]["field"] is None  # row i and column i


def test_rows_that_become_channels_are_seen_by_all():
    assert field(Permute((3, 1, 2)), size=(6, 9)) == (1, 9)


def test_a_row_that_goes_in_becomes_the_picture():
    table = rows(Sequential([Input((784,)), Rescaling(1 / 255), Reshape((28, 28, 1)), Conv2D(2, 3), Flatten()], seed=0))
    assert [row["field"] for row in table] == ["all", "all", (1, 1), (3, 3), "all"]
    noise = [Input((9,)), Dense(16), Reshape((4, 4, 1)), Conv2D(1, 2)]
    assert [row["field"] for row in rows(Sequential(noise, seed=0))] == ["all"] * 4


def test_a_picture_without_an_axis_of_channels():
    table = rows(Sequential([Input((28, 28)), Reshape((28, 28, 1)), Conv2D(2, 3)], seed=0))
    assert table[-1]["field"] == (3, 3)
    assert rows(Sequential([Input((28, 28)), Dense(3), Reshape((28, 3, 1))], seed=0))[1]["field"] == (1, 28)


def test_open_sizes():
    """What does not hang on the size is told."""

    def of(*layers):
        return field(*layers, size=(None, None))

    assert of(Conv2D(1, 3, strides=2, padding="same"), MaxPooling2D(2, padding="same"), Conv2D(1, 3)) == (13, 13)
    assert of(MaxPooling2D(2), MaxPooling2D(2), UpSampling2D(2), UpSampling2D(2), Conv2D(1, 3)) == (8, 8)
    assert of(UpSampling2D(3, "bicubic"), Conv2D(1, 3)) == (5, 5)
    assert of(Conv2DTranspose(1, 4, strides=2), Conv2D(1, 3)) == field(Conv2DTranspose(1, 4, strides=2), Conv2D(1, 3))
    assert of(GlobalAveragePooling2D(keepdims=True)) == of(GroupNormalization(1)) == "all"
    assert of(Softmax(1)) is None  # all rows of one column
    assert of(Resizing(8, 8)) is None


def test_two_pictures_are_two():
    """What is seen of the one is not added to what is seen of the other."""
    x, z = Input((20, 20, 1)), Input((20, 20, 1))
    left = Cropping2D(((0, 10), (0, 10)))(Conv2D(1, 3, padding="same")(x))
    right = Cropping2D(((10, 0), (10, 0)))(Conv2D(1, 5, padding="same")(z))
    assert rows(Model([x, z], Add()([left, right])))[-1]["field"] == (5, 5)


def test_no_net_is_too_deep_or_too_wide():
    """Windows as large as a file may name them, sizes that are not looked at one by one."""
    pools = [MaxPooling2D(2, padding="same") for _ in range(70)]
    assert field(*pools, size=(8, 8)) == "all"
    assert field(MaxPooling2D(2**31 - 1, padding="same"), size=(8, 8)) == (2**31 - 1, 2**31 - 1)
    assert field(MaxPooling2D((3, 1)), UpSampling2D((2, 1)), size=(2**20, 1)) == (3, 1)
    ups = [UpSampling2D((factor, 1)) for factor in (101, 103, 107)]
    assert field(*ups, size=(None, 4)) is None


def test_deep_nets_are_as_published():
    """The last pool of VGG16 sees 212 pixels: Araujo et al."""

    def last(size):
        blocks = [[*(Conv2D(1, 3, padding="same") for _ in range(n)), MaxPooling2D(2)] for n in (2, 2, 3, 3, 3)]
        return field(*sum(blocks, []), size=size)

    assert last((224, 224)) == last((None, None)) == (212, 212)
    assert last((32, 32)) == (212, 212)  # the padding counts
