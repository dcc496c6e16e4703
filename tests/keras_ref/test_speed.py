"""The measuring command runs, and its arithmetic holds. What it measures is no test."""

import json

from keras_ref import replay, results


def test_command(clothes, tmp_path, monkeypatch, capsys):
    from keras_ref.cli import main

    monkeypatch.setattr(replay, "GRID", [(s, w, settings | {"epochs": 1}, p) for s, w, settings, p in replay.GRID[:2]])
    assert main(["speed", str(clothes), "--size", "71", "--out", str(tmp_path / "speed")]) == 0
    result = json.loads((tmp_path / "speed/speed.json").read_text())
    grid = result["grid"]
    assert (grid["runs"], grid["epochs"]) == (2, 2)
    first, _ = grid["whole_epoch_seconds"]  # both runs have one epoch, so none is a later one
    assert abs(grid["slow_seconds_extrapolated"] - first * 2) < 1
    assert f"{first} s for a run's first" in results.measured(grid)
    assert set(result["loading"]["pictures_per_second"]) == {"first pass", "ImageDataGenerator", "later pass"}
    assert "times ImageDataGenerator's rate" in capsys.readouterr().out
