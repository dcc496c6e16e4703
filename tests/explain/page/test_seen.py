"""The pixels that a cell depends on are marked on the picture, and the columns tell how many, and at what cost."""

import numpy as np
import pytest

from minicnn.models import summary

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
        fields = t.page.locator('[data-cost="field"]').all_inner_texts()
        told = {f"sees {'all' if row['field'] == 'all' else '×'.join(map(str, row['field']))}" for row in rows[1:]}
        assert {text.strip() for text in fields} == told
