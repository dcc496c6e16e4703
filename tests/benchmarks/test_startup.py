"""Whole processes: how many rounds, which of them cold, and the order that alternates."""

from benchmarks import startup


def test_rounds_alternate_and_cold_starts_are_fewer(monkeypatch):
    run = []

    def timed(name, arguments, folder):
        run.append(name)
        return float(len(run))

    monkeypatch.setattr(startup, "_processes", lambda *_: {"warm": [], "cold": []})
    monkeypatch.setattr(startup, "_run", timed)
    rows = {row["process"]: row for row in startup.measure(["keras"], 2)["rows"]}
    assert (rows["warm"]["rounds"], rows["cold"]["rounds"]) == (5, 3)
    assert run == ["warm", "cold", "cold", "warm", "warm", "cold", "warm", "warm"]
    assert (rows["warm"]["s"], rows["cold"]["s"]) == (5.0, 3.0)  # medians of 1 4 5 7 8 and of 2 3 6
    assert [row["rounds"] for row in startup.measure(["keras"], 2, quick=True)["rows"]] == [1, 1]
