"""What the explorer's tests share."""

import numpy as np
import pytest
from PIL import Image

from minicnn.files import make_card
from minicnn.models import tinyvgg


@pytest.fixture
def saved(tmp_path):
    """Return a model file and a picture."""
    model = tinyvgg((16, 16), 3, seed=0)
    model.classifier = make_card(["hat", "shirt", "shoes"], (16, 16))
    model.save(tmp_path / "net.keras")
    Image.fromarray(np.zeros((20, 20, 3), np.uint8)).save(tmp_path / "shirt.png")
    return tmp_path
