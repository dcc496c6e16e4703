"""Other bases than Xception, weights drawn: each with its own preprocessing, through train, predict and --from."""

import numpy as np
import pytest

from keras_ref import config as configs
from keras_ref import model, pictures, runs, runtime
from keras_ref.config import bases
from keras_ref.model import card

MODULES = {"mobilenetv2": "mobilenet_v2", "efficientnetv2b0": "efficientnet_v2", "resnet50v2": "resnet_v2"}


@pytest.mark.parametrize("name", bases.BASES)
def test_the_preprocessing_is_keras_own(name):
    _, keras = runtime.load()
    pixels = np.random.default_rng(0).integers(0, 256, (2, 9, 9, 3), np.uint8)
    expected = getattr(keras.applications, MODULES.get(name, name)).preprocess_input(pixels.astype(np.float32))
    np.testing.assert_array_equal(pictures.square(9, name).prepare()(pixels), expected)


@pytest.mark.parametrize("name", MODULES)
def test_a_drawn_base_is_awake_and_known_by_its_name(name):
    _, keras = runtime.load()
    made = model.build(configs.Config("data", base=name, size=32, weights="none"), 3)
    assert bases.base_of(made.base.name) == name and not made.base.trainable_weights
    assert (
        made.base.count_params()
        == getattr(keras.applications, bases.BASES[name].title)(
            weights=None, include_top=False, input_shape=(32, 32, 3)
        ).count_params()
    )
    pixels = np.random.default_rng(1).integers(0, 256, (4, 32, 32, 3), np.uint8)
    vectors = np.asarray(made.vectors(pictures.square(32, name).prepare()(pixels)))
    assert vectors.shape[1] == made.base.output_shape[-1] and 1e-3 < np.abs(vectors).max() < 1e3


def test_it_is_trained_and_used_and_gone_on_with(clothes, tmp_path, command):
    given = ("--base", "mobilenetv2", "--size", 32, "--weights", "none", "--epochs", 1, "--batch-size", 8)
    command("train", clothes, *given, "--out", "run", "--cache", tmp_path / "store")
    assert configs.read(tmp_path / "run/config.json").base == "mobilenetv2"
    (checkpoint,) = runs.checkpoints(tmp_path / "run")
    assert checkpoint.name.startswith("mobilenetv2_01_")
    assert card.load(checkpoint)[1].recipe == pictures.square(32, "mobilenetv2")
    assert "probability" in command("predict", "run", clothes / "test/red/0.jpg").out
    on = ("--from", "run", "--unfreeze", 3, "--epochs", 1, "--maps", "float32", "--cache", tmp_path / "store")
    command("train", clothes, *on, "--out", "on")
    assert configs.read(tmp_path / "on/config.json").base == "mobilenetv2"
    assert runs.settings_of(checkpoint)["base"] == "mobilenetv2"
    command("report", "run", "--out", "R.md")
    assert "## MobileNetV2 at 32 px" in (tmp_path / "R.md").read_text()


def test_refusals(clothes, tmp_path, refused):
    start = ["train", clothes, "--out", tmp_path / "run"]
    refused([*start, "--base", "vgg16"], "base must be one of xception, mobilenetv2", "Received: base='vgg16'")
    refused([*start, "--base", "resnet50v2", "--size", "31"], "size must be a whole number of at least 32")
    refused([*start, "--size", "70"], "size must be a whole number of at least 71")
    refused([*start, "--base", "resnet50v2", "--size", "32", "--weights", "no.h5"], "no.h5 is not there")


def test_weights_that_cannot_be_fetched(monkeypatch):
    _, keras = runtime.load()

    def offline(*arguments, **settings):
        raise OSError("no network")

    monkeypatch.setattr(keras.applications, "MobileNetV2", offline)
    from keras_ref.model import weights

    with pytest.raises(ValueError, match=r"MobileNetV2's ImageNet weights could not be downloaded \(no network\)"):
        weights.load_base(model.other_base("resnet50v2", 32), "imagenet", "MobileNetV2")
