"""Several labels a picture: trained from a CSV, judged label by label, named where they lie above the threshold."""

import json
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image

import minicnn
from minicnn.app.cli import main
from minicnn.app.labels import LabelJudgement
from tests.app.test_feeding import failing

LABELS = ["blue", "bright", "red"]


@pytest.fixture(scope="module")
def listed(tmp_path_factory):
    """Pictures of one colour each, and a CSV of what is to be said of them."""
    folder, rows = tmp_path_factory.mktemp("labelled"), ["file,labels"]
    (folder / "a b").mkdir()
    rng = np.random.default_rng(2)
    for number in range(40):
        red, blue, bright = rng.random(3) < 0.5
        pixel = [200 * red, 150 * bright, 200 * blue]
        Image.fromarray(np.full((16, 16, 3), pixel, np.uint8) + rng.integers(0, 9, (16, 16, 3), np.uint8)).save(
            folder / "a b" / f"{number:02d}.png"
        )
        own = ["red"] * bool(red) + ["bright"] * bool(bright) + ["blue"] * bool(blue)
        rows.append(f"a b/{number:02d}.png,{'; '.join(own)}")
    (folder / "labels.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    return folder / "labels.csv"


@pytest.fixture(scope="module")
def run(listed, tmp_path_factory):
    """What `minicnn train` leaves."""
    out = tmp_path_factory.mktemp("runs") / "run"
    flags = ["--arch", "homework", "--size", "16", "--epochs", "8", "--batch-size", "4", "--lr", "0.01"]
    assert main(["train", str(listed), *flags, "--out", str(out)]) == 0
    return out


def test_it_learns_the_labels_of_a_csv(run, listed, capsys):
    model = minicnn.load_model(run / "model.keras")
    assert model.classifier["class_names"] == LABELS and model.classifier["task"] == "many"
    assert model.output_shape == (None, 3) and model.activation == "sigmoid"
    split = json.loads((run / "split.json").read_text())["splits"]
    assert (len(split["train"]), len(split["validation"])) == (32, 8) and not {*split["train"]} & {*split["validation"]}
    capsys.readouterr()
    assert main(["evaluate", str(run / "model.keras"), str(listed)]) == 0
    said = capsys.readouterr()
    assert "32 of 40 pictures are left out: the model learned from them." in said.err
    assert (
        said.out.startswith("unseen: 8 pictures\n\nlabel")
        and [line.split()[0] for line in said.out.splitlines()[3:]] == LABELS
    )


def test_every_label_above_the_threshold_is_named(run, listed, capsys):
    capsys.readouterr()
    path = run / "model.keras"
    assert main(["predict", str(path), str(listed.parent), "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    x = np.stack([np.asarray(Image.open(row["picture"])) for row in rows]).astype(np.float32)
    want = minicnn.load_model(path).predict(x)
    np.testing.assert_allclose([list(row["probabilities"].values()) for row in rows], want, rtol=1e-5, atol=1e-6)
    for row, p in zip(rows, want, strict=True):
        assert set(row["labels"]) == {LABELS[k] for k in np.flatnonzero(p >= 0.5)} and "class" not in row
    assert main(["predict", str(path), rows[0]["picture"]]) == 0
    line = capsys.readouterr().out
    named = ", ".join(f"{name} {rows[0]['probabilities'][name]:.3f}" for name in rows[0]["labels"])
    assert line.startswith(f"{rows[0]['picture']}: {named or 'none of the labels'}")


@given(st.integers(1, 4).flatmap(lambda k: st.tuples(*[hnp.arrays(bool, (6, k))] * 2)))
def test_shares_are_counted_picture_by_picture(both):
    truth, told = both
    found = LabelJudgement([f"l{k}" for k in range(truth.shape[1])], truth, told)
    for k in range(truth.shape[1]):
        pairs = list(zip(truth[:, k], told[:, k], strict=True))
        right, wrong, missed = (pairs.count(pair) for pair in ((True, True), (False, True), (True, False)))
        for share, part, whole in (
            (found.precision[k], right, right + wrong),
            (found.recall[k], right, right + missed),
            (found.f1[k], 2 * right, 2 * right + wrong + missed),
        ):
            assert share == pytest.approx(part / whole) if whole else np.isnan(share)


def test_the_table_on_paper():
    found = LabelJudgement(["cat", "owl"], [[1, 0], [1, 0], [0, 0]], [[1, 0], [0, 0], [1, 0]])
    assert str(found).splitlines()[2:] == [
        "label  precision  recall      F1  pictures",
        "cat        0.500   0.500   0.500         2",
        "owl            -       -       -         0",
    ]
    assert repr(found) == str(found)
    rows = [re.findall(r"<td[^>]*>(.*?)</td>", row) for row in found._repr_html_().split("<tr>")[2:]]
    assert rows == [["cat", "0.500", "0.500", "0.500", "2"], ["owl", "-", "-", "-", "0"]]  # in a notebook


@pytest.mark.parametrize(
    "text, sentence",
    [
        ("file,labels\n", "no picture has a label"),
        ("file,labels\na.png,x\n", "it must list at least two pictures. Received: 1."),
        ("file,labels\na.png,x\na.png,y\n", "it lists 'a.png' twice"),
        ("file,labels\na.png,x\n./a.png,y\n", "it lists './a.png' twice"),
        ("file,labels\na.png,x\nno/../a.png,y\n", "it lists 'no/../a.png' twice"),
        ("a.png,x\nb.png,y\n", "its first line must be a heading, as file,labels. Received: a.png, a file."),
        ("file,labels\na.png,x,y\n", "line 2 must have two columns, file and labels"),
        ("file,labels\na.png,x\nnone.png,y\n", "none.png, which is not there"),
        ("file,labels\n\udcff", "it is no CSV in UTF-8"),
    ],
)
def test_tables_that_are_wrong(tmp_path, capsys, text, sentence):
    path = tmp_path / "l.csv"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    Image.new("RGB", (8, 8)).save(tmp_path / "a.png")
    assert sentence in failing(capsys, "train", path, "--out", tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_pictures_may_lie_elsewhere(listed, tmp_path, capsys):
    """Named by their whole paths, or from the CSV's folder through another; split.json names them likewise."""
    folder = tmp_path / "csv"
    folder.mkdir()
    names = [f"{number:02d}.png" for number in range(6)]
    for name in names[4:]:
        (tmp_path / name).write_bytes((listed.parent / "a b" / name).read_bytes())
    whole = [str(listed.parent / "a b" / name) for name in names[:4]] + [f"../{name}" for name in names[4:]]
    (folder / "l.csv").write_text("file,labels\n" + "".join(f"{name},x\n" for name in whole))
    flags = ["--arch", "homework", "--size", "16", "--epochs", "1", "--skip-corrupt", "--out", str(tmp_path / "run")]
    assert main(["train", str(folder / "l.csv"), *flags]) == 0, capsys.readouterr().err
    split = json.loads((tmp_path / "run" / "split.json").read_text())["splits"]
    assert sorted(split["train"] + split["validation"]) == sorted(whole)


def test_a_folder_says_one_class_a_picture(run, tmp_path, capsys):
    for name in LABELS:
        (tmp_path / "set" / "test" / name).mkdir(parents=True)
        Image.new("RGB", (8, 8)).save(tmp_path / "set" / "test" / name / "1.png")
    said = failing(capsys, "evaluate", run / "model.keras", tmp_path / "set")
    assert "A net that gives each label for itself is judged on a CSV of file,labels; --task one judges it by" in said
    assert main(["evaluate", str(run / "model.keras"), str(tmp_path / "set"), "--task", "one"]) == 0


def test_labels_of_others_and_nets_of_others(run, listed, tmp_path, capsys):
    (tmp_path / "l.csv").write_text("file,labels\na.png,x y\nb.png,\n")
    for name in "ab":
        Image.new("RGB", (8, 8)).save(tmp_path / f"{name}.png")
    assert "must have labels of the model's, blue, bright, red. Received: x, y." in failing(
        capsys, "evaluate", run / "model.keras", tmp_path / "l.csv"
    )
    net = minicnn.Sequential([minicnn.Input((8, 8, 3)), minicnn.Flatten(), minicnn.Dense(2, activation="softmax")])
    net.save(tmp_path / "m.h5")
    assert "A CSV of labels judges nets that give each label for itself" in failing(
        capsys, "evaluate", tmp_path / "m.h5", tmp_path / "l.csv"
    )
    assert "--base wants class folders" in failing(
        capsys, "train", listed, "--base", "x.keras", "--out", tmp_path / "o"
    )
    assert "there is no such file" in failing(capsys, "train", tmp_path / "no.csv", "--out", tmp_path / "o")


def test_sigmoid_units_under_binary_crossentropy_are_labels(tmp_path, capsys):
    """A file that says nothing is understood by its loss; --task says otherwise."""
    net = minicnn.Sequential([minicnn.Input((8, 8, 3)), minicnn.Flatten(), minicnn.Dense(2, activation="sigmoid")])
    net.set_weights([np.zeros((192, 2)), np.array([2.0, 1.0])])
    net.compile("sgd", "binary_crossentropy")
    net.save(tmp_path / "m.h5")
    Image.new("RGB", (8, 8)).save(tmp_path / "p.png")
    for flags, want in (([], "class 0 0.881, class 1 0.731"), (["--task", "one", "--top", "1"], "class 0 0.881")):
        capsys.readouterr()
        assert main(["predict", str(tmp_path / "m.h5"), str(tmp_path / "p.png"), "--scale", "1", *flags]) == 0
        assert capsys.readouterr().out == f"{tmp_path / 'p.png'}: {want}\n"
