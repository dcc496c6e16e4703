"""The explorer's pages of whole architectures: a page is written, and the worst of all is told."""

import pytest

from benchmarks import goals, pages, results, sections
from minicnn import get_num_threads


def test_a_page_is_written_and_weighed():
    pytest.importorskip("keras")
    (row,) = pages.measure(get_num_threads(), quick=True)["rows"]
    assert (
        row["net"] == "MobileNet" and row["seconds"] == row["first_s"] > 0 and 1 < row["megabytes"] < 16
    )  # live, with all weights


def test_the_table_and_the_goals_tell_the_worst():
    row = {"net": "A", "size": 32, "parameters": 1000, "megabytes": 4.96, "seconds": 2.0, "first_s": 12.04}
    part = results.part("pages", {}, [row, row | {"net": "B", "megabytes": 1.0, "seconds": 10.0}])
    assert "| A, 32 | 1,000 | 5.0 | 2.0 | 12.0 |" in sections.pages(part)
    told = goals.text([part])
    assert "| under 5 MB | 5.0 MB (A) | yes |" in told and "| under 10 s | 10.0 s (B) | no |" in told
