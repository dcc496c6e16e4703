"""Every number has an address, and the browser's back button goes back to the one before."""

import pytest

PLACES = {
    "convolution": ("explorer.open(4, 3); explorer.view.choose(7, 9)", "layer=conv2d_1&map=3&cell=7,9"),
    "layers": ("explorer.open(3, 2); explorer.view.choose(5, 6)", "layer=re_lu&map=2&cell=5,6"),
    "backward": (
        "explorer.show('backward'); Object.assign(explorer.view, { index: 4, what: 'kernel', at: 17 }); "
        "explorer.view.drawOne()",
        "layer=conv2d_1&of=kernel&at=17",
    ),
    "training": (
        "explorer.show('training'); explorer.view.node = explorer.net.nodes[4]; explorer.remember()",
        "layer=conv2d_1",
    ),
}
PLACE = "[explorer.view.name, explorer.net.epoch, explorer.label, explorer.view.place()]"


@pytest.mark.parametrize("view", PLACES)
def test_a_number_has_an_address(tab, view):
    action, place = PLACES[view]
    with tab("demo") as t:
        name, number = t.page.evaluate("[explorer.net.nodes[3].name, explorer.net.nodes[4].name]")
        assert (name, number) == ("re_lu", "conv2d_1")
        t.page.evaluate("explorer.useLabel(4), explorer.useEpoch(2)")
        t.page.evaluate(f"() => {{ {action}; }}")
        t.wait(f"location.hash.endsWith({place!r})")
        address, there = t.page.url, t.page.evaluate(PLACE)
        assert address.endswith(f"#{view}?epoch=2&label=4&{place}")
        t.page.goto("about:blank")
        t.page.goto(address)
        t.page.wait_for_selector("#header h1")
        assert t.page.evaluate(PLACE) == there and there[:3] == [view, 2, 4]
        assert t.complaints == []


def test_the_back_button_goes_back_to_the_number_before(tab):
    with tab("demo") as t:
        t.view("layers")
        t.choose("layer", "max_pooling2d: MaxPooling2D")
        t.choose("layer", "the loss")
        t.view("padding")
        shown = "[explorer.view.name, explorer.view.place?.().layer ?? null]"
        for want in (["layers", "loss"], ["layers", "max_pooling2d"], ["layers", "re_lu"], ["overview", None]):
            t.page.go_back()
            t.wait(f"JSON.stringify({shown}) === JSON.stringify({want!r}.map((x) => x))".replace("None", "null"))
        t.page.go_forward()
        t.wait(f"{shown}[1] === 're_lu'")


@pytest.mark.parametrize(
    "address", ["#nowhere", "#layers?layer=none&map=99", "#layers?layer=re_lu&map=77&cell=999,-1&epoch=x&picture=8"]
)
def test_an_address_that_says_nonsense_opens_the_page_all_the_same(tab, pages, address):
    with tab("demo") as t:
        t.page.goto("about:blank")
        t.page.goto(pages["demo"].path.as_uri() + address)
        t.page.wait_for_selector("#header h1")
        assert len(t.page.inner_text("main")) > 80 and t.complaints == []
        assert t.page.evaluate("[explorer.picture, explorer.net.epoch]") == [0, 4]
