"""PyTorch's engine, where PyTorch is installed: the same numbers as the definitions, in both layouts."""

import numpy as np
import pytest

pytest.importorskip("torch")

from benchmarks import cases, layers, peers  # noqa: E402
from benchmarks.peers.torch_engine import Engine  # noqa: E402
from minicnn import reference  # noqa: E402

LAYOUTS = {"torch nchw", "torch nhwc"}
EXAMPLES = {  # 5 in "same" and stride 2: one more row after than before
    "conv2d": (cases.from_text("2,7,6,3,4,3,2,same"), LAYOUTS),
    "even window": (cases.from_text("2,7,6,3,4,2,1,same"), LAYOUTS),
    "no padding": (cases.from_text("2,7,6,3,4,3"), LAYOUTS),
    "depthwise_conv2d": (cases.chosen(["E4"], "n1/5x5x1024-depthwise")[0], LAYOUTS),
    "maxpool2d": (cases.chosen(["E4"], "n1/9x9x1024-pool3")[0], LAYOUTS),
    "dense": (cases.chosen(["E2"], "n1/1690-10-dense")[0], {"torch"}),
    "relu": (cases.elementwise("relu", 4, 10), {"torch"}),
    "sigmoid": (cases.elementwise("sigmoid", 4, 10), {"torch"}),
    "softmax": (cases.elementwise("softmax", 4, 10), {"torch"}),
}


def definition(case, x, kernel, bias):
    """Return what the loops of reference/ say, in float64."""
    x, kernel, bias = (None if array is None else array.astype(np.float64) for array in (x, kernel, bias))
    if case.operation == "conv2d":
        return np.maximum(reference.conv2d_forward(x, kernel, bias, case.strides, case.pads), 0)
    if case.operation == "depthwise_conv2d":
        return reference.depthwise_conv2d_forward(x, kernel, bias, case.strides, case.pads)
    if case.operation == "maxpool2d":
        return reference.maxpool2d_forward(x, case.window, case.strides, case.pads)
    if case.operation == "dense":
        return reference.dense_forward(x, kernel, bias)
    return getattr(reference, f"{case.operation}_forward")(x)


@pytest.mark.parametrize("example", EXAMPLES)
def test_forward(example):
    case, variants = EXAMPLES[example]
    arrays = case.arrays(1)
    want = definition(case, *arrays[:3])
    runs = Engine(1).runs(case, "fwd", arrays)
    assert set(runs) == variants
    for call, read in runs.values():
        got = read(call())
        assert got.shape == want.shape and got.dtype == np.float32
        assert abs(got - want).max() <= 1e-5 * abs(want).max()


def test_it_is_not_asked_for_gradients_or_for_nothing():
    case = EXAMPLES["conv2d"][0]
    assert Engine(1).runs(case, "dX", case.arrays()) == {}
    empty = next(case for case in cases.CASES if 0 in case.x_shape)
    assert Engine(1).runs(empty, "fwd", empty.arrays()) == {}


def test_it_is_loaded_with_its_threads_and_timed():
    import torch

    engines, missing = peers.load(["torch"], 1)
    assert [engine.name for engine in engines] == ["minicnn", "torch"] and not missing and torch.get_num_threads() == 1
    part = layers.measure([EXAMPLES["conv2d"][0]], ["torch"], 1, quick=True)
    assert part["head"]["own threads"] == []
    forward = part["rows"][0]
    assert set(forward["engines"]) == {"minicnn", *LAYOUTS} and not forward["wrong"]
