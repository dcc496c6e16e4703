"""Folder: layouts, the held-out fifth, and the sentence for every folder that will not do."""

import json
import os

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from minicnn.data import SUFFIXES, Folder, LeftOut, find_classes, stream_pictures

COURSE_COUNTS = {  # the clothing photographs: training and validation pictures by class
    "dress": (241, 32), "hat": (123, 14), "longsleeve": (455, 49), "outwear": (184, 24), "pants": (468, 49),
    "shirt": (290, 29), "shoes": (198, 26), "shorts": (202, 25), "skirt": (112, 12), "t-shirt": (795, 81),
}  # fmt: skip


def make(root, counts):
    """Write counts = {"train/hat": 3, ...} one-pixel pictures."""
    for folder, count in counts.items():
        (root / folder).mkdir(parents=True, exist_ok=True)
        for i in range(count):
            Image.new("RGB", (1, 1), (i, i, i)).save(root / folder / f"{i:03d}.png")
    return root


def test_the_photographs_of_the_course():
    root = os.environ.get("CLOTHING_DATASET")
    if not root:
        pytest.skip("CLOTHING_DATASET is not set")
    folder = Folder(root)
    assert folder.class_names == tuple(COURSE_COUNTS)
    assert folder.counts()["train"] == {name: counts[0] for name, counts in COURSE_COUNTS.items()}
    assert folder.counts()["validation"] == {name: counts[1] for name, counts in COURSE_COUNTS.items()}
    assert len(folder.split("train")[0]) == 3068 and len(folder.split("validation")[0]) == 341
    assert not folder.drawn


def test_splits_on_disk_are_taken_as_they_are(tmp_path):
    make(tmp_path, {"train/b": 3, "train/a": 2, "validation/a": 1, "validation/b": 1, "test/a": 1, "test/b": 2})
    folder = Folder(tmp_path)
    assert folder.class_names == find_classes(tmp_path) == ("a", "b")
    files, labels = folder.split("train")
    assert [file.relative_to(tmp_path).as_posix() for file in files[:3]] == [
        "train/a/000.png", "train/a/001.png", "train/b/000.png",
    ]  # fmt: skip
    assert labels.tolist() == [0, 0, 1, 1, 1] and labels.dtype == np.int64
    assert folder.evaluation_split == "test" and not folder.drawn
    assert folder.counts()["test"] == {"a": 1, "b": 2}


def test_other_and_hidden_files_are_no_part_of_it(tmp_path):
    make(tmp_path, {"hat": 2, "dress": 2, ".git": 1})
    for name in ("notes.txt", "._000.png", "no_ending"):
        (tmp_path / "hat" / name).write_text("x")
    Image.new("RGB", (1, 1)).save(tmp_path / "hat" / "LOUD.JPG", format="JPEG")
    folder = Folder(tmp_path)
    assert folder.class_names == ("dress", "hat")
    names = sorted(file.name for split in ("train", "validation") for file in folder.split(split)[0])
    assert names == ["000.png", "000.png", "001.png", "001.png", "LOUD.JPG"]


def test_the_order_of_the_disk_does_not_matter(tmp_path, monkeypatch):
    make(tmp_path, {"b": 6, "a": 6})
    listed = Folder(tmp_path)
    entries = type(tmp_path).iterdir
    monkeypatch.setattr(type(tmp_path), "iterdir", lambda path: iter(sorted(entries(path), reverse=True)))
    backwards = Folder(tmp_path)
    assert backwards.class_names == listed.class_names
    for name in ("train", "validation"):
        assert backwards.split(name)[0] == listed.split(name)[0] == sorted(listed.split(name)[0])


def test_a_class_may_be_called_like_a_split(tmp_path):
    folder = Folder(make(tmp_path, {"test": 2, "drive": 2}))
    assert folder.class_names == ("drive", "test") and folder.drawn


@pytest.mark.parametrize("layout", ["", "train/"])
def test_a_fifth_of_each_class_is_held_out(tmp_path, layout):
    make(tmp_path, {f"{layout}{name}": count for name, count in (("a", 2), ("b", 10), ("c", 33))})
    folder = Folder(tmp_path, split_seed=3)
    assert folder.drawn and folder.evaluation_split == "validation"
    assert folder.counts() == {"train": {"a": 1, "b": 8, "c": 26}, "validation": {"a": 1, "b": 2, "c": 7}}
    train, validation = (set(folder.split(name)[0]) for name in ("train", "validation"))
    assert not train & validation and len(train | validation) == 45
    assert Folder(tmp_path, split_seed=3).split("validation")[0] == folder.split("validation")[0]
    assert Folder(tmp_path, split_seed=4).split("validation")[0] != folder.split("validation")[0]
    for files, labels in folder.splits.values():
        assert [folder.class_names[label] for label in labels] == [file.parent.name for file in files]


@settings(deadline=None, max_examples=25, derandomize=True)
@given(counts=st.lists(st.integers(2, 12), min_size=2, max_size=4), seed=st.integers(0, 1000))
def test_the_split_is_a_partition_with_every_class_on_both_sides(tmp_path_factory, counts, seed):
    root = make(tmp_path_factory.mktemp("split"), {f"class{i}": count for i, count in enumerate(counts)})
    folder = Folder(root, split_seed=seed)
    both = sorted(folder.split("train")[0] + folder.split("validation")[0])
    assert both == sorted(root.glob("*/*.png"))
    for i, count in enumerate(counts):
        held = folder.counts()["validation"][f"class{i}"]
        assert 1 <= held < count and abs(held - count / 5) <= 0.8


def test_write_split_says_which_file_went_where(tmp_path):
    folder = Folder(make(tmp_path / "data", {"a": 5, "b": 5}), split_seed=1)
    folder.write_split(tmp_path / "split.json")
    record = json.loads((tmp_path / "split.json").read_text())
    assert record["seed"] == 1 and record["drawn"] and record["class_names"] == ["a", "b"]
    for name, (files, _) in folder.splits.items():
        assert [tmp_path / "data" / file for file in record["splits"][name]] == files
    assert [path.name for path in tmp_path.iterdir() if path.name != "data"] == ["split.json"]


@pytest.mark.parametrize(
    ("counts", "sentence"),
    [
        ({}, "must hold one folder for each class. Received: .* with none"),
        ({"train": 0}, "must hold one folder for each class. Received: .*train with none"),
        ({"hat": 3}, "must hold two classes or more. Received: .* with 'hat' only"),
        ({"train/hat": 3, "validation/hat": 3}, "must hold two classes or more"),
        ({"hat": 3, "dress": 0}, r"Every class must have a picture .*\.jpg.* Received: .*dress with none"),
        ({"hat": 3, "dress": 1}, "Class 'dress' in .* must have at least 2 pictures.* Received: 1 picture"),
        (
            {"train/a": 2, "train/b": 2, "validation/a": 1, "validation/c": 1},
            "The `validation` folder must have the classes of `train`: a, b. Received: c too many and b missing.",
        ),
        (
            {"train/a": 2, "train/b": 2, "test/a": 1, "test/b": 1, "test/c": 1},
            "The `test` folder must have the classes of `train`: a, b. Received: c too many.",
        ),
    ],
)
def test_folders_that_will_not_do(tmp_path, counts, sentence):
    with pytest.raises(ValueError, match=sentence):
        Folder(make(tmp_path, counts))


def test_paths_that_will_not_do(tmp_path):
    with pytest.raises(ValueError, match="A folder of pictures is needed: .*nowhere does not exist"):
        Folder(tmp_path / "nowhere")
    (tmp_path / "file").write_text("x")
    with pytest.raises(ValueError, match="A folder of pictures is needed: .*file is a file"):
        Folder(tmp_path / "file")


def test_a_split_that_is_not_there(tmp_path):
    folder = Folder(make(tmp_path, {"a": 2, "b": 2}))
    with pytest.raises(ValueError, match="`split` must be one of train, validation in .* Received: 'test'"):
        folder.split("test")


def test_what_belongs_to_a_class_and_what_is_left_out(tmp_path):
    make(tmp_path, {"train/a": 2, "train/a/deep/er": 1, "train/b": 2, "validation/a": 1, "validation/b": 1, "extra": 1})
    for suffix in SUFFIXES:
        Image.new("RGB", (2, 2)).save(tmp_path / "train" / "b" / f"x{suffix.upper()}", format="PNG")
    others = ("train/b/y.HEIC", "train/b/y.txt", "train/y.png", "z.md")
    for name in ("train/a/.x.png", "train/__MACOSX/a/._1.png", *others):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    (tmp_path / "validation" / "b" / "empty.jpg").touch()
    (tmp_path / "validation" / "b" / "deep").symlink_to(tmp_path / "train")
    folder = Folder(tmp_path)
    assert folder.counts() == {"train": {"a": 3, "b": 2 + len(SUFFIXES)}, "validation": {"a": 1, "b": 1}}
    assert [folder.name_of(file) for file in folder.split("train").files[:3]] == [
        "train/a/000.png", "train/a/001.png", "train/a/deep/er/000.png"]  # fmt: skip
    assert str(folder.left_out) == (
        "left out: 1 hidden (train/a/.x.png); 1 of macOS's archiver (train/__MACOSX); "
        "1 empty (validation/b/empty.jpg); 1 of a kind of picture that is not read here (train/b/y.HEIC); "
        "1 behind a link to a folder (validation/b/deep); "
        "4 other (extra/, train/b/y.txt, train/y.png, ...)."
    )
    streamed = LeftOut()
    assert sorted(stream_pictures(tmp_path, streamed)) == sorted(folder.split("all").files)
    assert str(streamed) == str(folder.left_out)
    assert len(folder.left_out) == 9 and str(Folder(make(tmp_path / "tidy", {"a": 2, "b": 2})).left_out) == ""


def test_names_are_sorted_as_text_across_subfolders(tmp_path):
    """ "a-1.png" comes before "a/1.png", as str sorts them: the held-out fifth depends on it."""
    root = make(tmp_path, {"x": 4, "y": 5})
    for name in ("a/1.png", "a-1.png", "B.png", "é.png", "b.png"):
        (root / "x" / name).parent.mkdir(exist_ok=True)
        Image.new("RGB", (1, 1)).save(root / "x" / name)
    names = sorted(["000.png", "001.png", "002.png", "003.png", "a/1.png", "a-1.png", "B.png", "é.png", "b.png"])
    assert names.index("a-1.png") < names.index("a/1.png")
    folder = Folder(root, split_seed=11)
    held = np.random.default_rng([11, 0]).permutation(names)[:2]
    found = {folder.name_of(file) for file in folder.split("validation").files}
    assert {name for name in found if name.startswith("x/")} == {f"x/{name}" for name in held}
    both = [folder.name_of(file) for file in folder.split("train").files if file.is_relative_to(root / "x")]
    assert both == [f"x/{name}" for name in names if name not in held]


def test_a_stream_holds_the_names_of_one_folder(tmp_path, monkeypatch):
    """What was seen of the next folder when a folder's last picture comes: nothing."""
    root, entered, scan = make(tmp_path, {"x": 3, "x/a": 2, "y": 2}), [], os.scandir
    monkeypatch.setattr(os, "scandir", lambda path: entered.append(os.path.relpath(path, root)) or scan(path))
    seen = [(file.relative_to(root).as_posix(), entered[-1]) for file in stream_pictures(root)]
    assert seen == [
        ("x/000.png", "x"), ("x/001.png", "x"), ("x/002.png", "x"), ("x/a/000.png", "x/a"), ("x/a/001.png", "x/a"),
        ("y/000.png", "y"), ("y/001.png", "y"),
    ]  # fmt: skip
    with pytest.raises(ValueError, match="does not exist"):
        next(stream_pictures(root / "none"))


def test_train_alone_beside_a_test_folder(tmp_path):
    folder = Folder(make(tmp_path, {"train/a": 5, "train/b": 5, "test/a": 3, "test/b": 3}))
    assert folder.drawn and folder.evaluation_split == "test" and list(folder.splits) == ["train", "validation", "test"]
    files, labels = folder.split("all")
    assert len(files) == 16 and np.bincount(labels).tolist() == [8, 8]
    assert [file.parent.name for file in files] == [folder.class_names[label] for label in labels]
    files, labels = Folder(make(tmp_path / "late", {"test/a": 1, "test/b": 1})).split("all")
    assert len(files) == 2 and labels.dtype == np.int64


def test_a_copy_without_some_files(tmp_path):
    folder = Folder(make(tmp_path, {"train/a": 2, "train/b": 2, "validation/a": 2, "validation/b": 1}))
    bad = [folder.split("train").files[1], folder.split("validation").files[0]]
    kept = folder.without(bad)
    assert kept.counts() == {"train": {"a": 1, "b": 2}, "validation": {"a": 1, "b": 1}}
    assert folder.counts()["train"] == {"a": 2, "b": 2} and kept.class_names == folder.class_names
    assert [file.parent.name for file in kept.split("train").files] == ["a", "b", "b"]
    with pytest.raises(ValueError, match="Every class must have a readable picture. Received: 'b' in validation of"):
        folder.without(folder.split("validation").files[-1:])
