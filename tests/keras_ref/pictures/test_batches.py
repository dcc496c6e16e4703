"""From files to batches: the course's pixels bit for bit, order and augmentation by (seed, epoch, picture)."""

import inspect
import warnings

import numpy as np
import pytest
from PIL import Image

from keras_ref import pictures, runtime
from minicnn.data import load_image
from tests.keras_ref.conftest import draw


def _pictures(root, split="train", size=71, keep=True):
    found = pictures.read(root)
    part = found.splits[split]
    return pictures.Pictures(part.files, pictures.square(size), part.labels, len(found.class_names), keep=keep)


@pytest.fixture(scope="module")
def mixed(tmp_path_factory):
    """Draw a folder with JPEG of every kind and with PNG."""
    root = draw(tmp_path_factory.mktemp("mixed") / "clothes", {"train": 5, "validation": 1})
    for k, (mode, name, options) in enumerate(
        [
            ("L", "grey.jpg", {}),
            ("CMYK", "ink.jpg", {}),
            ("RGB", "steps.jpg", {"progressive": True}),
            ("RGB", "flat.png", {}),
            ("RGB", "fine.jpg", {"subsampling": 0, "quality": 99}),
            ("RGB", "coarse.jpg", {"subsampling": 2, "quality": 30}),
        ]
    ):
        noise = np.random.default_rng(k).integers(0, 256, (133 + k, 97, 3), dtype=np.uint8)
        Image.fromarray(noise).convert(mode).save(root / "train/red" / name, **options)
    return root


@pytest.mark.parametrize("keep", [True, False])
@pytest.mark.parametrize("size", [71, 150])
def test_the_pixels_are_those_of_image_data_generator_bit_for_bit(mixed, size, keep):
    tf, keras = runtime.load()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        generator = tf.keras.preprocessing.image.ImageDataGenerator(
            preprocessing_function=keras.applications.xception.preprocess_input
        )
    flow = generator.flow_from_directory(mixed / "train", target_size=(size, size), batch_size=8, shuffle=False)
    ours = _pictures(mixed, size=size, keep=keep)
    assert [str(path) for path in ours.paths] == list(flow.filepaths)
    assert (ours._look()[0][:, 0] < 0).sum() == 2  # CMYK and PNG go through Pillow
    for k, (x, y) in enumerate(ours.batches(8)):
        np.testing.assert_array_equal(x, flow[k][0])
        np.testing.assert_array_equal(y, flow[k][1])


def test_a_folder_that_needs_no_pillow_has_the_same_pixels(clothes, monkeypatch):
    loaded = _pictures(clothes)
    monkeypatch.setattr(runtime.load()[0], "numpy_function", lambda *_: pytest.fail("Python in the pipeline"))
    assert (loaded._look()[0] >= 0).all()
    for path, pixels in zip(loaded.paths, loaded.pixels(), strict=True):
        np.testing.assert_array_equal(pixels, load_image(path, 71))


def test_order_is_a_function_of_seed_and_epoch(clothes):
    loaded = _pictures(clothes)

    def labels(seed, epoch):
        return np.concatenate([y for _, y in loaded.training_batches(8, seed, epoch)]).argmax(axis=1).tolist()

    assert labels(1, 1) == labels(1, 1) != labels(1, 2)
    assert labels(1, 1) != labels(2, 1)
    assert sorted(labels(1, 1)) == sorted(labels(1, 2))


@pytest.mark.parametrize("name", ["light", "course"])
def test_augmentation_is_a_function_of_seed_epoch_and_picture(clothes, name):
    loaded = _pictures(clothes)

    def by_picture(seed, epoch, batch_size):
        order = np.random.default_rng([seed, epoch]).permutation(len(loaded))
        x = np.concatenate([x for x, _ in loaded.training_batches(batch_size, seed, epoch, name)])
        return x[np.argsort(order)]

    once = by_picture(1, 1, 8)
    np.testing.assert_array_equal(once, by_picture(1, 1, 5))  # neither the batch nor the place in it matters
    assert (once != by_picture(1, 2, 8)).any(axis=(1, 2, 3)).all()
    assert (once != by_picture(2, 1, 8)).any(axis=(1, 2, 3)).all()
    plain = np.concatenate([x for x, _ in loaded.batches(8)])
    assert once.shape == plain.shape and once.min() >= -1.001 and once.max() <= 1.001
    assert (once != plain).any(axis=(1, 2, 3)).all()


def test_what_a_net_is_validated_on_cannot_be_augmented(clothes):
    assert "augmentation" not in inspect.signature(pictures.Pictures.batches).parameters
    loaded = _pictures(clothes, "validation")
    for (x, _), (again, _) in zip(loaded.batches(8), loaded.batches(8), strict=True):
        np.testing.assert_array_equal(x, again)


def test_files_are_read_once(clothes, tmp_path):
    import shutil

    root = shutil.copytree(clothes, tmp_path / "copy")
    loaded = _pictures(root)
    first = [np.asarray(x) for x, _ in loaded.batches(8)]
    shutil.rmtree(root)
    for x, (again, _) in zip(first, loaded.batches(8), strict=True):
        np.testing.assert_array_equal(x, again)


def test_a_corrupt_picture_is_named(tmp_path):
    root = draw(tmp_path / "clothes", {"train": 3, "validation": 1})
    bad = root / "train/green/1.jpg"
    bad.write_bytes(bad.read_bytes()[:700])
    loaded = _pictures(root)
    with pytest.raises(ValueError, match=r"Cannot read the picture .*train/green/1\.jpg.* --skip-corrupt"):
        list(loaded.batches(8))


@pytest.mark.parametrize(("scale", "offset"), [(1 / 127.5, -1.0), (1 / 255, 0.0), (1.0, 0.0)])
def test_levels(scale, offset):
    levels = np.asarray(pictures.Recipe(71, 71, scale=scale, offset=offset).prepare()(np.arange(256, dtype=np.uint8)))
    np.testing.assert_allclose(levels, np.arange(256) * scale + offset, rtol=0, atol=1e-6)
    assert levels.dtype == np.float32


def test_pixels_are_kept_where_they_fit_in_a_quarter_of_the_memory(clothes, monkeypatch):
    needed = 24 * 71 * 71 * 3
    for memory, keeps in ((4 * needed, False), (4 * needed + 4, True), (needed, False)):
        monkeypatch.setattr(pictures.batches, "_memory", lambda memory=memory: memory)
        assert _pictures(clothes).keeps is keeps
        assert not _pictures(clothes, keep=False).keeps
