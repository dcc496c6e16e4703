"""The page in a notebook's frame."""

import html
import re

import numpy as np
import pytest

from minicnn.explain import page, show
from minicnn.models import tinyvgg


def test_the_frame_holds_the_page_that_write_writes(tmp_path):
    model, picture = tinyvgg((16, 16), 2, seed=0), np.zeros((16, 16, 3), np.uint8)
    shown = show(model, picture, classes=["cat", "<dog>"], height=321)
    page.write(model, picture, tmp_path / "page.html", classes=["cat", "<dog>"])
    text = shown._repr_html_()
    assert html.unescape(re.search(r'srcdoc="([^"]*)"', text)[1]) == (tmp_path / "page.html").read_text(
        encoding="utf-8"
    )
    assert "height:321px" in text and 'sandbox="allow-scripts"' in text and "title=" in text
    assert repr(shown) == f"<the explorer's page, {len(shown.page) / 1e6:.1f} MB: a notebook shows it>"


@pytest.mark.parametrize("height", [0, 1.5, "tall"])
def test_a_height_that_is_none(height):
    with pytest.raises(ValueError, match="`height` must be a positive integer"):
        show(tinyvgg((16, 16), 2), np.zeros((16, 16, 3), np.uint8), height=height)
