"""What a model itself says of the pictures that it takes; who wins is tested in tests/files."""

import pytest

from minicnn import Conv2D, Dense, Flatten, Input, Normalization, Rescaling, Sequential, Softmax
from minicnn.files import make_card
from minicnn.models import card_of
from tests import teachable


def net(*first, units=3, last=None, size=(8, 6)):
    """Return a small classifier; `first` stands before its convolution."""
    return Sequential([Input((*size, 3)), *first, Conv2D(2, 3), Flatten(), Dense(units, activation=last)], seed=0)


def told(model, **better):
    """Return two facts and the sentence."""
    resolved = card_of(model, **better)
    return resolved.value["output"], resolved.value["size"], resolved.sentence


def test_size_and_scale_are_the_models_own_where_it_has_them():
    nested = Sequential([Input((8, 6, 3)), Rescaling(1 / 255), Conv2D(2, 1)], name="inner")
    for first in (Rescaling(1 / 255), Normalization(mean=0.0, variance=1.0), nested):
        output, size, sentence = told(net(first))
        assert size == [8, 6] and "scale" not in sentence, first.name
    assert 'a guess is resize "nearest", scale 1.0, offset 0.0, output "logits"' in told(net())[2]


@pytest.mark.parametrize(
    "last, loss, output",
    [
        ("softmax", None, "probabilities"),
        ("softmax", "categorical_crossentropy", "probabilities"),
        (None, None, "logits"),
        (None, "categorical_crossentropy", "probabilities"),  # that loss takes them as such
        (None, "from logits", "logits"),
    ],
)
def test_the_output_is_what_the_end_or_the_loss_says(last, loss, output):
    from minicnn.losses import CategoricalCrossentropy

    model = net(last=last)
    if loss:
        model.compile("sgd", CategoricalCrossentropy(from_logits=True) if loss == "from logits" else loss)
    assert told(model)[0] == output
    model.classifier = make_card(["a", "b", "c"], (8, 6), output="logits")
    assert told(model) == ("logits", [8, 6], "")  # the card goes first


def test_an_open_size_is_the_callers():
    model = Sequential([Input((None, None, 3)), Conv2D(2, 3), Softmax()])
    with pytest.raises(ValueError, match="`size` must be given"):
        card_of(model)
    assert card_of(model, size=(9, 7)).value["size"] == [9, 7]


@pytest.mark.parametrize(
    "better, sentence",
    [
        ({"size": (8, 7)}, r"`size` must be 8 x 6, the model's. Received: \[8, 7\]."),
        ({"class_names": ["a", "b"]}, "`classes` must be 3 names, one for each output. Received: 2."),
    ],
)
def test_what_does_not_fit_the_model_is_refused(better, sentence):
    with pytest.raises(ValueError, match=sentence):
        card_of(net(), **better)


def test_one_output_means_two_classes():
    assert card_of(net(units=1)).value["class_names"] == ["class 0", "class 1"]
    assert card_of(net(units=1), class_names=["no", "yes"], scale=0.5).value["scale"] == 0.5


def test_grey_is_a_fact_that_the_net_tells():
    for shape, channels in (((8, 6, 1), 1), ((8, 6), 1), ((8, 6, 3), 3)):
        model = Sequential([Input(shape), Flatten(), Dense(2)], seed=0)
        model.classifier = make_card(["a", "b"], (8, 6))  # as version 1 had it, which knew no channels
        value = card_of(model).value
        assert value["channels"] == channels and value["size"] == [8, 6]


def test_any_field_may_be_known_better():
    value = card_of(net(), offset=[1.0, 2.0, 3.0], crop="centre", invert=True, order="bgr").value
    assert (value["offset"], value["crop"], value["invert"], value["order"]) == ([1.0, 2.0, 3.0], "centre", True, "bgr")
    with pytest.raises(ValueError, match="`flags` must be fields of classifier.json. Received: colour."):
        card_of(net(), colour="red")


def test_teachable_machine_is_known_by_its_layers_names():
    resolved = card_of(teachable.net())
    value = resolved.value
    assert (value["crop"], value["resize"], value["scale"], value["offset"]) == ("centre", "lanczos", 1 / 127.5, -1.0)
    assert (
        value["output"] == "probabilities"
        and resolved.sentence == "The model has no classifier.json: classes are numbered."
    )
    assert card_of(teachable.net(), crop="none", scale=0.5).value["crop"] == "none"
