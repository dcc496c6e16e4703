"""Keras's names for the classification of pictures: each is here, or refused by name; no argument is swallowed.

A class that both have takes each argument of Keras's, or refuses it in a sentence that names it.
"""

import importlib
import inspect

import numpy as np
import pytest

import minicnn
from minicnn import (
    callbacks,
    constraints,
    elsewhere,
    initializers,
    layers,
    losses,
    metrics,
    optimizers,
    regularizers,
    utils,
)
from tests.keras_oracle import keras

ROOMS = {
    "callbacks": callbacks,
    "constraints": constraints,
    "initializers": initializers,
    "layers": layers,
    "losses": losses,
    "metrics": metrics,
    "optimizers": optimizers,
    "optimizers.schedules": optimizers.schedules,
    "regularizers": regularizers,
}
NOT_OURS = {"self", "args", "kwargs"}


def of_keras(room):
    """Find Keras's module of a room."""
    found = keras
    for part in filter(None, room.split(".")):
        found = getattr(found, part)
    return found


def classes(module):
    """Return name -> class of a module's public classes, each under the name that it has itself."""
    return {
        name: value
        for name, value in vars(module).items()
        if inspect.isclass(value) and not name.startswith("_") and name[0].isupper()
    }


# Files of minicnn that have the name of a function of Keras's, which is a class or a name in text here.
FILES = {"losses": {"binary_crossentropy", "categorical_crossentropy", "sparse_categorical_crossentropy"}}


def names(room):
    """List Keras's public names in a room."""
    return [name for name in dir(of_keras(room)) if not name.startswith("_")]


@pytest.mark.parametrize("room", [*ROOMS, "models", "utils", ""])
def test_every_name_is_here_or_refused_by_name(room):
    """None is unknown: of what is not here a sentence says what else to do, also to who imports it."""
    where = importlib.import_module(f"minicnn.{room}" if room else "minicnn")
    here = {name for name in names(room) if name in vars(where) or name in getattr(where, "__all__", ())}
    assert FILES.get(room, set()) <= here
    for name in set(names(room)) - here:
        with pytest.raises(ImportError, match=f"^Keras's {room}{'.' if room else ''}{name} is not here: ...") as error:
            getattr(where, name)
        assert str(error.value).endswith("."), name
        with pytest.raises(ImportError, match="is not here: "):
            exec(f"from minicnn{'.' if room else ''}{room} import {name}")
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        where.nothing  # noqa: B018


MODULES = [name for name in dir(keras) if inspect.ismodule(getattr(keras, name)) and not name.startswith("_")]


@pytest.mark.parametrize("name", sorted(set(MODULES) - {*ROOMS, "models", "utils"}))
def test_every_module_is_here_or_refused_by_name(name):
    for asked in (name, f"{name}.inner"):
        with pytest.raises(ImportError, match=f"^Keras's {name} is not here: .*[.]$"):
            exec(f"import minicnn.{asked}")
        with pytest.raises(ImportError, match=f"^Keras's {name} is not here: .*[.]$"):
            exec(f"from minicnn.{asked} import anything")


def test_of_another_module_python_says_what_it_always_says():
    for name in ("nothing", "layers.nothing", "data.applications"):
        with pytest.raises(ModuleNotFoundError, match=f"No module named 'minicnn.{name}'"):
            exec(f"import minicnn.{name}")


@pytest.mark.parametrize("room", sorted(elsewhere.ELSEWHERE))
def test_nothing_is_refused_that_keras_has_not_or_that_is_here(room):
    where = importlib.import_module(f"minicnn.{room}" if room else "minicnn")
    told = {name for listed in elsewhere.ELSEWHERE[room] for name in listed.split()}
    assert told <= set(names(room))
    assert not told & set(getattr(where, "__all__", vars(where)))


def test_layers_are_refused_by_name_at_the_top_too():
    with pytest.raises(ImportError, match="^Keras's layers.LSTM is not here: "):
        from minicnn import LSTM  # noqa: F401


NEEDED = {
    "CosineDecay": (0.1, 10),
    "ExponentialDecay": (0.1, 10, 0.5),
    "PiecewiseConstantDecay": ([1], [0.1, 0.2]),
    "CSVLogger": ("a.csv",),
    "ModelCheckpoint": ("a.keras",),
    "BackupAndRestore": ("state",),
    "LearningRateScheduler": (abs,),
    "CallbackList": (),
    "CenterCrop": (2, 2),
    "RandomBrightness": (0.1,),
    "RandomContrast": (0.1,),
    "RandomRotation": (0.1,),
    "RandomTranslation": (0.1, 0.1),
    "RandomZoom": (0.1,),
    "Conv2D": (2, 3),
    "Conv2DTranspose": (2, 3),
    "Dense": (2,),
    "DepthwiseConv2D": (3,),
    "Resizing": (2, 2),
    "SeparableConv2D": (2, 3),
    "Dropout": (0.5,),
    "SpatialDropout2D": (0.5,),
    "Activation": ("relu",),
    "Rescaling": (2.0,),
    "Reshape": ((2,),),
    "InputLayer": ((2,),),
    "Optimizer": (0.1,),
}


def shared():
    """Yield (class here, class of Keras's) of those that both have."""
    pairs = [(module, of_keras(room)) for room, module in ROOMS.items()]
    for ours, theirs in pairs:
        for name, kind in sorted(classes(theirs).items()):
            own = vars(ours).get(name)  # getattr refuses those that are not here
            if inspect.isclass(own) and name not in ("Layer", "Metric", "Loss", "CallbackList", "InputLayer", "Mean"):
                yield pytest.param(own, kind, id=f"{ours.__name__.rpartition('.')[2]}.{name}")


@pytest.mark.parametrize(("ours", "theirs"), list(shared()))
def test_no_argument_is_swallowed(ours, theirs):
    own = inspect.signature(ours).parameters
    for name in inspect.signature(theirs).parameters:
        if name in own or name in NOT_OURS or name == "name":  # any text is a name
            continue
        with pytest.raises((ValueError, TypeError)) as error:  # what no argument could mean
            ours(*NEEDED.get(ours.__name__, ()), **{name: "no such thing"})
        assert name in str(error.value) and "unexpected keyword argument" not in str(error.value)


def in_rooms():
    """Yield those of `shared` that are no layers."""
    return [each for each in shared() if not each.id.startswith("layers.")]


@pytest.mark.parametrize(("ours", "theirs"), list(shared()))
def test_order_and_defaults_are_keras_s(ours, theirs):
    """What both have stands in Keras's order, and what is left out means the same."""
    own, keras_s = (inspect.signature(of).parameters for of in (ours, theirs))
    known = [name for name in keras_s if name in own and name not in NOT_OURS]
    assert [name for name in own if name in known] == known, "the order is Keras's"
    for name in known:
        here, there = own[name].default, keras_s[name].default
        if name == "name":  # None: the class's own
            here = ours(*NEEDED.get(ours.__name__, ())).name if here is None and there is not None else here
        assert here == there or (name, here, there) in LEFT_OPEN, name


# What Keras wants said, and is its usual value here where it is left out.
LEFT_OPEN: set = {("pool_size", (2, 2), inspect.Parameter.empty)}


@pytest.mark.parametrize(("ours", "theirs"), in_rooms())
def test_keras_s_defaults_are_taken(ours, theirs):
    """What Keras has and minicnn has not may be said, as long as it says "not used"."""
    own = inspect.signature(ours).parameters
    for name, parameter in inspect.signature(theirs).parameters.items():
        if name not in NOT_OURS and parameter.default is not parameter.empty and parameter.default is not None:
            place = list(own).index(name) if name in own else len(own)
            if place >= len(NEEDED.get(ours.__name__, ())):
                ours(*NEEDED.get(ours.__name__, ()), **{name: parameter.default})


def functions():
    """Yield (function here, function of Keras's) of those that both have."""
    for ours, theirs in ((metrics, keras.metrics), (utils, keras.utils)):
        for name in ours.__all__:
            pair = getattr(ours, name), getattr(theirs, name, None)
            if all(map(inspect.isfunction, pair)) and name not in ("get", "from_config"):
                yield pytest.param(*pair, id=name)


@pytest.mark.parametrize(("ours", "theirs"), list(functions()))
def test_functions_have_keras_s_arguments(ours, theirs):
    own, keras_s = (inspect.signature(of).parameters for of in (ours, theirs))
    named = [name for name in own if own[name].kind != inspect.Parameter.VAR_KEYWORD]
    assert named == [name for name in keras_s if name in named]
    assert [own[name].default for name in named] == [keras_s[name].default for name in named]
    for name in set(keras_s) - set(named) - {"from_sorted_ids"}:  # of what TensorFlow has sorted already
        with pytest.raises(ValueError, match=f"{name}='no such thing'. is not supported: "):
            ours("nowhere", **{name: "no such thing"})


@pytest.mark.parametrize("name", ["l1", "l2", "l1_l2"])
@pytest.mark.parametrize("given", [{}, {"l1": 0.5}, {"l2": 0.25}, {"l1": 0.5, "l2": 0.25}])
def test_regularizers_by_their_names_as_functions(name, given):
    own = {key: value for key, value in given.items() if key in name}
    ours, theirs = (getattr(of, name)(**own) for of in (regularizers, keras.regularizers))
    w = np.linspace(-1, 2, 12, dtype="float32").reshape(3, 4)
    assert ours(w) == pytest.approx(float(theirs(w)), rel=1e-6)
    assert {key: pytest.approx(value) for key, value in ours.get_config().items()} == theirs.get_config()


METHODS = ["fit", "evaluate", "predict", "train_on_batch", "test_on_batch", "predict_on_batch", "compile", "get_layer"]
# What is Keras's first argument under another name, and stands first here too.
FIRST = {"filepath": "path", "line_length": "print_fn"}
CALLED = {
    **{f"Model.{name}": [getattr(of.Model, name) for of in (minicnn, keras)] for name in METHODS},
    **{
        f"Model.{name}": [getattr(of.Model, name) for of in (minicnn, keras)]
        for name in ("save", "save_weights", "load_weights", "summary", "to_json")
    },
    "Input": [minicnn.Input, keras.Input],
    **{
        name: [getattr(of.models, name) for of in (minicnn, keras)]
        for name in ("load_model", "save_model", "clone_model", "model_from_json")
    },
    "add": [layers.add, keras.layers.add],
    "concatenate": [layers.concatenate, keras.layers.concatenate],
    "preprocess_input": [utils.preprocess_input, keras.applications.imagenet_utils.preprocess_input],
    "decode_predictions": [utils.decode_predictions, keras.applications.imagenet_utils.decode_predictions],
}
LEFT = {  # arguments of Keras's that are refused here, by what they are called with in the tests of their own files
    "Model.compile": {"run_eagerly", "steps_per_execution", "jit_compile", "auto_scale_loss"},
    "Model.summary": {"positions", "layer_range"},
    "Model.save": {"zipped"},
    "Model.save_weights": {"max_shard_size"},
    "Model.load_weights": {"skip_mismatch"},
    "save_model": {"zipped"},
    "clone_model": {"call_function", "recursive"},
    "load_model": {"safe_mode"},
    "Input": {"batch_size", "dtype", "sparse", "ragged", "batch_shape", "tensor", "optional"},
    "concatenate": {"axis"},  # taken, by the layer
}


@pytest.mark.parametrize("name", CALLED)
def test_what_is_called_has_keras_s_arguments(name):
    ours, theirs = (list(inspect.signature(each).parameters) for each in CALLED[name])
    theirs = [FIRST.get(each, each) if FIRST.get(each) in ours else each for each in theirs]
    known = [each for each in dict.fromkeys(theirs) if each in ours]
    assert [each for each in ours if each in known] == known, "the order is Keras's"
    assert set(theirs) - set(ours) - {"kwargs"} == LEFT.get(name, set())


LOSSES = ["MeanSquaredError", "MeanAbsoluteError", "Huber", "BinaryCrossentropy", "CategoricalCrossentropy"]
STRINGS = [*LOSSES, "mse", "MSE", "mean_squared_error", "mae", "MAE", "mean_absolute_error", "huber", "bce", "BCE"]


@pytest.mark.parametrize("name", [*STRINGS, "binary_crossentropy", "categorical_crossentropy"])
def test_losses_by_string_and_class(name):
    y, p = np.eye(3, dtype="float32"), np.full((3, 3), 0.25, "float32") + np.eye(3, dtype="float32") / 4
    want = np.mean(keras.losses.get(name)(y, p))
    assert losses.get(name)(y, p) == pytest.approx(float(want), rel=1e-5)
    if name in LOSSES:
        assert losses.get(getattr(losses, name))(y, p) == pytest.approx(float(want), rel=1e-5)


@pytest.mark.parametrize("name", ["Precision", "AUC", "MeanSquaredError"])
def test_metrics_by_class(name):
    assert type(metrics.get(getattr(metrics, name))) is getattr(metrics, name)
