"""The blocks of a deep net, how its columns are folded by them, and the strip above."""

from unittest import mock

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minicnn import Activation, Add, Conv2D, Dense, GlobalAveragePooling2D, Input, MaxPooling2D, Model, Softmax
from minicnn.explain.page import blocks as blocks_of
from tests.explain.nets import randomise
from tests.explain.page.conftest import Made, Tab, noise


def named(model_nodes):
    return [(block["name"], block["first"], block["last"]) for block in blocks_of.blocks(model_nodes)]


def node(name, inputs, kind="Conv2D", shape=(8, 8, 4)):
    return {"of": name, "kind": kind, "inputs": inputs, "shape": list(shape)}


def chain(names, start=0, **how):
    return [node(name, [start + k], **how) for k, name in enumerate(names)]


PICTURE = [node("input", [], "Input")]


@pytest.fixture
def small(monkeypatch):
    monkeypatch.setattr(blocks_of, "FROM", 0)


@pytest.mark.usefixtures("small")
def test_names_that_begin_alike_and_what_keras_named_between_them():
    """As Xception has it: the shortcut's layers have no names of their own, the head is a row."""
    nodes = [
        *PICTURE,
        *chain(["block1_conv1", "block1_conv1_bn", "block1_conv1_act"]),
        *chain(["block2_sepconv1", "block2_sepconv1_bn"], 3),
        node("conv2d", [3]),
        node("block2_pool", [5], "MaxPooling2D"),
        node("batch_normalization_3", [6], "BatchNormalization"),
        node("add", [7, 8], "Add"),
        *chain(["block10_conv", "block10_bn", "add_1"], 9),
        node("avg_pool", [12], "GlobalAveragePooling2D", (4,)),
        node("add_2", [13], "Add", (4,)),
    ]
    nodes[12]["kind"] = "Add"
    assert named(nodes) == [("block1", 1, 3), ("block2", 4, 9), ("block10", 10, 12)]


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize(
    "name, block",
    [
        ("block_12_expand_BN", "block_12"),
        ("conv2_block1_1_conv", "conv2_block1"),
        ("block1a_dwconv", "block1a"),
        ("conv5_block16_concat", "conv5_block16"),
        ("blockade_1", None),
        ("conv_dw_1", None),
    ],
)
def test_how_keras_spells_blocks(name, block):
    match = blocks_of.NAMED.match(name)
    assert (match and match[1]) == block


@pytest.mark.usefixtures("small")
def test_a_name_of_its_own_ends_a_block_and_nested_models_are_apart():
    names = [f"a/block1_{k}" for k in range(3)] + ["a/top_conv"] + [f"b/block1_{k}" for k in range(3)]
    assert named([*PICTURE, *chain(names)]) == [("block1", 1, 3), ("block1", 5, 7)]


@pytest.mark.usefixtures("small")
def test_branches_without_names_end_where_they_join():
    nodes = [
        *PICTURE,
        *chain(["c1", "c2"]),
        node("c3", [2]),
        node("c4", [2]),
        node("mixed", [3, 4], "Concatenate"),
        node("c5", [5]),
        node("plus", [5, 6], "Add"),
    ]
    assert named(nodes) == [("mixed", 3, 5)]  # two operations are no block
    nodes[6:] = [node("c5", [5]), node("c6", [6]), node("plus", [5, 7], "Add")]
    assert named(nodes) == [("mixed", 3, 5), ("plus", 6, 8)]


@pytest.mark.usefixtures("small")
def test_a_plain_chain_parts_where_maps_get_smaller():
    nodes = [
        *PICTURE,
        *chain("abc"),
        *chain("de", 3, shape=(4, 4, 4)),
        *chain("fghi", 5, shape=(2, 3, 4)),
        node("j", [9], shape=(5,)),
    ]
    assert named(nodes) == [("8×8", 1, 3), ("2×3", 4, 9)]


def test_a_net_that_is_seen_whole_has_none():
    nodes = [*PICTURE, *chain([f"block1_{k}" for k in range(blocks_of.FROM - 2)])]
    assert named(nodes) == [] and len(named([*nodes, *chain(["block1_z"], len(nodes) - 1)])) == 1


@given(st.data())
def test_blocks_lie_apart_in_order_and_hold_maps_alone(data):
    nodes = [*PICTURE]
    for k in range(1, data.draw(st.integers(1, 25))):
        inputs = data.draw(st.lists(st.integers(0, k - 1), min_size=1, max_size=2, unique=True))
        name = data.draw(st.sampled_from(["block1_a", "block2_b", "in/block1_c", "add_1", "x"])) + f":{k}"
        shape = data.draw(st.sampled_from([(8, 8, 4), (4, 4, 4), (4,)]))
        nodes.append(node(name, inputs, data.draw(st.sampled_from(["Conv2D", "Add"])), shape))
    end = 0
    with mock.patch.object(blocks_of, "FROM", 0):
        found = named(nodes)
    for _, first, last in found:
        assert end < first and last - first + 1 >= blocks_of.FEWEST
        assert all(len(each["shape"]) == 3 for each in nodes[first : last + 1])
        end = last


def deep():
    """Return three named blocks with shortcuts and a head, 45 operations."""
    entry = x = Input((32, 24, 3))
    for block in range(1, 4):
        short = x = MaxPooling2D(2, name=f"block{block}_pool")(x)
        short = Conv2D(6, 1, name=f"block{block}_short")(short)
        for k in range(6):
            x = Conv2D(6, 3, padding="same", name=f"block{block}_conv{k}")(x)
            x = Activation("tanh", name=f"block{block}_act{k}")(x)
        x = Add()([short, x])
    x = GlobalAveragePooling2D(name="vector")(x)
    return randomise(Model(entry, Softmax()(Dense(3, name="head")(x)), seed=0))


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return Made(tmp_path_factory.mktemp("deep"), "deep", deep(), [noise(32, 24, 3)], labels=[1])


COLUMNS = "Array.from(document.querySelectorAll('.column'), (column) => Number(column.dataset.column))"


@pytest.mark.parametrize("view, size", [("overview", (1280, 720)), ("backward", (390, 844))])
def test_a_deep_net_is_walked_by_its_blocks(browser, made, view, size):
    with Tab(browser, made, width=size[0], height=size[1]) as t:
        t.view(view)
        blocks = t.page.evaluate("explorer.payload.blocks")
        assert [block["name"] for block in blocks] == ["block1", "block2", "block3"]
        count = t.page.evaluate("explorer.net.nodes.length")
        ends = [block["last"] for block in blocks]
        assert t.page.evaluate(COLUMNS) == [0, *ends, *range(ends[-1] + 1, count)]
        control = t.page.locator('[data-block="block2"]')
        assert control.get_attribute("aria-expanded") == "false" and control.inner_text() == "\u25b8 block2"
        control.press("Enter")
        inside = list(range(blocks[1]["first"], blocks[1]["last"] + 1))
        assert t.page.evaluate(COLUMNS) == [0, ends[0], *inside, ends[2], *range(ends[-1] + 1, count)]
        assert t.page.evaluate("document.activeElement.dataset.block") == "block2"  # the keyboard stays
        assert control.get_attribute("aria-expanded") == "true"
        control.click()
        assert t.page.evaluate(COLUMNS) == [0, *ends, *range(ends[-1] + 1, count)]
        assert t.complaints == []


def test_the_strip_goes_to_every_layer_and_with_the_columns(browser, made):
    with Tab(browser, made, width=390, height=844) as t:
        nodes = t.page.evaluate("explorer.net.nodes")
        blocks = t.page.evaluate("explorer.payload.blocks")
        assert t.page.locator(".bar-of-net rect").count() == len(nodes)

        def visible(column):
            return t.page.evaluate(
                """(index) => {
                const box = document.querySelector(`[data-column="${index}"]`).getBoundingClientRect();
                const room = document.querySelector(".net.scroll").getBoundingClientRect();
                return box.left >= room.left - 1 && box.right <= room.right + 1; }""",
                column,
            )

        vector = next(k for k, node in enumerate(nodes) if len(node["shape"]) == 1)
        for name, index, column in (
            ("Last maps", vector - 1, vector - 1),
            ("Vector", vector, vector),
            ("Head", len(nodes) - 1, len(nodes) - 1),
            ("Picture", 0, 0),
        ):
            t.page.click(f'.strip-line button:text-is("{name}")')
            assert visible(column), name
            assert t.page.evaluate("document.activeElement.dataset.node") == str(column)
            assert t.page.evaluate("Number(document.querySelector('.cursor').value)") == index
            assert f"{index + 1} of {len(nodes)}" in t.page.inner_text('[data-strip="text"]')
        inside = blocks[1]["first"] + 2
        cursor = t.page.get_by_label("the whole net, from the picture to the answer")
        cursor.fill(str(inside))
        assert "in block2" in cursor.get_attribute("aria-valuetext") and visible(blocks[1]["last"])
        assert t.page.locator(".under-cursor").get_attribute("data-column") == str(blocks[1]["last"])
        t.page.wait_for_timeout(400)
        t.page.evaluate("document.querySelector('.net.scroll').scrollLeft = 1e6")
        t.wait(f"Number(document.querySelector('.cursor').value) === {len(nodes) - 1}")
        assert t.complaints == []


def test_long_names_of_blocks_stay_in_their_columns(browser, tmp_path):
    """A model inside, whose blocks are named after it and their sums."""
    entry = x = Input((16, 16, 3))
    for _ in range(8):
        y = x
        for _ in range(5):
            y = Activation("tanh")(y)
        x = Add()([x, y])
    inner, picture = Model(entry, x, name="mobilenet_of_a_kind"), Input((16, 16, 3))
    model = Model(picture, Softmax()(Dense(3)(GlobalAveragePooling2D()(inner(picture)))), seed=0)
    with Tab(browser, Made(tmp_path, "inside", model, [noise(16, 16, 3)], labels=[1])) as t:
        beyond = t.page.locator(".fold").evaluate_all(
            """all => all.map((name) => name.getBoundingClientRect().right
            - name.closest(".column").getBoundingClientRect().right)"""
        )
        assert len(beyond) > 5 and max(beyond) <= 1


def test_a_small_net_has_no_strip(tab):
    with tab("demo") as t:
        assert t.page.locator(".strip-of-net, .fold").count() == 0
        assert t.page.locator(".column").count() == t.page.evaluate("explorer.net.nodes.length")
