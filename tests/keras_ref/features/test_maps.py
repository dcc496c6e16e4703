"""The frozen part of a fine-tuned net, run once: its two parts are the net, and what is kept is what it answers."""

import errno
import os

import numpy as np
import pytest

from keras_ref import config as configs
from keras_ref import model, pictures, runtime, train
from keras_ref.features import maps, stored
from keras_ref.model import card
from keras_ref.runtime import Diverged
from minicnn.data import mirrored
from tests.keras_ref.conftest import SIZE

SETTINGS = {"size": SIZE, "lr": 1e-3, "inner": 8, "dropout": 0.2, "batch_size": 8, "unfreeze": 3}


def _split(root, name="train"):
    split = pictures.read(root).splits[name]
    return pictures.Pictures(split.files, pictures.square(SIZE), split.labels, 3, keep=False)


def _tuned(trained, **settings):
    return model.build(configs.Config("d", start=str(trained / "final.keras"), **SETTINGS | settings), 3)


@pytest.mark.parametrize("unfreeze", [2, 6, 7, 18, 20, 26])
def test_both_parts_of_xception_make_the_whole(xception, unfreeze):
    """6 is block 14; 18 and more reach into block 13, where the residual's way meets the cut too."""
    _, keras = runtime.load()
    classifier = model.build(configs.Config("d", size=SIZE, weights="none", inner=8), 3)
    model.freeze(classifier.base, unfreeze, batchnorm=False)
    parts = maps.cut(classifier)
    x = np.random.default_rng(unfreeze).uniform(-1, 1, (2, SIZE, SIZE, 3)).astype(np.float32)
    want = np.asarray(classifier.net(x))
    np.testing.assert_allclose(parts.back(parts.front(x)), want, rtol=1e-4, atol=1e-5 * np.abs(want).max())
    assert parts.front.trainable_weights == []
    assert [v.path for v in parts.back.trainable_variables] == [v.path for v in classifier.net.trainable_variables]
    assert len(parts.shapes) == (1 if unfreeze <= 7 else 2)
    layers = {layer.name for layer in parts.front.layers}
    assert not layers & {layer.name for layer in classifier.base.layers if layer.trainable_weights}


@pytest.mark.parametrize("augment", ["none", "mirror"])
def test_training_on_maps_is_training_the_net(trained, clothes, tmp_path, augment):
    """The net's own batches are of 8, those of the front of 33: rounding, which three Adam steps an epoch carry on."""
    config = configs.Config(
        str(clothes), start=str(trained / "final.keras"), epochs=2, augment=augment, maps="float32", **SETTINGS
    )
    slow = train.new(config.replace(maps="none"), tmp_path / "slow", store=tmp_path / "store")
    fast = train.new(config, tmp_path / "fast", store=tmp_path / "store")
    for ours, theirs in zip(fast, slow, strict=True):
        assert ours == pytest.approx(theirs, abs=1e-4)
    nets = [card.load_net(tmp_path / name / "final.keras", compiled=True) for name in ("slow", "fast")]
    before = card.load_net(trained / "final.keras").get_weights()
    moved = 0
    for one, other, old in zip(*(net.get_weights() for net in nets), before, strict=True):
        np.testing.assert_allclose(one, other, rtol=0, atol=1e-5)
        moved += bool(np.abs(one - old).max() > 1e-4)
    assert moved == 2 + 4  # the last separable convolution's two kernels, and the head
    assert nets[1].optimizer.iterations == 6


def test_mirror_images_are_those_of_the_coins(trained, clothes, tmp_path):
    classifier, split = _tuned(trained), _split(clothes)
    parts = maps.cut(classifier)
    stored = maps.Maps(parts, split, tmp_path, "float32", "mirror")
    plain = np.concatenate([x for x, _ in split.batches(8)])
    coins = mirrored(24, 5, 2)
    assert 4 < coins.sum() < 20
    shown = np.where(coins[:, None, None, None], plain[:, :, ::-1], plain)
    order = np.random.default_rng(0).permutation(24)
    seen, labels = zip(*stored.batches(2, 8, order, seed=5), strict=True)
    want = np.asarray(parts.front(shown))
    np.testing.assert_allclose(
        np.concatenate([x[0] for x in seen]), want[order], rtol=1e-5, atol=1e-6 * np.abs(want).max()
    )
    np.testing.assert_array_equal(np.concatenate(labels), split.one_hot[order])
    from_files = np.concatenate([x for x, _ in split.training_batches(8, 5, 2, "mirror")])
    np.testing.assert_array_equal(from_files, shown[np.random.default_rng([5, 2]).permutation(24)])


def test_maps_of_float16_are_the_rounded_ones(trained, clothes, tmp_path):
    parts, split = maps.cut(_tuned(trained)), _split(clothes)
    whole, half = (
        np.concatenate([x[0] for x, _ in maps.Maps(parts, split, tmp_path, kind).batches(1, 8)])
        for kind in ("float32", "float16")
    )
    np.testing.assert_array_equal(half, whole.astype(np.float16).astype(np.float32))
    assert (half != whole).any()


def test_a_second_run_reads_what_the_first_kept(trained, clothes, tmp_path, monkeypatch, capsys):
    config = configs.Config(str(clothes), start=str(trained / "final.keras"), epochs=1, maps="float16", **SETTINGS)
    first = train.new(config, tmp_path / "one", store=tmp_path / "store")
    monkeypatch.setattr(stored.VectorStore, "write", lambda *_: pytest.fail("computed again"))
    assert train.new(config, tmp_path / "two", store=tmp_path / "store") == first
    assert train.resume(tmp_path / "two", epochs=2, store=tmp_path / "store")[0] == first[0]


def test_maps_of_another_precision_lie_apart(trained, clothes, tmp_path):
    keras = runtime.load()[1]
    split = _split(clothes)
    whole = maps.cut(_tuned(trained))
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        half = maps.cut(model.build(configs.Config("d", weights="none", **SETTINGS), 3))
    finally:
        keras.config.set_dtype_policy("float32")
    half.front.set_weights(whole.front.get_weights())
    places = [maps.folders(parts, split, tmp_path, "float32", "none", 0) for parts in (whole, half)]
    assert places[0] != places[1]


def test_maps_of_a_store_that_is_only_read(trained, clothes, tmp_path, monkeypatch):
    parts, split = maps.cut(_tuned(trained)), _split(clothes)
    (want, *_), _ = next(iter(maps.Maps(parts, split, tmp_path, "float32").batches(1, 8)))

    def refuse(*_):
        raise PermissionError("read-only file system")

    monkeypatch.setattr("os.utime", refuse)
    (got, *_), _ = next(iter(maps.Maps(parts, split, tmp_path, "float32").batches(1, 8)))
    np.testing.assert_array_equal(got, want)


def test_a_block_is_a_file_that_stays_open_so_there_are_few(trained, clothes, tmp_path, monkeypatch):
    parts, split = maps.cut(_tuned(trained)), _split(clothes)
    monkeypatch.setattr(stored, "BATCH", 8)
    for most, blocks in ((1 << 26, 1), (16 * 4 * parts.width, 2), (1, 3)):  # of the bytes of 24 pictures' maps
        monkeypatch.setattr(stored, "LARGEST", most)
        maps.Maps(parts, split, tmp_path / str(most), "float32")
        assert len(list((tmp_path / str(most)).rglob("*.npy"))) == blocks


def test_maps_that_cannot_be_read_now_are_neither_computed_again_nor_removed(trained, clothes, tmp_path, monkeypatch):
    parts, split = maps.cut(_tuned(trained)), _split(clothes)
    maps.Maps(parts, split, tmp_path, "float32")
    (block,) = tmp_path.rglob("*.npy")
    before = block.read_bytes()

    def refuse(*_, **more):
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))

    words = rf"1 of the blocks in .* such as {block.name} \({os.strerror(errno.EMFILE)}"
    with monkeypatch.context() as patch, pytest.raises(ValueError, match=words):
        patch.setattr("numpy.load", refuse)
        maps.Maps(parts, split, tmp_path, "float32")
    assert block.read_bytes() == before


def test_an_interruption_keeps_the_finished_blocks(trained, clothes, tmp_path, monkeypatch):
    parts, split = maps.cut(_tuned(trained)), _split(clothes)
    monkeypatch.setattr(stored, "BATCH", 8)
    monkeypatch.setattr(stored, "LARGEST", 1)
    whole = maps.Maps(parts, split, tmp_path / "whole", "float32")
    write, count = stored.VectorStore.write, []

    def write_one(*arguments):
        if count:
            raise KeyboardInterrupt
        count.append(write(*arguments))
        return count[0]

    monkeypatch.setattr(stored.VectorStore, "write", write_one)
    with pytest.raises(KeyboardInterrupt):
        maps.Maps(parts, split, tmp_path / "cut", "float32")
    monkeypatch.setattr(stored.VectorStore, "write", write)
    (folder,) = (tmp_path / "cut" / "maps").iterdir()
    assert len(list(folder.glob("*.npy"))) == 1
    again = maps.Maps(parts, split, tmp_path / "cut", "float32")
    for one, other in zip(again._sets[0], whole._sets[0], strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_budget_that_is_too_small(trained, clothes, tmp_path, capsys):
    config = configs.Config(str(clothes), start=str(trained / "final.keras"), epochs=1, maps="float16", **SETTINGS)
    train.new(config, tmp_path / "run", store=tmp_path / "store", maps_budget=1e-6)
    told = capsys.readouterr().err
    assert "more than the budget of 1e-06 GB (--maps-budget): the whole net runs" in told
    assert not (tmp_path / "store" / "maps").exists()
    train.new(config, tmp_path / "other", store=None)
    assert "Without a store no maps are kept" in capsys.readouterr().err


def test_older_maps_make_room(trained, clothes, tmp_path, capsys):
    config = configs.Config(str(clothes), start=str(trained / "final.keras"), epochs=1, maps="float16", **SETTINGS)
    train.new(config, tmp_path / "one", store=tmp_path / "store")
    (old,) = (tmp_path / "store" / "maps").iterdir()
    size = sum(path.stat().st_size for path in old.iterdir()) / 1e9
    train.new(config.replace(unfreeze=6), tmp_path / "two", store=tmp_path / "store", maps_budget=1)
    assert old.exists() and len(list(old.parent.iterdir())) == 2
    capsys.readouterr()
    train.new(config.replace(maps="float32"), tmp_path / "three", store=tmp_path / "store", maps_budget=2.2 * size)
    told = capsys.readouterr().err
    assert not old.exists() and told.count("were removed for newer ones") == 2 and str(old) in told
    capsys.readouterr()
    train.new(config.replace(maps="float32"), tmp_path / "four", store=tmp_path / "store", maps_budget=2.2 * size)
    assert "removed" not in capsys.readouterr().err  # its own maps are none to remove


def test_a_map_that_float16_does_not_hold(trained, clothes, tmp_path):
    classifier = _tuned(trained)
    last = [v for v in classifier.base.weights if v.path.endswith("normalized1/gamma")][0]
    last.assign(last * 1e6)
    with pytest.raises(Diverged, match="not finite.*float16"):
        maps.Maps(maps.cut(classifier), _split(clothes), tmp_path, "float16")


def test_a_store_that_cannot_be_written(trained, clothes, tmp_path):
    (tmp_path / "store").write_text("a file")
    with pytest.raises(ValueError, match="cannot be written, so no maps can be kept"):
        maps.Maps(maps.cut(_tuned(trained)), _split(clothes), tmp_path / "store", "float16")


@pytest.mark.parametrize(
    "settings", [{"unfreeze": 0}, {"unfreeze": "all"}, {"augment": "light"}], ids=["frozen", "all", "no draws"]
)
def test_maps_that_could_not_be_right_are_refused(settings):
    with pytest.raises(ValueError, match="maps are kept of the part of the base that does not learn"):
        configs.Config("d", maps="float16", **{"unfreeze": 2} | settings)
