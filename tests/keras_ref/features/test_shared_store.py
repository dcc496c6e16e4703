"""The store of vectors, read by either package, whoever filled it; and the classifier that minicnn makes of it."""

import csv
import json

import keras
import numpy as np
import pytest

from keras_ref import config as configs
from keras_ref import features, model, pictures
from keras_ref.commands import main
from minicnn.app import augment
from minicnn.app import main as minicnn
from minicnn.data import VectorStore, draw_seeds, variants
from tests.keras_ref.conftest import SIZE


@pytest.fixture(scope="module")
def base(tmp_path_factory, _small_base):
    """Return a classifier's file, whose base was drawn, and its Classifier."""
    classifier = model.build(configs.Config("d", size=SIZE, weights="none"), 3)
    path = tmp_path_factory.mktemp("base") / "base.keras"
    classifier.net.save(path)
    return path, classifier


def _vectors(classifier, clothes, store):
    split = pictures.read(clothes).splits["train"]
    return features.vectors(classifier, pictures.Pictures(split.files, pictures.square(SIZE), keep=False), store)


def _minicnn(clothes, file, store, out, *more):
    flags = ("--size", SIZE, "--lr", 0.01, "--epochs", 3, "--cache", store, "--out", out, *more)
    assert minicnn([*map(str, ["train", clothes, "--base", file, *flags])]) == 0


def test_minicnn_reads_what_keras_ref_stored(base, clothes, tmp_path, monkeypatch, command):
    file, _ = base
    command("features", clothes, "--size", SIZE, "--weights", file, "--cache", tmp_path / "store")
    monkeypatch.setattr(VectorStore, "write", lambda *_: pytest.fail("computed again"))
    _minicnn(clothes, file, tmp_path / "store", tmp_path / "run")


def test_keras_ref_reads_what_minicnn_stored(base, clothes, tmp_path, monkeypatch):
    file, classifier = base
    _minicnn(clothes, file, tmp_path / "store", tmp_path / "run")
    want = _vectors(classifier, clothes, tmp_path / "other")
    monkeypatch.setattr(VectorStore, "write", lambda *_: pytest.fail("computed again"))
    got = _vectors(classifier, clothes, tmp_path / "store")
    np.testing.assert_allclose(got, want, rtol=0, atol=1e-4 * np.ptp(want))


@pytest.mark.parametrize("size", [(9, 9), (40, 33)])
def test_light_is_the_same_augmentation(size):
    """The same numbers are drawn, and the same pixels come of them: TensorFlow's generator and Keras's layers tell."""
    rng = np.random.default_rng(0)
    x = rng.uniform(-1, 1, (12, *size, 3)).astype(np.float32)
    pairs = draw_seeds([rng.bytes(32).hex() for _ in x], 3)
    pairs[0, 1] = 2**31 - 1  # beside it lie negative numbers
    change = pictures.transformer("light", *size)
    want = np.stack([change(picture, pair).numpy() for picture, pair in zip(x, pairs, strict=True)])
    np.testing.assert_allclose(augment.changed(x, "light", pairs), want, atol=1e-4)


@pytest.mark.parametrize(("kind", "draws"), [("light", 2), ("mirror", 0)])
def test_draws_are_shared(base, clothes, tmp_path, monkeypatch, command, kind, draws):
    """What either package stored of augmented pictures is the other's answer, and is not computed again."""
    file, classifier = base
    flags = ("--augment", kind, *(("--draws", draws) if draws else ()))
    _minicnn(clothes, file, tmp_path / "ours", tmp_path / "run", *flags)
    command("features", clothes, "--size", SIZE, "--weights", file, "--cache", tmp_path / "theirs", *flags)
    split = pictures.read(clothes).splits["train"]
    learn = pictures.Pictures(split.files, pictures.square(SIZE), keep=False)
    monkeypatch.setattr(VectorStore, "write", lambda *_: pytest.fail("computed again"))
    for draw in variants(kind, draws):
        got, want = (
            features.vectors(classifier, learn, tmp_path / store, augment=kind, draw=draw)
            for store in ("ours", "theirs")
        )
        np.testing.assert_allclose(got, want, rtol=0, atol=1e-4 * np.ptp(want))
    _minicnn(clothes, file, tmp_path / "theirs", tmp_path / "other", *flags)


def test_keras_opens_the_net_and_keras_ref_judges_it_as_it_was_judged(base, clothes, tmp_path):
    file, _ = base
    _minicnn(clothes, file, tmp_path / "store", tmp_path / "run", "--inner", 8, "--dropout", 0.2)
    saved = tmp_path / "run" / "model.keras"
    net = keras.models.load_model(saved)
    assert [type(layer).__name__ for layer in net.layers[-3:]] == ["Dense", "Dropout", "Dense"]
    out = tmp_path / "judged"
    assert main([*map(str, ["evaluate", saved, clothes, "--split", "validation", "--out", out])]) == 0
    rows = csv.DictReader((tmp_path / "run" / "history.csv").read_text().splitlines())
    best = max(float(row["val_accuracy"]) for row in rows)
    assert json.loads((out / "evaluation.json").read_text())["accuracy"] == pytest.approx(best, abs=1e-6)


def test_given_the_same_start_and_order_both_heads_learn_alike(base, clothes, tmp_path):
    """Ten steps of Adam on the same vectors: history and weights within 1e-4."""
    from minicnn import Adam, CategoricalCrossentropy, Dense, Input, Sequential

    _, classifier = base
    x = _vectors(classifier, clothes, tmp_path)
    y = np.eye(3, dtype=np.float32)[pictures.read(clothes).splits["train"].labels]
    config = configs.Config(str(clothes), size=SIZE, weights="none", inner=8, lr=0.01)
    theirs = model.build_head(config, x.shape[1], 3)
    model.compile_net(theirs, config)
    ours = Sequential([Input((x.shape[1],)), Dense(8, activation="relu"), Dense(3)])
    ours.compile(Adam(0.01), CategoricalCrossentropy(from_logits=True), metrics=["accuracy"])
    ours.set_weights(theirs.get_weights())
    history = ours.fit(x, y, batch_size=8, epochs=4, shuffle=False, verbose=0).history
    expected = theirs.fit(x, y, batch_size=8, epochs=4, shuffle=False, verbose=0).history
    for name in ("loss", "accuracy"):
        np.testing.assert_allclose(history[name], expected[name], atol=1e-4)
    for a, b in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-4)
