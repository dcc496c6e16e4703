"""What evaluate and predict take for pictures, and that no picture that a model learned from is judged unsaid.

The oracle is its own: pixels by Pillow, the model's answer by NumPy, the split by the rule's own words.
"""

import json
import shutil

import numpy as np
import pytest
from PIL import Image

import minicnn
from minicnn import files
from minicnn.app import train as training
from minicnn.app.cli import main
from minicnn.data import fingerprints

SIZE = 6
NAMES = ("cat", "dog", "elk")


def draw(path, seed, size=(9, 11)):
    """Write a picture of noise."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(seed).integers(256, size=(*size, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(path)
    return path


def pets(root, each=5, names=NAMES, start=0):
    """Write class folders of noise, no two pictures alike."""
    for label, name in enumerate(names):
        for index in range(start, start + each):
            draw(root / name / f"{index:03d}.png", (label, index))
    return root


def linear(path, names=NAMES, activation="softmax", learned=None, **card):
    """Save a model without training; `learned` files are what its card says that it learned from."""
    units = 1 if len(names) == 2 else len(names)
    model = minicnn.Sequential(
        [minicnn.Input((SIZE, SIZE, 3)), minicnn.Flatten(), minicnn.Dense(units, activation=activation)], seed=3
    )
    split = None
    if learned is not None:
        split = {"rule": "fifth", "seed": 0, "counts": {}, "learned": sorted(fingerprints(learned))}
    output = "logits" if activation is None else "probabilities"
    settings = {"output": output, "scale": 1 / 255, "split": split} | card
    model.classifier = files.make_card(list(names), (SIZE, SIZE), **settings)
    model.save(path)
    return model


def run(capsys, *arguments, code=0):
    """Run a command; return what it prints on stdout and stderr."""
    capsys.readouterr()
    assert main(list(map(str, arguments))) == code
    return capsys.readouterr()


def answers(model, paths, resample, scale, offset, order="rgb", temperature=1.0):
    """Return what the linear model says to pictures, (N, classes), in float64."""
    x = np.stack([np.asarray(Image.open(path).resize((SIZE, SIZE), resample), np.float64) for path in paths])
    x = (x[..., ::-1] if order == "bgr" else x) * scale + offset
    kernel, bias = (array.astype(np.float64) for array in model.get_weights())
    z = (x.reshape(len(x), -1) @ kernel + bias) / temperature
    if z.shape[1] == 1:
        p = 1 / (1 + np.exp(-z))
        return np.hstack([1 - p, p])
    z = np.exp(z - z.max(1, keepdims=True))
    return z / z.sum(1, keepdims=True)


def held_out(root, names, seed):
    """Return the fifth that the rule holds out, as it is written: permute the sorted names of a class."""
    chosen = []
    for label, name in enumerate(names):
        inside = sorted(file.relative_to(root / name).as_posix() for file in (root / name).rglob("*.png"))
        order = np.random.default_rng([seed, label]).permutation(len(inside))
        chosen += [root / name / inside[i] for i in sorted(order[: max(1, round(len(inside) / 5))])]
    return chosen


# ---- an oracle of their own -----------------------------------------------------------------------------------------

CARDS = {
    "plain": (Image.Resampling.NEAREST, {"scale": 1 / 255}, "softmax"),
    "logits": (Image.Resampling.BICUBIC, {"scale": 1 / 127.5, "offset": -1.0, "resize": "bicubic"}, None),
    "warm": (Image.Resampling.BOX, {"scale": 0.01, "resize": "box", "temperature": 2.5}, None),
    "warm_answers": (Image.Resampling.LANCZOS, {"scale": 0.01, "resize": "lanczos", "temperature": 0.4}, "softmax"),
    "channels": (
        Image.Resampling.BILINEAR,
        {"scale": [0.01, 0.02, 0.005], "offset": [-1.0, 0.5, 0.0], "order": "bgr", "resize": "bilinear"},
        "softmax",
    ),
}


@pytest.mark.parametrize("kind", CARDS)
@pytest.mark.parametrize("names", [NAMES, ("cat", "dog")], ids=["three", "two"])
def test_predict_and_evaluate_do_what_the_card_says(tmp_path, capsys, kind, names):
    resample, card, activation = CARDS[kind]
    if len(names) == 2 and activation == "softmax":
        activation = "sigmoid"
    model = linear(tmp_path / "m.keras", names, activation, learned=[], **card)
    root = pets(tmp_path / "pets" / "test", names=names)
    pictures = sorted(root.rglob("*.png"))
    how = {"offset": 0.0, "order": "rgb", "temperature": 1.0} | card
    want = answers(model, pictures, resample, *(np.array(how[key]) for key in ("scale", "offset")), how["order"],
                   how["temperature"])  # fmt: skip
    told = json.loads(run(capsys, "predict", tmp_path / "m.keras", root, "--json").out)
    got = [[row["probabilities"][name] for name in names] for row in told]
    np.testing.assert_allclose(got, want, rtol=2e-4, atol=2e-5)
    assert [row["class"] for row in told] == [names[k] for k in want.argmax(1)]
    right = sum(names[k] == path.parent.name for k, path in zip(want.argmax(1), pictures, strict=True))
    out = run(capsys, "evaluate", tmp_path / "m.keras", tmp_path / "pets").out
    assert out.startswith(f"test: accuracy {right / len(pictures):.3f} on {len(pictures)} pictures (95% interval ")
    for name, line in zip(names, out.splitlines()[3:], strict=True):  # true classes down, predicted ones across
        rows = [k for k, path in zip(want.argmax(1), pictures, strict=True) if path.parent.name == name]
        counts = [int(cell) if cell != "." else 0 for cell in line.split()[1:-1]]
        assert counts == np.bincount(rows, minlength=len(names)).tolist()
        assert line.split()[-1] == f"{counts[names.index(name)] / len(rows):.0%}"


def test_one_sigmoid_is_the_probability_of_the_second_class(tmp_path, capsys):
    model = linear(tmp_path / "m.keras", ("cat", "dog"), "sigmoid")
    model.layers[-1].set_weights([np.zeros((SIZE * SIZE * 3, 1), np.float32), np.array([2.0], np.float32)])
    model.save(tmp_path / "m.keras")
    (row,) = json.loads(run(capsys, "predict", tmp_path / "m.keras", draw(tmp_path / "a.png", 0), "--json").out)
    assert row["class"] == "dog" and row["probabilities"]["dog"] == pytest.approx(0.880797, abs=1e-6)
    assert "dog 0.881, cat 0.119" in run(capsys, "predict", tmp_path / "m.keras", tmp_path / "a.png").out


def test_probabilities_without_a_temperature_are_the_models_answers_to_the_bit(tmp_path, capsys):
    for names in (NAMES, ("cat", "dog")):
        model = linear(tmp_path / "m.keras", names, "softmax" if len(names) == 3 else "sigmoid")
        picture = draw(tmp_path / "a.png", 0, (SIZE, SIZE))
        (row,) = json.loads(run(capsys, "predict", tmp_path / "m.keras", picture, "--json").out)
        (want,) = model.predict(np.asarray(Image.open(picture), np.float32)[None] * np.float32(1 / 255))
        want = want if len(names) == 3 else [1 - want[0], want[0]]
        assert list(row["probabilities"].values()) == [float(p) for p in want]


def test_top_names_the_best_first(tmp_path, capsys):
    model = linear(tmp_path / "m.keras")
    model.layers[-1].set_weights([np.zeros((SIZE * SIZE * 3, 3), np.float32), np.array([0, 2, 1], np.float32)])
    model.save(tmp_path / "m.keras")
    picture = draw(tmp_path / "a.png", 0)
    line = run(capsys, "predict", tmp_path / "m.keras", picture, "--top", 2).out
    assert line == f"{picture}: dog 0.665, elk 0.245\n"


def test_below_the_threshold_it_is_none_of_these(tmp_path, capsys):
    root, names = pets(tmp_path / "pets"), ("cat", "dog", "elk")
    for least, answer, answered in ((0.67, "none of these", 0), (0.66, "dog", 3)):
        model = linear(tmp_path / "m.keras", names, threshold=least)
        model.layers[-1].set_weights([np.zeros((SIZE * SIZE * 3, 3), np.float32), np.array([0, 2, 1], np.float32)])
        model.save(tmp_path / "m.keras")
        picture = draw(tmp_path / "a.png", 0)
        line = run(capsys, "predict", tmp_path / "m.keras", picture, "--top", 1).out
        assert line == f"{picture}: " + ("none of these (dog 0.665)\n" if answer != "dog" else "dog 0.665\n")
        (row,) = json.loads(run(capsys, "predict", tmp_path / "m.keras", picture, "--json").out)
        assert row["class"] == answer and row["probabilities"]["dog"] == pytest.approx(0.66524, abs=1e-5)
        told = run(capsys, "evaluate", tmp_path / "m.keras", root, "--split", "all").err
        assert f"{answered and 15} of 15 answered, {answered and 5} of them right" in told


def test_what_cannot_be_done_is_said_and_not_ignored(tmp_path, capsys):
    linear(tmp_path / "m.keras", resize="tf-area")
    picture = draw(tmp_path / "a.png", 0)
    for more in (["predict"], ["explain", "-o", tmp_path / "p.html"]):
        said = run(capsys, more[0], tmp_path / "m.keras", picture, *more[1:], code=2).err
        assert "asks for 'resize' \"tf-area\", which can't be done here" in said


def test_labels_beside_the_file_name_the_classes(tmp_path, capsys):
    linear(tmp_path / "m.keras")
    model = minicnn.load_model(tmp_path / "m.keras")
    model.classifier = None
    model.save(tmp_path / "m.keras")
    (tmp_path / "labels.txt").write_text("0 Äpfel\n1 pears\n2 plums\n", encoding="utf-8")
    told = run(capsys, "predict", tmp_path / "m.keras", draw(tmp_path / "a.png", 0))
    assert "Äpfel" in told.out and "classes are numbered" not in told.err and '"scale"' not in told.err
    assert "a guess is resize" in told.err and "scale 1.0" in told.err
    told = run(capsys, "predict", tmp_path / "m.keras", tmp_path / "a.png", "--classes", "x,y,z")
    assert "Äpfel" not in told.out and "x " in told.out


# ---- pictures that the model learned from ---------------------------------------------------------------------------


def train(folder, out, *more):
    settings = ["--arch", "homework", "--size", "12", "--epochs", "1", "--out", out, *more]
    assert main(["train", str(folder), *map(str, settings)]) == 0
    return out / "model.keras"


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """Return a folder of two classes without validation/, and the model that learned from four fifths of it."""
    root = pets(tmp_path_factory.mktemp("data") / "pets", 10, ("cat", "dog"))
    return root, train(root, tmp_path_factory.mktemp("runs") / "run", "--seed", 5, "--split-seed", 2)


def test_what_is_held_out_depends_on_the_split_seed_alone(trained, tmp_path, capsys):
    root, model = trained
    want = {file.relative_to(root).as_posix() for file in held_out(root, ("cat", "dog"), 2)}
    assert set(json.loads((model.parent / "split.json").read_text())["splits"]["validation"]) == want
    field = minicnn.load_model(model).classifier["split"]
    assert field["rule"] == "fifth" and field["seed"] == 2 and field["counts"]["train"] == {"cat": 8, "dog": 8}
    learned = [file for file in root.rglob("*.png") if file.relative_to(root).as_posix() not in want]
    assert field["learned"] == sorted(fingerprints(learned)) and len(learned) == 16
    record = json.loads((train(root, tmp_path / "other", "--seed", 6).parent / "split.json").read_text())
    default = {file.relative_to(root).as_posix() for file in held_out(root, ("cat", "dog"), 0)}
    assert set(record["splits"]["validation"]) == default and record["seed"] == 0


@pytest.mark.parametrize("where", ["run", "copied"])
def test_a_model_is_judged_on_what_it_did_not_learn_from(trained, tmp_path, capsys, where):
    root, model = trained
    if where == "copied":
        model = shutil.copy(model, tmp_path / "elsewhere.keras")
    told = run(capsys, "evaluate", model, root)
    assert "validation: accuracy" in told.out and "on 4 pictures" in told.out and "left out" not in told.err
    table = [line.split() for line in told.out.splitlines()[3:]]
    assert [sum(int(cell) for cell in row[1:-1] if cell != ".") for row in table] == [2, 2]


def test_pictures_added_later_do_not_bring_back_what_was_learned(trained, tmp_path, capsys):
    root, model = trained
    more = pets(shutil.copytree(root, tmp_path / "more"), 5, ("cat", "dog"), start=100)
    chosen = held_out(more, ("cat", "dog"), 2)
    learned = set(minicnn.load_model(model).classifier["split"]["learned"])
    again = [file for file in chosen if fingerprints([file])[0] in learned]
    assert 0 < len(again) < len(chosen)
    told = run(capsys, "evaluate", model, more)
    assert f"{len(again)} of the {len(chosen)} pictures of validation are left out: the model learned" in told.err
    assert f"on {len(chosen) - len(again)} pictures" in told.out


def test_another_split_seed_leaves_out_what_was_learned(trained, capsys):
    root, model = trained
    chosen = held_out(root, ("cat", "dog"), 7)
    unseen = {file.name + file.parent.name for file in held_out(root, ("cat", "dog"), 2)}
    left = [file for file in chosen if file.name + file.parent.name in unseen]
    told = run(capsys, "evaluate", model, root, "--split-seed", 7, code=0 if left else 2)
    assert f"{len(chosen) - len(left)} of the {len(chosen)} pictures" in told.err


def test_renamed_pictures_are_known_by_their_content(trained, tmp_path, capsys):
    root, model = trained
    test = tmp_path / "other" / "test"
    for file in root.rglob("*.png"):
        (test / file.parent.name).mkdir(parents=True, exist_ok=True)
        shutil.copy(file, test / file.parent.name / f"x{file.name}")
    told = run(capsys, "evaluate", model, tmp_path / "other")
    assert "16 of the 20 pictures of test are left out" in told.err and "test: accuracy" in told.out
    assert "on 4 pictures" in told.out
    for split, count in (("all", 20), ("test", 4)):
        assert f"on {count} pictures" in run(capsys, "evaluate", model, tmp_path / "other", "--split", split).out


def test_train_and_all_are_judged_whole_with_a_word(trained, capsys):
    root, model = trained
    told = run(capsys, "evaluate", model, root, "--split", "all")
    assert "all: accuracy" in told.out and "on 20 pictures" in told.out
    assert "the model learned from 16 of these 20 pictures" in told.err
    told = run(capsys, "evaluate", model, root, "--split", "train")
    assert "on 16 pictures" in told.out and "learned from 16 of these 16 pictures" in told.err


def test_only_learned_pictures_are_no_judge(trained, tmp_path, capsys):
    root, model = trained
    names = json.loads((model.parent / "split.json").read_text())["splits"]["train"]
    for name in names:
        (tmp_path / "again" / "validation" / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(root / name, tmp_path / "again" / "validation" / name)
    told = run(capsys, "evaluate", model, tmp_path / "again", code=2).err
    assert "learned from all 16 pictures of validation" in told and "--split all" in told


def test_a_model_without_a_list(tmp_path, capsys):
    linear(tmp_path / "m.keras")
    root = pets(tmp_path / "pets")
    for split in ([], ["--split", "validation"]):
        told = run(capsys, "evaluate", tmp_path / "m.keras", root, *split, code=2).err
        assert "does not tell what it learned from" in told and "--split all judges it on all 15" in told
    told = run(capsys, "evaluate", tmp_path / "m.keras", root, "--split", "all")
    assert "on 15 pictures" in told.out and "does not tell what it learned from" in told.err
    (tmp_path / "set").mkdir()
    shutil.copytree(root, tmp_path / "set" / "train")
    assert "--split all" in run(capsys, "evaluate", tmp_path / "m.keras", tmp_path / "set", code=2).err
    shutil.copytree(pets(tmp_path / "more", 2, start=50), tmp_path / "set" / "validation")
    told = run(capsys, "evaluate", tmp_path / "m.keras", tmp_path / "set")
    assert "validation: accuracy" in told.out and "on 6 pictures" in told.out and "taken as unseen" in told.err


def test_a_run_of_an_older_version_has_its_list_beside_it(tmp_path, capsys):
    root = pets(tmp_path / "pets", 10)
    held = {file.relative_to(root).as_posix() for file in held_out(root, NAMES, 4)}
    names = sorted(file.relative_to(root).as_posix() for file in root.rglob("*.png"))
    linear(tmp_path / "run.keras")
    (tmp_path / "run").mkdir()
    shutil.move(tmp_path / "run.keras", tmp_path / "run" / "model.keras")
    splits = {"train": [name for name in names if name not in held], "validation": sorted(held)}
    record = {"folder": str(root), "seed": 4, "drawn": True, "class_names": list(NAMES), "splits": splits}
    (tmp_path / "run" / "split.json").write_text(json.dumps(record))
    told = run(capsys, "evaluate", tmp_path / "run" / "model.keras", root)
    assert "validation: accuracy" in told.out and "on 6 pictures" in told.out and "left out" not in told.err
    told = run(capsys, "evaluate", tmp_path / "run" / "model.keras", root, "--split", "all")
    assert "learned from 24 of these 30" in told.err


# ---- folders that a person has --------------------------------------------------------------------------------------


def test_predict_answers_what_it_can_read(tmp_path, capsys):
    linear(tmp_path / "m.keras")
    box = tmp_path / "box"
    good = [draw(box / "in" / "deep" / "a.png", 1), draw(box / "b.PPM", 2), draw(box / "c.jfif.png", 3)]
    shutil.copy(good[0], box / "d.JFIF")  # Pillow looks at the content
    broken = box / "e.jpg"
    broken.write_bytes(b"no picture")
    for name in (".hidden.png", "._b.jpg", "__MACOSX/x.png", "empty.png", "x.heic", "notes.txt", ".git/y.png"):
        (box / name).parent.mkdir(exist_ok=True)
        (box / name).write_bytes(b"" if name == "empty.png" else b"x")
    told = run(capsys, "predict", tmp_path / "m.keras", box, tmp_path / "gone.jpg", code=1)
    answered = [line.split(": ")[0] for line in told.out.splitlines()]
    assert answered == sorted(map(str, [*good, box / "d.JFIF"]))
    notes = told.err.splitlines()
    left = f"note: left out: 3 hidden ({box}/._b.jpg, {box}/.git, {box}/.hidden.png); 1 of macOS's archiver " \
           f"({box}/__MACOSX); 1 empty ({box}/empty.png); 1 of a kind of picture that is not read here " \
           f"({box}/x.heic); 1 other ({box}/notes.txt)."  # fmt: skip
    assert left in notes
    assert any(line.startswith(f"minicnn: Cannot read the picture {broken}: ") for line in notes)
    assert any(line.startswith("minicnn: ") and "gone.jpg: there is no such file" in line for line in notes)
    told = json.loads(run(capsys, "predict", tmp_path / "m.keras", box, "--json", code=1).out)
    assert [row["picture"] for row in told] == answered
    (tmp_path / "none").mkdir()
    (tmp_path / "none" / "x.heic").write_bytes(b"x")
    told = run(capsys, "predict", tmp_path / "m.keras", tmp_path / "none", code=2).err
    assert "this folder holds no pictures. Left out: 1 of a kind of picture" in told


def test_corrupt_pictures_stop_evaluate_unless_told(tmp_path, capsys):
    linear(tmp_path / "m.keras", learned=[])
    root = pets(tmp_path / "pets" / "test")
    (root / "cat" / "bad.jpg").write_bytes(b"no picture")
    assert "bad.jpg" in run(capsys, "evaluate", tmp_path / "m.keras", tmp_path / "pets", code=2).err
    told = run(capsys, "evaluate", tmp_path / "m.keras", tmp_path / "pets", "--skip-corrupt")
    assert "on 15 pictures" in told.out and "1 skipped as no pictures" in told.err


def test_corrupt_pictures_stop_train_unless_told(tmp_path, capsys):
    root = pets(tmp_path / "pets", 5, ("cat", "dog"))
    (root / "cat" / ".DS_Store").write_bytes(b"x")
    (root / "cat" / "bad.jpg").write_bytes(b"no picture")
    arguments = ["train", root, "--arch", "homework", "--size", 12, "--epochs", 1]
    assert "bad.jpg" in run(capsys, *arguments, "--out", tmp_path / "a", code=2).err
    told = run(capsys, *arguments, "--out", tmp_path / "b", "--skip-corrupt")
    assert "left out: 1 hidden (cat/.DS_Store)." in told.out and "1 skipped as no pictures" in told.out
    splits = json.loads((tmp_path / "b" / "split.json").read_text())["splits"]
    used = sorted(splits["train"] + splits["validation"])
    assert used == sorted(file.relative_to(root).as_posix() for file in root.rglob("*.png"))
    field = minicnn.load_model(tmp_path / "b" / "model.keras").classifier["split"]
    assert field["learned"] == sorted(fingerprints([root / name for name in splits["train"]]))
    assert sum(field["counts"]["train"].values()) == len(splits["train"])


def test_classes_in_another_order_and_other_classes(tmp_path, capsys):
    model = linear(tmp_path / "m.keras", ("elk", "cat", "dog"), learned=[])
    root = pets(tmp_path / "pets" / "test")
    pictures = sorted(root.rglob("*.png"))
    found = answers(model, pictures, Image.Resampling.NEAREST, 1 / 255, 0.0).argmax(1)
    right = sum(("elk", "cat", "dog")[k] == path.parent.name for k, path in zip(found, pictures, strict=True))
    out = run(capsys, "evaluate", tmp_path / "m.keras", tmp_path / "pets").out
    assert out.startswith(f"test: accuracy {right / 15:.3f} on 15")
    (root / "elk").rename(root / "emu")
    told = run(capsys, "evaluate", tmp_path / "m.keras", tmp_path / "pets", code=2).err
    assert (
        "must hold the model's classes elk, cat, dog (--classes names them otherwise). Received: cat, dog, emu." in told
    )


# ---- training that went astray --------------------------------------------------------------------------------------


def test_a_training_that_diverges_ends_in_a_sentence(tmp_path, capsys):
    root = pets(tmp_path / "pets", 5, ("cat", "dog"))
    arguments = ["train", root, "--arch", "homework", "--size", 12, "--epochs", 4, "--out", tmp_path / "run"]
    told = run(capsys, *arguments, "--lr", 1e30, code=2)
    assert "Training diverged" in told.err and "the model is in" not in told.out
    assert not (tmp_path / "run" / "model.keras").exists() and "there is no model" in told.err


def test_the_last_finite_model_is_kept(tmp_path, capsys, monkeypatch):
    class Spike(minicnn.Callback):
        def __init__(self, path):
            """Take the history's place."""

        def on_epoch_end(self, epoch, logs):
            self.model.optimizer.learning_rate = 1e30

    monkeypatch.setattr(training, "CSVLogger", Spike)
    root = pets(tmp_path / "pets", 5, ("cat", "dog"))
    arguments = ["train", root, "--arch", "homework", "--size", 12, "--epochs", 4, "--out", tmp_path / "r"]
    told = run(capsys, *arguments, code=2)
    assert told.err.strip().endswith(f"; the last epoch before is in {tmp_path / 'r' / 'model.keras'}.")
    assert all(np.isfinite(array).all() for array in minicnn.load_model(tmp_path / "r" / "model.keras").get_weights())


@pytest.mark.parametrize("kind", ["weights", "answers"])
def test_a_model_of_nan_is_no_result(tmp_path, capsys, kind):
    model = linear(tmp_path / "m.keras", activation=None, learned=[])
    value = np.nan if kind == "weights" else 3e38
    model.layers[-1].set_weights([np.full((SIZE * SIZE * 3, 3), value, np.float32), np.zeros(3, np.float32)])
    model.save(tmp_path / "m.keras")
    root = pets(tmp_path / "pets" / "test")
    picture = next(root.rglob("*.png"))
    for arguments in (["predict", picture], ["predict", picture, "--json"], ["evaluate", tmp_path / "pets"],
                      ["explain", picture, "-o", tmp_path / "p.html"]):  # fmt: skip
        told = run(capsys, arguments[0], tmp_path / "m.keras", *arguments[1:], code=2)
        words = "weights must be finite" if kind == "weights" and arguments[0] != "explain" else "finite"
        assert told.out == "" and words in told.err.strip().splitlines()[-1], arguments
    assert not (tmp_path / "p.html").exists()


def test_evaluate_turns_the_channels_as_the_card_says(tmp_path, capsys):
    """Red and blue pictures, and a model that tells them apart: with the channels turned it is wrong on each."""
    model = linear(tmp_path / "m.keras", ("blue", "green", "red"), learned=[], order="bgr")
    kernel = np.zeros((SIZE * SIZE, 3, 3), np.float32)
    for k in range(3):
        kernel[:, k, k] = 1  # the first channel of bgr is blue
    model.layers[-1].set_weights([kernel.reshape(-1, 3), np.zeros(3, np.float32)])
    model.save(tmp_path / "m.keras")
    for k, name in enumerate(("red", "green", "blue")):
        folder = tmp_path / "pets" / "test" / name
        folder.mkdir(parents=True)
        for i in range(3):
            pixels = np.full((SIZE, SIZE, 3), 20 * i, np.uint8)
            pixels[..., k] = 200
            Image.fromarray(pixels).save(folder / f"{i}.png")
    assert run(capsys, "evaluate", tmp_path / "m.keras", tmp_path / "pets").out.startswith("test: accuracy 1.000 on 9")


@pytest.mark.parametrize(
    "arguments, words",
    [
        (["train", "pets", "--split-seed", -1], "`split_seed` must be"),
        (["evaluate", "m.keras", "pets", "--split-seed", -1], "`split_seed` must be"),
        (["train", "pets", "--lr", "nan", "--out", "run"], "learning_rate"),
        (["train", "pets", "--inner", 0], "give --base FILE too"),
        (["predict", "m.keras", "pets", "--top", 0], "--top must be at least 1. Received: 0"),
        (["export", "broken.keras", "broken.h5"], "broken.keras holds weights that are not finite"),
    ],
)
def test_what_cannot_be_right_is_a_sentence_and_leaves_nothing(tmp_path, capsys, monkeypatch, arguments, words):
    monkeypatch.chdir(tmp_path)
    model = linear(tmp_path / "m.keras", learned=[])
    pets(tmp_path / "pets" / "test")
    pets(tmp_path / "pets" / "train")
    model.layers[-1].set_weights([np.full((SIZE * SIZE * 3, 3), np.nan, np.float32), np.zeros(3, np.float32)])
    model.save(tmp_path / "broken.keras")
    before = sorted(path.name for path in tmp_path.iterdir())
    told = run(capsys, *arguments, code=2)
    assert words in told.err and told.err.count("\n") == 1 and told.out == ""
    assert sorted(path.name for path in tmp_path.iterdir()) == before
