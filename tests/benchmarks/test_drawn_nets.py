"""The weights that architectures are drawn with: sizes that keep numbers level from layer to layer."""

import math
from types import SimpleNamespace

import numpy as np
import pytest

from benchmarks import architectures


@pytest.mark.parametrize(
    ("name", "path", "shape", "deviation"),
    [
        ("bias", "dense/bias", (40_000,), 0.2),
        ("kernel", "conv/kernel", (3, 3, 40, 200), math.sqrt(1.5 / 360)),
        ("kernel", "dense/kernel", (300, 200), math.sqrt(1.5 / 300)),
        ("depthwise_kernel", "block_sepconv1/depthwise_kernel", (3, 3, 9000, 1), math.sqrt(1.5 / 9)),
        ("kernel", "expanded_conv_depthwise/kernel", (3, 3, 9000, 1), math.sqrt(1.5 / 9)),
    ],
)
def test_deviations(name, path, shape, deviation):
    drawn = architectures._drawn(np.random.default_rng(0), SimpleNamespace(name=name, path=path, shape=shape))
    assert drawn.shape == shape and drawn.std() == pytest.approx(deviation, rel=0.03)
    assert abs(drawn.mean()) < 0.03 * deviation


@pytest.mark.parametrize("name", ["gamma", "moving_variance", "variance"])
def test_scales_are_positive(name):
    drawn = architectures._drawn(np.random.default_rng(0), SimpleNamespace(name=name, path=name, shape=(9000,)))
    assert 0.5 <= drawn.min() < 0.51 and 1.49 < drawn.max() <= 1.5


def test_what_is_compared_are_logits_of_order_1():
    keras = pytest.importorskip("keras")
    net, pictures = architectures.build("MobileNet", 32, classes=10)
    assert pictures.shape == (6, 32, 32, 3) and net.output_shape == (None, 10)
    logits = np.asarray(net(pictures))
    assert 0.8 < np.std(logits[:2]) < 1.25 and logits.min() < 0 < logits.max()
    assert not np.allclose(logits[0], logits[1], atol=0.01)  # they depend on the pictures
    keras.backend.clear_session()


def test_a_difference_is_told_in_the_largest_logit():
    want = np.float32([[3.0, -50.0], [4.0, 0.0]])
    got = want + np.float32([[0.0, 0.0], [-1e-3, 0.0]])
    assert architectures._same("a net", got, want) == pytest.approx(1e-3 / 50, rel=1e-2)
    assert architectures._same("a net", want / 1e4, want / 1e4) == 0
    for wrong in (want + np.float32(0.01), want * np.nan):
        with pytest.raises(ValueError, match="a net: (0.0002|nan) of the largest logit off Keras; nothing is timed."):
            architectures._same("a net", wrong, want)
