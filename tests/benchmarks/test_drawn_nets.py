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
