"""Inference in fewer steps: the same numbers as layer by layer, whatever joins, and never an old array's."""

import copy
import multiprocessing
import pickle
import sys
import threading

import numpy as np
import pytest

from minicnn import (
    ELU,
    SGD,
    Activation,
    Add,
    AveragePooling2D,
    BatchNormalization,
    CategoricalCrossentropy,
    Concatenate,
    Conv2D,
    Cropping2D,
    Dense,
    DepthwiseConv2D,
    Dropout,
    Flatten,
    GlobalAveragePooling2D,
    GlobalMaxPooling2D,
    Input,
    LeakyReLU,
    MaxPooling2D,
    Model,
    Multiply,
    Normalization,
    ReLU,
    Rescaling,
    Reshape,
    SeparableConv2D,
    Sequential,
    Softmax,
    SpatialDropout2D,
    ZeroPadding2D,
    kernels,
)
from minicnn.layers import LAYERS
from minicnn.layers.augmentation import AUGMENTATIONS
from tests.tolerances import assert_same

CONVOLUTIONS = {
    "Conv2D": lambda **how: Conv2D(6, (3, 2), **how),
    "Conv2D groups": lambda **how: Conv2D(6, 3, groups=3, **how),
    "DepthwiseConv2D": lambda **how: DepthwiseConv2D((2, 3), depth_multiplier=2, **how),
    "SeparableConv2D": lambda **how: SeparableConv2D(6, 3, depth_multiplier=2, **how),
}
ENDS = {
    "nothing": lambda: [],
    "relu": lambda: [Activation("relu")],
    "ReLU": lambda: [ReLU()],
    "ReLU6": lambda: [ReLU(6)],
    "relu6": lambda: [Activation("relu6")],
    "ReLU1": lambda: [ReLU(1)],  # joins nothing
    "silu": lambda: [Activation("silu")],
    "softmax": lambda: [Activation("softmax")],
    "relu twice": lambda: [ReLU(), Activation("tanh")],
}


def drawn(model, seed=1):
    """The model with numbers of its own in every array."""
    rng = np.random.default_rng(seed)
    model.set_weights([rng.uniform(0.3, 1.3, array.shape) for array in model.get_weights()])
    return model


def pictures(*shape, seed=2):
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


def assert_plan_equals_layers(model, x, steps=None):
    """`record` makes a model run layer by layer; to compare, scale by the largest number.

    Of three runs the second is recorded, the third is played from the tape.
    """
    want = model.forward(x, record={})
    for _ in range(3):
        got = model.forward(x)
        for one, other in zip(*([y] if not isinstance(y, list) else y for y in (got, want)), strict=True):
            assert one.shape == other.shape and one.dtype == other.dtype
            assert abs(one - other).max() <= 32 * np.finfo(one.dtype).eps * abs(other).max()
    if steps is not None:
        assert len(model._plan(False).steps) == steps


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("convolution", CONVOLUTIONS)
@pytest.mark.parametrize("use_bias", [True, False])
def test_convolution_normalization_activation(convolution, end, use_bias):
    make = CONVOLUTIONS[convolution]
    layers = [make(use_bias=use_bias, padding="same"), BatchNormalization(), *ENDS[end]()]
    model = drawn(Sequential([Input((7, 6, 3)), *layers]))
    assert_plan_equals_layers(model, pictures(2, 7, 6, 3), {"ReLU1": 2, "relu twice": 2}.get(end, 1))


@pytest.mark.parametrize("convolution", CONVOLUTIONS)
@pytest.mark.parametrize("activation", ["relu", "relu6", "sigmoid", "gelu"])
def test_the_convolution_s_own_activation(convolution, activation):
    """What follows it is another step: the activation stands between."""
    layers = [CONVOLUTIONS[convolution](activation=activation), BatchNormalization(scale=False), ReLU()]
    model = drawn(Sequential([Input((7, 6, 3)), *layers]))
    assert_plan_equals_layers(model, pictures(2, 7, 6, 3), 2)


@pytest.mark.parametrize("convolution", CONVOLUTIONS)
@pytest.mark.parametrize(("padding", "steps"), [("valid", 1), ("same", 2)])
def test_a_frame_joins_a_convolution_without_one(convolution, padding, steps):
    layer = CONVOLUTIONS[convolution](padding=padding, strides=2)
    model = drawn(Sequential([Input((8, 8, 3)), ZeroPadding2D(((1, 0), (2, 3))), layer, BatchNormalization()]))
    assert_plan_equals_layers(model, pictures(2, 8, 8, 3), steps)


@pytest.mark.parametrize("end", ENDS)
def test_normalization_before_an_activation(end):
    model = drawn(Sequential([Input((5, 4, 3)), BatchNormalization(center=False), *ENDS[end]()]))
    assert_plan_equals_layers(model, pictures(2, 5, 4, 3), {"ReLU1": 2, "relu twice": 2}.get(end, 1))


def test_what_another_layer_reads_too_stays_apart():
    x = Input((6, 6, 3))
    y = Conv2D(3, 3, padding="same")(x)
    z = BatchNormalization()(y)
    model = drawn(Model(x, Add()([y, ReLU()(z)])))
    assert_plan_equals_layers(model, pictures(2, 6, 6, 3), 3)


def test_what_is_an_output_too_stays_apart():
    x = Input((6, 6, 3))
    y = Conv2D(3, 3)(x)
    model = drawn(Model(x, [y, ReLU()(BatchNormalization()(y))]))
    assert_plan_equals_layers(model, pictures(2, 6, 6, 3), 2)


POINTWISE = {
    "1x1": lambda **how: Conv2D(5, 1, **how),
    "strided": lambda **how: Conv2D(5, 1, strides=2, **how),
    "separable": lambda **how: SeparableConv2D(5, 3, padding="same", **how),
}


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("use_bias", [True, False])
@pytest.mark.parametrize("convolution", POINTWISE)
def test_a_residual_joins_a_1x1_convolution(convolution, use_bias, end):
    """The shortcut is computed later in the graph: the joined step waits for it."""
    x = Input((7, 6, 3))
    y = BatchNormalization()(POINTWISE[convolution](use_bias=use_bias)(x))
    shortcut = Conv2D(5, 3, strides=2 if convolution == "strided" else 1, padding="same")(x)
    y = Add()([shortcut, y])
    for layer in ENDS[end]():
        y = layer(y)
    model = drawn(Model(x, y))
    assert_plan_equals_layers(model, pictures(2, 7, 6, 3), {"ReLU1": 3, "relu twice": 3}.get(end, 2))
    assert_plan_equals_layers(model.astype("float64"), pictures(2, 7, 6, 3).astype("float64"))


def test_residuals_that_do_not_join():
    """One Add takes one of two convolutions; a sum of three, a 3x3 window and an activation before it stay apart."""
    x = Input((6, 6, 3))
    a, b = Conv2D(3, 1)(x), Conv2D(3, 1)(x)
    assert_plan_equals_layers(drawn(Model(x, Add()([a, b]))), pictures(2, 6, 6, 3), 2)
    assert_plan_equals_layers(drawn(Model(x, Add()([a, b, x]))), pictures(2, 6, 6, 3), 3)
    assert_plan_equals_layers(drawn(Model(x, Add()([a, a]))), pictures(2, 6, 6, 3), 2)
    for layer in (
        Conv2D(3, 3, padding="same"),
        Conv2D(3, 1, activation="relu"),
        Conv2D(3, 1, groups=3),
        Conv2D(3, 1, algorithm="im2col"),
        DepthwiseConv2D(1),
    ):
        assert_plan_equals_layers(drawn(Model(x, Add()([layer(x), x]))), pictures(2, 6, 6, 3), 2)


def test_a_sum_that_somebody_else_reads_too():
    x = Input((6, 6, 3))
    y = Add()([Conv2D(3, 1)(x), x])
    assert_plan_equals_layers(drawn(Model(x, [y, ReLU()(y)])), pictures(2, 6, 6, 3), 2)
    assert_plan_equals_layers(drawn(Model(x, Add()([ReLU()(y), Conv2D(3, 1)(y)]))), pictures(2, 6, 6, 3), 3)


def test_a_layer_used_twice_and_a_model_inside():
    inner = Sequential([Input((6, 6, 3)), SeparableConv2D(3, 3, padding="same"), BatchNormalization(), ReLU()])
    x = Input((6, 6, 3))
    norm = BatchNormalization()
    model = drawn(Model(x, Add()([norm(inner(x)), norm(inner(Conv2D(3, 1)(x)))])))
    assert_plan_equals_layers(model, pictures(2, 6, 6, 3))


def test_frames_and_activations_by_themselves():
    layers = [ZeroPadding2D(1), Activation("tanh"), ZeroPadding2D(1), ZeroPadding2D(1), Conv2D(2, 3)]
    model = drawn(Sequential([Input((5, 5, 2)), *layers]))
    assert_plan_equals_layers(model, pictures(2, 5, 5, 2), 4)


def test_in_float64_and_with_no_picture_at_all():
    model = drawn(Sequential([Input((5, 5, 2)), Conv2D(4, 3), BatchNormalization(), ReLU(6)])).astype("float64")
    assert_plan_equals_layers(model, pictures(2, 5, 5, 2).astype("float64"), 1)
    assert model.predict(pictures(0, 5, 5, 2)).shape == (0, 3, 3, 4)


# ---- nothing is ever old --------------------------------------------------------------------------------------------


def on_tape(model, x):
    """Predict until a tape is played, and give what it gave."""
    for _ in range(3):
        y = model.predict(x)
    assert tapes(model) == [True]
    return y


def tapes(model):
    """Say of each run on tape whether it is good."""
    return [take.tape.good for take in model._plan(False)._takes.values() if take is not None]


def small():
    layers = [Conv2D(4, 3, use_bias=False), BatchNormalization(), ReLU(), GlobalAveragePooling2D(), Dense(3)]
    return drawn(Sequential([Input((5, 5, 2)), *layers]))


@pytest.mark.parametrize("key", ["conv2d/kernel", "batch_normalization/gamma", "batch_normalization/beta"])
def test_one_number_written_by_hand_is_seen(key):
    model, x = small(), pictures(2, 5, 5, 2)
    before = on_tape(model, x)
    model.params[key].reshape(-1)[1] += 1
    assert (model.predict(x) != before).any()
    assert_plan_equals_layers(model, x)


@pytest.mark.parametrize("key", ["moving_mean", "moving_variance"])
def test_statistics_written_by_hand_are_seen(key):
    model, x = small(), pictures(2, 5, 5, 2)
    before = on_tape(model, x)
    model.get_layer("batch_normalization").state[key][1] += 1
    assert (model.predict(x) != before).any()
    assert_plan_equals_layers(model, x)


def test_training_and_set_weights_are_seen():
    model, x = small(), pictures(4, 5, 5, 2)
    before = on_tape(model, x)
    model.compile(SGD(0.1), CategoricalCrossentropy(from_logits=True))
    model.train_on_batch(x, np.eye(3)[[0, 1, 2, 0]])
    assert (model.predict(x) != before).any()
    assert_plan_equals_layers(model, x)
    assert_plan_equals_layers(drawn(model, 7), x)


def test_a_layer_of_another_dtype_is_seen():
    """Of one without arrays too, also in a nested model: between two dtypes NumPy converts, and no tape sees it."""
    inner = Sequential([Input((5, 5, 2)), Conv2D(4, 3), LeakyReLU(), Dense(2)])
    x = Input((5, 5, 2))
    model = drawn(Model(x, ReLU()(inner(x))))
    on_tape(model, pictures(2, 5, 5, 2))
    inner.layers[1].cast("float64")
    for seed in range(3):
        x = pictures(2, 5, 5, 2, seed=seed)
        assert_same(model.predict(x), model.forward(x, record={}))
    assert tapes(model) == []


def test_a_forward_of_one_s_own_in_a_layer_is_seen():
    """Whether it would run as a step of its own or in a chain, before or after a take; and that it is gone again."""
    for layers, index in (([Dense(3), ReLU()], 1), ([Conv2D(4, 1), ReLU()], 0), ([Conv2D(4, 1), ReLU()], 1)):
        model, x = drawn(Sequential([Input((5, 5, 2)), *layers])), pictures(2, 5, 5, 2)
        before = on_tape(model, x)
        layer = model.layers[index]
        layer._forward = lambda x, training, layer=layer: (-type(layer)._forward(layer, x, training)[0], None)
        for seed in range(3):
            x = pictures(2, 5, 5, 2, seed=seed)
            assert_same(model.predict(x), model.forward(x, record={}))
        assert (model.predict(x) != before).any() and tapes(model) == []
        del layer._forward
        assert_same(on_tape(model, x), before)


def test_another_array_in_a_layer_is_seen():
    """In place of the recorded one, which the caller may go on using."""
    model, x = small(), pictures(2, 5, 5, 2)
    before = on_tape(model, x)
    layer = model.get_layer("conv2d")
    layer.params["kernel"] = layer.params["kernel"] + 1
    assert (model.predict(x) != before).any()
    assert_plan_equals_layers(model, x)


def test_a_model_of_another_dtype_inside():
    inner = Sequential([Input((5, 5, 2)), Conv2D(4, 3), BatchNormalization()]).astype("float64")
    x = Input((5, 5, 2))
    assert_plan_equals_layers(drawn(Model(x, ReLU()(inner(x)))), pictures(2, 5, 5, 2))


def test_copies_after_a_prediction():
    model, x = small(), pictures(2, 5, 5, 2)
    want = on_tape(model, x)
    assert_same(copy.deepcopy(model).predict(x), want)
    assert_same(pickle.loads(pickle.dumps(model)).predict(x), want)


def test_a_layer_added_to_a_chain_is_seen():
    model, x = Sequential([Input((5, 5, 2)), Conv2D(4, 3)]), pictures(2, 5, 5, 2)
    on_tape(model, x)
    model.add(ReLU())
    assert model.predict(x).min() == 0
    assert_plan_equals_layers(model, x, 1)


def test_logits_leave_the_last_activation_out():
    """Evaluating a loss asks for logits, predicting does not: each has steps of its own."""
    model = drawn(Sequential([Input((5, 5, 2)), Conv2D(4, 3), BatchNormalization(), Activation("softmax")]))
    x = pictures(2, 5, 5, 2)
    logits = model.forward(x, logits=True)
    np.testing.assert_allclose(logits, model.forward(x, logits=True, record={}), rtol=1e-5)
    np.testing.assert_allclose(model.predict(x).sum(axis=-1), 1, rtol=1e-6)
    assert_same(model.forward(x, logits=True), logits)


# ---- on tape --------------------------------------------------------------------------------------------------------

EXAMPLES = {  # a layer each, for inputs (9, 8, 20)
    "Activation": Activation("gelu"),
    "Add": Add(),
    "AveragePooling2D": AveragePooling2D(2, padding="same"),
    "BatchNormalization": BatchNormalization(),
    "Concatenate": Concatenate(1),
    "Conv2D": Conv2D(40, 3, padding="same", activation="relu"),
    "Dense": Dense(7, activation="softmax"),
    "DepthwiseConv2D": DepthwiseConv2D(3, padding="same"),
    "Dropout": Dropout(0.5),
    "ELU": ELU(),
    "Flatten": Flatten(),
    "GlobalAveragePooling2D": GlobalAveragePooling2D(),
    "GlobalMaxPooling2D": GlobalMaxPooling2D(keepdims=True),
    "LeakyReLU": LeakyReLU(0.1),
    "MaxPooling2D": MaxPooling2D(3, 2, padding="same"),
    "Multiply": Multiply(),
    "Normalization": Normalization(),
    "RandomFlip": LAYERS["RandomFlip"](),
    "ReLU": ReLU(3),
    "Rescaling": Rescaling(0.5, 1.0),
    "Reshape": Reshape((8, 9, 20)),
    "SeparableConv2D": SeparableConv2D(40, 3, padding="same"),
    "Softmax": Softmax(),
    "SpatialDropout2D": SpatialDropout2D(0.5),
    "ZeroPadding2D": ZeroPadding2D(1),
}
BY_NUMPY = {  # what is computed between kernels, and so is never played
    "Cropping2D": Cropping2D(1),
    "DepthwiseConv2D twice": DepthwiseConv2D(3, depth_multiplier=2),
    "Rescaling by channel": Rescaling([0.5] * 20, [1.0] * 20),
    "Softmax of rows": Softmax(1),
    "ZeroPadding2D of nothing": ZeroPadding2D(0),
    "a layer of one's own": type("Own", (ReLU,), {"_forward": lambda self, x, training: (np.maximum(x, 0), x)})(),
    "on paper": Conv2D(4, 3, algorithm="reference"),
}


def test_the_examples_are_all():
    assert {*EXAMPLES, "Cropping2D", "InputLayer", "Functional", "Model", "Sequential"} == {
        name for name in LAYERS if name == "RandomFlip" or name not in AUGMENTATIONS
    }


@pytest.mark.parametrize("name", [*EXAMPLES, *BY_NUMPY])
def test_every_layer_on_tape(name):
    """Other inputs and other numbers in every array: the tape must see them all, or not be played."""
    layer = copy.deepcopy((EXAMPLES | BY_NUMPY)[name])
    x = Input((9, 8, 20))
    y = Conv2D(20, 1)(x)
    model = drawn(Model(x, layer([y, x] if name in ("Add", "Concatenate", "Multiply") else y)))
    for seed in range(5):
        if seed == 3:
            drawn(model, 7)
        inputs = pictures(2, 9, 8, 20, seed=seed)
        want, got = model.forward(inputs, record={}), model.predict(inputs)
        assert abs(want - got).max() <= 32 * np.finfo("float32").eps * abs(want).max()
    assert tapes(model) == ([True] if name in EXAMPLES else [])


def test_models_inside_are_on_the_same_tape():
    """Two deep, the inner one twice: nothing of them may be left from the run that was recorded."""
    inner = Sequential([Input((6, 6, 16)), SeparableConv2D(16, 3, padding="same"), BatchNormalization(), ReLU()])
    x = Input((6, 6, 16))
    middle = Model(x, Add()([inner(x), inner(Conv2D(16, 1)(x))]))
    z = Input((6, 6, 16))
    model = drawn(Model(z, Dense(2)(Flatten()(middle(Conv2D(16, 1)(z))))))
    for seed in range(5):
        x = pictures(2, 6, 6, 16, seed=seed)
        want, got = model.forward(x, record={}), model.predict(x)
        assert abs(want - got).max() <= 1e-5 * abs(want).max()
    assert tapes(model) == [True]


def test_a_layer_added_to_a_chain_inside_is_seen():
    inner = Sequential([Input((6, 6, 16)), Conv2D(16, 3), ReLU()])
    z = Input((6, 6, 16))
    model, x = drawn(Model(z, inner(Conv2D(16, 1)(z)))), pictures(2, 6, 6, 16)
    on_tape(model, x)
    inner.add(Activation("tanh"))
    assert_plan_equals_layers(model, x)


def test_an_array_more_in_a_layer_is_seen():
    model, x = drawn(Sequential([Input((4,)), Dense(3, use_bias=False)])), pictures(2, 4)
    before = on_tape(model, x)
    model.layers[0].params["bias"] = np.ones(3, "float32")
    np.testing.assert_allclose(model.predict(x), before + 1, rtol=1e-6, atol=1e-6)


def test_somebody_else_s_code_is_not_recorded():
    """A class that LAYERS knows, for files to hold it; a method that stands in a layer itself."""

    class Twice(ReLU):
        def _forward(self, x, training):
            return 2 * x, x

    model, x = drawn(Sequential([Input((4,)), Dense(3), Twice()])), pictures(2, 4)
    LAYERS["Twice"] = Twice
    try:
        for _ in range(3):
            assert_same(model.predict(-x), model.forward(-x, record={}))
    finally:
        del LAYERS["Twice"]
    model = drawn(Sequential([Input((4,)), Dense(3), ReLU()]))
    model.layers[1]._forward = lambda x, training: (2 * x, x)
    for seed in range(3):
        x = pictures(2, 4, seed=seed)
        assert_same(model.predict(x), model.forward(x, record={}))


def test_settings_that_are_arrays():
    """Nobody can write into them: of a tape they would be constants."""
    for mean in ([1.0, 2.0], np.array([1.0, 2.0])):
        assert Normalization(mean=mean, variance=mean).mean == (1.0, 2.0)


def test_a_refusal_leaves_nothing_behind():
    model, x = drawn(Sequential([Input((9, 8, 20)), Conv2D(20, 1), Cropping2D(1)])), pictures(2, 9, 8, 20)
    assert_plan_equals_layers(model, x)
    plan = model._plan(False)
    assert not plan._takes and not plan._records


def test_a_run_that_went_another_way_is_not_kept():
    """Recorded with a NaN, the tape would hold both ways to convolve."""
    model = drawn(Sequential([Input((32, 32, 32)), Conv2D(32, 3), ReLU()]))
    x = pictures(2, 32, 32, 32)
    bad = x.copy()
    bad[0, 0, 0, 0] = np.nan
    model.predict(x)
    model.predict(bad)
    assert tapes(model) == []
    assert_plan_equals_layers(model, x)
    assert tapes(model) == [True]


def test_an_output_that_is_the_input():
    model, x = Sequential([Input((4, 3)), Flatten()]), pictures(2, 4, 3)
    for _ in range(3):
        assert not np.shares_memory(model.predict(x), x)
    with model._plan(False)._free:  # as if another thread predicted
        assert not np.shares_memory(model.predict(x), x)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux forks")
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_a_child_forked_while_another_thread_predicts():
    model, x = small(), pictures(2, 5, 5, 2)
    want = on_tape(model, x)
    context = multiprocessing.get_context("fork")
    answers = context.Queue()

    def work():
        answers.put([bool((model.predict(x) == want).all()) for _ in range(3)] + tapes(model))

    with model._plan(False)._free:
        child = context.Process(target=work)
        child.start()
        assert answers.get(timeout=60) == [True] * 4
        child.join()


def test_a_number_that_is_not_finite():
    """Winograd's method cannot: the run is done again, and the tape is good for the next one."""
    model = drawn(Sequential([Input((32, 32, 32)), Conv2D(32, 3), ReLU()]))
    x = pictures(2, 32, 32, 32)
    on_tape(model, x)
    x[0, 5, 5, 3] = np.nan
    want, got = model.forward(x, record={}), model.predict(x)
    np.testing.assert_allclose(got, want, rtol=1e-4, atol=1e-4)
    assert np.isnan(got).any() and not np.isnan(got).all()
    assert_plan_equals_layers(model, pictures(2, 32, 32, 32))


def test_several_shapes_and_numbers_of_threads():
    model = drawn(Sequential([Input((None, None, 3)), Conv2D(20, 3, activation="relu"), GlobalAveragePooling2D()]))
    before = kernels.get_num_threads()
    try:
        for _ in range(3):
            for threads in (1, 2):
                kernels.set_num_threads(threads)
                for size in (40, 50, 60):
                    x = pictures(1, size, 40, 3, seed=size)
                    assert_same(model.predict(x), model.forward(x, record={}))
    finally:
        kernels.set_num_threads(before)
    assert len(model._plan(False)._takes) <= 4


def test_large_inputs_are_not_copied_to_a_tape():
    model, x = drawn(Sequential([Input((600, 300, 3)), MaxPooling2D(), ReLU()])), pictures(1, 600, 300, 3)
    assert_plan_equals_layers(model, x)
    assert not tapes(model)


def test_what_a_tape_returned_is_never_overwritten():
    """Not by the next play, nor by a run of other shapes, whose outputs a play must not overwrite either."""
    model = drawn(Sequential([Input((None, 64, 3)), Conv2D(16, 3, padding="same"), Conv2D(16, 3, padding="same")]))
    held = []
    for turn in range(12):
        x = pictures(2, 64 if turn % 3 else 50 + turn, 64, 3, seed=turn)
        held.append((model.predict(x), model.forward(x, record={})))
    for got, want in held:
        assert abs(got - want).max() <= 1e-4 * abs(want).max()


# ---- memory ---------------------------------------------------------------------------------------------------------


def test_what_was_returned_is_never_overwritten():
    """Memory is used again from run to run, but not while somebody holds it."""
    model = drawn(Sequential([Input((64, 64, 3)), Conv2D(16, 3, padding="same"), BatchNormalization(), ReLU()]))
    first = model.forward(pictures(2, 64, 64, 3))
    copy = first.copy()
    second = model.forward(pictures(2, 64, 64, 3, seed=9))
    assert_same(first, copy)
    assert not np.shares_memory(first, second)


def test_threads_predict_at_once():
    layers = [Conv2D(16, 3), BatchNormalization(), ReLU(), SeparableConv2D(16, 3), BatchNormalization()]
    model = drawn(Sequential([Input((40, 40, 3)), *layers]))
    inputs = [pictures(2, 40, 40, 3, seed=seed) for seed in range(4)]
    want = [model.predict(x) for x in inputs]
    wrong = []

    def work(index):
        for _ in range(5):
            if not np.array_equal(model.predict(inputs[index]), want[index]):
                wrong.append(index)

    threads = [threading.Thread(target=work, args=(index,)) for index in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
