"""The padding laboratory: its pads, sizes and dropped pixels are those of reference/padding.py."""

from minicnn import reference


def test_the_padding_laboratory(tab):
    with tab("grey") as t:
        t.view("padding")
        for settings in [(7, 3, 2, 1), (6, 3, 2, 1), (5, 2, 2, 1), (9, 3, 1, 2), (3, 1, 2, 1), (10, 4, 3, 1)]:
            check_laboratory(t, *settings)


def test_the_laboratory_takes_any_size_and_a_click(tab):
    with tab("grey") as t:
        t.view("padding")
        for axis, size in (("height", 400), ("width", 300)):
            t.page.locator(f'[name="input-{axis}"]').fill(str(size))
            t.page.locator(f'[name="input-{axis}"]').press("Tab")
        assert t.number("height-output") == 200 and t.number("width-output") == 150
        box = t.page.locator("svg.lab-output").bounding_box()
        t.page.mouse.click(box["x"] + box["width"] * 0.5, box["y"] + box["height"] * 0.25)
        row, column = t.page.evaluate("explorer.lab.at")
        assert abs(row - 50) <= 1 and abs(column - 75) <= 1
        t.page.keyboard.press("ArrowDown")
        assert t.page.evaluate("explorer.lab.at") == [row + 1, column]


def check_laboratory(t, n, k, s, d):
    """Set one axis and hold pads, size and dropped pixels against reference/padding.py, in all four modes."""
    for text, value in (("input", n), ("window", k), ("stride", s), ("dilation", d)):
        t.page.locator(f'[name="{text}-height"]').fill(str(value))
        t.page.locator(f'[name="{text}-height"]').press("Tab")
    same = reference.same_pads(n, k, s, d)
    for text, pads in (
        ("valid: none", (0, 0)),
        ("same, as TensorFlow pads", same),
        ("symmetric, as PyTorch pads", (1, 1)),
        ("explicit", (2, 1)),
    ):
        t.choose("padding", text)
        if text == "explicit":
            t.page.locator('[name="pad-top"]').fill("2")
            t.page.locator('[name="pad-top"]').press("Tab")
        got = [t.number(f"height-{end}") for end in ("before", "after", "output")]
        assert got == [*pads, reference.output_size(n, k, s, sum(pads), d)]
        dropped = (n + sum(pads) - reference.effective_size(k, d)) % s
        drops = t.page.locator('[data-name="height-dropped"]')
        assert (float(drops.get_attribute("data-value")) if drops.count() else 0) == dropped
