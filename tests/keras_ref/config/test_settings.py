"""Settings: checked when made, read back exactly."""

import json

import pytest

from keras_ref import config as configs


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("lr", 0),
        ("lr", -0.1),
        ("lr", float("nan")),
        ("lr", "fast"),
        ("size", 70),
        ("size", 150.0),
        ("inner", -1),
        ("dropout", 1.0),
        ("dropout", -0.1),
        ("augment", "validation"),
        ("class_weight", "yes"),
        ("epochs", 0),
        ("batch_size", 0),
        ("seed", -1),
        ("unfreeze", "some"),
        ("unfreeze", True),
        ("devices", "two"),
        ("precision", "half"),
    ],
)
def test_a_bad_setting_is_named_with_its_value(name, value):
    with pytest.raises(ValueError) as refusal:
        configs.Config("data", **{name: value})
    assert name in str(refusal.value) and f"Received: {name}={value!r}." in str(refusal.value)


def test_round_trip(tmp_path):
    config = configs.Config("data", size=299, lr=5e-4, unfreeze="all", weights="none")
    config.write(tmp_path / "config.json")
    assert configs.read(tmp_path / "config.json") == config


def test_an_unknown_key_is_refused(tmp_path):
    (tmp_path / "config.json").write_text(json.dumps({"data": "x", "learning_rate": 0.1}))
    with pytest.raises(ValueError, match="unknown key 'learning_rate'"):
        configs.read(tmp_path / "config.json")
    (tmp_path / "config.json").write_text("{")
    with pytest.raises(ValueError, match="cannot be read as JSON"):
        configs.read(tmp_path / "config.json")


def test_vectors_may_be_stored_only_where_every_epoch_is_alike():
    assert configs.Config("d").cacheable
    assert not configs.Config("d", augment="light").cacheable
    assert not configs.Config("d", unfreeze=1).cacheable
    assert not configs.Config("d", unfreeze="all", weights="none").cacheable


def test_the_defaults_are_the_courses():
    """Of 8.6 and 8.7; the start of every run that is made again from the figures alone."""
    config = configs.Config("d")
    assert (config.size, config.lr, config.inner, config.dropout) == (150, 0.001, 0, 0.0)
    assert (config.epochs, config.batch_size, config.seed, config.split_seed) == (10, 32, 1, 0)
    assert (config.augment, config.class_weight, config.weights, config.unfreeze) == ("none", "none", "imagenet", 0)
    assert (config.devices, config.precision) == ("one", "auto")
