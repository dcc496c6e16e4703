"""classifier.json: every field checked, by name."""

import json
import math

import pytest

from minicnn.files import classifier

GOOD = {"version": 1, "class_names": ["dress", "hat"], "size": [299, 200], "resize": "nearest",
        "scale": 1 / 127.5, "offset": -1.0, "output": "logits"}  # fmt: skip


def test_a_good_one_survives():
    assert classifier.parse(classifier.dump(GOOD)) == GOOD


@pytest.mark.parametrize(
    "name, value, wanted",
    [
        ("version", 2, "1"),
        ("version", True, "1"),
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
        ("resize", "cubic", "'nearest' or 'bilinear'"),
        ("resize", ["nearest"], "'nearest' or 'bilinear'"),
        ("scale", "1", "a finite number"),
        ("scale", True, "a finite number"),
        ("offset", math.inf, "a finite number"),
        ("offset", None, "a finite number"),
        ("output", "softmax", "'logits' or 'probabilities'"),
    ],
)
def test_each_field_is_checked(name, value, wanted):
    with pytest.raises(ValueError) as fault:
        classifier.check({**GOOD, name: value})
    assert str(fault.value) == f"classifier.json's {name!r} must be {wanted}. Received: {value!r}."


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
    assert classifier.read_sidecar(path) == GOOD
    beside = tmp_path / "m.classifier.json"
    beside.write_text(json.dumps({**GOOD, "output": 3}))
    with pytest.raises(ValueError) as fault:
        classifier.read_sidecar(path)
    wanted = "classifier.json's 'output' must be 'logits' or 'probabilities'. Received: 3."
    assert str(fault.value) == f"{beside}: {wanted}"
