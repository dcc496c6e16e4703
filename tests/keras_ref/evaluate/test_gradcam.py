"""Grad-CAM against a difference quotient, on nets of every ending."""

import numpy as np
import pytest

import minicnn
from keras_ref.evaluate import gradcam
from keras_ref.model import card
from minicnn import explain


def by_hand(maps, score):
    """Grad-CAM by its formula: the slope of the score on each map, by central differences, averaged."""
    weights = []
    for c in range(maps.shape[-1]):
        step = np.zeros_like(maps)
        step[..., c] = 1e-2  # all of a map moves: the sum of its slopes
        weights.append((score(maps + step) - score(maps - step)) / 2e-2 / maps[0, ..., 0].size)
    heat = np.maximum((maps[0] * np.array(weights)).sum(axis=-1), 0)
    return heat / heat.max() if heat.max() > 0 else heat


def net(ending, units=3):
    """A convolution, pooling, and an ending."""
    import keras

    keras.utils.set_random_seed(4)
    layers = [keras.Input((12, 10, 3)), keras.layers.Conv2D(5, 3, activation="relu")]
    layers += [keras.layers.GlobalAveragePooling2D(), keras.layers.Dense(4, activation="tanh")]
    endings = {
        "logits": [keras.layers.Dense(units)],
        "softmax": [keras.layers.Dense(units, activation="softmax")],
        "layer": [keras.layers.Dense(units), keras.layers.Softmax()],
        "activation": [keras.layers.Dense(units), keras.layers.Activation("softmax")],
        "sigmoid": [keras.layers.Dense(1, activation="sigmoid")],
    }
    return keras.Sequential(layers + endings[ending])


@pytest.mark.parametrize("ending", ["logits", "softmax", "layer", "activation", "sigmoid"])
def test_it_is_the_formulas(ending):
    model, x = net(ending), np.random.default_rng(1).normal(0, 1, (3, 12, 10, 3)).astype(np.float32)
    labels = np.array([0, 1, 1 if ending == "sigmoid" else 2])
    found = gradcam.looker(model).maps(x, labels)
    convolve, pool, inner, outer = model.layers[:4]
    kernel, bias = outer.get_weights()
    for picture, label, heat in zip(x, labels, found, strict=True):

        def score(maps, label=label):
            logits = np.asarray(inner(pool(maps.astype(np.float32))), np.float64)[0] @ kernel + bias
            return float(logits[label]) if ending != "sigmoid" else float(logits[0] * (1 if label else -1))

        expected = by_hand(np.asarray(convolve(picture[None]), np.float64), score)
        np.testing.assert_allclose(heat, expected, atol=1e-3)
        assert heat.shape == (10, 8)


def test_a_frozen_nested_base(trained):
    model = card.load_net(trained / "final.keras")
    looker = gradcam.looker(model)
    x = np.random.default_rng(0).uniform(-1, 1, (2, 71, 71, 3)).astype(np.float32)
    np.testing.assert_allclose(looker.back(looker.front(x)), model(x), rtol=1e-5, atol=1e-6)
    heat = looker.maps(x, np.array([0, 2]))
    assert heat.shape == (2, *looker.front.output_shape[1:3]) and heat.min() >= 0 and heat.max() in (0, 1)


def test_minicnn_explains_by_the_same_map(trained):
    ours = gradcam.looker(card.load_net(trained / "final.keras"))
    engine = minicnn.load_model(trained / "final.keras")
    x = np.random.default_rng(3).uniform(-1, 1, (3, 71, 71, 3)).astype(np.float32)
    for label in range(3):
        for picture, heat in zip(x, ours.maps(x, np.full(3, label)), strict=True):
            theirs = explain.grad_cam(engine, picture, label, resize=False)
            most = theirs.max()
            np.testing.assert_allclose(heat, theirs / most if most > 0 else theirs, atol=1e-4)


def test_a_net_without_maps():
    import keras

    layers = [keras.Input((4, 4, 3)), keras.layers.Flatten(), keras.layers.Dense(2)]
    assert gradcam.looker(keras.Sequential(layers)) is None


def test_a_net_whose_last_maps_are_not_all():
    import keras

    picture = keras.Input((6, 6, 3))
    first = keras.layers.Conv2D(2, 3)(picture)
    second = keras.layers.Conv2D(2, 3)(first)
    both = [keras.layers.GlobalAveragePooling2D()(maps) for maps in (first, second)]
    net = keras.Model(picture, keras.layers.Dense(2)(keras.layers.Concatenate()(both)))
    assert gradcam.looker(net) is None


def test_colours_over_a_picture():
    grey = np.full((4, 4, 3), 100, np.uint8)
    cold, hot = (gradcam.over(grey, np.full((2, 2), v, np.float32))[0, 0].tolist() for v in (0, 1))
    assert cold[2] > cold[1] == cold[0] and hot[0] > hot[1] == hot[2]
