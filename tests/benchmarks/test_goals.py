"""Each goal just reached and just missed: a table that answers "yes" to anything would fail here."""

import copy

import pytest

from benchmarks import goals


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


def part(kind, *rows, **head):
    return {"kind": kind, "head": {"peak_gflops": 100.0, **head}, "rows": list(rows)}


def answers(given):
    """{goal: reached} of a part, as the table says it."""
    lines = [line.strip("| ").split(" | ") for line in goals.text([given]).splitlines()[4:]]
    return {label: reached == "yes" for label, _, _, reached in lines}


def scaled(rows, factor):
    """Return the rows with every peer `factor` times as slow."""
    rows = copy.deepcopy(rows)
    for row in rows:
        for name, sample in row["engines"].items():
            sample["ms"] *= 1.0 if name == "minicnn" else factor
    return rows


BODY = "net/n1/56x56x64-64-k3"
CONVOLUTIONS = {
    "convolution forward against the best of Keras": [layer("depthwise_conv2d", "fwd", 1.0)],
    "... small input channels (C <= 16)": [
        layer("conv2d", "fwd", 2.0, "net/n1/28x28x16-99-k3"),
        layer("conv2d", "fwd", 0.1, "net/n1/28x28x17-99-k3"),
    ],
    "... 3x3, stride 1, C and K >= 64": [
        layer("conv2d", "fwd", 1.8, "net/n1/9x9x64-64-k3"),
        layer("conv2d", "fwd", 0.1, "net/n1/9x9x63-64-k3"),
        layer("conv2d", "fwd", 0.1, "net/n1/9x9x64-63-k3"),
        layer("conv2d", "fwd", 0.1, "net/n1/9x9x64-64-k5"),
        layer("conv2d", "fwd", 0.1, "net/n1/9x9x64-64-k3-s2"),
    ],
    "... the same at 56 and 28 pixels": [
        layer("conv2d", "fwd", 2.2, BODY),
        layer("conv2d", "fwd", 0.1, "net/n1/57x57x64-64-k3"),
    ],
    "dense, pooling, activations, fwd": [layer("dense", "fwd", 1.0, "net/n1/9-9-dense")],
    "dense, pooling, activations, dX": [layer("relu", "dX", 1.0, "relu")],
    "dense, pooling, activations, dW": [layer("dense", "dW", 1.0, "net/n1/9-9-dense")],
    "... PyTorch": [layer("conv2d", "fwd", 0.9, peers=["torch nhwc"])],
    "... ONNX Runtime": [layer("conv2d", "fwd", 0.9, peers=["onnxruntime"])],
    "convolution forward against PyTorch": [layer("conv2d", "fwd", 1.2, peers=["torch nchw"])],
    "convolution forward against ONNX Runtime": [layer("conv2d", "fwd", 1.2, peers=["onnxruntime"])],
}


@pytest.mark.parametrize("goal", CONVOLUTIONS)
def test_layers(goal):
    rows = CONVOLUTIONS[goal]
    assert answers(part("layers", *scaled(rows, 1.0001)))[goal]
    assert not answers(part("layers", *scaled(rows, 0.999)))[goal]


@pytest.mark.parametrize("which", ["dX", "dW"])
def test_gradients(which):
    """Two goals bear one name: every case, and the mean."""
    rows = [layer("conv2d", which, ratio) for ratio in (1.01, 2.25)]  # mean 1.507
    assert goals.text([part("layers", *rows)]).count("| yes |") == 2
    assert goals.text([part("layers", *scaled(rows, 0.985))]).count("| yes |") == 0
    rows = [layer("conv2d", which, ratio) for ratio in (0.99, 2.5)]  # mean 1.57
    assert goals.text([part("layers", *rows)]).count("| yes |") == 1


def test_every_case_counts_and_the_worst_is_named():
    rows = [layer("conv2d", "fwd", 3.0), layer("conv2d", "fwd", 0.5, "net/n1/9x9x20-20-k3"), layer("conv2d", "fwd", 1)]
    assert "| 2 of 3 cases; worst 0.50x (E2 net/n1/9x9x20-20-k3) | no |" in goals.text([part("layers", *rows)])


def test_the_best_of_keras_counts():
    row = layer("conv2d", "fwd", 3.0)
    row["engines"]["keras xla"] = {"ms": 9.0}
    assert not answers(part("layers", row))["convolution forward against the best of Keras"]


def test_only_the_promised_suites_count():
    for suite, counts in (("E6", True), ("E9", False), ("E10", False), ("own", False)):
        assert bool(goals.text([part("layers", layer("conv2d", "fwd", 3.0, suite=suite))])) == counts


def test_one_by_one_layers_against_the_peak():
    """10^9 operations in 10 ms are 100 in 10^9 a second."""
    row = layer("conv2d", "fwd", 3.0, "net/n1/9x9x20-20-k1")
    assert answers(part("layers", row, peak_gflops=111.0))["1x1 layers forward"]
    assert not answers(part("layers", row, peak_gflops=112.0))["1x1 layers forward"]


@pytest.mark.parametrize("operation", ["maxpool2d", "relu", "sigmoid", "softmax"])
def test_what_moves_bytes_against_the_copy(operation):
    label = "pooling and activations of more than 32 MiB"
    large = {"bytes": (32 << 20) + 1, "suite": "E9", "case": operation}
    assert answers(part("layers", layer(operation, "fwd", 3.0, share=0.8, **large)))[label]
    assert not answers(part("layers", layer(operation, "fwd", 3.0, share=0.79, **large)))[label]
    assert label not in answers(part("layers", layer(operation, "fwd", 3.0, share=0.1, **large | {"bytes": 32 << 20})))


@pytest.mark.parametrize(
    ("what", "least"),
    [
        ("train_on_batch, 20 pictures", 2),
        ("predict, 1 picture", 10),
        ("predict_on_batch, 1 picture", 3),
        ("fit, an epoch", 2),
    ],
)
def test_nets(what, least):
    row = {
        "net": "tinyvgg",
        "what": what,
        "engines": {"minicnn": {"ms": 10.0}, "keras graph": {"ms": 10.001 * least}, "keras xla": {"ms": 500.0}},
    }
    label = f"tinyvgg: {what}, against Keras"
    assert answers(part("nets", row))[label]
    row["engines"]["keras xla"]["ms"] = 9.99 * least
    assert not answers(part("nets", row))[label]


def test_nets_against_onnxruntime():
    row = {
        "net": "tinyvgg",
        "what": "predict_on_batch, 1 picture",
        "engines": {"minicnn": {"ms": 10.0}, "onnxruntime": {"ms": 10.1}},
    }
    assert answers(part("nets", row)) == {"tinyvgg: one picture, against ONNX Runtime": True}
    row["engines"]["onnxruntime"]["ms"] = 9.9
    assert answers(part("nets", row)) == {"tinyvgg: one picture, against ONNX Runtime": False}


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

    assert answers(part("architectures", row("VGG16", 101.0, 1.0, 9.0, 900.0))) == {
        "VGG16 at 150 px, batch 1, against Keras": True
    }
    assert answers(part("architectures", row("VGG16", 99.0, 1.0, 9.0, 900.0))) == {
        "VGG16 at 150 px, batch 1, against Keras": False
    }
    assert set(answers(part("architectures", row("Xception", 121.0, 101.0, 1.9, 490.0))).values()) == {True}
    missed = answers(part("architectures", row("Xception", 119.0, 99.0, 2.1, 510.0)))
    assert len(missed) == 4 and set(missed.values()) == {False}


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

    assert list(answers(given(1.0, 1.49, 1.99, 14.9)).values()) == [True] * 3
    assert list(answers(given(1.0, 1.51, 2.01, 15.1)).values()) == [False] * 3


def test_memory():
    def given(peak, faults):
        return part(
            "memory",
            {"engine": "minicnn", "peak_mb": peak, "faults_a_step": faults},
            {"engine": "keras", "peak_mb": 300.0},
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
