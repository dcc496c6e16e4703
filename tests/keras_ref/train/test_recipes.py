"""A recipe: its phases go on from each other, and a stopped one goes on where it stopped."""

import json

import numpy as np
import pytest

from keras_ref import config as configs
from keras_ref import pictures, predict, results, runs, train
from keras_ref.model import card
from keras_ref.train import recipes
from keras_ref.train import run as one_run
from tests.keras_ref.conftest import SIZE

SMALL = ("--size", SIZE, "--weights", "none", "--epochs", 2, "--batch-size", 8, "--recipe", "strong")


@pytest.fixture(scope="module")
def done(clothes, tmp_path_factory, _small_base):
    """Return the folder of a finished recipe."""
    out = tmp_path_factory.mktemp("recipe") / "run"
    settings = {"size": SIZE, "weights": "none", "epochs": 2, "batch_size": 8, "unfreeze": 3}
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(configs.RECIPES, "strong", _phases())
        recipes.follow(
            "strong", clothes, out, out.parent / "store", **{k: v for k, v in settings.items() if k != "unfreeze"}
        )
    return out


def _phases():
    """List the recipe's phases, but for layers that the small base lacks, and the rate that shows in two epochs."""
    head, block = configs.RECIPES["strong"]
    return head, block._replace(settings=block.settings | {"unfreeze": 3, "lr": 1e-3})


def test_every_recipe_is_made_of_settings_that_can_be_used():
    for phases in configs.RECIPES.values():
        for phase in phases:
            configs.Config("d", **phase.settings)
        assert len({phase.name for phase in phases}) == len(phases)


def test_the_second_phase_goes_on_from_the_best_of_the_first(done):
    head, block = (configs.read(done / name / "config.json") for name in ("head", "block14"))
    assert block.start == str(done / "head" / "best.keras") == str(runs.model_file(done / "head"))
    assert (block.size, block.inner, block.dropout) == (head.size, 100, 0.2)
    assert (head.augment, head.label_smoothing, head.schedule, block.maps, block.unfreeze) == (
        "mirror", 0.1, "cosine", "float16", 3,
    )  # fmt: skip
    started = card.load_net(done / "head" / "best.keras").get_weights()
    ended = card.load_net(done / "block14" / "final.keras").get_weights()
    moved = [bool((a != b).any()) for a, b in zip(started, ended, strict=True)]
    assert sum(moved) == 2 + 4  # the last separable convolution, the head's two layers


def test_the_best_of_all_phases_is_chosen_on_validation(done):
    rows = {name: results.read_history(done / name / "history.csv") for name in ("head", "block14")}
    best = max(rows, key=lambda name: max(row["val_accuracy"] for row in rows[name]))
    assert (done / "best.keras").read_bytes() == (done / best / "best.keras").read_bytes()


def test_a_stopped_recipe_goes_on(clothes, tmp_path, command, monkeypatch, done):
    monkeypatch.setitem(configs.RECIPES, "strong", _phases())
    one, seen = train.one_epoch, []

    def stop(*arguments, **more):
        seen.append(arguments[3])
        if len(seen) == 4:
            raise KeyboardInterrupt
        return one(*arguments, **more)

    out = tmp_path / "run"
    with monkeypatch.context() as patch:
        patch.setattr(one_run, "one_epoch", stop)
        told = command("train", clothes, *SMALL, "--out", out, code=130).err
    assert f"train --resume {out}" in told and seen == [1, 2, 1, 2]
    monkeypatch.setattr(
        one_run, "one_epoch", lambda *arguments, **more: seen.append("again") or one(*arguments, **more)
    )
    command("train", "--resume", out)
    assert seen[4:] == ["again"]
    for name in ("head", "block14"):
        assert (out / name / "history.csv").read_text() == (done / name / "history.csv").read_text()


def test_flags_win_over_the_recipe(clothes, tmp_path, command, monkeypatch):
    monkeypatch.setitem(configs.RECIPES, "strong", _phases()[:1])
    command("train", clothes, *SMALL, "--inner", 4, "--seed", 5, "--out", tmp_path / "run")
    config = configs.read(tmp_path / "run" / "head" / "config.json")
    assert (config.inner, config.seed, config.dropout) == (4, 5, 0.2)
    assert json.loads((tmp_path / "run" / "recipe.json").read_text())["recipe"] == "strong"


def test_resume_of_a_recipe_takes_no_settings(done, refused):
    refused(["train", "--resume", done, "--epochs", 9], "recipe.json", "--epochs")
    refused(["train", "elsewhere", "--resume", done], "recipe.json", "DATA")


@pytest.mark.parametrize(
    "given", [("--from", "model.keras"), ("--unfreeze", 3), ("--maps", "float32")], ids=lambda given: given[0]
)
def test_what_tells_the_phases_apart_is_the_recipes_own(clothes, tmp_path, refused, given):
    name = {"--from": "start"}.get(given[0], given[0][2:])
    refused(["train", clothes, *SMALL, *given, "--out", tmp_path / "run"], f"sets {name} itself")
    assert not (tmp_path / "run").exists()


def test_answers_are_averaged_over_the_mirror_image(trained, clothes, tmp_path, command):
    net, described, _ = card.load(trained / "best.keras")
    path = clothes / "test" / "red" / "1.jpg"
    x = described.recipe.prepare()(predict.read(described, str(path))[None]).numpy()
    want = (np.asarray(net(x)) + np.asarray(net(x[:, :, ::-1]))) / 2
    (row,) = json.loads(command("predict", trained / "best.keras", path, "--mirror", "--json", "--logits").out)
    np.testing.assert_allclose(list(row["logits"].values()), want[0], rtol=1e-5, atol=1e-6)
    (plain,) = json.loads(command("predict", trained / "best.keras", path, "--json", "--logits").out)
    assert plain["logits"] != row["logits"]
    split = pictures.read(clothes).splits["test"]
    right = 0
    for file, label in zip(split.files, split.labels, strict=True):
        x = described.recipe.prepare()(predict.read(described, str(file))[None]).numpy()
        right += int(((np.asarray(net(x)) + np.asarray(net(x[:, :, ::-1]))) / 2).argmax() == label)
    command("evaluate", trained / "best.keras", clothes, "--mirror", "--out", tmp_path / "e")
    assert json.loads((tmp_path / "e" / "evaluation.json").read_text())["right"] == right
