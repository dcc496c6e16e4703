"""The benchmarks that start processes of their own, in their quick forms, without Keras."""

import json

import numpy as np
import pytest

from benchmarks import architectures, memory, processes, sections, startup, twins
from benchmarks.children import memory as counted
from minicnn import get_num_threads


def test_memory():
    part = memory.measure([], get_num_threads(), quick=True)
    (row,) = part["rows"]
    assert row["engine"] == "minicnn" and row["peak_mb"] >= row["import_mb"] > 0
    assert "| minicnn |" in sections.memory(part)


def test_startup():
    part = startup.measure([], get_num_threads(), quick=True)
    assert [row["process"] for row in part["rows"]] == ["import numba", "import minicnn", "minicnn predict, warm"]
    assert all(row["s"] > 0 for row in part["rows"])
    assert len(sections.startup(part).splitlines()) == 5


def test_faults_are_those_of_one_step_once_warm(monkeypatch, capsys):
    """Of a child that counts 1,000 pages before the steps and 1,040 after two of them."""
    pages = iter([1000, 1040])
    monkeypatch.setattr(counted, "faults", lambda: next(pages))
    counted.main("minicnn", 2, 30, 4)
    told = json.loads(capsys.readouterr().out)
    assert told["faults_a_step"] == 20 and told["peak_mb"] >= told["import_mb"] > 0
    row = {"engine": "minicnn", **told, "faults_a_step": 1e6}
    assert sections.memory({"rows": [row]}).endswith("| 1000000 | 4096 |")  # pages of 4096 bytes


def test_a_process_that_predicts(tmp_path):
    twins.make("tinyvgg", size=28).save(tmp_path / "net.keras")
    np.save(tmp_path / "picture.npy", np.zeros((1, 28, 28, 3), np.float32))
    row = architectures._process("minicnn", tmp_path / "net.keras", tmp_path / "picture.npy")
    assert set(row) == {"s", "peak_mb"} and row["s"] > 0 and row["peak_mb"] > 10
    with pytest.raises(ValueError, match="minicnn did not predict: .*none.keras"):
        architectures._process("minicnn", tmp_path / "none.keras", tmp_path / "picture.npy")


def test_a_process_that_says_nothing_still_fails_in_a_sentence():
    assert processes.checked(processes.run("-c", "print(6 * 7)"), "arithmetic failed").out == "42\n"
    with pytest.raises(ValueError, match="^it failed: no word$"):
        processes.checked(processes.run("-c", "raise SystemExit(3)"), "it failed")
    with pytest.raises(ValueError, match="^it failed: KeyError: 'x'$"):
        processes.checked(processes.run("-c", "{}['x']"), "it failed")
