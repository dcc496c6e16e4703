"""What a notebook shows of a model and of a check of its gradients: the tables that the terminal prints."""

from html.parser import HTMLParser

import numpy as np

from minicnn import Conv2D, Dense, Flatten, Input, ReLU, Sequential
from minicnn.models import gradcheck, html_table, summary


class Cells(HTMLParser):
    """The texts of a table's cells, row by row, and of what stands below."""

    def __init__(self, text):
        super().__init__()
        self.rows, self.below, self.tags = [], "", []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        """Begin a row or a cell."""
        self.tags.append(tag)
        if tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_data(self, data):
        """Add to the cell, or to what stands below."""
        if self.tags[-1] in ("td", "th"):
            self.rows[-1][-1] += data
        else:
            self.below += data


def small():
    """A net with a name that HTML must not read."""
    return Sequential([Input((6, 6, 1)), Conv2D(2, 3, name="<b>&"), ReLU(), Flatten(), Dense(2)], name="<i>", seed=0)


def test_a_model_shows_its_summary():
    model, printed = small(), []
    model.summary(printed.append)
    found = Cells(model._repr_html_())
    lines = printed[0].splitlines()
    assert found.rows[0] == list(summary.HEADER)
    assert ["".join(row).replace(" ", "") for row in found.rows[1:]] == [line.replace(" ", "") for line in lines[2:-2]]
    assert found.below == lines[-1] and "<i>" in found.below
    assert not {"b", "i"} & set(found.tags)


def test_a_model_that_is_not_built_shows_question_marks():
    assert "?" in Sequential([Dense(2)])._repr_html_()


def test_a_check_of_gradients_is_its_table():
    model = small()
    model.compile("sgd", "mse")
    check = gradcheck.gradcheck(model, np.random.default_rng(0).normal(size=(2, 6, 6, 1)), np.zeros((2, 2)), sample=3)
    assert repr(check) == str(check) and repr(check).startswith("array")
    found = Cells(check._repr_html_())
    names = list(dict.fromkeys(element.array for element in check.elements))
    assert [row[0] for row in found.rows] == ["array", *names]
    for row in found.rows[1:]:
        own = [element for element in check.elements if element.array == row[0]]
        assert [int(count) for count in row[1:4]] == [
            len(own),
            sum(element.verdict == "kink crossed" for element in own),
            sum(element.verdict == "wrong" for element in own),
        ]
    assert found.below == "all gradients are right"


def test_a_wrong_gradient_is_named_in_both():
    wrong = gradcheck.Element("x", (0, 1), 1.0, 2.0, 0.5, "wrong", 1.0)
    check = gradcheck.GradientCheck([wrong], 0.0)
    for text in (repr(check), Cells(check._repr_html_()).below):
        assert "wrong: x[0, 1]: the gradient says 1, the difference quotient 2" in text


def test_cells_are_shaded_by_their_numbers():
    text = html_table(["name", "p", "q"], [["<a>", "1", "0"], ["b", "2", "3"]], 1, shades=[[1.0, 0.0]])
    cells = text.split("<td")[1:]
    assert [("background" in cell) for cell in cells] == [False, True, False, False, False, False]
    assert "rgba(245,130,32,0.60)" in cells[1]
