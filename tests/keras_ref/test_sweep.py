"""Sweeps: the course's grids, the table and plot, and the plain word on the winner."""

import json

import pytest
from PIL import Image

from keras_ref import sweep
from tests.keras_ref.conftest import SIZE


def _row(value, best):
    return {"value": value, "best": best}


def test_a_lead_of_one_picture_names_no_winner():
    sentence = sweep.verdict("lr", [_row(0.01, 282 / 341), _row(0.001, 283 / 341), _row(0.1, 0.5)], 341)
    assert sentence == (
        "lr=0.001 leads lr=0.01 by 1 picture of 341, less than the 95% interval of +-4.0 points: "
        "no winner can be named."
    )


def test_a_large_lead_is_said():
    sentence = sweep.verdict("inner", [_row(10, 0.50), _row(100, 0.83)], 341)
    assert sentence.startswith("inner=100 leads inner=10 by 112.5 pictures of 341, more than")
    assert "are level on 341 pictures: no winner" in sweep.verdict("inner", [_row(10, 0.5), _row(100, 0.5)], 341)
    assert "nothing to compare" in sweep.verdict("inner", [_row(10, 0.5)], 341)


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
    assert result["sentence"] == sweep.verdict("inner", result["rows"], 12)
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
