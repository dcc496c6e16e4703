"""fields.js: what a cell sees, what a layer costs; against `minicnn summary` and against pixels that are changed."""

import numpy as np
import pytest

from minicnn import Conv2D, Dense, Flatten, GlobalAveragePooling2D, Input, Reshape, Sequential
from minicnn.explain.terms import run_forward
from minicnn.models import summary
from tests.explain.fields import FIELDS, ROUNDING, around, boxes, row
from tests.explain.nets import NETS, picture, randomise


@pytest.mark.parametrize("name", NETS)
def test_fields_and_costs_are_those_of_the_summary(lab, name):
    model = NETS[name]()
    nodes = lab.open(model, picture(model)[:1])
    compare(lab, model, nodes)


def compare(lab, model, nodes):
    """Hold the page's fields and costs against the rows of the summary."""
    rows = {row["name"]: row for row in summary.rows(model)}
    found = lab.ask("""() => net.nodes.map((node) => ({
        field: lab.fields.fieldOf(net.nodes, node.index), ...lab.fields.costOf(net, node) }))""")
    for node, own in zip(nodes, found, strict=True):
        row = rows[node["of"]]
        if node["engine"] is not None:
            want = row["field"]
            assert own.get("field") == (want if want in ("all", None) else list(want)), node["name"]
    for key, row in rows.items():
        parts = [own for node, own in zip(nodes, found, strict=True) if node["of"] == key]
        assert sum(own["work"] for own in parts) == row["multiply_adds"], key
        if not any("factor" in node["arrays"] for node in nodes if node["of"] == key):
            assert sum(own["parameters"] for own in parts) == row["params"], key
    assert sum(own["work"] for own in found) == model.multiply_adds()


def opened(lab, build):
    """Open a net in the page's modules; return it, its nodes and an example."""
    model = randomise(build()).astype("float64")
    x = np.random.default_rng(0).normal(size=model.input_shape[1:])
    return model, lab.open(model, x, loss={"kind": "squared", "logits": False, "fused": False, "output": "logits"}), x


@pytest.mark.parametrize("name", FIELDS)
def test_a_cell_sees_the_pixels_that_change_it_and_no_others(lab, name):
    model, nodes, x = opened(lab, FIELDS[name])
    real = boxes(model, x)
    for index, node in enumerate(nodes):
        if node["engine"] is None:
            continue
        for cell, box in real[node["engine"]].items():
            seen = lab.ask(f"() => lab.fields.seenBy(net.nodes, {index}, {list(cell)})")
            del seen["padded"]
            assert (seen if seen["height"] else None) == box, (node["name"], cell)


@pytest.mark.parametrize("name", FIELDS)
def test_the_field_of_a_layer_is_that_of_the_summary(lab, name):
    model, nodes, _ = opened(lab, FIELDS[name])
    compare(lab, model, nodes)


@pytest.mark.parametrize("name", [name for name in FIELDS if name not in ("smooth", "crossed")])
def test_the_field_of_a_layer_is_that_of_a_cell_that_sees_most(lab, name):
    """Where some window meets no edge."""
    model, nodes, x = opened(lab, FIELDS[name])
    real = boxes(model, x)
    for index, node in enumerate(nodes):
        field = lab.ask(f"() => lab.fields.fieldOf(net.nodes, {index})")
        found = [box for box in real[node["engine"]].values() if box]
        assert field == [max(box[side] for box in found) for side in ("height", "width")], node["name"]


def test_cells_that_are_no_places_any_more_are_not_told(lab):
    opened(lab, row((4, 5, 2), lambda: Reshape((5, 4, 2)), lambda: Conv2D(1, 1)))
    for index in (1, 2):
        assert lab.ask(f"() => lab.fields.seenBy(net.nodes, {index}, [1, 1]) === undefined")
        assert lab.ask(f"() => lab.fields.fieldOf(net.nodes, {index}) === undefined")
    assert lab.ask("() => lab.fields.readBox(net.nodes[1], 0, [1, 1])") is None


@pytest.mark.parametrize("row_of", [Dense(40), GlobalAveragePooling2D()])
def test_what_was_made_of_a_row_sees_all_that_the_row_saw(lab, row_of):
    """A row of a dense layer saw all; one that a Flatten made did not."""
    layers = [Flatten(), row_of] if isinstance(row_of, Dense) else [Conv2D(40, 1), row_of]
    opened(lab, lambda: Sequential([Input((4, 5, 2)), *layers, Reshape((5, 4, 2)), Conv2D(1, 2)]))
    assert lab.ask("() => lab.fields.seenBy(net.nodes, 4, [0, 0]) === null")
    assert lab.ask("() => lab.fields.fieldOf(net.nodes, 4)") == "all"
    opened(lab, lambda: Sequential([Input((4, 5, 2)), Flatten(), Reshape((5, 4, 2)), Conv2D(1, 2)]))
    assert lab.ask("() => lab.fields.seenBy(net.nodes, 3, [0, 0]) === undefined")


@pytest.mark.parametrize("name", FIELDS)
def test_the_box_of_an_input_holds_what_the_cell_reads(lab, name):
    """Every pixel of an input changed in turn; of a normalization all of them change every cell."""
    model, nodes, x = opened(lab, FIELDS[name])
    places, values = run_forward(model, x[None])
    for index, node in enumerate(nodes):
        if node["engine"] is None or node["kind"] == "Input" or len(nodes[node["inputs"][0]]["shape"]) != 3:
            continue
        at = places[node["engine"]]
        xs = [values[key] for key in at.sources]
        if any(nodes[source]["engine"] != key for source, key in zip(node["inputs"], at.sources, strict=True)):
            continue  # an activation inside a layer: its input is no layer's output
        for k, own in enumerate(xs):
            height, width, channels = own.shape[1:]
            for cell in ((0, 0), tuple(n // 2 for n in node["shape"][:2]), tuple(n - 1 for n in node["shape"][:2])):
                before, moved = at.layer(xs if len(xs) > 1 else own)[(0, *cell)], []
                for h, w in np.ndindex(height, width):
                    changed = own.copy()
                    changed[0, h, w] += np.linspace(1, 2, channels)
                    given = [changed if n == k else other for n, other in enumerate(xs)]
                    if (abs(at.layer(given if len(xs) > 1 else changed)[(0, *cell)] - before) > ROUNDING).any():
                        moved.append((h, w))
                box = lab.ask(f"() => lab.fields.readBox(net.nodes[{index}], {k}, {list(cell)})")
                box = box and {"height": 1, "width": 1, **box}
                want = around(*map(np.array, zip(*moved, strict=True))) if moved else None
                assert box == want, (node["name"], cell)


@pytest.mark.parametrize(
    "count, text",
    [(7, "7"), (9999, "9999"), (10_000, "10\u202fk"), (5_608_780, "5.61\u202fM"), (8.36e9, "8.36\u202fG")],
)
def test_how_counts_are_written(lab, count, text):
    assert lab.ask("(count) => lab.fields.short(count)", count) == text
