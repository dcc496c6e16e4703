"""A model in a folder or a zip, with what lies beside it; a zip is never unpacked to the disk."""

import json
import os
import zipfile

import numpy as np
import pytest

import minicnn
from minicnn import files
from tests import teachable

GUESS = {"class_names": ["0", "1"], "resize": "nearest", "scale": 1.0, "offset": 0.0, "output": "logits"}


def tree(folder):
    """Every path below a folder, and what the files hold."""
    return {path: path.read_bytes() if path.is_file() else None for path in folder.rglob("*")}


@pytest.fixture
def exports(tmp_path):
    """Teachable Machine's exports, in every form: path -> the filter that its own program resizes with."""
    keras, browser = teachable.keras_export(tmp_path / "keras"), teachable.browser_export(tmp_path / "browser")
    return {
        keras / "keras_model.h5": "lanczos",
        keras: "lanczos",
        teachable.zipped(keras, tmp_path / "converted_keras.zip"): "lanczos",
        teachable.zipped(keras, tmp_path / "below.zip", "converted_keras/", zipfile.ZIP_STORED): "lanczos",
        browser / "model.json": "browser",
        browser: "browser",
        teachable.zipped(browser, tmp_path / "tm-my-image-model.zip"): "browser",
        teachable.zipped(browser, tmp_path / "my.zip", "my/", zipfile.ZIP_STORED): "browser",
    }


def test_every_form_is_the_same_model_with_its_names_and_its_way_with_pictures(exports, tmp_path):
    want, before = teachable.net().get_weights(), tree(tmp_path)
    for path, resize in exports.items():
        model = minicnn.load_model(path)
        for ours, drawn in zip(model.get_weights(), want, strict=True):
            np.testing.assert_array_equal(ours, drawn.astype(np.float32), err_msg=str(path))
        told = files.resolve_card(path, model={"size": [24, 24]}, guess=GUESS)
        assert told.value["class_names"] == teachable.LABELS and told.value["size"] == [24, 24], path
        assert told.value["crop"] == "centre" and (told.value["scale"], told.value["offset"]) == (1 / 127.5, -1.0)
        assert (told.value["resize"] == "lanczos") is (resize == "lanczos"), path
        assert files.read_card(path) is None
    assert tree(tmp_path) == before


def test_what_else_lies_there_does_not_matter(tmp_path):
    """A Mac's leftovers, pictures, both exports in one folder (then the one for Keras), weights alone."""
    folder = teachable.browser_export(teachable.keras_export(tmp_path / "both"))
    for name in (".DS_Store", "._keras_model.h5", "net.weights.h5", "photo.jpg"):
        (folder / name).write_bytes(b"?")
    assert files.model_path(folder) == str(folder / "keras_model.h5")
    path = teachable.zipped(folder, tmp_path / "both.zip")
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("__MACOSX/keras_model.h5", b"?")
    for place in (folder, path):
        assert minicnn.load_model(place).output_shape == (None, 2)
        assert files.resolve_card(place, model={"size": [24, 24]}, guess=GUESS).value["resize"] == "lanczos"


def test_a_folder_or_zip_with_no_model_or_several(tmp_path):
    folder = tmp_path / "folder"
    folder.mkdir()
    with pytest.raises(ValueError, match=r"folder: this is a folder; the name of a model file is needed"):
        files.read(folder)
    (folder / "model_unquant.tflite").write_bytes(b"?")
    path = teachable.zipped(folder, tmp_path / "lite.zip")
    for place in (folder, path):
        with pytest.raises(ValueError, match=rf"{place.name}: this \w+ holds a model for TensorFlow Lite or a Saved"):
            files.read(place)
    for name in ("a.h5", "b.keras"):
        (folder / name).write_bytes(b"?")
    path = teachable.zipped(folder, tmp_path / "two.zip")
    for place in (folder, path):
        with pytest.raises(ValueError, match=r"holds several model files, and one must be named: a.h5, b.keras\."):
            files.read(place)


def test_a_card_lies_beside_a_zip_or_in_it(tmp_path):
    folder = teachable.keras_export(tmp_path / "keras")
    inner = files.make_card(["of", "zip"], (24, 24))
    files.write_sidecar(folder / "classifier.h5", inner)
    (folder / "classifier.classifier.json").rename(folder / "classifier.json")
    path = teachable.zipped(folder, tmp_path / "export.zip")
    assert files.read_card(path) == inner == minicnn.load_model(path).classifier
    before = path.read_bytes()
    outer = files.make_card(["of", "sidecar"], (24, 24))
    assert files.write_card(path, outer) == str(tmp_path / "export.classifier.json")
    assert files.read_card(path) == outer == minicnn.load_model(path).classifier and path.read_bytes() == before


# ---- hostile files --------------------------------------------------------------------------------------------------


def made(path, **members):
    """Write a zip of these members, `__` for a dot and `___` for a slash."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


@pytest.mark.parametrize(
    "name", ["../keras_model.h5", "/tmp/keras_model.h5", "a/../../keras_model.h5", "a\\..\\m.h5", "C:m.h5"]
)
def test_a_name_that_leads_elsewhere_is_no_model(tmp_path, name):
    inner = teachable.keras_export(tmp_path / "keras") / "keras_model.h5"
    (tmp_path / "here").mkdir()
    path = made(tmp_path / "here" / "evil.zip", **{name: inner.read_bytes(), "labels.txt": b"0 a\n1 b\n"})
    before = tree(tmp_path)
    with pytest.raises(ValueError, match=r"evil.zip: it has no members called 'config.json', so it is no .keras file"):
        minicnn.load_model(path)
    assert tree(tmp_path) == before


def test_shards_are_sought_in_the_zip_alone(tmp_path):
    folder = teachable.browser_export(tmp_path / "browser")
    text = (folder / "model.json").read_text()
    for name, sentence in (
        ("../weights.bin", r"a shard must be a file beside model.json. Received: '../weights.bin'"),
        ("secret.bin", r"there is no 'secret.bin' in the zip"),
    ):
        (tmp_path / "secret.bin").write_bytes((folder / "weights.bin").read_bytes())
        document = json.loads(text)
        document["weightsManifest"][0]["paths"] = [name]
        path = made(tmp_path / "evil.zip", **{"model.json": json.dumps(document)})
        with pytest.raises(ValueError, match=rf"evil.zip: {sentence}"):
            minicnn.load_model(path)


@pytest.mark.parametrize("name", ["keras_model.h5", "model.json", "labels.txt"])
def test_a_bomb_is_not_unpacked(tmp_path, name):
    folder = teachable.keras_export(tmp_path / "keras")
    members = {file.name: file.read_bytes() for file in folder.iterdir()}
    if name == "model.json":
        del members["keras_model.h5"]
    path = made(tmp_path / "bomb.zip", **members | {name: bytes(1 << 26)})
    assert path.stat().st_size < 1 << 18
    with pytest.raises(ValueError, match=rf"{name} claims 67108864 bytes, packed into \d+; not unpacked"):
        minicnn.load_model(path)
        files.resolve_card(path, model={"size": [24, 24]}, guess=GUESS)


def test_members_twice_and_damaged_ones(tmp_path):
    folder = teachable.keras_export(tmp_path / "keras")
    path = teachable.zipped(folder, tmp_path / "twice.zip")
    with zipfile.ZipFile(path, "a") as archive, pytest.warns(UserWarning, match="Duplicate name"):
        archive.write(folder / "labels.txt", "labels.txt")
    with pytest.raises(ValueError, match="it has 2 members called 'labels.txt'"):
        files.resolve_card(path, model={"size": [24, 24]}, guess=GUESS)
    path = teachable.zipped(folder, tmp_path / "damaged.zip", compression=zipfile.ZIP_STORED)
    raw = bytearray(path.read_bytes())
    raw[len(raw) // 2] ^= 255
    path.write_bytes(raw)
    with pytest.raises(ValueError, match="damaged.zip: its keras_model.h5 is damaged: the checksum differs"):
        minicnn.load_model(path)


def test_damaged_zips_end_in_a_sentence(tmp_path):
    """Drawn bytes overwritten, drawn lengths: read, or refused with one sentence that names the path."""
    rng = np.random.default_rng(0)
    wholes = [
        teachable.zipped(export(tmp_path / name), tmp_path / f"{name}.zip", "x/").read_bytes()
        for name, export in (("keras", teachable.keras_export), ("browser", teachable.browser_export))
    ]
    path = tmp_path / "drawn.zip"
    for draw in range(int(os.environ.get("MINICNN_TEST_EXAMPLES", 100))):
        raw = bytearray(wholes[draw % 2])
        for _ in range(rng.integers(1, 4)):  # most of what matters stands in the list at the end
            at = rng.integers(len(raw) - 400, len(raw)) if rng.random() < 0.7 else rng.integers(len(raw))
            raw[at] = rng.integers(256)
        if rng.random() < 0.2:
            del raw[rng.integers(1, len(raw)) :]
        path.write_bytes(raw)
        try:
            minicnn.load_model(path)
            files.resolve_card(path, model={"size": [24, 24]}, guess=GUESS)
        except ValueError as fault:
            assert str(fault).startswith(str(tmp_path)) and "\n" not in str(fault), fault


@pytest.mark.parametrize(
    ("raw", "sentence"),
    [
        (bytes(range(256)), "labels.txt: class names must be UTF-8"),
        (b"0 good\n1 \x1b[31mred\n", r"labels.txt: the name of class 2 must be text that can be printed. Received: "),
        (b"0 same\n1 same\n", "labels.txt: its classes must have different names. Received: 'same' twice"),
        (b"a\n" * 6_000_000, r"labels.txt: it has 12000000 bytes; more than \d+ are not read"),
    ],
)  # fmt: skip
def test_labels_that_are_rubbish(tmp_path, raw, sentence):
    """They are refused with their path; whoever gives the names himself is not troubled with them."""
    path = tmp_path / "m.h5"
    (tmp_path / "labels.txt").write_bytes(raw)
    with pytest.raises(ValueError, match=sentence):
        files.resolve_card(path, model={"size": [24, 24]}, guess=GUESS)
    told = files.resolve_card(path, flags={"class_names": ["a", "b"]}, model={"size": [24, 24]}, guess=GUESS)
    assert told.value["class_names"] == ["a", "b"]
