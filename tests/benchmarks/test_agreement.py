"""The benchmarks that compare numbers: the ladder, parity, photographs; in their quick forms."""

import numpy as np
import pytest
from PIL import Image

from benchmarks import ladder, parity, photographs, sections, twins
from minicnn import Conv2D, Dense, Flatten, Input, Model, ReLU, Sequential, get_num_threads
from minicnn.data import wardrobe


def test_ladder():
    part = ladder.measure(get_num_threads(), quick=True)
    names = [row["algorithm"] for row in part["rows"]]
    assert names[:6] == ["reference", "NumPy, im2col", "im2col", "direct", "winograd", "auto"]
    assert all(row["difference"] < 1e-5 for row in part["rows"])
    assert "seven" not in sections.ladder(part) and "| winograd |" in sections.ladder(part)


def test_parity_of_the_default_net():
    pytest.importorskip("keras")
    part = parity.measure(None, [], 2, get_num_threads(), quick=True)
    rows = {row["array"]: row for row in part["rows"]}
    for name in (
        "conv2d: output",
        "conv2d_3: gradient at the output",
        "dense/kernel: gradient",
        "conv2d/bias: after 2 steps of SGD",
        "dense/kernel: after 2 steps of Adam",
    ):
        assert rows[name]["absolute"] <= 1e-4 * max(1e-2, rows[name]["largest"]), rows[name]
    assert "| conv2d: output |" in sections.parity(part)


def test_parity_names_nested_layers_in_full(tmp_path):
    pytest.importorskip("keras")
    body = Sequential([Input((8, 8, 3)), Conv2D(4, 3, name="look"), ReLU(), Flatten()], name="body", seed=1)
    start = Input((8, 8, 3))
    model = Model(start, Dense(2, name="say")(body(start)), seed=2)
    model.save(tmp_path / "nested.keras")
    picture = tmp_path / "picture.png"
    Image.fromarray(wardrobe.draw("hat", size=20)).save(picture)
    part = parity.measure(str(tmp_path / "nested.keras"), [picture], 1, get_num_threads())
    rows = {row["array"]: row for row in part["rows"]}
    for name in (
        "body/look: output",
        "body/look: gradient at the output",
        "body/look/kernel: gradient",
        "say/bias: after 1 steps of Adam",
    ):
        assert name in rows
    assert rows["body/look: output"]["shape"] == [1, 6, 6, 4]
    assert all(row["absolute"] <= 1e-3 * max(1e-3, row["largest"]) for row in rows.values())


def wrong_twin(monkeypatch, change):
    """Let parity make Keras's twin as ever, and then change it."""
    make = twins.keras_twin

    def made(model, jit_compile=False):
        twin = make(model, jit_compile)
        change(twin)
        return twin

    monkeypatch.setattr(twins, "keras_twin", made)


def test_parity_would_see_another_weight_in_keras(monkeypatch):
    """Of minicnn's own file nothing may come back as Keras's number: from the changed layer on all must differ."""
    keras = pytest.importorskip("keras")

    def change(twin):
        dense = next(layer for layer in twin.layers if isinstance(layer, keras.layers.Dense))
        kernel, bias = dense.get_weights()
        dense.set_weights([kernel * np.float32(1.05), bias])

    wrong_twin(monkeypatch, change)
    part = parity.measure(None, [], 1, get_num_threads(), quick=True)
    rows = {row["array"]: row for row in part["rows"]}
    for name in (
        "dense: output",
        "conv2d_3: gradient at the output",
        "conv2d/kernel: gradient",
        "dense/kernel: after 1 steps of SGD",
        "dense/kernel: after 1 steps of Adam",
    ):
        assert rows[name]["absolute"] > 1e-3 * rows[name]["largest"], name
    assert rows["conv2d_3: output"]["absolute"] < 1e-5 * rows["conv2d_3: output"]["largest"]


@pytest.mark.parametrize("steps", [3])
def test_parity_would_see_another_step_in_keras(monkeypatch, steps):
    pytest.importorskip("keras")

    def change(twin):
        if twin.compiled:
            twin.optimizer.learning_rate = float(twin.optimizer.learning_rate.numpy()) * 1.5

    wrong_twin(monkeypatch, change)
    part = parity.measure(None, [], steps, get_num_threads(), quick=True)
    for name in ("SGD", "Adam"):
        row = next(row for row in part["rows"] if row["array"] == f"dense/bias: after {steps} steps of {name}")
        assert row["relative"] > 0.1
    passes = [row for row in part["rows"] if "after" not in row["array"]]
    assert passes and all(row["absolute"] <= 1e-4 * max(1e-2, row["largest"]) for row in passes)


def test_parity_shows_a_difference():
    want = np.float32([1.0, 2.0, 0.0])
    row = parity._row("x", want * np.float32(1.01), want)
    assert row["relative"] == pytest.approx(0.01, rel=1e-3) and row["absolute"] == pytest.approx(0.02, rel=1e-3)
    assert row["ulp"] == pytest.approx(0.01 / np.finfo(np.float32).eps, rel=1e-3)


def test_parity_shows_where_a_training_diverged():
    """As it does on pixels that nobody scaled: both lose their numbers, and the table says so."""
    lost = np.float32([np.nan, np.inf])
    part = {"head": {"model": "a net"}, "rows": [parity._row("x", lost, lost)]}
    assert "| x | 2 | diverged |  |  |  |" in sections.parity(part)


def test_parity_of_several_ends_is_refused(tmp_path):
    pytest.importorskip("keras")
    x = Input((4, 4, 3))
    Model(x, [Flatten()(x), ReLU()(x)]).save(tmp_path / "m.keras")
    with pytest.raises(ValueError, match="one input and one output. Received: 1 and 2"):
        parity.measure(str(tmp_path / "m.keras"), [], 1, 1)


def test_photographs(tmp_path):
    pytest.importorskip("keras")
    wardrobe.write_folder(tmp_path / "data", train=4, validation=2)
    part = photographs.measure(tmp_path / "data", 20, 3, get_num_threads(), quick=True)
    assert [row["epoch"] for row in part["rows"]] == [1, 2]
    assert part["head"]["majority"] == pytest.approx(0.1)
    assert max(part["head"]["steps"]) <= photographs.ALLOWED
    assert "agree" in sections.photographs(part) and "DO NOT" not in sections.photographs(part)


def test_what_the_verdict_says_of_a_bad_run():
    rows = [{"seed": 0, "epoch": 1, "val_accuracy": 0.9, "keras_val_accuracy": 0.5}]
    head = {"validation": 100, "train": 9, "classes": 2, "majority": 0.5, "steps": [0.01]}
    part = {"rows": rows, "head": head}
    assert photographs.summary(part)["interval"] == pytest.approx(1.96 * 0.05)
    assert "DO NOT AGREE" in photographs.verdict(part) and "OUTSIDE" in photographs.verdict(part)


def test_photographs_stop_at_a_loss_that_is_no_number(tmp_path, monkeypatch):
    pytest.importorskip("keras")
    wardrobe.write_folder(tmp_path / "data", train=4, validation=2)
    losses = iter([1.0, float("nan")])
    monkeypatch.setattr(photographs, "_keras_step", lambda *arguments: next(losses))
    with pytest.raises(ValueError, match="`photographs` compares trainings that go well. Received: .*nan.* epoch 1 of"):
        photographs.measure(tmp_path / "data", 20, 3, get_num_threads(), quick=True)
