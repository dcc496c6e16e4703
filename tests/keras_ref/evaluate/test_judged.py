"""What is judged: never in silence what was learned from, whichever package trained and whichever judges."""

import json
import re
import shutil
import subprocess
import sys

import numpy as np
import pytest

from keras_ref import config as configs
from keras_ref import pictures, runtime, train
from keras_ref.model import card
from minicnn.app import cli as engine
from minicnn.data import Folder, fingerprints, split_field, wardrobe
from tests.keras_ref import colours
from tests.keras_ref.conftest import CHECKOUT, SIZE

EACH = 10  # pictures of a class, 10 classes: 20 of 100 are held out


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    """Return the path of drawn clothes in class folders alone."""
    return wardrobe.write_folder(tmp_path_factory.mktemp("alone") / "clothes", EACH, 0, size=16) / "train"


@pytest.fixture(scope="module")
def run(alone, tmp_path_factory, _small_base):
    """Return the folder of a run on them, with a seed that is not the default."""
    out = tmp_path_factory.mktemp("seeded") / "run"
    train.new(configs.Config(str(alone), size=SIZE, weights="none", epochs=1, seed=7), out)
    return out


def _held(root, seed):
    """Follow the rule by itself: of each class a fifth, drawn by [seed, label] from the names in order."""
    held = []
    for label, where in enumerate(sorted(p for p in root.iterdir() if p.is_dir())):
        names = sorted(p.name for p in where.iterdir())
        drawn = np.random.default_rng([seed, label]).permutation(len(names))[: max(1, round(len(names) / 5))]
        held += [where / names[i] for i in drawn]
    return sorted(held)


def test_the_split_is_the_rules_whatever_the_seed(run, alone):
    record = json.loads((run / "split.json").read_text())
    assert sorted(alone / name for name in record["validation"]) == _held(alone, 0)
    assert (record["rule"], record["seed"], record["left_out"]) == ("fifth", 0, [])
    assert len(record["train"]) == 80 and not set(record["train"]) & set(record["validation"])
    split = card.load(run / "final.keras")[1].split
    assert split["seed"] == 0 and split["rule"] == "fifth"
    assert split["learned"] == sorted(fingerprints([alone / name for name in record["train"]]))
    assert split["counts"]["train"] == dict.fromkeys(record["class_names"], 8)


def test_another_split_seed_is_a_setting_of_its_own(alone, tmp_path):
    found = pictures.read(alone, 3)
    assert sorted(found.splits["validation"].files) == _held(alone, 3) != _held(alone, 0)
    for seed in (1, 2):
        assert configs.Config("d", seed=seed).split_seed == 0


def _judge(command, *arguments, code=0):
    told = command("evaluate", *arguments, "--out", "out", code=code)
    count = re.search(r"of (\d+) (\w+) pictures right", told.out)
    shutil.rmtree("out", ignore_errors=True)
    notes = told.err.removesuffix("Its base holds unknown weights.\n")  # keras_ref's, of a drawn base
    return (int(count[1]), count[2], notes) if count else (None, None, notes)


def test_its_own_fifth_is_judged_and_of_another_only_what_is_new(run, alone, command, tmp_path):
    assert _judge(command, run / "final.keras", alone) == (20, "validation", "")
    elsewhere = shutil.copy(run / "final.keras", tmp_path / "model.keras")  # away from its run folder
    assert _judge(command, elsewhere, alone) == (20, "validation", "")
    both = set(_held(alone, 0)) & set(_held(alone, 3))
    assert 0 < len(both) < 20
    judged, _, told = _judge(command, elsewhere, alone, "--split-seed", "3")
    assert judged == len(both) and f"{20 - len(both)} of the 20 pictures of validation are left out" in told
    judged, _, told = _judge(command, elsewhere, alone, "--split", "all")
    assert judged == 100 and "The model learned from 80 of these 100 pictures" in told


def test_pictures_that_were_added_later_are_judged_and_learned_ones_never(run, alone, command, tmp_path):
    grown = shutil.copytree(alone, tmp_path / "grown")
    more = wardrobe.write_folder(tmp_path / "more", EACH, 0, seed=9, size=16) / "train"
    for path in more.glob("*/*.png"):
        shutil.copy(path, grown / path.parent.name / f"a{path.name}")
    learned = {path.read_bytes() for path in pictures.read(alone).splits["train"].files}
    new = [path for path in _held(grown, 0) if path.read_bytes() not in learned]
    judged, _, told = _judge(command, run / "final.keras", grown)
    assert judged == len(new) < 40 and f"{40 - len(new)} of the 40 pictures" in told


def test_a_model_without_a_list_is_refused_class_folders_alone(run, alone, command, tmp_path):
    bare = shutil.copy(run / "final.keras", tmp_path / "bare.keras")
    known = card.load(bare)[1]
    card.describe(bare, card.Card(known.class_names, known.recipe, known.output))
    assert "--split all" in _judge(command, bare, alone, code=2)[2]
    assert _judge(command, bare, alone, "--split", "all")[:2] == (100, "all")


def _coloured(tmp_path, split=None):
    root = colours.paint(
        tmp_path / "painted",
        {f"{name}/{k}.png": (9 * k, i, 200) for i, name in enumerate(colours.CLASSES) for k in range(EACH)},
    )
    return root, Folder(root, 5)


def test_either_package_on_the_others_model(tmp_path, command, capsys):
    """Both trained with a fifth that seed 5 drew; the file knows it, and what it learned from."""
    root, found = _coloured(tmp_path)
    kerass = colours.save(tmp_path / "keras.keras", split=split_field(found))
    assert _judge(command, kerass, root) == (6, "validation", "")
    assert engine.main(["evaluate", str(kerass), str(root)]) in (0, None)
    assert "on 6 pictures" in capsys.readouterr().out

    import minicnn

    net = minicnn.Sequential([minicnn.Input((8, 8, 3)), minicnn.Flatten(), minicnn.Dense(3)], seed=1)
    net.classifier = card.load(kerass)[1].value()
    net.save(tmp_path / "engine.keras")
    assert _judge(command, tmp_path / "engine.keras", root) == (6, "validation", "")
    judged, _, told = _judge(command, tmp_path / "engine.keras", root, "--split-seed", "0")
    both = set(_held(root, 5)) & set(_held(root, 0))
    assert judged == (len(both) or None) and (f"{6 - len(both)} of the 6 pictures" in told or not both)


def test_two_models_are_compared_on_what_neither_learned_from(tmp_path, command):
    root, found = _coloured(tmp_path)
    a = colours.save(tmp_path / "a.keras", split=split_field(found))
    b = colours.save(tmp_path / "b.keras", split=split_field(Folder(root, 0)))
    command("evaluate", a, b, root, "--out", "both")
    result = json.loads((tmp_path / "both/comparison.json").read_text())
    assert result["a"]["pictures"] == len(set(_held(root, 5)) & set(_held(root, 0)))


def test_one_sigmoid_unit_stands_for_two_classes(tmp_path, command):
    _, keras = runtime.load()
    net = keras.Sequential(
        [keras.Input((8, 8, 3)), keras.layers.GlobalAveragePooling2D(), keras.layers.Dense(1, activation="sigmoid")]
    )
    net.layers[-1].set_weights([np.array([[8.0], [0], [-8]], np.float32), np.zeros(1, np.float32)])
    described = card.Card(("cold", "warm"), pictures.Recipe(8, 8, "nearest", 1 / 255, 0.0), "probabilities")
    card.save(net, tmp_path / "m.keras", described)
    painted = {"test/cold/1.png": (0, 0, 250), "test/warm/1.png": (250, 0, 0), "test/warm/2.png": (0, 9, 250)}
    root = colours.paint(tmp_path / "two", painted)
    command("evaluate", tmp_path / "m.keras", root, "--out", "out")
    assert json.loads((tmp_path / "out/evaluation.json").read_text())["confusion"] == [[1, 0], [1, 1]]
    (row,) = json.loads(command("predict", tmp_path / "m.keras", root / "test/warm/1.png", "--json").out)
    assert row["class"] == "warm" and row["probability"] == pytest.approx(1 / (1 + np.exp(-8 * 250 / 255)), rel=1e-5)


def test_an_older_run_goes_on_with_its_own_pictures(alone, tmp_path, command):
    """Before there was a split seed the run's own seed drew the fifth; split.json has the names, and they count."""
    out = tmp_path / "old"
    config = configs.Config(str(alone), size=SIZE, weights="none", epochs=1, seed=4)
    train.new(config, out, store=tmp_path / "store")
    draw, record = np.random.default_rng([4, 5]), {"train": [], "validation": []}
    for where in sorted(p for p in alone.iterdir()):
        names = [f"{where.name}/{name}" for name in sorted(p.name for p in where.iterdir())]
        drawn = set(draw.permutation(len(names))[: round(len(names) * 0.2)].tolist())
        for i, name in enumerate(names):
            record["validation" if i in drawn else "train"].append(name)
    assert sorted(alone / name for name in record["validation"]) != _held(alone, 0)
    names = json.loads((out / "split.json").read_text())["class_names"]
    (out / "split.json").write_text(json.dumps({"class_names": names, "held_out": True, "left_out": [], **record}))
    settings = json.loads((out / "config.json").read_text())
    del settings["split_seed"]
    (out / "config.json").write_text(json.dumps(settings))

    known = card.load(out / "final.keras")[1]
    old = out / "older.keras"  # as such a run left it: without a list of what it learned from
    shutil.copy(out / "final.keras", old)
    card.describe(old, card.Card(known.class_names, known.recipe, known.output))
    unseen = set(_held(alone, 0)) & {alone / name for name in record["validation"]}
    judged, _, told = _judge(command, old, alone)
    assert judged == len(unseen) and f"{20 - len(unseen)} of the 20 pictures" in told

    (out / "state.npz").unlink()
    history = train.resume(out, 2, store=tmp_path / "store")
    split = card.load(out / "final.keras")[1].split
    assert len(history) == 2 and split["learned"] == sorted(fingerprints([alone / name for name in record["train"]]))
    assert split["seed"] is None
    assert json.loads((out / "split.json").read_text())["train"] == record["train"]
    (alone / record["train"][0]).rename(tmp_path / "taken.png")
    try:
        told = command("train", "--resume", out, "--epochs", 3, code=2).err
        assert "not those that the run" in told
    finally:
        (tmp_path / "taken.png").rename(alone / record["train"][0])


def test_predict_answers_what_it_can_read(tmp_path, command):
    root = colours.paint(tmp_path / "some", {f"{k}.png": (250, k, 0) for k in range(40)})
    whole = (root / "0.png").read_bytes()
    (root / "cut.png").write_bytes(whole[: len(whole) - 30])
    (root / "._0.png").write_bytes(b"macOS")
    (root / "empty.jpg").touch()
    (root / "notes.txt").write_text("no picture")
    told = command("predict", colours.save(tmp_path / "m.keras"), root, "--json", code=1)
    rows = json.loads(told.out)
    assert [row["picture"] for row in rows] == sorted(str(root / f"{k}.png") for k in range(40))
    assert {row["class"] for row in rows} == {"red"}
    assert "cut.png" in told.err and "1 empty (empty.jpg)" in told.err and "._0.png" in told.err
    assert command("predict", tmp_path / "m.keras", root / "0.png", root / "0.png").out.count("0.png") == 2


READS = """
import sys
from keras_ref import pictures, results
from keras_ref.model import card
from minicnn.data import load_image
from minicnn.files import read_card
found = pictures.read(sys.argv[1])
load_image(found.splits["train"].files[0], 9)
assert read_card(sys.argv[2])["split"]["learned"]
assert not {"numba", "h5py", "tensorflow", "keras", "llvmlite"} & set(sys.modules), sorted(sys.modules)
"""


def test_reading_loads_no_numba_no_h5py_and_no_tensorflow(run, alone):
    reading = [sys.executable, "-c", READS, str(alone), str(run / "final.keras")]
    done = subprocess.run(reading, cwd=CHECKOUT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
