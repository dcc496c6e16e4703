"""Ways of preparing pixels that have names, against the programs that gave them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from minicnn.data import to_floats
from minicnn.files import WAYS, preprocess

PIXELS = hnp.arrays(np.uint8, st.tuples(st.integers(1, 3), st.integers(1, 4), st.integers(1, 4), st.just(3)))


@pytest.mark.parametrize("way", ["tf", "torch", "caffe"])
@given(pixels=PIXELS)
def test_as_keras(way, pixels):
    from keras.src.applications.imagenet_utils import preprocess_input

    told = preprocess(way)
    ours = to_floats(pixels, told["scale"], told["offset"], told["order"])
    theirs = preprocess_input(pixels.astype(np.float32), data_format="channels_last", mode=way)
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=2e-6 if way != "caffe" else 2e-5)


@given(pixels=PIXELS)
def test_as_teachable_machine(pixels):
    told = preprocess("teachable")
    ours = to_floats(pixels, told["scale"], told["offset"], told["order"])
    np.testing.assert_allclose(ours, pixels.astype(np.float32) / 127.5 - 1, rtol=0, atol=2e-7)
    assert (
        told["crop"] == "centre" and told["resize"] == preprocess("teachable", "keras_model.h5")["resize"] == "lanczos"
    )
    assert preprocess("teachable", "model.json")["resize"] != "lanczos"


def test_other_names_are_refused():
    with pytest.raises(
        ValueError, match=r"`preprocess` must be one of 'tf', 'torch', 'caffe', 'teachable'. Received: 'th'"
    ):
        preprocess("th")
    told = preprocess("tf")
    told["scale"] = 7
    assert WAYS["tf"]["scale"] == 1 / 127.5
