"""Runs on tape: bit for bit those of the plan's steps, whatever changes between plays, or no play at all."""

import ast
import multiprocessing
import sys
from functools import partial
from pathlib import Path

import numpy as np
import pytest

import minicnn
from minicnn import (
    ELU,
    Activation,
    Add,
    Average,
    AveragePooling2D,
    BatchNormalization,
    CenterCrop,
    Concatenate,
    Conv2D,
    Conv2DTranspose,
    Cropping2D,
    Dense,
    DepthwiseConv2D,
    Dropout,
    Flatten,
    GaussianNoise,
    GlobalAveragePooling2D,
    GlobalMaxPooling2D,
    GroupNormalization,
    Input,
    LayerNormalization,
    LeakyReLU,
    Maximum,
    MaxPooling2D,
    Minimum,
    Model,
    Multiply,
    Normalization,
    Permute,
    PReLU,
    ReLU,
    Rescaling,
    Reshape,
    Resizing,
    SeparableConv2D,
    Sequential,
    Sigmoid,
    Softmax,
    SpatialDropout2D,
    Subtract,
    UpSampling2D,
    ZeroPadding2D,
    kernels,
)
from minicnn.execution import Plan
from minicnn.layers import AUGMENTATIONS, LAYERS, Layer
from tests.execution.plans import assert_plan_equals_layers, drawn, on_tape, pictures, small, tapes
from tests.layers.examples import AUGMENTED
from tests.processes import PATIENCE
from tests.tolerances import assert_same


class Scaled(Layer):
    """Somebody's layer, which copies a weight in Python on its way to a kernel."""

    def _build(self, input_shape, rng):
        self.params["scale"] = np.ones(1, self.dtype)

    def _forward(self, x, training):
        return kernels.rescaling_forward(x, float(self.params["scale"][0]), 0.0), None


class Doubled(ReLU):
    """Somebody's layer, which computes by itself."""

    def _forward(self, x, training):
        return 2 * x, x


def in_fortran_order():
    """Return a dense layer whose kernel lies in memory as the loops do not take it: they get a copy."""
    layer = Dense(7)
    layer.build((None, 9, 8, 20))
    layer.params["kernel"] = np.asfortranarray(layer.params["kernel"])
    return layer


def with_a_forward_of_its_own():
    """Return a layer into which somebody put a method."""
    layer = ReLU()
    layer._forward = lambda x, training: (2 * x, x)
    return layer


IMAGE, FIVE = (9, 8, 20), (2, 3, 2, 3)
PLAYED = {  # every layer: a function that makes one, and the shapes of what goes in
    "Activation": (lambda: Activation("gelu"), [IMAGE]),
    "Add": (lambda: Add(), [IMAGE, IMAGE]),
    "Add, stretched": (lambda: Add(), [IMAGE, (1, 1, 20), IMAGE]),
    "AveragePooling2D": (lambda: AveragePooling2D(2, padding="same"), [IMAGE]),
    "Average": (lambda: Average(), [IMAGE, (1, 1, 20), IMAGE]),
    "BatchNormalization": (lambda: BatchNormalization(), [IMAGE]),
    "Concatenate": (lambda: Concatenate(1), [IMAGE, IMAGE]),
    "Conv2D": (lambda: Conv2D(40, 3, padding="same", activation="relu"), [IMAGE]),
    "Dense": (lambda: Dense(7, activation="softmax"), [IMAGE]),
    "DepthwiseConv2D": (lambda: DepthwiseConv2D(3, padding="same"), [IMAGE]),
    "Dropout": (lambda: Dropout(0.5), [IMAGE]),
    "ELU": (lambda: ELU(), [IMAGE]),
    "Flatten": (lambda: Flatten(), [IMAGE]),
    "GaussianNoise": (lambda: GaussianNoise(0.5), [IMAGE]),
    "GlobalAveragePooling2D": (lambda: GlobalAveragePooling2D(), [IMAGE]),
    "GlobalMaxPooling2D": (lambda: GlobalMaxPooling2D(keepdims=True), [IMAGE]),
    "LeakyReLU": (lambda: LeakyReLU(0.1), [IMAGE]),
    "Maximum": (lambda: Maximum(), [IMAGE, IMAGE]),
    "MaxPooling2D": (lambda: MaxPooling2D(3, 2, padding="same"), [IMAGE]),
    "Minimum": (lambda: Minimum(), [IMAGE, (1, 1, 20), IMAGE]),
    "Multiply": (lambda: Multiply(), [IMAGE, IMAGE]),
    "Normalization": (lambda: Normalization(), [IMAGE]),
    "Normalization by constants": (lambda: Normalization(None, 2.0, 4.0), [IMAGE]),
    "PReLU": (lambda: PReLU((1, 2)), [IMAGE]),
    "ReLU": (lambda: ReLU(3), [IMAGE]),
    "Rescaling": (lambda: Rescaling(0.5, 1.0), [IMAGE]),
    "Reshape": (lambda: Reshape((8, 9, 20)), [IMAGE]),
    "Resizing": (lambda: Resizing(5, 12), [IMAGE]),
    "SeparableConv2D": (lambda: SeparableConv2D(40, 3, padding="same"), [IMAGE]),
    "Sigmoid": (lambda: Sigmoid(), [IMAGE]),
    "Softmax": (lambda: Softmax(), [IMAGE]),
    "SpatialDropout2D": (lambda: SpatialDropout2D(0.5), [IMAGE]),
    "Subtract": (lambda: Subtract(), [IMAGE, IMAGE]),
    "UpSampling2D": (lambda: UpSampling2D(2, "bilinear"), [IMAGE]),
    "ZeroPadding2D": (lambda: ZeroPadding2D(1), [IMAGE]),
    **{name: (partial(LAYERS[name], **AUGMENTED.get(name, {})), [IMAGE]) for name in AUGMENTATIONS},
}
CONFESSED = {  # what NumPy computes between two kernels, who say so
    "BatchNormalization of rows": (lambda: BatchNormalization(1), [IMAGE]),
    "CenterCrop": (lambda: CenterCrop(5, 4), [IMAGE]),
    "Conv2DTranspose": (lambda: Conv2DTranspose(4, 3), [IMAGE]),
    "Cropping2D": (lambda: Cropping2D(1), [IMAGE]),
    "GroupNormalization": (lambda: GroupNormalization(4), [IMAGE]),
    "LayerNormalization": (lambda: LayerNormalization(), [IMAGE]),
    "Permute": (lambda: Permute((2, 1, 3)), [IMAGE]),
    "Subtract, stretched in five ways": (lambda: Subtract(), [FIVE, (1, 3, 1, 3)]),
    "ZeroPadding2D of nothing": (lambda: ZeroPadding2D(0), [IMAGE]),
    "DepthwiseConv2D twice": (lambda: DepthwiseConv2D(3, depth_multiplier=2), [IMAGE]),
    "DepthwiseConv2D of few channels": (lambda: DepthwiseConv2D(3), [(9, 8, 2)]),
    "ReLU with a slope": (lambda: ReLU(3.0, 0.25, 0.5), [IMAGE]),
    "Rescaling by channel": (lambda: Rescaling([0.5] * 20, [1.0] * 20), [IMAGE]),
    "Softmax of rows": (lambda: Softmax(1), [IMAGE]),
    "Add, stretched in five ways": (lambda: Add(), [FIVE, (1, 3, 1, 3)]),
    "Multiply, stretched in five ways": (lambda: Multiply(), [FIVE, (1, 3, 1, 3)]),
    "Normalization in five ways": (lambda: Normalization((1, 3)), [FIVE]),
    "an array in Fortran order": (in_fortran_order, [IMAGE]),
}
NOT_RECORDED = {  # what nobody vouches for
    "somebody's layer": (lambda: Scaled(), [IMAGE]),
    "somebody's formula": (lambda: Doubled(), [IMAGE]),
    "a forward of its own": (with_a_forward_of_its_own, [IMAGE]),
    "on paper": (lambda: Conv2D(4, 3, algorithm="reference"), [IMAGE]),
}
EVERY = PLAYED | CONFESSED | NOT_RECORDED


def net(name):
    """Make a model that ends in the layer of a case, a dense layer before it: what reaches it depends on weights."""
    make, shapes = EVERY[name]
    inputs = [Input(shape) for shape in shapes]
    xs = [Dense(shape[-1])(x) for shape, x in zip(shapes, inputs, strict=True)]
    return Model(inputs, make()(xs if len(xs) > 1 else xs[0]), seed=0)


def by_steps(model, xs):
    """Return what the plan's steps make without a tape: a plan's first run is never recorded."""
    values = dict(zip(model.inputs, xs, strict=True))
    Plan(model, frozenset()).run(values)
    return values[model.outputs[0]]


def change(arrays, rng):
    """Write other numbers into arrays, in place."""
    for array in arrays:
        array[...] = rng.uniform(0.3, 1.3, array.shape).astype(array.dtype)


def differences(name):
    """Predict again and again, with other inputs each time; tell after what an answer differed from the steps'.

    The first run is by steps, the second is recorded, from the third on the tape is played, if there is one.
    """
    model, rng, wrong = net(name), np.random.default_rng(1), []
    layers = [layer for _, layer in model.leaves()]
    for what in ("steps", "record", "inputs", "weights", "inputs again", "state", "all"):
        if what in ("steps", "weights", "all"):
            change((array for layer in layers for array in layer.params.values()), rng)
        if what in ("steps", "state", "all"):
            change((array for layer in layers for array in layer.state.values()), rng)
        xs = [rng.normal(size=(2, *tensor.shape[1:])).astype("float32") for tensor in model.inputs]
        got, want = model.predict(xs), by_steps(model, xs)
        assert got.shape == want.shape and got.dtype == want.dtype
        if not np.array_equal(got, want):
            wrong.append(what)
    return wrong, tapes(model)


def test_the_cases_are_all():
    named = {name.partition(",")[0].partition(" ")[0] for name in [*PLAYED, *CONFESSED]} - {"an"}
    in_files = {(LAYERS.get(name) or getattr(minicnn, name)).class_name for name in named}  # Sigmoid: an Activation
    assert in_files == {*LAYERS} - {"InputLayer", "Functional", "Model", "Sequential"}


@pytest.mark.parametrize("name", EVERY)
def test_every_layer_on_tape(name):
    """Other inputs, and other numbers in every array: bit for bit what the steps give, played or not."""
    assert differences(name) == ([], [True] if name in PLAYED else [])


@pytest.mark.parametrize("name", [*CONFESSED, *NOT_RECORDED])
def test_what_a_tape_would_get_wrong(name, monkeypatch):
    """Each refusal is needed, and the test above would see it missing: without them the same runs end otherwise."""
    monkeypatch.setattr(kernels.tape, "refuse", lambda: None)
    monkeypatch.setattr("minicnn.execution.plan.can_record", lambda model: True)
    wrong, played = differences(name)
    assert played == [True] and "all" in wrong
    if name in ("somebody's layer", "an array in Fortran order"):  # copies of a weight: other inputs show nothing
        assert wrong == ["weights", "inputs again", "state", "all"]


def confessions():
    """Yield the names of all functions that say that they may compute outside the kernels."""
    for path in Path(minicnn.__file__).parent.rglob("*.py"):
        for function in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(function, ast.FunctionDef) and any(
                isinstance(node, ast.Attribute) and ast.unparse(node).endswith("tape.refuse")
                for node in ast.walk(function)
            ):
                yield function.name


def test_every_confession_has_its_case(monkeypatch):
    """But for what only a way back runs, which is never on tape."""
    heard = set()
    monkeypatch.setattr(kernels.tape, "refuse", lambda: heard.add(sys._getframe(1).f_code.co_name))
    for name in CONFESSED:
        differences(name)
    expected = {name for name in confessions() if not name.endswith("_backward")}
    assert len(expected) >= 8 and heard - {"recording"} == expected


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
    plan = model._plan()
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
    with model._plan()._free:  # as if another thread predicted
        assert not np.shares_memory(model.predict(x), x)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux forks")
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_a_child_forked_while_another_thread_predicts():
    model, x = small(), pictures(2, 5, 5, 2)
    want = on_tape(model, x)
    context = multiprocessing.get_context("fork")
    answers = context.Queue()

    def work():
        own = model._plan()._free.acquire(blocking=False)  # else every run would do without tape and memory
        model._plan()._free.release()
        answers.put([bool((model.predict(x) == want).all()) for _ in range(3)] + tapes(model) + [own])

    with model._plan()._free:
        child = context.Process(target=work)
        child.start()
        assert answers.get(timeout=PATIENCE) == [True] * 5
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
    assert len(model._plan()._takes) <= 4


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
