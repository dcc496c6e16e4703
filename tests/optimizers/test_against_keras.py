"""Every optimizer against Keras's: ten steps from the same weights along the same gradients; its state both ways."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import minicnn
from minicnn import Dense, Input, Sequential, optimizers
from tests.keras_oracle import keras

schedules = optimizers.schedules
SCHEDULES = [
    lambda of: of.ExponentialDecay(0.1, 3, 0.5),
    lambda of: of.ExponentialDecay(0.1, 3, 0.5, staircase=True),
    lambda of: of.PiecewiseConstantDecay([2, 5], [0.1, 0.05, 0.01]),
    lambda of: of.CosineDecay(0.1, 6, alpha=0.1),
    lambda of: of.CosineDecay(0.01, 4, warmup_target=0.1, warmup_steps=3),
]
RULES = {
    "SGD": {"momentum": [0.0, 0.75], "nesterov": [False, True]},
    "Adam": {"beta_1": [0.5, 0.9], "amsgrad": [False, True], "epsilon": [1e-7, 1e-2]},
    "AdamW": {"weight_decay": [0.0, 0.25], "amsgrad": [False, True]},
    "RMSprop": {"rho": [0.5, 0.9], "momentum": [0.0, 0.75], "centered": [False, True], "epsilon": [1e-3, 1e-7]},
}


@st.composite
def rules(draw):
    """Draw (class name, settings without the rate, a number or the index of a schedule for the rate)."""
    name = draw(st.sampled_from(sorted(RULES)))
    own = {key: draw(st.sampled_from(values)) for key, values in RULES[name].items()}
    clip = draw(st.none() | st.sampled_from(["clipnorm", "clipvalue", "global_clipnorm"]))
    if clip:
        own[clip] = draw(st.sampled_from([0.5, 2.0]))
    if name != "AdamW" and draw(st.booleans()):
        own["weight_decay"] = 0.25
    return name, own, draw(st.sampled_from([0.125, 0.01]) | st.integers(0, len(SCHEDULES) - 1))


def made(of, name, own, rate):
    rate = SCHEDULES[rate](of.schedules) if isinstance(rate, int) else rate
    return getattr(of, name)(rate, **own)


def stepped(optimizer, params, gradients):
    """Ten steps of Keras's optimizer: the weights after each."""
    variables = [keras.Variable(array) for array in params.values()]
    for step in gradients:
        optimizer.apply([keras.ops.convert_to_tensor(g) for g in step.values()], variables)
        yield [variable.numpy() for variable in variables]


@settings(max_examples=40)
@given(rules(), st.integers(0, 2**32 - 1))
def test_ten_steps(rule, seed):
    rng = np.random.default_rng(seed)
    params = {key: rng.normal(size=shape).astype("float32") for key, shape in (("a", (3, 4)), ("b", (4,)))}
    gradients = [{key: rng.normal(size=w.shape).astype("float32") for key, w in params.items()} for _ in range(10)]
    ours, keras_s = made(optimizers, *rule), made(keras.optimizers, *rule)
    for step, wanted in zip(
        gradients, stepped(keras_s, {key: w.copy() for key, w in params.items()}, gradients), strict=True
    ):
        ours.update(params, step)
        for got, want in zip(params.values(), wanted, strict=True):
            # where RMSprop is centered the spread may be a small difference of large numbers
            tolerance = 2e-3 if rule[1].get("centered") else 2e-5
            np.testing.assert_allclose(got, want, rtol=tolerance, atol=tolerance)
    state = ours.variables(params)
    assert [np.shape(array) for array in state] == [tuple(each.shape) for each in keras_s.variables]
    for got, want in zip(state, keras_s.variables, strict=True):
        np.testing.assert_allclose(got, want.numpy(), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("schedule", range(len(SCHEDULES)))
def test_schedules(schedule):
    ours, keras_s = SCHEDULES[schedule](schedules), SCHEDULES[schedule](keras.optimizers.schedules)
    for step in range(12):
        np.testing.assert_allclose(ours(step), float(keras_s(step)), rtol=1e-6, atol=1e-9)
    assert type(ours).from_config(keras_s.get_config()).get_config() == ours.get_config()


def net(of):
    if of is minicnn:
        return Sequential([Input((3,)), Dense(4, activation="relu"), Dense(1)])
    return keras.Sequential([keras.Input((3,)), keras.layers.Dense(4, activation="relu"), keras.layers.Dense(1)])


X = np.random.default_rng(0).normal(size=(8, 3)).astype("float32")
FILED = [
    ("SGD", {"clipvalue": 0.5, "weight_decay": 0.125}, 0.125),
    ("Adam", {"amsgrad": True, "global_clipnorm": 1.0}, 0.125),
    ("AdamW", {"weight_decay": 0.25, "clipnorm": 2.0}, 3),
    ("RMSprop", {"momentum": 0.5, "centered": True, "epsilon": 1e-3}, 4),
    ("RMSprop", {"momentum": 0.5}, 0),
    ("RMSprop", {"centered": True, "epsilon": 1e-3}, 0.125),
    ("SGD", {"momentum": 0.5}, 2),
]


@pytest.mark.parametrize("rule", FILED, ids=[f"{name} {sorted(own)}" for name, own, _ in FILED])
@pytest.mark.parametrize(  # Keras itself cannot go on from .h5: it builds the optimizer for none of the arrays
    ("writer", "ending"), [(minicnn, "keras"), (keras, "keras"), (keras, "h5")], ids=["to keras", "from keras", "h5"]
)
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_training_goes_on_from_a_file(writer, rule, ending, tmp_path):
    """The state, the schedule's place and every setting pass from one to the other."""
    reader = keras if writer is minicnn else minicnn
    first = net(writer)
    first.set_weights([np.random.default_rng(1).normal(size=w.shape) for w in first.get_weights()])
    first.compile(made(writer.optimizers, *rule), "mse")
    for _ in range(3):
        first.train_on_batch(X, X[:, :1])
    path = str(tmp_path / f"net.{ending}")
    first.save(path)
    second = reader.models.load_model(path)
    for _ in range(3):
        np.testing.assert_allclose(
            second.train_on_batch(X, X[:, :1]), first.train_on_batch(X, X[:, :1]), rtol=1e-3, atol=1e-5
        )
    for got, want in zip(second.get_weights(), first.get_weights(), strict=True):
        np.testing.assert_allclose(got, want, rtol=2e-3, atol=1e-4)


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("rule", FILED, ids=[f"{name} {sorted(own)}" for name, own, _ in FILED])
def test_keras_reads_the_settings_of_an_h5_file(rule, tmp_path):
    model = net(minicnn)
    model.compile(made(minicnn.optimizers, *rule), "mse")
    model.train_on_batch(X, X[:, :1])
    model.save(tmp_path / "net.h5")
    theirs, ours = keras.models.load_model(tmp_path / "net.h5").optimizer.get_config(), model.optimizer.get_config()
    assert {name: theirs[name] for name in ours if name != "learning_rate"} == {
        name: value for name, value in ours.items() if name != "learning_rate"
    }
    again = minicnn.load_model(tmp_path / "net.h5").optimizer
    assert again.get_config() == ours and again.iterations == 1
    assert len(again.variables(model.params)) == len(model.optimizer.variables(model.params))
