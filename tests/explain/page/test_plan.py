"""Which maps a page carries, and which of them it stores."""

import numpy as np
import pytest

from minicnn import (
    Add,
    BatchNormalization,
    Concatenate,
    Conv2D,
    DepthwiseConv2D,
    GlobalAveragePooling2D,
    Input,
    MaxPooling2D,
    Model,
    Multiply,
    ReLU,
    Reshape,
    Softmax,
)
from minicnn.explain.page import page, plan
from minicnn.explain.page.nodes import describe
from tests.explain.nets import randomise
from tests.explain.page.conftest import noise, payload


def residual(width=40, blocks=3, side=24):
    """Return blocks around a trunk, the last gated by its own means as EfficientNet's are."""
    entry = x = Input((side, side, 3))
    x = trunk = Conv2D(width, 3, padding="same")(x)
    for _ in range(blocks):
        x = ReLU()(BatchNormalization()(Conv2D(2 * width, 1)(trunk)))
        x = BatchNormalization()(DepthwiseConv2D(3, padding="same")(x))
        gate = Conv2D(2 * width, 1, activation="sigmoid")(Reshape((1, 1, 2 * width))(GlobalAveragePooling2D()(x)))
        x = Conv2D(width, 1)(Multiply()([x, gate]))
        trunk = Add()([trunk, x])
    x = Conv2D(4, 1)(MaxPooling2D(2)(trunk))
    return randomise(Model(entry, Softmax()(GlobalAveragePooling2D()(x)), seed=0))


def dense(layers=4, side=13):
    """Return layers that each read all before them, as a DenseNet's do, the picture and a filter bank among them."""
    entry = Input((side, side + 2, 3))
    x = MaxPooling2D(2)(Conv2D(12, 3, padding="same")(entry))
    for _ in range(layers):
        new = Conv2D(16, 1)(ReLU()(BatchNormalization()(x)))
        x = Concatenate()([x, Conv2D(5, 3, padding="same")(ReLU()(BatchNormalization()(new)))])
    bank = DepthwiseConv2D(3, padding="same", depth_multiplier=2)(x)
    small = MaxPooling2D(2)(entry)
    x = Concatenate()([small, bank, small])
    x = Add()([ReLU()(x), Concatenate()([Conv2D(7, 1)(x), Conv2D(x.shape[-1] - 7, 1)(x)])])
    return randomise(Model(entry, Softmax()(GlobalAveragePooling2D()(Conv2D(4, 1)(x))), seed=0))


def planned(model, pictures=1):
    nodes, _ = describe(model)
    rng = np.random.default_rng(0)
    strengths = [rng.random(node["shape"][2]) if len(node["shape"]) == 3 else None for node in nodes]
    return nodes, plan.plan(nodes, strengths, pictures)


def test_a_trunk_shows_the_same_channels_in_every_block():
    nodes, made = planned(residual())
    sums = [k for k, node in enumerate(nodes) if node["kind"] == "Add"]
    shown = {tuple(made.channels[k]) for each in sums for k in (each, *nodes[each]["inputs"])}
    assert len(shown) == 1
    for k, node in enumerate(nodes):
        if made.follows[k]:
            assert all(made.channels[source] == made.channels[k] for source in node["inputs"]), node["name"]


def test_only_what_mixes_channels_is_stored():
    nodes, made = planned(residual())
    stored = {node["kind"] for k, node in enumerate(nodes) if not made.follows[k]}
    assert stored == {"Input", "Conv2D", "Reshape", "GlobalAveragePooling2D", "Activation"}  # softmax: a row
    readers = [{other["kind"] for other in nodes if k in other["inputs"]} for k in range(len(nodes))]
    for k, node in enumerate(nodes):
        if len(node["shape"]) == 3 and not made.led[k]:
            assert readers[k] & {"Conv2D", "Reshape"}, node["name"]


def test_what_a_concatenate_repeats_lies_in_the_page_once(tmp_path, monkeypatch):
    model, pixels = dense(), noise(13, 15, 3)
    monkeypatch.setattr(page, "too_large", lambda model, epochs: True)
    page.write(model, [pixels], tmp_path / "page.html", labels=[0])
    data = payload(tmp_path / "page.html")
    nodes, carried = data["nodes"], data["carried"]
    shown = [
        list(range(node["shape"][-1])) if own is None else own
        for node, own in zip(nodes, carried["channels"], strict=True)
    ]
    joined = [k for k, node in enumerate(nodes) if node["kind"] == "Concatenate"]
    assert len(joined) == 6
    for k in joined:
        width, beside = 0, []
        for source in nodes[k]["inputs"]:
            beside += [width + c for c in shown[source]]
            width += nodes[source]["shape"][2]
        assert shown[k] == beside, nodes[k]["name"]
        readers = {nodes[reader]["kind"] for reader in range(len(nodes)) if k in nodes[reader]["inputs"]}
        values, gradients = (carried["pictures"][0][what] for what in ("values", "gradients"))
        assert values[k] is None and (gradients[k] is None) == readers.isdisjoint({"Conv2D", "DepthwiseConv2D"})
        assert all(gradients[source] is None for source in nodes[k]["inputs"] if k < joined[-3])
    assert shown[joined[-2]][:3] == [0, 1, 2]  # the picture's


def test_the_inputs_of_a_concatenate_share_its_maps(monkeypatch):
    monkeypatch.setattr(plan, "LAYER", 0)
    entry = Input((8, 8, 1))
    wide, narrow, alone = Conv2D(30, 1)(entry), Conv2D(10, 1)(entry), Conv2D(40, 1, name="alone")(entry)
    both = Conv2D(40, 1)(Concatenate(name="both")([wide, narrow]))
    nodes, made = planned(Model(entry, GlobalAveragePooling2D()(Add()([both, alone]))))
    counts = {node["name"]: len(own) for node, own in zip(nodes, made.channels, strict=True) if own}
    assert counts["alone"] == 10 and counts["both"] == 8 + 3  # 10 * 30 / 40, 10 * 10 / 40, rounded up


@pytest.mark.parametrize("pictures", [1, 3])
def test_as_many_maps_as_the_budget_allows(monkeypatch, pictures):
    model = residual()
    monkeypatch.setattr(plan, "LAYER", 0)
    sizes = {}
    for maps in range(plan.MOST_MAPS, plan.FEWEST_MAPS - 1, -1):
        monkeypatch.setattr(plan, "MOST_MAPS", maps)
        sizes[maps] = plan.size(*planned(model), pictures)
    assert sorted(sizes.values()) == [sizes[maps] for maps in sorted(sizes)]
    monkeypatch.setattr(plan, "MOST_MAPS", max(sizes))
    for budget in (sizes[7], sizes[7] - 1, 1):
        monkeypatch.setattr(plan, "BUDGET", budget)
        nodes, made = planned(model, pictures)
        trunk = next(k for k, node in enumerate(nodes) if node["kind"] == "Conv2D")
        assert len(made.channels[trunk]) == {sizes[7]: 7, sizes[7] - 1: 6, 1: plan.FEWEST_MAPS}[budget]


@pytest.mark.parametrize("pictures", [1, 2])
def test_the_size_is_what_lies_in_the_page(tmp_path, monkeypatch, pictures):
    model = residual()
    monkeypatch.setattr(page, "too_large", lambda model, epochs: True)
    page.write(model, [noise(24, 24, 3)] * pictures, tmp_path / "page.html", labels=[0] * pictures)
    data = payload(tmp_path / "page.html")
    carried, nodes = data["carried"], data["nodes"]
    made = plan.Plan(carried["channels"], carried["follows"], carried["led"])
    maps = (
        sum(at[1] for each in carried["pictures"] for at in (*each["values"], *each["gradients"]) if at is not None)
        - pictures * (nodes[-1]["shape"][0])
    )  # the loss is fused with the last row: it has no gradient
    kernels = sum(own["kernel"][1] for own in carried["weights"] if own and "kernel" in own)
    assert plan.size(nodes, made, pictures) == pytest.approx(maps + (1 + pictures) * kernels, rel=0.01)
    assert "strongest maps of each layer" in carried["reason"]


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", ["Xception", "VGG16", "ResNet50", "MobileNet", "MobileNetV2", "DenseNet121", "EfficientNetB0"]
)
def test_the_page_of_a_well_known_net_stays_small(tmp_path, name):
    pytest.importorskip("tensorflow")
    from benchmarks import architectures
    from minicnn import load_model

    size = architectures.SIZES[name]
    net, _ = architectures.build(name, size)
    net.save(tmp_path / "net.keras")
    model = load_model(tmp_path / "net.keras")
    assert page.write(model, [noise(size, size, 3)], tmp_path / "page.html") < 5_000_000
