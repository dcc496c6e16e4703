"""The ten questions of a student of 8.4, each answered as a student would: clicks on visible words, one number read.

Every number that is read is the engine's, or the reference's. What the terminal and Python answer stands beside it.
"""

import numpy as np
import pytest

from minicnn import explain, reference
from minicnn.app.cli import main
from minicnn.data import wardrobe
from minicnn.files import make_card
from minicnn.models import summary, tinyvgg
from tests.explain.page.conftest import Made, Tab

NAMES = wardrobe.CLASS_NAMES
SHOWN = ["shirt", "hat", "pants", "dress", "shoes", "skirt"]


class Student:
    """A net that has learned a little, its page, and the pictures as the net takes them."""

    def __init__(self, folder):
        self.model = tinyvgg((32, 32), len(NAMES), seed=1)
        self.model.classifier = make_card(NAMES, (32, 32))
        self.model.compile("adam", "sparse_categorical_crossentropy")
        x, y = wardrobe.load(2)
        self.model.fit(x[:, ::2, ::2], y, batch_size=4, verbose=0)
        self.pictures = [wardrobe.draw(name, 0, "validation")[::2, ::2] for name in SHOWN]
        self.pictures.append(np.zeros((32, 32, 3), np.uint8))
        labels = [NAMES.index(name) for name in SHOWN]
        self.made = Made(
            folder, "student", self.model, self.pictures, names=[*SHOWN, "black"], labels=[*labels, NAMES.index("hat")]
        )
        self.p = self.model.predict(np.array(self.pictures))
        self.labels = [*labels, NAMES.index("hat")]


@pytest.fixture(scope="module")
def student(tmp_path_factory):
    return Student(tmp_path_factory.mktemp("student"))


@pytest.fixture
def page(browser, student):
    """Open the page at the first picture, a shirt."""
    with Tab(browser, student.made) as t:
        t.page.locator(".thumb").first.click()
        yield t
        assert t.complaints == []


def tile(t, text):
    """Click a map of the overview by what it says of itself."""
    t.page.get_by_role("tab", name="Overview").click()
    t.page.locator(f'.tile[aria-label^="{text}"]').first.click()


def test_1_where_a_number_comes_from(page, student):
    tile(page, "conv2d_1, channel 3,")
    page.write("row", 7)
    page.write("column", 9)
    found = explain.trace(student.model, student.pictures[0], "conv2d_1", (7, 9, 3))
    assert page.number("output") == pytest.approx(found.value, rel=1e-4, abs=1e-6)
    assert len(found.terms) == 90 and found.difference == pytest.approx(0, abs=1e-6)
    assert page.number("channel-sum") == pytest.approx(
        sum(
            term.value for term in found.terms if f"channel {page.page.evaluate('explorer.view.focus')}]" in term.where
        ),
        rel=1e-4,
        abs=1e-6,
    )


def test_2_why_a_gradient_is_exactly_0(page, student):
    page.page.get_by_role("tab", name="Backward").click()
    page.page.locator(".thumb").last.click()  # the black picture: every product with a pixel is 0
    page.choose("gradient at", "conv2d")
    page.choose("of its", "kernel")
    found = explain.trace_gradient(student.model, student.pictures[-1], NAMES.index("hat"), "conv2d/kernel", (0,) * 4)
    assert found.value == 0 and page.page.inner_text(".terms-verdict").startswith("0, since ")
    assert found.verdict.startswith("0, since ")


def test_3_which_pixel_moves_a_class_most(page, student):
    page.page.get_by_role("tab", name="A against B").click()
    shirt, hat = NAMES.index("shirt"), NAMES.index("hat")
    page.choose("what speaks for", "shirt")
    page.choose("against", "hat")
    found = explain.saliency(student.model, student.pictures[0], "shirt", "hat")
    row, column = np.unravel_index(found.argmax(), found.shape)
    assert page.number("saliency") == pytest.approx(found.max(), rel=1e-3)
    assert f"[{row}, {column}]" in page.page.inner_text("main")
    assert page.number("score") == pytest.approx(np.log(student.p[0][shirt] / student.p[0][hat]), rel=1e-3, abs=1e-4)


def test_4_what_a_kernel_looks_for(page, student):
    tile(page, "re_lu, channel 5,")
    page.wait("document.querySelectorAll('.patches [data-patch]').length > 0")
    assert "What it looks for" in page.page.inner_text("main")
    want = explain.patches(student.model, "re_lu", 5, np.array(student.pictures))
    values = page.page.locator(".patches .num").evaluate_all("all => all.map((one) => Number(one.dataset.value))")
    np.testing.assert_allclose(values, [each.value for each in want], rtol=1e-4, atol=1e-6)


def test_5_same_with_stride_2_on_an_odd_size(page, capsys):
    page.page.get_by_role("tab", name="Padding").click()
    for label, value in (("input-height", 7), ("window-height", 3), ("stride-height", 2)):
        page.page.locator(f'[name="{label}"]').fill(str(value))
        page.page.locator(f'[name="{label}"]').press("Tab")
    page.choose("padding", "same, as TensorFlow pads")
    pads = reference.same_pads(7, 3, 2, 1)
    assert [page.number(f"height-{end}") for end in ("before", "after", "output")] == [*pads, 4]
    assert main(["walk", "stride"]) == 0 and main(["walk", "padding"]) == 0
    assert "same" in capsys.readouterr().out


def test_6_softmax_sums_to_1_and_sigmoid_does_not(page, student, tab, capsys):
    page.page.get_by_role("tab", name="Layers").click()
    page.choose("layer", "softmax: softmax")
    assert page.number("sum") == pytest.approx(student.p[0].sum(), abs=1e-6) == pytest.approx(1)
    with tab("homework") as other:
        other.page.get_by_role("tab", name="Layers").click()
        other.choose("layer", "sigmoid: sigmoid")
        assert "need not sum to 1" in other.page.inner_text("main")
    assert main(["walk", "sigmoid"]) == 0
    assert "minicnn walk softmax" in capsys.readouterr().out


def test_7_what_a_step_of_sgd_changes(page, student):
    page.page.get_by_role("tab", name="Backward").click()
    page.choose("optimizer", "SGD")
    page.page.get_by_label("learning rate").first.fill("-2")
    page.page.get_by_role("button", name="Take this step").click()
    model = student.model.astype("float32")
    model.compile("sgd", "sparse_categorical_crossentropy")
    model.optimizer.learning_rate = 0.01
    x, y = np.array(student.pictures[:1]), np.array(student.labels[:1])
    before = model.evaluate(x, y, verbose=0)
    model.train_on_batch(x, y)
    read = page.page.locator('[data-name="taken-loss"]').evaluate_all("all => all.map((n) => Number(n.dataset.value))")
    np.testing.assert_allclose(read, [before, model.evaluate(x, y, verbose=0)], rtol=1e-3, atol=1e-5)
    page.page.get_by_role("button", name="Undo changes").click()
    assert page.page.locator(".taken").count() == 0


def test_8_why_a_picture_was_mistaken(browser, student):
    with Tab(browser, student.made) as t:  # as the page opens: on the worst mistake
        picture = t.page.evaluate("explorer.picture")
        said, truth = int(student.p[picture].argmax()), student.labels[picture]
        assert said != truth and f"a mistake: it is {NAMES[truth]}" in t.page.inner_text("header")
        t.page.get_by_role("tab", name="A against B").click()
        want = explain.score(student.model, student.pictures[picture], said, truth).value
        assert t.number("score") == pytest.approx(want, rel=1e-3, abs=1e-5)
        assert t.number("inputs-sum") == pytest.approx(want, rel=1e-3, abs=1e-4)
        assert f"speaks for {NAMES[said]}, below 0 for {NAMES[truth]}" in t.page.inner_text("main")


def test_9_work_and_receptive_field_of_layer_7(page, student):
    row = summary.rows(student.model)[7]
    column = page.page.locator(".column").nth(7)
    text = column.inner_text().replace("\u200b", "")
    assert row["name"].replace("_", "") in text.replace("_", "").replace("\n", "")
    assert f"sees {row['field'][0]}×{row['field'][1]}" in text
    assert (
        column.locator('[data-cost="work"]').get_attribute("title") == f"{row['multiply_adds']} multiply-adds a picture"
    )
    assert column.locator('[data-cost="parameters"]').get_attribute("title").startswith(f"{row['params']} ")


def test_10_a_tie_in_max_pooling(page, student, capsys):
    page.page.locator(".thumb").last.click()  # black: all cells of a window are alike
    page.page.get_by_role("tab", name="Layers").click()
    page.choose("layer", "max_pooling2d: MaxPooling2D")
    assert "A tie: 4 cells" in page.page.inner_text(".tie-note")
    winners = page.page.locator('[data-grid="window"] .cell').evaluate_all(
        "all => all.map((cell) => cell.classList.contains('winner'))"
    )
    assert winners == [True, False, False, False]  # the first takes the whole gradient
    dx = reference.maxpool2d_backward(np.ones((1, 1, 1, 1)), np.zeros((1, 2, 2, 1)), (2, 2), (2, 2), ((0, 0), (0, 0)))
    assert dx.ravel().tolist() == [1, 0, 0, 0]
    assert main(["walk", "pool"]) == 0
    assert "tie, to the first" in " ".join(capsys.readouterr().out.split())
