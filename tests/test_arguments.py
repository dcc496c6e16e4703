"""What counts as an integer, a number, a yes or a no; the sentences of the checks, and that all rooms use them."""

import inspect
import pathlib

import numpy as np
import pytest

import minicnn
from minicnn import arguments, callbacks, layers, losses, optimizers
from minicnn.arguments import boolean, integer, is_integer, is_number, number

INTEGERS = [0, -3, 2**70, np.int8(3), np.uint64(3)]
NUMBERS = [0.5, np.inf, np.nan, np.float16(1), np.float64(1)]
NEITHER = [True, np.True_, None, "3", 1j, np.complex64(1), [1], np.array(1), np.array([1])]


@pytest.mark.parametrize("value", INTEGERS)
def test_integers(value):
    assert is_integer(value) and is_number(value)
    assert integer("n", value, -5) == value and type(integer("n", value, -5)) is int


@pytest.mark.parametrize("value", NUMBERS)
def test_other_numbers(value):
    assert is_number(value) and not is_integer(value)


@pytest.mark.parametrize("value", NEITHER, ids=repr)
def test_what_is_neither(value):
    assert not is_integer(value) and not is_number(value)
    with pytest.raises(ValueError, match="`n` must be a positive integer. Received: n="):
        integer("n", value)


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ((0,), "`n` must be a positive integer. Received: n=0."),
        ((2.0,), "`n` must be a positive integer. Received: n=2.0."),
        ((-1, 0), "`n` must be an integer of at least 0. Received: n=-1."),
        ((15, 16), "`n` must be an integer of at least 16. Received: n=15."),
        ((8, 1, 7), "`n` must be at most 7. Received: n=8."),
    ],
)
def test_sentences(given, sentence):
    with pytest.raises(ValueError) as error:
        integer("n", *given)
    assert str(error.value) == sentence


def test_bounds_are_allowed():
    assert [integer("n", 1), integer("n", 0, 0), integer("n", 7, 1, 7)] == [1, 0, 7]


@pytest.mark.parametrize("value", [True, False, np.True_, np.False_, 0, 1, np.int64(1)], ids=repr)
def test_booleans(value):
    assert boolean("shuffle", value) is bool(value)


@pytest.mark.parametrize("value", ["no", "yes", "", None, 2, -1, 0.0, 1.0, [], [True], np.array([True])], ids=repr)
def test_what_is_no_boolean(value):
    with pytest.raises(ValueError) as error:
        boolean("shuffle", value)
    assert str(error.value) == f"`shuffle` must be True or False. Received: shuffle={value!r}."


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"value": np.nan}, "`n` must be a number, and finite. Received: n=nan."),
        ({"value": -np.inf}, "`n` must be a number, and finite. Received: n=-inf."),
        ({"value": "a"}, "`n` must be a number, and finite. Received: n='a'."),
        ({"value": True, "least": 0}, "`n` must be a number, at least 0. Received: n=True."),
        ({"value": 0, "positive": True}, "`n` must be a number, positive. Received: n=0."),
        ({"value": -0.1, "least": 0}, "`n` must be a number, at least 0. Received: n=-0.1."),
        ({"value": 2, "least": 0, "most": 1}, "`n` must be a number, at least 0 and at most 1. Received: n=2."),
        ({"value": np.inf, "positive": True}, "`n` must be a number, positive and at most 3.4e+38. Received: n=inf."),
        ({"value": 10**400}, f"`n` must be a number, at most 3.4e+38. Received: n={10**400}."),
    ],
)
def test_sentences_on_numbers(given, sentence):
    with pytest.raises(ValueError) as error:
        number("n", **given)
    assert str(error.value) == sentence


def test_numbers_at_their_bounds():
    assert [number("n", 0, 0), number("n", np.float32(1), 0, 1), number("n", 3e38), number("n", -3)] == [0, 1, 3e38, -3]
    assert type(number("n", np.float32(0.5))) is float and type(number("n", 1)) is float


@pytest.mark.parametrize("value", [None, 3, b"a", "", ["a"]], ids=repr)
def test_texts_and_paths(value):
    with pytest.raises(TypeError) as error:
        arguments.text("monitor", value)
    assert str(error.value) == f"`monitor` must be a non-empty string. Received: monitor={value!r}."
    with pytest.raises(TypeError) as error:
        arguments.path("path", value)
    assert str(error.value) == f"`path` must be a string or a pathlib.Path. Received: path={value!r}."
    assert arguments.text("monitor", "loss") == "loss" == arguments.path("path", pathlib.Path("loss"))


@pytest.mark.parametrize("value", ["a", -1, 0.5, True, [1]], ids=repr)
def test_seeds(value):
    sentence = f"`seed` must be an integer of at least 0, or None. Received: seed={value!r}."
    for make in (
        lambda: arguments.seed("seed", value),
        lambda: minicnn.Sequential(seed=value),
        lambda: minicnn.Dropout(0.5, seed=value),
        lambda: net().fit([[1.0]], [[1.0]], seed=value),
        lambda: minicnn.gradcheck.gradcheck(net(), [[1.0]], [[1.0]], seed=value),
    ):
        with pytest.raises(ValueError) as error:
            make()
        assert str(error.value) == sentence
    assert arguments.seed("seed", np.int64(3)) == 3 and arguments.seed("seed", None) is None


# ---- in every room ---------------------------------------------------------------------------------------------------

NEEDED = {
    "activation": "relu",
    "alpha": 0.5,
    "axis": -1,
    "backup_dir": "state",
    "decay_rate": 0.5,
    "decay_steps": 10,
    "filename": "history.csv",
    "filepath": "model.keras",
    "filters": 2,
    "height": 2,
    "initial_learning_rate": 0.5,
    "kernel_size": 3,
    "learning_rate": 0.5,
    "mode": "auto",
    "monitor": "loss",
    "rate": 0.5,
    "scale": 2.0,
    "shape": (2,),
    "target_shape": (2,),
    "units": 2,
    "width": 2,
}


def net():
    model = minicnn.Sequential([minicnn.Input((1,)), minicnn.Dense(1)], seed=0)
    model.compile("sgd", "mse")
    return model


def booleans():
    """Every argument of a public class that is a yes or a no: (class, argument, what else it must be given)."""
    for room in (layers, callbacks, losses, optimizers):
        named = [value for name, value in vars(room).items() if name in room.__all__ and inspect.isclass(value)]
        for kind in dict.fromkeys(kind for kind in named if not issubclass(kind, Exception)):
            parameters = inspect.signature(kind).parameters
            for name, parameter in parameters.items():
                if isinstance(parameter.default, bool):
                    needed = {
                        key: NEEDED[key]
                        for key, each in parameters.items()
                        if each.default is each.empty and key in NEEDED and each.kind is each.POSITIONAL_OR_KEYWORD
                    }
                    yield pytest.param(kind, name, needed, id=f"{kind.__name__}({name})")


@pytest.mark.parametrize(("kind", "name", "needed"), sorted(booleans(), key=lambda each: each.id))
def test_a_string_is_no_boolean_anywhere(kind, name, needed):
    for value in ("no", None, 0.5):
        with pytest.raises(ValueError, match=f"^`{name}` must be True or False. Received: {name}="):
            kind(**needed, **{name: value})
    assert getattr(kind(**needed, **{name: np.False_}), name) is False


@pytest.mark.parametrize(
    ("name", "call"),
    [
        ("shuffle", lambda value: net().fit([[1.0]], [[1.0]], shuffle=value, verbose=0)),
        ("return_dict", lambda value: net().evaluate([[1.0]], [[1.0]], return_dict=value)),
        ("return_dict", lambda value: net().train_on_batch([[1.0]], [[1.0]], return_dict=value)),
        ("optimizer", lambda value: minicnn.load_model("model.keras", optimizer=value)),
        ("trainable", lambda value: setattr(net(), "trainable", value)),
        ("trainable", lambda value: setattr(minicnn.Dense(3), "trainable", value)),
        ("trainable", lambda value: minicnn.Dense.from_config({"units": 3, "trainable": value})),
        ("training", lambda value: minicnn.Dropout(0.5)([[1.0]], training=value)),
    ],
)
def test_a_string_is_no_boolean_in_a_call(name, call):
    with pytest.raises(ValueError, match=f"`{name}` must be True or False. Received: {name}='no'."):
        call("no")


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: minicnn.load_model(None), "`path` must be a string or a pathlib.Path. Received: path=None."),
        (lambda: net().save(None), "`path` must be a string or a pathlib.Path. Received: path=None."),
        (lambda: net().save_weights(3), "`path` must be a string or a pathlib.Path. Received: path=3."),
        (lambda: net().load_weights(b"a"), "`path` must be a string or a pathlib.Path. Received: path=b'a'."),
        (
            lambda: minicnn.Sequential(3),
            "`layers` must be a list of layers: [Input((4,)), Dense(2)]. Received: layers=3.",
        ),
        (
            lambda: minicnn.Sequential(minicnn.Dense(3)),
            "`layers` must be a list of layers: [Input((4,)), Dense(2)]. Rec",
        ),
        (
            lambda: minicnn.Sequential(minicnn.Input((3,))),
            "`layers` must be a list of layers: [Input((4,)), Dense(2)].",
        ),
    ],
)
def test_what_python_would_say_otherwise(call, sentence):
    with pytest.raises(TypeError) as error:
        call()
    assert str(error.value).startswith(sentence)


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: minicnn.Input((3,), batch_size=8), "Input(batch_size=8) is not supported: leave it out, batches"),
        (lambda: minicnn.Input((3,), batch_shape=(8, 3)), "Input(batch_shape=(8, 3)) is not supported: give `sh"),
        (lambda: minicnn.Input((3,), dtype="uint8"), "Input(dtype='uint8') is not supported: leave it out"),
        (lambda: minicnn.Input((3,), size=3), "Input has no argument 'size'. Received: size=3."),
        (lambda: minicnn.load_model("a.keras", safe_mode=3), "load_model(safe_mode=3) is not supported: leave it out"),
        (lambda: minicnn.load_model("a.keras", filepath="b"), "load_model has no argument 'filepath'. Receiv"),
    ],
)
def test_keras_s_arguments_that_are_not_here(call, sentence):
    with pytest.raises((ValueError, TypeError)) as error:
        call()
    assert str(error.value).startswith(sentence)
    assert minicnn.Input((3,), batch_size=None, dtype="float32", sparse=False).shape == (None, 3)


def test_numbers_that_no_model_can_hold():
    for value in (1e300, -4e38, 10**400, [0.5, 1e300]):
        with pytest.raises(ValueError, match="`scale` must be one finite number"):
            minicnn.Rescaling(value)
    assert minicnn.Rescaling(3e38).constants(0)[0] < np.inf
    for value in (10**400, 1e300):
        with pytest.raises(ValueError, match="`class_weight` must have finite numbers of at least 0 as weights."):
            net().fit([[1.0]], [[1.0]], class_weight={0: value}, verbose=0)
    with pytest.raises(ValueError, match="`learning_rate` must be a number, at least 0 and at most"):
        minicnn.SGD(1e300)
