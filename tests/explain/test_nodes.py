"""The model as the page is told of it: each window with all of its settings."""

import pytest

from minicnn.explain.page.nodes import describe
from tests.explain.nets import NETS


@pytest.mark.parametrize("name", NETS)
def test_a_window_has_every_setting(name):
    """The padding laboratory takes any of them: a separable convolution's 1x1 half, too."""
    windows = [node["settings"] for node in describe(NETS[name]())[0] if "size" in node.get("settings", {})]
    assert windows
    for settings in windows:
        assert {"size", "strides", "pads", "dilation", "padding"} <= settings.keys()
