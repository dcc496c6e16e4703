"""classifier.json: in the .keras file, checked, replaced, and made up where it is absent."""

import json
import zipfile

import numpy as np
import pytest

from keras_ref import pictures, runtime
from keras_ref.model import card
from minicnn import files
from minicnn.files import classifier


def _net(units=2, activation=None, size=8):
    _, keras = runtime.load()
    net = keras.Sequential(
        [keras.Input((size, size, 3)), keras.layers.Flatten(), keras.layers.Dense(units, activation=activation)]
    )
    loss = keras.losses.CategoricalCrossentropy(from_logits=activation is None)
    net.compile(optimizer="adam", loss=loss)
    return net


def read(value):
    """Read a card as a file's classifier.json is read."""
    return card.from_value(classifier.parse(json.dumps(value).encode()), "m.keras")


CARD = card.Card(("a", "b"), pictures.Recipe(8, 8, "bilinear", 1 / 255, 0.0), "probabilities")


def test_round_trip_and_keras_reads_the_file_too(tmp_path):
    net = _net()
    card.save(net, tmp_path / "m.keras", CARD)
    loaded, described, sentence = card.load(tmp_path / "m.keras")
    assert described == CARD and sentence is None
    x = np.random.default_rng(0).random((3, 8, 8, 3), np.float32)
    np.testing.assert_array_equal(loaded(x), net(x))
    with zipfile.ZipFile(tmp_path / "m.keras") as archive:
        written = json.loads(archive.read("classifier.json"))
    told = ("version", "class_names", "size", "resize", "scale", "offset", "output")
    assert [written[key] for key in told] == [2, ["a", "b"], [8, 8], "bilinear", 1 / 255, 0.0, "probabilities"]
    assert [path.name for path in tmp_path.iterdir()] == ["m.keras"]


def test_describe_replaces_the_card_and_nothing_else(tmp_path):
    card.save(_net(), tmp_path / "m.keras", CARD)
    other = card.Card(("x", "y"), pictures.square(8))
    card.describe(tmp_path / "m.keras", other)
    with zipfile.ZipFile(tmp_path / "m.keras") as archive:
        assert archive.namelist().count("classifier.json") == 1
    assert card.load(tmp_path / "m.keras")[1] == other


def test_without_a_card_one_is_made_up_and_said(tmp_path):
    _net().save(tmp_path / "m.keras")
    _, described, sentence = card.load(tmp_path / "m.keras")
    assert described == card.Card(("0", "1"), pictures.square(8), "logits")
    assert 'has no classifier.json: classes are numbered; a guess is resize "nearest", scale ' in sentence
    _net(activation="softmax").save(tmp_path / "s.keras")
    assert card.load(tmp_path / "s.keras")[1].output == "probabilities"
    assert card.load(tmp_path / "s.keras", ["p", "q"])[1].class_names == ("p", "q")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("version", 0),
        ("class_names", "ab"),
        ("size", 8),
        ("resize", "cubic"),
        ("scale", 0),
        ("offset", None),
        ("output", "votes"),
    ],
)
def test_a_card_that_cannot_be_used(key, value):
    good = CARD.value()
    with pytest.raises(ValueError, match=f"classifier.json's '{key}' must be"):
        read(good | {key: value})
    del good[key]
    with pytest.raises(ValueError, match=f"classifier.json must have '{key}'"):
        read(good)


def test_another_number_of_classes_is_refused(tmp_path):
    card.save(_net(units=3), tmp_path / "m.keras", CARD)
    with pytest.raises(ValueError, match="answers 3 classes, but 2 class names"):
        card.load(tmp_path / "m.keras")


def test_code_in_a_model_file_is_not_run(tmp_path):
    _, keras = runtime.load()
    net = keras.Sequential([keras.Input((8, 8, 3)), keras.layers.Lambda(lambda x: x), keras.layers.Flatten()])
    net.save(tmp_path / "m.keras")
    with pytest.raises(ValueError, match="cannot be loaded as a Keras model"):
        card.load(tmp_path / "m.keras")


def test_an_error_leaves_the_old_file(tmp_path, monkeypatch):
    card.save(_net(), tmp_path / "m.keras", CARD)
    before = (tmp_path / "m.keras").read_bytes()
    monkeypatch.setattr(card.Card, "value", lambda self: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        card.save(_net(), tmp_path / "m.keras", CARD)
    assert (tmp_path / "m.keras").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["m.keras"]


@pytest.mark.parametrize(
    ("shape", "why"),
    [((None, 8, 3), "size"), ((8, None, 3), "size"), ((None, None, 3), "size"), ((8, 8, 1), "RGB"), ((12,), "RGB")],
)
def test_no_card_is_made_up_for_what_takes_no_pictures_of_one_size(tmp_path, shape, why):
    _, keras = runtime.load()
    pool = [keras.layers.GlobalAveragePooling2D()] if len(shape) == 3 else []
    keras.Sequential([keras.Input(shape), *pool, keras.layers.Dense(2)]).save(tmp_path / "m.keras")
    sentence = {"size": "`size` must be given", "RGB": "holds no classifier.json and takes .*, not RGB pictures"}[why]
    with pytest.raises(ValueError, match=sentence):
        card.load(tmp_path / "m.keras")
    if why == "size":
        size = [want or 9 for want in shape[:2]]
        recipe = card.load(tmp_path / "m.keras", size=size)[1].recipe
        assert [recipe.height, recipe.width] == size


# ---- who wins: flags, the card, what lies beside the file, the model, a guess ---------------------------------------


def _open_net(path, known=None):
    """Save a net that takes pictures of any size, with a card or without."""
    _, keras = runtime.load()
    net = keras.Sequential([keras.Input((None, None, 3)), keras.layers.GlobalAveragePooling2D(), keras.layers.Dense(2)])
    net.save(path)
    if known is not None:
        files.write_card(path, known)


def test_flags_win_over_the_card(tmp_path):
    known = files.make_card(["a", "b"], (8, 8), "logits", "bilinear", [0.1, 0.2, 0.3], 0.5)
    _open_net(tmp_path / "m.keras", known)
    with pytest.raises(ValueError, match="scales each channel for itself"):
        card.load(tmp_path / "m.keras")
    described, sentence = card.load(tmp_path / "m.keras", ["x", "y"], size=(5, 6), scale=0.25, offset=0.5)[1:]
    assert described == card.Card(("x", "y"), pictures.Recipe(5, 6, "bilinear", 0.25, 0.5)) and sentence is None
    described, sentence = card.load(tmp_path / "m.keras", scale=0.25)[1:]
    assert described.recipe.offset == 0.0 and "the offset 0.5 of classifier.json is left out" in sentence


def test_the_card_wins_over_labels_and_these_over_numbers(tmp_path):
    (tmp_path / "labels.txt").write_text("0 cold\n1 warm\n")
    _open_net(tmp_path / "m.keras", files.make_card(["a", "b"], (8, 8), "logits"))
    assert card.load(tmp_path / "m.keras")[1].class_names == ("a", "b")
    _net().save(tmp_path / "bare.keras")
    described, sentence = card.load(tmp_path / "bare.keras")[1:]
    assert described.class_names == ("cold", "warm") and "numbered" not in sentence and "a guess is resize" in sentence
    assert card.load(tmp_path / "bare.keras", ["p", "q"])[1].class_names == ("p", "q")


def test_the_model_wins_over_a_guess(tmp_path):
    """Its own softmax, whatever kind of layer, and its own Rescaling."""
    _, keras = runtime.load()
    for number, last in enumerate(([], [keras.layers.Softmax()], [keras.layers.Activation("sigmoid")])):
        body = [keras.layers.Rescaling(1 / 255), keras.layers.Flatten(), keras.layers.Dense(2), *last]
        keras.Sequential([keras.Input((8, 8, 3)), *body]).save(tmp_path / f"{number}.keras")
        described, sentence = card.load(tmp_path / f"{number}.keras")[1:]
        assert described.output == ("probabilities" if last else "logits") and ("output" in sentence) == (not last)
        assert (described.recipe.scale, described.recipe.offset) == (1.0, 0.0) and "scale" not in sentence


@pytest.mark.parametrize(
    ("flag", "sentence"),
    [
        ({"size": (9, 8)}, r"m.keras takes pictures of 8 x 8 px. Received: size 9 x 8."),
        ({"scale": 0.0}, "'scale' must be a finite number other than 0"),
        ({"class_names": []}, "'class_names' must be"),
    ],
)
def test_flags_that_cannot_be(tmp_path, flag, sentence):
    card.save(_net(), tmp_path / "m.keras", CARD)
    with pytest.raises(ValueError, match=sentence):
        card.load(tmp_path / "m.keras", **flag)
