"""What learns and what does not, and where weights come from."""

import numpy as np
import pytest

from keras_ref import config as configs
from keras_ref import model, runtime, train
from keras_ref.model import classifier, weights
from minicnn.data import bases, weights_digest
from tests.keras_ref import small
from tests.keras_ref.conftest import SIZE


def _build(**settings):
    return model.build(configs.Config("d", **({"size": SIZE, "weights": "none"} | settings)), 3)


def _digest(base):
    return weights_digest(base.get_weights())


@pytest.fixture(scope="module")
def frozen():
    """Return a net with a frozen base, the real Xception."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(classifier, "xception", small.xception)
        return _build(inner=8, dropout=0.2)


def test_shape_and_size(frozen):
    assert frozen.net.output_shape == (None, 3)
    assert frozen.base.count_params() == 20_861_480
    assert frozen.head.count_params() == 2048 * 8 + 8 + 8 * 3 + 3
    assert [v.path for v in frozen.net.trainable_variables] == [
        "inner/kernel",
        "inner/bias",
        "logits/kernel",
        "logits/bias",
    ]


def test_the_halves_make_the_whole(frozen):
    x = np.random.default_rng(0).uniform(-1, 1, (2, SIZE, SIZE, 3)).astype(np.float32)
    np.testing.assert_allclose(frozen.head(frozen.vectors(x)), frozen.net(x), rtol=1e-5, atol=1e-7)


def test_a_frozen_random_base_is_the_same_in_every_run():
    frozen = _build()
    assert _digest(_build(seed=5).base) == _digest(frozen.base)
    assert _digest(_build(seed=5, unfreeze="all").base) != _digest(frozen.base)


def test_unfreezing_leaves_batch_normalization_out(frozen, tmp_path):
    _, keras = runtime.load()
    model.freeze(frozen.base, 12, batchnorm=False)
    learning = [layer.name for layer in frozen.base.layers if layer.trainable]
    last = frozen.base.layers[-12:]
    assert set(learning) == {layer.name for layer in last if not isinstance(layer, keras.layers.BatchNormalization)}
    assert any(isinstance(layer, keras.layers.BatchNormalization) for layer in last)
    model.freeze(frozen.base, "all", batchnorm=True)
    assert all(layer.trainable for layer in frozen.base.layers)
    with pytest.raises(ValueError, match="at most 132"):
        model.freeze(frozen.base, 133, batchnorm=False)
    model.freeze(frozen.base, 0, batchnorm=False)


def _moved(learner, unfreeze, batchnorm, call):
    """Train one batch; return the paths of the moving statistics that changed."""
    _, keras = runtime.load()
    keras.utils.set_random_seed(1)
    base = keras.Sequential(
        [
            keras.Input((8, 8, 3)),
            keras.layers.Conv2D(4, 3, name="first"),
            keras.layers.BatchNormalization(name="one"),
            keras.layers.Conv2D(4, 3, name="second"),
            keras.layers.BatchNormalization(name="two"),
        ],
        name="base",
    )
    model.freeze(base, unfreeze, batchnorm)
    picture = keras.Input((8, 8, 3))
    net = keras.Model(picture, keras.layers.Dense(3)(keras.layers.Flatten()(base(picture, **call))))
    model.compile_net(net, configs.Config("d", lr=0.01))
    before = [v.numpy() for v in base.non_trainable_variables + base.trainable_variables]
    variables = base.non_trainable_variables + base.trainable_variables
    x = np.random.default_rng(0).normal(3, 1, (16, 8, 8, 3)).astype(np.float32)
    getattr(net, learner)(x, np.eye(3, dtype=np.float32)[np.arange(16) % 3])
    return sorted(
        v.path.removeprefix("base/")
        for v, b in zip(variables, before, strict=True)
        if "moving" in v.path and not np.array_equal(v.numpy(), b)
    )


BOTH = ["one/moving_mean", "one/moving_variance", "two/moving_mean", "two/moving_variance"]


def test_which_moving_statistics_change():
    """trainable=False alone holds them; training=False at the call does not, under train_on_batch nor under fit."""
    assert _moved("train_on_batch", 0, False, {}) == []
    assert _moved("train_on_batch", "all", True, {}) == BOTH
    assert _moved("train_on_batch", "all", False, {}) == []
    assert _moved("train_on_batch", 2, True, {}) == BOTH[2:]
    assert _moved("train_on_batch", "all", True, {"training": False}) == BOTH
    assert _moved("fit", 0, False, {"training": False}) == []


def test_weights_file_in_keras_layout(tmp_path, xception):
    _, keras = runtime.load()
    keras.utils.set_random_seed(9)
    written = keras.applications.Xception(weights=None, include_top=False, input_shape=(SIZE, SIZE, 3))
    path = tmp_path / "notop.weights.h5"
    written.save_weights(path)
    assert _digest(_build(weights=str(path)).base) == _digest(written)


def test_weights_of_another_net_are_refused(tmp_path):
    _, keras = runtime.load()
    keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)]).save_weights(tmp_path / "other.weights.h5")
    with pytest.raises(ValueError, match="does not hold the weights of Xception"):
        _build(weights=str(tmp_path / "other.weights.h5"))
    with pytest.raises(ValueError, match="is not there"):
        _build(weights=str(tmp_path / "absent.h5"))


def test_without_a_network_the_sentence_says_which_file_to_put_where(monkeypatch):
    _, keras = runtime.load()

    def closed(*_, **__):
        raise OSError("no route to host")

    monkeypatch.setattr(keras.utils, "get_file", closed)
    with pytest.raises(ValueError) as refusal:
        weights.imagenet_file(*weights.NOTOP)
    for word in ("no route to host", weights.NOTOP[0], weights.NOTOP[1], "models", "--weights FILE"):
        assert word in str(refusal.value)


def test_names_and_sums_are_keras_own():
    import inspect

    from keras.src.applications import imagenet_utils, xception

    source = inspect.getsource(xception) + inspect.getsource(imagenet_utils)
    for name, md5 in (weights.NOTOP, weights.TOP, weights.CLASS_INDEX):
        assert name in source and md5 in source


def test_mixed_precision_saves_float32(clothes, tmp_path):
    from keras_ref.model import card

    config = configs.Config(
        str(clothes), size=SIZE, weights="none", epochs=1, batch_size=24, precision="mixed_bfloat16", augment="light"
    )
    train.new(config, tmp_path / "run")
    net, _, _ = card.load(tmp_path / "run" / "final.keras")
    assert net.dtype_policy.name == "float32" and net.compute_dtype == "float32"
    assert {layer.compute_dtype for layer in net._flatten_layers()} == {"float32"}


@pytest.mark.parametrize("ending", ["keras", "h5"])
def test_weights_of_a_whole_model_of_another_kind_are_refused_by_name(tmp_path, ending):
    _, keras = runtime.load()
    other = keras.applications.MobileNetV2(weights=None, include_top=False, input_shape=(96, 96, 3), alpha=0.35)
    picture = keras.Input((96, 96, 3))
    net = keras.Model(picture, keras.layers.GlobalAveragePooling2D()(other(picture)))
    net.save(tmp_path / f"mobile.{ending}")
    with pytest.raises(ValueError, match="does not hold the weights of Xception.*its base is mobilenetv2_0.35_96"):
        _build(weights=str(tmp_path / f"mobile.{ending}"))


@pytest.mark.parametrize("ending", ["keras", "h5"])
def test_weights_of_a_classifier_of_other_classes(tmp_path, ending):
    _, keras = runtime.load()
    keras.utils.set_random_seed(4)
    base = small.base(SIZE + 20)  # a base takes any size
    picture = keras.Input((SIZE + 20, SIZE + 20, 3))
    net = keras.Model(picture, keras.layers.Dense(7)(keras.layers.GlobalAveragePooling2D()(base(picture))))
    net.save(tmp_path / f"seven.{ending}")
    assert _digest(_build(weights=str(tmp_path / f"seven.{ending}")).base) == _digest(base)


def test_train_and_evaluate_and_doctor_name_the_weights(trained, clothes, tmp_path, monkeypatch, command):
    base = _build().base.get_weights()
    monkeypatch.setitem(bases.KNOWN, "a small base", "".join(weights_digest([a])[:8] for a in base))
    net = trained / "final.keras"
    for arguments in (
        ("train", clothes, "--weights", net, "--size", SIZE, "--epochs", 1, "--out", tmp_path / "run"),
        ("evaluate", net, clothes, "--out", tmp_path / "judged"),
        ("doctor", clothes, trained),
    ):
        assert "Its base holds a small base." in command(*arguments).err
    monkeypatch.setitem(bases.KNOWN, "a small base", "".join(weights_digest([a])[:8] for a in [base[0] + 1, *base[1:]]))
    assert "Its base holds a small base, 1 array differs (fine-tuned)." in command("doctor", clothes, trained).err
