"""The benchmarks of whole nets and of scaling, in their quick forms."""

import json

import numpy as np
import pytest

from benchmarks import architectures, cases, epoch, nets, photographs, scaling, sections, timing, training, twins
from minicnn import get_num_threads, kernels, load_model
from minicnn.data import wardrobe

PEERS = ["keras", "onnxruntime"]


@pytest.mark.parametrize("wanted", [["homework"], pytest.param(list(twins.NETS), marks=pytest.mark.slow)], ids=len)
def test_nets(tmp_path, capsys, wanted):
    wardrobe.write_folder(tmp_path / "data", train=2, validation=1)
    part = nets.measure(PEERS, get_num_threads(), tmp_path / "data", quick=True, wanted=wanted)
    assert [row["what"].partition(",")[0] for row in part["rows"]] == [
        *["train_on_batch", "predict_on_batch", "predict", *["predict_on_batch"] * 2, "predict"] * len(wanted),
        "fit",
        "fit",
    ]
    for row in part["rows"]:
        assert row["engines"]["minicnn"]["ms"] > 0
        if "keras" not in part["head"]["missing"]:
            assert row["engines"]["keras graph"]["ms"] > 0
    assert len(sections.nets(part).splitlines()) == 2 + 6 * len(wanted) + 2
    assert "ms/step" not in capsys.readouterr().out  # Keras's own bar would be timed, too


def test_a_net_that_predicts_something_else_is_not_timed():
    with pytest.raises(ValueError, match="tinyvgg: keras and minicnn differ by 0.5"):
        nets._same("tinyvgg", "keras", 0.5, 0.0)


def test_a_net_that_learns_something_else_is_not_timed(monkeypatch):
    class Twin:
        """Has another loss."""

        def train_on_batch(self, x, y):
            return [1e3]

    class Keras:
        def onednn(self, function, *arguments):
            return {}

    monkeypatch.setattr(twins, "keras_twin", lambda model, jit: Twin())
    with pytest.raises(ValueError, match="^tinyvgg: keras graph, train_on_batch and minicnn differ by "):
        nets._net("tinyvgg", {"keras": Keras()}, True, [])


def test_the_figures_are_of_the_same_things_in_every_version():
    """A size, a batch or a net that changes must be a new row: else two versions' figures are of different things."""
    assert {name: net[1:4] for name, net in twins.NETS.items()} == {
        "tinyvgg": (64, 10, 32),
        "homework": (150, 2, 20),
        "resnet20": (32, 10, 32),
    }
    assert (epoch.SIZE, epoch.BATCH) == (photographs.SIZE, photographs.BATCH) == (64, 32)
    assert (photographs.STEPS, photographs.ALLOWED) == (50, 1e-3)
    assert scaling.BATCHES == tuple(2**k for k in range(8)) and architectures.BATCHES == (1, 8)
    assert architectures.SIZES == {
        "Xception": 299,
        **dict.fromkeys(("VGG16", "ResNet50", "MobileNet", "MobileNetV2", "DenseNet121", "EfficientNetB0"), 224),
    }
    assert [case.full_name for case in cases.CASES if case.full_name in scaling.BODY + scaling.SMALL] == sorted(
        scaling.BODY + scaling.SMALL, key=[case.full_name for case in cases.CASES].index
    )


@pytest.mark.parametrize(("quick", "layers", "batches"), [(True, (0.0, 2), (0.0, 2)), (False, (1.0, 5), (1.0, 7))])
def test_how_long_scaling_is_timed(monkeypatch, quick, layers, batches):
    asked = []

    def race(calls, budget, least):
        asked.append((budget, least))
        return {name: timing.Sample(1.0, [1.0]) for name in calls}

    monkeypatch.setattr(timing, "race", race)
    monkeypatch.setattr(scaling, "BODY", scaling.SMALL)
    monkeypatch.setattr(scaling, "BATCHES", (1, 2))
    scaling.measure([], get_num_threads(), quick)
    assert asked == [layers] * 3 + [batches] * 2


def test_scaling():
    part = scaling.measure(["keras"], 2, quick=True)
    assert [row["what"] for row in part["rows"]] == ["threads"] * 3 + ["batch"] * 2
    assert "1 thread, ms" in sections.scaling(part)


def test_architectures():
    part = architectures.measure(["keras"], get_num_threads(), quick=True)
    (row,) = part["rows"]
    assert row["net"] == "MobileNet" and 0 < row["difference"] < 1e-4
    assert row["batches"]["1"]["minicnn"]["ms"] > 0
    assert "| MobileNet, 32 |" in sections.architectures(part)


def test_what_keras_does_in_a_process_of_its_own():
    """The same as here, from the same seeds; called here, where no oneDNN is asked for."""
    pytest.importorskip("keras")
    model = twins.make("tinyvgg", size=28)
    x, y = twins.batch(np.random.default_rng(0), "tinyvgg", 32, 28)
    call, read = nets.keras_call(2, "tinyvgg", "predict_on_batch", 8, 28)
    np.testing.assert_allclose(read(call()), model.predict(x[:8]), atol=1e-5)
    call, read = nets.keras_call(2, "tinyvgg", "train_on_batch", 32, 28)
    assert read(call()) == pytest.approx(model.train_on_batch(x, y)[0], rel=1e-5)
    from benchmarks.peers.keras_engine import graph_call

    case = cases.from_text("2,6,6,3,4,3")
    x, kernel, bias, dy = case.arrays()
    call, read = graph_call(2, case, "dW")
    want = kernels.conv2d_backward_kernel(dy, x, case.window, case.strides, case.pads)
    np.testing.assert_allclose(read(call()), want, rtol=1e-5, atol=1e-5)


def test_an_architecture_in_a_process_of_its_own(tmp_path):
    pytest.importorskip("keras")
    net, pictures = architectures.build("MobileNet", 32)
    net.save(tmp_path / "net.keras")
    call, read = architectures.keras_call(2, str(tmp_path / "net.keras"), 8)
    want = net.predict_on_batch(np.concatenate([pictures, pictures[:2]]))
    np.testing.assert_allclose(read(call()), want, atol=1e-5 * np.abs(want).max())


def test_training(tmp_path, monkeypatch):
    pytest.importorskip("keras")
    monkeypatch.setattr(training, "WHOLE", {"MobileNet": 32})
    part = training.measure(["keras"], get_num_threads(), quick=True)
    assert [(row["net"], row["what"]) for row in part["rows"]] == [
        ("MobileNet, 32", "head, 8 pictures"),
        ("MobileNet, 32", "whole, 8 pictures"),
    ]
    assert all(row["engines"][name]["ms"] > 0 for row in part["rows"] for name in ("minicnn", "keras graph"))
    assert "| MobileNet, 32 | whole, 8 pictures |" in sections.training(part)


def test_a_head_alone_is_trained(tmp_path):
    pytest.importorskip("keras")
    training.build("MobileNet", 32, "head", tmp_path / "net.keras")
    assert [layer.name for layer in load_model(tmp_path / "net.keras").layers if layer.trainable_weights] == ["dense"]
    training.build("MobileNet", 32, "whole", tmp_path / "net.keras")
    assert len([layer for layer in load_model(tmp_path / "net.keras").layers if layer.trainable_weights]) > 50


def test_a_process_that_trains(tmp_path, capsys):
    from benchmarks.children import train

    twins.make("tinyvgg", size=28).save(tmp_path / "net.keras")
    np.save(tmp_path / "pictures.npy", np.zeros((4, 28, 28, 3), np.float32))
    train.main("minicnn", tmp_path / "net.keras", tmp_path / "pictures.npy")
    told = json.loads(capsys.readouterr().out)
    assert told["peak_mb"] > 10 and 0 < told["loss"] < 10


def test_an_architecture_that_there_is_not():
    pytest.importorskip("keras")
    with pytest.raises(ValueError, match="`--net` must name some of Xception, .* Received: AlexNet."):
        architectures.measure(["keras"], 1, wanted=["VGG16", "AlexNet"])


def test_architectures_need_keras():
    with pytest.raises(ValueError, match="leave keras among the --peers"):
        architectures.measure([], 1, quick=True)
