"""Model files of any origin: what is tried, what each file's row says, and what the table counts."""

import shutil

import pytest

from benchmarks import collection, processes, sections
from benchmarks.cli import main
from minicnn import Dense, Flatten, Input, Sequential


@pytest.fixture
def folder(tmp_path):
    """Hold a net of Keras's of which nothing is known beside it, the same again, and a file that is none."""
    keras = pytest.importorskip("keras")
    one, other = tmp_path / "all/ann", tmp_path / "all/bob/deep"
    one.mkdir(parents=True)
    other.mkdir(parents=True)
    layers = keras.layers
    net = keras.Sequential([layers.Input((8, 8, 3)), layers.Flatten(), layers.Dense(3, activation="softmax")])
    net.save(one / "net.keras")
    shutil.copy(one / "net.keras", other / "copy.keras")
    net.save_weights(one / "net.weights.h5")
    (other / "broken.h5").write_bytes(b"no HDF5")
    (one / "metadata.json").write_text("{}")
    (one / "notes.txt").write_text("")
    return tmp_path / "all"


def test_each_content_is_tried_once(folder):
    assert [path.relative_to(folder).as_posix() for path in collection.found(folder)] == [
        "ann/net.keras",
        "bob/deep/broken.h5",
    ]


def test_the_row_of_a_file_and_the_table(folder):
    part = collection.measure(folder, 1)
    good, bad = part["rows"]
    assert good["opened"] and good["answered"] and good["peer"] == "Keras" and good["apart"] < 1e-5
    assert good["assumed"] == ["class_names", "offset", "resize", "scale"]
    assert not bad["opened"] and "broken.h5" in bad["refused"] and "failed" not in bad
    lines = sections.collection(part).splitlines()
    assert lines[2] == "| .h5 | 1 | 1 | 0 | 0 of 0 | 0 | 0 | 0 |"
    assert lines[3] == "| .keras | 1 | 1 | 1 | 1 of 1 | 1 | 0 | 0 |"
    assert lines[4] == "| all | 2 | 2 | 1 | 1 of 1 | 1 | 0 | 0 |"
    assert lines[6].startswith("- bob/deep/broken.h5: ") and len(lines) == 7


def test_another_answer_than_the_peers_is_listed(folder, monkeypatch):
    from benchmarks.children import opened

    def other(file, x):
        return [y + 1e-3 for y in theirs(file, x)]

    theirs = opened._keras
    file = folder / "ann/net.keras"
    model = Sequential([Input((8, 8, 3)), Flatten(), Dense(2)])  # another net: no number stands for it
    assert opened._compared(model, file) == {"peer": "Keras", "apart": None}
    from minicnn import load_model

    assert opened._compared(load_model(file), file)["apart"] < 1e-5
    monkeypatch.setattr(opened, "_keras", other)
    row = opened._compared(load_model(file), file)
    assert 5e-4 < row["apart"] < 5e-3
    row = {"file": "net.keras", "kind": ".keras", "author": "", "opened": True, "refused": "", **row}
    told = sections.collection({"rows": [row]})
    assert "| .keras | 1 | 1 | 1 | 0 of 1 |" in told and f"- net.keras: {row['apart']:.1e} from Keras" in told


def test_a_process_that_dies_is_a_failure(folder, monkeypatch):
    monkeypatch.setattr(processes, "run", lambda *_: processes.Done(0.1, "", "a traceback\nKeyError: 'x'", True))
    rows = collection.measure(folder, 1)["rows"]
    assert [row["failed"] for row in rows] == [1, 1] and rows[0]["refused"] == "KeyError: 'x'"


def test_onnx_is_held_against_onnx_runtime(tmp_path):
    pytest.importorskip("onnx")
    pytest.importorskip("onnxruntime")
    from benchmarks.peers import onnx_files

    (tmp_path / "net.onnx").write_bytes(onnx_files.small_net())
    (row,) = collection.measure(tmp_path, 1)["rows"]
    assert row["opened"] and row["peer"] == "ONNX Runtime" and row["apart"] < 1e-5


def test_an_empty_folder_is_a_sentence(tmp_path, capsys):
    assert main(["collection", str(tmp_path)]) == 2
    assert "No model file lies below" in capsys.readouterr().err
