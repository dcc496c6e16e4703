"""Several outputs by name, and models that give pictures."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

import minicnn
from minicnn.app import outputs
from minicnn.app.cli import main
from minicnn.app.outputs import free_stem
from minicnn.files import make_card
from tests.app.test_feeding import failing


@pytest.fixture
def picture(tmp_path):
    path = tmp_path / "cat.png"
    Image.fromarray(np.random.default_rng(4).integers(0, 256, (6, 6, 3), np.uint8)).save(path)
    return path


def branching(path):
    """Age, sex and a mask, of one picture."""
    x = minicnn.Input((6, 6, 3))
    y = minicnn.Flatten()(minicnn.Rescaling(1 / 255)(x))
    ends = [
        minicnn.Dense(1, name="age")(y),
        minicnn.Dense(3, activation="softmax", name="kind")(y),
        minicnn.Conv2D(1, 1, activation="sigmoid", name="mask")(x),
    ]
    model = minicnn.Model(x, ends, seed=5)
    model.save(path)
    return model


def test_several_outputs_have_their_names(tmp_path, picture, capsys):
    model = branching(tmp_path / "m.keras")
    x = np.asarray(Image.open(picture), np.float32)[None]
    age, kind, mask = model.predict(x)
    out = tmp_path / "out"
    command = ["predict", str(tmp_path / "m.keras"), str(picture), "--out", str(out)]
    assert main([*command, "--top", "2"]) == 0
    lines = capsys.readouterr().out.splitlines()
    best = np.argsort(-kind[0])[:2]
    assert lines == [
        str(picture),
        f"  age: {age[0, 0]:.3f}",
        "  kind: " + ", ".join(f"class {k} {kind[0, k]:.3f}" for k in best),
        f"  mask: {out / 'cat-mask.png'}",
    ]
    pixels = np.asarray(Image.open(out / "cat-mask.png"), int)
    assert np.abs(pixels - mask[0, ..., 0] * 255).max() <= 0.5 + 1e-3
    assert main([*command, "--json"]) == 0
    told = capsys.readouterr()
    (answer,) = json.loads(told.out)
    assert told.err.splitlines()[-1] == f"note: {out / 'cat-mask.png'} is written in place of the file that was there."
    assert answer["outputs"]["age"] == pytest.approx([float(age[0, 0])]) and list(answer["outputs"]) == [
        *("age", "kind", "mask")
    ]
    assert main(command) == 0
    assert "cat-mask.png, in place of the file that was there" in capsys.readouterr().out
    assert "Only nets that name classes can be judged" in failing(capsys, "evaluate", tmp_path / "m.keras", tmp_path)


@pytest.mark.parametrize(
    "end, scale, offset, undo",
    [
        ("sigmoid", "1/255", "0", lambda y: y * 255),
        ("tanh", "1/127.5", "-1", lambda y: (y + 1) * 127.5),
        (None, "1/127.5", "-1", lambda y: (y + 1) * 127.5),
        (None, "1/255,1/100,1/50", "1,2,3", lambda y: (y - np.array([1, 2, 3])) * np.array([255, 100, 50])),
        (None, "1", "0", lambda y: y),
    ],
)
def test_a_model_that_gives_pictures_writes_them(tmp_path, picture, capsys, end, scale, offset, undo):
    model = minicnn.Sequential([minicnn.Input((6, 6, 3)), minicnn.Conv2D(3, 1, activation=end)], seed=3)
    model.save(tmp_path / "m.h5")
    flags = ["--scale", scale, f"--offset={offset}", "--out", str(tmp_path / "out")]
    assert main(["predict", str(tmp_path / "m.h5"), str(picture), *flags]) == 0
    said = capsys.readouterr()
    assert said.out == f"{picture}: {tmp_path / 'out' / 'cat.png'}\n" and "numbered" not in said.err
    numbers = [np.array([eval(part) for part in text.split(",")], np.float32) for text in (scale, offset)]
    x = np.asarray(Image.open(picture), np.float32) * numbers[0] + numbers[1]
    want = np.clip(undo(model.predict(x[None].astype(np.float32))[0]), 0, 255)
    got = np.asarray(Image.open(tmp_path / "out" / "cat.png"), float)
    assert got.shape == (6, 6, 3) and np.abs(got - want).max() <= 0.51


@pytest.mark.filterwarnings("ignore:You are saving your model as an HDF5 file:UserWarning")
@pytest.mark.parametrize("name", ["autoencoder_conv2dtranspose", "autoencoder_upsampling"])
def test_a_file_of_keras_that_gives_a_picture(tmp_path, picture, name):
    """Cases autoencoder_conv2dtranspose and autoencoder_upsampling: the PNG is what Keras computes."""
    from tests.keras_oracle import keras

    L = keras.layers
    wider = L.UpSampling2D() if name.endswith("upsampling") else L.Conv2DTranspose(4, 3, strides=2, padding="same")
    ends = [L.Conv2D(4, 3, strides=2, padding="same"), wider, L.Conv2D(1, 3, padding="same", activation="sigmoid")]
    theirs = keras.Sequential([keras.Input((6, 6, 1)), *ends])
    theirs.set_weights([np.random.default_rng(2).normal(0, 0.5, array.shape) for array in theirs.get_weights()])
    theirs.save(tmp_path / "m.h5")
    out = tmp_path / "out"
    assert main(["predict", str(tmp_path / "m.h5"), str(picture), "--scale", "1/255", "--out", str(out)]) == 0
    x = np.asarray(Image.open(picture).convert("L"), np.float32) / 255
    want = np.asarray(theirs(x[None, ..., None]))[0, ..., 0] * 255
    got = np.asarray(Image.open(out / "cat.png"), float)
    assert got.shape == (6, 6) and np.ptp(want) > 50 and np.abs(got - want).max() <= 0.51


def test_classes_of_pixels_are_steps_of_grey(tmp_path, picture):
    model = minicnn.Sequential([minicnn.Input((6, 6, 3)), minicnn.Conv2D(4, 1, activation="softmax")], seed=1)
    model.save(tmp_path / "m.h5")
    out = tmp_path / "out"
    assert main(["predict", str(tmp_path / "m.h5"), str(picture), "--scale", "1/255", "--out", str(out)]) == 0
    x = np.asarray(Image.open(picture), np.float32) / 255
    want = model.predict(x[None])[0].argmax(-1)
    assert len(np.unique(want)) > 1 and (np.asarray(Image.open(out / "cat.png")) == want * 85).all()


def test_more_classes_than_a_byte_has_are_told_apart(tmp_path, picture):
    model = minicnn.Sequential([minicnn.Input((6, 6, 3)), minicnn.Conv2D(300, 1, activation="softmax")], seed=1)
    model.save(tmp_path / "m.h5")
    out = tmp_path / "out"
    assert main(["predict", str(tmp_path / "m.h5"), str(picture), "--scale", "1/255", "--out", str(out)]) == 0
    want = model.predict(np.asarray(Image.open(picture), np.float32)[None] / 255)[0].argmax(-1)
    assert len(np.unique(want)) > 1 and (np.asarray(Image.open(out / "cat.png")) == want * (65535 // 299)).all()


@pytest.mark.parametrize("end, scale", [("sigmoid", "1/255"), (None, "1/100")])
def test_a_picture_comes_out_as_it_went_in_though_it_was_inverted(tmp_path, picture, end, scale):
    """A net that gives what it takes; of a mask beside it nothing is inverted."""
    x = minicnn.Input((6, 6, 1))
    same = minicnn.Conv2D(1, 1, activation=end, name="same")
    y = same(x)
    model = minicnn.Model(x, y)
    same.set_weights([np.ones((1, 1, 1, 1), np.float32), np.zeros(1, np.float32)])
    model.save(tmp_path / "m.h5")
    out, grey = tmp_path / "out", np.asarray(Image.open(picture).convert("L"), np.float32)
    flags = [str(picture), "--scale", scale, "--invert", "--out", str(out)]
    assert main(["predict", str(tmp_path / "m.h5"), *flags]) == 0
    want = grey if end is None else 255 - 255 / (1 + np.exp(-(255 - grey) / 255))
    assert np.abs(np.asarray(Image.open(out / "cat.png"), float) - want).max() <= 0.51
    both = minicnn.Model(x, [y, minicnn.Conv2D(1, 1, activation="sigmoid", name="mask")(x)], seed=1)
    both.classifier = make_card([], (6, 6), channels=1, invert=True, task="pictures")
    for output in outputs.outputs_of(both):
        assert output.kind == "picture"
    mask = outputs.outputs_of(both)[1]
    assert (outputs.pixels_of(both, mask, np.ones((6, 6, 1), np.float32)) == 255).all()


def test_pictures_are_written_as_they_come(tmp_path, picture, monkeypatch, capsys):
    """A batch is held at a time: what came before is on the disk when something goes wrong."""
    model = minicnn.Sequential([minicnn.Input((6, 6, 3)), minicnn.Conv2D(3, 1)], seed=1)
    model.save(tmp_path / "m.h5")
    files = [tmp_path / f"{number:02d}.png" for number in range(40)]
    for file in files:
        file.write_bytes(picture.read_bytes())
    calls, forward = [], minicnn.Sequential.forward

    def once(self, x, *more, **named):
        calls.append(len(x))
        if len(calls) == 2:
            raise ValueError("no more")
        return forward(self, x, *more, **named)

    monkeypatch.setattr(minicnn.Sequential, "forward", once)
    said = failing(capsys, "predict", tmp_path / "m.h5", *files, "--scale", "1/255", "--out", tmp_path / "out")
    assert "no more" in said and calls == [32, 8] and len(list((tmp_path / "out").iterdir())) == 32


def test_a_picture_is_never_written_over_itself(tmp_path, picture, capsys):
    model = minicnn.Sequential([minicnn.Input((6, 6, 3)), minicnn.Conv2D(3, 1)], seed=1)
    model.save(tmp_path / "m.h5")
    before = picture.read_bytes()
    sentence = failing(capsys, "predict", tmp_path / "m.h5", picture, "--scale", "1/255", "--out", tmp_path)
    assert sentence == f"minicnn: {picture} is one of the pictures that were given; --out must be another folder."
    assert picture.read_bytes() == before


@given(st.lists(st.sampled_from(["a.png", "b/a.png", "a-2.png", "c/a.jpg", "d.png"]), max_size=6))
def test_no_two_results_have_one_name(paths):
    taken = set()
    found = [free_stem(path, taken) for path in paths]
    assert len(set(found)) == len(found) == len(paths)
