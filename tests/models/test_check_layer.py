"""A layer of one's own: checked, trained, saved and loaded, here and by Keras."""

import copy
import pickle

import numpy as np
import pytest

import minicnn
from minicnn import Input, Layer, Model, Sequential, check_layer, gradcheck, load_model
from tests.keras_oracle import keras


class Scale(Layer):
    """y = x * scale ** power: an array, and a setting."""

    def __init__(self, power=1.0, name=None, **more):
        super().__init__(name, **more)
        self.power = power

    def _build(self, input_shape, rng):
        self.params["scale"] = rng.uniform(0.5, 1.5, input_shape[-1]).astype(self.dtype)

    def _forward(self, x, training):
        return x * self.params["scale"] ** self.power, x

    def _backward(self, dy, x, need_dx):
        scale, axes = self.params["scale"], tuple(range(x.ndim - 1))
        self.grads["scale"] = (dy * x).sum(axes) * self.power * scale ** (self.power - 1)
        return dy * scale**self.power if need_dx else None

    def _settings(self):
        return {"power": self.power}


def in_keras():
    """Return the same layer for Keras, under the same name."""

    class Scale(keras.layers.Layer):
        def __init__(self, power=1.0, **more):
            super().__init__(**more)
            self.power = power

        def build(self, input_shape):
            self.scale = self.add_weight(shape=(input_shape[-1],), initializer="ones", name="scale")

        def call(self, x):
            return x * self.scale**self.power

        def get_config(self):
            return {**super().get_config(), "power": self.power}

    return Scale


KerasScale = in_keras()


def test_a_right_one():
    check = check_layer(Scale(2.0), (None, 4, None, 3))
    assert check.ok and {element.array for element in check.elements} == {"x", "scale/scale"}
    layer = Scale()
    layer.build((None, 4))
    layer.params["scale"][...] = 3
    assert check_layer(layer).ok and (layer.params["scale"] == 3).all() and not layer._saved


class WrongDx(Scale):
    def _backward(self, dy, x, need_dx):
        return 1.01 * super()._backward(dy, x, True)


class WrongArray(Scale):
    def _backward(self, dy, x, need_dx):
        dx = super()._backward(dy, x, need_dx)
        self.grads["scale"] = self.grads["scale"][::-1]
        return dx


@pytest.mark.parametrize(("kind", "array"), [(WrongDx, "x"), (WrongArray, "/scale")])
def test_wrong_ones(kind, array):
    """A cotangent of ones would find neither a transposed nor a reversed gradient."""
    check = check_layer(kind(2.0), (None, 3))
    wrong = {element.array for element in check.elements if element.verdict == "wrong"}
    assert not check.ok and len(wrong) == 1 and wrong.pop().endswith(array)


class Forgetful(Scale):
    """Its settings don't say how to make it again."""

    def _settings(self):
        return {"strength": self.power}


@pytest.mark.parametrize(
    ("make", "shape", "sentence"),
    [
        (Scale, None, "`input_shape` must be (None, ...), of the layer's one input. Received: None."),
        (minicnn.Add, [(None, 2), (None, 2)], "`input_shape` must be (None, ...), of the layer's one input. Received"),
        (Forgetful, (None, 2), "Forgetful has no argument 'strength'"),
    ],
)
def test_what_cannot_be_checked(make, shape, sentence):
    with pytest.raises((ValueError, TypeError)) as error:
        check_layer(make(), shape)
    assert sentence in str(error.value)


def net(of, scale):
    o = of if of is minicnn else keras.layers
    inner = of.Sequential([of.Input((4, 4, 2)), o.Conv2D(3, 2), scale(0.5, name="half")], name="inner")
    x = of.Input((4, 4, 2))
    return of.Model(x, o.Dense(2)(o.Flatten()(scale(2.0, name="twice")(inner(x)))))


def cubed(t, y):
    return (np.abs(y - t) ** 3).mean(-1), 3 * (y - t) * np.abs(y - t) / y.shape[-1]


X = np.random.default_rng(0).normal(size=(6, 4, 4, 2)).astype("float32")
Y = np.random.default_rng(1).normal(size=(6, 2)).astype("float32")


def test_it_is_saved_and_loaded_with_its_loss(tmp_path):
    model = net(minicnn, Scale)
    model.compile("adam", cubed)
    model.fit(X, Y, epochs=2, verbose=0)
    model.save(tmp_path / "own.keras")
    again = load_model(tmp_path / "own.keras", custom_objects={"Scale": Scale, "cubed": cubed})
    assert type(again.get_layer("inner/half")) is Scale and again.get_layer("twice").power == 2.0
    np.testing.assert_array_equal(again.predict(X), model.predict(X))
    assert again.evaluate(X, Y) == model.evaluate(X, Y) and again.train_on_batch(X, Y) == model.train_on_batch(X, Y)
    with pytest.raises(ValueError, match="'Scale', which minicnn does not have; one of your own is named in custom_ob"):
        load_model(tmp_path / "own.keras")
    assert load_model(tmp_path / "own.keras", custom_objects={"Scale": Scale}, compile=False).optimizer is None
    own = {"Scale": Scale, "cubed": cubed}
    named, second = (load_model(tmp_path / "own.keras", **how) for how in ({"custom_objects": own}, {"weights": own}))
    third = load_model(tmp_path / "own.keras", own, safe_mode=True)  # Keras's order
    assert named.evaluate(X, Y) == second.evaluate(X, Y) == third.evaluate(X, Y)
    with pytest.raises(TypeError, match="load_model takes `custom_objects` once."):
        load_model(tmp_path / "own.keras", {"Scale": Scale}, custom_objects={})
    assert gradcheck.gradcheck(model, X, Y, sample=5).ok


class AbsoluteError(minicnn.losses.Loss):
    name = "absolute_error"

    def _each(self, t, y, logits):
        return np.abs(y - t).mean(-1), np.sign(y - t) / y.shape[-1]


class Farthest(minicnn.metrics.Metric):
    default_name = "farthest"

    def __init__(self, power=1.0, name=None, dtype=None):
        self.power = power
        super().__init__(dtype, name)

    def reset_state(self):
        self.found = 0.0

    def _update(self, y_true, y_pred, weights):
        self.found = max(self.found, float(np.abs(y_pred - y_true).max()) ** self.power)

    def result(self):
        return self.found

    def get_config(self):
        return {**super().get_config(), "power": self.power}


def off(y_true, y_pred):
    return np.abs(y_true - y_pred).mean(-1)


@pytest.mark.parametrize("name", ["own.keras", "own.h5"])
@pytest.mark.parametrize(
    "loss", [AbsoluteError(), {"out": cubed}, [AbsoluteError(reduction="sum")]], ids=["one", "by name", "list"]
)
def test_losses_and_metrics_are_loaded_too(loss, name, tmp_path):
    own = {"AbsoluteError": AbsoluteError, "Farthest": Farthest, "cubed": cubed, "off": off}
    model = Sequential([Input((4, 4, 2)), minicnn.Flatten(), minicnn.Dense(2, name="out")], seed=0)
    model.compile("adam", loss, metrics=[Farthest(2.0), off, "mae"], weighted_metrics=[Farthest(name="again")])
    model.save(tmp_path / name)
    again = load_model(tmp_path / name, custom_objects=own)
    assert again.evaluate(X, Y) == model.evaluate(X, Y) and again.setup.metrics["farthest"].power == 2.0
    assert load_model(tmp_path / name).setup is None


@pytest.mark.parametrize("writer", [minicnn, keras], ids=["minicnn to keras", "keras to minicnn"])
def test_keras_has_the_same_file(writer, tmp_path):
    ours = writer is minicnn
    first = net(writer, Scale if ours else KerasScale)
    first.set_weights([np.random.default_rng(2).uniform(0.5, 1.5, w.shape) for w in first.get_weights()])
    first.save(tmp_path / "own.keras")
    second = (keras if ours else minicnn).models.load_model(
        tmp_path / "own.keras", custom_objects={"Scale": KerasScale if ours else Scale}
    )
    np.testing.assert_allclose(second.predict(X, verbose=0), first.predict(X, verbose=0), rtol=1e-5, atol=1e-6)


def test_a_model_of_it_is_made_again():
    model = net(minicnn, Scale)
    config = model.get_config()
    again = Model.from_config(config, custom_objects={"Scale": Scale})
    again.set_weights(model.get_weights())
    np.testing.assert_array_equal(again.predict(X), model.predict(X))
    assert model.astype("float64").predict(X).dtype == np.float64
    chain = Sequential([Input((4,)), Scale()])
    assert Sequential.from_config(chain.get_config(), custom_objects={"Scale": Scale}).output_shape == (None, 4)


def test_an_own_class_of_a_name_that_minicnn_has(tmp_path):
    """It is checked and copied itself, beside minicnn's of the same name; a file of it needs it, too."""

    class ReLU(Layer):
        def _forward(self, x, training):
            return 2 * np.maximum(x, 0), x

        def _backward(self, dy, x, need_dx):
            return 3 * dy * (x > 0)

    assert not check_layer(ReLU(), (None, 3)).ok
    model = Sequential([Input((4,)), ReLU(name="own"), minicnn.ReLU(name="ours")], seed=0)
    assert model.astype("float64").predict([[1, 2, -3, 4.0]]).tolist() == [[2, 4, 0, 8]]
    model.save(tmp_path / "own.keras")
    Sequential([Input((4,)), ReLU(name="own")]).save(tmp_path / "own.h5")
    again = load_model(tmp_path / "own.keras", custom_objects={"ReLU": ReLU})
    assert type(again.get_layer("own")) is ReLU and type(again.get_layer("ours")) is minicnn.ReLU
    assert type(load_model(tmp_path / "own.h5", custom_objects={"ReLU": ReLU}).get_layer("own")) is ReLU
    with pytest.raises(ValueError, match="Layer 'own' is of class 'ReLU', which minicnn does not have;"):
        load_model(tmp_path / "own.keras")


class Power(Layer):
    """What `__init__` is given is nowhere said again."""

    def __init__(self, power=2.0, *, times=1.0, **more):
        self.more = more.pop("plus", 0.0)
        super().__init__(**more)
        self.power, self.by = power, times

    def _forward(self, x, training):
        return self.by * np.abs(x) ** self.power + self.more, x

    def _backward(self, dy, x, need_dx):
        return dy * self.by * self.power * np.sign(x) * np.abs(x) ** (self.power - 1)


class Wider(minicnn.Dense):
    def __init__(self, units, factor=(2.0, 3.0), **more):
        super().__init__(units, **more)
        self.factor = factor


def test_arguments_are_kept_without_settings(tmp_path):
    layer = Power(3.0, times=0.5, plus=1.0, name="p", trainable=False)
    kept = {"power": 3.0, "times": 0.5, "plus": 1.0}
    common = {"name": "p", "trainable": False, "dtype": "float32"}
    assert layer.get_config() == common | kept and check_layer(layer, (None, 3)).ok
    model = Sequential([Input((2,)), layer, Wider(2, factor=np.array([5.0, 6.0]), activation="relu", name="w")], seed=0)
    model.save(tmp_path / "own.keras")
    again = load_model(tmp_path / "own.keras", custom_objects={"Power": Power, "Wider": Wider})
    x = np.random.default_rng(0).normal(size=(3, 2))
    np.testing.assert_array_equal(again.predict(x), model.predict(x))
    np.testing.assert_allclose(model.astype("float64").predict(x), model.predict(x), rtol=1e-5, atol=1e-6)
    assert again.get_layer("w").factor == [5.0, 6.0] and again.get_layer("w").activation == "relu"
    changed = Power(3.0)
    others = copy.copy(changed), copy.deepcopy(changed), pickle.loads(pickle.dumps(changed))
    changed.power = 4.0
    assert [other.get_config()["power"] for other in others] == [3.0] * 3
    assert copy.deepcopy(Wider(3)).get_config() == Wider(3).get_config()
    with pytest.raises(TypeError, match="missing 1 required positional argument: 'units'"):
        Wider()
    assert changed.get_config()["power"] == 4.0 and Power().get_config()["power"] == 2.0


class Sizes(Layer):
    def __init__(self, *sizes, name=None, **more):
        super().__init__(name, **more)
        self.sizes = sizes

    def _forward(self, x, training):
        return x, None

    def _backward(self, dy, saved, need_dx):
        return dy


def test_arguments_without_names_are_not_lost_silently():
    with pytest.raises(ValueError, match="Sizes does not understand its settings .*'sizes'"):
        check_layer(Sizes(3, 4), (None, 2))
    assert check_layer(Sizes(), (None, 2)).ok


@pytest.mark.parametrize(
    ("base", "methods", "sentence"),
    [
        (Layer, {"build": lambda self, input_shape: None}, "Mine defines `build` as Keras's classes do; here a laye"),
        (Layer, {"call": lambda self, x: x}, "a layer writes _build(input_shape, rng), _forward(x, training) and, as"),
        (minicnn.Dense, {"call": lambda self, x: x}, "Mine defines `call` as Keras's classes do; here"),
        (Model, {"call": lambda self, x: x}, "here a model is made of layers, Model(inputs, outputs) or Sequential("),
    ],
)
def test_a_class_that_is_written_for_keras(base, methods, sentence):
    with pytest.raises(TypeError) as error:
        type("Mine", (base,), methods)
    assert sentence in str(error.value)


def test_a_class_for_both_may_have_keras_s_methods():
    """What is differentiated by hand may call what Keras differentiates."""
    type("Both", (Layer,), {"call": lambda self, x: x, "_forward": lambda self, x, training: (self.call(x), None)})
    type("More", (Layer,), {"build": lambda self, input_shape, rng=None, dtype="float32": None})


class Started(Scale):
    def _build(self, input_shape, rng):
        self.params["scale"] = np.ones(input_shape[-1], self.dtype)


class WithoutScale(Started):
    def _backward(self, dy, x, need_dx):
        super()._backward(dy, x, need_dx)
        return dy


def test_start_values_hide_nothing():
    """Times ones is nothing: so the ones are moved, in the layer that is checked alone."""
    layer = WithoutScale()
    assert not check_layer(layer, (None, 3)).ok and not layer.built
    assert check_layer(Started(), (None, 3)).ok
    layer.build((None, 3))
    assert check_layer(layer).ok  # at ones dy is right: a built layer is checked where it stands
