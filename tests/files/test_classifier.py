"""classifier.json: every field checked, by name."""

import json
import math

import pytest

from minicnn.files import classifier

GOOD = {"version": 1, "class_names": ["dress", "hat"], "size": [299, 200], "resize": "nearest",
        "scale": 1 / 127.5, "offset": -1.0, "output": "logits"}  # fmt: skip


REST = {"task": "one", "channels": 3, "invert": False, "crop": "none", "order": "rgb", "temperature": None,
        "threshold": None, "split": None}  # fmt: skip
FULL = {"version": 2, "class_names": ["Hose", "Mütze"], "task": "many", "size": [8, 9], "channels": 3, "invert": True,
        "crop": "centre", "resize": "tf-area", "scale": [0.1, 0.2, 0.3], "offset": [1.0, -1.0, 0], "order": "bgr",
        "output": "logits", "temperature": 1.5, "threshold": 0.4,
        "split": {"rule": "fifth", "seed": 3, "counts": {"train": {"Hose": 1, "Mütze": 1}},
                  "learned": ["00ff00ff00ff00ff"]}}  # fmt: skip


def test_version_1_is_read_as_version_2():
    assert classifier.parse(json.dumps(GOOD).encode()) == {**GOOD, **REST, "version": 2}
    assert classifier.make_card(["dress", "hat"], (299, 200), "logits", scale=1 / 127.5, offset=-1) == {
        **GOOD, **REST, "version": 2}  # fmt: skip


def test_every_field_survives():
    assert classifier.parse(classifier.dump(FULL)) == FULL and list(classifier.check(FULL)) == list(classifier.FIELDS)
    assert json.loads(classifier.dump(FULL)) == FULL


def test_fields_of_a_later_version_are_kept_and_named():
    later = {**FULL, "version": 3, "mood": "good", "lens": [1]}
    with pytest.warns(UserWarning, match=r"\(version 3\) has fields that are not known here.*: mood, lens\.$"):
        value = classifier.parse(json.dumps(later).encode())
    assert value == later and json.loads(classifier.dump(value)) == later


def test_what_a_program_cannot_do_is_refused_by_name():
    classifier.check_supported(FULL, crop=("none", "centre"), threshold=(0.4,))
    with pytest.raises(ValueError) as fault:
        classifier.check_supported(FULL, order=("rgb", "bgr"), crop=("none",))
    wanted = 'classifier.json asks for \'crop\' "centre", which can\'t be done here; what can: "none".'
    assert str(fault.value) == wanted


FILTERS = "'nearest', 'bilinear', 'bicubic', 'lanczos', 'box', 'hamming', 'tf-nearest', 'tf-bilinear', 'tf-bicubic' "
FILTERS += "or 'tf-area'"
NUMBER = "a finite number{}, or a list of one for each channel"

LIST = {"learned": []}
COUNTS = "an object whose 'counts' is null or has an object of pictures a class for each split"


@pytest.mark.parametrize(
    "name, value, wanted",
    [
        ("version", 0, "a whole number, 1 or more"),
        ("version", True, "a whole number, 1 or more"),
        ("version", "2", "a whole number, 1 or more"),
        ("class_names", [], "a list of names"),
        ("class_names", "dress", "a list of names"),
        ("class_names", ["dress", 3], "a list of names"),
        ("class_names", ["dress", ""], "a list of names"),
        ("class_names", ["dress", "dress"], "a list of different names"),
        ("size", [299], "[height, width] in pixels"),
        ("size", 299, "[height, width] in pixels"),
        ("size", [0, 3], "[height, width] in pixels"),
        ("size", [2.0, 3], "[height, width] in pixels"),
        ("size", [True, 3], "[height, width] in pixels"),
        ("size", [10**9, 3], "[height, width] in pixels"),
        ("resize", "cubic", FILTERS),
        ("resize", ["nearest"], FILTERS),
        ("scale", "1", NUMBER.format(" other than 0")),
        ("scale", True, NUMBER.format(" other than 0")),
        ("scale", 0.0, NUMBER.format(" other than 0")),
        ("scale", [1.0, 0.0, 1.0], NUMBER.format(" other than 0")),
        ("scale", [1.0, 1.0], NUMBER.format(" other than 0")),
        ("scale", [1.0], NUMBER.format(" other than 0")),
        ("scale", [], NUMBER.format(" other than 0")),
        ("offset", math.inf, NUMBER.format("")),
        ("offset", None, NUMBER.format("")),
        ("offset", [0.0, 0.0, math.nan], NUMBER.format("")),
        ("task", "both", "'one', 'many' or 'pictures'"),
        ("channels", 4, "3 or 1"),
        ("channels", True, "3 or 1"),
        ("invert", 1, "true or false"),
        ("crop", "center", "'none' or 'centre'"),
        ("order", "grb", "'rgb' or 'bgr'"),
        ("temperature", 0, "null or a number of at least 1e-06"),
        ("temperature", math.nan, "null or a number of at least 1e-06"),
        ("temperature", 5e-324, "null or a number of at least 1e-06"),
        ("temperature", 1e39, "null or a number of at least 1e-06"),
        ("threshold", 1.1, "null or a number in 0..1"),
        ("threshold", -0.1, "null or a number in 0..1"),
        ("split", [], "null or an object"),
        ("split", {"seed": -1, "learned": []}, "an object whose 'seed' is null or a seed"),
        ("split", {"seed": None}, "an object whose 'learned' lists 16 hex digits a picture"),
        ("split", {"learned": ["00ff"]}, "an object whose 'learned' lists 16 hex digits a picture"),
        ("split", {"learned": ["00FF00FF00FF00FF"]}, "an object whose 'learned' lists 16 hex digits a picture"),
        ("split", LIST | {"rule": 3}, "an object whose 'rule' is null or a text"),
        ("split", LIST | {"seed": 10.0}, "an object whose 'seed' is null or a seed"),
        ("split", LIST | {"counts": [1]}, COUNTS),
        ("split", LIST | {"counts": 3}, COUNTS),
        ("split", LIST | {"counts": {"train": [1]}}, COUNTS),
        ("split", LIST | {"counts": {"train": None}}, COUNTS),
        ("split", LIST | {"counts": {"train": {"hat": "1"}}}, COUNTS),
        ("split", LIST | {"counts": {"train": {"hat": -1}}}, COUNTS),
        ("split", LIST | {"missing": "all"}, "an object whose 'missing' is null or a number of pictures"),
        ("split", LIST | {"missing": -1}, "an object whose 'missing' is null or a number of pictures"),
        ("output", "softmax", "'logits' or 'probabilities'"),
    ],
)
def test_each_field_is_checked(name, value, wanted):
    with pytest.raises(ValueError) as fault:
        classifier.check({**GOOD, name: value})
    assert str(fault.value) == f"classifier.json's {name!r} must be {wanted}. Received: {value!r}."


@pytest.mark.parametrize("name", ["scale", "offset", "temperature", "threshold"])
def test_a_number_too_large_for_a_float_is_refused(name):
    with pytest.raises(ValueError, match=f"^classifier.json's '{name}' must be "):
        classifier.parse(json.dumps({**GOOD, name: 10**400}).encode())


def test_a_split_may_lack_what_nobody_knew():
    for split in (LIST, LIST | {"rule": None, "seed": None, "counts": None, "missing": None}, LIST | {"mood": [1]}):
        assert classifier.check({**GOOD, "split": split})["split"] == split


def test_one_channel_has_no_order_and_one_scale():
    grey = classifier.check({**GOOD, "channels": 1, "scale": [0.5], "invert": True})
    assert grey["channels"] == 1 and grey["scale"] == [0.5]
    with pytest.raises(ValueError, match="'order' must be 'rgb' where there is one channel"):
        classifier.check({**GOOD, "channels": 1, "order": "bgr"})
    with pytest.raises(ValueError, match="'offset' must be"):
        classifier.check({**GOOD, "channels": 1, "offset": [1.0, 1.0, 1.0]})


@pytest.mark.parametrize("name", GOOD)
def test_each_field_is_needed(name):
    value = {key: item for key, item in GOOD.items() if key != name}
    with pytest.raises(ValueError, match=f"classifier.json must have '{name}'. Received: "):
        classifier.check(value)


def test_it_must_be_an_object():
    with pytest.raises(ValueError, match=r"classifier.json must hold an object. Received: \[1\]."):
        classifier.check([1])


@pytest.mark.parametrize(
    "model, beside",
    [
        ("a/model.h5", "a/model.classifier.json"),
        ("a/x.weights.h5", "a/x.classifier.json"),
        ("model.json", "model.classifier.json"),
        ("a.b.keras", "a.b.classifier.json"),
        ("plain", "plain.classifier.json"),
    ],
)
def test_where_the_sidecar_lies(model, beside):
    assert classifier.sidecar(model) == beside


def test_the_sidecar(tmp_path):
    path = tmp_path / "m.h5"
    assert classifier.read_sidecar(path) is None
    classifier.write_sidecar(path, GOOD)
    assert classifier.read_sidecar(path) == classifier.check(GOOD)
    beside = tmp_path / "m.classifier.json"
    beside.write_text(json.dumps({**GOOD, "output": 3}))
    with pytest.raises(ValueError) as fault:
        classifier.read_sidecar(path)
    wanted = "classifier.json's 'output' must be 'logits' or 'probabilities'. Received: 3."
    assert str(fault.value) == f"{beside}: {wanted}"
