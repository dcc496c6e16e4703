"""The two small nets: layer by layer the net that Keras makes of the same description, pixels scaled as there."""

import numpy as np
import pytest

from minicnn.models import ARCHITECTURES, homework, tinyvgg
from tests.keras_oracle import keras

L = keras.layers


def keras_tinyvgg(size, ending):
    """CNN Explainer's net, written down with Keras's layers."""
    body = []
    for _ in range(2):
        body += [L.Conv2D(10, 3), L.ReLU(), L.Conv2D(10, 3), L.ReLU(), L.MaxPooling2D(2)]
    return keras.Sequential([keras.Input((*size, 3)), L.Rescaling(1.0 / 255), *body, L.Flatten(), *ending])


def keras_homework(size, ending):
    """Return the homework's net, written down with Keras's layers."""
    body = [L.Conv2D(32, 3, activation="relu"), L.MaxPooling2D(2), L.Flatten(), L.Dense(64, activation="relu")]
    return keras.Sequential([keras.Input((*size, 3)), L.Rescaling(1.0 / 255), *body, *ending])


@pytest.mark.parametrize("make, theirs", [(tinyvgg, keras_tinyvgg), (homework, keras_homework)])
@pytest.mark.parametrize("classes", [2, 3])
def test_answers_equal_keras(make, theirs, classes):
    ending = [L.Dense(1), L.Activation("sigmoid")] if classes == 2 else [L.Dense(classes), L.Softmax()]
    ours, net = make((20, 18), classes, seed=3), theirs((20, 18), ending)
    rng = np.random.default_rng(4)
    scales = [np.sqrt(2 / np.prod(w.shape[:-1])) if w.ndim > 1 else 0.1 for w in ours.get_weights()]
    weights = [rng.normal(0, scale, w.shape) for scale, w in zip(scales, ours.get_weights(), strict=True)]
    ours.set_weights(weights)
    net.set_weights(weights)
    bright = np.linspace(0.1, 1, 4).reshape(4, 1, 1, 1)
    pixels = np.round(rng.integers(0, 256, (4, 20, 18, 3)) * bright).astype(np.float32)
    want = np.asarray(net(pixels))
    assert want.std() > 0.01  # else any pixels would do
    np.testing.assert_allclose(ours.predict(pixels), want, rtol=1e-5, atol=1e-6)


def test_pixels_become_0_to_1():
    """255 is the whole, as in Keras."""
    white, record = np.full((1, 16, 16, 3), 255.0, np.float32), {}
    tinyvgg((16, 16), 2, seed=0).forward(white, record=record)
    np.testing.assert_array_equal(record["rescaling"], np.asarray(L.Rescaling(1.0 / 255)(white)))
    np.testing.assert_allclose(record["rescaling"], 1, rtol=1e-7)


def test_by_name():
    assert ARCHITECTURES == {"tinyvgg": tinyvgg, "homework": homework}
