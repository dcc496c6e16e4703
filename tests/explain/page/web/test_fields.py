"""fields.js: what a cell sees, what a layer costs; against `minicnn summary` and against pixels that are changed."""

import numpy as np
import pytest

from minicnn import (
    Add,
    AveragePooling2D,
    Conv2D,
    Cropping2D,
    Dense,
    DepthwiseConv2D,
    Flatten,
    GlobalAveragePooling2D,
    Input,
    Model,
    ZeroPadding2D,
)
from minicnn.explain.terms import run_forward
from minicnn.models import summary
from tests.explain.nets import NETS, picture, randomise


def smooth():
    """Strides, dilation, padding, a frame put on and cut off, a residual way; nothing that hides a pixel's change."""
    x = Input((11, 13, 2))
    y = Conv2D(3, 3, strides=2, padding="same", activation="tanh")(x)
    z = Conv2D(3, (2, 3), padding="same", dilation_rate=(2, 1), activation="tanh")(y)
    y = AveragePooling2D(2, strides=1)(Add()([y, z]))
    y = Cropping2D(((0, 1), (1, 0)))(ZeroPadding2D(((1, 0), (0, 2)))(y))
    y = DepthwiseConv2D(2, padding="same")(y)
    return randomise(Model(x, Dense(2)(Flatten()(y))))


@pytest.mark.parametrize("name", NETS)
def test_fields_and_costs_are_those_of_the_summary(lab, name):
    model = NETS[name]()
    nodes = lab.open(model, picture(model)[:1])
    rows = {row["name"]: row for row in summary.rows(model)}
    found = lab.ask("""() => net.nodes.map((node) => ({
        field: lab.fields.fieldOf(net.nodes, node.index), ...lab.fields.costOf(net, node) }))""")
    behind = False
    for node, own in zip(nodes, found, strict=True):
        row = rows[node["of"]]
        behind = behind or node["kind"] in ("Reshape", "Conv2DTranspose", "Resizing", "UpSampling2D")  # not told there
        if behind:
            assert own.get("field") in (None, "all")
        elif node["engine"] is not None:
            want = row["field"]
            assert own["field"] == (want if want == "all" else list(want)), node["name"]
    for key, row in rows.items():
        parts = [own for node, own in zip(nodes, found, strict=True) if node["of"] == key]
        assert sum(own["work"] for own in parts) == row["multiply_adds"], key
        if not any("factor" in node["arrays"] for node in nodes if node["of"] == key):
            assert sum(own["parameters"] for own in parts) == row["params"], key
    assert sum(own["work"] for own in found) == model.multiply_adds()


def test_a_cell_sees_the_pixels_that_change_it_and_no_others(lab):
    model = smooth()
    x = picture(model)[0]
    nodes = lab.open(model, x)
    places, before = run_forward(model, x[None])
    changes = {}  # (key, i, j) -> the pixels that change this cell
    for h, w in np.ndindex(x.shape[:2]):
        changed = x.copy()
        changed[h, w] += 1
        _, after = run_forward(model, changed[None])
        for key in places:
            if before[key].ndim == 4:
                for i, j in np.argwhere((before[key] != after[key])[0].any(-1)):
                    changes.setdefault((key, int(i), int(j)), set()).add((h, w))
    checked = 0
    for index, node in enumerate(nodes):
        if node["engine"] is None or len(node["shape"]) != 3:
            continue
        for i, j in np.ndindex(*node["shape"][:2]):
            seen = lab.ask(f"() => lab.fields.seenBy(net.nodes, {index}, [{i}, {j}])")
            rows = range(max(seen["row"], 0), min(seen["row"] + seen["height"], 11))
            columns = range(max(seen["column"], 0), min(seen["column"] + seen["width"], 13))
            pixels = changes.get((node["engine"], i, j), set())
            assert pixels <= {(h, w) for h in rows for w in columns}, (node["name"], i, j)
            clipped = (len(rows), len(columns)) != (seen["height"], seen["width"])
            if pixels and not (clipped and node["name"] == "conv2d_1"):  # its dilated window has gaps at the edge
                ends = [(min(axis), max(axis) + 1) for axis in zip(*pixels, strict=True)]
                assert ends == [(rows.start, rows.stop), (columns.start, columns.stop)], (node["name"], i, j)
                checked += 1
    assert checked > 300


@pytest.mark.parametrize(
    "count, text",
    [(7, "7"), (9999, "9999"), (10_000, "10\u202fk"), (5_608_780, "5.61\u202fM"), (8.36e9, "8.36\u202fG")],
)
def test_how_counts_are_written(lab, count, text):
    assert lab.ask("(count) => lab.fields.short(count)", count) == text


def test_a_global_pool_sees_all_of_its_map(lab):
    x = Input((6, 5, 1))
    model = Model(x, Dense(2)(Flatten()(GlobalAveragePooling2D(keepdims=True)(Conv2D(2, 3)(x)))))
    lab.open(model, picture(model)[0])
    assert lab.ask("() => lab.fields.seenBy(net.nodes, 2, [0, 0])") == {"row": 0, "column": 0, "height": 6, "width": 5}
