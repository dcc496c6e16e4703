"""A real browser and the pages that it opens."""

import base64
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from minicnn import (
    BatchNormalization,
    Conv2D,
    Dense,
    DepthwiseConv2D,
    Flatten,
    GlobalAveragePooling2D,
    Input,
    MaxPooling2D,
    ReLU,
    Rescaling,
    SeparableConv2D,
    Sequential,
    Softmax,
)
from minicnn.architectures import homework, tinyvgg
from minicnn.classify import describe_classifier
from minicnn.data import load_image, wardrobe
from minicnn.explain import page as explorer
from tests.explain.nets import NETS

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync"]
EPOCHS = (1, 2, 3, 4, 5)


@pytest.fixture(scope="session")
def browser():
    """Start the system's Chromium; without one these tests skip, but never in CI."""
    if CHROMIUM is None:
        message = "no chromium on this machine (Debian: apt-get install chromium)"
        assert os.environ.get("CI") != "true", message
        pytest.skip(message)
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as p:
        chromium = p.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield chromium
        chromium.close()


class Made:
    """One page: where it lies, and the model and pixels that it explains."""

    def __init__(self, folder, name, models, pictures, **settings):
        self.path = folder / f"{name}.html"
        self.size = explorer.write(models, pictures, self.path, **settings)


@pytest.fixture(scope="session")
def pages(tmp_path_factory):
    """Write a page for each kind of net, once: name -> Made, with .model and .pixels of the first picture."""
    folder = tmp_path_factory.mktemp("pages")
    made = {}

    def add(name, model, pictures, pixels, models=None, **settings):
        made[name] = Made(folder, name, models if models is not None else model, pictures, **settings)
        made[name].model, made[name].pixels = model, pixels

    model, files = _demo(folder)
    add("demo", model, [files / "shirt.png"], load_image(files / "shirt.png"), folder / "series")
    two = _two_classes((64, 64))
    add("homework", two, [files / "hat.png"], load_image(files / "hat.png"))
    rng = np.random.default_rng(0)
    grey = Sequential([Input((28, 28, 1)), Conv2D(6, 5, activation="relu"), MaxPooling2D(3, 2), Flatten(),
                       Dense(3, activation="softmax")], seed=2)
    noise = (rng.random((28, 28, 1)) * 255).astype(np.uint8)
    grey.classifier = describe_classifier(["circle", "cross", "square"], (28, 28), scale=1 / 255)
    add("grey", grey, [noise], noise, labels=["cross"])
    strided = Sequential([
        Input((30, 41, 3)), Rescaling([1 / 127.5, 0.01, 0.02], [-1, 0.5, -2]),
        Conv2D(20, 3, strides=2, padding="same", use_bias=False),
        BatchNormalization(), ReLU(), DepthwiseConv2D((2, 3), padding="same"),
        SeparableConv2D(18, 3, activation="relu6"),
        MaxPooling2D(3, 2, padding="same"), Conv2D(8, 2, padding="same", dilation_rate=2, groups=2, activation="tanh"),
        GlobalAveragePooling2D(), Dense(4)], seed=3)
    wide = (rng.random((30, 41, 3)) * 255).astype(np.uint8)
    add("same", strided, [wide], wide)
    large = _two_classes((150, 150))
    hat = load_image(files / "hat.png", (150, 150))
    add("large", large, [files / "hat.png", files / "shoes.png"], hat)
    for name in ("branches", "later", "prepared"):
        model = NETS[name]()
        model.classifier = describe_classifier([f"class {k}" for k in range(model.output_shape[-1])],
                                               model.input_shape[1:3], scale=1 / 255)
        pixels = (rng.random((*model.input_shape[1:3], 3)) * 255).astype(np.uint8)
        add(name, model, [pixels], pixels)
    if os.environ.get("CLOTHING_DATASET"):
        model, file = _photographs(Path(os.environ["CLOTHING_DATASET"]))
        add("photographs", model, [file], load_image(file, (64, 64)))
    return made


def _demo(folder):
    """The demo's net and pictures at five epochs, trained a little."""
    names, files = wardrobe.CLASS_NAMES, folder / "pictures"
    files.mkdir()
    for name in names:
        Image.fromarray(wardrobe.draw(name, 0, "validation")).save(files / f"{name}.png")
    model = tinyvgg((64, 64), len(names), seed=0)
    model.classifier = describe_classifier(names, (64, 64))
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    x, y = wardrobe.load(3)
    (folder / "series").mkdir()
    for epoch in EPOCHS:
        model.fit(x, y, batch_size=10, verbose=0)
        model.save(folder / "series" / f"epoch_{epoch:02d}.keras")
    rows = "".join(f"{k},{2 - k / 5},{2.1 - k / 6}\n" for k in range(5))
    (folder / "history.csv").write_text("epoch,loss,val_loss\n" + rows)
    return model, files


def _two_classes(size):
    """The homework's net: one sigmoid, with weights that say something."""
    model = homework(size, 2, seed=4)
    model.classifier = describe_classifier(["hat", "shoes"], size)
    for layer in model.layers:
        if "bias" in layer.params:
            layer.params["bias"][...] = np.random.default_rng(5).normal(scale=0.1, size=layer.params["bias"].shape)
    return model


def _photographs(folder):
    """A small net trained on a few of the photographs."""
    names = sorted(path.name for path in (folder / "train").iterdir() if path.is_dir())
    files = [sorted((folder / "train" / name).iterdir())[k] for k in range(3) for name in names]
    x = np.stack([load_image(file, (64, 64)) for file in files])
    model = Sequential([Input((64, 64, 3)), Rescaling(1 / 255), Conv2D(16, 3, activation="relu"), MaxPooling2D(2),
                        Conv2D(40, 3, activation="relu"), MaxPooling2D(2), Flatten(), Dense(len(names)), Softmax()],
                       seed=6)
    model.classifier = describe_classifier(names, (64, 64))
    model.compile("adam", "sparse_categorical_crossentropy")
    model.fit(x, np.tile(np.arange(len(names)), 3), epochs=2, verbose=0)
    return model, files[0]


class Tab:
    """A browser tab with a page open, and everything that it asked for or complained about."""

    def __init__(self, browser, made, width=1280, height=720, theme="light", **settings):
        self.context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=theme, **settings)
        self.page = self.context.new_page()
        self.complaints, self.requests = [], []
        self.page.on("console", lambda message: self.complaints.append(message.text)
                     if message.type in ("error", "warning") else None)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.set_default_timeout(60_000)  # a busy machine must not decide
        self.page.goto(made.path.as_uri())
        self.page.wait_for_selector("#header h1")

    def view(self, name):
        """Go to one of the six views with the mouse."""
        self.page.click(f"#tab-{name}")

    def number(self, name, inside="main"):
        """Read a number off the page, in full."""
        return float(self.page.locator(f'{inside} [data-name="{name}"]').first.get_attribute("data-value"))

    def grid(self, name):
        """Read a grid of numbers off the page."""
        cells = self.page.locator(f'[data-grid="{name}"] .cell').evaluate_all("all => all.map((c) => c.dataset.value)")
        return np.array([float(cell) for cell in cells])

    def array(self, code):
        """Read a Float32Array that the page computed; None for null."""
        text = self.page.evaluate(f"""(() => {{ const a = {code}; if (!a) return null; let text = "";
            const bytes = new Uint8Array(a.buffer, a.byteOffset, a.byteLength);
            for (let i = 0; i < bytes.length; i += 8192) text += String.fromCharCode(...bytes.subarray(i, i + 8192));
            return btoa(text); }})()""")
        return None if text is None else np.frombuffer(base64.b64decode(text), "<f4")

    def wait(self, condition):
        """Wait until an expression is true. (Playwright's own waiting evaluates strings, which the page forbids.)"""
        for _ in range(1000):
            if self.page.evaluate(condition):
                return
            self.page.wait_for_timeout(20)
        raise AssertionError(f"never true: {condition}")

    def choose(self, label, value):
        """Choose an entry of a selection by its text."""
        field = self.page.locator("label.field", has=self.page.locator(f"span:text-is('{label}')"))
        field.locator("select").first.select_option(label=value)

    def write(self, label, value):
        """Write a number into a field and leave it."""
        self.page.get_by_label(label, exact=True).fill(str(value))
        self.page.get_by_label(label, exact=True).press("Tab")

    def __enter__(self):
        return self

    def __exit__(self, *problem):
        self.context.close()


@pytest.fixture
def tab(browser, pages):
    """Open a page by its net's name: `with tab("demo") as t`."""

    def open_tab(name, **settings):
        if name not in pages:
            pytest.skip("CLOTHING_DATASET does not say where the photographs are")
        return Tab(browser, pages[name], **settings)

    return open_tab
