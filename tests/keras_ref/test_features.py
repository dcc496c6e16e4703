"""Stored vectors: right, keyed by what they depend on, and safe when runs are cut or doubled."""

import multiprocessing
import re
import shutil

import numpy as np
import pytest

from keras_ref import card, features, model, pictures, runtime, sweep, train, weights
from keras_ref import config as configs
from keras_ref.cli import main
from keras_ref.errors import Diverged
from tests.keras_ref import small
from tests.keras_ref.conftest import SIZE, draw


@pytest.fixture(scope="module")
def classifier():
    """Give a net with a frozen random base."""
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
    """Behind the vectors of 1e-5 that Keras's own start gives nothing but the bias moves; hence `model.wake`."""
    config = configs.Config(str(clothes), size=SIZE, weights="none", lr=0.01, epochs=10, batch_size=8)
    vectors = sweep.Vectors(config, pictures.read(clothes), tmp_path)
    assert 0.1 < vectors.sides[0][0].mean() < 10
    learned = sweep.head_history(config, vectors)[-1]
    vectors.sides = [(x * 1e-5, y) for x, y in vectors.sides]
    assert learned["accuracy"] > 0.9 > 0.7 > sweep.head_history(config, vectors)[-1]["accuracy"]
    assert learned["val_accuracy"] > 0.7


def test_a_second_call_runs_nothing(classifier, clothes, tmp_path, monkeypatch):
    once = features.vectors(classifier, _split(clothes), tmp_path)
    monkeypatch.setattr(features, "_write_block", lambda *_: pytest.fail("computed again"))
    np.testing.assert_array_equal(features.vectors(classifier, _split(clothes), tmp_path), once)


def test_the_key_is_weights_size_preprocessing_and_content(classifier, clothes, tmp_path):
    where = features.subfolder(classifier, pictures.square(SIZE), tmp_path)
    assert features.subfolder(classifier, pictures.square(SIZE + 1), tmp_path) != where
    assert features.subfolder(classifier, pictures.Recipe(SIZE, SIZE, "bilinear"), tmp_path) != where
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
    folders = [features.subfolder(classifier, recipe, tmp_path) for recipe in others]
    folders.append(features.subfolder(half, pictures.square(SIZE), tmp_path))
    assert weights.fingerprint(half.base) == weights.fingerprint(classifier.base)  # the precision alone differs
    assert len({where, *folders}) == 5
    kernel = classifier.base.get_layer("block1_conv1").kernel
    old = kernel.numpy()
    kernel.assign(old + 1e-3)
    assert features.subfolder(classifier, pictures.square(SIZE), tmp_path) != where
    kernel.assign(old)
    assert features.subfolder(classifier, pictures.square(SIZE), tmp_path) == where

    root = shutil.copytree(clothes, tmp_path / "copy")
    before = features.vectors(classifier, _split(root), tmp_path)
    shutil.copyfile(root / "train/red/1.jpg", root / "train/blue/0.jpg")  # same name, other content
    after = features.vectors(classifier, _split(root), tmp_path)
    assert (before[0] != after[0]).any()
    np.testing.assert_array_equal(after[0], before[17])
    np.testing.assert_array_equal(after[1:], before[1:])


def test_blocks_survive_an_interruption(classifier, clothes, tmp_path, monkeypatch):
    whole = features.vectors(classifier, _split(clothes), tmp_path / "whole")
    monkeypatch.setattr(features, "BATCH", 8)
    monkeypatch.setattr(features, "BLOCK", 8)
    write, count = features._write_block, []

    def write_one(*arguments):
        if count:
            raise KeyboardInterrupt
        count.append(write(*arguments))

    monkeypatch.setattr(features, "_write_block", write_one)
    with pytest.raises(KeyboardInterrupt):
        features.vectors(classifier, _split(clothes), tmp_path / "cut")
    monkeypatch.setattr(features, "_write_block", write)
    where = features.subfolder(classifier, pictures.square(SIZE), tmp_path / "cut")
    assert len(features.read_store(where)) == 8
    assert not [path for path in where.iterdir() if path.name.startswith(".")]
    # Seen: 5e-6 between registers of several widths and 2.4e-7 between sizes of batches, at values of up to 12.
    resumed = features.vectors(classifier, _split(clothes), tmp_path / "cut")
    np.testing.assert_allclose(resumed, whole, rtol=1e-5, atol=1e-6 * np.abs(whole).max())


def test_a_damaged_block_is_computed_again(classifier, clothes, tmp_path):
    once = features.vectors(classifier, _split(clothes), tmp_path)
    (block,) = features.subfolder(classifier, pictures.square(SIZE), tmp_path).glob("*.npz")
    block.write_bytes(block.read_bytes()[:1000])
    np.testing.assert_array_equal(features.vectors(classifier, _split(clothes), tmp_path), once)


def _store_blocks(where, seed):
    random = np.random.default_rng(seed)
    for _ in range(20):
        digests = [bytes([seed, *random.integers(0, 256, 31).tolist()]).hex() for _ in range(50)]
        features._write_block(where, digests, dict.fromkeys(digests, np.full(16, seed, np.float32)))
        shared = [bytes([9] * 32).hex()] * 3
        features._write_block(where, shared, dict.fromkeys(shared, np.full(16, 9, np.float32)))


def test_two_processes_can_fill_one_store(tmp_path):
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=_store_blocks, args=(tmp_path, seed)) for seed in (1, 2)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
        assert writer.exitcode == 0
    known = features.read_store(tmp_path)
    assert len(known) == 2 * 20 * 50 + 1
    assert all(int(digest[:2], 16) == vector[0] for digest, vector in known.items())


def test_shards_merge_to_the_same_bits(classifier, clothes, tmp_path, monkeypatch):
    split = _split(clothes)
    whole = features.vectors(classifier, split, tmp_path / "whole")
    for i in range(2):
        assert features.vectors(classifier, split, tmp_path / f"part{i}", (i, 2)) is None
    sizes = [
        len(features.read_store(features.subfolder(classifier, pictures.square(SIZE), tmp_path / f"part{i}")))
        for i in range(2)
    ]
    assert sum(sizes) == 24 and min(sizes) > 0
    assert features.merge([tmp_path / "part0", tmp_path / "part1"], tmp_path / "merged") == 2
    assert features.merge([tmp_path / "part0", tmp_path / "part1"], tmp_path / "merged") == 0
    monkeypatch.setattr(features, "_write_block", lambda *_: pytest.fail("computed again"))
    np.testing.assert_array_equal(features.vectors(classifier, split, tmp_path / "merged"), whole)


def test_stored_vectors_are_refused_where_the_base_learns(clothes, tmp_path):
    classifier = model.build(configs.Config("d", size=SIZE, weights="none", unfreeze=2), 3)
    with pytest.raises(ValueError, match="only right for a frozen base"):
        features.vectors(classifier, _split(clothes), tmp_path)


@pytest.mark.parametrize("settings", [{"augment": "light"}, {"unfreeze": 2}])
def test_a_run_does_not_use_the_store_where_it_would_be_wrong(clothes, tmp_path, monkeypatch, settings):
    monkeypatch.setattr(features, "vectors", lambda *_: pytest.fail("stored vectors used"))
    config = configs.Config(str(clothes), size=SIZE, weights="none", **settings)
    assert train._Run(config, pictures.read(clothes), tmp_path, tmp_path / "store").vectors is None


def test_a_head_on_stored_vectors_ends_with_the_weights_of_the_whole_net(clothes, tmp_path):
    """The vectors differ by float32 rounding between batch sizes; six Adam steps of .001 keep that below 1e-5."""
    config = configs.Config(
        str(clothes), size=SIZE, weights="none", inner=8, dropout=0.3, epochs=2, batch_size=8, seed=3
    )
    slow = train.new(config, tmp_path / "slow", store=None)
    fast = train.new(config, tmp_path / "fast", store=tmp_path / "store")
    swept = sweep.head_history(config, sweep.Vectors(config, pictures.read(clothes), tmp_path / "store"))
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
    monkeypatch.setattr(features, "BATCH", 8)
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

    hashes = [features._content_hash(path) for path in split.paths]
    with pytest.raises(Diverged, match=re.escape(f"The base's answer to {split.paths[13]} is not finite")):
        features._compute(Base(), split, list(range(24)), hashes, tmp_path, {})


def test_pictures_to_learn_from_have_labels(classifier, clothes, tmp_path):
    split = _split(clothes)
    nameless = pictures.Pictures(split.paths, split.recipe, keep=False)
    with pytest.raises(ValueError, match="must have labels"):
        features.labelled(classifier, nameless, tmp_path)
    stored, one_hot = features.labelled(classifier, split, tmp_path)
    assert stored.shape == (24, small.WIDTH) and one_hot.tolist() == split.one_hot.tolist()
