"""The base inside a classifier: which model it is, and that its weights come from another classifier's file."""

import numpy as np
import pytest

from keras_ref import runtime
from keras_ref.model import weights


def base(name, channels, seed):
    """Make a small net that stands for a base, all of its weights drawn."""
    _, keras = runtime.load()
    x = keras.Input((8, 8, 3))
    y = keras.layers.Conv2D(channels, 3, name=f"{name}_conv")(x)
    net = keras.Model(x, keras.layers.BatchNormalization(name=f"{name}_norm")(y), name=name)
    rng = np.random.default_rng(seed)
    net.set_weights([rng.random(array.shape) for array in net.get_weights()])
    return net


def whole(*nested):
    """Make a classifier around nets that are called one after the other."""
    _, keras = runtime.load()
    y = x = keras.Input((8, 8, 3))
    for net in nested:
        y = net(y)
    return keras.Model(x, keras.layers.Dense(2)(keras.layers.GlobalAveragePooling2D()(y)))


def test_the_base_is_the_nested_model_of_most_layers():
    _, keras = runtime.load()
    scale = keras.Sequential([keras.Input((8, 8, 3)), keras.layers.Rescaling(1 / 255)], name="scale")
    first = base("first", 4, 0)
    assert weights.find_base(whole(scale, first)) is first
    assert weights.find_base(whole(first)) is first
    assert weights.find_base(whole()) is None


def test_weights_come_from_the_base_of_another_classifier(tmp_path, capsys):
    trained = base("trained", 4, 1)
    whole(trained).save(tmp_path / "whole.keras")
    ours = base("ours", 4, 2)
    weights.load_file(ours, tmp_path / "whole.keras", "a base")
    for got, want in zip(ours.get_weights(), trained.get_weights(), strict=True):
        np.testing.assert_array_equal(got, want)
    told = " ".join(capsys.readouterr().err.split())
    assert f"Of {tmp_path}/whole.keras the base is taken, and not the head; --from {tmp_path}/whole.keras" in told
    with pytest.raises(ValueError, match="its base is trained, with 6 arrays of other shapes than the 6 here"):
        weights.load_file(base("wide", 5, 3), tmp_path / "whole.keras", "a base")
    whole().save(tmp_path / "flat.keras")
    with pytest.raises(ValueError, match="flat.keras holds no nested base to take weights from"):
        weights.load_file(ours, tmp_path / "flat.keras", "a base")
