"""The plain word on who leads, and rows of tables."""

import math

import pytest

from keras_ref import results


def _row(value, best):
    return {"value": value, "best": best}


def test_a_lead_of_one_picture_names_no_winner():
    sentence = results.verdict("lr", [_row(0.01, 282 / 341), _row(0.001, 283 / 341), _row(0.1, 0.5)], 341)
    assert sentence == (
        "lr=0.001 leads lr=0.01 by 1 picture of 341, less than the 95% interval of +-4.0 points: "
        "no winner can be named."
    )


def test_a_large_lead_is_said():
    sentence = results.verdict("inner", [_row(10, 0.50), _row(100, 0.83)], 341)
    assert sentence.startswith("inner=100 leads inner=10 by 112.5 pictures of 341, more than")
    assert "are level on 341 pictures: no winner" in results.verdict("inner", [_row(10, 0.5), _row(100, 0.5)], 341)
    assert "nothing to compare" in results.verdict("inner", [_row(10, 0.5)], 341)


def _judged(value, best, p, seeds=3):
    return _row(value, best) | {"p": p, "epoch": [1] * seeds}


def test_a_paired_test_says_who_leads():
    rows = [_judged(0.2, 0.8, 0.0004), _judged(0.5, 0.9, None), _judged(0.8, 0.7, 0.9)]
    assert results.verdict("dropout", rows, 100) == (
        "dropout=0.5 leads dropout=0.2 by 10 pictures of 100; paired over 3 seeds and 100 pictures p < 0.001: "
        "a difference beyond chance."
    )
    rows = [_judged([0.2, 10], 0.8, 0.05, 1), _judged([0.5, "all"], 0.9, None, 1)]
    assert results.verdict(["dropout", "unfreeze"], rows, 100) == (
        "dropout=0.5 with unfreeze=all leads dropout=0.2 with unfreeze=10 by 10 pictures of 100; paired over 1 seed "
        "and 100 pictures p = 0.050: no winner can be named."
    )
    measured = {"sd": 0.0125, "last": 0.45, "train": 1.0, "min_val_loss": 0.5}
    assert (
        results.sweep_cells(rows[0] | measured)[0] == "0.2, 10"
        and results.sweep_cells(rows[0] | measured)[7] == "0.050"
    )


def test_a_small_p_is_not_called_0():
    assert "147, only B on 13 pictures: McNemar's exact p < 0.001, a difference beyond chance." in results.compared(
        {"only_a": 147, "only_b": 13, "p": 1e-29}
    )


def test_a_sweeps_row_has_a_cell_for_every_column():
    measured = {"value": 0.001, "best": 0.5, "sd": 0.0125, "epoch": [3, 10], "last": 0.45, "train": 1.0}
    cells = results.sweep_cells(measured | {"min_val_loss": 0.73456})
    assert cells == ("0.001", "0.5000", "0.0125", "3, 10", "0.4500", "1.0000", "0.7346", "-")
    assert results.sweep_cells(_row(1e38, None)) == ("1e+38", "diverged", *"------")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "-"),
        ("jersey 0.679", "jersey 0.679"),
        ({"best": 0.85339, "epoch": 21, "last": 0.83}, "0.8534 @21, last 0.8300"),
        ({"best": 0.9, "epoch": None, "last": None}, "0.9000"),
        ({"best": 0.5, "epoch": 2, "last": 0.0}, "0.5000 @2, last 0.0000"),
    ],
)
def test_a_figure_of_the_replay(value, text):
    assert results.figure(value) == text
    row = {"section": "8.9", "setting": "drop .5", "ours": value, "published": None}
    assert results.replay_cells(row) == ("8.9", "drop .5", text, "-")


@pytest.mark.parametrize(
    ("p", "words"),
    [
        (0.0009, "p < 0.001, a difference beyond chance."),
        (0.001, "p = 0.001, a difference beyond chance."),
        (0.0494, "p = 0.049, a difference beyond chance."),
        (0.0499, "p = 0.0499, a difference beyond chance."),
        (0.0499996, "p = 0.0499996, a difference beyond chance."),
        (math.nextafter(0.05, 0), "p = 0.049999999999999996, a difference beyond chance."),
        (0.05, "p = 0.050, no difference beyond chance."),
        (0.0501, "p = 0.050, no difference beyond chance."),
        (0.9996, "p = 1.000, no difference beyond chance."),
    ],
)
def test_chance_begins_at_a_twentieth(p, words):
    assert results.compared({"only_a": 3, "only_b": 4, "p": p}).endswith(f"McNemar's exact {words}")


def test_a_sweep_shows_on_which_side_of_a_twentieth_it_is():
    measured = {"sd": 0.0125, "last": 0.45, "train": 1.0, "min_val_loss": 0.5}
    for p, digits, words in ((0.0499, "0.0499", "a difference beyond chance"), (0.0501, "0.050", "no winner")):
        rows = [_judged(0.2, 0.8, p), _judged(0.5, 0.9, None)]
        assert f"p = {digits}: {words}" in results.verdict("dropout", rows, 100)
        assert results.sweep_cells(rows[0] | measured)[7] == digits


def test_what_diverged_is_told_beside_the_leader():
    rows = [_row(0.1, None), _row(0.01, 0.5), _row(0.001, 0.4), _row(10.0, None)]
    assert results.verdict("lr", rows, 10) == (
        "lr=0.01 leads lr=0.001 by 1 picture of 10, less than the 95% interval of +-26.3 points: "
        "no winner can be named. Diverged: lr=0.1, lr=10."
    )
