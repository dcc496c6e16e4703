"""A real browser and the pages that it opens."""

import base64
import json
import os
import re
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
from minicnn.data import load_image, wardrobe
from minicnn.explain import page as explorer
from minicnn.files import make_card
from minicnn.models import homework, tinyvgg
from tests.explain.nets import NETS
from tests.explain.page.modules import Board, Lab

EPOCHS = (1, 2, 3, 4, 5)


def payload(path):
    """Read what a page holds."""
    text = path.read_text(encoding="utf-8")
    return json.loads(re.search(r'<script type="application/json" id="payload">(.*?)</script>', text, re.S)[1])


class Made:
    """One page: where it lies, and the model and the first picture's pixels that it explains."""

    def __init__(self, folder, name, model, pictures, pixels=None, models=None, **settings):
        self.path, self.model = folder / f"{name}.html", model
        self.pixels = pixels if pixels is not None else pictures[0]
        self.size = explorer.write(models if models is not None else model, pictures, self.path, **settings)


class Pages:
    """A page for each kind of net, written when it is first asked for."""

    def __init__(self, folder):
        self.folder, self.made, self.drawn = folder, {}, folder / "pictures"
        self.drawn.mkdir()
        for name in wardrobe.CLASS_NAMES:
            Image.fromarray(wardrobe.draw(name, 0, "validation")).save(self.drawn / f"{name}.png")

    def __contains__(self, name):
        return name != "photographs" or "CLOTHING_DATASET" in os.environ

    def __getitem__(self, name):
        if name not in self.made:
            build = getattr(self, f"_{name}", None)
            model, pictures, settings = build() if build else self._of_net(name)
            self.made[name] = Made(self.folder, name, model, pictures, **settings)
        return self.made[name]

    def _demo(self):
        """Train the demo's net a little, five epochs that lie in a folder."""
        names, file = wardrobe.CLASS_NAMES, self.drawn / "shirt.png"
        model = tinyvgg((64, 64), len(names), seed=0)
        model.classifier = make_card(names, (64, 64))
        model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
        x, y = wardrobe.load(3)
        (self.folder / "series").mkdir()
        for epoch in EPOCHS:
            model.fit(x, y, batch_size=10, verbose=0)
            model.save(self.folder / "series" / f"epoch_{epoch:02d}.keras")
        rows = "".join(f"{k},{2 - k / 5},{2.1 - k / 6}\n" for k in range(5))
        (self.folder / "history.csv").write_text("epoch,loss,val_loss\n" + rows)
        return model, [file], {"pixels": load_image(file), "models": self.folder / "series"}

    def _homework(self):
        return _two_classes((64, 64)), [self.drawn / "hat.png"], {"pixels": load_image(self.drawn / "hat.png")}

    def _large(self):
        files = [self.drawn / "hat.png", self.drawn / "shoes.png"]
        return _two_classes((160, 160)), files, {"pixels": load_image(files[0], (160, 160))}

    def _rounded(self):
        """The homework's net at 150 pixels: live, its large kernel in 8 bits."""
        files = [self.drawn / "hat.png", self.drawn / "shoes.png"]
        return _two_classes((150, 150)), files, {"pixels": load_image(files[0], (150, 150))}

    def _grey(self):
        grey = Sequential(
            [
                Input((28, 28, 1)),
                Conv2D(6, 5, activation="relu"),
                MaxPooling2D(3, 2),
                Flatten(),
                Dense(3, activation="softmax"),
            ],
            seed=2,
        )
        grey.classifier = make_card(["circle", "cross", "square"], (28, 28), scale=1 / 255)
        return grey, [noise(28, 28, 1)], {"labels": ["cross"]}

    def _same(self):
        model = Sequential(
            [
                Input((30, 41, 3)),
                Rescaling([1 / 127.5, 0.01, 0.02], [-1, 0.5, -2]),
                Conv2D(20, 3, strides=2, padding="same", use_bias=False),
                BatchNormalization(),
                ReLU(),
                DepthwiseConv2D((2, 3), padding="same"),
                SeparableConv2D(18, 3, activation="relu6"),
                MaxPooling2D(3, 2, padding="same"),
                Conv2D(8, 2, padding="same", dilation_rate=2, groups=2, activation="tanh"),
                GlobalAveragePooling2D(),
                Dense(4),
            ],
            seed=3,
        )
        return model, [noise(30, 41, 3)], {}

    def _photographs(self):
        """Train a small net on a few of the photographs."""
        folder = Path(os.environ["CLOTHING_DATASET"])
        names = sorted(path.name for path in (folder / "train").iterdir() if path.is_dir())
        files = [sorted((folder / "train" / name).iterdir())[k] for k in range(3) for name in names]
        x = np.stack([load_image(file, (64, 64)) for file in files])
        model = Sequential(
            [
                Input((64, 64, 3)),
                Rescaling(1 / 255),
                Conv2D(16, 3, activation="relu"),
                MaxPooling2D(2),
                Conv2D(40, 3, activation="relu"),
                MaxPooling2D(2),
                Flatten(),
                Dense(len(names)),
                Softmax(),
            ],
            seed=6,
        )
        model.classifier = make_card(names, (64, 64))
        model.compile("adam", "sparse_categorical_crossentropy")
        model.fit(x, np.tile(np.arange(len(names)), 3), epochs=2, verbose=0)
        return model, [files[0]], {"pixels": load_image(files[0], (64, 64))}

    def _of_net(self, name):
        """Take one of the small nets of nets.py."""
        model = NETS[name]()
        model.classifier = make_card(
            [f"class {k}" for k in range(max(2, model.output_shape[-1]))],
            model.input_shape[1:3],
            scale=[1 / 255, 1 / 128, 1 / 300],
            offset=[0.0, -1.0, 0.25],
        )
        return model, [noise(*model.input_shape[1:])], {}


def noise(*shape):
    """Draw pixels."""
    return (np.random.default_rng(0).random(shape) * 255).astype(np.uint8)


@pytest.fixture(scope="session")
def pages(tmp_path_factory):
    """Return the pages by their nets' names: `pages["demo"]`."""
    return Pages(tmp_path_factory.mktemp("pages"))


def _two_classes(size):
    """Return the homework's net: one sigmoid, with weights that say something."""
    model = homework(size, 2, seed=4)
    model.classifier = make_card(["hat", "shoes"], size)
    for layer in model.layers:
        if "bias" in layer.params:
            layer.params["bias"][...] = np.random.default_rng(5).normal(scale=0.1, size=layer.params["bias"].shape)
    return model


@pytest.fixture(scope="session")
def lab():
    """Return the modules that compute, imported by Node."""
    made = Lab()
    yield made
    made.close()


@pytest.fixture(scope="session")
def board(browser):
    """Return the modules that draw, imported by the browser."""
    return Board(browser)


class Tab:
    """A browser tab with a page open, and everything that it asked for or complained about."""

    def __init__(self, browser, made, width=1280, height=720, theme="light", **settings):
        self.context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=theme, **settings)
        self.page = self.context.new_page()
        self.complaints, self.requests = [], []
        self.page.on(
            "console",
            lambda message: self.complaints.append(message.text) if message.type in ("error", "warning") else None,
        )
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.set_default_timeout(300_000)  # a busy machine must not decide
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
        box = field.locator("select").first
        options = box.locator("option").all_inner_texts()
        assert value in options, f"{value!r} is none of {options}"  # at once, not after a minute of waiting
        box.select_option(label=value)

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
