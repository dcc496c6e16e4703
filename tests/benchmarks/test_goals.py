"""Each goal just reached, just missed, and undecided: a table that answers "yes" to anything would fail here."""

import copy

import numpy as np
import pytest

from benchmarks import goals, results


def layer(operation, which, ratio, case="net/n1/28x28x10-10-k3", suite="E2", peers=("keras graph",), **more):
    """Return a row in which minicnn takes 10 ms, and some peers `ratio` times that."""
    engines = {"minicnn": {"ms": 10.0}} | {name: {"ms": 10.0 * ratio} for name in peers}
    return {
        "suite": suite,
        "case": case,
        "operation": operation,
        "pass": which,
        "flop": 1e9,
        "bytes": 1e4,
        "share": 0.5,
        "engines": engines,
        **more,
    }


def part(kind, *rows, lanes=8, **head):
    return {"kind": kind, "head": {"kind": "a-processor", "lanes": lanes, **head}, "rows": list(rows)}


def told(given):
    """{goal: answer} of a part, as the table says it."""
    lines = [line.strip("| ").split(" | ") for line in goals.text([given]).splitlines()[4:]]
    assert all(processor == "a-processor" for _, processor, *_ in lines)
    return {label: answer for label, _, _, _, answer in lines}


def answers(given):
    """{goal: reached} of a part."""
    return {label: answer.startswith("yes") for label, answer in told(given).items()}


def scaled(rows, factor, spread=1.0):
    """Return the rows with every peer `factor` times as slow, and intervals so wide on either side."""
    rows = copy.deepcopy(rows)
    for row in rows:
        ours = row["engines"]["minicnn"]["ms"]
        for name, sample in row["engines"].items():
            if name != "minicnn":
                sample["ms"] *= factor
                ratio = sample["ms"] / ours
                sample |= {"ratio": ratio, "low": ratio / spread, "high": ratio * spread}
    return rows


SQUARE = "net/n1/9x9x64-64-k3"
CONVOLUTIONS = {  # goal -> rows that just reach it, and rows that it does not ask about
    "convolution forward against the best of Keras": [layer("depthwise_conv2d", "fwd", 1.0)],
    "input gradient against the best of Keras": [layer("conv2d", "dX", 1.0)],
    "kernel gradient against the best of Keras": [layer("conv2d", "dW", 1.0)],
    "1x1 layers against Keras, worst": [
        layer("conv2d", "fwd", 0.95, "net/n1/9x9x4-4-k1-s2"),
        layer("conv2d", "fwd", 0.1, "net/n1/9x9x4-4-k2"),
    ],
    "... PyTorch, worst": [layer("conv2d", "fwd", 0.9, peers=["torch nhwc"])],
    "... ONNX Runtime, worst": [layer("conv2d", "fwd", 0.9, peers=["onnxruntime"])],
    "dense, pooling, activations, fwd": [layer("dense", "fwd", 1.0, "net/n1/9-9-dense")],
    "dense, pooling, activations, dX": [layer("relu", "dX", 1.0, "relu")],
    "dense, pooling, activations, dW": [layer("dense", "dW", 1.0, "net/n1/9-9-dense")],
}
MEANS = {  # goal -> (ratio with 8 lanes, with 16), the row
    "convolution forward against Keras, mean": (1.6, 1.8, layer("depthwise_conv2d", "fwd", 1.0)),
    "input gradient against Keras, mean": (1.7, 2.0, layer("conv2d", "dX", 1.0)),
    "kernel gradient against Keras, mean": (1.7, 2.0, layer("conv2d", "dW", 1.0)),
    "3x3 body against Keras, mean": (1.8, 2.2, layer("conv2d", "fwd", 1.0, SQUARE)),
    "1x1 layers against Keras, mean": (1.1, 1.1, layer("conv2d", "fwd", 1.0, "net/n1/9x9x4-4-k1")),
    "convolution forward against PyTorch, mean": (1.3, 1.3, layer("conv2d", "fwd", 1.0, peers=["torch nchw"])),
    "convolution forward against ONNX Runtime, mean": (1.3, 1.3, layer("conv2d", "fwd", 1.0, peers=["onnxruntime"])),
}


@pytest.mark.parametrize("goal", CONVOLUTIONS)
def test_a_case_counts_as_below_where_its_whole_interval_lies_there(goal):
    rows = CONVOLUTIONS[goal]
    assert told(part("layers", *scaled(rows, 1.0)))[goal] == "yes"
    assert told(part("layers", *scaled(rows, 0.999)))[goal] == "no"
    assert told(part("layers", *scaled(rows, 0.97, 1.05)))[goal] == "yes"
    assert told(part("layers", *scaled(rows, 0.94, 1.05)))[goal] == "no"


@pytest.mark.parametrize("lanes", [8, 16])
@pytest.mark.parametrize("goal", MEANS)
def test_a_mean_is_reached_where_its_whole_interval_lies_above(goal, lanes):
    """Four rows with 4% on either side: their mean has 2%."""
    least = MEANS[goal][lanes == 16]
    for factor, answer in ((1.021, "yes"), (1.019, "open"), (0.981, "open"), (0.979, "no")):
        rows = [scaled([MEANS[goal][2]], least * factor, 1.04)[0] for _ in range(4)]
        assert told(part("layers", *rows, lanes=lanes))[goal] == answer, factor
    assert told(part("layers", MEANS[goal][2]))[goal] == "no, by the medians alone"


def test_the_mean_of_intervals():
    """The spread of a mean of independent errors, drawn: logarithms with 10% and 30%, 200,000 times."""
    rng = np.random.default_rng(0)
    errors = np.array([0.1, 0.3, 0.3])
    means = np.exp((np.log([1.0, 2.0, 4.0]) + errors * rng.normal(size=(200_000, 3))).mean(axis=1))
    given = [
        (ratio, ratio * np.exp(-1.96 * e), ratio * np.exp(1.96 * e)) for ratio, e in zip([1, 2, 4], errors, strict=True)
    ]
    mean, low, high = goals.mean_interval(given)
    assert mean == pytest.approx(2.0)
    assert (low, high) == pytest.approx(np.percentile(means, (2.5, 97.5)), rel=3e-3)


def test_the_body_is_3x3_with_64_channels_and_filters_or_more():
    others = ("9x9x63-64-k3", "9x9x64-63-k3", "9x9x64-64-k5", "9x9x64-64-k3-s2")
    rows = [layer("conv2d", "fwd", 0.1, f"net/n1/{other}") for other in others]
    assert "3x3 body against Keras, mean" not in told(part("layers", *rows))
    assert answers(part("layers", layer("conv2d", "fwd", 1.81, SQUARE), *rows))["3x3 body against Keras, mean"]


def test_every_case_counts_and_the_worst_is_named():
    rows = [layer("conv2d", "fwd", 3.0), layer("conv2d", "fwd", 0.5, "net/n1/9x9x20-20-k3"), layer("conv2d", "fwd", 1)]
    rows = scaled(rows, 1.0, 1.02)
    said = "| 1 of 3 cases below; worst 0.50x (0.49 to 0.51), E2 net/n1/9x9x20-20-k3 | no |"
    assert said in goals.text([part("layers", *rows)])


def test_the_best_of_keras_counts():
    row = layer("conv2d", "fwd", 3.0)
    for name in ("keras xla", "keras onednn"):
        row["engines"] = {"minicnn": {"ms": 10.0}, "keras graph": {"ms": 30.0}, name: {"ms": 9.0}}
        assert not answers(part("layers", row))["convolution forward against the best of Keras"]


def test_short_layers_are_not_held_against_onnxruntime_and_pytorch():
    row = layer("conv2d", "fwd", 0.1, peers=["onnxruntime", "torch"])
    for ms, counts in ((0.0501, 2), (0.05, 0)):
        row["engines"]["minicnn"]["ms"] = ms
        assert sum("worst" in label for label in told(part("layers", row))) == counts


def test_two_kinds_of_processors_stand_under_each_other():
    wide = part("layers", layer("conv2d", "fwd", 1.7), lanes=16)
    wide["head"]["kind"] = "another"
    rows = [
        line.split(" | ") for line in goals.text([wide, part("layers", layer("conv2d", "fwd", 1.7))]).splitlines()[4:]
    ]
    labels = [row[0] for row in rows]
    assert labels[0::2] == labels[1::2] and [row[1] for row in rows[:2]] == ["another", "a-processor"]
    means = {row[1]: row[2:] for row in rows if "forward against Keras, mean" in row[0]}
    assert means["another"][0] == "geometric mean 1.8x" and means["another"][-1].startswith("no")
    assert means["a-processor"][0] == "geometric mean 1.6x" and means["a-processor"][-1].startswith("yes")


def test_what_was_tried_stands_beside_what_is_not_reached(monkeypatch):
    label = "convolution forward against the best of Keras"
    monkeypatch.setitem(goals.TRIED, label, "larger tiles")
    assert told(part("layers", layer("conv2d", "fwd", 0.5)))[label] == "no: larger tiles"
    assert told(part("layers", layer("conv2d", "fwd", 1.5)))[label] == "yes"


def test_answers_are_to_goals_that_there_are():
    """Of the committed results."""
    said = goals.text(results.read(results.committed()))
    for label in goals.TRIED:
        assert f"| {label} | " in said


def test_only_the_promised_suites_count():
    for suite, counts in (("E6", True), ("E9", False), ("E10", False), ("own", False)):
        assert bool(goals.text([part("layers", layer("conv2d", "fwd", 3.0, suite=suite))])) == counts


@pytest.mark.parametrize("operation", ["maxpool2d", "relu", "sigmoid", "softmax"])
def test_what_moves_bytes_against_the_copy(operation):
    label = "pooling and activations of more than 32 MiB"
    large = {"bytes": (32 << 20) + 1, "suite": "E9", "case": operation}
    assert answers(part("layers", layer(operation, "fwd", 3.0, share=0.8, **large)))[label]
    assert not answers(part("layers", layer(operation, "fwd", 3.0, share=0.79, **large)))[label]
    assert label not in answers(part("layers", layer(operation, "fwd", 3.0, share=0.1, **large | {"bytes": 32 << 20})))


@pytest.mark.parametrize(
    ("net", "what", "least"),
    [
        ("homework", "train_on_batch, 20 pictures", 2.5),
        ("tinyvgg", "train_on_batch, 32 pictures", 2.5),
        ("resnet20", "train_on_batch, 32 pictures", 1.5),
        ("tinyvgg", "fit, an epoch of 3068 photographs, loading included", 1),
        ("tinyvgg", "fit, a later epoch of 3068 photographs, kept in memory", 2),
    ],
)
def test_nets(net, what, least):
    row = {
        "net": net,
        "what": what,
        "engines": {"minicnn": {"ms": 10.0}, "keras graph": {"ms": 10.001 * least}, "keras xla": {"ms": 500.0}},
    }
    label = f"{net}: {what}, against Keras"
    assert answers(part("nets", row)) == {label: True}
    row["engines"]["keras xla"]["ms"] = 9.99 * least
    assert answers(part("nets", row)) == {label: False}


@pytest.mark.parametrize("pictures", ["1 picture", "8 pictures"])
def test_nets_against_onnxruntime(pictures):
    row = {
        "net": "tinyvgg",
        "what": f"predict_on_batch, {pictures}",
        "engines": {"minicnn": {"ms": 10.0}, "onnxruntime": {"ms": 10.1}, "keras graph": {"ms": 1.0}},
    }
    label = f"tinyvgg: predict_on_batch, {pictures}, against ONNX Runtime"
    assert answers(part("nets", row)) == {label: True}
    row["engines"]["onnxruntime"]["ms"] = 9.9
    assert answers(part("nets", row)) == {label: False}


def test_architectures():
    def row(net, keras, onnxruntime, seconds, peak):
        engines = {"minicnn": {"ms": 100.0}, "keras graph": {"ms": keras}, "onnxruntime": {"ms": onnxruntime}}
        return {
            "net": net,
            "size": 150,
            "batches": {"1": engines},
            "minicnn": {"s": seconds, "peak_mb": peak},
            "keras": {"s": 10.0, "peak_mb": 1000.0},
        }

    def said(*given):
        return answers(part("architectures", row(*given)))

    label = "VGG16 at 150 px, batch 1, against"
    assert said("VGG16", 101.0, 99.0, 9.0, 900.0) == {f"{label} Keras": True, f"{label} ONNX Runtime": False}
    assert said("VGG16", 99.0, 101.0, 9.0, 900.0) == {f"{label} Keras": False, f"{label} ONNX Runtime": True}
    assert set(said("Xception", 101.0, 101.0, 1.9, 490.0).values()) == {True}
    missed = said("Xception", 99.0, 99.0, 2.1, 510.0)
    assert len(missed) == 4 and set(missed.values()) == {False}


@pytest.mark.parametrize(("ms", "peak", "reached"), [(12.1, 49.0, True), (11.9, 51.0, False)])
def test_training(ms, peak, reached):
    row = {
        "net": "VGG16, 224",
        "what": "head, 8 pictures",
        "engines": {"minicnn": {"ms": 10.0}, "keras graph": {"ms": ms}},
    }
    row |= {"minicnn": {"peak_mb": peak}, "keras": {"peak_mb": 100.0}}
    assert answers(part("training", row)) == {
        "training VGG16, 224 px, head, 8 pictures, against Keras": reached,
        "training VGG16, 224 px, head, 8 pictures, peak memory, of Keras's": reached,
    }


def test_scaling():
    def given(ratio, cost):
        return part(
            "scaling",
            {"what": "threads", "case": "E3 vgg16", "engines": {"one": {"ms": ratio}, "all": {"ms": 1.0}}},
            {"what": "threads", "case": "E1 first", "engines": {"one": {"ms": 0.1}, "all": {"ms": 1.0}}},
            *(
                {"what": "batch", "n": n, "engines": {"minicnn": {"ms": n * ms}}}
                for n, ms in ((1, 1.0), (8, 99.0), (32, cost))
            ),
            threads=2,
        )

    assert set(answers(given(1.81, 1.19)).values()) == {True}
    assert set(answers(given(1.79, 1.21)).values()) == {False}
    assert len(answers(given(1.81, 1.19))) == 2


def test_startup():
    def given(numba, ours, warm, cold):
        names = ("import numba", "import minicnn", "minicnn predict, warm", "minicnn predict, cold")
        times = zip(names, (numba, ours, warm, cold), strict=True)
        return part("startup", *({"process": name, "s": seconds} for name, seconds in times))

    assert list(answers(given(1.0, 1.49, 0.59, 7.9)).values()) == [True] * 3
    assert list(answers(given(1.0, 1.51, 0.61, 8.1)).values()) == [False] * 3


def test_memory():
    def given(peak, faults):
        return part(
            "memory",
            {"engine": "minicnn", "peak_mb": peak, "faults_a_step": faults},
            {"engine": "keras", "peak_mb": 400.0},
        )

    assert list(answers(given(99.0, 244.1)).values()) == [True] * 2  # pages of 4096 bytes
    assert list(answers(given(101.0, 245)).values()) == [False] * 2


@pytest.mark.parametrize("steps", [[1e-2], [1e-6, float("nan")], [float("nan"), 1e-6]])
def test_photographs(steps):
    rows = [{"seed": 0, "epoch": 1, "val_accuracy": 0.59, "keras_val_accuracy": 0.5}]
    good = part("photographs", *rows, steps=[9e-4], validation=100)  # 1.96 * 0.05 = 9.8%
    assert list(answers(good).values()) == [True] * 2
    bad = part("photographs", {**rows[0], "val_accuracy": 0.4}, steps=steps, validation=100)
    assert list(answers(bad).values()) == [False] * 2
