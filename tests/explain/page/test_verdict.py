"""One line over a long table of terms, the same as in the terminal."""

import numpy as np
import pytest

from tests.explain.page.conftest import Made, Tab
from tests.explain.terms.test_verdict import CASES, closed


@pytest.mark.parametrize("terms, sentence", CASES)
def test_the_page_says_what_the_terminal_says(lab, terms, sentence):
    page = [{"where": where, "dz": dz, "factor": factor, "note": note} for where, dz, factor, note in terms]
    assert lab.ask("(terms) => lab.verdict.verdict(terms)", page) == sentence


def test_it_stands_over_the_table(browser, tmp_path):
    with Tab(browser, Made(tmp_path, "closed", closed(), [np.full((6, 6, 1), 1, np.uint8)], labels=[1])) as t:
        t.view("backward")
        t.choose("gradient at", "conv2d")
        t.choose("of its", "kernel")
        assert t.page.inner_text(".terms-verdict") == "0, since 16 of 16 ways end at closed ReLUs."
        t.choose("gradient at", "dense")
        t.choose("of its", "bias")
        assert t.page.inner_text(".terms-verdict") == "One way leads here."
