"""Who wins where several tell of a classifier: flags, card, sidecar, labels.txt, metadata.json, the model, a guess."""

import json
import shutil
import zipfile

import pytest

import minicnn
from minicnn import files
from minicnn.files import classifier

GUESS = {"class_names": ["0", "1"], "size": [9, 9], "resize": "nearest", "scale": 1.0, "offset": 0.0,
         "output": "logits"}  # fmt: skip
METADATA = {"labels": ["Apple", "Pear"], "imageSize": 96, "grayscale": True, "packageName": "@teachablemachine/image"}


def card(**change):
    return files.make_card(["of", "card"], (5, 5), **change)


def test_each_source_yields_to_the_one_before(tmp_path):
    """From the weakest up: every source names the classes, and each new one wins."""
    path = tmp_path / "m.h5"
    known = files.resolve_card(path, guess=GUESS)
    assert known.value["class_names"] == ["0", "1"] and set(known.origin.values()) == {"a guess"}
    assert known.sentence == (
        f'{path} has no classifier.json: classes are numbered; a guess is size [9, 9], resize "nearest", scale 1.0, '
        'offset 0.0, output "logits".'
    )
    model = {"class_names": ["of", "model"], "size": [8, 8], "output": None}
    known = files.resolve_card(path, model=model, guess=GUESS)
    assert known.value["class_names"] == ["of", "model"] and known.value["output"] == "logits"
    assert known.origin["size"] == "the model" and known.origin["output"] == "a guess"
    assert "size [" not in known.sentence and "numbered" not in known.sentence and "output" in known.sentence
    (tmp_path / "metadata.json").write_text(json.dumps(METADATA))
    model["size"] = None  # it takes any
    known = files.resolve_card(path, model=model, guess=GUESS)
    assert known.value["class_names"] == ["Apple", "Pear"] and known.value["size"] == [96, 96]
    assert known.value["channels"] == 1 and known.origin["size"] == "metadata.json"
    (tmp_path / "labels.txt").write_text("0 Äpfel\n1 Birnen\n\n", encoding="utf-8")
    known = files.resolve_card(path, model=model, guess=GUESS)
    assert known.value["class_names"] == ["Äpfel", "Birnen"] and known.value["size"] == [96, 96]
    (tmp_path / "classifier.json").write_bytes(classifier.dump(card() | {"class_names": ["of", "folder"]}))
    assert files.resolve_card(path, model=model, guess=GUESS).value["class_names"] == ["of", "folder"]
    files.write_sidecar(path, card() | {"class_names": ["of", "sidecar"]})
    known = files.resolve_card(path, model=model, guess=GUESS)
    assert known.value["class_names"] == ["of", "sidecar"] and known.sentence == "" and known.value["channels"] == 3
    known = files.resolve_card(path, card=card(), model=model, guess=GUESS)
    assert known.value == card() and known.origin["scale"] == "classifier.json"
    known = files.resolve_card(path, flags={"size": [7, 7], "scale": None}, card=card(scale=0.5), guess=GUESS)
    assert known.value["size"] == [7, 7] and known.value["scale"] == 0.5 and known.origin["size"] == "flags"


def test_what_lies_there_for_another_model(tmp_path):
    """A folder of several models: of another size, of other classes. Teachable Machine's own pairs stay together."""
    (tmp_path / "metadata.json").write_text(json.dumps(METADATA))
    (tmp_path / "labels.txt").write_text("0 a\n1 b\n2 c\n")
    model = {"class_names": ["of", "model"], "size": [8, 8]}
    known = files.resolve_card(tmp_path / "m.h5", model=model, guess=GUESS)
    assert known.value["class_names"] == ["of", "model"] and known.value["size"] == [8, 8]
    assert "labels.txt is another model's: it names 3 classes, and this model has 2." in known.sentence
    assert "metadata.json is another model's: it tells of 96 x 96 pixels, and this model takes 8 x 8." in known.sentence
    known = files.resolve_card(tmp_path / "keras_model.h5", model=model, guess=GUESS)
    assert known.value["class_names"] == ["a", "b", "c"] and known.value["size"] == [96, 96]


def test_what_nobody_tells_must_be_given(tmp_path):
    with pytest.raises(ValueError, match=r"`size` must be given: neither the model nor what lies beside its file"):
        files.resolve_card(tmp_path / "m.h5", guess={**GUESS, "size": None})
    with pytest.raises(ValueError, match="classifier.json's 'size' must be"):
        files.resolve_card(flags={"size": [0, 1]}, guess=GUESS)
    assert files.resolve_card(guess=GUESS).sentence.startswith("The model has no classifier.json: classes are numbered")


def test_a_later_version_keeps_its_number_and_fields():
    later = card() | {"version": 7, "mood": "good"}
    known = files.resolve_card(card=later, flags={"size": [3, 3]}, guess=GUESS)
    assert known.value == later | {"size": [3, 3]}


@pytest.mark.parametrize(
    ("text", "names"),
    [("0 Apple\n1 Red pear\n", ["Apple", "Red pear"]), ("Apple\nRed pear", ["Apple", "Red pear"]),
     ("\ufeff0 Apple\r\n1 Red pear\r\n", ["Apple", "Red pear"]), ("1 Apple\n0 pear\n", ["1 Apple", "0 pear"]),
     ("7\n42\n", ["7", "42"])],
)  # fmt: skip
def test_labels_with_and_without_their_numbers(tmp_path, text, names):
    (tmp_path / "labels.txt").write_bytes(text.encode())
    assert files.resolve_card(tmp_path / "m.h5", guess=GUESS).value["class_names"] == names


def test_files_beside_that_tell_nothing_or_are_damaged(tmp_path):
    (tmp_path / "labels.txt").write_bytes(b"\xff\xfe")
    with pytest.raises(ValueError, match=r"labels.txt: class names must be UTF-8"):
        files.resolve_card(tmp_path / "m.h5", guess=GUESS)
    (tmp_path / "labels.txt").unlink()
    for content, told in (({"labels": "Apple", "imageSize": "96", "grayscale": 1}, ["0", "1"]), ({}, ["0", "1"])):
        (tmp_path / "metadata.json").write_text(json.dumps(content))
        value = files.resolve_card(tmp_path / "m.h5", guess=GUESS).value
        assert value["class_names"] == told and value["size"] == [9, 9] and value["channels"] == 3
    (tmp_path / "metadata.json").write_text("[1]")
    with pytest.raises(ValueError, match=r"metadata.json: its metadata.json must be a JSON object"):
        files.resolve_card(tmp_path / "m.h5", guess=GUESS)


def save(path):
    model = minicnn.Sequential([minicnn.Input((5, 5, 3)), minicnn.Flatten(), minicnn.Dense(2)], seed=1)
    model.save(path)
    return model


def test_a_card_is_written_into_a_zip_and_replaced_there(tmp_path):
    path = tmp_path / "m.keras"
    model = save(path)
    assert files.read_card(path) is None
    for value in (card(), card(scale=0.25)):
        files.write_card(path, value)
        assert files.read_card(path) == value == minicnn.load_model(path).classifier
    for one, two in zip(minicnn.load_model(path).get_weights(), model.get_weights(), strict=True):
        assert (one == two).all()
    assert [file.name for file in tmp_path.iterdir()] == ["m.keras"]


@pytest.mark.parametrize("fault", ["encrypted", "damaged", "cut"])
def test_a_zip_that_cannot_be_copied_stays_as_it_is(tmp_path, fault):
    """A member that no Keras reads is copied too, or nothing is written."""
    path = tmp_path / "m.keras"
    save(path)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("notes.txt", b"some words" * 9, zipfile.ZIP_DEFLATED)
    raw = bytearray(path.read_bytes())
    start, entry = raw.rindex(b"PK\3\4"), raw.rindex(b"PK\1\2")
    if fault == "encrypted":
        raw[start + 6] |= 1
        raw[entry + 8] |= 1
    elif fault == "damaged":
        raw[start + 40] ^= 255
    else:
        del raw[-9:]
    path.write_bytes(raw)
    with pytest.raises(ValueError, match=r"m.keras: .*(can't be copied|truncated)"):
        files.write_card(path, card())
    assert path.read_bytes() == raw and [file.name for file in tmp_path.iterdir()] == ["m.keras"]


def test_hdf5_with_a_zip_behind_it_is_no_zip(tmp_path):
    path = tmp_path / "m.h5"
    save(path)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("notes.txt", "words")
    before = path.read_bytes()
    assert zipfile.is_zipfile(path) and files.write_card(path, card()) == str(tmp_path / "m.classifier.json")
    assert path.read_bytes() == before and files.read_card(path) == card()


def test_a_zip_without_a_card_has_a_sidecar(tmp_path):
    """Keras's own save drops the card from the zip."""
    path = tmp_path / "m.keras"
    save(path)
    files.write_sidecar(path, card(scale=0.5))
    assert files.read_card(path) == files.read(path).classifier == card(scale=0.5)
    files.write_card(path, card(scale=0.75))  # the card wins
    assert files.read_card(path)["scale"] == minicnn.load_model(path).classifier["scale"] == 0.75


def test_a_card_beside_another_format(tmp_path):
    path = tmp_path / "m.h5"
    path.write_bytes(b"\x89HDF\r\n\x1a\n")
    files.write_card(path, card())
    assert files.read_card(path) == card() and (tmp_path / "m.classifier.json").exists()
    shutil.move(tmp_path / "m.classifier.json", tmp_path / "classifier.json")
    assert files.read_card(path) == card()
    with pytest.raises(ValueError, match="none.keras: there is no such file"):
        files.read_card(tmp_path / "none.keras")


def test_who_gives_a_scale_alone_says_that_nothing_is_added():
    guess = {**GUESS, "scale": 1 / 127.5, "offset": -1.0}
    known = files.resolve_card(flags={"size": [8, 8], "scale": 1 / 255}, guess=guess)
    assert known.value["offset"] == 0.0 and known.origin["offset"] == "flags"
    assert known.sentence.count("offset") == 0
    assert files.resolve_card(flags={"size": [8, 8]}, guess=guess).value["offset"] == -1.0


@pytest.mark.parametrize("teller", ["card", "model", "metadata"])
@pytest.mark.parametrize("way", ["tf", "caffe"])
def test_whoever_told_the_offset(tmp_path, teller, way):
    told = files.preprocess(way)
    sources, who = {"card": card(**told)}, "classifier.json"
    if teller == "model":
        sources, who = {"model": told}, "the model"
    elif teller == "metadata":
        (tmp_path / "metadata.json").write_text(json.dumps(METADATA | {"grayscale": False}))
        sources, who, told = {}, "metadata.json", {"offset": -1.0, "order": "rgb"}
    known = files.resolve_card(tmp_path / "m.h5", flags={"scale": 1 / 255}, guess=GUESS, **sources)
    assert (known.value["scale"], known.value["offset"], known.value["order"]) == (1 / 255, 0.0, told["order"])
    stays = " (channels stay in the order bgr)" if told["order"] == "bgr" else ""
    assert known.sentence.startswith(
        f"scale is given without offset, so nothing is added{stays}: the offset {json.dumps(told['offset'])} of {who}"
    )
    both = files.resolve_card(tmp_path / "m.h5", flags={"scale": 1 / 255, "offset": -0.5}, guess=GUESS, **sources)
    assert both.value["offset"] == -0.5 and "left out" not in both.sentence
    none = files.resolve_card(tmp_path / "m.h5", flags={"offset": 2.0}, guess=GUESS, **sources)
    assert none.value["offset"] == 2.0 and none.value["scale"] != 1 / 255


def test_an_offset_of_nothing_is_left_out_without_a_word():
    known = files.resolve_card(flags={"scale": 1 / 255}, card=card(scale=0.5), guess=GUESS)
    assert (known.value["offset"], known.sentence) == (0.0, "")
