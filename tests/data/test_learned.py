"""What a model learned from: by content, in its file, up to a number."""

import hashlib

import numpy as np
import pytest
from PIL import Image

from minicnn.data import (
    Folder,
    evaluation_set,
    fingerprints,
    folder_as_trained,
    learned,
    recorded_split_field,
    split_field,
)


def make(root, counts):
    """Write counts = {"train/hat": 3, ...} pictures, no two alike."""
    number = 0
    for folder, count in counts.items():
        (root / folder).mkdir(parents=True)
        for i in range(count):
            number += 1
            Image.new("RGB", (1, 1), (number, 2, 3)).save(root / folder / f"{i:03d}.png")
    return root


def short(file):
    return hashlib.sha256(file.read_bytes()).hexdigest()[:16]


SPLIT = {"train/a": 3, "train/b": 2, "validation/a": 2, "validation/b": 2}


def test_the_field_of_the_card(tmp_path):
    folder = Folder(make(tmp_path, SPLIT), split_seed=4)
    field = split_field(folder)
    assert field == {"rule": "folders", "seed": None, "counts": folder.counts(),
                     "learned": sorted(map(short, folder.split("train").files))}  # fmt: skip
    drawn = Folder(tmp_path / "train", split_seed=4)
    assert split_field(drawn)["rule"] == "fifth" and split_field(drawn)["seed"] == 4
    assert folder_as_trained(tmp_path / "train", split_field(drawn)).split_seed == 4
    for known in (None, field):
        assert folder_as_trained(tmp_path / "train", known).split_seed == 0
    assert folder_as_trained(tmp_path / "train", split_field(drawn), 0).split_seed == 0


def test_fingerprints_are_in_the_files_order(tmp_path):
    files = Folder(make(tmp_path, SPLIT)).split("all").files
    assert fingerprints(files, workers=3) == list(map(short, files)) and len(set(fingerprints(files))) == 9


def test_a_long_list_is_cut_and_said_to_be(tmp_path, monkeypatch):
    monkeypatch.setattr(learned, "MOST_LISTED", 3)
    folder = Folder(make(tmp_path, SPLIT))
    field = split_field(folder)
    assert field["learned"] == sorted(map(short, folder.split("train").files))[:3]
    judged = evaluation_set(folder, field)
    assert judged.note == (
        "the model learned from none of the 4 pictures of validation (the file lists 3 of the 5 that it learned from)."
    )
    judged = evaluation_set(folder, field, "train")
    assert judged.learned == 3 and not judged.left_out and len(judged.files) == 5
    told = "the model learned from 3 of these 5 pictures (the file lists 3 of the 5 that it learned from)."
    assert judged.note == told


def test_what_is_left_out_is_counted_and_the_labels_follow(tmp_path):
    folder = Folder(make(tmp_path, SPLIT))
    field = {"learned": [short(folder.split("validation").files[1]), "0" * 16]}
    judged = evaluation_set(folder, field)
    assert judged.split == "validation" and judged.learned == 1 and judged.left_out
    assert [file.parent.name for file in judged.files] == ["a", "b", "b"] and judged.labels.tolist() == [0, 1, 1]
    assert judged.note == "1 of the 4 pictures of validation are left out: the model learned from them."
    nothing = evaluation_set(folder, {"learned": []})
    assert nothing.note == "" and nothing.learned == 0 and len(nothing.files) == 4
    np.testing.assert_array_equal(nothing.labels, folder.split("validation").labels)
    with pytest.raises(ValueError, match="learned from all 4 pictures of validation in .* --split all judges"):
        evaluation_set(folder, {"learned": [short(file) for file in folder.split("validation").files]}, "validation")


def test_without_a_list(tmp_path):
    folder = Folder(make(tmp_path / "set", SPLIT))
    note = evaluation_set(folder, None).note
    assert note.startswith("the model's file does not tell what it learned from; validation/ of")
    assert evaluation_set(folder, None, "all").note.endswith("it may have been these 9 pictures.")
    assert evaluation_set(folder, None, "train").note.endswith("it may have been these 5 pictures.")
    drawn = Folder(tmp_path / "set" / "train")
    with pytest.raises(ValueError, match="neither a test nor a validation folder.* --split all judges it on all 5"):
        evaluation_set(drawn, None)
    assert len(evaluation_set(drawn, None, "train").files) == 3
    make(tmp_path / "both", {"train/a": 5, "train/b": 5, "test/a": 1, "test/b": 1})
    assert evaluation_set(Folder(tmp_path / "both"), None).split == "test"
    with pytest.raises(ValueError, match="`split` must be one of train, validation, test, all. Received: 'some'"):
        evaluation_set(drawn, None, "some")
    with pytest.raises(ValueError, match="`split` must be one of train, validation in .* Received: 'test'"):
        evaluation_set(drawn, None, "test")


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"splits": {}}', '{"splits": {"train": [1]}}', '{"train": 3}'])
def test_a_record_that_tells_nothing(tmp_path, text):
    (tmp_path / "split.json").write_text(text)
    assert recorded_split_field(tmp_path / "m.keras", tmp_path) is None


def test_the_record_of_an_older_run(tmp_path):
    folder = Folder(make(tmp_path / "data", {"a": 5, "b": 5}), split_seed=6)
    (tmp_path / "run").mkdir()
    folder.write_split(tmp_path / "run" / "split.json")
    want = sorted(map(short, folder.split("train").files))
    field = recorded_split_field(tmp_path / "run" / "m.keras", tmp_path / "elsewhere")
    assert field["learned"] == want and field["seed"] == 6 and field["rule"] == "fifth"
    (tmp_path / "data").rename(tmp_path / "moved")  # the pictures are looked for where one judges
    assert recorded_split_field(tmp_path / "run" / "m.keras", tmp_path / "moved")["learned"] == want
    assert recorded_split_field(tmp_path / "m.keras", tmp_path / "moved") is None
    assert recorded_split_field(tmp_path / "run" / "m.keras", tmp_path / "elsewhere") is None  # nothing found: no list


def test_pictures_of_a_record_that_are_not_found_are_counted(tmp_path):
    folder = Folder(make(tmp_path / "data", {"a": 5, "b": 5}), split_seed=6)
    (tmp_path / "run").mkdir()
    folder.write_split(tmp_path / "run" / "split.json")
    for file in folder.split("train").files[:3]:
        file.rename(file.with_name("renamed-" + file.name))
    field = recorded_split_field(tmp_path / "run" / "m.keras", None)
    assert field["missing"] == 3 and len(field["learned"]) == 5
    note = evaluation_set(Folder(tmp_path / "data", 6), field).note
    assert "3 others that it learned from were not found by name, and may be among these" in note
