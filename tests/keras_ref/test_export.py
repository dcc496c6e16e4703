"""Exports: each is loaded again and compared; ONNX where its packages are there, a sentence where they are not."""

import importlib.util

import numpy as np
import pytest

from keras_ref import card, export
from keras_ref.cli import main
from minicnn.files import read_sidecar


def test_command(command, trained, tmp_path):
    done = command("export", trained / "final.keras", "--to", "savedmodel", "--out", "saved")
    assert "Loaded again, its answers differ by at most" in done.out
    assert (tmp_path / "saved/saved_model.pb").is_file()
    described = card.from_value(read_sidecar(tmp_path / "saved"), "saved")
    assert described.class_names == ("blue", "green", "red")
    assert not [path for path in tmp_path.iterdir() if "partial" in path.name]


def test_tflite(trained, tmp_path):
    path, difference, size = export.export(trained / "final.keras", "tflite", tmp_path / "m.tflite")
    assert path.stat().st_size > 4000 and difference <= export.CLOSE * size


@pytest.mark.skipif(importlib.util.find_spec("tf2onnx") is None, reason="the export extra is not installed")
def test_onnx(trained, tmp_path):
    path, difference, size = export.export(trained / "final.keras", "onnx", tmp_path / "m.onnx")
    assert path.stat().st_size > 4000 and difference <= export.CLOSE * size


def test_missing_packages_are_named(trained, tmp_path, monkeypatch, refused):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    refused(
        ["export", trained / "final.keras", "--to", "onnx", "--out", tmp_path / "m.onnx"],
        "needs the package tf2onnx",
        "minicnn[export]",
    )


def test_a_difference_is_refused(trained, tmp_path, monkeypatch):
    run = export._RUN["savedmodel"]
    monkeypatch.setitem(export._RUN, "savedmodel", lambda path, x: run(path, x) + np.float32(1))
    with pytest.raises(ValueError, match="answers differently"):
        export.export(trained / "final.keras", "savedmodel", tmp_path / "saved")
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_overwritten(trained, tmp_path, refused):
    (tmp_path / "m.tflite").touch()
    refused(["export", trained / "final.keras", "--to", "tflite", "--out", tmp_path / "m.tflite"], "already exists")
    assert main(["export", str(tmp_path / "no.keras"), "--to", "tflite"]) == 2
