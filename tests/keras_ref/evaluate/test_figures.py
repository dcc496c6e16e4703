"""Figures against figures worked out by hand: two models, the worst pictures, a sweep; and what is no figure."""

import json
import math
import shutil

import numpy as np
import pytest

from keras_ref import config as configs
from keras_ref import doctor, results, runtime, sweep, train
from keras_ref.model import card
from tests.keras_ref import colours
from tests.keras_ref.conftest import SIZE


@pytest.mark.parametrize(
    ("only_a", "only_b", "p", "words"),
    [
        (8, 1, 2 * (1 + 9) / 2**9, "McNemar's exact p = 0.039, a difference beyond chance."),
        (5, 0, 2 * 1 / 2**5, "McNemar's exact p = 0.062, no difference beyond chance."),
        (1, 8, 2 * (1 + 9) / 2**9, "McNemar's exact p = 0.039, a difference beyond chance."),
    ],
)
def test_two_different_models_counted_by_hand(tmp_path, command, only_a, only_b, p, words):
    """A names the strongest colour. B leans to blue by 0.1 of a channel: where blue is a near second, it says blue."""
    near = [(120, k, 110) for k in range(only_a + only_b)]
    painted = {f"test/red/{k}.png": colour for k, colour in enumerate(near[:only_a])}  # A is right, B is not
    painted |= {f"test/blue/{k}.png": colour for k, colour in enumerate(near[only_a:])}  # B is right, A is not
    painted |= {"test/blue/both.png": (0, 0, 250), "test/green/both.png": (0, 250, 0)}
    painted["test/red/both.png"] = (250, 0, 0)
    painted["test/green/neither.png"] = (251, 0, 0)
    root = colours.paint(tmp_path / "clothes", painted)
    a, b = colours.save(tmp_path / "a.keras"), colours.save(tmp_path / "b.keras", lean=(0.1 * colours.STEEP, 0, 0))
    told = command("evaluate", a, b, root, "--out", "both").out
    result = json.loads((tmp_path / "both/comparison.json").read_text())
    n = only_a + only_b + 4
    assert (result["only_a"], result["only_b"], result["p"]) == (only_a, only_b, pytest.approx(p))
    assert [result[key]["right"] for key in "ab"] == [only_a + 3, only_b + 3] and result["a"]["pictures"] == n
    assert f"Only A is right on {only_a}, only B on {only_b} pictures: {words}" in told


def test_the_worst_pictures_their_order_and_their_labels(tmp_path, command, monkeypatch):
    root = colours.paint(
        tmp_path / "clothes",
        {
            "test/blue/right.png": (0, 0, 255),
            "test/blue/mild.png": (90, 0, 60),
            "test/green/worst.png": (255, 0, 0),
            "test/green/right.png": (10, 20, 0),
            "test/red/bad.png": (0, 204, 0),
        },
    )
    shown = []
    monkeypatch.setattr(results, "contact_sheet", lambda items, path, **_: shown.extend(items))
    command("evaluate", colours.save(tmp_path / "m.keras"), root, "--out", "out")
    worst = json.loads((tmp_path / "out/evaluation.json").read_text())["worst"]
    assert [(w["picture"], w["is"], w["taken_for"]) for w in worst] == [
        ("test/green/worst.png", "green", "red"),
        ("test/red/bad.png", "red", "green"),
        ("test/blue/mild.png", "blue", "red"),
    ]
    sure = [math.exp(5) / (math.exp(5) + 2), math.exp(4) / (math.exp(4) + 2)]
    sure.append(math.exp(90 / 51) / (math.exp(90 / 51) + math.exp(60 / 51) + 1))
    assert [w["probability"] for w in worst] == pytest.approx(sure, rel=1e-5)
    assert [(path.name, text) for path, text in shown] == [
        ("worst.png", f"green\ntaken for red {sure[0]:.0%}"),
        ("bad.png", f"red\ntaken for green {sure[1]:.0%}"),
        ("mild.png", f"blue\ntaken for red {sure[2]:.0%}"),
    ]


def test_a_sweeps_seeds_are_the_runs_of_these_seeds(clothes, tmp_path):
    settings = {"size": SIZE, "weights": "none", "lr": 0.01, "seed": 5, "batch_size": 8}
    result = sweep.run(clothes, {"inner": [4]}, tmp_path / "swept", 3, 3, tmp_path / "store", **settings)
    runs = [
        train.new(
            configs.Config(str(clothes), inner=4, epochs=3, **settings | {"seed": seed}),
            tmp_path / f"run{seed}",
            store=tmp_path / "store",
        )
        for seed in (5, 6, 7)
    ]
    best = [max(row["val_accuracy"] for row in run) for run in runs]
    (row,) = result["rows"]
    assert len({run[0]["loss"] for run in runs}) == 3
    assert row["best"] == pytest.approx(np.mean(best)) and row["sd"] == pytest.approx(np.std(best, ddof=1))
    firsts = [next(r["epoch"] for r in run if r["val_accuracy"] == top) for run, top in zip(runs, best, strict=True)]
    assert row["epoch"] == firsts and row["diverged"] == 0
    assert row["last"] == pytest.approx(np.mean([run[-1]["val_accuracy"] for run in runs]))
    assert row["train"] == pytest.approx(np.mean([run[-1]["accuracy"] for run in runs]))
    assert row["min_val_loss"] == pytest.approx(np.mean([min(r["val_loss"] for r in run) for run in runs]))


def test_a_value_that_diverges_is_named_and_never_best(clothes, tmp_path, command, refused):
    settings = ["--size", SIZE, "--weights", "none", "--seeds", 1, "--epochs", 2, "--cache", tmp_path / "store"]
    told = command("sweep", clothes, "--over", "lr", "--values", 0.01, 1e38, *settings, "--out", "swept")
    result = json.loads((tmp_path / "swept/sweep.json").read_text())
    assert [row["diverged"] for row in result["rows"]] == [0, 1] and result["rows"][1]["best"] is None
    assert "Only lr=0.01 has figures" in told.out and "Diverged: lr=1e+38." in told.out
    command("report", "swept", "--out", "R.md")
    assert "| 1e+38 | diverged | - | - | - | - |" in (tmp_path / "R.md").read_text()
    refused(["sweep", clothes, "--over", "lr", "--values", "1e38", *settings, "--out", "none"], "Every value of lr")
    assert {path.name for path in (tmp_path / "none").iterdir()} == {"plan.json", "runs"}


def test_a_net_that_answers_nan_has_no_figures(tmp_path, command):
    painted = {f"test/{name}/1.png": (k, 9, 9) for k, name in enumerate(colours.CLASSES)}
    root = colours.paint(tmp_path / "clothes", painted)
    good, bad = colours.save(tmp_path / "good.keras"), colours.save(tmp_path / "bad.keras", poison=True)
    for arguments in (
        ["evaluate", bad, root],
        ["evaluate", good, bad, root],
        ["predict", bad, root, "--json"],
        ["predict", good, root, "--json", "--scale", "3e38"],
        ["export", bad, "--to", "savedmodel"],
    ):
        told = command(*arguments, *(["--out", tmp_path / "out"] if arguments[0] != "predict" else []), code=2)
        assert "finite" in told.err.splitlines()[-1] and "diverged" in told.err.splitlines()[-1] and not told.out
        assert not (tmp_path / "out").exists()
    net, _, _ = card.load(bad, compiled=True)
    (finding, *_) = doctor.check(net)
    assert finding.name == "not finite" and finding.sentence.startswith("1 of the model's 2 arrays")
    assert doctor.check(card.load(good, compiled=True)[0]) == []


def test_the_doctor_sees_pictures_that_are_not_finite():
    runtime.load()
    x, y = np.zeros((4, 8, 8, 3), np.float32), np.eye(2, dtype=np.float32)[[0, 1, 0, 1]]
    x[:2] = np.linspace(-1, 1, 2 * 192).reshape(2, 8, 8, 3)
    for value in (np.nan, np.inf, -np.inf):
        spoilt = x.copy()
        spoilt[1, 3, 3, 0] = value
        (finding,) = (f for f in doctor.check(None, (spoilt, y)) if f.name == "not finite")
        assert finding.sentence.startswith("1 of the 4 training pictures")
    assert doctor.check(None, (x, y)) == []


def test_history_with_a_figure_that_is_not_finite_is_refused(trained, tmp_path):
    shutil.copy(trained / "history.csv", tmp_path)
    path = tmp_path / "history.csv"
    path.write_text("\n".join([*path.read_text().splitlines()[:-1], "6,nan,0.5,0.5,0.99"]))
    with pytest.raises(ValueError, match="not finite"):
        results.read_history(path)
