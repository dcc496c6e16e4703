"""ImageBatches and image_folder: what is in a batch, in which order, and what a bad file or argument brings."""

import threading

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from minicnn.data import Folder, ImageBatches, PictureError, image_folder, images, load_image


@pytest.fixture
def pictures(tmp_path):
    """Eleven pictures of three classes, no two alike."""
    rng = np.random.default_rng(5)
    for i in range(11):
        path = tmp_path / f"{i:02d}.png"
        Image.fromarray(rng.integers(0, 256, (9, 7, 3), dtype=np.uint8)).save(path)
    return sorted(tmp_path.glob("*.png")), np.arange(11) % 3


def batches_of(pictures, **settings):
    files, labels = pictures
    settings = {"size": (5, 6), "batch_size": 4} | settings
    return ImageBatches(files, labels, ("a", "b", "c"), **settings)


def test_a_batch_is_pictures_and_one_hot_labels_in_order(pictures):
    batches = batches_of(pictures)
    got = list(batches)
    assert len(batches) == len(got) == 3 and [len(x) for x, _ in got] == [4, 4, 3]
    assert batches.shape == (5, 6, 3)
    x, y = (np.concatenate(parts) for parts in zip(*got, strict=True))
    assert x.dtype == y.dtype == np.float32
    np.testing.assert_array_equal(x, [load_image(file, (5, 6)) for file in pictures[0]])
    np.testing.assert_array_equal(y, np.eye(3)[pictures[1]])
    for ours, expected in zip(batches.arrays(), (x, y), strict=True):
        np.testing.assert_array_equal(ours, expected)


def test_scale_offset_and_resize(pictures):
    x, _ = next(iter(batches_of(pictures, scale=1 / 127.5, offset=-1, resize="bilinear")))
    raw = np.stack([load_image(file, (5, 6), "bilinear") for file in pictures[0][:4]])
    np.testing.assert_allclose(x, raw / 127.5 - 1, atol=1e-6)
    assert x.dtype == np.float32


def test_grey_cut_and_inverted(pictures):
    told = {"crop": "centre", "channels": 1, "invert": True}
    batches = batches_of(pictures, **told, scale=[0.5], offset=-1)
    assert batches.shape == (5, 6, 1)
    raw = np.stack([load_image(file, (5, 6), **told) for file in pictures[0]])
    np.testing.assert_array_equal(batches.arrays()[0], raw.astype(np.float32) / 2 - 1)
    with pytest.raises(ValueError, match="`scale` must be a finite number, or one for each channel"):
        batches_of(pictures, channels=1, scale=[1, 1, 1])
    with pytest.raises(ValueError, match="`channels` must be 3"):
        batches_of(pictures, channels=2)


def test_label_modes(pictures):
    files, labels = pictures
    _, y = next(iter(batches_of(pictures, label_mode="int")))
    assert y.dtype == np.int64 and y.tolist() == [0, 1, 2, 0]
    two = ImageBatches(files, labels % 2, ("no", "yes"), (5, 6), label_mode="binary")
    _, y = next(iter(two))
    assert y.shape == (11, 1) and y.dtype == np.float32 and y.ravel().tolist() == (labels % 2).tolist()
    assert next(iter(batches_of(pictures, label_mode=None))).shape == (4, 5, 6, 3)
    assert batches_of(pictures, label_mode=None).arrays().shape == (11, 5, 6, 3)


@settings(deadline=None, max_examples=40, derandomize=True)
@given(seed=st.integers(0, 2**70), epoch=st.integers(0, 50), count=st.integers(1, 200))
def test_the_order_of_an_epoch_is_a_function_of_seed_and_epoch(seed, epoch, count):
    def make():
        files = [f"{i}.png" for i in range(count)]
        return ImageBatches(files, np.zeros(count, int), ("a", "b"), shuffle=True, seed=seed)

    order = make().order(epoch)
    assert sorted(order) == list(range(count))
    later = make()
    later.epoch = 7
    np.testing.assert_array_equal(later.order(epoch), order)
    if count > 20:
        assert (make().order(epoch + 1) != order).any()


def test_each_iteration_is_the_next_epoch_and_labels_follow_their_pictures(pictures):
    batches = batches_of(pictures, shuffle=True, seed=9)
    expected, _ = batches_of(pictures).arrays()
    for epoch in range(3):
        x, y = (np.concatenate(parts) for parts in zip(*batches, strict=True))
        order = batches.order(epoch)
        np.testing.assert_array_equal(x, expected[order])
        np.testing.assert_array_equal(y.argmax(axis=1), pictures[1][order])
    assert batches.epoch == 3


def test_a_generator_may_give_the_seed_and_the_global_one_is_left_alone(pictures):
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    orders = [batches_of(pictures, shuffle=True, seed=np.random.default_rng(4)).order(0).tolist() for _ in range(2)]
    unseeded = [batches_of(pictures, shuffle=True, seed=None).order(0).tolist() for _ in range(4)]
    assert orders[0] == orders[1] and len({tuple(order) for order in unseeded}) > 1
    np.testing.assert_array_equal(np.random.get_state()[1], before)  # noqa: NPY002


@pytest.mark.parametrize("workers", [1, 2, 5])
def test_threads_do_not_change_the_batches(pictures, workers):
    expected = list(batches_of(pictures, shuffle=True, seed=1))
    got = list(batches_of(pictures, shuffle=True, seed=1, workers=workers))
    for ours, theirs in zip(got, expected, strict=True):
        np.testing.assert_array_equal(ours[0], theirs[0])
        np.testing.assert_array_equal(ours[1], theirs[1])


def test_the_memory_cache_decodes_each_file_once(pictures, monkeypatch):
    loaded = []

    def count(path, *arguments, **settings):
        loaded.append(path)
        return load_image(path, *arguments, **settings)

    monkeypatch.setattr(images, "load_image", count)
    batches = batches_of(pictures, cache="memory", shuffle=True, seed=2, scale=0.5)
    first = np.concatenate([x for x, _ in batches])[np.argsort(batches.order(0))]
    second = np.concatenate([x for x, _ in batches])[np.argsort(batches.order(1))]
    assert sorted(loaded) == pictures[0]
    np.testing.assert_array_equal(first, second)


def test_a_batch_may_be_changed_without_harm_to_the_next_epoch(pictures):
    batches = batches_of(pictures, cache="memory")
    for x, _ in batches:
        x[:] = -1
    assert min(x.min() for x, _ in batches) >= 0


def test_stopping_early_stops_the_threads(pictures):
    batches = batches_of(pictures, batch_size=1)
    for _ in batches:
        break
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("pictures")]


def test_a_broken_file_is_named_or_left_out_and_reported(pictures):
    files, labels = pictures
    files[2].write_bytes(b"no picture")
    files[7].write_bytes(files[7].read_bytes()[:60])
    with pytest.raises(PictureError, match=files[2].name):
        list(batches_of(pictures))
    whole = [i for i in range(11) if i not in (2, 7)]
    for cache in (None, "memory"):
        batches = batches_of(pictures, skip_corrupt=True, cache=cache)
        assert set(batches.skipped) == {files[2], files[7]}
        assert all(str(path) in reason for path, reason in batches.skipped.items())
        assert batches.files == [files[i] for i in whole] and batches.labels.tolist() == labels[whole].tolist()
        x, y = batches.arrays()
        np.testing.assert_array_equal(x, [load_image(files[i], (5, 6)) for i in whole])
        np.testing.assert_array_equal(y.argmax(axis=1), labels[whole])
        assert len(batches) == 3


def test_nothing_but_broken_files(pictures):
    for file in pictures[0]:
        file.write_bytes(b"")
    with pytest.raises(ValueError, match="At least one file must be a picture. Received: 11 that are none."):
        batches_of(pictures, skip_corrupt=True)


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"batch_size": 0}, "`batch_size` must be a positive integer. Received: batch_size=0."),
        ({"batch_size": 2.5}, "`batch_size` must be a positive integer. Received: batch_size=2.5."),
        ({"workers": 0}, "`workers` must be a positive integer. Received: workers=0."),
        ({"size": 0}, "`size` must be a positive integer or .* Received: 0."),
        ({"size": None}, "`size` must be a positive integer or .* Received: None."),
        ({"resize": "cubic"}, "`resize` must be one of 'nearest', 'bilinear', .* Received: 'cubic'."),
        ({"scale": float("nan")}, "`scale` must be a finite number, or one for each channel. Received: nan."),
        ({"offset": "1"}, "`offset` must be a finite number, or one for each channel. Received: '1'."),
        ({"offset": [1.0, 2.0]}, r"`offset` must be a finite number, or one for each channel. Received: \[1.0, 2.0\]."),
        ({"scale": [1.0, 2.0, float("inf")]}, "`scale` must be a finite number, or one for each channel. Received: "),
        ({"order": "grb"}, "`order` must be 'rgb' or 'bgr'. Received: 'grb'."),
        ({"cache": "disk"}, "`cache` must be None or 'memory'. Received: 'disk'."),
        ({"seed": -1}, "`seed` must be None, an integer of at least 0 or a Generator. Received: -1."),
        (
            {"label_mode": "one"},
            "`label_mode` must be one of 'categorical', 'int', 'binary', 'many', None. Received: 'one'.",
        ),
        ({"label_mode": "binary"}, "`label_mode` 'binary' must have two classes. Received: 3."),
    ],
)
def test_settings_that_will_not_do(pictures, settings, sentence):
    with pytest.raises(ValueError, match=sentence):
        batches_of(pictures, **settings)


@pytest.mark.parametrize(
    ("labels", "sentence"),
    [
        (np.arange(11), r"`labels` must lie in 0..2, the index of a class. Received: 0..10."),
        (np.full(11, -1), r"`labels` must lie in 0..2, the index of a class. Received: -1..-1."),
        (np.zeros(4, int), r"`labels` must be 11 integers, one a file. Received: labels.shape=\(4,\), int64."),
        (np.zeros(11), r"`labels` must be 11 integers, one a file. Received: labels.shape=\(11,\), float64."),
    ],
)
def test_labels_that_will_not_do(pictures, labels, sentence):
    with pytest.raises(ValueError, match=sentence):
        batches_of((pictures[0], labels))


def test_no_files():
    with pytest.raises(ValueError, match="`files` must hold at least one picture"):
        ImageBatches([], [], ("a", "b"))


def test_image_folder_shuffles_training_alone(tmp_path):
    for name in ("hat", "dress"):
        (tmp_path / name).mkdir()
        for i in range(20):
            Image.new("RGB", (3, 3), (i, 0, 0)).save(tmp_path / name / f"{i:02d}.png")
    train, validation = image_folder(tmp_path, size=2), image_folder(Folder(tmp_path), "validation", size=2)
    assert train.class_names == validation.class_names == ("dress", "hat")
    assert (len(train.files), len(validation.files)) == (32, 8) and not set(train.files) & set(validation.files)
    assert train.order(0).tolist() != list(range(32)) and validation.order(0).tolist() == list(range(8))
    assert image_folder(tmp_path, shuffle=False).order(0).tolist() == list(range(32))
    assert image_folder(tmp_path, "validation", split_seed=1).files != validation.files
