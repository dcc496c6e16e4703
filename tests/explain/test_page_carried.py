"""Which maps a page carries of a net that is too large for it."""

import numpy as np
import pytest

from minicnn import (
    Conv2D,
    DepthwiseConv2D,
    Flatten,
    Input,
    MaxPooling2D,
    ReLU,
    SeparableConv2D,
    Sequential,
    ZeroPadding2D,
)
from minicnn.explain.page import page
from minicnn.explain.terms import run_forward
from minicnn.models import homework
from tests.explain.conftest import noise
from tests.explain.nets import randomise
from tests.explain.test_commands import payload


def deep():
    """Layers that hand their channels on, between two that mix them; not one is square."""
    return randomise(
        Sequential(
            [
                Input((40, 30, 3)),
                Conv2D(24, 3),
                ReLU(),
                MaxPooling2D(2),
                ZeroPadding2D(1),
                DepthwiseConv2D(3, depth_multiplier=2, activation="relu"),
                SeparableConv2D(20, (2, 3)),
                Conv2D(30, 1),
                Flatten(),
            ],
            seed=0,
        )
    )


def test_the_strongest_maps_and_those_that_they_become(tmp_path, monkeypatch):
    monkeypatch.setattr(page, "too_large", lambda model: True)
    monkeypatch.setattr("minicnn.explain.page.carried.LAYER", 0)  # as many as MOST_MAPS
    model, pixels = deep(), noise(40, 30, 3)
    page.write(model, [pixels], tmp_path / "page.html", labels=[0])
    data = payload(tmp_path / "page.html")
    channels = dict(zip([node["name"] for node in data["nodes"]], data["carried"]["channels"], strict=True))
    _, values = run_forward(model, pixels.astype(np.float32))

    def strongest(name):
        strength = np.abs(values[name][0]).mean((0, 1))
        return sorted(sorted(range(len(strength)), key=lambda c: -strength[c])[:10])

    own = strongest("re_lu")  # of what no ReLU closes
    assert own != strongest("conv2d")
    for name in ("conv2d", "re_lu", "max_pooling2d", "zero_padding2d"):
        assert channels[name] == own, name
    doubled = [2 * c for c in own]  # each makes two maps; the first of them goes on
    assert channels["depthwise_conv2d (before relu)"] == channels["depthwise_conv2d"] == doubled
    assert channels["separable_conv2d (depthwise)"] == doubled
    assert channels["separable_conv2d"] == strongest("separable_conv2d")
    assert channels["conv2d_1"] == strongest("conv2d_1")
    assert channels["input_layer"] is None and channels["flatten"] is None  # whole


def wide(maps):
    """Few weights, much work: 200 * 200 pixels * 9 taps * 16 channels for each map."""
    return Sequential([Input((202, 202, 1)), Conv2D(16, 1), Conv2D(maps, 3), Flatten()], seed=0)


@pytest.mark.parametrize(
    "net, large",
    [
        (lambda: homework((90, 90), 2), False),  # 3.97 million weights
        (lambda: homework((92, 92), 2), True),  # 4.15
        (lambda: wide(50), False),  # 289 million multiply-adds
        (lambda: wide(52), True),  # 300.2
    ],
)
def test_from_which_size_on(net, large):
    assert page.too_large(net()) is large
