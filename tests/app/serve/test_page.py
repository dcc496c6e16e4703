"""The page in a real browser: a picture is chosen, dropped or pasted, and its answer is seen."""

import base64

import pytest

from tests.app.serve.serving import Server, net, picture, predicted
from tests.browser import faults


@pytest.fixture
def tab(browser):
    """Open a server's page; whatever it complains of fails the test."""
    context = browser.new_context()
    page = context.new_page()
    page.set_default_timeout(60_000)
    complaints = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.complaints = complaints
    yield page
    context.close()


def file(number, name="hat.png"):
    return {"name": name, "mimeType": "image/png", "buffer": picture(number)}


def shown(page):
    """Read the answer off the page: its class, and the probabilities by name."""
    page.wait_for_selector("#answer:not([hidden])")
    rows = page.locator("#answer tbody tr")
    numbers = rows.evaluate_all("all => all.map((r) => [r.cells[0].textContent, Number(r.dataset.probability)])")
    return page.locator("#answer caption").inner_text(), dict(map(tuple, numbers))


def is_answer(page, row):
    name, found = shown(page)
    return name == row["class"] and found == pytest.approx(row["probabilities"], abs=1e-6)


def test_a_picture_is_chosen_dropped_and_pasted(server, model_file, tmp_path, tab):
    expected = predicted(model_file, tmp_path, {f"{k}.png": picture(k) for k in range(3)})
    tab.goto(f"http://127.0.0.1:{server.port}/")
    tab.set_input_files("#file", file(0))
    assert is_answer(tab, expected["0.png"])
    assert list(shown(tab)[1].values()) == sorted(shown(tab)[1].values(), reverse=True)
    version = server.get("/healthz").json["models"]["clothes"]
    assert f"clothes, version {version}" in tab.locator("#which").inner_text()
    assert tab.locator("#picture").evaluate("p => p.naturalWidth") == 48
    tab.wait_for_selector("#why:not([hidden])")
    server.until(lambda: tab.locator("#map").evaluate("m => m.naturalWidth") == 32)
    for how, number in (("drop", 1), ("paste", 2)):
        give(tab, how, picture(number))
        server.until(
            lambda number=number: tab.evaluate(mark(number))
        )  # Playwright's waiting evaluates strings in the page
        assert is_answer(tab, expected[f"{number}.png"])
    assert tab.complaints == []


def mark(number):
    """Write what is true when the picture of that number is shown and answered."""
    return f"document.querySelector('#picture').alt === '{number}.png' && !document.querySelector('#answer').hidden"


def give(page, how, data):
    """Drop or paste a file."""
    page.evaluate(
        """([how, text]) => {
            const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
            const transfer = new DataTransfer();
            transfer.items.add(new File([bytes], `${how === "drop" ? 1 : 2}.png`, { type: "image/png" }));
            const event = how === "drop"
                ? new DragEvent("drop", { dataTransfer: transfer, bubbles: true, cancelable: true })
                : new ClipboardEvent("paste", { clipboardData: transfer, bubbles: true });
            document.querySelector("#drop").dispatchEvent(event);
        }""",
        [how, base64.b64encode(data).decode()],
    )


def test_what_is_no_picture_is_said(server, tab):
    tab.goto(f"http://127.0.0.1:{server.port}/")
    tab.set_input_files("#file", {"name": "a.png", "mimeType": "image/png", "buffer": b"none"})
    tab.wait_for_selector("#said.wrong")
    assert tab.locator("#said").inner_text().startswith("Cannot read the picture picture 1: it is none of")
    assert tab.locator("#answer").is_hidden()
    tab.set_input_files("#file", file(1))
    assert shown(tab)[0] and tab.locator("#said").inner_text() == ""


def test_models_are_chosen_and_a_name_is_not_run(tmp_path, model_file, tab):
    names = ["<img src=x onerror=alert(1)>", "plain"]
    net(3, names).save(tmp_path / "other.keras")
    with Server(model_file, tmp_path / "other.keras") as server:
        row = predicted(tmp_path / "other.keras", tmp_path, {"1.png": picture(1)})["1.png"]
        tab.goto(f"http://127.0.0.1:{server.port}/")
        tab.wait_for_selector("#choice:not([hidden])")
        tab.select_option("#model", "other")
        tab.set_input_files("#file", file(1))
        assert is_answer(tab, row) and names[0] in shown(tab)[1]
        assert tab.locator("img").count() == 2 and tab.complaints == []


def test_nothing_is_fetched_from_elsewhere(server):
    reply = server.get("/")
    policy = reply.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "script-src 'self'" in policy and "unsafe" not in policy
    for path, kind in (("/", "text/html"), ("/page.js", "text/javascript"), ("/page.css", "text/css")):
        page = server.get(path)
        assert page.headers["Content-Type"] == f"{kind}; charset=utf-8" and b"//" not in page.data.replace(b"// ", b"")
        assert page.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_core_finds_no_fault(server, browser, axe, theme):
    context = browser.new_context(color_scheme=theme, bypass_csp=True)
    page = context.new_page()
    page.set_default_timeout(60_000)
    page.goto(f"http://127.0.0.1:{server.port}/")
    assert faults(page, axe) == []
    page.set_input_files("#file", file(0))
    assert shown(page)[0] and faults(page, axe) == []
    page.set_input_files("#file", {"name": "a.png", "mimeType": "image/png", "buffer": b"none"})
    page.wait_for_selector("#said.wrong")
    assert faults(page, axe) == []
    context.close()
