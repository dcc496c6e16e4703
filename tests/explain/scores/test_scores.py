"""Score, saliency, Grad-CAM and occlusion against Keras's own gradients and against plain loops."""

import contextlib

import numpy as np
import pytest

from minicnn import (
    Activation,
    Add,
    BatchNormalization,
    Conv2D,
    Dense,
    Flatten,
    GlobalAveragePooling2D,
    Input,
    MaxPooling2D,
    Model,
    ReLU,
    SeparableConv2D,
    Sequential,
    Softmax,
    explain,
)
from minicnn.files import make_card
from tests.explain.nets import NETS, picture, randomise

# ---- nets and Keras's copies of them ---------------------------------------------------------------------------------


def nested():
    """A small Xception inside a classifier: separable convolutions, normalizations, a residual way."""
    x = Input((15, 17, 3))
    y = BatchNormalization()(Conv2D(4, 3, strides=2, use_bias=False, activation="relu")(x))
    way = Conv2D(6, 1, strides=2, padding="same")(y)
    z = MaxPooling2D(3, 2, padding="same")(BatchNormalization()(SeparableConv2D(6, 3, padding="same")(y)))
    base = Model(x, ReLU(name="last_act")(Add()([way, z])), name="xception")
    return randomise(Sequential([Input((15, 17, 3)), base, GlobalAveragePooling2D(), Dense(4), Softmax()], seed=0))


def plain():
    """No nested model; the softmax is the last layer's own."""
    return randomise(
        Sequential([Input((9, 8, 3)), Conv2D(4, 3, activation="tanh"), Flatten(), Dense(3, activation="softmax")])
    )


def sigmoid():
    """One output: two classes."""
    return randomise(Sequential([Input((9, 8, 3)), Conv2D(4, 3), Flatten(), Dense(1), Activation("sigmoid")]))


CASES = {"nested": nested, "plain": plain, "sigmoid": sigmoid}


@pytest.fixture(scope="module", params=CASES)
def both(request, tmp_path_factory):
    """A net, Keras's copy of it without its last softmax or sigmoid, and a picture."""
    keras = pytest.importorskip("keras")
    model = CASES[request.param]()
    file = tmp_path_factory.mktemp("nets") / f"{request.param}.keras"
    model.save(file)
    copy = keras.models.load_model(file, compile=False)
    if request.param == "plain":
        copy.layers[-1].activation = keras.activations.linear
        copy = keras.Model(copy.inputs, copy.layers[-1](copy.layers[-2].output))
    else:
        copy = keras.Model(copy.inputs, copy.layers[-1].input)
    return model, copy, np.random.default_rng(0).normal(size=model.input_shape[1:]).astype(np.float32)


def with_tape(tf, net, x, label, against):
    """Keras's score of a class, or difference of two, and its gradient; the second of two classes is the logit's."""
    x = tf.constant(x[None])
    with tf.GradientTape() as tape:
        tape.watch(x)
        z = net(x, training=False)[0]
        other = 0 if against is None or len(z) == 1 else z[against]
        value = (z[label] if len(z) > 1 else z[0] if label else -z[0]) - other
    return float(value), tape.gradient(value, x).numpy()[0]


@pytest.mark.parametrize("label, against", [(0, None), (1, None), (1, 0)])
def test_score_gradient_and_saliency_are_keras_s(both, label, against):
    tf = pytest.importorskip("tensorflow")
    model, copy, x = both
    value, gradient = with_tape(tf, copy, x, label, against)
    size = np.abs(gradient).max()
    assert size > 0
    scored = explain.score(model, x, label, against)
    assert (scored.label, scored.against) == (label, against) and scored.value == pytest.approx(value, rel=1e-4)
    np.testing.assert_allclose(explain.score_gradient(model, x, label, against), gradient, atol=1e-4 * size)
    found = explain.saliency(model, x[None], label, against)
    np.testing.assert_allclose(found, np.abs(gradient).max(-1), atol=1e-4 * size)


@pytest.mark.parametrize("against", [None, 2])
def test_grad_cam_is_that_of_kerass_gradients(against, tmp_path):
    """Of a layer inside a nested model, which is the last one with maps."""
    keras = pytest.importorskip("keras")
    tf = pytest.importorskip("tensorflow")
    model = nested()
    model.save(tmp_path / "net.keras")
    copy = keras.models.load_model(tmp_path / "net.keras", compile=False)
    x = np.random.default_rng(3).normal(size=(15, 17, 3)).astype(np.float32)
    with tf.GradientTape() as tape:
        maps = copy.get_layer("xception")(x[None])
        tape.watch(maps)
        z = copy.layers[-2](copy.layers[-3](maps))[0]
        value = z[1] - (0 if against is None else z[against])
    weights = tape.gradient(value, maps).numpy()[0].mean((0, 1))
    want = np.maximum((maps.numpy()[0] * weights).sum(-1), 0)
    assert (want > 0).any()
    got = explain.grad_cam(model, x, 1, against=against, resize=False)
    np.testing.assert_allclose(got, want, atol=1e-4 * want.max())
    same = explain.grad_cam(model, x, 1, "xception/last_act", against, resize=False)
    np.testing.assert_array_equal(got, same)
    stretched = tf.image.resize(want[..., None], (15, 17), method="bilinear").numpy()[..., 0]
    np.testing.assert_allclose(explain.grad_cam(model, x, 1, against=against), stretched, atol=1e-4 * want.max())


@pytest.mark.parametrize("size, stride, fill", [(3, 2, 0.5), (2, 2, [0.1, -0.2, 0.3]), (4, 3, None), (1, 1, None)])
def test_occlusion_covers_square_after_square(size, stride, fill):
    model, x = plain(), np.random.default_rng(1).normal(size=(9, 8, 3)).astype(np.float32)
    cover = x.mean((0, 1)) if fill is None else fill
    before = np.log(model.predict(x[None])[0])
    drops = [[[] for _ in range(8)] for _ in range(9)]
    tops = sorted({*range(0, 9 - size + 1, stride), 9 - size})
    lefts = sorted({*range(0, 8 - size + 1, stride), 8 - size})
    for top in tops:
        for left in lefts:
            covered = x.copy()
            covered[top : top + size, left : left + size] = cover
            after = np.log(model.predict(covered[None])[0])
            drop = (before[2] - before[0]) - (after[2] - after[0])  # of both logits: the softmax's sum cancels
            for i in range(top, top + size):
                for j in range(left, left + size):
                    drops[i][j].append(drop)
    want = np.array([[np.mean(cell) for cell in row] for row in drops])
    got = explain.occlusion(model, x, 2, size, stride, fill, against=0)
    np.testing.assert_allclose(got, want, atol=1e-4 * np.abs(want).max())


def test_what_is_taken_where_nothing_is_said():
    """The class that the model names; an eighth of the picture, by half of it, its mean colour."""
    model = NETS["plain"]()
    x = picture(model)[0]
    named = int(model.predict(x[None])[0].argmax())
    assert explain.score(model, x).label == named
    np.testing.assert_array_equal(explain.saliency(model, x), explain.saliency(model, x, named))
    want = explain.occlusion(model, x, named, 2, 1, x.mean((0, 1)))
    np.testing.assert_allclose(explain.occlusion(model, x), want, atol=1e-4 * np.abs(want).max())
    small = sigmoid()
    x = np.random.default_rng(0).normal(size=(9, 8, 3))
    assert explain.score(small, x).label == int(small.predict(x[None])[0, 0] > 0.5)
    assert explain.score(small, x).value > 0


def test_names_stand_for_classes():
    model = plain()
    model.classifier = make_card(["hat", "shirt", "shoes"], (9, 8))
    x = np.ones((9, 8, 3))
    assert explain.score(model, x, "shoes", "hat") == explain.score(model, x, 2, 0)


def test_nothing_is_left_behind():
    """A refusal in the middle leaves nothing pushed, and a map leaves nothing to go back through."""
    model = plain()
    for call in (
        lambda: explain.saliency(model, np.ones((9, 8, 3)), 7),
        lambda: explain.saliency(model, np.ones((9, 8, 3))),
    ):
        with contextlib.suppress(ValueError):
            call()
        with pytest.raises(RuntimeError):
            model.backward(np.ones((1, 3)))


X = np.ones((9, 8, 3))


@pytest.mark.parametrize(
    "call, sentence",
    [
        (lambda m: explain.saliency(m, X, 3), "`label` must be a class from 0 to 2, or its name. Received: 3."),
        (lambda m: explain.saliency(m, X, True), "`label` must be a class from 0 to 2, or its name. Received: True."),
        (lambda m: explain.score(m, X, 1, 1), "`against` must be another class than `label`. Received: 1 for both."),
        (lambda m: explain.score(m, X, "hat"), "`label` must be a number: this model has no names for its classes."),
        (
            lambda m: explain.saliency(m, X[None].repeat(2, 0)),
            "`x` must be one picture, (H, W, C). Received: shape (2,",
        ),
        (lambda m: explain.occlusion(m, X, 0, 9), "`size` must be an integer from 1 to 8. Received: 9."),
        (lambda m: explain.occlusion(m, X, 0, 3, 4), "`stride` must be an integer from 1 to 3. Received: 4."),
        (lambda m: explain.grad_cam(m, X, 0, "dense"), "`layer` must be one whose output are maps"),
        (lambda m: explain.grad_cam(m, X, 0, "nothing"), "`layer` must be one of"),
        (
            lambda m: explain.overlay(np.zeros((2, 2, 3), np.uint8), np.zeros((1, 2))),
            "`values` must be of the picture's",
        ),
    ],
)
def test_refusals(call, sentence):
    model = plain()
    model.layers[-1].name = "dense"
    with pytest.raises(ValueError) as told:
        call(model)
    assert str(told.value).startswith(sentence)


def test_grad_cam_without_maps():
    model = Sequential([Input((2, 2, 1)), Flatten(), Dense(2), Softmax()])
    with pytest.raises(ValueError, match="Grad-CAM needs a layer of maps"):
        explain.grad_cam(model, np.ones((2, 2, 1)), 0)


def test_overlay_fades_to_grey_and_takes_the_largest_as_full():
    pixels = np.array([[[30, 60, 90]] * 3], np.uint8)
    got = explain.overlay(pixels, np.array([[4.0, -2.0, 0.0]]), strength=0.5)
    assert got[0, 2].tolist() == [60, 60, 60]
    assert got[0, 0].tolist() == [138, 78, 37]  # half way from grey to (217, 95, 14)
    assert got[0, 1].tolist() == [57, 78, 92]  # a quarter of the way to (49, 130, 189)
    assert (explain.overlay(pixels, np.zeros((1, 3))) == 60).all()
