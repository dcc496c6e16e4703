"""What a model does: what it names, whether it can learn; and pictures and rates that keep it from learning."""

import numpy as np
import pytest

from keras_ref import doctor, runtime

K = 4


@pytest.fixture(scope="module")
def keras():
    """Give Keras."""
    return runtime.load()[1]


def pictures(seed, n=64):
    """Pictures whose class is where they are bright, and one-hot labels."""
    random = np.random.default_rng(seed)
    labels = np.arange(n) % K
    x = random.uniform(-1, 0.2, (n, 8, 8, 3)).astype(np.float32)
    for picture, label in zip(x, labels, strict=True):
        picture[label // 2 * 4 :][:4, label % 2 * 4 :][:, :4] += 0.8
    return x, np.eye(K, dtype=np.float32)[labels]


def net(keras, epochs=0, lr=0.05, layers=None):
    """A small net, trained or not."""
    keras.utils.set_random_seed(2)
    made = keras.Sequential([keras.Input((8, 8, 3)), *(layers or [keras.layers.Flatten(), keras.layers.Dense(K)])])
    made.compile(keras.optimizers.Adam(lr), keras.losses.CategoricalCrossentropy(from_logits=True))
    if epochs:
        made.fit(*pictures(0), epochs=epochs, verbose=0)
    return made


@pytest.fixture(scope="module")
def trained(keras):
    """Give a net that knows its pictures."""
    return net(keras, 15)


def names(findings):
    return [finding.name for finding in findings]


def test_a_trained_and_an_untrained_net_are_well(keras, trained):
    assert doctor.check(trained, pictures(0), pictures(1)) == []
    assert doctor.check(net(keras), pictures(0), pictures(1)) == []


@pytest.mark.parametrize(
    ("order", "words"),
    [
        ([1, 2, 3, 0], "shifted by 1."),
        ([3, 0, 1, 2], "shifted by 3."),
        ([3, 2, 1, 0], "in reverse order."),
        ([1, 0, 2, 3], "in another order."),
        ([1, 3, 0, 2], "in another order."),
    ],
)
def test_labels_in_another_order(trained, order, words):
    x, y = pictures(1)
    moved = np.eye(K, dtype=np.float32)[np.array(order)[y.argmax(axis=1)]]
    findings = doctor.check(trained, pictures(0), (x, moved))
    (finding,) = findings
    assert finding.name == "labels in another order" and finding.sentence.endswith(words)
    assert "validation pictures" in finding.sentence


def test_shuffled_labels(trained):
    x, y = pictures(1)
    findings = doctor.check(trained, pictures(0), (x, np.random.default_rng(4).permutation(y)))
    assert names(findings) == ["shuffled labels"]


def test_a_model_that_always_says_one_class(keras):
    lost = net(keras, 1, lr=1e-6)
    lost.layers[-1].set_weights([np.zeros((192, K), np.float32), np.array([0, 0, 3, 0], np.float32)])
    (finding,) = doctor.check(lost, pictures(0))
    assert (
        finding.name == "always one class" and "names class 2 for all of 64 pictures, of 4 classes" in finding.sentence
    )
    fresh = net(keras)
    fresh.layers[-1].set_weights([np.zeros((192, K), np.float32), np.array([0, 0, 3, 0], np.float32)])
    assert doctor.check(fresh, pictures(0)) == []  # it is about to be trained


def test_a_net_that_cannot_learn_a_batch_by_heart(keras):
    layers = [keras.layers.Flatten(), keras.layers.Rescaling(1e-6), keras.layers.Dense(K, use_bias=False)]
    weak = net(keras, layers=layers)
    x, y = pictures(0)
    (finding,) = doctor.check(weak, (x * 2, y))
    assert finding.name == "can't overfit" and "from 1.39 to 1.39" in finding.sentence


def test_the_net_is_as_it_was(keras):
    layers = [keras.layers.Conv2D(4, 3), keras.layers.BatchNormalization(), keras.layers.Dropout(0.5)]
    made = net(keras, 1, layers=[*layers, keras.layers.Flatten(), keras.layers.Dense(K)])
    made.layers[0].trainable = False
    made.compile(keras.optimizers.Adam(0.001), keras.losses.CategoricalCrossentropy(from_logits=True))
    before = [np.array(v) for v in made.variables]
    assert doctor.check(made, pictures(0)) == []
    for variable, was in zip(made.variables, before, strict=True):
        np.testing.assert_array_equal(np.array(variable), was)


@pytest.mark.parametrize(("kind", "rate"), [("Adam", 2.0), ("Adam", 1e-9), ("SGD", 100.0), ("AdamW", 0.0)])
def test_rates_out_of_reason(keras, kind, rate):
    made = net(keras)
    made.compile(getattr(keras.optimizers, kind)(rate), keras.losses.CategoricalCrossentropy(from_logits=True))
    (finding,) = doctor.check(made)
    assert (
        finding.name == "learning rate out of reason"
        and f"{kind} works with learning_rate={rate:g}" in finding.sentence
    )


def test_a_rate_for_heads_on_a_trained_base(keras):
    base = keras.Sequential([keras.Input((8, 8, 3)), keras.layers.Conv2D(4, 3)])
    layers = [base, keras.layers.Flatten(), keras.layers.Dense(K)]
    assert names(doctor.check(net(keras, lr=0.01, layers=layers))) == ["learning rate out of reason"]
    assert doctor.check(net(keras, lr=0.01, layers=layers), from_scratch=True) == []
    assert doctor.check(net(keras, lr=0.0001, layers=layers)) == []
    base.trainable = False
    assert doctor.check(net(keras, lr=0.01, layers=layers)) == []


def test_frozen_after_compile(keras):
    made = net(keras, 1)
    made.layers[-1].kernel.trainable = True
    assert doctor.check(made) == []
    made = net(keras, 1, layers=[keras.layers.Conv2D(4, 3), keras.layers.Flatten(), keras.layers.Dense(K)])
    made.layers[0].trainable = False
    (finding,) = doctor.check(made)
    assert finding.name == "frozen after compile" and "built for 4 weights, and 2 are trainable" in finding.sentence
    made.compile(keras.optimizers.Adam(0.001), keras.losses.CategoricalCrossentropy(from_logits=True))
    assert doctor.check(made) == []


def test_scaled_twice_and_for_another_base(keras):
    x, y = pictures(0)
    pixels = np.round((x + 1) * 127.5)
    for scale in (lambda v: v / 255 / 255, lambda v: (v / 127.5 - 1) / 127.5 - 1):
        (finding,) = doctor.check(net(keras), (scale(pixels), y))
        assert finding.name == "scaled twice" and "pixels that were scaled twice" in finding.sentence
    layers = [keras.layers.Rescaling(1 / 255), keras.layers.Rescaling(1 / 127.5, -1)]
    layers += [keras.layers.Flatten(), keras.layers.Dense(K)]
    assert names(doctor.check(net(keras, layers=layers), (pixels, y))) == ["scaled twice"]
    base = keras.Sequential([keras.Input((8, 8, 3)), keras.layers.Conv2D(4, 3)], name="xception")
    base.trainable = False
    layers = [base, keras.layers.Flatten(), keras.layers.Dense(K)]
    (finding,) = doctor.check(net(keras, layers=layers), (pixels / 255, y))
    assert finding.name == "another scale" and "xception was trained on -1..1" in finding.sentence
    assert doctor.check(net(keras, layers=layers), (x, y)) == []


def test_validation_that_is_augmented_and_cached(keras):
    tf, _ = runtime.load()
    x, y = pictures(1)
    plain = tf.data.Dataset.from_tensor_slices((x, y)).batch(8)
    flip = keras.layers.RandomFlip("horizontal", seed=1)

    def changed(x, y):
        return flip(x, training=True), y

    def brighter(x, y):
        return x + tf.random.uniform(()), y

    for change in (changed, brighter):
        (finding,) = doctor.check(None, pictures(0), plain.map(change).cache().prefetch(2))
        assert finding.name == "augmented validation" and "then cached" in finding.sentence
    assert doctor.check(None, pictures(0), plain.cache().prefetch(2)) == []
    assert doctor.check(None, pictures(0), plain.shuffle(3).map(lambda x, y: (x * 1, y)).cache()) == []
