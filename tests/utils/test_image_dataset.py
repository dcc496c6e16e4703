"""A folder of pictures as batches: Keras's pixels, labels, order and split; what is refused."""

import numpy as np
import pytest
from PIL import Image

import minicnn
from minicnn import utils
from tests.keras_oracle import keras


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    root, rng = tmp_path_factory.mktemp("pictures"), np.random.default_rng(0)
    for name, count in (("b", 5), ("a", 4), ("c", 3)):
        (root / name).mkdir()
        for number in range(count):
            size = rng.integers(9, 30, 2)
            Image.fromarray(rng.integers(0, 256, (*size, 3), dtype=np.uint8)).save(root / name / f"{number}.png")
    (root / "a" / "deeper").mkdir()
    Image.new("RGB", (9, 12), (255, 0, 0)).save(root / "a" / "deeper" / "red.png")
    (root / "a" / "notes.txt").write_text("no picture")
    return root


def both(folder, **how):
    """Return all batches of both engines, and their class names and files."""
    how = {"image_size": (12, 10), "batch_size": 4, "shuffle": False, "verbose": False} | how
    found = []
    for of in (minicnn, keras):
        made = of.utils.image_dataset_from_directory(folder, **how)
        found.append(made if isinstance(made, list) else [made])
    for ours, theirs in zip(*found, strict=True):
        assert not theirs.class_names or ours.class_names == tuple(theirs.class_names)
        assert ours.file_paths == list(theirs.file_paths)
        yield list(ours), [tuple(map(np.asarray, b)) if isinstance(b, tuple) else np.asarray(b) for b in theirs]


def same(ours, theirs, atol=2e-3):
    for one, other in zip(ours, theirs, strict=True):
        one, other = (each if isinstance(each, tuple) else (each,) for each in (one, other))
        for got, want in zip(one, other, strict=True):
            assert got.shape == want.shape
            np.testing.assert_allclose(got, want, rtol=0, atol=atol)


@pytest.mark.parametrize("interpolation", ["bilinear", "nearest", "bicubic", "area"])
@pytest.mark.parametrize("crop", [False, True])
def test_pixels(folder, interpolation, crop):
    for ours, theirs in both(folder, interpolation=interpolation, crop_to_aspect_ratio=crop):
        assert ours[0][0].dtype == np.float32
        same(ours, theirs, 0.05 if interpolation == "area" else 2e-3)


@pytest.mark.parametrize(
    "how",
    [
        {"label_mode": "categorical"},
        {"label_mode": "int", "image_size": 8},
        {"label_mode": "binary", "class_names": ["c", "a"]},
        {"label_mode": None},
        {"labels": None},
        {"labels": [0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2, 1]},
        {"class_names": ["b", "a"]},
    ],
    ids=str,
)
def test_labels(folder, how):
    for ours, theirs in both(folder, **how):
        same(ours, theirs)


@pytest.mark.parametrize("subset", ["training", "validation", "both"])
@pytest.mark.parametrize("seed", [1, 123])
def test_the_split_is_keras_s(folder, subset, seed):
    """The same pictures, in the same order of files; which order they come in, each engine draws."""
    how = {"validation_split": 0.3, "subset": subset, "seed": seed, "verbose": False}
    ours, theirs = (of.utils.image_dataset_from_directory(folder, **how) for of in (minicnn, keras))
    for one, other in zip(*(x if isinstance(x, list) else [x] for x in (ours, theirs)), strict=True):
        assert one.file_paths == list(other.file_paths)
    for one, other in both(folder, validation_split=0.25, subset=subset):
        same(one, other)


def test_a_flat_folder(tmp_path):
    """No labels: pictures need no folders, and those beside folders are taken too."""
    (tmp_path / "inner").mkdir()
    for name in ("b.png", "a.png", "inner/c.png"):
        Image.new("RGB", (6, 6), (90, 0, 0)).save(tmp_path / name)
    for how in ({"label_mode": None}, {"labels": None}):
        for ours, theirs in both(tmp_path, **how):
            assert sum(map(len, ours)) == 3
            same(ours, theirs)


def test_grey(folder):
    for ours, theirs in both(folder, color_mode="grayscale"):
        assert ours[0][0].shape == (4, 12, 10, 1)
        same(ours, theirs, 1.001)  # TensorFlow rounds grey otherwise than Pillow


def test_epochs_and_functions(folder, capsys):
    dataset = utils.image_dataset_from_directory(folder, image_size=(6, 6), batch_size=5, seed=1)
    assert capsys.readouterr().out == "Found 13 files belonging to 3 classes.\n"
    first, second = (np.concatenate([y for _, y in dataset]) for _ in range(2))
    assert sorted(first) == sorted(second) and (first != second).any() and len(dataset) == 3
    halved = dataset.map(lambda x, y: (x / 2, y)).map(lambda x, y: (x + 1, y))
    ((x, _),) = halved.take(1)
    assert 1 <= x.min() and x.max() <= 128.5
    net = minicnn.Sequential([minicnn.Input((6, 6, 3)), minicnn.Flatten(), minicnn.Dense(3)], seed=0)
    net.compile("adam", minicnn.SparseCategoricalCrossentropy(from_logits=True))
    assert len(net.fit(halved, validation_data=halved, epochs=2, verbose=0).history["val_loss"]) == 2


def test_tensorflow_s_ways(folder):
    """Take and skip as TensorFlow, in any order, epoch by epoch; what keeps batches at hand changes nothing."""
    how = {"image_size": (6, 5), "batch_size": 2, "shuffle": False, "verbose": False}
    ours, theirs = (of.utils.image_dataset_from_directory(folder, **how) for of in (minicnn, keras))
    ways = [
        lambda data: data.take(2),
        lambda data: data.skip(5),
        lambda data: data.skip(1).take(3).skip(1),
        lambda data: data.take(-1).map(lambda x, y: (x + 1, y), num_parallel_calls=-1).take(3),
        lambda data: data.take(99).skip(99),
        lambda data: data.skip(-1),
        lambda data: data.cache().prefetch(-1).prefetch(buffer_size=2),
    ]
    for way in ways:
        one, other = way(ours), way(theirs)
        for _ in range(2):
            assert len(one) == len(list(one)) == len(list(other))
            same(list(one), [tuple(map(np.asarray, batch)) for batch in other])
    net = minicnn.Sequential([minicnn.Input((6, 5, 3)), minicnn.Flatten(), minicnn.Dense(3)], seed=0)
    net.compile("adam", minicnn.SparseCategoricalCrossentropy(from_logits=True))
    history = net.fit(ours.take(3), validation_data=ours.skip(3).take(2), epochs=2, verbose=0).history
    assert len(history["val_loss"]) == 2
    assert len(list(ours)) == 7  # the ways are of copies
    with pytest.raises(AttributeError, match="no attribute .shuffle.: image_dataset_from_directory.shuffle=True"):
        ours.shuffle(1000)
    with pytest.raises(AttributeError, match="no attribute 'nothing'.$"):
        ours.nothing  # noqa: B018
    with pytest.raises(ValueError, match="`count` must be an integer of at least -1. Received: count=-2."):
        ours.take(-2)


@pytest.mark.parametrize(
    ("how", "sentence"),
    [
        ({"color_mode": "rgba"}, "`color_mode` must be one of 'rgb', 'grayscale'. Received: color_mode='rgba'."),
        ({"interpolation": "lanczos3"}, "`interpolation` must be one of 'nearest', 'bilinear', 'bicubic', 'area'."),
        ({"label_mode": "many"}, "`label_mode` must be one of"),
        ({"label_mode": "binary"}, "`label_mode` 'binary' must have two classes. Received: 3."),
        (
            {"subset": "training"},
            "`validation_split` and `subset` stand together, with a `seed` where files are shuffled.",
        ),
        (
            {"validation_split": 0.2, "subset": "test", "seed": 1},
            "`subset` must be one of None, 'training', 'validation', 'both'. Received: subset='test'.",
        ),
        ({"validation_split": 2, "subset": "both", "seed": 1}, "`validation_split` must be a number, at least 0 and "),
        ({"validation_split": 0.2, "subset": "both"}, "Received: validation_split=0.2, subset='both', seed=None."),
        ({"pad_to_aspect_ratio": True}, "(pad_to_aspect_ratio=True) is not supported: crop_to_aspect_ratio=True sque"),
        ({"format": "grain"}, "image_dataset_from_directory(format='grain') is not supported"),
        ({"follow_links": True}, "copy what the links lead to"),
        ({"data_format": "channels_first"}, "channels stand last"),
        ({"image_size": (32, 32, 3)}, "`image_size` must be one integer, or (height, width). Received: image_size=(32"),
        ({"image_size": (32,)}, "`image_size` must be one integer, or (height, width). Received: image_size=(32,)."),
        ({"image_sizes": 3}, "image_dataset_from_directory has no argument 'image_sizes'."),
        ({"class_names": ["a", "z"]}, "`class_names` must be folders of"),
        ({"labels": [0, 1]}, "`labels` must be 13 integers, one a file."),
    ],
)
def test_refusals(folder, how, sentence):
    with pytest.raises((ValueError, TypeError)) as error:
        utils.image_dataset_from_directory(folder, verbose=False, **how)
    assert sentence in str(error.value)


def test_no_folder(tmp_path):
    with pytest.raises(FileNotFoundError, match="nowhere"):
        utils.image_dataset_from_directory(tmp_path / "nowhere")
    with pytest.raises(ValueError, match="`files` must hold at least one picture. Received: none."):
        utils.image_dataset_from_directory(tmp_path, verbose=False)


def test_the_order_of_folders_is_keras_s(tmp_path, capsys):
    """A folder before one that its name begins, a folder's files before those below; no .webp."""
    names = ("cat/1.png", "cat-big/1.png", "cat/IMG_1.jpg", "cat/2019/a.JPG", "cat/2019-2/b.png", "cat/z.webp")
    for number, name in enumerate(names):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (6, 6), (40 * number, 0, 0)).save(tmp_path / name)
    for how in ({"labels": [0, 1, 2, 0, 1]}, {}, {"labels": None}):
        for ours, theirs in both(tmp_path, **how):
            same(ours, theirs, 4)  # JPEG: decoders differ
    for _ in both(tmp_path, validation_split=0.4, subset="both", seed=3, shuffle=True):
        pass
    capsys.readouterr()
    utils.image_dataset_from_directory(tmp_path)
    told = "Found 5 files belonging to 2 classes.\nLeft out, as Keras takes .bmp, .gif, .jpeg, .jpg, .png alone: 1 "
    assert capsys.readouterr().out == told + "(z.webp).\n"
