"""The table of a model: nested models as one row or as many, and which layers learn."""

import pytest

from minicnn import Conv2D, Dense, Flatten, Input, Model, Sequential
from minicnn.models.summary import rows


def nested():
    inner = Sequential([Input((8, 8, 3)), Conv2D(2, 3), Conv2D(4, 3)], name="inner")
    inner.layers[0].trainable = False
    x = Input((8, 8, 3), name="x")
    return Model(x, Dense(2, name="last")(Flatten(name="flat")(inner(inner_twice(x)))), name="net")


def inner_twice(x):
    """Return what a frozen model makes of x, which is called twice."""
    twice = Sequential([Input((8, 8, 3)), Conv2D(3, 1)], name="twice")
    twice.trainable = False
    return twice(twice(x))


def test_a_nested_model_is_one_row_that_holds_all():
    model = nested()
    whole, table = rows(model), rows(model, expand_nested=False)
    assert [row["name"] for row in table] == ["x", "twice", "twice:1", "inner", "flat", "last"]
    assert [row["class"] for row in table[1:4]] == ["Sequential"] * 3
    inner, inside = table[3], [row for row in whole if row["name"].startswith("inner/")]
    assert inner["shape"] == inside[-1]["shape"] and inner["field"] == inside[-1]["field"] == (5, 5)
    for part in ("params", "bytes", "multiply_adds"):
        assert inner[part] == sum(row[part] for row in inside)
        assert sum(row[part] for row in table) == sum(row[part] for row in whole)
    assert [row["trainable"] for row in table] == [False, False, False, True, False, True]


def test_the_memory_of_all():
    """Worked out here: a picture of 6 x 6, four maps of 4 x 4, the row of 64, 3 outputs; 40 and 195 weights."""
    text = []
    model = Sequential([Input((6, 6, 1)), Conv2D(4, 3), Flatten(), Dense(3)])
    model.summary(text.append)
    outputs, weights = 4 * (36 + 64 + 64 + 3), 4 * (40 + 195)
    assert text[0].endswith(f"; 768 multiply-adds and {outputs} bytes of outputs an example, {weights} of weights")


@pytest.mark.parametrize("expanded", [False, True])
def test_what_is_printed(expanded):
    text = []
    nested().summary(text.append, expand_nested=expanded, show_trainable=True)
    lines = text[0].splitlines()
    assert lines[0].split()[-1] == "trainable" and ("inner/conv2d" in text[0]) == expanded
    learns = {line.split()[0]: line.split()[-1] for line in lines[2:-2]}
    assert learns["last"] == "yes" and learns["flat"] == "no"
    if expanded:
        assert learns["inner/conv2d"] == "no" and learns["inner/conv2d_1"] == "yes"
    nested().summary(text.append)
    assert "trainable" not in text[1].splitlines()[0] and "inner/conv2d" not in text[1]
    assert text[1].splitlines()[-1] == lines[-1]


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda net: net.summary(120), "`print_fn` must be a function of str. Received: print_fn=120."),
        (lambda net: net.summary(line_length=120), "summary(line_length=120) is not supported: leave it out, columns"),
        (lambda net: net.summary(width=9), "summary has no argument 'width'. Received: width=9."),
    ],
)
def test_keras_s_other_arguments(call, sentence):
    with pytest.raises((ValueError, TypeError)) as error:
        call(nested())
    assert str(error.value).startswith(sentence)
    nested().summary(lambda text: None, line_length=None, positions=None, layer_range=None)


@pytest.mark.parametrize("key", ["expand_nested", "show_trainable"])
def test_a_yes_or_a_no(key):
    with pytest.raises(ValueError, match=f"`{key}` must be True or False. Received: {key}='all'."):
        nested().summary(**{key: "all"})
