"""fit and its kin as Keras has them: the same net, data and order in both engines, so the same histories."""

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import minicnn
from minicnn import constraints, regularizers
from tests.keras_oracle import keras, tf

rng = np.random.default_rng(0)
X = rng.normal(size=(20, 4)).astype("float32")
Y = rng.integers(3, size=20)
W = rng.uniform(0, 2, 20).astype("float32")
CLOSE = {"rtol": 2e-4, "atol": 2e-6}


def chain(of, **settings):
    """A small net in one engine, from weights that both have."""
    layers = of if of is minicnn else keras.layers
    inputs = minicnn.Input((4,)) if of is minicnn else keras.Input((4,))
    dense = layers.Dense(5, activation="relu", name="first", **settings)
    net = of.Sequential([inputs, dense, layers.Dense(3, activation="softmax", name="last")])
    weights = np.random.default_rng(1)
    net.set_weights([weights.normal(0, 0.5, w.shape) for w in net.get_weights()])
    return net


def both(run, build=chain, **settings):
    """Do the same in both engines; compare what was returned and the weights."""
    found = []
    for of in (minicnn, keras):
        net = build(of, **{key: value(of) if callable(value) else value for key, value in settings.items()})
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found.append((run(net, of), net.get_weights()))
    (ours, our_weights), (theirs, their_weights) = found
    if isinstance(ours, dict):
        assert set(ours) == set(theirs)
        ours, theirs = ([each[name] for name in sorted(each)] for each in (ours, theirs))
    for one, other in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(one, other, **CLOSE)
    for one, other in zip(our_weights, their_weights, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-3, atol=1e-5)


def compiled(net, of, loss="sparse_categorical_crossentropy", **settings):
    eager = {"run_eagerly": True} if of is keras else {}  # tracing takes longer than all steps do
    net.compile(of.optimizers.SGD(0.25, momentum=0.5), loss, **settings, **eager)
    return net


def fitted(net, of, x=X, y=Y, **settings):
    return net.fit(x, y, **{"batch_size": 6, "epochs": 3, "verbose": 0, "shuffle": False} | settings).history


@pytest.mark.parametrize(
    "how",
    [
        {"sample_weight": W},
        {"validation_split": 0.25},
        {"validation_split": 0.3, "sample_weight": W},
        {"validation_data": (X[:7], Y[:7], W[:7])},
        {"validation_data": (X, Y), "validation_freq": 2},
        {"validation_data": (X, Y), "validation_freq": [1, 3]},
        {"validation_data": (X, Y), "validation_steps": 2, "validation_batch_size": 3},
        {"steps_per_epoch": 2},
        {"steps_per_epoch": 3, "epochs": 4},
        {"steps_per_epoch": 4},
        {"class_weight": {0: 0.5, 2: 3.0}},
    ],
    ids=lambda how: " ".join(how),
)
def test_fit(how):
    how = {key: value.copy() if isinstance(value, np.ndarray) else value for key, value in how.items()}
    metrics = {"metrics": ["accuracy"], "weighted_metrics": ["accuracy"] if "sample_weight" in how else None}
    both(lambda net, of: fitted(compiled(net, of, **metrics), of, **how))


SIZES = st.none() | st.sampled_from([3, 7, 20, 32])
STEPS = st.none() | st.integers(1, 6)


@st.composite
def runs(draw):
    """Draw the arguments of a fit that say how much is learned from and measured with when."""
    data = draw(st.sampled_from(["none", "split", "arrays", "weighted"]))
    how = {
        "none": {},
        "split": {"validation_split": draw(st.sampled_from([0.25, 0.4]))},
        "arrays": {"validation_data": (X[:13], Y[:13])},
        "weighted": {"validation_data": (X[:13], Y[:13], W[:13])},
    }[data]
    if data != "none":
        how["validation_steps"] = draw(st.none() | st.integers(1, 3))
        how["validation_batch_size"] = draw(st.none() | st.just(4))
        how["validation_freq"] = draw(st.sampled_from([1, 2, [1, 3]]))
    if draw(st.booleans()):
        how["sample_weight"] = W
    return how | {"batch_size": draw(SIZES), "steps_per_epoch": draw(STEPS), "epochs": draw(st.integers(1, 3))}


@settings(max_examples=10)
@given(runs())
def test_however_much_an_epoch_is(how):
    """With a batch_size, steps, both or neither: Keras makes batches as large as let the steps see all."""

    def run(net, of):
        return fitted(compiled(net, of, metrics=["accuracy"], weighted_metrics=["accuracy"]), of, **how)

    both(run)


@settings(max_examples=10)
@given(SIZES, STEPS)
def test_however_much_is_measured(size, steps):
    """Of more examples than a batch has where nobody says how many it has."""
    x, y = np.tile(X, (4, 1)), np.tile(Y, 4)

    def run(net, of):
        net = compiled(net, of, metrics=["accuracy"])
        how = {"batch_size": size, "steps": steps, "verbose": 0}
        return [*net.evaluate(x, y, **how), net.predict(x, **how)]

    both(run)


BATCHES = [(X[at : at + 5], Y[at : at + 5], W[at : at + 5]) for at in range(0, 20, 5)]


@pytest.mark.parametrize(
    ("make", "how"),
    [
        (lambda: (batch for batch in BATCHES), {"epochs": 1}),
        (lambda: (batch for batch in BATCHES * 2), {"epochs": 4, "steps_per_epoch": 2}),
        (lambda: (batch[:2] for batch in BATCHES * 9), {"epochs": 3, "steps_per_epoch": 4}),
        (lambda: tf.data.Dataset.from_tensor_slices((X, Y, W)).batch(6), {"epochs": 2}),
        (lambda: tf.data.Dataset.from_tensor_slices((X, Y)).batch(6).repeat(), {"epochs": 2, "steps_per_epoch": 3}),
    ],
    ids=["iterator", "in pieces", "generator", "tf.data", "tf.data without an end"],
)
def test_what_gives_batches(make, how):
    def run(net, of):
        return compiled(net, of, metrics=["accuracy"]).fit(make(), verbose=0, **how).history

    both(run)


class Numbered(keras.utils.PyDataset):
    """The batches by number, which both engines take."""

    def __init__(self):
        super().__init__()
        self.ended = 0

    def __len__(self):
        return len(BATCHES)

    def __getitem__(self, at):
        return BATCHES[at]

    def on_epoch_end(self):
        self.ended += 1


class Again:
    """The batches, without a length."""

    def __iter__(self):
        return iter(BATCHES)


def loader():
    torch = pytest.importorskip("torch")
    parts = [torch.from_numpy(np.ascontiguousarray(part)) for part in (X, Y, W)]
    return torch.utils.data.DataLoader(torch.utils.data.TensorDataset(*parts), batch_size=5)


OF_FIVE = {  # what gives the batches here, and in Keras
    "list": (lambda: BATCHES, Numbered),
    "PyDataset": (Numbered, Numbered),
    "no length": (Again, Numbered),
    "DataLoader": (loader, loader),
    "tf.data": (lambda: tf.data.Dataset.from_tensor_slices((X, Y, W)).batch(5),) * 2,
}


@settings(max_examples=12)
@given(st.sampled_from(sorted(OF_FIVE)), STEPS, st.integers(1, 4))
def test_epochs_of_any_length_over_batches(kind, steps, epochs):
    """Fewer steps than there are batches go on in the next epoch, as many begin anew, too many end early."""
    ours, theirs = OF_FIVE[kind]

    def run(net, of):
        net = compiled(net, of, weighted_metrics=["accuracy"])
        data = (ours if of is minicnn else theirs)()
        return net.fit(data, epochs=epochs, steps_per_epoch=steps, shuffle=False, verbose=0).history

    both(run)


def test_an_epoch_of_exactly_all_batches_is_told_of_its_end():
    data = Numbered()
    compiled(chain(minicnn), minicnn).fit(data, epochs=3, steps_per_epoch=len(BATCHES), verbose=0)
    assert data.ended == 3


@pytest.mark.parametrize("kind", sorted(OF_FIVE))
def test_measuring_says_where_batches_end(kind):
    """With as many steps as there are they are told of their end; with more a warning says it, as in Keras."""
    for of in (minicnn, keras):
        data = OF_FIVE[kind][of is keras]
        net = compiled(chain(of), of)
        with warnings.catch_warnings():
            warnings.simplefilter("error", UserWarning)
            whole = net.evaluate(data(), steps=4, verbose=0)
            np.testing.assert_allclose(whole, net.evaluate(data(), verbose=0), rtol=1e-6)
        for call in (net.evaluate, net.predict):
            with pytest.warns(UserWarning, match="4 of 7 steps" if of is minicnn else "ran out of data"):
                call(data(), steps=7, verbose=0)
    numbered = Numbered()
    compiled(chain(minicnn), minicnn).evaluate(numbered, steps=4)
    assert numbered.ended == 1


def test_arrays_of_fewer_batches_than_steps():
    net = compiled(chain(minicnn), minicnn)
    for call in (lambda: net.evaluate(X, Y, batch_size=8, steps=4), lambda: net.predict(X, batch_size=8, steps=4)):
        with pytest.warns(UserWarning, match="There are no more batches: 3 of 4 steps were done."):
            call()


def test_memory_maps_and_lists(tmp_path):
    held = np.memmap(tmp_path / "x", "float32", "w+", shape=X.shape)
    held[:] = X
    both(lambda net, of: fitted(compiled(net, of), of, held, Y))
    net, other = chain(minicnn), chain(minicnn)
    np.testing.assert_array_equal(compiled(net, minicnn).predict(held), compiled(other, minicnn).predict(X.tolist()))
    assert net.evaluate(held, Y.tolist()) == other.evaluate(X.tolist(), Y)


def test_measuring_and_predicting():
    def run(net, of):
        net = compiled(net, of, metrics=["accuracy"])
        return [
            *net.evaluate(X, Y, batch_size=6, verbose=0, sample_weight=W),
            *net.evaluate(X, Y, batch_size=6, steps=2, verbose=0),
            *net.evaluate((batch for batch in BATCHES), verbose=0),
            *net.test_on_batch(X, Y, sample_weight=W),
            net.predict(X, batch_size=6, verbose=0, steps=2),
            net.predict((batch for batch in BATCHES), verbose=0, steps=3),
            net.predict_on_batch(X[:3]),
        ]

    both(run)


def test_one_batch_with_weights():
    def run(net, of):
        net = compiled(net, of)
        return [net.train_on_batch(X[:5], Y[:5], sample_weight=W[:5])]

    both(run)


# ---- several outputs -------------------------------------------------------------------------------------------------


def branched(of):
    """Two inputs, a shared layer, three outputs: classes, a yes or no, and amounts."""
    o = of if of is minicnn else keras.layers
    left, right = of.Input((4,), name="left"), of.Input((4,), name="right")
    shared = o.Dense(5, activation="relu", name="shared")
    joined = o.Add(name="joined")([shared(left), shared(right)])
    classes = o.Dense(3, activation="softmax", name="classes")(joined)
    sure = o.Activation("sigmoid", name="sure")(o.Dense(1, name="logit")(joined))
    amounts = o.Dense(2, name="amounts")(joined)
    net = of.Model([left, right], [classes, sure, amounts])
    weights = np.random.default_rng(1)
    net.set_weights([weights.normal(0, 0.5, w.shape) for w in net.get_weights()])
    return net


XS = {"left": X, "right": X[::-1].copy()}
YS = {"classes": Y, "sure": (Y % 2)[:, None].astype("float32"), "amounts": X[:, :2] * 2}
LOSSES = {"classes": "sparse_categorical_crossentropy", "sure": "binary_crossentropy", "amounts": "mse"}


@pytest.mark.parametrize("by", ["names", "order", "mixed"])
@pytest.mark.parametrize("weighted", [False, True])
def test_several_outputs(by, weighted):
    def run(net, of):
        listed = by == "order"
        x = list(XS.values()) if listed else XS
        y = list(YS.values()) if by != "names" else YS
        weights = {"classes": 2.0, "sure": 0.5, "amounts": 0.25}
        metrics = {"classes": ["accuracy"], "sure": ["accuracy"], "amounts": ["mae"]}
        compiled(
            net,
            of,
            list(LOSSES.values()) if listed else LOSSES,
            loss_weights=(list(weights.values()) if listed else weights) if weighted else None,
            metrics=list(metrics.values()) if listed else metrics,
        )
        # Batches of one size: Keras does not weigh an output's losses by that
        history = fitted(net, of, x, y, validation_data=(x, y), batch_size=5)
        for name, value in net.evaluate(x, y, return_dict=True, verbose=0, batch_size=5).items():
            history[f"evaluate_{name}"] = value
        return history

    both(run, branched)


@pytest.mark.parametrize(
    "some",
    [
        {"classes": LOSSES["classes"], "sure": None, "amounts": "mae"},
        {"classes": None, "sure": None, "amounts": "mae"},  # one loss alone is not told twice
    ],
)
def test_an_output_without_a_loss(some):
    both(lambda net, of: fitted(compiled(net, of, some), of, XS, YS, batch_size=5), branched)


def test_lists_of_several_outputs_are_in_keras_s_order():
    """The loss, the outputs' losses, then the metrics by name; a metric that weights make another one says so."""
    metrics = {"sure": ["accuracy"], "classes": ["accuracy"], "amounts": ["mae"]}
    weights = [W, W[::-1].copy(), W * 2]
    ys = list(YS.values())

    def run(net, of):
        compiled(net, of, list(LOSSES.values()), metrics=metrics, weighted_metrics=metrics)
        found = [*net.evaluate(XS, ys, batch_size=5, verbose=0, sample_weight=weights)]
        found += net.test_on_batch(XS, ys, sample_weight=weights)
        return found + net.train_on_batch(XS, ys, sample_weight=weights)

    both(run, branched)


def test_the_same_metric_with_and_without_weights():
    metrics = {"sure": ["accuracy"], "classes": ["accuracy"], "amounts": ["mae", "mse"]}
    weights = [W, W[::-1].copy(), W * 2]
    ys = list(YS.values())

    def run(net, of):
        compiled(net, of, list(LOSSES.values()), metrics=metrics, weighted_metrics=metrics)
        return fitted(net, of, XS, ys, batch_size=5, sample_weight=weights, epochs=1)

    both(run, branched)


def test_weights_for_some_outputs_alone():
    """None counts as 1 for each example, wherever it stands in the list."""
    found = []
    for weights in ([None, W, None], [np.ones(20), W, np.ones(20)], {"classes": None, "sure": W, "amounts": None}):
        net = compiled(branched(minicnn), minicnn, LOSSES)
        history = fitted(net, minicnn, XS, YS, sample_weight=weights, validation_split=0.25)
        found.append((history, net.evaluate(XS, YS, sample_weight=weights)))
    assert found[0] == found[1] == found[2]


@pytest.mark.parametrize("head", [40.0, -40.0])
def test_an_output_that_is_far_off_learns_from_its_logits(head):
    """A probability of 0 in float32: clipped it would have no gradient."""

    def build(of):
        net = branched(of)
        weights = net.get_weights()
        place = next(at for at, layer in enumerate(net.layers) if layer.name == "logit")
        net.layers[place].set_weights([net.layers[place].get_weights()[0] * 0, np.array([head])])
        return net if weights else None

    both(lambda net, of: fitted(compiled(net, of, LOSSES), of, XS, YS, epochs=1, batch_size=5), build)


@pytest.mark.parametrize(
    ("how", "sentence"),
    [
        ({"loss": {"other": "mse"}}, "`loss` must be for the outputs 'classes', 'sure', 'amounts'. Received: 'other'."),
        ({"loss": ["mse", "mse"]}, "`loss` must have one for each of 3 outputs. Received: 2."),
        ({"loss": LOSSES, "metrics": ["acc"]}, "`metrics` must have one for each of 3 outputs. Received: 1."),
        ({"loss": LOSSES, "loss_weights": [1.0]}, "`loss_weights` must have one for each of 3 outputs. Received: 1."),
        ({"loss": LOSSES, "loss_weights": "a"}, "`loss_weights` must be a number, and finite. Received: loss_weights="),
        ({"loss": LOSSES, "jit_compile": True}, "compile(jit_compile=True) is not supported: leave it out"),
        ({"loss": LOSSES, "run_eagerly": True}, "compile(run_eagerly=True) is not supported: leave it out"),
        ({"loss": LOSSES, "steps_per_execution": 4}, "compile(steps_per_execution=4) is not supported: leave it out"),
    ],
)
def test_what_compile_refuses(how, sentence):
    with pytest.raises(ValueError, match=".") as error:
        branched(minicnn).compile("sgd", **how)
    assert sentence in str(error.value)


@pytest.mark.parametrize(
    ("x", "y", "sentence"),
    [
        (XS, {"classes": Y}, "`y` must have the keys 'amounts', 'classes', 'sure'. Received: 'classes'."),
        (XS, [Y, Y], "`y` must be a list of 3, one for each output. Received: list of 2."),
        (XS, Y, "`y` must be a list of 3, one for each output. Received: ndarray."),
        ({"left": X}, YS, "`x` must have the keys 'left', 'right'. Received: 'left'."),
    ],
)
def test_data_for_other_outputs_than_there_are(x, y, sentence):
    net = compiled(branched(minicnn), minicnn, LOSSES)
    for call in (net.fit, net.evaluate, net.train_on_batch):
        with pytest.raises(ValueError, match=".") as error:
            call(x, y)
        assert sentence in str(error.value)
    with pytest.raises(ValueError, match="`class_weight` needs a model of one output"):
        net.fit(XS, YS, class_weight={0: 1.0}, verbose=0)


@pytest.mark.parametrize("writer", [minicnn, keras], ids=["minicnn to keras", "keras to minicnn"])
def test_several_outputs_go_through_a_file(writer, tmp_path):
    metrics = {"classes": ["accuracy"], "sure": [writer.metrics.Precision()], "amounts": ["mae"]}
    weights = {"classes": 2.0, "sure": 1.0, "amounts": 0.5}
    first = compiled(branched(writer), writer, LOSSES, loss_weights=weights, metrics=metrics)
    first.train_on_batch(XS, YS)
    first.save(tmp_path / "net.keras")
    second = (keras if writer is minicnn else minicnn).models.load_model(tmp_path / "net.keras")
    want, got = (net.evaluate(XS, YS, return_dict=True, verbose=0, batch_size=5) for net in (first, second))
    assert set(got) == set(want)
    np.testing.assert_allclose([got[name] for name in sorted(got)], [want[name] for name in sorted(want)], **CLOSE)


# ---- what weights cost, and what bounds them -------------------------------------------------------------------------


@settings(max_examples=12)
@given(
    st.none() | st.sampled_from([("L1", {"l1": 0.05}), ("L2", {"l2": 0.1}), ("L1L2", {"l1": 0.01, "l2": 0.02})]),
    st.none() | st.sampled_from([("L2", {"l2": 0.3})]),
    st.none() | st.sampled_from([("MaxNorm", {"max_value": 0.5}), ("NonNeg", {}), ("UnitNorm", {"axis": 0})]),
)
def test_regularizers_and_constraints(kernel, bias, bound):
    def told(kind, chosen):
        if chosen is None:
            return None
        name, own = chosen
        return lambda of: getattr((regularizers if kind == "r" else constraints) if of is minicnn else k[kind], name)(
            **own
        )

    k = {"r": keras.regularizers, "c": keras.constraints}
    both(
        lambda net, of: fitted(compiled(net, of), of, validation_data=(X, Y)),
        kernel_regularizer=told("r", kernel),
        bias_regularizer=told("r", bias),
        kernel_constraint=told("c", bound),
    )


@pytest.mark.parametrize("writer", [minicnn, keras], ids=["minicnn to keras", "keras to minicnn"])
def test_they_go_through_a_file(writer, tmp_path):
    own = (regularizers, constraints) if writer is minicnn else (keras.regularizers, keras.constraints)
    first = chain(writer, kernel_regularizer=own[0].L2(0.1), kernel_constraint=own[1].MaxNorm(0.5))
    compiled(first, writer).save(tmp_path / "net.keras")
    second = (keras if writer is minicnn else minicnn).models.load_model(tmp_path / "net.keras")
    for _ in range(3):
        np.testing.assert_allclose(second.train_on_batch(X, Y), first.train_on_batch(X, Y), **CLOSE)
    for one, other in zip(first.get_weights(), second.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, **CLOSE)


def test_what_does_not_learn_costs_nothing():
    net = chain(minicnn, kernel_regularizer="l2")
    before = compiled(net, minicnn).evaluate(X, Y)
    net.layers[0].trainable = False
    assert net.evaluate(X, Y) < before


# ---- what is refused, and what is not --------------------------------------------------------------------------------


@pytest.mark.parametrize("loss", [None, [None, None, None], {"classes": None}])
def test_training_needs_a_loss(loss):
    net = branched(minicnn)
    net.compile("sgd", loss)
    for call in (net.fit, net.evaluate, net.train_on_batch, net.test_on_batch):
        with pytest.raises(ValueError, match=r"^compile needs a loss for \w+: nothing is judged. Received: loss="):
            call(XS, YS)
    assert net.optimizer.iterations == 0


def test_what_weights_cost_is_a_loss():
    def run(net, of):
        net.compile(of.optimizers.SGD(0.1))
        return fitted(net, of)

    both(run, kernel_regularizer=lambda of: (of.regularizers if of is keras else regularizers).L2(0.1))


def test_weights_of_classes_and_of_examples_are_refused_together():
    net = compiled(chain(minicnn), minicnn)
    given = {"class_weight": {0: 2.0}}
    for call in (
        lambda: net.train_on_batch(X, Y, sample_weight=W, **given),
        lambda: net.fit(X, Y, sample_weight=W, **given),
        lambda: net.fit([(X, Y, W)], **given),
        lambda: net.fit(iter(BATCHES), **given),
    ):
        with pytest.raises(
            ValueError, match="^Only one of `class_weight` and `sample_weight` can be given. Received: "
        ):
            call()
    assert net.optimizer.iterations == 0


def test_a_layer_called_three_times_has_three_names():
    x = minicnn.Input((4,))
    dense = minicnn.Dense(4, name="d")
    net = minicnn.Model(x, [dense(x), dense(dense(x)), dense(dense(dense(x)))])
    assert net.output_names == ["d", "d:1", "d:2"]
    net.compile("sgd", "mse", metrics=[["mae"]] * 3)
    names = ["d_loss", "d:1_loss", "d:2_loss", "d:1_mae", "d:2_mae", "d_mae"]
    found = net.test_on_batch(X, [X, X, X], return_dict=True)
    assert list(found) == ["loss", *names] and len(set(found.values())) == 7


@pytest.mark.parametrize("share", [0.25, 0.3])
@pytest.mark.parametrize(
    ("x", "y", "weights"),
    [
        (X, list(Y), W),
        (X.tolist(), list(np.eye(3)[Y]), list(W)),
        (X, Y.tolist(), W.tolist()),
        (X, [np.array(y) for y in Y], None),
    ],
    ids=["scalars", "rows", "lists", "arrays of no axis"],
)
def test_lists_are_split_by_their_examples(x, y, weights, share):
    loss = "categorical_crossentropy" if np.ndim(y) == 2 else "sparse_categorical_crossentropy"
    found = []
    for arrays in (False, True):
        net = compiled(chain(minicnn), minicnn, loss)
        data = [np.asarray(each) if arrays and each is not None else each for each in (x, y, weights)]
        found.append(fitted(net, minicnn, *data[:2], sample_weight=data[2], validation_split=share))
    assert found[0] == found[1]


def test_lists_of_several_outputs_are_split_by_their_examples():
    found = []
    for kind in (list, np.asarray):
        net = compiled(branched(minicnn), minicnn, LOSSES)
        ys = [kind(y) for y in YS.values()]
        found.append(fitted(net, minicnn, list(XS.values()), ys, validation_split=0.25))
    assert found[0] == found[1]


@pytest.mark.parametrize("freq", [np.int64(2), np.array([2])[0], (2,), [np.int32(2)], range(2, 3)])
def test_integers_of_numpy_say_when_to_validate(freq):
    net = compiled(chain(minicnn), minicnn)
    history = fitted(net, minicnn, validation_data=(X, Y), validation_freq=freq)
    assert len(history["loss"]) == 3 and len(history["val_loss"]) == 1


# ---- maps of labels --------------------------------------------------------------------------------------------------


@settings(max_examples=10)
@given(st.booleans(), st.integers(2, 4), st.integers(0, 2**32 - 1))
def test_weighted_metrics_of_maps(weighted, classes, seed):
    """A weight a pixel, as Keras weighs them, over batches of 3 and of 2."""
    own = np.random.default_rng(seed)
    x, y = own.normal(size=(5, 4, 3, 2)).astype("float32"), own.integers(classes, size=(5, 4, 3))
    weights = own.uniform(0, 2, (5, 4, 3)).astype("float32") if weighted else None
    start = [own.normal(size=(1, 1, 2, classes)), own.normal(size=classes)]

    def build(of):
        layers = of if of is minicnn else keras.layers
        inputs = (minicnn if of is minicnn else keras).Input((4, 3, 2))
        net = of.Sequential([inputs, layers.Conv2D(classes, 1, activation="softmax")])
        net.set_weights(start)
        return net

    def run(net, of):
        compiled(net, of, metrics=["accuracy"], weighted_metrics=["accuracy"])
        return fitted(net, of, x, y, sample_weight=weights, batch_size=3)

    both(run, build)
