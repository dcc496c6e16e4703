"""sentences.js: every layer that the page knows has its words, and the numbers in them are the layer's own."""

import re

import numpy as np
import pytest

from minicnn import (
    AveragePooling2D,
    BatchNormalization,
    Conv2D,
    Dense,
    DepthwiseConv2D,
    Flatten,
    GlobalAveragePooling2D,
    Input,
    MaxPooling2D,
    Sequential,
)
from tests.explain.nets import NETS, picture

TOLD = "() => net.nodes.map((node) => lab.sentences.sentence(node))"


@pytest.mark.parametrize("name", NETS)
def test_every_layer_has_a_sentence_or_two(lab, name):
    model = NETS[name]()
    nodes = lab.open(model, picture(model)[:1])
    for node, text in zip(nodes, lab.ask(TOLD), strict=True):
        assert re.fullmatch(r"[A-Z0-9].*\.", text) and 20 < len(text) < 280, node["name"]
        assert not re.search("undefined|NaN|null|object", text), text
        assert text.count(". ") <= 2, text


def test_every_function_has_its_words(lab):
    for name in [*lab.ask("() => Object.keys(lab.functions.FUNCTIONS)"), "softmax"]:
        text = lab.ask("(f) => lab.sentences.sentence({ kind: 'Activation', settings: { function: f } })", name)
        assert text.endswith("."), name


LAYERS = [
    (Conv2D(5, (3, 2), strides=2), (9, 8, 4), ["5 filters of 3\u00d72\u00d74 weights", "9\u00d78 becomes 4\u00d74"]),
    (Conv2D(6, 3, groups=2, padding="same"), (9, 8, 4), ["3\u00d73\u00d72 weights", "9\u00d78 becomes 9\u00d78"]),
    (Conv2D(7, 1), (5, 5, 3), ["7 filters of one pixel", "the 3 maps"]),
    (DepthwiseConv2D(3), (5, 6, 2), ["kernel of its own, 3\u00d73", "5\u00d76 becomes 3\u00d74"]),
    (MaxPooling2D(3, 2), (8, 8, 2), ["Of each 3\u00d73 window", "in steps of 2\u00d72", "8\u00d78 becomes 3\u00d73"]),
    (AveragePooling2D((2, 1)), (8, 8, 2), ["Each 2\u00d71 window", "8\u00d78 becomes 4\u00d78"]),
    (GlobalAveragePooling2D(), (3, 3, 7), ["7 numbers"]),
    (Flatten(), (3, 4, 5), ["all 60 numbers"]),
]


@pytest.mark.parametrize("layer, shape, parts", LAYERS)
def test_the_numbers_are_the_layers(lab, layer, shape, parts):
    lab.open(Sequential([Input(shape), layer, Flatten(), Dense(2)]), np.zeros(shape))
    text = lab.ask(TOLD)[1]
    for part in parts:
        assert part in text, text


def test_what_a_layer_has_not_is_not_told(lab):
    dense = [Dense(3, name="with"), Dense(1, use_bias=False, name="without")]
    norms = [BatchNormalization(name="learns"), BatchNormalization(scale=False, center=False, name="plain")]
    nodes = lab.open(Sequential([Input((4,)), *norms, *dense]), np.zeros(4))
    told = dict(zip([node["name"] for node in nodes], lab.ask(TOLD), strict=True))
    assert "3 weighted sums over all 4 numbers before it, plus a bias" in told["with"]
    assert "1 weighted sum over all 3 numbers" in told["without"] and "bias" not in told["without"]
    assert "as it has learned" in told["learns"] and "learned" not in told["plain"]


def test_the_loss_has_its_words_too(lab):
    for kind in ("binary", "categorical"):
        assert "\u2212log of the probability" in lab.ask(f"lab.sentences.lossSentence('{kind}')")
    assert "squared differences" in lab.ask("lab.sentences.lossSentence('squared')")
