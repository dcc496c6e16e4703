"""Pictures a second through the random layers: every layer once, and the ratio that is told."""

from benchmarks import augmentation, goals, results, sections
from minicnn import get_num_threads


def test_every_layer_and_the_chains_are_timed():
    part = augmentation.measure([], get_num_threads(), quick=True)
    assert [row["what"] for row in part["rows"]] == [*augmentation.LAYERS, "flip, rotation, zoom", "all six"]
    assert all(row["engines"]["minicnn"]["ms"] > 0 for row in part["rows"])
    assert len(sections.augmentation(part).splitlines()) == 2 + len(part["rows"])
    assert goals.text([part]) == ""  # nobody to be compared with


def test_the_table_and_the_goal_tell_the_ratio():
    engines = {"minicnn": {"ms": 4.0}, "keras graph": {"ms": 10.0}}
    rows = [{"what": "RandomZoom", "pictures": 32, "size": 96, "engines": engines}]
    assert "| RandomZoom | 32 of 96 px | 8,000 | 3,200 | 2.50x |" in sections.augmentation({"rows": rows})
    part = results.part("augmentation", {}, rows)
    assert goals.text([part]).endswith("at least 2x | 2.50x (RandomZoom, 96 px) | yes |")
    engines["keras graph"]["ms"] = 7.9
    assert goals.text([part]).endswith("| no |")
