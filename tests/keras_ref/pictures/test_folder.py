"""Data folders: splits, the held-out fifth, and everything that makes a folder unusable."""

import shutil

import numpy as np
import pytest

from keras_ref import pictures
from tests.keras_ref.conftest import draw


def test_splits_and_classes(clothes):
    found = pictures.read(clothes)
    assert found.class_names == ("blue", "green", "red")
    assert {k: len(split.files) for k, split in found.splits.items()} == {
        "train": 24,
        "validation": 12,
        "test": 9,
    }
    for split in found.splits.values():
        assert [found.class_names[label] for label in split.labels] == [path.parent.name for path in split.files]


def test_a_stratified_fifth_is_held_out_by_seed(tmp_path):
    draw(tmp_path / "all", {"x": 10})
    root = tmp_path / "all" / "x"
    one, same, other = pictures.read(root), pictures.read(root, 0), pictures.read(root, 2)
    assert one.drawn
    assert np.bincount(one.splits["validation"].labels).tolist() == [2, 2, 2]
    assert np.bincount(one.splits["train"].labels).tolist() == [8, 8, 8]
    assert not set(one.splits["train"].files) & set(one.splits["validation"].files)
    assert one.splits["validation"].files == same.splits["validation"].files != other.splits["validation"].files


def _broken(tmp_path, what):
    root = draw(tmp_path / "clothes", {"train": 2, "validation": 1})
    if what == "no train":
        shutil.rmtree(root / "train")
    elif what == "empty class":
        for path in (root / "train/red").iterdir():
            path.unlink()
    elif what == "other classes":
        (root / "validation/red").rename(root / "validation/crimson")
    elif what == "one class":
        for split in ("train", "validation"):
            shutil.rmtree(root / split / "red")
            shutil.rmtree(root / split / "green")
    elif what == "one picture":
        (root / "train/red/1.jpg").unlink()
        root = root / "train"
    elif what == "missing":
        root = root / "nowhere"
    return root


@pytest.mark.parametrize(
    ("what", "words"),
    [
        ("no train", "no train/"),
        ("empty class", "Every class must have a picture .*train/red with none"),
        ("other classes", "crimson too many and red missing"),
        ("one class", "two classes or more"),
        ("one picture", "'red' in .* must have at least 2 pictures"),
        ("missing", "does not exist"),
    ],
)
def test_unusable_folders(tmp_path, what, words):
    with pytest.raises(ValueError, match=words):
        pictures.read(_broken(tmp_path, what))


def test_corrupt_pictures_are_named_and_can_be_left_out(tmp_path):
    root = draw(tmp_path / "clothes", {"train": 2, "validation": 1})
    bad = root / "train/red/0.jpg"
    bad.write_bytes(bad.read_bytes()[:400])
    assert list(pictures.corrupt(pictures.read(root).splits["train"].files)) == [bad]
    kept, left_out = pictures.without_corrupt(pictures.read(root))
    assert list(left_out) == [bad] and len(kept.splits["train"].files) == 5
    (root / "train/red/1.jpg").write_bytes(b"no")
    with pytest.raises(ValueError, match="'red' in train of .* with none"):
        pictures.without_corrupt(pictures.read(root))
