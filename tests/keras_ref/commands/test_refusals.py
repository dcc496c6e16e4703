"""What the command line makes of a refusal, whoever raises it: one sentence and exit code 2."""

import sys

import pytest

from keras_ref.commands import report
from minicnn import arguments


@pytest.mark.parametrize(
    ("check", "sentence"),
    [
        (lambda: arguments.path("path", None), "`path` must be a string or a pathlib.Path. Received: path=None."),
        (lambda: arguments.text("name", 3), "`name` must be a non-empty string. Received: name=3."),
        (lambda: arguments.integer("size", 0), "`size` must be a positive integer. Received: size=0."),
    ],
)
def test_what_minicnns_checks_refuse_is_one_sentence(monkeypatch, refused, check, sentence):
    monkeypatch.setattr(report, "run", lambda args: check())
    assert refused(["report", "folder"]) == f"{sentence}\n"


def test_ray_is_asked_for_only_where_it_is_needed(monkeypatch, refused, clothes, tmp_path):
    monkeypatch.setitem(sys.modules, "ray", None)  # as where it is not installed
    given = ["sweep", clothes, "--over", "lr", "--ray", "local", "--weights", "none", "--out", tmp_path / "sweep"]
    refused(given, "--ray needs the package ray", "minicnn[cluster]")
