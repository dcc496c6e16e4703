"""The measuring command runs, and its arithmetic holds. What it measures is no test."""

import inspect
import json

import pytest

from keras_ref import config as configs
from keras_ref import results
from keras_ref.course import replay, speed


def test_command(clothes, tmp_path, monkeypatch, capsys):
    from keras_ref.commands import main

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


def test_what_is_not_asked_for_is_as_in_a_training(clothes, tmp_path, monkeypatch, capsys):
    from keras_ref.commands import main

    for function in (speed.loading, speed.grid, speed.run):
        assert inspect.signature(function).parameters["size"].default == configs.DEFAULTS.size == 150
    asked = []
    monkeypatch.setattr(speed, "loading", lambda *given: asked.append(given) or {})
    monkeypatch.setattr(speed, "grid", lambda *given: asked.append(given) or {})
    speed.run(clothes, tmp_path / "speed")
    assert asked == [(clothes, 150), (clothes, "none", 150)]
    with pytest.raises(SystemExit):
        main(["speed", "--help"])
    told = " ".join(capsys.readouterr().out.split())
    assert "150 or 299 (default: 150)" in told and "in Keras's layout (default: none)" in told


@pytest.mark.parametrize("size", [0, 70])
def test_a_size_that_is_too_small_is_refused_before_anything_is_measured(clothes, tmp_path, refused, size):
    refused(["speed", clothes, "--size", size, "--out", tmp_path / "speed"], "size must be", f"size={size}")
    assert not (tmp_path / "speed").exists()
