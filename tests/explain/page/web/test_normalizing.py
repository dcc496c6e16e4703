"""normalizing.js: which numbers are normalized together. (Forward and backward: test_layers.py.)"""

import numpy as np
import pytest

from minicnn import GroupNormalization, Input, LayerNormalization, Model
from tests.explain.nets import randomise

LOSS = {"kind": "squared", "logits": False, "fused": False, "output": "logits"}


def opened(lab, shape, layer):
    """Open a net of one layer."""
    x = Input(shape)
    model = randomise(Model(x, layer(x)))
    lab.open(model, np.random.default_rng(0).normal(size=shape), loss=LOSS)


@pytest.mark.parametrize(
    "layer, groups",
    [
        (GroupNormalization(3), lambda i, j, c: c // 2),
        (LayerNormalization(), lambda i, j, c: (i, j)),
        (LayerNormalization([1, 3]), lambda i, j, c: j),
        (LayerNormalization([1, 2]), lambda i, j, c: c),
        (LayerNormalization([1, 2, 3]), lambda i, j, c: 0),
    ],
)
def test_each_number_has_the_group_that_its_place_says(lab, layer, groups):
    shape = (4, 5, 6)
    opened(lab, shape, layer)
    places = list(np.ndindex(*shape))
    for at, place in enumerate(places):
        want = [k for k, other in enumerate(places) if groups(*other) == groups(*place)]
        assert lab.ask(f"() => lab.normalizing.groupOf(net.nodes[1], {at}).members") == want


@pytest.mark.parametrize("layer", [LayerNormalization(), GroupNormalization(8)])
def test_a_large_maps_gradients_are_taken_apart(lab, layer):
    """131,072 numbers: where each of them looks for its group among all, nobody waits for the end."""
    opened(lab, (64, 64, 32), layer)
    for name in ("gamma", "beta"):
        terms = lab.ask(f"() => lab.terms.weightTerms(net, net.nodes[1], '{name}', 5)")
        assert len(terms) == 64 * 64
        total = sum(term["dz"] * term["factor"] for term in terms)
        assert total == pytest.approx(lab.ask(f"() => net.grads[1].{name}[5]"), rel=1e-3)
