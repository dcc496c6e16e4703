"""Affine transforms: on paper, kernel against definition, TensorFlow's own, NaN, errors. (There is no way back.)"""

from importlib.util import find_spec

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minicnn import kernels, reference
from tests.strategies import cases
from tests.tolerances import assert_same

both = pytest.mark.parametrize("functions", [reference, kernels], ids=["reference", "kernels"])
modes = st.sampled_from(reference.FILL_MODES)
ways = st.sampled_from(["bilinear", "nearest"])


def matrices_of(seed, count, wide):
    """Turns, stretches and moves that lead far outside, too."""
    rng = np.random.default_rng(seed)
    angle, moves = rng.uniform(-4, 4, count), rng.uniform(-wide, wide, (2, count))
    size = rng.uniform(0.3, 2, (4, count))
    rows = [size[0] * np.cos(angle), -size[1] * np.sin(angle), moves[0]]
    return np.stack([*rows, size[2] * np.sin(angle), size[3] * np.cos(angle), moves[1]], 1).astype("float32")


@both
@pytest.mark.parametrize(
    ("mode", "want"),
    [
        ("reflect", [2, 1, 1, 2, 3, 3, 2, 1]),
        ("nearest", [1, 1, 1, 2, 3, 3, 3, 3]),
        ("constant", [7, 7, 1, 2, 3, 7, 7, 7]),
    ],
)
def test_on_paper(functions, mode, want):
    """Three pixels in a row of eight that are read from two before the first on."""
    x = np.zeros((1, 1, 8, 1))
    x[0, 0, :3, 0] = 1, 2, 3
    y = functions.affine_transform_forward(x[:, :, :3], [[1, 0, -2, 0, 1, 0]], mode, "bilinear", 7.0)
    assert y.ravel().tolist() == want[:3]
    y = functions.affine_transform_forward(x[:, :, :3], [[1, 0, 3, 0, 1, 0]], mode, "nearest", 7.0)
    assert y.ravel().tolist() == want[5:]


@given(case=cases(min_dims=4), mode=modes, way=ways)
def test_equals_reference(case, mode, way):
    x, _ = case.arrays()
    matrices = matrices_of(case.seed, len(x), 3 * max(x.shape))
    y, want = (each.affine_transform_forward(x, matrices, mode, way, 0.5) for each in (kernels, reference))
    np.testing.assert_allclose(y, want, rtol=1e-5, atol=1e-6 * max(1, abs(x).max(initial=0)))
    assert y.dtype == x.dtype


@pytest.mark.skipif(find_spec("tensorflow") is None, reason="TensorFlow is the witness")
@given(case=cases(min_dims=4, dtypes=st.just("float32")), mode=modes)
def test_equals_tensorflow(case, mode):
    from tests.keras_oracle import tf

    x, _ = case.arrays()
    x = np.ascontiguousarray(x)
    matrices = matrices_of(case.seed, len(x), 2 * max(x.shape))
    how = {"interpolation": "BILINEAR", "fill_mode": mode.upper(), "fill_value": 0.5, "output_shape": x.shape[1:3]}
    whole = np.concatenate([matrices, np.zeros((len(x), 2), "float32")], 1)
    want = tf.raw_ops.ImageProjectiveTransformV3(images=x, transforms=whole, **how).numpy()
    y = kernels.affine_transform_forward(x, matrices, mode, "bilinear", 0.5)
    apart = abs(y - want) > 1e-5 * max(1, abs(x).max(initial=0)) * max(x.shape)
    assert apart.sum() <= (
        0.01 * apart.size if mode == "wrap" else 0
    )  # which jumps where a coordinate's last bit decides


def test_what_counts_nothing_may_be_nan():
    x = np.full((1, 1, 3, 1), np.nan)
    x[0, 0, 0] = 5
    y = kernels.affine_transform_forward(x, [[1, 0, 0, 0, 1, 0]], "constant", "bilinear", np.nan)
    assert np.isnan(y).ravel().tolist() == [False, True, True]


@pytest.mark.parametrize(
    ("matrices", "modes", "sentence"),
    [
        ([1, 0, 0, 0, 1, 0], ["wrap"], "`matrices` must be finite, of shape (2, 6). Received: shape (6,)."),
        ([[np.nan] * 6] * 2, ["wrap"], "`matrices` must be finite, of shape (2, 6). Received: shape (2, 6)."),
        ([[1] * 6] * 2, ["mirror"], "`fill_mode` must be one of 'reflect', 'wrap', 'nearest', 'constant'. Received: "),
        ([[1] * 6] * 2, ["wrap", "bicubic"], "`interpolation` must be 'bilinear' or 'nearest'. Received: 'bicubic'."),
    ],
)
def test_what_does_not_fit(matrices, modes, sentence):
    with pytest.raises(ValueError) as error:
        kernels.affine_transform_forward(np.zeros((2, 3, 3, 1)), matrices, *modes)
    assert sentence in str(error.value)


def test_of_no_pictures_nothing():
    x = np.zeros((0, 3, 3, 1), "float32")
    assert_same(kernels.affine_transform_forward(x, np.zeros((0, 6))), x)
