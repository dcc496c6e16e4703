"""Sweeps: the course's grids, the table and plot."""

import json

import pytest
from PIL import Image

from keras_ref import results, sweep
from tests.keras_ref.conftest import SIZE


def test_grids_are_the_courses():
    assert sweep.GRIDS["lr"][0] == (0.0001, 0.001, 0.01, 0.1) and sweep.GRIDS["inner"][0] == (10, 100, 1000)
    assert sweep.GRIDS["dropout"] == ((0.0, 0.2, 0.5, 0.8), {"lr": 0.001, "inner": 100}, 30)


def test_command(command, clothes, tmp_path):
    done = command(
        "sweep",
        clothes,
        "--over",
        "inner",
        "--values",
        4,
        8,
        "--size",
        SIZE,
        "--weights",
        "none",
        "--seeds",
        2,
        "--epochs",
        2,
        "--cache",
        tmp_path / "store",
        "--out",
        "swept",
    )
    result = json.loads((tmp_path / "swept/sweep.json").read_text())
    assert "best" in done.out and result["sentence"] in done.out and "12 validation pictures" in done.out
    assert result["sentence"] == results.verdict("inner", result["rows"], 12)
    assert [row["value"] for row in result["rows"]] == [4, 8] and all(len(row["epoch"]) == 2 for row in result["rows"])
    with Image.open(tmp_path / "swept/sweep.png") as drawn:
        assert drawn.size == (840, 480)


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (["--over", "weather"], "invalid choice"),
        (["--over", "inner", "--values", "1.5"], "must be whole numbers"),
        (["--over", "lr", "--lr", "0.1"], "is what the sweep varies"),
        (["--over", "lr", "--values", "0"], "lr must be a positive"),
        (["--over", "lr", "--seeds", "0"], "--seeds must be at least 1"),
        (["--over", "lr", "--weights", "no.h5"], "no.h5 is not there"),
    ],
)
def test_refusals(clothes, tmp_path, refused, flags, words):
    refused(["sweep", clothes, "--size", SIZE, "--out", tmp_path / "out", *flags], words)
