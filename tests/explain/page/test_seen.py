"""The pixels that a cell depends on are marked on the picture, and the columns tell how many, and at what cost."""

import numpy as np
import pytest

from minicnn import (
    Conv2D,
    Conv2DTranspose,
    Dense,
    Flatten,
    GlobalAveragePooling2D,
    Input,
    Model,
    Multiply,
    Permute,
    Reshape,
    Sequential,
    Softmax,
    UpSampling2D,
    ZeroPadding2D,
)
from minicnn.models import summary
from tests.explain.nets import randomise
from tests.explain.page.conftest import Made, Tab, noise

MARK = """(mark) => ["top", "left", "height", "width"].map((side) => Number.parseFloat(mark.style[side]))"""


@pytest.mark.parametrize("view, layer, cell, box", [
    ("convolution", "conv2d_1", (7, 9), (7, 9, 5, 5)),  # two 3 x 3 windows: 5 x 5 pixels from the same corner
    ("layers", "max_pooling2d", (2, 3), (4, 6, 6, 6)),
    ("layers", "max_pooling2d_1", (12, 0), (48, 0, 16, 16)),
])  # fmt: skip
def test_the_receptive_field_is_marked(tab, view, layer, cell, box):
    """Tiny VGG: conv, conv, pool, conv, conv, pool, without padding, on 64 x 64 pixels; by hand."""
    with tab("demo") as t:
        index = t.page.evaluate(f"explorer.net.nodes.find((node) => node.name === '{layer}').index")
        t.page.evaluate(f"explorer.open({index}, 0), explorer.view.choose({cell[0]}, {cell[1]})")
        assert t.page.evaluate("explorer.view.name") == view
        np.testing.assert_allclose(t.page.locator(".seen .mark").evaluate(MARK), np.array(box) * 100 / 64, rtol=1e-6)
        rows = f"rows {box[0]} to {box[0] + box[2] - 1}, columns {box[1]} to {box[1] + box[3] - 1}"
        assert t.page.inner_text(".seen figcaption") == f"[{cell[0]}, {cell[1]}] sees {rows}"


def test_a_cell_at_the_edge_sees_padding_too(tab):
    with tab("same") as t:
        t.view("convolution")
        t.page.evaluate("explorer.view.choose(14, 20)")  # 3 x 3, stride 2, `same` on 30 x 41: pads 0+1 and 1+1
        assert t.page.inner_text(".seen figcaption") == "[14, 20] sees rows 28 to 29, columns 39 to 40, and padding"


@pytest.mark.parametrize("name", ["demo", "homework", "same"])
def test_the_columns_tell_what_the_summary_tells(tab, pages, name):
    with tab(name) as t:
        titles = t.page.locator('[data-cost="work"]').evaluate_all("all => all.map((p) => p.title)")
        work = [int(title.split()[0]) for title in titles]
        rows = summary.rows(pages[name].model)
        assert sum(work) == sum(row["multiply_adds"] for row in rows)
        total = t.page.get_attribute(".total-cost", "title")
        params, size = (sum(row[part] for row in rows) for part in ("params", "bytes"))
        assert total == f"{params} weights, {sum(work)} multiply-adds, {size - 4 * params} bytes"
        fields = t.page.locator('[data-cost="field"]').all_inner_texts()
        told = {f"sees {'all' if row['field'] == 'all' else '×'.join(map(str, row['field']))}" for row in rows[1:]}
        assert {text.strip() for text in fields} == told


def turned():
    """Maps that are turned, widened and framed, and a number a channel that all of them made."""
    x = Input((6, 5, 3))
    y = Permute((2, 1, 3), name="turn")(Conv2D(2, 3, name="conv")(x))  # 4 x 3 maps become 3 x 4
    y = UpSampling2D(2, name="wide")(y)
    y = ZeroPadding2D(2, name="frame")(y)
    y = Multiply(name="times")([y, Conv2D(2, 1, name="gate")(GlobalAveragePooling2D(keepdims=True)(y))])
    return randomise(Model(x, Softmax()(Dense(3)(Flatten()(Reshape((12, 10, 2), name="shape")(y))))))


def test_what_a_cell_of_other_layers_sees(browser, tmp_path):
    all_of_it = "rows 0 to 5, columns 0 to 4, and padding"
    with Tab(browser, Made(tmp_path, "turned", turned(), [noise(6, 5, 3)], labels=[1])) as t:
        for layer, cell, caption, read in (
            ("turn", (2, 1), "[2, 1] sees rows 1 to 3, columns 2 to 4", [(25, 200 / 3, 25, 100 / 3)]),
            ("wide", (5, 3), "[5, 3] sees rows 1 to 3, columns 2 to 4", [(200 / 3, 25, 100 / 3, 25)]),
            ("frame", (7, 5), "[7, 5] sees rows 1 to 3, columns 2 to 4", [(500 / 6, 37.5, 100 / 6, 12.5)]),
            ("frame", (0, 3), "[0, 3] sees padding", []),
            ("times", (0, 3), f"[0, 3] sees {all_of_it}", [(0, 25, 10, 100 / 12), (0, 0, 100, 100)]),
            ("shape", (0, 3), "the picture", []),
        ):
            index = t.page.evaluate(f"explorer.net.nodes.find((node) => node.name === '{layer}').index")
            t.page.evaluate(f"explorer.open({index}, 0), explorer.view.choose({cell[0]}, {cell[1]})")
            assert t.page.inner_text(".seen figcaption") == caption
            marks = t.page.evaluate(f"explorer.view.inputs.flatMap((input) => [...input.marks.children].map({MARK}))")
            np.testing.assert_allclose(np.reshape(marks, (-1, 4)), np.reshape(read, (-1, 4)), rtol=1e-4)
            assert "NaN" not in t.page.inner_text("main")
        assert t.complaints == []
        t.view("overview")
        fields = t.page.locator('[data-cost="field"]').all_inner_texts()
        assert fields.count("sees 3\u00d73") == 4  # of the convolution, turned, widened, framed


def test_a_cell_that_reads_nothing(browser, tmp_path):
    """Between the pixels that a transposed convolution of a stride larger than its window writes: the bias alone."""
    model = randomise(Sequential([Input((3, 3, 1)), Conv2DTranspose(1, 2, strides=3, name="up"), Flatten(), Dense(2)]))
    with Tab(browser, Made(tmp_path, "gaps", model, [noise(3, 3, 1)], labels=[1])) as t:
        t.page.evaluate("explorer.open(1, 0), explorer.view.choose(0, 2)")
        assert t.page.inner_text(".seen figcaption") == "[0, 2] sees no pixel"
        assert t.page.evaluate("explorer.view.inputs[0].marks.children.length") == 0
        t.page.evaluate("explorer.view.choose(4, 3)")
        assert t.page.inner_text(".seen figcaption") == "[4, 3] sees rows 1 to 1, columns 1 to 1"
