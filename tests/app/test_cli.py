"""The command line as its users meet it: what it prints, what it leaves, and one sentence for what is wrong."""

import json
import os
import re
import shutil
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

import minicnn
from minicnn.app.cli import main
from minicnn.app.evaluate import Judgement, evaluate
from minicnn.data import wardrobe
from tests.processes import PATIENCE


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Return a small wardrobe: train and validation."""
    return wardrobe.write_folder(tmp_path_factory.mktemp("pictures") / "clothes", train=4, validation=2, size=32)


@pytest.fixture(scope="module")
def run(folder, tmp_path_factory):
    """Return what `minicnn train` leaves."""
    out = tmp_path_factory.mktemp("runs") / "run"
    assert main(["train", str(folder), "--size", "32", "--epochs", "2", "--out", str(out)]) == 0
    return out


def failing(capsys, *arguments):
    """Run a command that must fail, and return its one sentence."""
    capsys.readouterr()
    assert main(list(map(str, arguments))) == 2
    sentence = capsys.readouterr().err.strip().splitlines()[-1]
    assert sentence.startswith("minicnn: ")
    return sentence


def test_train_leaves_a_model_a_history_and_the_split(run):
    assert {path.name for path in run.iterdir()} == {"model.keras", "history.csv", "split.json"}
    assert len((run / "history.csv").read_text().splitlines()) == 3
    model = minicnn.load_model(run / "model.keras")
    assert model.classifier["class_names"] == list(wardrobe.CLASS_NAMES) and model.classifier["size"] == [32, 32]


@pytest.fixture
def unnamed(folder, tmp_path):
    """Give a copy of the wardrobe in which one picture's name is no text."""
    copy = shutil.copytree(folder, tmp_path / "clothes")
    path = copy / "train" / "hat" / os.fsdecode(b"\xff.png")
    try:
        shutil.copy(copy / "train" / "hat" / "0000.png", path)
    except OSError:
        pytest.skip("this file system has no such names")
    return copy, path


def test_a_name_that_is_no_text_is_printed_and_written(run, unnamed, tmp_path, capsys):
    copy, path = unnamed
    capsys.readouterr()
    assert main(["predict", str(run / "model.keras"), str(path.parent)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 5 and any(r"hat/\udcff.png: " in line for line in lines)
    assert main(["predict", str(run / "model.keras"), str(path), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)[0]["picture"] == str(path)
    assert main(["train", str(copy), "--size", "32", "--epochs", "1", "--out", str(tmp_path / "run")]) == 0
    split = json.loads((tmp_path / "run" / "split.json").read_text())["splits"]
    assert f"train/hat/{path.name}" in split["train"]


def test_predict_needs_no_flags(run, folder, capsys):
    picture = folder / "validation" / "hat" / "0000.png"
    capsys.readouterr()
    assert main(["predict", str(run / "model.keras"), str(picture), "--json"]) == 0
    (answer,) = json.loads(capsys.readouterr().out)
    x = np.asarray(Image.open(picture), "float32")[None]
    want = minicnn.load_model(run / "model.keras").predict(x)[0]
    np.testing.assert_allclose(list(answer["probabilities"].values()), want, rtol=1e-6)
    assert answer["class"] == wardrobe.CLASS_NAMES[want.argmax()]
    assert main(["predict", str(run / "model.keras"), str(folder / "validation"), "--top", "1"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 20 and all(line.count(",") == 0 for line in lines)


def test_evaluate_counts_every_picture(run, folder, capsys):
    assert main(["evaluate", str(run / "model.keras"), str(folder)]) == 0
    out = capsys.readouterr().out
    model = minicnn.load_model(run / "model.keras")
    judgement, _ = evaluate(model, folder)
    assert judgement.confusion.sum() == 20 and (judgement.confusion.sum(1) == 2).all()
    assert out.startswith(f"validation: accuracy {judgement.accuracy:.3f} on 20 pictures")


def test_summary_prints_the_table(run, capsys):
    assert main(["summary", str(run / "model.keras")]) == 0
    assert "max_pooling2d_1" in capsys.readouterr().out


def test_a_file_without_classifier_json_says_what_it_assumed(tmp_path, folder, capsys):
    model = minicnn.Sequential([minicnn.Input((8, 8, 3)), minicnn.Flatten(), minicnn.Dense(2)], seed=1)
    model.save(tmp_path / "m.keras")
    picture = str(folder / "validation" / "hat" / "0000.png")
    assert main(["predict", str(tmp_path / "m.keras"), picture]) == 0
    captured = capsys.readouterr()
    assert "no classifier.json" in captured.err and "logits" in captured.err and "class 1" in captured.out
    assert main(["predict", str(tmp_path / "m.keras"), picture, "--classes", "yes,no", "--scale", "0.01"]) == 0
    assert "yes" in capsys.readouterr().out


def test_one_sigmoid_means_two_classes(tmp_path, capsys):
    rng = np.random.default_rng(0)
    for name in ("cat", "dog"):
        (tmp_path / "pets" / name).mkdir(parents=True)
        for index in range(6):
            Image.fromarray(rng.integers(256, size=(20, 20, 3), dtype=np.uint8)).save(
                tmp_path / "pets" / name / f"{index}.png"
            )
    out = tmp_path / "run"
    assert (
        main(
            ["train", str(tmp_path / "pets"), "--arch", "homework", "--size", "16", "--epochs", "1", "--out", str(out)]
        )
        == 0
    )
    assert minicnn.load_model(out / "model.keras").output_shape == (None, 1)
    capsys.readouterr()
    assert main(["predict", str(out / "model.keras"), str(tmp_path / "pets" / "cat"), "--json"]) == 0
    for answer in json.loads(capsys.readouterr().out):
        assert set(answer["probabilities"]) == {"cat", "dog"}
        assert sum(answer["probabilities"].values()) == pytest.approx(1)


def test_interval_is_wilsons():
    judgement = Judgement(["a", "b"], [0] * 283 + [1] * 58, [0] * 341)
    assert judgement.interval == pytest.approx((0.7864, 0.8661), abs=1e-4)  # by hand


def test_a_notebook_shows_the_confusion():
    judgement = Judgement(["<cat>", "dog", "owl"], [0, 0, 0, 1], [0, 1, 1, 1])
    assert repr(judgement) == str(judgement)
    rows = [re.findall(r"<t[dh] [^>]*>(.*?)</t[dh]>", row) for row in judgement._repr_html_().split("</tr>")[:-1]]
    assert rows == [
        ["true \\ predicted", "&lt;cat&gt;", "dog", "owl", "found"],
        ["&lt;cat&gt;", "1", "2", ".", "33%"],
        ["dog", ".", "1", ".", "100%"],
        ["owl", ".", ".", ".", "-"],
    ]
    assert str(judgement).splitlines()[0] in judgement._repr_html_()
    shades = re.findall(r"0\.\d\d(?=\))", judgement._repr_html_())
    assert [float(shade) / 0.6 for shade in shades] == pytest.approx([1 / 3, 2 / 3, 1])  # of its true class


# ---- what is wrong --------------------------------------------------------------------------------------------------


def test_sentences(run, folder, tmp_path, capsys):
    model, picture = run / "model.keras", folder / "train" / "hat" / "0000.png"
    (tmp_path / "text.jpg").write_text("no picture")
    (tmp_path / "empty").mkdir()
    for arguments, sentence in [
        (("predict", tmp_path / "none.keras", picture), "none.keras: there is no such file"),
        (("predict", picture, picture), "0000.png: this is no model file"),
        (("predict", model, tmp_path / "empty"), "this folder holds no pictures"),
        (
            ("predict", model, picture, "--classes", "a,b"),
            "`classes` must be 10 names, one for each output. Received: 2.",
        ),
        (("predict", model, picture, "--size", "20"), "`size` must be 32 x 32, the model's. Received: [20, 20]."),
        (("predict", model, picture, "--size", "0"), "--size must be at least 1. Received: 0."),
        (("predict", model, picture, "--classes", ""), "'class_names' must be a list of names. Received: ['']"),
        (("evaluate", model, tmp_path / "gone"), "gone does not exist"),
        (("evaluate", model, folder, "--split", "test"), "`split` must be one of"),
        (("train", tmp_path / "empty", "--out", tmp_path / "r"), "empty"),
        (("train", folder, "--out", run), "`out` must be a new or an empty folder"),
        (("train", folder, "--out", tmp_path / "s", "--batch-size", "0"), "`batch_size` must be"),
        (("train", folder, "--out", tmp_path / "t", "--lr", "-1"), "`learning_rate` must be a number, at least 0"),
        (("train", folder, "--out", tmp_path / "u", "--size", "4"), "larger"),
        (("demo", "--out", folder), "`out` must be a new folder or an earlier demo's"),
    ]:
        assert sentence in failing(capsys, *arguments), arguments


def test_ctrl_c_keeps_the_last_epoch(folder, tmp_path, monkeypatch, capsys):
    save = minicnn.Model.save

    def interrupted(model, path):
        save(model, path)
        raise KeyboardInterrupt

    monkeypatch.setattr(minicnn.Model, "save", interrupted)
    assert main(["train", str(folder), "--size", "16", "--epochs", "5", "--out", str(tmp_path / "run")]) == 0
    assert "stopped; the last finished epoch" in capsys.readouterr().err
    assert minicnn.load_model(tmp_path / "run" / "model.keras").classifier


# ---- whole processes ------------------------------------------------------------------------------------------------


def process(*arguments, **environment):
    return subprocess.run(
        [sys.executable, "-m", "minicnn", *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        env={**os.environ, **environment},
        check=False,
    )


def test_first_start_says_that_it_compiles_and_the_second_does_not(run, folder, tmp_path):
    picture = folder / "validation" / "hat" / "0000.png"
    first, second = (process("predict", run / "model.keras", picture, NUMBA_CACHE_DIR=str(tmp_path)) for _ in "ab")
    assert first.returncode == second.returncode == 0 and first.stdout == second.stdout
    assert "compiling kernels" in first.stderr and second.stderr == ""


def test_training_gives_the_same_bits_in_two_processes_and_with_one_thread(folder, tmp_path):
    weights = []
    for name, threads in (("a", "2"), ("b", "1"), ("c", "3")):
        done = process(
            "train", folder, "--size", 24, "--epochs", 1, "--out", tmp_path / name, MINICNN_NUM_THREADS=threads
        )
        assert done.returncode == 0, done.stderr
        weights.append(minicnn.load_model(tmp_path / name / "model.keras").get_weights())
    for other in weights[1:]:
        for one, two in zip(weights[0], other, strict=True):
            np.testing.assert_array_equal(one, two)


def test_demo_shows_what_it_learned(tmp_path):
    done = process("demo", "--quick", "--out", tmp_path / "demo")
    assert done.returncode == 0, done.stderr
    assert "linear classifier on" in done.stdout and "dress" in done.stdout
    left = {path.name for path in (tmp_path / "demo").iterdir()}
    assert left == {"model.keras", "history.csv", "series", "pictures", "mistakes", "page.html"}
