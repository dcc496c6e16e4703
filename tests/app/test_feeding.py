"""How the commands feed a model: what its file tells, what flags say, what is assumed aloud."""

import json
import shutil

import numpy as np
import pytest
from PIL import Image

import minicnn
from minicnn import files
from minicnn.app.cli import main
from tests import teachable


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    """Pictures of many shapes in two class folders."""
    rng, folder = np.random.default_rng(8), tmp_path_factory.mktemp("pictures")
    for number, (height, width) in enumerate([(30, 50), (61, 24), (24, 24), (90, 70), (33, 200), (10, 12)]):
        name = folder / teachable.LABELS[number % 2] / f"{number}.png"
        name.parent.mkdir(exist_ok=True)
        pixels = rng.integers(0, 256, (3, 4, 3), np.uint8)  # large patches, so that a crop matters
        Image.fromarray(pixels).resize((width, height), Image.Resampling.NEAREST).save(name)
    return folder


def answers(capsys, *arguments):
    """What `predict --json` prints, (files, classes), and its notes."""
    capsys.readouterr()
    assert main(["predict", *map(str, arguments), "--json"]) == 0
    said = capsys.readouterr()
    found = json.loads(said.out)
    return {answer["picture"]: list(answer["probabilities"].values()) for answer in found}, said.err, found


def failing(capsys, *arguments):
    """The one sentence of a command that must fail."""
    capsys.readouterr()
    assert main(list(map(str, arguments))) == 2
    (sentence,) = [line for line in capsys.readouterr().err.splitlines() if line.startswith("minicnn: ")]
    return sentence


def saved(path, *layers, shape=(8, 8, 3), seed=1):
    """A small classifier of three classes, with weights that tell pictures apart."""
    layers = [*layers, minicnn.Flatten(), minicnn.Dense(3, activation="softmax")]
    model = minicnn.Sequential([minicnn.Input(shape), *layers], seed=seed)
    model.save(path)
    return model


# ---- Teachable Machine ----------------------------------------------------------------------------------------------


def test_teachable_machines_exports_are_fed_as_its_own_program_feeds_them(tmp_path, pictures, capsys):
    """Case labels (labels.txt)."""
    folder, model = teachable.keras_export(tmp_path / "export"), teachable.net()
    path = teachable.zipped(folder, tmp_path / "export.zip")
    seen = set()
    for place in (folder, folder / "keras_model.h5", path):
        found, notes, _ = answers(capsys, place, pictures)
        assert len(found) == 6 and "guess" not in notes and "nobody" not in notes
        for file, row in found.items():
            want = model.predict(teachable.fed(file))[0]
            np.testing.assert_allclose(row, want, rtol=1e-5, atol=1e-6)
            seen.add(round(float(want[0]), 3))
    assert len(seen) == 6
    assert main(["predict", str(path), str(pictures), "--top", "1"]) == 0
    assert all(
        line.split(": ")[1].rpartition(" ")[0] in teachable.LABELS for line in capsys.readouterr().out.splitlines()
    )
    rows = answers(capsys, path, pictures)[2]
    right = sum(f"/{answer['class']}/" in answer["picture"] for answer in rows)
    assert main(["evaluate", str(path), str(pictures), "--split", "all"]) == 0
    assert f"accuracy {right / 6:.3f} on 6 pictures" in capsys.readouterr().out


def test_the_names_of_the_files_are_enough_and_are_told(tmp_path, pictures, capsys):
    folder = teachable.keras_export(tmp_path / "export", saved(tmp_path / "other.h5", shape=(24, 24, 3)))
    (folder / "labels.txt").write_text("0 a\n1 b\n2 c\n")
    file = sorted(pictures.rglob("*.png"))[1]
    found, notes, _ = answers(capsys, folder, file)
    assert "taken for Teachable Machine's by the names of its files: the centred square, x/127.5 - 1" in notes
    want = minicnn.load_model(folder).predict(teachable.fed(file))[0]
    np.testing.assert_allclose(found[str(file)], want, rtol=1e-5)
    (folder / "keras_model.h5").rename(folder / "net.h5")
    assert "nobody said how pixels are scaled" in answers(capsys, folder, file)[1]


@pytest.mark.parametrize("form", ["folder", "zip"])
def test_the_export_for_browsers(tmp_path, pictures, capsys, form):
    """Case metadata (metadata.json)."""
    folder = teachable.browser_export(tmp_path / "export")
    place = folder if form == "folder" else teachable.zipped(folder, tmp_path / "export.zip")
    found, notes, rows = answers(capsys, place, pictures)
    assert "guess" not in notes and set(rows[0]["probabilities"]) == set(teachable.LABELS)
    for file, row in found.items():
        want = teachable.net().predict(teachable.drawn(file))[0]
        np.testing.assert_allclose(row, want, atol=1e-3)  # halves may be rounded to either side


def test_labels_that_do_not_fit_are_refused_by_their_file(tmp_path, pictures, capsys):
    folder = teachable.keras_export(tmp_path / "export")
    (folder / "labels.txt").write_text("0 a\n1 b\n2 c\n")
    file = next(pictures.rglob("*.png"))
    assert failing(capsys, "predict", folder, file).endswith(
        "`classes` must be 2 names, one for each output. Received: 3, of labels.txt."
    )
    assert "left" in answers(capsys, folder, file, "--classes", "left,right")[2][0]["probabilities"]


# ---- flags ----------------------------------------------------------------------------------------------------------


def test_flags_that_say_how_pixels_are_fed(tmp_path, pictures, capsys):
    path = tmp_path / "m.h5"
    model = saved(path)
    file = sorted(pictures.rglob("*.png"))[0]
    (tmp_path / "names.txt").write_text("ant\nbee\ncat\n")
    with Image.open(file) as image:
        whole = np.asarray(image.resize((8, 8), Image.Resampling.NEAREST)).astype(np.float32)
        fit = teachable.fed(file, 8)[0]
    caffe = whole[..., ::-1] - np.array([103.939, 116.779, 123.68], np.float32)
    torch = (whole / 255 - np.array([0.485, 0.456, 0.406])) / np.array([0.229, 0.224, 0.225])
    for flags, x in (
        (["--scale", "1/255"], whole / 255),
        (["--scale", "0.01", "--offset=-1"], whole * np.float32(0.01) - 1),
        (["--scale", "1/255,1/100,1", "--offset", "1,2,3"], whole * [1 / 255, 0.01, 1] + [1, 2, 3]),
        (["--preprocess", "tf"], whole / 127.5 - 1),
        (["--preprocess", "caffe"], caffe),
        (["--preprocess", "torch"], torch),
        (["--preprocess", "teachable"], fit),
        (["--preprocess", "teachable", "--crop", "none", "--resize", "nearest"], whole / 127.5 - 1),
        (["--invert", "--scale", "1/255"], 1 - whole / 255),
    ):
        found, _, rows = answers(capsys, path, file, *flags, "--classes", tmp_path / "names.txt")
        np.testing.assert_allclose(
            found[str(file)], model.predict(x[None])[0], rtol=1e-3, atol=1e-5, err_msg=str(flags)
        )
        assert list(rows[0]["probabilities"]) == ["ant", "bee", "cat"]


@pytest.mark.parametrize(
    "flags, sentence",
    [
        (["--scale", "red"], "--scale must be a number, as 0.5 or 1/255, or one a channel: a,b,c. Received: red."),
        (["--scale", "1/0"], "--scale must be a number, as 0.5 or 1/255, or one a channel: a,b,c. Received: 1/0."),
        (["--scale", "0"], "classifier.json's 'scale' must be a finite number other than 0, or"),
        (["--offset", "1,2"], "classifier.json's 'offset' must be a finite number, or a list of one"),
        (["--preprocess", "vgg"], "`preprocess` must be one of 'tf', 'torch', 'caffe', 'teachable'. Received: 'vgg'."),
        (["--preprocess", "tf", "--scale", "1"], "--preprocess says what --scale and --offset say; give it, or them."),
        (["--classes", "none/names.txt"], "--classes must be names, comma-separated, or a file with one a line;"),
        (["--resize", "cubic"], "classifier.json's 'resize' must be 'nearest', 'bilinear', 'bicubic', 'lanczos',"),
        (["--size", "0"], "--size must be at least 1. Received: 0."),
    ],
)  # fmt: skip
def test_flags_that_are_wrong(tmp_path, pictures, capsys, flags, sentence):
    saved(tmp_path / "m.h5")
    file = next(pictures.rglob("*.png"))
    for command in ("predict", "explain"):
        assert failing(capsys, command, tmp_path / "m.h5", file, *flags).startswith(f"minicnn: {sentence}")


# ---- grey -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(8, 8, 1), (8, 8)])
def test_grey_models_work_and_say_so(tmp_path, pictures, capsys, shape):
    """Case mnist_grey."""
    path = tmp_path / "grey.h5"
    model = saved(path, shape=shape)
    for flags, invert, told in (([], False, "; add --invert where"), (["--invert"], True, " and inverted")):
        found, notes, _ = answers(capsys, path, pictures, "--scale", "1/255", *flags)
        assert f"the model takes grey pictures: they are read in grey{told}" in notes
        for file, row in found.items():
            with Image.open(file) as image:
                x = np.asarray(image.convert("L").resize((8, 8), Image.Resampling.NEAREST)) / 255
            want = model.predict((1 - x if invert else x).reshape(1, *shape))[0]
            np.testing.assert_allclose(row, want, rtol=1e-4, atol=1e-5)
    arguments = [str(path), str(pictures), "--scale", "1/255", "--split", "all"]
    names = [*teachable.LABELS, "none"]
    (pictures / "none").mkdir(exist_ok=True)
    try:
        for shade in (40, 220):
            Image.new("L", (9, 9), shade).save(pictures / "none" / f"{shade}.png")
        assert main(["evaluate", *arguments, "--classes", ",".join(names)]) == 0
        right = sum(
            names[int(np.argmax(row))] == file.split("/")[-2]
            for file, row in answers(capsys, path, pictures, "--scale", "1/255")[0].items()
        )
        assert main(["evaluate", *arguments, "--classes", ",".join(names)]) == 0
        assert f"accuracy {right / 8:.3f} on 8 pictures" in capsys.readouterr().out
    finally:
        shutil.rmtree(pictures / "none")


# ---- what nobody said -----------------------------------------------------------------------------------------------


def test_an_unknown_scale_is_told_with_both_answers(tmp_path, pictures, capsys):
    model = minicnn.Sequential(
        [minicnn.Input((8, 8, 3)), minicnn.GlobalAveragePooling2D(), minicnn.Dense(2, activation="softmax")]
    )
    model.set_weights([np.array([[1, 0.0]] * 3, np.float32), np.array([0, 5.0], np.float32)])  # bright, or dark
    model.save(tmp_path / "m.h5")
    files_ = sorted(pictures.rglob("*.png"))
    picture = [tmp_path / "m.h5", files_[0], "--classes", "cat,dog"]
    found, notes, rows = answers(capsys, *picture)
    other, quiet, told = answers(capsys, *picture, "--scale", "1/255")
    here, there = (max(each[str(files_[0])]) for each in (found, other))
    assert (rows[0]["class"], told[0]["class"]) == ("cat", "dog")
    assert (
        f"nobody said how pixels are scaled; taken 0..255 as they are: cat {here:.3f}. "
        f"If the net was trained on x/255, add --scale 1/255: dog {there:.3f}.\n" in notes
    )
    assert rows[0]["assumed"] == {"resize": "nearest", "scale": 1.0, "offset": 0.0} and "nobody said" not in quiet
    assert told[0]["assumed"] == {"resize": "nearest"}
    model.set_weights([np.array([[1, 0.0]] * 3, np.float32), np.array([5.0, 0], np.float32)])
    model.save(tmp_path / "m.h5")
    assert "add --scale 1/255: cat 0.9" in (notes := answers(capsys, *picture)[1]) and ", the same class." in notes
    notes = answers(capsys, tmp_path / "m.h5", *files_[:3])[1]
    assert "taken 0..255 as they are. If the net was trained on x/255, add --scale 1/255.\n" in notes


def test_nothing_is_assumed_where_the_file_tells_all(tmp_path, pictures, capsys):
    model = saved(tmp_path / "m.keras")
    model.classifier = files.make_card(["a", "b", "c"], (8, 8))
    model.save(tmp_path / "m.keras")
    _, notes, rows = answers(capsys, tmp_path / "m.keras", next(pictures.rglob("*.png")))
    assert notes == "" and set(rows[0]) == {"picture", "class", "probabilities"}


# ---- describe -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "file"), [("m.keras", "m.keras"), ("m.h5", "m.classifier.json")])
def test_describe_writes_once_what_is_missing(tmp_path, pictures, capsys, name, file):
    path, picture = tmp_path / name, next(pictures.rglob("*.png"))
    model = saved(path)
    assert failing(capsys, "describe", path).endswith(
        "neither the file nor what lies beside it tells this; give --classes and --scale or --preprocess."
    )
    assert [each.name for each in tmp_path.iterdir()] == [name]
    assert main(["describe", str(path), "--classes", "ant,bee,cat", "--scale", "1/255"]) == 0
    out = capsys.readouterr().out
    assert "class_names: ant, bee, cat (flags)" in out and out.splitlines()[-1] == f"written into {tmp_path / file}"
    found, notes, rows = answers(capsys, path, picture)
    assert "nobody" not in notes and "guess" not in notes and "assumed" not in rows[0]
    with Image.open(picture) as image:
        x = np.asarray(image.resize((8, 8), Image.Resampling.NEAREST)) / np.float32(255)
    np.testing.assert_allclose(found[str(picture)], model.predict(x[None])[0], rtol=1e-4, atol=1e-6)
    before = (tmp_path / file).read_bytes()
    assert main(["describe", str(path)]) == 0
    assert (
        capsys.readouterr().out.splitlines()[-1] == f"{path} said so already"
        and (tmp_path / file).read_bytes() == before
    )
    assert main(["describe", str(path), "--classes", "a,b,c"]) == 0
    assert "class_names: a, b, c (flags, in place of ant, bee, cat)" in capsys.readouterr().out
    for one, two in zip(minicnn.load_model(path).get_weights(), model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, two)
