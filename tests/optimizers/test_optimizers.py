"""SGD and Adam as objects: their steps on paper, their state in Keras's order, what a file may say, what is refused."""

import numpy as np
import pytest

import minicnn
from minicnn import SGD, Adam, AdamW, Dense, Input, RMSprop, Sequential, optimizers
from minicnn.execution import ProductGradient


def steps(optimizer, gradients, w=1.0, dtype="float64"):
    """Take some steps of one weight; return where it was after each."""
    params, found = {"w": np.array([w], dtype)}, []
    for gradient in gradients:
        optimizer.update(params, {"w": np.array([gradient], dtype)})
        found.append(float(params["w"][0]))
    return found


def test_sgd_on_paper():
    np.testing.assert_allclose(steps(SGD(0.5), [2.0, -1.0]), [0, 0.5])
    # m = -1, then 0.5 * -1 + 0.5 = 0
    np.testing.assert_allclose(steps(SGD(0.5, momentum=0.5), [2.0, -1.0]), [0, 0])
    # w += m / 2 - 1 = -1.5, then m = 0: + 0.5
    np.testing.assert_allclose(steps(SGD(0.5, momentum=0.5, nesterov=True), [2.0, -1.0]), [-0.5, 0])


def test_adam_on_paper():
    """Its first step is the learning rate against the sign; beta_1 = 0.5, beta_2 = 0.75 are exact in float32."""
    adam = Adam(0.25, beta_1=0.5, beta_2=0.75, epsilon=1e-12)
    # m = 1, v = 1; then m = 1 + (-4 - 1) / 2 = -1.5, v = 1 + (16 - 1) / 4 = 4.75; corrections 3/4 and 7/16
    second = 0.75 + 0.25 * np.sqrt(7 / 16) / (3 / 4) * 1.5 / np.sqrt(4.75)
    np.testing.assert_allclose(steps(adam, [2.0, -4.0]), [0.75, second], rtol=1e-9)


def test_epsilon_stands_beside_the_root():
    rate = 0.25 * np.sqrt(1 - 0.75) / (1 - 0.5)  # m = 1, v = 1
    np.testing.assert_allclose(steps(Adam(0.25, 0.5, 0.75, epsilon=3.0), [2.0]), [1 - rate * 1 / (1 + 3)], rtol=1e-6)


def test_defaults_are_keras_s():
    assert SGD().get_config() == {"name": "SGD", "learning_rate": 0.01, "momentum": 0.0, "nesterov": False}
    assert Adam().get_config() == {
        "name": "adam",
        "learning_rate": 0.001,
        "beta_1": 0.9,
        "beta_2": 0.999,
        "epsilon": 1e-7,
        "amsgrad": False,
    }
    assert (SGD().iterations, SGD().slots, SGD.slot_names, SGD(momentum=0.5).slot_names) == (0, {}, (), ("momentum",))


def test_what_has_no_gradient_stays():
    params, sgd = {"a": np.ones(2), "b": np.ones(2)}, SGD(1, momentum=0.5)
    sgd.update(params, {"b": np.ones(2)})
    np.testing.assert_array_equal([params["a"], params["b"]], [[1, 1], [0, 0]])
    assert sgd.iterations == 1 and list(sgd.slots) == ["b"]


def test_state_goes_out_and_in_in_keras_s_order():
    params = {"a": np.zeros(2, "float32"), "b": np.zeros((1, 3), "float32")}
    adam, other = Adam(0.5), Adam(0.25)
    for _ in range(3):
        adam.update(params, {key: np.ones_like(array) for key, array in params.items()})
    state = adam.variables(params)
    assert [np.shape(array) for array in state] == [(), (), (2,), (2,), (1, 3), (1, 3)]
    assert state[0] == 3 and state[0].dtype == np.int64 and state[1] == 0.5 and state[1].dtype == np.float32
    np.testing.assert_allclose(state[2], 1 - 0.9**3, rtol=1e-5)
    np.testing.assert_allclose(state[3], 1 - 0.999**3, rtol=1e-4)
    other.set_variables(params, state)
    assert other.iterations == 3 and other.learning_rate == 0.5 and list(other.slots) == ["a", "b"]
    for one, two in zip(other.variables(params), state, strict=True):
        np.testing.assert_array_equal(one, two)
    other.slots["a"][0][:] = 7  # a copy: the other's is its own
    np.testing.assert_allclose(adam.slots["a"][0], 1 - 0.9**3, rtol=1e-5)
    other.set_variables(params, [np.int64(2), np.float32(0.125)])  # before its first step Keras's has two alone
    assert (other.iterations, other.learning_rate, other.slots) == (2, 0.125, {})


def test_a_state_that_does_not_fit_changes_nothing():
    params, adam = {"a": np.zeros(2)}, Adam(0.5)
    with pytest.raises(ValueError, match="state must have 4 arrays for Adam on 1 parameters. Received: 3."):
        adam.set_variables(params, [1, 0.1, np.zeros(2)])
    with pytest.raises(ValueError, match=r"state for 'a' must have shape \(2,\). Received: shape \(3,\)."):
        adam.set_variables(params, [1, 0.1, np.zeros(2), np.zeros(3)])
    assert (adam.iterations, adam.learning_rate, adam.slots) == (0, 0.5, {})


@pytest.mark.parametrize("optimizer", [lambda: SGD(1), lambda: SGD(1, 0.5), lambda: Adam(1)])
def test_a_gradient_that_is_a_product_until_it_is_read(optimizer):
    """SGD moves the weights along the factors; whoever reads the gradient finds the array, before and after."""
    rng = np.random.default_rng(0)
    x, dy = rng.normal(size=(3, 4)), rng.normal(size=(3, 2))
    steps = []
    for g in (x.T @ dy, ProductGradient(dy, x)):
        params = {"a": np.ones((4, 2))}
        made = optimizer()
        made.update(params, {"a": g})
        made.update(params, {"a": g})
        steps.append(params["a"])
    assert (g.factors is None) == isinstance(made, Adam)
    np.testing.assert_allclose(*steps, rtol=1e-12)
    np.testing.assert_allclose(g, x.T @ dy, rtol=1e-12)


@pytest.mark.parametrize("settings", [{"learning_rate": 0.5, "momentum": 0.25, "nesterov": True}, {}])
def test_sgd_from_a_file(settings):
    made = optimizers.from_config(
        {
            "class_name": "SGD",
            "config": {"name": "SGD", **settings, "weight_decay": None, "use_ema": False, "ema_momentum": 0.99},
        }
    )
    assert type(made) is SGD and made.get_config() == {**SGD().get_config(), **settings}


def test_adam_from_a_file():
    settings = {"learning_rate": 0.5, "beta_1": 0.25, "beta_2": 0.125, "epsilon": 0.1}
    made = optimizers.from_config({"class_name": "Adam", "config": {**settings, "amsgrad": False, "clipnorm": None}})
    assert type(made) is Adam and made.get_config() == {**Adam().get_config(), **settings}
    assert type(optimizers.from_config("adam")) is Adam and type(optimizers.from_config("sgd")) is SGD
    assert type(optimizers.get("ADAM")) is Adam and optimizers.get(made) is made


@pytest.mark.parametrize(
    ("written", "sentence"),
    [
        (
            {"class_name": "Adam", "config": {"use_ema": True}},
            r"Adam\(use_ema=True\) is not supported: average the weig",
        ),
        (
            {"class_name": "SGD", "config": {"loss_scale_factor": 2.0}},
            r"SGD\(loss_scale_factor=2.0\) is not supported: l",
        ),
        (
            {"class_name": "SGD", "config": {"decay": 1e-6}},
            r"SGD\(decay=1e-06\) is not supported: give learning_rate=Exp",
        ),
        ({"class_name": "SGD", "config": {"beta_1": 0.5}}, "SGD has no argument 'beta_1'. Received: beta_1=0.5."),
        (
            {"class_name": "SGD", "config": {"learning_rate": {"class_name": "PolynomialDecay", "config": {}}}},
            "schedule must be one of ExponentialDecay, PiecewiseConstantDecay, CosineDecay. Received: 'Polynomial",
        ),
        ({"class_name": "Lion", "config": {}}, "must be one of SGD, Adam, AdamW, RMSprop. Received: 'Lion'"),
        ({"class_name": "SGD", "config": None}, "must be one of SGD, Adam, AdamW, RMSprop. Received: 'SGD'"),
        ({}, "must be one of SGD, Adam, AdamW, RMSprop. Received: {}"),
        (["SGD"], "must be one of SGD, Adam, AdamW, RMSprop. Received: ..SGD"),
    ],
)
def test_what_a_file_says_that_we_lack(written, sentence):
    with pytest.raises(ValueError, match=sentence):
        optimizers.from_config(written)


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: SGD(-1), "`learning_rate` must be a number, at least 0. Received: learning_rate=-1."),
        (lambda: SGD(True), "Received: learning_rate=True."),
        (lambda: SGD(np.nan), "Received: learning_rate=nan."),
        (lambda: SGD(np.inf), "Received: learning_rate=inf."),
        (lambda: SGD("0.1"), "Received: learning_rate='0.1'."),
        (lambda: SGD(momentum=-0.1), "`momentum` must be a number, at least 0 and at most 1."),
        (lambda: SGD(momentum=1.5), "`momentum` must be a number, at least 0 and at most 1."),
        (lambda: Adam(beta_1=1), "`beta_1` must be a number, at least 0"),
        (lambda: Adam(beta_2=1.0), "`beta_2` must be a number, at least 0"),
        (lambda: Adam(beta_2=-1), "`beta_2` must be a number, at least 0"),
        (lambda: Adam(epsilon=0), "`epsilon` must be a number, positive."),
        (lambda: optimizers.get("lion"), "`optimizer` must be 'sgd', 'adam', 'adamw', 'rmsprop', or an Optimizer. Rec"),
        (lambda: optimizers.get(3), "'rmsprop', or an Optimizer. Received: optimizer=3."),
        (lambda: SGD(weight_decay=-1), "`weight_decay` must be a number, at least 0. Received: weight_decay=-1."),
        (lambda: SGD(clipnorm=0), "`clipnorm` must be a number, positive. Received: clipnorm=0."),
        (
            lambda: SGD(clipnorm=1, clipvalue=1),
            "Only one of clipnorm, clipvalue, global_clipnorm can be set. Received: {",
        ),
        (lambda: Adam(gradient_accumulation_steps=4), "is not supported: take a larger batch_size."),
        (lambda: RMSprop(rho=1.0), "`rho` must be a number, at least 0"),
        (lambda: RMSprop(centered="no"), "`centered` must be True or False. Received: centered='no'."),
        (lambda: AdamW(weight_decay="a"), "`weight_decay` must be a number, at least 0. Received: weight_decay='a'."),
        (
            lambda: optimizers.ExponentialDecay(0.1, 0, 0.5),
            "`decay_steps` must be a number, positive. Received: decay_st",
        ),
        (lambda: optimizers.CosineDecay(-0.1, 5), "`initial_learning_rate` must be a number, at least 0."),
        (lambda: optimizers.PiecewiseConstantDecay([1, 2], [0.1]), "`values` must be one more than `boundaries`"),
        (
            lambda: optimizers.PiecewiseConstantDecay([2, 1], [1, 2, 3]),
            "`boundaries` must rise. Received: boundaries=[2,",
        ),
        (
            lambda: optimizers.PiecewiseConstantDecay(3, [1, 2]),
            "`boundaries` must be a list of numbers. Received: bounda",
        ),
    ],
)
def test_refusals(make, sentence):
    with pytest.raises(ValueError, match=".") as error:
        make()
    assert sentence in str(error.value)


def test_settings_at_the_ends_are_taken():
    assert SGD(momentum=1).momentum == 1 and SGD(momentum=0).momentum == 0
    assert Adam(beta_1=0, beta_2=0).beta_1 == 0 and type(SGD(np.float32(0.5)).learning_rate) is float


def test_a_rule_of_ones_own():
    class Sign(optimizers.Optimizer):
        slot_names = ("count",)

        def _step(self, w, g, *slots):
            slots[0][:] += 1
            w -= self.learning_rate * np.sign(g)

    rule, params = Sign(0.5), {"w": np.array([1.0, 2.0])}
    for _ in range(2):
        rule.update(params, {"w": np.array([3.0, -3.0])})
    np.testing.assert_array_equal(params["w"], [0.0, 3.0])
    np.testing.assert_array_equal(rule.variables(params)[2], [2, 2])
    assert rule.get_config() == {"name": "sign", "learning_rate": 0.5}
    with pytest.raises(NotImplementedError, match="Optimizer must define _step"):
        optimizers.Optimizer(0.1).update(params, params)


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (
            lambda: SGD(lambda step: 0.1),
            "`learning_rate` must be a number or a LearningRateSchedule; a function goes into",
        ),
        (lambda: SGD(what=1), "SGD has no argument 'what'. Received: what=1."),
        (lambda: SGD(name=""), "`name` must be a non-empty string. Received: name=''."),
        (
            lambda: setattr(SGD(optimizers.CosineDecay(0.1, 5)), "learning_rate", 0.5),
            "`learning_rate` follows a schedule",
        ),
        (
            lambda: SGD().exclude_from_weight_decay("bias"),
            "`var_names` must be a list of strings. Received: var_names='b",
        ),
    ],
)
def test_what_is_of_another_kind(call, sentence):
    with pytest.raises(TypeError) as error:
        call()
    assert str(error.value).startswith(sentence)


def test_the_learning_rate_can_be_set_between_steps():
    sgd = SGD(0.5)
    sgd.learning_rate = 0  # a warm-up may begin there
    np.testing.assert_array_equal(steps(sgd, [1.0]), [1.0])
    sgd.learning_rate = np.float32(0.25)
    np.testing.assert_array_equal(steps(sgd, [1.0]), [0.75])
    with pytest.raises(ValueError, match="`learning_rate` must be a number, at least 0. Received: learning_rate=nan."):
        sgd.learning_rate = np.nan
    sgd.learning_rate = optimizers.PiecewiseConstantDecay([2], [0.5, 0.125])
    np.testing.assert_array_equal(steps(sgd, [1.0, 1.0]), [0.5, 0.375])  # its third and fourth steps


def test_clipping_on_paper():
    """The gradient (3, 4), alone and beside (0, 12)."""
    grads = {"a": np.array([3.0, 4.0]), "b": np.array([0.0, 12.0])}
    for settings, a, b in (
        ({"clipvalue": 3.5}, [3, 3.5], [0, 3.5]),
        ({"clipnorm": 10}, [3, 4], [0, 10]),
        ({"global_clipnorm": 6.5}, [1.5, 2], [0, 6]),
        ({"global_clipnorm": 13}, [3, 4], [0, 12]),
        ({"weight_decay": 0.25}, [3 + 0.25, 4 + 0.25], [0.25, 12.25]),
    ):
        params = {key: np.ones(2) for key in grads}
        SGD(1.0, **settings).update(params, grads)
        np.testing.assert_allclose([params["a"], params["b"]], [1 - np.array(a), 1 - np.array(b)], rtol=1e-12)
    np.testing.assert_array_equal(grads["a"], [3, 4])  # what the layer holds stays


def test_what_is_spared_from_decay():
    params, adam = {"x/kernel": np.ones(1), "x/bias": np.ones(1), "bias/gamma": np.ones(1)}, AdamW(0.5, 0.5)
    adam.exclude_from_weight_decay(["bias"])
    adam.update(params, {key: np.zeros(1) for key in params})
    assert [array[0] for array in params.values()] == [0.75, 1.0, 0.75]
    adam.exclude_from_weight_decay([])
    adam.update(params, {key: np.zeros(1) for key in params})
    assert params["x/bias"][0] == 0.75


def test_rmsprop_on_paper():
    # v = 0.75 * 0 + 0.25 * 4, then 0.75 * 1 + 0.25 * 16
    np.testing.assert_allclose(steps(RMSprop(0.5, 0.75, epsilon=1e-12), [2.0, 4.0]), [0, -2 / np.sqrt(4.75)], atol=1e-9)
    # m = 1, then 0.5 * 1 + 2 / sqrt(4.75)
    found = steps(RMSprop(0.5, 0.75, momentum=0.5, epsilon=1e-12), [2.0, 4.0])
    np.testing.assert_allclose(found, [0, -0.5 - 2 / np.sqrt(4.75)], atol=1e-9)
    # the mean is 0.5, so the spread is 1 - 0.25
    np.testing.assert_allclose(
        steps(RMSprop(0.5, 0.75, epsilon=1e-12, centered=True), [2.0]), [1 - 1 / np.sqrt(0.75)], rtol=1e-9
    )


def test_amsgrad_on_paper():
    """After a large gradient the small one's step is divided by the large mean still."""
    adam = Adam(0.25, 0.0, 0.0, epsilon=1e-12, amsgrad=True)
    np.testing.assert_allclose(steps(adam, [4.0, 1.0]), [0.75, 0.75 - 0.25 / 4], rtol=1e-9)


RULES = [SGD, Adam, AdamW, RMSprop]


@pytest.mark.parametrize("rule", RULES)
def test_a_rate_of_0_is_a_rate(rule, tmp_path):
    """A warm-up begins there, and a file of that epoch is one like any other."""
    net = Sequential([Input((2,)), Dense(1)])
    net.compile(rule(0.0), "mse")
    before = net.get_weights()
    plan = minicnn.callbacks.LearningRateScheduler(lambda epoch: 0.0 if epoch == 0 else 0.5)
    keep = minicnn.ModelCheckpoint(tmp_path / "{epoch}.keras")
    net.fit(np.ones((4, 2)), np.ones(4), epochs=2, verbose=0, callbacks=[plan, keep])
    first, second = (minicnn.load_model(tmp_path / f"{epoch}.keras") for epoch in (1, 2))
    assert (first.optimizer.learning_rate, second.optimizer.learning_rate) == (0.0, 0.5)
    assert first.astype("float64").optimizer.learning_rate == 0 and rule(learning_rate=0).learning_rate == 0
    assert all(np.array_equal(a, b) for a, b in zip(first.get_weights(), before, strict=True))


class Sign(optimizers.Optimizer):
    """A rule of one's own, with a setting that no file knows."""

    slot_names = ("count",)

    def __init__(self, learning_rate, power):
        super().__init__(learning_rate)
        self.power = power

    def _step(self, w, g, *slots):
        slots[0][:] += 1
        w -= (self.learning_rate * np.sign(g) * np.abs(g) ** self.power).astype(w.dtype)


@pytest.mark.parametrize(
    "make", [lambda: SGD(0.25, weight_decay=0.5), lambda: AdamW(0.25, 0.5), lambda: Sign(0.25, 0.5)]
)
def test_a_model_of_another_dtype_learns_alike(make):
    """What does not decay goes along, and a rule of one's own; what the rule remembers stays with the original."""
    net = Sequential([Input((2,)), Dense(1, bias_initializer="ones")], seed=0)
    net.compile(make(), "mse")
    net.optimizer.exclude_from_weight_decay(["bias"])
    other = net.astype("float64")
    for each in (net, other):
        each.fit(np.ones((4, 2)), np.ones(4), epochs=3, shuffle=False, verbose=0)
    assert type(other.optimizer) is type(net.optimizer) and other.optimizer.iterations == 3
    for one, two in zip(net.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_allclose(one, two, rtol=1e-4, atol=1e-5)
    fresh = net.optimizer.fresh()
    assert (fresh.iterations, fresh.slots) == (0, {}) and net.optimizer.iterations == 3
    assert fresh.clips == net.optimizer.clips and fresh.clips is not net.optimizer.clips
