"""A head on a frozen base: run once, kept, saved whole; and each way in which it can't be done."""

import csv
import json
import shutil

import numpy as np
import pytest
from PIL import Image, ImageOps

from minicnn import (
    BatchNormalization,
    Conv2D,
    Dense,
    GlobalAveragePooling2D,
    Input,
    Model,
    Normalization,
    ReLU,
    Rescaling,
    SeparableConv2D,
    Sequential,
    load_model,
)
from minicnn.app import main, transfer
from minicnn.app.settings import Settings
from minicnn.data import Folder, ImageBatches, VectorStore, answer_key, to_floats, wardrobe
from minicnn.files import make_card, preprocess


@pytest.fixture(scope="module")
def clothes(tmp_path_factory):
    """Return a folder of drawn clothes."""
    return wardrobe.write_folder(tmp_path_factory.mktemp("clothes") / "set", train=12, validation=6, size=40)


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    """Return the file of a classifier of three other things, whose base was drawn."""
    base = Sequential(
        [
            Input((48, 48, 3)),
            Conv2D(8, 5, strides=3, use_bias=False),
            BatchNormalization(),
            ReLU(),
            SeparableConv2D(24, 3),
            ReLU(),
        ],
        name="base",
        seed=3,
    )
    image = Input((48, 48, 3))
    net = Model(image, Dense(3)(GlobalAveragePooling2D()(base(image))), seed=4)
    path = tmp_path_factory.mktemp("base") / "three.keras"
    net.save(path)
    return path


FLAGS = ("--size", 40, "--lr", 0.01, "--epochs", 5, "--inner", 16, "--dropout", 0.1, "--batch-size", 8)


def _train(clothes, file, out, *more):
    return main(
        [*map(str, ["train", clothes, "--base", file, "--cache", out.parent / "store", "--out", out, *FLAGS, *more])]
    )


def test_the_saved_net_is_the_base_and_the_best_epochs_head(clothes, file, tmp_path, capsys):
    assert _train(clothes, file, tmp_path / "run") == 0
    told = capsys.readouterr().out
    assert "the base holds unknown weights; pictures are taken at 40 px, x * 0.00784314 + -1" in told
    net, before = load_model(tmp_path / "run" / "model.keras"), load_model(file)
    for ours, theirs in zip(net.get_layer("base").get_weights(), before.get_layer("base").get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    assert net.output_shape == (None, len(Folder(clothes).class_names)) and net.input_shape == (None, 40, 40, 3)
    assert net.classifier["output"] == "logits" and net.classifier["size"] == [40, 40]
    rows = list(csv.DictReader((tmp_path / "run" / "history.csv").read_text().splitlines()))
    assert len(rows) == 5
    files, labels = Folder(clothes).split("validation")
    x = ImageBatches(
        files, labels, Folder(clothes).class_names, 40, scale=1 / 127.5, offset=-1, label_mode=None
    ).arrays()
    accuracy = float((net.predict(x).argmax(axis=1) == labels).mean())
    assert accuracy == pytest.approx(max(float(row["val_accuracy"]) for row in rows), abs=1e-6)
    assert len(net.classifier["split"]["learned"]) == len(Folder(clothes).split("train").files)


def test_it_learns(file, tmp_path):
    """Colours, which averages over maps do tell apart."""
    random = np.random.default_rng(0)
    for split, count in (("train", 12), ("validation", 6)):
        for channel, name in enumerate(("red", "green", "blue")):
            (tmp_path / "set" / split / name).mkdir(parents=True)
            for k in range(count):
                pixels = random.integers(0, 120, (40, 40, 3), dtype=np.uint8)
                pixels[..., channel] += 120
                Image.fromarray(pixels).save(tmp_path / "set" / split / name / f"{k}.png")
    _train(tmp_path / "set", file, tmp_path / "run", "--epochs", 40, "--inner", 0, "--dropout", 0, "--lr", 0.5)
    rows = list(csv.DictReader((tmp_path / "run" / "history.csv").read_text().splitlines()))
    assert float(rows[-1]["val_accuracy"]) > 0.9 and float(rows[-1]["loss"]) < 0.5 * float(rows[0]["loss"])


def test_the_same_seed_gives_the_same_bits_and_another_others(clothes, file, tmp_path):
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        _train(clothes, file, tmp_path / name, "--seed", seed)
    one, same, other = ((tmp_path / name / "history.csv").read_text() for name in "abc")
    assert one == same != other


def test_a_second_training_runs_no_base(clothes, file, tmp_path, monkeypatch):
    _train(clothes, file, tmp_path / "one")
    monkeypatch.setattr(VectorStore, "write", lambda *_: pytest.fail("computed again"))
    _train(clothes, file, tmp_path / "two")
    assert (tmp_path / "one" / "history.csv").read_text() == (tmp_path / "two" / "history.csv").read_text()


def test_vectors_are_the_bases_answers_whatever_the_order(clothes, file, tmp_path):
    base, feeding = transfer.load_base(file, 40, lambda _: None)
    files, labels = Folder(clothes).split("train")
    names = Folder(clothes).class_names

    def of(order):
        some = ImageBatches([files[i] for i in order], labels[order], names, 40, 32, **feeding, label_mode=None)
        return transfer.vectors(base, some, tmp_path / f"store{order[0]}", lambda _: None), some

    got, some = of(np.arange(len(files)))
    want = base.predict(some.arrays()).mean(axis=(1, 2))
    np.testing.assert_allclose(got, want, rtol=1e-5, atol=1e-6)
    order = np.random.default_rng(0).permutation(len(files))
    np.testing.assert_allclose(of(order)[0], got[order], rtol=1e-5, atol=1e-6)


def test_an_interruption_keeps_the_finished_blocks(clothes, file, tmp_path, monkeypatch):
    base, feeding = transfer.load_base(file, 40, lambda _: None)
    files, labels = Folder(clothes).split("train")
    batches = ImageBatches(files, labels, Folder(clothes).class_names, 40, 8, **feeding, label_mode=None)
    monkeypatch.setattr(transfer, "BLOCK", 16)
    write, count = VectorStore.write, []

    def write_twice(*arguments):
        if len(count) == 2:
            raise KeyboardInterrupt
        count.append(write(*arguments))
        return count[-1]

    monkeypatch.setattr(VectorStore, "write", write_twice)
    with pytest.raises(KeyboardInterrupt):
        transfer.vectors(base, batches, tmp_path, lambda _: None)
    (folder,) = {path.parent for path in tmp_path.rglob("*.npz")}
    kept = VectorStore(tmp_path, json.loads((folder / "key.json").read_text()))
    assert kept.folder == folder and len(kept.read()) == 32
    monkeypatch.setattr(VectorStore, "write", write)
    assert transfer.vectors(base, batches, tmp_path, lambda _: None).shape == (len(files), 24)


def test_a_model_that_answers_maps_is_a_base_itself(clothes, file, tmp_path):
    load_model(file).get_layer("base").save(tmp_path / "alone.keras")
    one, other = (transfer.load_base(path, 40, lambda _: None)[0] for path in (file, tmp_path / "alone.keras"))
    for ours, theirs in zip(one.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_the_files_own_scale_wins(file, tmp_path):
    net = load_model(file)
    net.classifier = make_card(["a", "b", "c"], (48, 48), "logits", scale=1 / 255, offset=-0.5)
    net.save(tmp_path / "scaled.keras")
    feeding = transfer.load_base(tmp_path / "scaled.keras", 40, lambda _: None)[1]
    assert (feeding["scale"], feeding["offset"]) == (1 / 255, -0.5)


def test_a_card_is_followed_whole(clothes, file, tmp_path, capsys):
    """Keras's "caffe" way, read and cut in unusual ways: NumPy and Pillow tell what the base is given."""
    net, how = load_model(file), {"resize": "box", "crop": "centre", "invert": True}
    net.classifier = make_card(["a", "b", "c"], (48, 48), "logits", **preprocess("caffe"), **how)
    net.save(tmp_path / "caffe.keras")
    assert _train(clothes, tmp_path / "caffe.keras", tmp_path / "run") == 0
    words = "x * 1 + (-103.939, -116.779, -123.68), resize box, crop centre, invert True, order bgr"
    assert f"pictures are taken at 40 px, {words}\n" in capsys.readouterr().out
    saved = load_model(tmp_path / "run" / "model.keras").classifier
    assert {name: saved[name] for name in how} == how and saved["order"] == "bgr" and saved["offset"][0] == -103.939
    files, labels = Folder(clothes).split("validation")
    base, feeding = transfer.load_base(tmp_path / "caffe.keras", 40, lambda _: None)
    some = ImageBatches(files, labels, Folder(clothes).class_names, 40, **feeding, label_mode=None)
    x = []
    for path in files:
        with Image.open(path) as image:
            cut = np.asarray(ImageOps.fit(image.convert("RGB"), (40, 40), Image.Resampling.BOX))
        x.append((255 - cut[..., ::-1].astype(np.float32)) + np.float32(feeding["offset"]))
    got = transfer.vectors(base, some, tmp_path / "store", lambda _: None)
    np.testing.assert_allclose(got, base.predict(np.stack(x)).mean(axis=(1, 2)), rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("where", ["inside", "before", "in a block before"])
@pytest.mark.parametrize("known", [False, True])
def test_a_net_that_scales_by_itself_is_not_scaled_again(clothes, tmp_path, where, known):
    """The saved net names a picture as the whole one's base, given raw pixels, would."""
    scaling, conv = Rescaling([0.01, 0.02, 0.005], [-1.0, 0.5, 0.0]), Conv2D(4, 5, strides=3)
    own = [scaling] if where == "inside" else []
    base = Sequential([Input((48, 48, 3)), *own, conv, ReLU()], name="base", seed=1)
    image = Input((48, 48, 3))
    block = scaling if where == "before" else Sequential([Input((48, 48, 3)), scaling], name="block")
    x = image if where == "inside" else block(image)
    net = Model(image, Dense(2)(GlobalAveragePooling2D()(base(x))), seed=2)
    if known:
        net.classifier = make_card(["a", "b"], (48, 48), "logits", scale=0.5, offset=3.0)
    net.save(tmp_path / "m.keras")
    found, feeding = transfer.load_base(tmp_path / "m.keras", 48, lambda _: None)
    pixels = np.random.default_rng(0).integers(0, 256, (2, 48, 48, 3), np.uint8)
    raw = to_floats(pixels, 0.5, 3.0) if known else np.float32(pixels)
    want = base.predict(raw if where == "inside" else raw * np.float32([0.01, 0.02, 0.005]) + np.float32([-1, 0.5, 0]))
    got = found.predict(to_floats(pixels, feeding["scale"], feeding["offset"], feeding["order"]))
    np.testing.assert_allclose(got, want, rtol=1e-4, atol=1e-4)


def test_a_normalization_before_the_base_is_refused(tmp_path):
    base = Sequential([Input((8, 8, 3)), Conv2D(4, 5)], name="base")
    image = Input((8, 8, 3))
    net = Model(image, Dense(2)(GlobalAveragePooling2D()(base(Normalization(mean=1.0, variance=4.0)(image)))))
    net.save(tmp_path / "m.keras")
    with pytest.raises(ValueError, match="has a Normalization outside its base"):
        transfer.load_base(tmp_path / "m.keras", 8, lambda _: None)


def test_what_the_store_is_asked_for():
    """Pictures that are read otherwise have other vectors; the usual ones keep the key that they had."""
    usual = answer_key([np.zeros(2)], 8, 8, "nearest", 1.0, 0.0)
    assert answer_key([np.zeros(2)], 8, 8, "nearest", 1.0, 0.0, order="rgb", crop="none", invert=False) == usual
    for more in ({"order": "bgr"}, {"crop": "centre"}, {"invert": True}):
        assert answer_key([np.zeros(2)], 8, 8, "nearest", 1.0, 0.0, **more) == usual | more


def test_a_grey_base(clothes, tmp_path):
    Sequential([Input((8, 8, 1)), Conv2D(4, 5, activation="relu")], name="base", seed=1).save(tmp_path / "grey.keras")
    assert _train(clothes, tmp_path / "grey.keras", tmp_path / "run") == 0
    net = load_model(tmp_path / "run" / "model.keras")
    assert net.classifier["channels"] == 1 and net.input_shape == (None, 40, 40, 1)


def test_refusals(clothes, file, tmp_path, capsys):
    Sequential([Input((8, 8, 3)), GlobalAveragePooling2D(), Dense(2)]).save(tmp_path / "no.keras")
    for flags, words in (
        (("--base", tmp_path / "no.keras"), "holds no base: no model in it answers maps"),
        (("--base", file, "--arch", "tinyvgg"), "--base and --arch are two nets"),
        (("--inner", 5), "is for a head on a base; give --base FILE too"),
        (("--dropout", 0.5), "is for a head on a base; give --base FILE too"),
    ):
        assert main([*map(str, ["train", clothes, "--out", tmp_path / "run", *flags])]) == 2
        assert words in capsys.readouterr().err
        assert not (tmp_path / "run").exists()


def test_diverged_training_keeps_the_best_epoch(clothes, file, tmp_path, capsys):
    assert _train(clothes, file, tmp_path / "run", "--lr", 1e30) == 2
    told = capsys.readouterr().err
    assert "no epoch ended well" in told or "the best epoch before is in" in told
    broken = load_model(file)
    base = broken.get_layer("base")
    weights = base.get_weights()
    weights[0][...] = np.nan
    base.set_weights(weights)
    broken.save(tmp_path / "broken.keras")
    assert _train(clothes, tmp_path / "broken.keras", tmp_path / "other") == 2
    assert "not finite" in capsys.readouterr().err


def test_a_corrupt_picture_is_left_out_when_asked(clothes, file, tmp_path, capsys):
    copy = shutil.copytree(clothes, tmp_path / "copy")
    first = Folder(copy).split("train").files[0]
    first.write_bytes(first.read_bytes()[:40])
    assert _train(copy, file, tmp_path / "run") == 2
    assert first.name in capsys.readouterr().err
    assert _train(copy, file, tmp_path / "other", "--skip-corrupt") == 0
    assert (
        len(load_model(tmp_path / "other" / "model.keras").classifier["split"]["learned"])
        == len(Folder(clothes).split("train").files) - 1
    )


def test_settings_of_a_base_have_its_own_defaults(clothes, file, tmp_path, monkeypatch):
    seen = []
    monkeypatch.setattr(transfer, "train_on_base", lambda *arguments: seen.append(arguments))
    main(["train", str(clothes), "--base", str(file), "--out", str(tmp_path / "run")])
    settings = seen[0][2]
    assert settings == Settings(base=str(file), size=150, epochs=10)
