"""A notebook: README's first example pasted into a cell, and everything that shows itself below one, in a browser."""

import html
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
CELLS = {
    "readme": re.search(r"```python\n(.*?)```", README, re.S)[1],
    "model": "model",
    "fit": "model.fit(x, y, epochs=2, batch_size=10)",
    "silent": "history = model.fit(x[:20], y[:20], verbose=0)",
    "evaluate": "model.evaluate(x[:20], y[:20], verbose=1)",
    "stopped": """
from minicnn.callbacks import LambdaCallback
def stop(batch, logs): raise KeyboardInterrupt
try:
    model.fit(x, y, callbacks=[LambdaCallback(on_train_batch_end=stop)])
except KeyboardInterrupt:
    pass""",
    "trace": 'from minicnn import explain\nexplain.trace(model, x[:1], "conv2d", (20, 30, 2))',
    "gradient": 'explain.trace_gradient(model, x[:1], y[:1], "conv2d/kernel", (0, 0, 1, 2))',
    "gradcheck": """
from minicnn.models.gradcheck import gradcheck
check = gradcheck(model, x[:2], y[:2], sample=4)
check""",
    "plain": "print(repr(check))",
    "judgement": """
from minicnn.app.evaluate import Judgement
vx, vy = wardrobe.load(5, "validation")
judgement = Judgement(wardrobe.CLASS_NAMES, vy, model.predict(vx).argmax(-1))
judgement""",
    "labels": """
from minicnn.app.labels import LabelJudgement
LabelJudgement(["cat", "<owl>"], [[1, 0], [1, 0], [0, 0]], [[1, 0], [0, 0], [1, 0]])""",
    "exercise": """
import numpy as np
explain.exercises.judge("relu", lambda x: np.maximum(x, 0), clock=False)""",
    "page": "explain.show(model, [vx[0], vx[1]], classes=wardrobe.CLASS_NAMES, height=600)",
    "benchmarks": """
from benchmarks import layers
layers.measure(layers.choose(None, "", ["1,8,8,3,4,3"], True), [], 1, 0.0, True)""",
}


@pytest.fixture(scope="module")
def outputs(tmp_path_factory):
    """Run the notebook, and return what stands below each of its cells."""
    nbformat = pytest.importorskip("nbformat")
    nbclient = pytest.importorskip("nbclient")
    pytest.importorskip("ipykernel")
    folder = tmp_path_factory.mktemp("notebook")
    own = {
        "PYTHONPATH": str(ROOT),  # benchmarks are run from the checkout
        "IPYTHONDIR": str(folder / "ipython"),  # nothing that this machine's user has set up
        "JUPYTER_DATA_DIR": str(folder / "jupyter"),
        "JUPYTER_RUNTIME_DIR": str(folder / "run"),
        "JUPYTER_PATH": "",
        "JUPYTER_PLATFORM_DIRS": "1",
        "KERAS_BACKEND": "tensorflow",
    }
    with pytest.MonkeyPatch.context() as patch:
        for name, value in own.items():
            patch.setenv(name, value)
        notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(text.strip()) for text in CELLS.values()])
        client = nbclient.NotebookClient(
            notebook, timeout=600, kernel_name="python3", resources={"metadata": {"path": str(folder)}}
        )
        client.execute()
    assert (folder / "clothes.keras").exists()
    return dict(zip(CELLS, (cell["outputs"] for cell in notebook["cells"]), strict=True))


def printed(outputs):
    """Return what a cell printed."""
    return "".join(output["text"] for output in outputs if output["output_type"] == "stream")


def shown(outputs, kind="text/html"):
    """Return what a cell showed, in the notebook's own order."""
    return [output["data"].get(kind) for output in outputs if "data" in output]


def page_of(outputs, text="black", ground="white"):
    """Draw a notebook as Jupyter does: HTML where an output has it, else text."""
    parts = []
    for name, each in outputs.items():
        parts.append(f"<h2>{name}</h2>")
        for output in each:
            data = output.get("data", {})
            plain = output.get("text") or data.get("text/markdown") or data.get("text/plain", "")
            parts.append(data.get("text/html") or f"<pre>{html.escape(plain)}</pre>")
    head = (
        f"<!doctype html><meta charset=utf-8><title>A notebook</title><body style='color:{text};background:{ground}'>"
    )
    return head + "".join(parts)


def test_readmes_example_leaves_one_line_and_the_summary(outputs):
    (line,) = shown(outputs["readme"], "text/plain")
    assert re.fullmatch(
        r"epoch 3/3  [\d.]+ s  loss [\d.]+  accuracy [\d.]+  val_loss [\d.]+  val_accuracy [\d.]+", line
    )
    assert [each["name"] for each in outputs["readme"] if "name" in each] == ["stdout"]
    assert "Conv2D        (N, 62, 62, 10)         280" in printed(outputs["readme"])


def test_a_bar_leaves_one_line_or_none(outputs):
    line, _ = shown(outputs["fit"], "text/plain")
    assert line.startswith("epoch 2/2  ") and "accuracy" in line
    assert outputs["silent"] == []
    assert shown(outputs["evaluate"], "text/plain")[0].startswith("epoch 1/1  ")
    (line,) = shown(outputs["stopped"], "text/plain")
    assert line.startswith("epoch 1/1  1/32  loss ")  # how far it came
    assert not any(output["output_type"] == "error" for each in outputs.values() for output in each)


def test_plain_text_is_the_same_table(outputs):
    assert printed(outputs["plain"]).startswith("array          checked  kinks  wrong  largest relative error\nx ")
    assert shown(outputs["gradcheck"], "text/plain")[0] == printed(outputs["plain"]).rstrip("\n")
    for name in ("trace", "gradient"):
        (text,) = shown(outputs[name], "text/plain")
        assert shown(outputs[name]) == [f"<pre>{html.escape(text)}</pre>"]
    assert shown(outputs["exercise"], "text/plain")[0].startswith("relu_forward is right.\n")
    (table,) = shown(outputs["benchmarks"], "text/markdown")
    assert "\n| own valid/n1/8x8x3-4-k3 | fwd | " in table


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_everything_shows_itself_in_a_browser(outputs, browser, tmp_path, theme):
    colours = {"light": ("black", "white"), "dark": ("white", "#111")}[theme]
    (tmp_path / "notebook.html").write_text(page_of(outputs, *colours), encoding="utf-8")
    context = browser.new_context(viewport={"width": 1000, "height": 900}, color_scheme=theme)
    page, complaints = context.new_page(), []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.set_default_timeout(60_000)
    page.goto((tmp_path / "notebook.html").as_uri())
    tables = page.locator("table").evaluate_all("""all => all.map((table) =>
        ({head: table.rows[0].innerText.split("\\t"), rows: table.rows.length, wide: table.scrollWidth}))""")
    heads = [table["head"][0] for table in tables]
    assert heads == ["layer", "array", "true \\ predicted", "label"] and all(table["wide"] < 1000 for table in tables)
    assert [table["rows"] for table in tables] == [7, 6, 11, 3]
    confusion = (
        page.locator("table")
        .nth(2)
        .locator("tr")
        .evaluate_all("""all => all.slice(1).map((row) =>
        [...row.cells].slice(1, -1).map((cell) => [Number(cell.innerText) || 0, cell.style.backgroundColor]))""")
    )
    assert all(sum(count for count, _ in row) == 5 for row in confusion)
    assert all(bool(count) == bool(colour) for row in confusion for count, colour in row)
    assert page.locator("owl").count() == 0  # a name with markup is a name
    assert page.locator("svg").evaluate_all(
        "all => all.map((one) => one.getAttribute('aria-label').split(' ')[0])"
    ) == [
        "loss",
        "accuracy",
    ]
    frame = page.frame_locator("iframe")
    frame.locator("#header h1").wait_for()
    frame.locator("#tab-backward").click()
    frame.get_by_role("heading", name="One gradient taken apart").wait_for()
    frame.locator(".skip").focus()
    frame.locator(".skip").press("Enter")  # to the view, not to an address of the notebook
    assert frame.locator("#panel").evaluate("(node) => document.activeElement === node")
    page.wait_for_timeout(400)  # the page's own address would be written by now
    page.screenshot(path=tmp_path / "notebook.png", full_page=True)
    context.close()
    assert complaints == []
