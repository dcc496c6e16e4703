"""Augmentation: it passes images on when predicting, as Keras's does, and is not trained."""

import numpy as np
import pytest

from minicnn.layers import LAYERS
from minicnn.layers.augmentation import NAMES
from tests.keras_oracle import keras
from tests.tolerances import assert_same

SETTINGS = {
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


@pytest.mark.parametrize("name", NAMES)
def test_passes_pictures_on_at_inference_as_keras_does(name):
    twin = getattr(keras.layers, name)(**SETTINGS.get(name, {}))
    x = np.random.default_rng(1).uniform(0, 255, (2, 8, 9, 3)).astype("float32")
    assert_same(np.asarray(twin(x, training=False)), x)
    config = twin.get_config()
    layer = LAYERS[name].from_config(config)
    assert_same(layer(x), x)
    assert {key: config[key] for key in layer.get_config() if key != "dtype"} == {
        key: value for key, value in layer.get_config().items() if key != "dtype"
    }


def test_is_not_trained():
    layer = LAYERS["RandomFlip"].from_config({"name": "flip", "mode": "horizontal"})
    with pytest.raises(RuntimeError) as error:
        layer.forward(np.zeros((1, 4, 4, 3)), training=True)
    assert str(error.value) == (
        "Layer 'flip' (RandomFlip) changes its input at random in training. minicnn leaves that to where pictures are "
        "read: train a model without this layer."
    )
