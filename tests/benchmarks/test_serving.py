"""The benchmark of servers: its quick form, how rounds are joined, and that servers that differ are not timed."""

import pytest

from benchmarks import sections, serving

for needed in ("keras", "starlette", "uvicorn", "python_multipart"):
    pytest.importorskip(needed, reason="the extras `keras` and `serve`")


def test_the_quick_form():
    part = serving.measure(["keras"], 1, quick=True)
    assert [row["engine"] for row in part["rows"]] == ["minicnn", "minicnn unbatched", "keras"]
    for row in part["rows"]:
        assert row["start_s"] > 0 and row["clients"].keys() == {"1", "4"}
        for load in row["clients"].values():
            assert load["failed"] == 0 and load["requests"] > 0 and 0 < load["p50_ms"] <= load["p99_ms"]
    table = sections.text(part)
    assert "MobileNet at 32 px" in table and "| minicnn unbatched |" in table


def test_rounds_are_joined():
    samples = [
        {"waited": [0.1, 0.2], "seconds": 2.0, "failed": 0},
        {"waited": [0.3] * 9, "seconds": 3.0, "failed": 1},
        {"waited": [0.2] * 10, "seconds": 5.0, "failed": 2},
    ]
    found = serving._joined(samples)
    assert (found["rps"], found["low"], found["high"]) == (2.0, 1.0, 3.0)
    assert (found["requests"], found["failed"]) == (21, 3) and found["p50_ms"] == pytest.approx(200)


def test_servers_that_differ_are_not_timed():
    class Scripted:
        def __init__(self, off):
            self.off = off

        def ask(self, picture):
            return serving.np.array([0.5 + self.off, 0.5 - self.off])

    serving._compare({"a": Scripted(0), "b": Scripted(5e-5)}, [b""])
    for off in (2e-4, float("nan")):
        with pytest.raises(ValueError, match="b's probabilities are .* off a's; nothing is timed"):
            serving._compare({"a": Scripted(0), "b": Scripted(off)}, [b""])
