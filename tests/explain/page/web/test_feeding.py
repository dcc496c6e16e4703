"""feeding.js: a map is made of those maps that change it."""

import numpy as np
import pytest

from minicnn import (
    Activation,
    Add,
    Concatenate,
    Conv2D,
    Conv2DTranspose,
    Dense,
    DepthwiseConv2D,
    Flatten,
    GroupNormalization,
    Input,
    LayerNormalization,
    Maximum,
    Model,
    Multiply,
    Permute,
    Reshape,
    Softmax,
)
from tests.explain.nets import NETS, picture, randomise

CHANGES = """(index) => {
  const node = net.nodes[index];
  const values = net.values.map((own) => own.map((_, at) => 1.5 + Math.sin(7.3 * at)));
  const maps = (values) => (i) => values.filter((_, at) => at % node.shape[2] === i);
  const run = (xs) => lab.layers.LAYERS[node.kind].forward(node, xs);
  return node.inputs.map((source, k) => Array.from({ length: node.from[k][2] }, (_, from) => {
    const changed = new Set();
    for (const by of [50, -50, 1, -1]) {
      const xs = node.inputs.map((input, n) => n !== k ? values[input] :
        values[input].map((value, at) => at % node.from[k][2] === from ? value + by * (1 + at % 7) : value));
      const [before, after] = [maps(run(node.inputs.map((input) => values[input]))), maps(run(xs))];
      for (let c = 0; c < node.shape[2]; c++) if (before(c).join() !== after(c).join()) changed.add(c);
    }
    const told = Array.from({ length: node.shape[2] }, (_, c) => c)
      .filter((c) => lab.feeding.feeds(net, node, source, c, from) > 0);
    return [[...changed].sort((a, b) => a - b), told];
  }));
}"""


def mixing():
    """Every layer whose maps are made of others than the one of the same number."""
    x = Input((4, 4, 4))
    grouped = GroupNormalization(2)(Conv2D(4, 2, groups=2, padding="same")(x))
    up = Conv2DTranspose(4, 2, padding="same")(grouped)
    soft = Softmax()(LayerNormalization()(up))
    lone = LayerNormalization([1, 2])(soft)
    wide = Concatenate()([lone, Conv2D(1, 1)(x), DepthwiseConv2D(1, depth_multiplier=2)(x)])
    stretched = Multiply()([wide, Conv2D(1, 1, activation="sigmoid")(x)])
    turned = Permute((3, 1, 2))(Reshape((4, 2, 26))(Add()([stretched, wide])))
    return randomise(Model(x, Maximum()([turned, Activation("softmax")(turned)])))


@pytest.mark.parametrize("name", [*NETS, "mixing"])
def test_a_map_is_fed_by_the_maps_that_change_it(lab, name):
    model = mixing() if name == "mixing" else NETS[name]()
    loss = {"kind": "squared", "logits": False, "fused": False, "output": "logits"} if name == "mixing" else None
    nodes = lab.open(model, picture(model)[:1], loss=loss)
    for index, node in enumerate(nodes):
        if not node["inputs"] or any(len(nodes[k]["shape"]) != 3 for k in [index, *node["inputs"]]):
            continue
        several = len(set(node["inputs"])) < len(node["inputs"])  # the same maps twice: each place feeds by itself
        for maps in lab.ask(CHANGES, index):
            for changed, told in maps:
                assert set(changed) <= set(told) if several else changed == told, node["name"]


def test_a_curve_is_thick_where_the_weight_is_large(lab):
    """0.1 for a weight of 0, 1 for the kernel's largest."""
    x = Input((3, 3, 2))
    model = Model(x, Conv2D(2, 1, name="conv")(x))
    model.set_weights([np.array([[[[0.0, 1.0], [-4.0, 2.0]]]]), np.zeros(2)])
    lab.open(model, picture(model)[:1], loss={"kind": "squared", "logits": False, "fused": False, "output": "logits"})
    shares = [lab.ask(f"() => lab.feeding.feeds(net, net.nodes[1], 0, {c}, {k})") for k in (0, 1) for c in (0, 1)]
    assert shares == pytest.approx([0.1, 0.1 + 0.9 / 4, 1.0, 0.1 + 0.9 / 2])


def test_units_are_fed_by_all_alike(lab):
    """A unit of a vector reads every number: no curve is thicker than another, and none is missing."""
    x = Input((2, 2, 3))
    model = randomise(Model(x, Dense(3)(Dense(4)(Flatten()(x)))))
    lab.open(model, picture(model)[:1], loss={"kind": "squared", "logits": False, "fused": False, "output": "logits"})
    for index in (1, 2, 3):
        for c, k in ((0, 0), (1, 2), (2, 0), ("null", 1), (1, "null")):
            assert lab.ask(f"() => lab.feeding.feeds(net, net.nodes[{index}], {index - 1}, {c}, {k})") == 0.4
