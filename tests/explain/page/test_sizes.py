"""On a phone as on a desk: text that can be read, controls that a finger meets, numbers apart, nothing that jumps."""

import pytest

VIEWS = ["overview", "convolution", "layers", "backward", "against", "training", "padding"]
NETS = ["demo", "homework", "same", "large"]
SIZES = [(390, 844), (1280, 720)]

SMALL = """() => {
  const faults = [], shown = (node) => node.getClientRects().length > 0;
  const name = (node) => `${node.tagName}.${node.className} ${node.textContent.trim().slice(0, 20)}`;
  for (const node of document.querySelectorAll("body *")) {
    const own = [...node.childNodes].some((part) => part.nodeType === 3 && part.textContent.trim());
    if (!own || !shown(node) || node.closest(".hidden, .skip, script, style, option")) continue;
    const size = parseFloat(getComputedStyle(node).fontSize);
    const scale = node.ownerSVGElement ? node.ownerSVGElement.getScreenCTM().a : 1;
    if (size && size * scale < 10.9) faults.push(`${name(node)}: ${(size * scale).toFixed(1)} px`);
  }
  for (const node of document.querySelectorAll("button, select, input:not([type=range]):not(.hidden)")) {
    if (!shown(node)) continue;
    const { width, height } = node.getBoundingClientRect();
    if (width < 23.9 || height < 23.9) faults.push(`${name(node)}: ${width.toFixed(1)} x ${height.toFixed(1)}`);
  }
  return [...new Set(faults)];
}"""

TOUCHING = """() => {
  const faults = [], texts = [];
  for (const node of document.querySelectorAll("main .num, main td, header .num")) {
    if (node.matches("td") && node.querySelector("input, button, .num")) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    const boxes = range.getClientRects();
    if (node.textContent.trim() && boxes.length) texts.push([node.textContent.trim(), ...boxes]);
  }
  texts.forEach(([text, ...boxes], k) => texts.slice(k + 1).forEach(([other, ...others]) => {
    for (const a of boxes) for (const b of others) {
      const tall = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
      const gap = Math.max(a.left, b.left) - Math.min(a.right, b.right);
      if (tall > 4 && gap < 3) faults.push(`${text} | ${other}: ${gap.toFixed(1)} px`);
    }
  }));
  return [...new Set(faults)];
}"""


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", NETS)
def test_text_is_readable_controls_can_be_met_and_numbers_stand_apart(tab, name, size):
    with tab(name, width=size[0], height=size[1]) as t:
        for view in VIEWS:
            t.view(view)
            assert t.page.evaluate(SMALL) == [], view
            assert t.page.evaluate(TOUCHING) == [], view


@pytest.mark.parametrize("width", [390, 760, 1280])
@pytest.mark.parametrize("view", ["overview", "backward"])
def test_pointing_at_a_map_moves_nothing(tab, view, width):
    """What is told of the map takes the room of the hint, and fits into it."""
    with tab("demo", width=width) as t:
        t.view(view)
        place = "(() => { const b = document.querySelector('.columns').getBoundingClientRect(); return [b.x, b.y]; })()"
        before = t.page.evaluate(place)
        t.page.evaluate('document.querySelector(\'[data-node="4"][data-map="2"]\').focus({ preventScroll: true })')
        assert "conv2d_1, channel 2" in t.page.inner_text(".details")
        assert t.page.evaluate(place) == before
        room = t.page.evaluate("document.querySelector('.info').getBoundingClientRect().bottom")
        assert (
            t.page.evaluate("document.querySelector('.details').lastChild.getBoundingClientRect().bottom") <= room + 1
        )


def test_a_line_over_a_long_way_passes_above_the_tiles(tab):
    """A residual connection: no part of its line lies on a tile, so it cannot look like a chain through them."""
    with tab("branches") as t:
        index, source = t.page.evaluate("""(() => { for (const node of explorer.net.nodes) for (const k of node.inputs)
            if (node.index - k > 1) return [node.index, k]; })()""")
        t.page.evaluate(f'document.querySelector(\'[data-node="{index}"][data-map="0"]\').focus()')
        met = t.page.evaluate("""() => { const faults = [];
            const box = document.querySelector(".lines").getBoundingClientRect();
            const tiles = [...document.querySelectorAll(".tile")].map((tile) => tile.getBoundingClientRect());
            for (const path of document.querySelectorAll(".lines path")) {
              for (let at = 2; at < path.getTotalLength() - 2; at++) {
                const { x, y } = path.getPointAtLength(at);
                const [left, top] = [x + box.left, y + box.top];
                if (tiles.some((b) => left > b.left + 1 && left < b.right - 1 && top > b.top + 1 && top < b.bottom - 1))
                  faults.push([left, top]);
              }
            }
            return [document.querySelectorAll(".lines path").length, faults]; }""")
        assert met[0] >= 2 and met[1] == [], source


def test_a_loss_above_the_step_chart_is_said_to_be(tab):
    with tab("demo") as t:
        t.page.evaluate("explorer.useLabel(3)")
        t.view("backward")
        assert t.page.locator(".step .point.above").count() == 0
        t.page.evaluate("explorer.net.lossAfterStep = () => 99, explorer.view.step.update()")
        before, after = t.number("loss-before"), t.number("loss-after")
        assert after == 99 > 1.6 * before
        assert t.page.locator(".step .point.above").count() == 1
        assert "above this chart" in t.page.locator(".step svg.curve").get_attribute("aria-label")
        texts = t.page.locator(".step svg.curve > text").all_text_contents()
        assert "0" in texts and "learning rate" in texts and len(texts) == 6  # numbers at both axes
