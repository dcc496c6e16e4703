"""Each finding, with a model or a pipeline that was made faulty for it; and a healthy one without any."""

import shutil
import warnings

import numpy as np
import pytest

from keras_ref import doctor, runtime
from keras_ref.commands import main
from tests.keras_ref.conftest import draw


@pytest.fixture(scope="module")
def keras():
    """Return Keras."""
    return runtime.load()[1]


@pytest.fixture(scope="module")
def flow():
    """Return flow(root, split, **settings): an ImageDataGenerator flow as the course makes it."""
    tf, keras = runtime.load()

    def make(root, split, **settings):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            generator = tf.keras.preprocessing.image.ImageDataGenerator(**settings)
        return generator.flow_from_directory(
            root / split, target_size=(16, 16), batch_size=5, shuffle=split == "train", seed=1
        )

    return make


def _scaled(keras):
    return {"preprocessing_function": keras.applications.xception.preprocess_input}


def _net(keras, activation=None, from_logits=True, base_trainable=False, lr=0.001, middle=()):
    keras.utils.set_random_seed(1)
    base = keras.Sequential(
        [keras.Input((16, 16, 3)), keras.layers.Conv2D(4, 3), keras.layers.BatchNormalization()], name="base"
    )
    base.trainable = base_trainable
    picture = keras.Input((16, 16, 3))
    x = keras.layers.GlobalAveragePooling2D()(base(picture, training=False))
    for layer in middle:
        x = layer(x)
    net = keras.Model(picture, keras.layers.Dense(3, activation=activation)(x))
    net.compile(optimizer=keras.optimizers.Adam(lr), loss=keras.losses.CategoricalCrossentropy(from_logits=from_logits))
    return net


def _names(findings):
    return [finding.name for finding in findings]


def test_nothing_is_found_where_nothing_is_wrong(keras, flow, clothes):
    scaled = _scaled(keras)
    assert (
        doctor.check(
            _net(keras), flow(clothes, "train", **scaled), flow(clothes, "validation", **scaled), learning_rate=0.001
        )
        == []
    )
    assert doctor.check_folder(clothes) == []


def test_augmented_validation_in_a_flow(keras, flow, clothes):
    findings = doctor.check(
        None,
        flow(clothes, "train", **_scaled(keras)),
        flow(clothes, "validation", **_scaled(keras), vertical_flip=True),
    )
    assert _names(findings) == ["augmented validation"] and "of 12 validation pictures changed" in findings[0].sentence


def test_augmented_training_is_no_fault(keras, flow, clothes):
    assert (
        doctor.check(
            None,
            flow(clothes, "train", **_scaled(keras), horizontal_flip=True),
            flow(clothes, "validation", **_scaled(keras)),
        )
        == []
    )


def test_augmented_validation_in_a_dataset_and_a_shuffled_one_that_is_not(keras):
    tf, _ = runtime.load()
    random = np.random.default_rng(0)
    train = (random.uniform(-1, 1, (8, 16, 16, 3)).astype(np.float32), np.eye(3, dtype=np.float32)[np.arange(8) % 3])
    plain = tf.data.Dataset.from_tensor_slices(
        (random.uniform(-1, 1, (9, 16, 16, 3)).astype(np.float32), np.eye(3)[np.arange(9) % 3])
    )
    assert doctor.check(None, train, plain.shuffle(9).batch(4)) == []
    flip = keras.layers.RandomFlip(seed=1)
    assert _names(doctor.check(None, train, plain.batch(4).map(lambda x, y: (flip(x, training=True), y)))) == [
        "augmented validation"
    ]


def test_unscaled_validation(keras, flow, clothes):
    findings = doctor.check(None, flow(clothes, "train", **_scaled(keras)), flow(clothes, "validation"))
    assert _names(findings) == ["unscaled validation"] and "the validation values in 0..2" in findings[0].sentence
    assert _names(
        doctor.check(None, flow(clothes, "train", **_scaled(keras)), flow(clothes, "validation", rescale=1 / 255))
    ) == ["unscaled validation"]


def test_unscaled_training_and_scaling_twice(keras, flow, clothes):
    assert "unscaled training" in _names(doctor.check(_net(keras), flow(clothes, "train")))
    inside = keras.Sequential(
        [keras.Input((16, 16, 3)), keras.layers.Rescaling(1 / 255), keras.layers.Flatten(), keras.layers.Dense(3)]
    )
    assert doctor.check(inside, flow(clothes, "train")) == []
    assert _names(doctor.check(inside, flow(clothes, "train", rescale=1 / 255))) == ["scaled twice"]


def test_classes_that_differ_between_splits(keras, flow, clothes, tmp_path, capsys):
    root = shutil.copytree(clothes, tmp_path / "copy")
    (root / "validation/red").rename(root / "validation/crimson")
    findings = doctor.check(None, flow(root, "train"), flow(root, "validation"))
    assert _names(findings) == ["different classes"] and "'crimson'" in findings[0].sentence
    assert _names(doctor.check_folder(root)) == ["different classes"]
    shutil.rmtree(root / "validation/crimson")
    assert _names(doctor.check(None, flow(root, "train"), flow(root, "validation"))) == ["different classes"]
    assert main(["doctor", str(root)]) == 1
    assert "different classes: The `validation` folder must have the classes of `train`" in capsys.readouterr().out


def test_pictures_in_two_splits(keras, flow, clothes, tmp_path):
    root = shutil.copytree(clothes, tmp_path / "copy")
    shutil.copyfile(root / "train/red/0.jpg", root / "validation/red/other_name.jpg")
    for findings in (doctor.check_folder(root), doctor.check(None, flow(root, "train"), flow(root, "validation"))):
        assert _names(findings) == ["in two splits"] and "other_name.jpg" in findings[0].sentence
    x = np.random.default_rng(0).uniform(-1, 1, (6, 8, 8, 3)).astype(np.float32)
    y = np.eye(3, dtype=np.float32)[np.arange(6) % 3]
    findings = doctor.check(None, (x, y), (x[4:], y[4:]))
    assert _names(findings) == ["in two splits"] and findings[0].sentence.startswith("2 pictures")


def test_corrupt_pictures(tmp_path):
    root = draw(tmp_path / "clothes", {"train": 2, "validation": 1})
    (root / "train/red/0.jpg").write_bytes(b"no")
    (finding,) = doctor.check_folder(root)
    assert finding.name == "corrupt pictures" and "train/red/0.jpg" in finding.sentence


@pytest.mark.parametrize(
    ("activation", "from_logits", "name"),
    [
        ("softmax", True, "squashed twice"),
        (None, False, "logits as probabilities"),
        ("softmax", False, None),
        (None, True, None),
    ],
)
def test_logits_and_softmax(keras, activation, from_logits, name):
    assert _names(doctor.check(_net(keras, activation, from_logits))) == ([name] if name else [])


def test_twice_a_sigmoid(keras):
    def binary(*last, from_logits):
        net = keras.Sequential([keras.Input((4,)), *last])
        net.compile(optimizer="sgd", loss=keras.losses.BinaryCrossentropy(from_logits=from_logits))
        return doctor.check(net)

    (finding,) = binary(keras.layers.Dense(1, activation="sigmoid"), from_logits=True)
    assert finding.name == "squashed twice" and "twice a sigmoid" in finding.sentence
    (finding,) = binary(
        keras.layers.Dense(1, activation="sigmoid"), keras.layers.Activation("sigmoid"), from_logits=False
    )
    assert finding.name == "squashed twice" and "sigmoid and then sigmoid once more" in finding.sentence
    assert binary(keras.layers.Dense(1, activation="sigmoid"), from_logits=False) == []
    assert binary(keras.layers.Dense(1), keras.layers.Activation("sigmoid"), from_logits=False) == []


def test_a_base_in_training_mode(keras):
    (finding,) = doctor.check(_net(keras, base_trainable=True))
    assert finding.name == "base in training mode" and "1 BatchNormalization" in finding.sentence
    assert doctor.check(_net(keras, base_trainable=True), from_scratch=True) == []


def test_another_learning_rate(keras):
    (finding,) = doctor.check(_net(keras, lr=0.01), learning_rate=0.001)
    assert finding.name == "another learning rate" and "0.01" in finding.sentence and "0.001" in finding.sentence
    net = _net(keras)
    net.optimizer.lr = 0.5  # Keras 3 takes it without a word and goes on with 0.001
    assert _names(doctor.check(net)) == ["another learning rate"]
    assert doctor.check(_net(keras, lr=0.002), learning_rate=0.002) == []


def test_unreachable_weights(keras, flow, clothes):
    train = flow(clothes, "train", **_scaled(keras))

    class Unused(keras.layers.Layer):
        def build(self, shape):
            self.extra = self.add_weight(shape=(2,), name="extra")

        def call(self, x):
            return x

    (finding,) = doctor.check(_net(keras, middle=[Unused()]), train)
    assert (
        finding.name == "unreachable weights" and "extra" in finding.sentence and finding.sentence.startswith("1 of 3")
    )
    dead = keras.layers.Dense(5, activation="relu", bias_initializer=keras.initializers.Constant(-100))
    (finding,) = doctor.check(_net(keras, middle=[dead]), train)
    assert finding.name == "unreachable weights" and "dead ReLU" in finding.sentence
    net = _net(keras)
    net.trainable = False
    assert _names(doctor.check(net, train)) == ["nothing learns"]


def test_command(command, clothes, trained):
    assert "Nothing is wrong." in command("doctor", clothes, trained).out


def test_command_on_a_faulty_model(keras, clothes, trained, tmp_path, capsys):
    from keras_ref.model import card

    net, described, _ = card.load(trained / "final.keras")
    net.compile(optimizer=keras.optimizers.Adam(0.5), loss=keras.losses.CategoricalCrossentropy(from_logits=False))
    card.save(net, tmp_path / "faulty.keras", described)
    assert main(["doctor", str(clothes), str(tmp_path / "faulty.keras")]) == 1
    assert "logits as probabilities" in capsys.readouterr().out


def test_refusals(clothes, tmp_path, refused):
    refused(["doctor", tmp_path / "nowhere"], "nowhere does not exist")
    refused(["doctor", clothes, tmp_path / "no.keras"], "no.keras is not there")
    refused(["doctor", clothes, tmp_path], "config.json is not there")
