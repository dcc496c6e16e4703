"""Terms that add up: every layer's numbers taken apart, against the engine and against arithmetic done by hand."""

import numpy as np
import pytest

from minicnn import (
    Activation,
    BatchNormalization,
    Concatenate,
    Conv2D,
    Dense,
    Flatten,
    GlobalMaxPooling2D,
    GroupNormalization,
    Input,
    LayerNormalization,
    MaxPooling2D,
    Model,
    PReLU,
    ReLU,
    Reshape,
    SeparableConv2D,
    Sequential,
    Softmax,
    reference,
)
from minicnn.explain import trace, trace_gradient
from minicnn.explain.terms import find, inside, normalizing, run_backward, run_forward
from tests.explain.nets import NETS, label, picture, randomise


def indices(shape, count=6, seed=3):
    """Draw some indices of an array."""
    rng = np.random.default_rng(seed)
    return {tuple(int(rng.integers(n)) for n in shape) for _ in range(count)}


def every_name(places):
    """List all names that page and terminal have for a model's numbers."""
    return [inside.named(key, part) for key, at in places.items() for part in (*inside.parts(at.layer), None)]


@pytest.mark.parametrize("name", NETS)
def test_terms_add_up_to_the_number_of_every_layer(name):
    model = NETS[name]()
    x = picture(model)
    places, values = run_forward(model, x)
    for name in every_name(places):
        at, part = find(places, name)
        y = values[at.key] if part is None else inside.value(at.layer, values[at.sources[0]], part)
        for index in indices(y.shape):
            result = trace(model, x, name, index)
            assert abs(result.difference) <= 2e-6 * max(1e-6, np.abs(y).max()), f"{name}{index}\n{result}"
            assert result.engine == y[index] and str(result).startswith(name + "[")


@pytest.mark.parametrize("name", NETS)
def test_terms_add_up_to_the_gradient_of_every_map_kernel_and_bias(name):
    model = NETS[name]()
    x, y = picture(model), label(model)
    run = run_backward(model, x, y)
    names = [name for name in every_name(run.places) if not (run.fused and name == run.last)]
    arrays = {**{name: run.gradient_at(*find(run.places, name)) for name in names}, **run.grads}
    assert set(run.gradients) >= set(run.places) and set(run.grads) == set(model.params)
    for what, array in arrays.items():
        for index in indices(array.shape, 4):
            result = trace_gradient(model, x, y, what, index)
            assert result.engine == array[index]
            size = sum(abs(term.value) for term in result.terms)
            assert abs(result.difference) <= 1e-5 * max(size, np.abs(array).max()), f"{what}{index}\n{result}"


def conv_on_paper(**settings):
    """Return the course's 5 x 5 picture under its 3 x 3 filter."""
    model = Sequential([Input((5, 5, 1)), Conv2D(1, 3, name="conv", **settings)])
    model.set_weights([np.array([[1, 0, 1], [0, 1, 0], [1, 0, 1]], "float32")[:, :, None, None], np.float32([0.5])])
    rows = [[1, 1, 1, 0, 0], [0, 1, 1, 1, 0], [0, 0, 1, 1, 1], [0, 0, 1, 1, 0], [0, 1, 1, 0, 0]]
    return model, np.array(rows, "float32")[:, :, None]


def test_a_convolution_on_paper():
    model, x = conv_on_paper()
    result = trace(model, x, "conv", (0, 0, 0))
    assert [term.value for term in result.terms] == [1, 0, 1, 0, 1, 0, 0, 0, 1]
    assert result.total == 4 and result.value == result.engine == 4.5
    text = str(result)
    assert "[1, 1, channel 0]" in text and "+ bias 0.5" in text and "difference 0.0e+00 (rounding)" in text


def test_zeros_of_the_padding_are_marked():
    model, x = conv_on_paper(padding="same")
    result = trace(model, x, "conv", (0, 0, 0))
    assert [term.note for term in result.terms].count("padding") == 5
    assert result.value == 2.5


def test_a_pool_names_its_winner_and_its_ties():
    model = Sequential([Input((2, 2, 1)), MaxPooling2D(2, name="pool")])
    result = trace(model, np.array([[1, 3], [3, 2]], "float32")[:, :, None], "pool", (0, 0, 0))
    assert [term.note for term in result.terms] == ["", "winner", "as large: the first one wins", ""]
    assert result.value == 3


def test_a_softmax_shows_its_exponentials_and_their_sum():
    model = Sequential([Input((3,)), Softmax(name="softmax")])
    result = trace(model, np.array([2.0, 1.0, -1.0]), "softmax", 0)
    np.testing.assert_allclose([term.value for term in result.terms], np.exp([0, -1, -3]), rtol=1e-12)
    assert "sum of 3 terms" in str(result) and result.value == pytest.approx(0.705385, abs=1e-6)


def test_a_dense_layer_names_the_pixel_of_each_input():
    model = NETS["plain"]()
    assert "= max_pooling2d_1[0, 0, channel 3]" in trace(model, picture(model)[0], "dense", 2).terms[3].where


def test_a_gradient_tells_of_masks_and_winners():
    model = NETS["plain"]()
    x = picture(model)
    notes = " ".join(
        term.note for f in range(10) for term in trace_gradient(model, x, [1, 0], "conv2d_1/bias", f).terms
    )
    for remark in ("ReLU open", "ReLU closed", "wins no window of max_pooling2d", "wins [0, 0] of max_pooling2d"):
        assert remark in notes


TABLE = """\
conv[0, 1, channel 0]   Conv2D of input_layer
  z = sum of x * kernel over the window and its channels + bias

  where                x  kernel  product
  [0, 1, channel 0]    1       1        1
  [0, 2, channel 0]    1       0        0
  [0, 3, channel 0]    0       1        0
  [1, 1, channel 0]    1       0        0
  [1, 2, channel 0]    1       1        1
  [1, 3, channel 0]  100       0        0
  [2, 1, channel 0]    0       1        0
  [2, 2, channel 0]    1       0        0
  [2, 3, channel 0]    1       1        1

  sum of 9 terms        3
  + bias 0.5            3.5
  the engine's number   3.5   difference 0.0e+00 (rounding)"""


def test_a_table_as_it_is_printed():
    model, x = conv_on_paper()
    x[1, 3] = 100
    assert str(trace(model, x, "conv", (0, 1, 0))) == TABLE


def test_the_largest_rows_keep_their_order_and_the_rest_is_one():
    model, x = NETS["plain"](), picture(NETS["plain"]())[0]
    result = trace_gradient(model, x, 1, "conv2d/bias", 0)
    result.rows = 4
    lines = str(result).splitlines()
    assert lines[0] == f"d loss / d conv2d/bias[0]   loss {run_backward(model, x, 1).value:.6g}"
    head = lines.index("") + 1  # below the formula and the verdict
    assert lines[1] == "  d loss / d bias = sum of dz" and lines[head].split() == ["where", "dz", "factor", "product"]
    assert " ".join(line.strip() for line in lines[2 : head - 1]) == result.verdict
    largest = sorted(range(len(result.terms)), key=lambda at: -abs(result.terms[at].value))[:4]
    rows = [line for line in lines[head + 1 :] if line.startswith("  conv2d[")]
    assert [row.split("  ")[1] for row in rows] == [result.terms[at].where for at in sorted(largest)]
    assert [row.split("  ")[-1] for row in rows] == [result.terms[at].note for at in sorted(largest)]
    rest = result.total - sum(result.terms[at].value for at in largest)
    assert f"  ... and {16 * 14 - 4} smaller terms, together {rest:.6g}" in lines


def test_remarks_that_do_not_fit_stand_below():
    model = NETS["homework"]()
    lines = str(trace_gradient(model, picture(model)[0], [[1.0]], "conv2d/bias", 1)).splitlines()
    first = lines.index("") + 2  # below the table's head
    assert max(map(len, lines)) <= 80 and lines[first].startswith("  conv2d (before relu)[0, 0, channel 1]  ")
    assert lines[first + 1].startswith("      ReLU ")
    assert lines[first + 2].startswith("  conv2d (before relu)[0, 1, channel 1]  ")


def mapped():
    """Make a net of what the page refuses: a dense layer on maps; others along another axis than the last."""
    x = Input((3, 4, 2))
    y = BatchNormalization(1)(Dense(3, activation="tanh")(x))
    y = Concatenate(axis=1)([y, Softmax(axis=1)(y), Dense(3, activation="softmax")(y)])
    return randomise(Model(x, Dense(2)(Reshape((9, 12))(y))))


def test_nets_that_the_page_refuses_can_be_taken_apart():
    model = mapped()
    model.compile("sgd", "mse")
    x, y = picture(model), np.zeros((2, 9, 2))
    run = run_backward(model, x, y)
    for name in every_name(run.places):
        at, part = find(run.places, name)
        for index in indices(run.output_at(at, part).shape, 4):
            assert abs(trace(model, x, name, index).difference) < 1e-6
            result = trace_gradient(model, x, y, name, index)
            assert result.value == pytest.approx(result.engine, rel=1e-4, abs=1e-6)
    for what, array in run.grads.items():
        for index in indices(array.shape, 4):
            assert trace_gradient(model, x, y, what, index).value == pytest.approx(array[index], rel=1e-4, abs=1e-6)


RELUS = {  # min(x, top) where x > threshold, else slope * (x - threshold); at the kinks what Keras sends back
    "threshold": ({"threshold": 0.5}, [[-1, 0, 0], [0.5, 0, 0], [0.75, 0.75, 1], [9, 9, 1]]),
    "a slope": ({"negative_slope": 0.25}, [[-2, -0.5, 0.25], [0, 0, 0.25], [3, 3, 1]]),
    "a bound": ({"max_value": 2}, [[-2, 0, 0], [0, 0, 0], [1, 1, 1], [2, 2, 0], [3, 2, 0]]),
    "slope and bound": (
        {"negative_slope": 0.5, "max_value": 2},
        [[-2, -1, 0.5], [0, 0, 0], [1, 1, 1], [2, 2, 1], [3, 2, 0]],
    ),
    "slope and 6": ({"negative_slope": 0.5, "max_value": 6}, [[-2, -1, 0.5], [1, 1, 1], [6, 6, 0], [7, 6, 0]]),
    "all": (
        {"negative_slope": 0.5, "max_value": 6, "threshold": 1},
        [[-1, -1, 0.5], [1, 0, 0], [2, 2, 1], [6, 6, 1], [8, 6, 0]],
    ),
    "a threshold that float32 rounds": ({"threshold": 0.3}, [[0.25, 0, 0], [np.float32(0.3), 0, 0], [0.5, 0.5, 1]]),
}


@pytest.mark.parametrize("kind", RELUS)
def test_a_relu_of_any_settings_is_taken_apart(kind):
    """On paper, and as the engine has it: ahead and back, on either side of each kink and at the kinks."""
    settings, rows = RELUS[kind]
    x, y, slope = (np.array(column, np.float32) for column in zip(*rows, strict=True))
    model = Sequential([Input((len(x),)), ReLU(name="bent", **settings)])
    model.compile("sgd", "mse")
    truth = y[None] - 1  # so every gradient is the same before the bend
    for k in range(len(x)):
        ahead, back = trace(model, x[None], "bent", k), trace_gradient(model, x[None], truth, model.input_names[0], k)
        assert (ahead.value, ahead.engine) == pytest.approx((y[k], y[k]))
        want = 2 / len(x) * slope[k]
        assert (back.value, back.engine) == pytest.approx((want, want))
        assert back.terms[0].note == {1: "ReLU open", 0: "ReLU closed"}.get(slope[k], "")


def test_a_linear_activation_changes_nothing():
    """As a layer of its own it hands numbers and gradients on, on either way."""
    model = randomise(Sequential([Input((4,)), Dense(3), Activation("linear"), Dense(2, activation="softmax")]))
    x = np.random.default_rng(0).random((1, 4), np.float32)
    for k in range(3):
        found, before = trace(model, x, "activation", k), trace(model, x, "dense", k)
        assert found.total == found.engine == before.engine and found.formula == "y = x" and found.steps == []
        sent = trace_gradient(model, x, 1, "dense", k)
        assert [term.factors[1] for term in sent.terms] == [1.0]
        assert sent.total == sent.engine == trace_gradient(model, x, 1, "activation", k).engine


def test_long_tables_show_the_largest_terms_and_the_rest_as_one():
    model = NETS["plain"]()
    result = trace_gradient(model, picture(model), [1, 0], "conv2d/bias", 0)
    result.rows = 5
    assert len(result.terms) == 2 * 16 * 14 and f"and {len(result.terms) - 5} smaller terms" in str(result)


def test_a_trace_leaves_the_model_as_it_was():
    model = NETS["plain"]()
    x, before = picture(model), [array.copy() for array in NETS["plain"]().get_weights()]
    trace_gradient(model, x, [1, 0], "x", (0, 0, 0, 0))
    for array, other in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(array, other)
    assert all(not layer._saved for layer in model.layers)


@pytest.mark.parametrize(
    "call, text",
    [
        (lambda m, x: trace(m, x, "nobody", (0, 0, 0)), "`layer` must be one of 'input_layer', 'rescaling'"),
        (lambda m, x: trace(m, x, "conv2d", (0, 0, 99)), r"Received: index=\(0, 0, 99\)"),
        (lambda m, x: trace(m, x, "conv2d", (0.5, 0, 0)), "`index` must name one number"),
        (lambda m, x: trace_gradient(m, x, [7, 0], "conv2d", (0, 0, 0)), "`y` must be classes from 0 to 3"),
    ],
)
def test_errors(call, text):
    model = NETS["plain"]()
    with pytest.raises(ValueError, match=text):
        call(model, picture(model))


def test_a_layer_with_an_activation_has_a_name_before_and_one_after_it():
    """Numbers by hand: the engine is not asked."""
    model, x = conv_on_paper(activation="relu")
    model.set_weights([model.get_weights()[0] - 0.5, np.float32([-0.25])])
    z = reference.conv2d_forward(
        x[None].astype(np.float64),
        model.get_weights()[0].astype(np.float64),
        np.array([-0.25]),
        (1, 1),
        ((0, 0), (0, 0)),
    )
    assert (z < 0).any() and (z > 0).any()
    for index in np.ndindex(1, 3, 3, 1):
        assert trace(model, x, "conv (before relu)", index).value == pytest.approx(z[index])
        assert trace(model, x, "conv", index).value == pytest.approx(max(z[index], 0))
    for index in np.ndindex(1, 3, 3, 1):  # mean squared error against 0: 2 y / 9 at y, and at z where it is open
        model.compile("sgd", "mse")
        after, before = (
            trace_gradient(model, x, np.zeros((1, 3, 3, 1)), name, index) for name in ("conv", "conv (before relu)")
        )
        assert after.engine == pytest.approx(2 * max(z[index], 0) / 9)
        assert before.engine == before.value == pytest.approx(2 * max(z[index], 0) / 9)
        assert before.terms[0].note == ("ReLU open" if z[index] > 0 else "ReLU closed")


def test_a_separable_convolution_in_halves():
    x = np.random.default_rng(0).random((1, 5, 5, 2))
    model = Sequential(
        [Input((5, 5, 2)), SeparableConv2D(3, 3, depth_multiplier=2, activation="elu", name="s")], seed=0
    )
    depthwise, pointwise, bias = (array.astype(np.float64) for array in model.get_weights())
    half = reference.depthwise_conv2d_forward(x, depthwise, None, (1, 1), ((0, 0), (0, 0)))
    z = reference.conv2d_forward(half, pointwise, bias, (1, 1), ((0, 0), (0, 0)))
    for index in indices(half.shape):
        assert trace(model, x, "s (depthwise)", index).value == pytest.approx(half[index], rel=1e-6)
    for index in indices(z.shape):
        assert trace(model, x, "s (before elu)", index).value == pytest.approx(z[index], rel=1e-5)
        assert trace(model, x, "s", index).value == pytest.approx(
            z[index] if z[index] > 0 else np.expm1(z[index]), rel=1e-5
        )
        first, *_ = trace(model, x, "s", index).terms
        assert first.where == f"depthwise [{index[1]}, {index[2]}, channel 0]"


@pytest.mark.parametrize(
    "ending, part_of_the_loss, start",
    [
        ([Dense(3, name="end"), Softmax(name="softmax")], "softmax", "end"),
        ([Dense(3, name="end", activation="softmax")], "end", r"end \(before softmax\)"),
    ],
)
def test_what_the_loss_has_taken_into_itself_has_no_gradient_of_its_own(ending, part_of_the_loss, start):
    model, x = Sequential([Input((4,)), *ending], seed=0), np.array([0.5, -1, 2, 0.25])
    p = model.predict(x[None])[0]
    for k in range(3):
        result = trace_gradient(model, x, 2, start.replace("\\", ""), k)
        assert [term.where for term in result.terms] == ["p", "-t"]
        assert result.engine == pytest.approx(p[k] - (k == 2), rel=1e-5)
        with pytest.raises(ValueError, match=f"'{part_of_the_loss}' is part of the loss, .* '{start}': ask there"):
            trace_gradient(model, x, 2, part_of_the_loss, k)


def test_each_call_of_a_layer_has_a_name_and_a_size_of_its_own():
    model = NETS["shared"]()
    x = picture(model)[0]
    for name, size in (("again", 8), ("pool", 4), ("inner/one", 4), ("again:1", 4), ("pool:1", 2), ("inner:1/one", 2)):
        assert str(trace(model, x, name, (size - 1, 0, 2))).startswith(f"{name}[{size - 1}, 0, channel 2]   ")
        with pytest.raises(ValueError, match=rf"array of shape \(1, {size}, {size}, 3\)"):
            trace(model, x, name, (size, 0, 0))
    assert trace(model, x, "pool:1", (1, 1, 0)).terms[0].where == "[2, 2, channel 0]"


def test_a_layer_that_is_called_twice_learns_from_both_calls():
    model = NETS["shared"]()
    terms = trace_gradient(model, picture(model)[0], 1, "again/kernel", (1, 1, 0, 2)).terms
    calls = [term.where.partition("[")[0] for term in terms]
    assert calls == ["again"] * 64 + ["again:1"] * 16
    terms = trace_gradient(model, picture(model)[0], 1, "inner/one/bias", (1,)).terms
    assert {term.where.partition("[")[0] for term in terms} == {"inner/one (before relu)", "inner:1/one (before relu)"}


def test_a_frozen_layer_has_no_gradient_to_take_apart():
    model = NETS["plain"]()
    model.get_layer("conv2d").trainable = False
    with pytest.raises(ValueError, match="frozen"):
        trace_gradient(model, picture(model), [1, 0], "conv2d/kernel", (0, 0, 0, 0))


def test_the_factor_of_a_normalization_looks_at_each_group_once(monkeypatch):
    found, normalized = [], normalizing._group
    monkeypatch.setattr(normalizing, "_group", lambda *given: found.append(given) or normalized(*given))
    model = Sequential([Input((6, 5, 4)), GroupNormalization(2, name="g"), Flatten(), Dense(2)], seed=0)
    x = np.random.default_rng(0).normal(size=(2, 6, 5, 4))
    result = trace_gradient(model, x, [0, 1], "g/gamma", 1)
    assert (len(result.terms), len(found)) == (60, 2)  # of 30 places of both examples
    assert abs(result.difference) < 1e-6


def test_gamma_of_axes_counted_from_both_ends():
    """Keras's (C, H), whose numbers lie as (H, C) do."""
    model = Sequential([Input((4, 3, 2)), LayerNormalization([1, -1], name="n"), Flatten(), Dense(2)], seed=0)
    randomise(model)
    x = np.random.default_rng(0).normal(size=(2, 4, 3, 2))
    for name in ("n/gamma", "n/beta"):
        for index in np.ndindex(2, 4):
            assert abs(trace_gradient(model, x, [0, 1], name, index).difference) < 1e-6
    with pytest.raises(ValueError, match="array of shape"):
        trace_gradient(model, x, [0, 1], "n/gamma", (3, 1))


def met():
    """Layers whose weights are no kernels: what their gradients are multiplied by has a name of its own."""
    x = Input((3, 4, 2))
    y = PReLU((1, 2))(BatchNormalization()(LayerNormalization()(GroupNormalization(1)(x))))
    return randomise(Model(x, Dense(2, activation="softmax")(Flatten()(y))))


@pytest.mark.parametrize("layer", ["group_normalization", "layer_normalization", "batch_normalization", "p_re_lu"])
def test_the_equation_of_a_weight_says_what_dz_meets(layer):
    """xhat is what gamma is multiplied by, min(x, 0) what alpha is: worked out here from the layer's input."""
    model, x = met(), np.random.default_rng(0).normal(size=(1, 3, 4, 2))
    _, values = run_forward(model, x)
    at = find(run_forward(model, x)[0], layer)[0]
    own = values[at.sources[0]].astype(np.float64)[0]
    axes = {"group_normalization": (0, 1, 2), "layer_normalization": (2,)}.get(layer)
    mean, variance = (
        (own.mean(axes, keepdims=True), own.var(axes, keepdims=True))
        if axes
        else (at.layer.state["moving_mean"], at.layer.state["moving_variance"])
        if layer == "batch_normalization"
        else (0, 0)
    )
    if layer == "p_re_lu":
        wanted = {"alpha": ("min(x, 0)", np.minimum(own, 0))}
    else:
        xhat = (own - mean) / np.sqrt(variance + at.layer.epsilon)
        wanted = {"gamma": ("xhat", xhat), "beta": ("factor", np.ones_like(own))}
    for name, (column, factors) in wanted.items():
        index = (0, 0, 1) if name == "alpha" else (1,)
        found = trace_gradient(model, x, 1, f"{layer}/{name}", index)
        assert found.columns == ("dz", column) and len(found.terms) == 12
        assert found.formula.startswith(f"d loss / d {name} = sum of dz")
        assert (f"* {column}" in found.formula) == (column != "factor")
        np.testing.assert_allclose(
            [term.factors[1] for term in found.terms], factors[..., 1].ravel(), rtol=1e-4, atol=1e-6
        )
    assert column in str(found)


def test_a_global_pool_with_nan_has_no_winner():
    model = randomise(Sequential([Input((2, 2, 1)), GlobalMaxPooling2D(), Dense(2)]))
    x = np.array([1.0, np.nan, 3.0, 2.0]).reshape(2, 2, 1)
    with np.errstate(all="ignore"):
        for at in np.ndindex(2, 2):
            found = trace_gradient(model, x, 1, "x", (*at, 0))
            assert [term.note for term in found.terms] == ["no winner"] and found.terms[0].factors[1] == 0
