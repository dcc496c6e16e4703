"""Rescaling: output and gradient as Keras's, settings, errors."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import minicnn
from minicnn import Rescaling
from tests.keras_oracle import assert_parity, keras
from tests.strategies import cases
from tests.tolerances import assert_same

some = cases(min_dims=2).filter(lambda case: case.shape[0])
CONSTANTS = st.sampled_from([1 / 255, 1 / 127.5, -0.5, 0.1, 0.0])


@given(some, CONSTANTS, CONSTANTS, st.sampled_from(["numbers", "scales", "offsets", "both"]))
def test_equals_keras(case, scale, offset, several):
    """Constants that float32 rounds, in a float64 layer too: Keras rounds them first."""
    x, dy = case.arrays()
    if several in ("scales", "both"):
        scale = [scale / (channel + 1) for channel in range(x.shape[-1])]
    if several in ("offsets", "both"):
        offset = [offset - channel / 3 for channel in range(x.shape[-1])]
    sizes = {
        "y": ("rescaling_forward", (abs(x * scale) + np.abs(offset), 2)),
        "dx": ("rescaling_backward", (abs(dy * scale), 1)),
    }
    assert_parity(Rescaling(scale, offset), keras.layers.Rescaling(scale, offset, dtype=case.dtype), x, dy, (), sizes)


@pytest.mark.parametrize("scale", [np.array(1 / 255.0), np.float32(1 / 255), np.full(3, 1 / 255), np.array(2)])
def test_by_numpy_s_numbers_equals_keras(scale, tmp_path):
    x = np.random.default_rng(0).random((2, 2, 2, 3), dtype="float32")
    want = keras.layers.Rescaling(scale, offset=np.array(-1))(x).numpy()
    model = minicnn.Sequential([minicnn.Input((2, 2, 3)), Rescaling(scale, np.array(-1))])
    np.testing.assert_allclose(model.predict(x), want, rtol=1e-6)
    model.save(tmp_path / "r.keras")
    assert_same(minicnn.load_model(tmp_path / "r.keras").predict(x), model.predict(x))


@pytest.mark.parametrize("scale", [True, "1", None, [1.0, None], float("nan"), [float("inf")]])
def test_takes_numbers(scale):
    with pytest.raises(ValueError) as error:
        Rescaling(scale)
    assert str(error.value) == f"`scale` must be one finite number, or one a channel. Received: scale={scale!r}."
    with pytest.raises(ValueError) as error:
        Rescaling(1.0, scale)
    assert str(error.value) == f"`offset` must be one finite number, or one a channel. Received: offset={scale!r}."


def test_takes_a_number_for_each_channel():
    with pytest.raises(ValueError) as error:
        Rescaling(1.0, [1.0, 2.0], name="r").build((None, 4, 3))
    assert str(error.value) == (
        "`offset` of layer 'r' must be one number, or one for each channel of its input "
        "(None, 4, 3). Received: offset=(1.0, 2.0)."
    )
