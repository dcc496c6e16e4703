"""classifier.json is one contract for both packages: what either writes, the other reads as the same."""

import numpy as np
import pytest

import minicnn
from keras_ref.model import card
from minicnn.files import classifier

VALUE = {
    "version": 1,
    "class_names": ["dress", "hat", "t-shirt"],
    "size": [20, 30],
    "resize": "nearest",
    "scale": 1 / 127.5,
    "offset": -1.0,
    "output": "logits",
}


def test_one_text_is_read_alike():
    text = classifier.dump(VALUE)
    theirs = card.from_value(classifier.parse(text), "here")
    assert theirs.class_names == tuple(VALUE["class_names"]) and theirs.output == "logits"
    recipe = theirs.recipe
    assert (recipe.height, recipe.width, recipe.resize) == (20, 30, "nearest")
    assert (recipe.scale, recipe.offset) == (VALUE["scale"], VALUE["offset"])
    assert theirs.value() == classifier.check(VALUE)


@pytest.mark.parametrize("field", list(VALUE))
def test_a_missing_field_is_refused(field):
    text = classifier.dump(VALUE).decode().replace(f'"{field}"', '"other"')
    with pytest.raises(ValueError, match="classifier.json"):
        classifier.parse(text.encode())


def test_a_file_of_minicnn_is_a_classifier_to_keras_ref(tmp_path):
    model = minicnn.Sequential([minicnn.Input((20, 30, 3)), minicnn.Flatten(), minicnn.Dense(3)], seed=1)
    model.classifier = VALUE
    model.save(tmp_path / "m.keras")
    loaded = card.load(tmp_path / "m.keras")
    net, read = loaded[:2]
    assert read.class_names == ("dress", "hat", "t-shirt") and read.recipe.height == 20
    x = np.random.default_rng(0).normal(size=(2, 20, 30, 3)).astype("float32")
    np.testing.assert_allclose(np.asarray(net(x)), model.predict(x), rtol=1e-4, atol=1e-5)
