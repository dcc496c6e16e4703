"""The benchmarks that start processes of their own, in their quick forms, without Keras."""

from benchmarks import memory, sections, startup
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
