"""Model files, both ways: Keras opens what minicnn saved and goes on training it, and the reverse."""

import json
import subprocess
import sys
import zipfile

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import minicnn
from minicnn.files import classifier
from tests.keras_oracle import keras

rng = np.random.default_rng(0)
X, Y = rng.random((8, 12, 12, 3), dtype=np.float32), rng.integers(3, size=8)


def chain(of):
    return of.Sequential(
        [
            *([minicnn.Input((12, 12, 3))] if of is minicnn else [keras.Input((12, 12, 3))]),
            *layers(of if of is minicnn else keras.layers),
        ]
    )


def layers(of):
    """Return every layer of a chain, and settings other than the defaults."""
    return [
        of.Rescaling(2.0, -0.5),
        of.Conv2D(4, (3, 2), strides=(1, 2), padding="same", activation="relu"),
        of.Conv2D(4, 3, dilation_rate=(2, 1), groups=2, use_bias=False),
        of.ReLU(),
        of.MaxPooling2D((2, 3), strides=(2, 1), padding="same"),
        of.Dropout(0.0),
        of.Activation("sigmoid"),
        of.Flatten(),
        of.Dense(6, activation="sigmoid", use_bias=False),
        of.Dense(3),
        of.Softmax(),
    ]


def graph(of):
    """Return a layer used twice, a sum, a concatenation, two inputs, a model inside."""
    o = of if of is minicnn else keras.layers
    inner_in = of.Input((12, 12, 4))
    inner = of.Model(inner_in, o.Conv2D(4, 3, padding="same", activation="relu")(inner_in), name="inner")
    a, b = of.Input((12, 12, 3), name="left"), of.Input((12, 12, 3), name="right")
    twice = o.Conv2D(4, 3, padding="same", name="twice")
    y = o.Add()([twice(a), twice(b)])
    y = o.Concatenate()([inner(y), inner(twice(a))])
    return of.Model([a, b], o.Dense(3)(o.Flatten()(o.MaxPooling2D(2)(y))))


NETS = {"chain": (chain, X), "graph": (graph, [X, X[::-1].copy()])}
OPTIMIZERS = {
    "sgd": lambda of: of.SGD(0.05),
    "momentum": lambda of: of.SGD(0.05, momentum=0.9, nesterov=True),
    "adam": lambda of: of.Adam(0.003, beta_1=0.8, epsilon=1e-5),
}


def build(of, net, optimizer):
    model = NETS[net][0](of)
    model.set_weights([w + np.random.default_rng(1).normal(0, 0.1, w.shape) for w in model.get_weights()])
    losses, optimizers = (minicnn, minicnn) if of is minicnn else (keras.losses, keras.optimizers)
    model.compile(
        OPTIMIZERS[optimizer](optimizers),
        losses.SparseCategoricalCrossentropy(from_logits=net == "graph"),
        metrics=["accuracy"],
    )
    return model


@pytest.mark.parametrize("net", NETS)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize(
    ("writer", "load"),
    [(minicnn, keras.models.load_model), (keras, minicnn.load_model)],
    ids=["minicnn to keras", "keras to minicnn"],
)
def test_predicts_the_same_and_goes_on_training(net, optimizer, writer, load, tmp_path):
    x = NETS[net][1]
    first = build(writer, net, optimizer)
    for _ in range(3):
        first.train_on_batch(x, Y)
    first.save(tmp_path / "model.keras")
    second = load(tmp_path / "model.keras")
    np.testing.assert_allclose(second.predict(x), first.predict(x), rtol=1e-4, atol=1e-6)
    for got, want in zip(second.get_weights(), first.get_weights(), strict=True):
        np.testing.assert_array_equal(got, want)
    for _ in range(3):
        np.testing.assert_allclose(second.train_on_batch(x, Y), first.train_on_batch(x, Y), rtol=1e-4, atol=1e-6)
    for got, want in zip(second.get_weights(), first.get_weights(), strict=True):
        np.testing.assert_allclose(got, want, rtol=1e-3, atol=1e-5)


def test_the_optimizers_state_can_be_left_out(tmp_path):
    """Who only predicts has no use for it; all else is the same."""
    first = build(minicnn, "chain", "adam")
    first.train_on_batch(X, Y)
    first.save(tmp_path / "model.keras")
    second = minicnn.load_model(tmp_path / "model.keras", optimizer=False)
    assert (second.optimizer.iterations, second.optimizer.slots) == (0, {})
    assert second.loss.get_config() == first.loss.get_config()
    np.testing.assert_array_equal(second.predict(X), first.predict(X))


@settings(max_examples=15)
@given(drawn=st.data())
def test_any_chain_survives_the_way_to_keras_and_back(tmp_path_factory, drawn):
    folder, draw = tmp_path_factory.mktemp("chain"), drawn.draw
    body = []
    for _ in range(draw(st.integers(1, 4))):
        body.append(
            draw(
                st.sampled_from(
                    [
                        minicnn.Conv2D(
                            draw(st.integers(1, 4)),
                            draw(st.integers(1, 3)),
                            padding="same",
                            strides=draw(st.integers(1, 2)),
                            use_bias=draw(st.booleans()),
                            activation=draw(st.sampled_from([None, "relu", "sigmoid", "softmax"])),
                        ),
                        minicnn.MaxPooling2D(draw(st.integers(1, 2)), padding="same"),
                        minicnn.ReLU(),
                        minicnn.Sigmoid(),
                        minicnn.Softmax(axis=draw(st.sampled_from([-1, 1]))),
                        minicnn.Dropout(0.3),
                        minicnn.Rescaling(0.5),
                    ]
                )
            )
        )
    if draw(st.booleans()):
        body += [minicnn.Flatten(), minicnn.Dense(draw(st.integers(1, 3)))]
    ours = minicnn.Sequential([minicnn.Input((6, 5, 2)), *body], seed=draw(st.integers(0, 9)))
    x = np.random.default_rng(3).normal(size=(2, 6, 5, 2)).astype("float32")
    ours.save(folder / "ours.keras")
    theirs = keras.models.load_model(folder / "ours.keras")
    theirs.save(folder / "theirs.keras")
    back = minicnn.load_model(folder / "theirs.keras")
    np.testing.assert_allclose(theirs.predict(x, verbose=0), ours.predict(x), rtol=1e-4, atol=1e-6)
    np.testing.assert_array_equal(back.predict(x), ours.predict(x))
    assert [layer.class_name for layer in back.layers] == [layer.class_name for layer in ours.layers]


def test_float64_models_stay_float64(tmp_path):
    model = chain(minicnn).astype("float64")
    model.save(tmp_path / "m.keras")
    again = minicnn.load_model(tmp_path / "m.keras")
    assert again.dtype == "float64" and again.predict(X).dtype == np.float64
    np.testing.assert_array_equal(again.predict(X), model.predict(X))
    np.testing.assert_allclose(keras.models.load_model(tmp_path / "m.keras").predict(X, verbose=0), model.predict(X))


def test_frozen_layers_stay_frozen(tmp_path):
    model = chain(minicnn)
    model.layers[1].trainable = False
    model.save(tmp_path / "m.keras")
    again = minicnn.load_model(tmp_path / "m.keras")
    assert [layer.trainable for layer in again.layers] == [layer.trainable for layer in model.layers]
    assert not keras.models.load_model(tmp_path / "m.keras").layers[1].trainable


def test_a_frozen_model_inside_a_model_stays_frozen_in_keras_too(tmp_path):
    model = graph(minicnn)
    model.get_layer("inner").trainable = False
    model.save(tmp_path / "m.keras")
    assert len(minicnn.load_model(tmp_path / "m.keras").params) == len(model.params) == 4
    assert len(keras.models.load_model(tmp_path / "m.keras").trainable_variables) == 4


def test_classifier_json_survives_keras_loading_it(tmp_path):
    model = chain(minicnn)
    model.classifier = {
        "version": 1,
        "class_names": ["a", "b", "c"],
        "size": [12, 12],
        "resize": "nearest",
        "scale": 1.0,
        "offset": 0.0,
        "output": "probabilities",
    }
    model.save(tmp_path / "m.keras")
    keras.models.load_model(tmp_path / "m.keras")
    assert minicnn.load_model(tmp_path / "m.keras").classifier == classifier.check(model.classifier)


def test_weights_alone_both_ways(tmp_path):
    ours, theirs = chain(minicnn), chain(keras)
    ours.save_weights(tmp_path / "m.weights.h5")
    theirs.load_weights(tmp_path / "m.weights.h5")
    np.testing.assert_allclose(theirs.predict(X, verbose=0), ours.predict(X), rtol=1e-4, atol=1e-6)
    theirs.set_weights([w * 0.5 for w in theirs.get_weights()])
    theirs.save_weights(tmp_path / "t.weights.h5")
    ours.load_weights(tmp_path / "t.weights.h5")
    np.testing.assert_allclose(ours.predict(X), theirs.predict(X, verbose=0), rtol=1e-4, atol=1e-6)


# ---- what does not fit ----------------------------------------------------------------------------------------------


def changed(path, change):
    """Rewrite a .keras file with a changed config."""
    with zipfile.ZipFile(path) as file:
        members = {name: file.read(name) for name in file.namelist()}
    config = json.loads(members["config.json"])
    change(config)
    members["config.json"] = json.dumps(config).encode()
    with zipfile.ZipFile(path, "w") as file:
        for name, content in members.items():
            file.writestr(name, content)


def conv_config(config):
    return next(item for item in config["config"]["layers"] if item["class_name"] == "Conv2D")


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda c: conv_config(c).update(class_name="Lambda"), "Python code inside: layer"),
        (
            lambda c: conv_config(c)["config"].update(data_format="channels_first"),
            "Conv2D(data_format='channels_first') is not supported; only data_format='channels_last' is",
        ),
        (lambda c: conv_config(c)["config"].update(use_bias=False), "has 1 arrays (kernel). Received: 2."),
        (lambda c: conv_config(c)["config"].update(nonsense=1), "does not understand its settings"),
        (lambda c: conv_config(c)["config"].update(dtype="float16"), "all layers must be float32, or all float64"),
        (lambda c: conv_config(c)["config"].update(filters=10**12), "`filters` must be at most 2147483647"),
        (lambda c: conv_config(c)["config"].update(filters=10**7), "numbers for one example; more than"),
    ],
)
def test_a_config_that_does_not_fit_is_refused(change, sentence, tmp_path):
    chain(minicnn).save(tmp_path / "m.keras")
    changed(tmp_path / "m.keras", change)
    with pytest.raises(ValueError, match="m.keras: ") as error:
        minicnn.load_model(tmp_path / "m.keras")
    assert sentence in str(error.value)


def test_compile_settings_that_we_lack_leave_the_model_uncompiled(tmp_path):
    theirs = chain(keras)
    theirs.compile(keras.optimizers.Nadam(), "sparse_categorical_crossentropy")
    theirs.save(tmp_path / "m.keras")
    model = minicnn.load_model(tmp_path / "m.keras")  # without a word: who predicts does not care
    with pytest.raises(RuntimeError, match="Call model.compile.* before fit. .*SGD, Adam, .* Received: 'Nadam'"):
        model.fit(X, Y)


def test_regularizers_are_kept_and_named_when_training(tmp_path):
    theirs = keras.Sequential(
        [keras.Input((4,)), keras.layers.Dense(2, kernel_regularizer=keras.regularizers.OrthogonalRegularizer())]
    )
    theirs.compile("sgd", "mse")
    theirs.save(tmp_path / "m.keras")
    model = minicnn.load_model(tmp_path / "m.keras")
    with pytest.warns(UserWarning, match="kernel_regularizer of layer 'dense"):
        model.fit(np.zeros((2, 4)), np.zeros((2, 2)), verbose=0)
    model.save(tmp_path / "again.keras")
    assert keras.models.load_model(tmp_path / "again.keras").layers[0].kernel_regularizer is not None


def test_saving_needs_a_keras_name_and_shapes(tmp_path):
    with pytest.raises(ValueError, match="`path` must end in .keras"):
        chain(minicnn).save(tmp_path / "m.bin")
    with pytest.raises(ValueError, match="can be saved once its input shape is known"):
        minicnn.Sequential([minicnn.Dense(2)]).save(tmp_path / "m.keras")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["m.h5", "m.keras"])
def test_keras_opens_what_the_ending_asks_for(name, tmp_path):
    model, x = chain(minicnn), np.random.default_rng(0).random((2, *chain(minicnn).input_shape[1:]))
    model.save(tmp_path / name)
    np.testing.assert_allclose(
        keras.models.load_model(tmp_path / name).predict(x, verbose=0), model.predict(x), atol=1e-5
    )


def test_a_folder_for_tensorflow_js_is_read_back(tmp_path):
    layers = [minicnn.Input((6, 6, 2)), minicnn.Conv2D(3, 3, activation="relu"), minicnn.Flatten(), minicnn.Dense(2)]
    model, x = minicnn.Sequential(layers, seed=1), np.random.default_rng(0).random((2, 6, 6, 2))
    model.save(tmp_path / "model.json")
    np.testing.assert_array_equal(minicnn.load_model(tmp_path / "model.json").predict(x), model.predict(x))


def test_a_model_opens_where_nothing_but_load_model_was_asked_for(tmp_path):
    # Names are loaded when asked for; the classes that a file names are there all the same.
    path = tmp_path / "net.keras"
    minicnn.Sequential([minicnn.Input((4, 4, 1)), minicnn.Flatten(), minicnn.Dense(2)]).save(path)
    code = f"import minicnn; print(type(minicnn.load_model({str(path)!r})).__name__)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout == "Sequential\n", done.stderr
