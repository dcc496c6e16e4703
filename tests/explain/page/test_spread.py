"""Histograms by epoch and dead ReLUs in the Training view: the counts of the engine's own numbers."""

import re

import numpy as np
import pytest

from minicnn import Conv2D, Dense, Flatten, Input, MaxPooling2D, Sequential, Softmax, explain
from minicnn.explain.terms import run_forward
from minicnn.files import make_card
from tests.explain.page.conftest import Made, Tab

NAMES = ["epoch 1", "epoch 2", "epoch 3"]


def net(seed):
    """A small net in which some ReLUs are dead."""
    layers = [Conv2D(8, 3, name="conv", activation="relu"), MaxPooling2D(2), Flatten()]
    model = Sequential(
        [Input((10, 10, 3)), *layers, Dense(6, activation="relu", name="hidden"), Dense(3), Softmax()], seed=seed
    )
    rng = np.random.default_rng(seed)
    model.params["conv/bias"][...] = rng.choice([0.1, -9], 8)
    model.params["hidden/bias"][...] = rng.choice([0.1, -99], 6)
    model.classifier = make_card(["hat", "shirt", "shoes"], (10, 10), scale=1 / 255)
    return model


@pytest.fixture
def made(tmp_path):
    """Write a page of three epochs and four pictures."""
    models = [net(seed) for seed in range(3)]
    pictures = list(np.random.default_rng(0).integers(0, 256, (4, 10, 10, 3), np.uint8))
    series = tmp_path / "series"
    series.mkdir()
    for k, model in enumerate(models, 1):
        model.save(series / f"epoch_{k}.keras")
    return Made(tmp_path, "spread", models[-1], pictures, models=series, labels=[0, 1, 2, 0]), models, pictures


def rows(t, number):
    """Read one chart: how far its bins reach, and of each epoch its name, its counts and its zeros."""
    return t.page.evaluate(f"""(() => {{ const chart = document.querySelectorAll(".ridges")[{number}];
        return [Number(chart.dataset.most), [...chart.querySelectorAll("[data-counts]")].map((row) =>
            [row.querySelector(".ridge-name").textContent, row.dataset.counts.split(" ").map(Number),
             Number(row.querySelector(".ridge-zeros").dataset.value)])]; }})()""")


def compare(found, arrays):
    """Hold a chart against the engine's arrays, one an epoch."""
    most, told = found
    assert most == pytest.approx(max(np.abs(array).max() for array in arrays), rel=1e-5)
    assert [name for name, *_ in told] == NAMES
    for (_, counts, zeros), array in zip(told, arrays, strict=True):
        want = explain.histogram(array, 31, most)
        assert zeros == want.zeros and sum(counts) + zeros == array.size
        assert np.abs(np.cumsum(counts) - np.cumsum(want.counts)).max() <= 1  # a number at an edge may round over it


def test_histograms_are_those_of_the_checkpoints(browser, made):
    page, models, pictures = made
    with Tab(browser, page) as t:
        t.view("training")
        t.page.evaluate("explorer.usePicture(2)")
        x = pictures[2].astype(np.float32) / 255
        t.choose("layer", "conv (before relu)")
        for number, name in enumerate(("kernel", "bias")):
            compare(rows(t, number), [model.params[f"conv/{name}"] for model in models])
        t.choose("layer", "conv")
        compare(rows(t, 0), [run_forward(model, x)[1]["conv"] for model in models])
        assert "% are 0" in t.page.inner_text(".ridges")
        t.page.evaluate("explorer.useEpoch(0)")
        assert t.page.inner_text(".ridge.chosen .ridge-name") == "epoch 1"
        assert t.complaints == []


def test_dead_relus_are_counted_over_all_pictures(browser, made):
    page, models, pictures = made
    x = np.stack(pictures).astype(np.float32) / 255
    dead = [explain.dead_units(model, x) for model in models]
    assert all(any(each.dead for each in own) for own in dead)
    with Tab(browser, page) as t:
        t.view("training")
        for epoch in (2, 0):
            t.page.evaluate(f"explorer.useEpoch({epoch})")
            t.wait("!document.querySelector('.dead').textContent.includes('\\u2026')")
            cells = t.page.locator(".dead tbody tr").evaluate_all(
                "all => all.map((row) => [...row.children].map((cell) => cell.textContent))"
            )
            for k, row in enumerate(cells):
                counts = [f"{len(own[k].dead)} of {own[k].units}" for own in dead]
                assert row == [dead[0][k].layer, *counts, ", ".join(map(str, dead[epoch][k].dead))]
        t.page.evaluate("explorer.editWeight(explorer.net.nodes[1], 'bias', 0, 5)")  # alive now
        alive = models[0].params["conv/bias"]
        alive[0] = 5
        count = len(explain.dead_units(models[0], x)[0].dead)
        t.wait(f"document.querySelector('.dead tbody td:nth-child(2)').textContent === '{count} of 8'")
        assert t.complaints == []


def test_looking_at_other_epochs_forgets_nothing(browser, made):
    """What Adam remembers of its steps outlasts a visit to the Training view."""
    page, _, _ = made
    with Tab(browser, page) as t:
        t.view("backward")
        t.choose("optimizer", "Adam")
        t.page.click("text=Take this step")
        t.page.click("text=Take this step")
        t.view("training")
        t.view("backward")
        assert t.page.evaluate("explorer.net.memory.t") == 2


def test_kernels_over_colours_are_pictures(browser, made):
    page, models, _ = made
    read = """all => all.map((canvas) => [...canvas.getContext("2d")
        .getImageData(0, 0, canvas.width, canvas.height).data])"""
    with Tab(browser, page) as t:
        t.view("training")
        t.choose("layer", "conv (before relu)")
        drawn = np.array(t.page.locator("canvas.colours").evaluate_all(read)).reshape(8, 3, 3, 4)[..., :3]
        most = max(np.abs(model.params["conv/kernel"]).max() for model in models)  # one scale for all epochs
        want = np.moveaxis(127.5 + 127.5 * models[-1].params["conv/kernel"] / most, -1, 0)
        np.testing.assert_allclose(drawn, want, atol=1.01)
        t.choose("layer", "conv")
        assert t.page.locator("canvas.colours").count() == 0


def test_the_page_draws_the_kernels_that_python_draws(lab):
    model = net(0)
    lab.open(model, np.zeros((10, 10, 3)))
    found = lab.ask("""() => { const node = net.nodes[1], { kernel } = node.own, most = lab.numbers.largest(kernel);
        return [lab.scores.readsColours(net.nodes, node),
                Array.from({ length: 8 }, (_, f) => [...lab.scores.kernelPicture(kernel, 8, f, most)])]; }""")
    assert found[0] is True
    np.testing.assert_allclose(found[1], explain.kernel_pictures(model).reshape(8, -1), atol=1)


def test_after_the_training_view_a_map_still_opens(browser, made):
    """What a view keeps with the page takes no name of the page's own."""
    page, _, _ = made
    with Tab(browser, page) as t:
        t.view("training")
        t.view("overview")
        t.page.locator('[data-node="1"][data-map="3"]').click()
        assert t.page.evaluate("[explorer.view.name, explorer.view.map]") == ["convolution", 3]
        assert t.complaints == []


@pytest.mark.parametrize(("file", "at"), [("model", None), ("epoch_2", 2)])
def test_a_net_alone_stands_at_an_epoch_only_where_its_name_tells(browser, tmp_path, file, at):
    """In a chart of three epochs: else its loss is a line across, for it may be the last one or the best."""
    model = net(0)
    model.save(tmp_path / f"{file}.keras")
    (tmp_path / "history.csv").write_text("epoch,loss\n1,3.0\n2,2.0\n3,1.0\n")
    pictures = [np.random.default_rng(0).integers(0, 256, (10, 10, 3), np.uint8)]
    with Tab(browser, Made(tmp_path, "alone", model, pictures, models=tmp_path / f"{file}.keras", labels=[0])) as t:
        t.view("training")
        chart = t.page.locator("svg.curve", has=t.page.locator("line.drop")).first
        line = {side: float(chart.locator("line.drop").get_attribute(side)) for side in ("x1", "x2", "y1", "y2")}
        ends = [30, 268 - 12]
        if at is None:
            assert [line["x1"], line["x2"]] == ends and line["y1"] == line["y2"]
            assert chart.locator("circle.point").count() == 0
        else:
            assert line["x1"] == line["x2"] == pytest.approx((ends[0] + ends[1]) / 2)
            assert float(chart.locator("circle.point").get_attribute("cx")) == line["x1"]
        said = t.page.locator(".hint", has_text="Units that are 0").inner_text()
        assert said.endswith("none of these pictures sends their weights a gradient.")


def test_a_net_without_maps_shows_how_its_dense_layers_are_spread(browser, tmp_path):
    """The layer is chosen among those there are; no map is spoken of, and the total says its bytes apart."""
    model = Sequential([Input((4, 4, 1)), Flatten(), Dense(5, activation="relu", name="hidden"), Dense(2), Softmax()])
    model.classifier = make_card(["hat", "shoes"], (4, 4), channels=1)
    made = Made(tmp_path, "dense", model, [np.full((4, 4, 1), 9, np.uint8)], labels=[0])
    with Tab(browser, made) as t:
        assert re.search(r"and \d+\u202fB of outputs", t.page.inner_text(".total-cost"))
        t.view("training")
        t.choose("layer", "hidden (before relu)")
        assert "Maps of" not in t.page.inner_text("main")
        most, told = rows(t, 0)
        kernel = model.params["hidden/kernel"]
        assert most == pytest.approx(np.abs(kernel).max(), rel=1e-5)
        assert sum(told[0][1]) + told[0][2] == kernel.size
        assert t.complaints == []
