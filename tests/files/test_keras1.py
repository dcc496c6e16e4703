"""Files of Keras 1: written as it wrote them, opened, and held against the same layers in Keras 3, who refuses them."""

import json

import h5py
import numpy as np
import pytest

import minicnn
from minicnn import files
from tests.keras_oracle import keras, tf

L = keras.layers
pytestmark = pytest.mark.filterwarnings("ignore:You are saving your model as an HDF5 file:UserWarning")
LAYER = {"trainable": True}
REGULARIZED = {"W_regularizer": {"name": "WeightRegularizer", "l1": 0.0, "l2": 0.0005}, "b_regularizer": None,
               "activity_regularizer": None, "W_constraint": None, "b_constraint": None}  # fmt: skip


def convolution(name, filters, size, stride=1, **more):
    """Serialize Keras 1's Convolution2D."""
    settings = {"nb_filter": filters, "nb_row": size, "nb_col": size, "init": "glorot_uniform", "activation": "linear",
                "border_mode": "valid", "subsample": [stride, stride], "dim_ordering": "tf", "bias": True}  # fmt: skip
    config = {"name": name, **LAYER, **settings, **REGULARIZED, **more}
    return {"class_name": "Convolution2D", "config": config}


def old(class_name, name, **settings):
    """Serialize another layer of Keras 1."""
    return {"class_name": class_name, "config": {"name": name, **LAYER, **settings}}


def write(path, class_name, config, arrays):
    """Write a whole model as Keras 1.2 did; arrays: layer's name -> [(array's name, array)]."""
    with h5py.File(path, "w") as file:
        file.attrs["keras_version"] = b"1.2.1"
        file.attrs["model_config"] = json.dumps({"class_name": class_name, "config": config}).encode()
        weights = file.create_group("model_weights")
        weights.attrs["layer_names"] = [name.encode() for name in arrays]
        for name, own in arrays.items():
            group = weights.create_group(name)
            group.attrs["weight_names"] = [each.encode() for each, _ in own]
            for each, array in own:
                group[each] = array


def drawn(*shape):
    return np.random.default_rng(sum(shape)).uniform(0.2, 1, shape).astype("float32")


def named(name, *arrays, ends=("W", "b")):
    return [(f"{name}_{end}", array) for end, array in zip(ends, arrays, strict=True)]


X = np.random.default_rng(3).normal(size=(2, 12, 11, 3)).astype("float32")


def test_a_chain(tmp_path):
    """Every renamed setting of what classifiers of that time are made of. Case keras1_convolution2d."""
    ends = ("gamma", "beta", "running_mean", "running_std")
    pool = {"pool_size": [2, 2], "strides": [2, 2], "border_mode": "same", "dim_ordering": "tf"}
    config = [
        convolution("convolution2d_1", 4, 3, 2, border_mode="same", activation="relu",
                    batch_input_shape=[None, 12, 11, 3], input_dtype="float32"),
        old("BatchNormalization", "batchnormalization_1", mode=0, axis=-1, epsilon=0.001, momentum=0.99,
            gamma_regularizer=None, beta_regularizer=None),
        old("ZeroPadding2D", "zeropadding2d_1", padding=[1, 2], dim_ordering="tf"),
        old("MaxPooling2D", "maxpooling2d_1", **pool),
        old("Dropout", "dropout_1", p=0.5),
        old("LeakyReLU", "leakyrelu_1", alpha=0.3),
        old("Flatten", "flatten_1"),
        old("Dense", "dense_1", output_dim=3, input_dim=None, init="uniform", activation="softmax", bias=True,
            **REGULARIZED),
    ]  # fmt: skip
    twin = keras.Sequential([
        keras.Input((12, 11, 3)), L.Conv2D(4, 3, 2, "same", activation="relu"), L.BatchNormalization(),
        L.ZeroPadding2D((1, 2)), L.MaxPooling2D(2, padding="same"), L.LeakyReLU(0.3), L.Flatten(),
        L.Dense(3, activation="softmax"),
    ])  # fmt: skip
    kernel, bias = drawn(3, 3, 3, 4), drawn(4)
    norm = [drawn(4) + k for k in range(4)]
    dense = [drawn(*twin.layers[-1].kernel.shape) / 50, drawn(3)]
    twin.set_weights([kernel, bias, *norm, *dense])
    arrays = {
        "convolution2d_1": named("convolution2d_1", kernel, bias),
        "batchnormalization_1": named("batchnormalization_1", *norm, ends=ends),
        "dense_1": named("dense_1", *dense),
    }
    empty = {layer["config"]["name"]: [] for layer in config}
    write(tmp_path / "old.h5", "Sequential", config, empty | arrays)
    model = minicnn.load_model(tmp_path / "old.h5")
    np.testing.assert_allclose(model.predict(X), twin(X), rtol=1e-4, atol=1e-5)
    assert model.layers[4].rate == 0.5
    model.save(tmp_path / "new.keras")
    again = keras.models.load_model(tmp_path / "new.keras")
    np.testing.assert_allclose(again(X), twin(X), rtol=1e-4, atol=1e-5)


MODES = {"sum": "Add", "mul": "Multiply", "ave": "Average", "max": "Maximum", "concat": "Concatenate"}


@pytest.mark.parametrize(("mode", "layer"), MODES.items())
def test_a_graph_with_a_merge(mode, layer, tmp_path):
    def node(entry, *inputs):
        name = entry["config"]["name"]
        return {**entry, "name": name, "inbound_nodes": [[[each, 0, 0] for each in inputs]] if inputs else []}

    merge = old("Merge", "merge_1", mode=mode, concat_axis=-1, dot_axes=-1, output_shape=None, arguments={})
    config = {
        "name": "model_1",
        "layers": [
            node(
                old("InputLayer", "input_1", batch_input_shape=[None, 12, 11, 3], input_dtype="float32", sparse=False)
            ),
            node(convolution("a", 3, 1), "input_1"),
            node(convolution("b", 3, 1), "input_1"),
            node(merge, "a", "b"),
        ],
        "input_layers": [["input_1", 0, 0]],
        "output_layers": [["merge_1", 0, 0]],
    }
    x = keras.Input((12, 11, 3))
    a, b = L.Conv2D(3, 1), L.Conv2D(3, 1)
    twin = keras.Model(x, getattr(L, layer)()([a(x), b(x)]))
    own = {"a": [drawn(1, 1, 3, 3), drawn(3)], "b": [-drawn(1, 1, 3, 3) / 2, drawn(3) / 3]}
    a.set_weights(own["a"])
    b.set_weights(own["b"])
    arrays = {"input_1": [], "merge_1": []} | {name: named(name, *each) for name, each in own.items()}
    write(tmp_path / "old.h5", "Model", config, arrays)
    model = minicnn.load_model(tmp_path / "old.h5")
    np.testing.assert_allclose(model.predict(X), twin(X), rtol=1e-4, atol=1e-5)


def test_nested_lists_without_names(tmp_path):
    """Keras before 2.2.3 wrote a Sequential as a list of layers: the names of inner ones stand in the weights alone."""

    def inner(name, filters):
        return [convolution(name, filters, 2, batch_input_shape=[None, 12, 11, 3])]

    config = [
        {"class_name": "Sequential", "config": inner("c1", 3)},
        {"class_name": "Sequential", "config": [convolution("c2", 2, 3)]},
        old("Flatten", "flatten_1"),
    ]
    own = {"c1": [drawn(2, 2, 3, 3), drawn(3)], "c2": [drawn(3, 3, 3, 2), drawn(2)]}
    arrays = {"sequential_7": named("c1", *own["c1"]), "sequential_8": named("c2", *own["c2"]), "flatten_1": []}
    write(tmp_path / "old.h5", "Sequential", config, arrays)
    model = minicnn.load_model(tmp_path / "old.h5")
    twin = keras.Sequential([keras.Input((12, 11, 3)), L.Conv2D(3, 2), L.Conv2D(2, 3), L.Flatten()])
    twin.set_weights([*own["c1"], *own["c2"]])
    np.testing.assert_allclose(model.predict(X), twin(X), rtol=1e-4, atol=1e-5)
    assert [layer.name for layer in model.layers][:2] == ["sequential", "sequential_1"]


def test_the_transposed_convolution_s_kernel(tmp_path):
    """Its input's channels came before its filters."""
    entry = convolution("d", 2, 3, 2, batch_input_shape=[None, 12, 11, 3], output_shape=[None, 25, 23, 2])
    entry["class_name"] = "Deconvolution2D"
    kernel, bias = drawn(3, 3, 3, 2), drawn(2)
    write(tmp_path / "old.h5", "Sequential", [entry], {"d": named("d", kernel, bias)})
    twin = keras.Sequential([keras.Input((12, 11, 3)), L.Conv2DTranspose(2, 3, 2)])
    twin.set_weights([np.swapaxes(kernel, 2, 3), bias])
    np.testing.assert_allclose(minicnn.load_model(tmp_path / "old.h5").predict(X), twin(X), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    ("padding", "size", "stride", "shape"),
    [
        ("same", 3, 2, (13, 14)),
        ("same", 3, 2, (14, 14)),
        ("same", 2, 2, (13, 13)),
        ("same", 5, 3, (19, 20)),
        ("valid", 2, 3, (20, 22)),
        ("valid", 3, 2, (16, 15)),
    ],
)
def test_the_shape_that_a_transposed_convolution_was_told(padding, size, stride, shape, tmp_path):
    """TensorFlow, which Keras 1 asked with output_shape, is asked itself."""
    entry = convolution("d", 2, size, stride, border_mode=padding, batch_input_shape=[None, 7, 7, 3],
                        output_shape=[None, *shape, 2])  # fmt: skip
    entry["class_name"] = "Deconvolution2D"
    kernel, bias, x = drawn(size, size, 3, 2), drawn(2), X[:, :7, :7]
    write(tmp_path / "old.h5", "Sequential", [entry], {"d": named("d", kernel, bias)})
    given = (np.swapaxes(kernel, 2, 3), (2, *shape, 2), stride, padding.upper())
    want = tf.nn.conv2d_transpose(x, *given) + bias
    np.testing.assert_allclose(minicnn.load_model(tmp_path / "old.h5").predict(x), want, rtol=1e-4, atol=1e-5)


def test_a_shape_that_no_later_keras_makes_is_refused(tmp_path):
    entry = convolution("d", 2, 2, 2, border_mode="same", output_shape=[None, 13, 14, 2],
                        batch_input_shape=[None, 7, 7, 3])  # fmt: skip
    entry["class_name"] = "Deconvolution2D"
    write(tmp_path / "old.h5", "Sequential", [entry], {"d": named("d", drawn(2, 2, 3, 2), drawn(2))})
    with pytest.raises(ValueError, match=r"layer 'd' is Keras 1's Deconvolution2D\(output_shape=\[None, 13, 14, 2\]\)"):
        minicnn.load_model(tmp_path / "old.h5")


@pytest.mark.parametrize("version", [None, "1.2.2", "2.0.0"])
def test_an_architecture_with_its_weights_alone(version, tmp_path):
    """As many channels as filters: nothing but the version tells how the kernel lies. Keras 1 does not tell it."""
    entry = convolution("d", 3, 3, batch_input_shape=[None, 12, 11, 3], output_shape=[None, 14, 13, 3])
    entry["class_name"] = "Deconvolution2D"
    (tmp_path / "old.json").write_text(
        json.dumps({"class_name": "Sequential", "config": [entry], "keras_version": "1.2.2"})
    )
    kernel, bias = drawn(3, 3, 3, 3), drawn(3)
    with h5py.File(tmp_path / "old.h5", "w") as file:
        file.attrs["layer_names"] = [b"d"]
        if version:
            file.attrs["keras_version"] = version.encode()
        group = file.create_group("d")
        group.attrs["weight_names"] = [b"d_W", b"d_b"]
        group["d_W"], group["d_b"] = kernel, bias
    twin = keras.Sequential([keras.Input((12, 11, 3)), L.Conv2DTranspose(3, 3)])
    twin.set_weights([kernel if version == "2.0.0" else np.swapaxes(kernel, 2, 3), bias])
    np.testing.assert_allclose(minicnn.load_model(tmp_path / "old.json").predict(X), twin(X), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("backend", ["theano", "tensorflow"])
def test_theano_s_kernels_are_turned(backend, tmp_path):
    """In TensorFlow's order of axes, as Theano had it too: its convolution is the other one of the two."""
    kernel, bias = drawn(3, 2, 3, 4), drawn(4)
    twin = keras.Sequential([keras.Input((12, 11, 3), name="i"), L.Conv2D(4, (3, 2), name="c")])
    twin.set_weights([kernel, bias])
    twin.save(tmp_path / "m.h5")
    with h5py.File(tmp_path / "m.h5", "a") as file:
        file.attrs["backend"] = file["model_weights"].attrs["backend"] = backend.encode()
    if backend == "theano":
        twin.set_weights([kernel[::-1, ::-1], bias])
    np.testing.assert_allclose(minicnn.load_model(tmp_path / "m.h5").predict(X), twin(X), rtol=1e-4, atol=1e-5)


def test_layers_whose_one_setting_has_another_name(tmp_path):
    config = [
        old("GaussianNoise", "n", sigma=0.25, batch_input_shape=[None, 12, 11, 3]),
        old("PReLU", "p", init="zero"),
    ]
    alpha = drawn(12, 11, 3)
    write(tmp_path / "old.h5", "Sequential", config, {"n": [], "p": [("p_alphas", alpha)]})
    model = minicnn.load_model(tmp_path / "old.h5")
    assert model.layers[0].stddev == 0.25
    np.testing.assert_allclose(model.predict(X), np.where(X > 0, X, alpha * X), rtol=1e-5)


@pytest.mark.parametrize(
    ("entry", "sentence"),
    [
        (old("Merge", "m", mode="dot"), "layer 'm' is Keras 1's Merge(mode='dot'); only sum, mul, ave, max, concat"),
        (old("BatchNormalization", "b", mode=2), "layer 'b' is Keras 1's BatchNormalization(mode=2), which no later"),
    ],
)
def test_what_no_layer_does_any_longer(entry, sentence, tmp_path):
    write(tmp_path / "old.h5", "Sequential", [entry], {entry["config"]["name"]: []})
    with pytest.raises(ValueError) as error:
        files.read(tmp_path / "old.h5")
    assert sentence in str(error.value)


def test_theano_s_order_is_refused(tmp_path):
    entry = convolution("c", 4, 3, dim_ordering="th", batch_input_shape=[None, 3, 12, 11])
    write(tmp_path / "old.h5", "Sequential", [entry], {"c": named("c", drawn(4, 3, 3, 3), drawn(4))})
    with pytest.raises(ValueError, match="data_format='channels_first'"):
        minicnn.load_model(tmp_path / "old.h5")
