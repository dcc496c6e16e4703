"""Conv2DTranspose: output and every gradient as Keras's, settings, open sizes, errors."""

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minicnn import Conv2DTranspose, reference
from tests.keras_oracle import assert_parity, keras
from tests.strategies import dtypes, normal, seeds
from tests.tolerances import after_activation, assert_same


@dataclass(frozen=True)
class Transposed:
    """A transposed convolution of small pictures."""

    x_shape: tuple
    filters: int
    window: tuple
    strides: tuple
    padding: str
    dilation: tuple
    output_padding: tuple | None
    use_bias: bool
    dtype: str
    seed: int

    @property
    def settings(self):
        """The arguments, ours and Keras's."""
        return {
            "filters": self.filters,
            "kernel_size": self.window,
            "strides": self.strides,
            "padding": self.padding,
            "output_padding": self.output_padding,
            "dilation_rate": self.dilation,
            "use_bias": self.use_bias,
        }


@st.composite
def drawn(draw):
    """Draw one. TensorFlow's CPU kernel knows no dilation: see `test_dilation_equals_a_kernel_with_zeros`."""
    pair = st.tuples(st.integers(1, 3), st.integers(1, 3))
    window, strides = draw(st.tuples(st.integers(1, 4), st.integers(1, 4))), draw(pair)
    padding = draw(st.sampled_from(["valid", "same"]))
    least = [1 if padding == "same" and k % 2 == 0 else 0 for k in window]
    more = None
    if all(low < stride for low, stride in zip(least, strides, strict=True)) and draw(st.booleans()):
        more = tuple(draw(st.integers(low, stride - 1)) for low, stride in zip(least, strides, strict=True))
    x_shape = (draw(st.integers(1, 3)), draw(st.integers(1, 6)), draw(st.integers(1, 6)), draw(st.integers(1, 4)))
    filters, use_bias = draw(st.integers(1, 4)), draw(st.booleans())
    return Transposed(x_shape, filters, window, strides, padding, (1, 1), more, use_bias, draw(dtypes), draw(seeds))


def check(case, activation=None):
    layer = Conv2DTranspose(**case.settings, activation=activation)
    rng = np.random.default_rng(case.seed)
    x = normal(rng, case.x_shape, case.dtype)
    kernel = normal(rng, (*case.window, case.filters, case.x_shape[3]), case.dtype)
    weights = [kernel, normal(rng, (case.filters,), case.dtype)][: 2 if case.use_bias else 1]
    dy = normal(rng, layer.compute_output_shape(case.x_shape), case.dtype)
    size = dy.shape[1:3]
    how = (case.strides, layer.pads(size), case.dilation)
    absolute = [abs(item) for item in (x, *weights, *[np.zeros(case.filters, case.dtype)] * (not case.use_bias))]
    forward = reference.conv2d_transpose_forward(*absolute, size, *how), kernel[:, :, 0].size + 1
    spread = abs(dy) if activation is None else after_activation(dy, *forward)
    sizes = {
        "y": ("conv2d_backward_input", forward),
        "dx": (
            "conv2d_forward",
            (reference.conv2d_transpose_backward_input(spread, absolute[1], *how), kernel[..., 0].size),
        ),
        "kernel": (
            "conv2d_backward_kernel",
            (reference.conv2d_transpose_backward_kernel(spread, absolute[0], case.window, *how), x[..., 0].size),
        ),
        "bias": ("bias_backward", (reference.bias_backward(spread), dy[..., 0].size)),
    }
    twin = keras.layers.Conv2DTranspose(**case.settings, activation=activation, dtype=case.dtype)
    assert_parity(layer, twin, x, dy, weights, sizes)


# ---- 5 Keras --------------------------------------------------------------------------------------------------------


@given(drawn())
def test_equals_keras(case):
    check(case)


@pytest.mark.parametrize("activation", ["relu", "sigmoid", "softmax"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_activations_equal_keras(activation, dtype):
    check(Transposed((2, 4, 3, 3), 4, (3, 2), (2, 1), "same", (1, 1), None, True, dtype, 1), activation)


@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize("dilation", [(2, 2), (1, 3), (3, 2)])
def test_dilation_equals_a_kernel_with_zeros(padding, dilation):
    """Held against Keras's layer without a dilation, whose larger kernel has zeros between the taps."""
    rng = np.random.default_rng(1)
    x, kernel = normal(rng, (2, 5, 4, 3)), normal(rng, (3, 2, 2, 3))
    span = tuple(map(reference.effective_size, (3, 2), dilation))
    wide = np.zeros((*span, 2, 3))
    wide[:: dilation[0], :: dilation[1]] = kernel
    twin = keras.layers.Conv2DTranspose(2, span, padding=padding, use_bias=False, dtype="float64")
    twin.build(x.shape)
    twin.set_weights([wide])
    layer = Conv2DTranspose(2, (3, 2), padding=padding, dilation_rate=dilation, use_bias=False)
    layer.build((None, *x.shape[1:]), dtype="float64")
    layer.set_weights([kernel])
    want = np.asarray(twin(x))
    np.testing.assert_allclose(layer(x), want, rtol=1e-12, atol=1e-12)
    asked = keras.layers.Conv2DTranspose(2, (3, 2), padding=padding, dilation_rate=dilation, use_bias=False)
    assert tuple(asked.compute_output_shape(x.shape)) == layer.compute_output_shape(x.shape)


# ---- the layer ------------------------------------------------------------------------------------------------------


def test_defaults_and_arrays():
    layer = Conv2DTranspose(8, 3, strides=2)
    layer.build((None, 10, 12, 4), np.random.default_rng(1))
    assert layer.output_shape == (None, 21, 25, 8) and list(layer.params) == ["kernel", "bias"]
    assert layer.params["kernel"].shape == (3, 3, 8, 4)
    assert_same(layer.params["bias"], np.zeros(8, "float32"))
    assert layer.multiply_adds() == 10 * 12 * 3 * 3 * 8 * 4
    assert Conv2DTranspose(8, 3).compute_output_shape((None, None, 5, 4)) == (None, None, 7, 8)
    assert Conv2DTranspose.from_config(layer.get_config()).get_config() == layer.get_config() | {"dtype": "float32"}
    limit = np.sqrt(6 / (9 * 4 + 9 * 8))  # glorot_uniform
    assert 0.9 * limit < abs(layer.params["kernel"]).max() <= limit


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"filters": 0}, "`filters` must be a positive integer. Received: filters=0."),
        ({"padding": "full"}, "`padding` must be one of 'valid', 'same'. Received: padding='full'."),
        (
            {"strides": 2, "dilation_rate": (1, 2)},
            "`strides` and `dilation_rate` cannot both be above 1. Received: strides=(2, 2), dilation_rate=(1, 2).",
        ),
        (
            {"strides": 2, "output_padding": (1, 2)},
            "`output_padding` must be below `strides`. Received: output_padding=(1, 2), strides=(2, 2).",
        ),
        (
            {"strides": 2, "output_padding": -1},
            "`output_padding` must be an integer of at least 0. Received: output_padding=-1.",
        ),
        (
            {"strides": 2, "kernel_size": 4, "padding": "same", "output_padding": 0},
            "`output_padding` must be at least 1 where padding is 'same' and the window even. "
            "Received: output_padding=(0, 0), kernel_size=(4, 4).",
        ),
    ],
)
def test_what_makes_no_sense(settings, sentence):
    with pytest.raises(ValueError) as error:
        Conv2DTranspose(**{"filters": 2, "kernel_size": 3, **settings})
    assert str(error.value) == sentence
