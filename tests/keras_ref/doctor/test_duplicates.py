"""Copies of pictures, encoded again or resized, between splits, classes and within one; and what is no copy."""

import shutil
import tracemalloc
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from keras_ref import doctor
from keras_ref.doctor import duplicates
from minicnn.data import wardrobe
from tests.keras_ref.conftest import draw


def scene(path, seed, size=(240, 200)):
    """Draw something like a photograph: smooth shades, and noise of a camera."""
    random = np.random.default_rng(seed)
    path.parent.mkdir(parents=True, exist_ok=True)
    rough = Image.fromarray(random.integers(0, 256, (7, 6, 3), dtype=np.uint8)).resize(size[::-1], Image.BICUBIC)
    noisy = np.asarray(rough, float) + random.normal(0, 6, (*size, 3))
    Image.fromarray(np.clip(noisy, 0, 255).astype(np.uint8)).save(path)
    return path


COPIES = {
    "jpeg.jpg": lambda image, path: image.save(path, quality=30),
    "smaller.png": lambda image, path: image.resize((60, 72), Image.BILINEAR).save(path),
    "larger.jpg": lambda image, path: image.resize((500, 600), Image.LANCZOS).save(path, quality=75),
    "darker.png": lambda image, path: image.point(lambda v: v * 0.8).save(path),
    "grey.png": lambda image, path: image.convert("L").save(path),
}


@pytest.mark.parametrize("copy", COPIES)
def test_copies_are_found_wherever_they_are(tmp_path, copy):
    root = tmp_path / "data"
    for k in range(6):
        for name in ("a", "b"):
            scene(root / "train" / name / f"{k}.png", (k, ord(name)))
            scene(root / "validation" / name / f"{k}.png", (k, ord(name), 1))
    assert doctor.check_folder(root) == []
    with Image.open(root / "train/a/0.png") as image:
        COPIES[copy](image, root / "validation/a" / copy)
        COPIES[copy](image, root / "validation/b" / copy)
    with Image.open(root / "train/b/3.png") as image:
        COPIES[copy](image, root / "train/b" / copy)
    findings = {finding.name: finding.sentence for finding in doctor.check_folder(root)}
    assert list(findings) == [f"near-duplicates in two {kind}" for kind in ("splits", "classes")] + ["near-duplicates"]
    across, mixed, within = findings.values()
    assert (
        across.startswith("1 pair of pictures looks") and "train/a/0.png" in across and f"validation/a/{copy}" in across
    )
    assert mixed.startswith("2 pairs") and "wrong label" in mixed
    assert within.startswith("1 pair") and "train/b/3.png" in within and f"train/b/{copy}" in within


def test_the_same_bytes_in_two_splits_are_told_once(tmp_path):
    root = draw(tmp_path / "data", {"train": 3, "validation": 2})
    shutil.copy(root / "train/red/0.jpg", root / "validation/red/x.jpg")
    assert [finding.name for finding in doctor.check_folder(root)] == ["in two splits"]


def test_flat_and_empty_pictures_are_like_nothing(tmp_path):
    root = draw(tmp_path / "data", {"train": 2, "validation": 1})
    for split, first in (("train", 10), ("validation", 20)):
        for k, value in enumerate((first, first + 1)):
            Image.new("RGB", (30 + k, 40), (value, 0, 0)).save(root / split / "red" / f"flat{k}.png")
        (root / split / "red" / "empty.jpg").touch()
        (root / split / "blue" / "also_empty.jpg").touch()
    assert doctor.check_folder(root) == []


def test_drawn_clothes_hold_no_copies(tmp_path):
    assert doctor.check_folder(wardrobe.write_folder(tmp_path / "clothes", 12, 4, size=64)) == []


@given(st.integers(0, 10**6), st.integers(1, 40), st.integers(1, 50))
def test_pairs_are_those_of_loops(seed, n, block):
    random = np.random.default_rng(seed)
    known = random.normal(0, 1, (n, 8)).astype(np.float32)
    for i in range(0, n - 1, 3):
        known[random.integers(n)] = known[i] + random.normal(0, 0.02, 8)
    known /= np.linalg.norm(known, axis=1, keepdims=True)
    products = known.astype(np.float64) @ known.T
    clear = np.abs(products - duplicates.ALIKE) > 1e-5  # float32 may see the others either way
    expected = {(i, j) for i in range(n) for j in range(i + 1, n) if clear[i, j] and products[i, j] > duplicates.ALIKE}
    found = [(i, j) for each in duplicates.pairs(known, block) for i, j in each.tolist()]
    assert {(i, j) for i, j in found if clear[i, j]} == expected and len(set(found)) == len(found)


def test_a_camera_that_does_not_move_does_not_fill_the_memory(monkeypatch):
    """1,500 frames that are all alike are 1,124,250 pairs: counted, not kept."""
    n = 1500
    monkeypatch.setattr(duplicates, "thumbnails", lambda files: np.full((len(files), 4), 0.5, np.float32))
    monkeypatch.setattr(duplicates, "fingerprints", lambda files: [str(file) for file in files])
    files = [Path(f"{k:04d}.jpg") for k in range(n)]
    halves = {"train": (files[: n // 2], np.zeros(n // 2, int)), "validation": (files[n // 2 :], np.zeros(n // 2, int))}
    tracemalloc.start()
    across, within = duplicates.near_duplicates(SimpleNamespace(splits=halves))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert across.sentence.startswith(f"{(n // 2) ** 2} pairs of pictures look") and "0000.jpg and 0750.jpg" in (
        across.sentence
    )
    assert within.sentence.startswith(f"{2 * (n // 2) * (n // 2 - 1) // 2} pairs") and peak < 80e6


def test_more_pictures_than_are_compared(tmp_path, monkeypatch, capsys):
    root = draw(tmp_path / "data", {"train": 4, "validation": 2})
    monkeypatch.setattr(duplicates, "MOST", 5)
    assert doctor.check_folder(root) == []
    assert "Of the 18 pictures 5 are compared" in capsys.readouterr().err


def test_what_is_left_out_of_a_folder_is_named_and_counted(tmp_path, command):
    root = draw(tmp_path / "data", {"train": 2, "validation": 1})
    where = root / "train/red"
    (where / ".ipynb_checkpoints").mkdir()
    shutil.copy(where / "0.jpg", where / ".ipynb_checkpoints/0-checkpoint.jpg")
    (where / "phone.HEIC").write_bytes(b"heic")
    (where / "empty.jpg").touch()
    (root / "validation/red/empty.jpg").touch()
    told = command("doctor", root)
    assert "Nothing is wrong." in told.out
    for words in ("1 hidden (train/red/.ipynb_checkpoints)", "2 empty (train/red/empty.jpg, validation/red/empty.jpg)"):
        assert words in told.err
    assert "1 of a kind of picture that is not read here (train/red/phone.HEIC)" in told.err
