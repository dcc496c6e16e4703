"""Stored vectors: right, keyed by what they depend on, and safe when runs are cut or doubled."""

import errno
import os
import re
import shutil

import numpy as np
import pytest

from keras_ref import config as configs
from keras_ref import features, model, pictures, runtime, train
from keras_ref.commands import main
from keras_ref.features import stored as stored_vectors
from keras_ref.model import card
from keras_ref.runtime import Diverged
from keras_ref.train import heads
from keras_ref.train.run import Run
from tests.keras_ref import small
from tests.keras_ref.conftest import SIZE, draw


@pytest.fixture(scope="module")
def classifier():
    """Return a net with a frozen random base."""
    return model.build(configs.Config("d", size=SIZE, weights="none"), 3)


def _split(root, name="train"):
    split = pictures.read(root).splits[name]
    return pictures.Pictures(split.files, pictures.square(SIZE), split.labels, 3, keep=False)


def test_a_vector_is_what_the_base_gives(classifier, clothes, tmp_path):
    split = _split(clothes)
    stored = features.vectors(classifier, split, tmp_path)
    direct = np.concatenate([classifier.vectors(x) for x, _ in split.batches(8)])
    assert stored.shape == (24, small.WIDTH)
    np.testing.assert_allclose(stored, direct, rtol=1e-5, atol=1e-6 * np.abs(direct).max())


def test_a_head_learns_from_a_random_base(xception, clothes, tmp_path):
    """After the vectors of 1e-5 that Keras's own start gives nothing but the bias moves; hence `model.wake`."""
    config = configs.Config(str(clothes), size=SIZE, weights="none", lr=0.01, epochs=10, batch_size=8)
    vectors = heads.Vectors(config, pictures.read(clothes), tmp_path)
    assert 0.1 < vectors.learn.epoch(1).mean() < 10
    learned = heads.head_history(config, vectors)[-1]
    for side in (vectors.learn, vectors.check):
        side._sets = [x * 1e-5 for x in side._sets]
    assert learned["accuracy"] > 0.9 > 0.7 > heads.head_history(config, vectors)[-1]["accuracy"]
    assert learned["val_accuracy"] > 0.7


def test_a_second_call_runs_nothing(classifier, clothes, tmp_path, monkeypatch):
    once = features.vectors(classifier, _split(clothes), tmp_path)
    monkeypatch.setattr(stored_vectors.VectorStore, "write", lambda *_: pytest.fail("computed again"))
    np.testing.assert_array_equal(features.vectors(classifier, _split(clothes), tmp_path), once)


def test_the_key_is_weights_size_preprocessing_and_content(classifier, clothes, tmp_path):
    where = features.store_for(classifier, pictures.square(SIZE), tmp_path).folder
    assert features.store_for(classifier, pictures.square(SIZE + 1), tmp_path).folder != where
    assert features.store_for(classifier, pictures.Recipe(SIZE, SIZE, "bilinear"), tmp_path).folder != where
    others = [
        pictures.Recipe(SIZE, SIZE, scale=1 / 255),
        pictures.Recipe(SIZE, SIZE, offset=0.0),
        pictures.Recipe(SIZE, SIZE + 1),
    ]
    keras = runtime.load()[1]
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        half = model.build(configs.Config("d", size=SIZE, weights="none"), 3)
    finally:
        keras.config.set_dtype_policy("float32")
    folders = [features.store_for(classifier, recipe, tmp_path).folder for recipe in others]
    folders.append(features.store_for(half, pictures.square(SIZE), tmp_path).folder)
    assert (
        half.base.get_weights()[0].tobytes() == classifier.base.get_weights()[0].tobytes()
    )  # the precision alone differs
    assert len({where, *folders}) == 5
    kernel = classifier.base.get_layer("block1_conv1").kernel
    old = kernel.numpy()
    kernel.assign(old + 1e-3)
    assert features.store_for(classifier, pictures.square(SIZE), tmp_path).folder != where
    kernel.assign(old)
    assert features.store_for(classifier, pictures.square(SIZE), tmp_path).folder == where

    root = shutil.copytree(clothes, tmp_path / "copy")
    before = features.vectors(classifier, _split(root), tmp_path)
    shutil.copyfile(root / "train/red/1.jpg", root / "train/blue/0.jpg")  # same name, other content
    after = features.vectors(classifier, _split(root), tmp_path)
    assert (before[0] != after[0]).any()
    np.testing.assert_array_equal(after[0], before[17])
    np.testing.assert_array_equal(after[1:], before[1:])


def test_blocks_survive_an_interruption(classifier, clothes, tmp_path, monkeypatch):
    whole = features.vectors(classifier, _split(clothes), tmp_path / "whole")
    monkeypatch.setattr(stored_vectors, "BATCH", 8)
    monkeypatch.setattr(stored_vectors, "BLOCK", 8)
    write, count = stored_vectors.VectorStore.write, []

    def write_one(*arguments):
        if count:
            raise KeyboardInterrupt
        count.append(write(*arguments))
        return count[0]

    monkeypatch.setattr(stored_vectors.VectorStore, "write", write_one)
    with pytest.raises(KeyboardInterrupt):
        features.vectors(classifier, _split(clothes), tmp_path / "cut")
    monkeypatch.setattr(stored_vectors.VectorStore, "write", write)
    where = features.store_for(classifier, pictures.square(SIZE), tmp_path / "cut")
    assert len(where.read()) == 8
    assert not [path for path in where.folder.iterdir() if path.name.startswith(".")]
    # Seen: 5e-6 between registers of several widths and 2.4e-7 between sizes of batches, at values of up to 12.
    resumed = features.vectors(classifier, _split(clothes), tmp_path / "cut")
    np.testing.assert_allclose(resumed, whole, rtol=1e-5, atol=1e-6 * np.abs(whole).max())


def test_a_damaged_block_is_replaced_once(classifier, clothes, tmp_path, capsys):
    once = features.vectors(classifier, _split(clothes), tmp_path)
    folder = features.store_for(classifier, pictures.square(SIZE), tmp_path).folder
    (block,) = folder.glob("*.npz")
    other = folder / "0123456789abcdef0123.npz"  # as one that another set of pictures left
    other.write_bytes(block.read_bytes()[:900])
    block.write_bytes(block.read_bytes()[:1000])
    np.testing.assert_array_equal(features.vectors(classifier, _split(clothes), tmp_path), once)
    assert "cannot be read; its vectors are computed again" in capsys.readouterr().err
    np.testing.assert_array_equal(features.vectors(classifier, _split(clothes), tmp_path), once)
    assert capsys.readouterr().err == "" and not other.exists()


@pytest.mark.parametrize("why", ["shard", "full"])
def test_a_damaged_block_that_was_not_replaced_is_kept_aside(classifier, clothes, tmp_path, monkeypatch, why):
    features.vectors(classifier, _split(clothes), tmp_path)
    (block,) = tmp_path.rglob("*.npz")
    block.write_bytes(block.read_bytes()[:1000])
    if why == "full":
        monkeypatch.setattr(stored_vectors.VectorStore, "write", lambda *_: False)
    features.vectors(classifier, _split(clothes), tmp_path, (0, 2) if why == "shard" else (0, 1))
    assert not block.exists() and len(block.with_name(f"{block.name}.damaged").read_bytes()) == 1000


def test_a_block_that_cannot_be_read_now_stays(classifier, clothes, tmp_path, monkeypatch, capsys):
    once = features.vectors(classifier, _split(clothes), tmp_path)
    (block,) = tmp_path.rglob("*.npz")
    before = block.read_bytes()

    def refuse(path):
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    with monkeypatch.context() as patch:
        patch.setattr("pathlib.Path.read_bytes", refuse)
        patch.setattr(stored_vectors.VectorStore, "write", lambda *_: False)  # or it would be written anew
        np.testing.assert_array_equal(features.vectors(classifier, _split(clothes), tmp_path), once)
    assert f"such as {block.name} ({os.strerror(errno.EIO)}): they stay" in capsys.readouterr().err
    assert block.read_bytes() == before


def test_a_store_that_cannot_be_written_is_read(classifier, clothes, tmp_path, monkeypatch, capsys):
    whole = features.vectors(classifier, _split(clothes), tmp_path)

    def refuse(path):
        raise ValueError(f"{path} can't be written: Read-only file system.")

    monkeypatch.setattr("minicnn.data.vectors.replacing", refuse)
    np.testing.assert_array_equal(features.vectors(classifier, _split(clothes), tmp_path), whole)
    assert "not kept" not in capsys.readouterr().err
    other = features.vectors(classifier, _split(clothes, "validation"), tmp_path)  # which it lacks
    assert other.shape == (12, small.WIDTH)
    assert "cannot be written: these vectors are not kept" in capsys.readouterr().err


def test_the_last_row_of_a_batch_is_no_picture(classifier, clothes, tmp_path, monkeypatch):
    """It is the one row whose last bits may depend on the others, which not every machine shows (the next test)."""
    seen, ask = [], classifier.vectors.predict_on_batch
    monkeypatch.setattr(stored_vectors, "BATCH", 8)
    monkeypatch.setattr(classifier.vectors, "predict_on_batch", lambda x: seen.append(np.array(x)) or ask(x))
    features.vectors(classifier, _split(clothes, "validation"), tmp_path)
    assert [len(x) for x in seen] == [9, 9]  # 12 pictures
    for x, filled in zip(seen, (8, 4), strict=True):
        assert (np.abs(x[:filled]).max(axis=(1, 2, 3)) > 0).all() and not x[filled:].any()


@pytest.mark.parametrize("order", [0, *(pytest.param(k, marks=pytest.mark.slow) for k in (1, 2))])
def test_a_vector_does_not_depend_on_its_neighbours(xception, tmp_path, order):
    """The last row of a full batch has other last bits than the rest: it is never a picture's. Case vectors_row31."""
    root = draw(tmp_path / "clothes", {"train": 23, "validation": 1}, seed=5)
    classifier = model.build(configs.Config("d", size=SIZE, weights="none"), 3)
    split = _split(root)
    assert len(split) > 2 * features.BATCH
    whole = features.vectors(classifier, split, tmp_path / "whole")
    names = np.random.default_rng(order).permutation(len(split))
    for k, part in enumerate(np.array_split(names, 3)):  # other neighbours in other batches, also half-filled ones
        some = pictures.Pictures([split.paths[i] for i in part], split.recipe, keep=False)
        np.testing.assert_array_equal(features.vectors(classifier, some, tmp_path / f"part{k}"), whole[part])


def test_shards_merge_to_the_same_bits(classifier, clothes, tmp_path, monkeypatch):
    split = _split(clothes)
    whole = features.vectors(classifier, split, tmp_path / "whole")
    for i in range(2):
        assert features.vectors(classifier, split, tmp_path / f"part{i}", (i, 2)) is None
    sizes = [len(features.store_for(classifier, pictures.square(SIZE), tmp_path / f"part{i}").read()) for i in range(2)]
    assert sum(sizes) == 24 and min(sizes) > 0
    assert features.merge([tmp_path / "part0", tmp_path / "part1"], tmp_path / "merged") == 2
    assert features.merge([tmp_path / "part0", tmp_path / "part1"], tmp_path / "merged") == 0
    monkeypatch.setattr(stored_vectors.VectorStore, "write", lambda *_: pytest.fail("computed again"))
    np.testing.assert_array_equal(features.vectors(classifier, split, tmp_path / "merged"), whole)


def test_stored_vectors_are_refused_where_the_base_learns(clothes, tmp_path):
    classifier = model.build(configs.Config("d", size=SIZE, weights="none", unfreeze=2), 3)
    with pytest.raises(ValueError, match="only right for a frozen base"):
        features.vectors(classifier, _split(clothes), tmp_path)


@pytest.mark.parametrize("settings", [{"augment": "light"}, {"unfreeze": 2}])
def test_a_run_does_not_use_the_store_where_it_would_be_wrong(clothes, tmp_path, monkeypatch, settings):
    monkeypatch.setattr(stored_vectors, "vectors", lambda *_: pytest.fail("stored vectors used"))
    config = configs.Config(str(clothes), size=SIZE, weights="none", **settings)
    run = Run(config, pictures.read(clothes), tmp_path)
    assert run._learner(tmp_path / "store", 1)[1] is None


def test_a_head_on_stored_vectors_ends_with_the_weights_of_the_whole_net(clothes, tmp_path):
    """The vectors differ by float32 rounding between batch sizes; six Adam steps of .001 keep that below 1e-5."""
    config = configs.Config(
        str(clothes), size=SIZE, weights="none", inner=8, dropout=0.3, epochs=2, batch_size=8, seed=3
    )
    slow = train.new(config, tmp_path / "slow", store=None)
    fast = train.new(config, tmp_path / "fast", store=tmp_path / "store")
    swept = heads.head_history(config, heads.Vectors(config, pictures.read(clothes), tmp_path / "store"))
    assert fast == swept
    nets = [card.load_net(tmp_path / name / "final.keras", compiled=True) for name in ("slow", "fast")]
    for ours, theirs in zip(*(net.get_weights() for net in nets), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-5)
    assert nets[1].optimizer.iterations == 6
    for ours, theirs in zip(slow, fast, strict=True):
        assert ours == pytest.approx(theirs, abs=1e-5)


def test_command_in_two_parts(clothes, tmp_path, command, refused):
    command("features", clothes, "--size", SIZE, "--weights", "none", "--shard", "0/2", "--cache", tmp_path / "a")
    assert (
        main(
            [
                "features",
                str(clothes),
                "--size",
                str(SIZE),
                "--weights",
                "none",
                "--shard",
                "1/2",
                "--cache",
                str(tmp_path / "b"),
            ]
        )
        == 0
    )
    assert (
        main(
            [
                "features",
                str(clothes),
                "--size",
                str(SIZE),
                "--weights",
                "none",
                "--merge",
                str(tmp_path / "a"),
                str(tmp_path / "b"),
                "--cache",
                str(tmp_path / "c"),
            ]
        )
        == 0
    )
    refused(["features", clothes, "--shard", "2/2"], "--shard must be I/N", "2/2")
    refused(["features", "--merge", tmp_path / "none"], "is not there")


def test_random_pictures_of_the_same_content_share_a_vector(classifier, tmp_path):
    root = draw(tmp_path / "clothes", {"train": 2, "validation": 1})
    shutil.copyfile(root / "train/red/0.jpg", root / "train/red/1.jpg")
    stored = features.vectors(classifier, _split(root), tmp_path / "store")
    np.testing.assert_array_equal(stored[4], stored[5])


def test_the_picture_without_a_finite_vector_is_named(clothes, tmp_path, monkeypatch):
    """Not the first one of its batch, nor of the second batch."""
    monkeypatch.setattr(stored_vectors, "BATCH", 8)
    split = _split(clothes)

    class Base:
        layers = (type("Last", (), {"compute_dtype": "float32"}),)
        calls = 0

        def predict_on_batch(self, x):
            self.calls += 1
            y = np.ones((len(x), 4))
            if self.calls == 2:
                y[5:, 1] = np.nan
            return y

    store = stored_vectors.VectorStore(tmp_path, {})
    with pytest.raises(Diverged, match=re.escape(f"The base's answer to {split.paths[13]} is not finite")):
        stored_vectors._compute(Base(), split, list(range(24)), store, {}, "none", 0, np.dtype("float32"))


def test_pictures_to_learn_from_have_labels(classifier, clothes, tmp_path):
    split = _split(clothes)
    nameless = pictures.Pictures(split.paths, split.recipe, keep=False)
    with pytest.raises(ValueError, match="must have labels"):
        features.Stored(classifier, nameless, tmp_path)
    stored = features.Stored(classifier, split, tmp_path)
    assert stored.epoch(1).shape == (24, small.WIDTH) and stored.one_hot.tolist() == split.one_hot.tolist()


AUGMENTED = {"size": SIZE, "weights": "none", "augment": "light", "draws": 2, "lr": 0.01, "inner": 8, "batch_size": 8}


def test_an_epoch_from_stored_draws_is_the_epoch_that_runs_the_net(clothes, tmp_path):
    config = configs.Config(str(clothes), epochs=3, **AUGMENTED)
    slow = train.new(config, tmp_path / "slow", store=None)
    fast = train.new(config, tmp_path / "fast", store=tmp_path / "store")
    for ours, theirs in zip(slow, fast, strict=True):
        assert ours == pytest.approx(theirs, abs=2e-5)
    assert fast == heads.head_history(config, heads.Vectors(config, pictures.read(clothes), tmp_path / "store"))
    plain = train.new(config.replace(augment="none", draws=0), tmp_path / "plain", store=tmp_path / "store")
    assert abs(plain[0]["loss"] - fast[0]["loss"]) > 1e-3  # it does augment


def test_draws_are_of_the_pictures_and_differ(classifier, clothes, tmp_path):
    split = _split(clothes)
    one, two = (features.vectors(classifier, split, tmp_path, augment="light", draw=k) for k in (1, 2))
    as_they_are = features.vectors(classifier, split, tmp_path)
    for a, b in ((one, two), (one, as_they_are), (two, as_they_are)):
        assert (np.abs(a - b).max(axis=1) > 0).all()
    stored = features.Stored(classifier, split, tmp_path, "light", 2)
    for epoch, want in ((1, one), (2, two), (3, one)):
        np.testing.assert_array_equal(stored.epoch(epoch), want)
    (x,) = (x for x, _ in split.drawn(len(split), "light", 2, np.arange(len(split))[::-1]))
    np.testing.assert_allclose(classifier.vectors(x)[::-1], two, rtol=1e-5, atol=1e-6 * np.abs(two).max())
    renamed = shutil.copytree(clothes, tmp_path / "renamed")
    for path in sorted((renamed / "train" / "red").iterdir()):
        path.rename(path.with_name(f"other-{path.name}"))
    (again,) = (x for x, _ in _split(renamed).drawn(len(split), "light", 2, np.arange(len(split))[::-1]))
    hashes = split.hashes()[::-1]
    where = [_split(renamed).hashes()[::-1].index(digest) for digest in hashes]
    np.testing.assert_array_equal(np.asarray(again)[where], x)


def test_command_stores_draws_that_train_reads(clothes, tmp_path, command, monkeypatch):
    given = ("--size", SIZE, "--weights", "none", "--augment", "light", "--draws", 2, "--cache", tmp_path / "store")
    told = command("features", clothes, *given).out
    assert "48 vectors of 2 draws of 24 pictures are beside it." in told
    monkeypatch.setattr(stored_vectors.VectorStore, "write", lambda *_: pytest.fail("computed again"))
    command("train", clothes, *given, "--epochs", 3, "--out", tmp_path / "run")
    command("sweep", clothes, *given, "--over", "lr", "--values", 0.01, "--seeds", 1, "--epochs", 2)


def test_draws_need_an_augmentation(refused, clothes):
    for augment in ("none", "mirror"):
        refused(["train", clothes, "--draws", 3, "--augment", augment], "draws are of an augmentation", "draws=3")
    refused(["features", clothes, "--augment", "light"], "--augment light needs --draws N")


def test_command_stores_mirror_images_that_train_reads(clothes, tmp_path, command, monkeypatch):
    given = ("--size", SIZE, "--weights", "none", "--augment", "mirror", "--cache", tmp_path / "store")
    told = command("features", clothes, *given).out
    assert "24 vectors of the mirror images of 24 pictures are beside it." in told
    monkeypatch.setattr(stored_vectors.VectorStore, "write", lambda *_: pytest.fail("computed again"))
    command("train", clothes, *given, "--epochs", 2, "--out", tmp_path / "run")
