"""The benchmarks of whole nets and of scaling, in their quick forms."""

import pytest

from benchmarks import architectures, nets, scaling, sections
from minicnn import get_num_threads
from minicnn.data import wardrobe

PEERS = ["keras", "onnxruntime"]


def test_nets(tmp_path, capsys):
    wardrobe.write_folder(tmp_path / "data", train=2, validation=1)
    part = nets.measure(PEERS, get_num_threads(), tmp_path / "data", quick=True)
    assert [row["what"].partition(",")[0] for row in part["rows"]] == [
        *(["train_on_batch"] + ["predict_on_batch", "predict"] * 2) * 2,
        "fit",
        "fit",
    ]
    for row in part["rows"]:
        assert row["engines"]["minicnn"]["ms"] > 0
        if "keras" not in part["head"]["missing"]:
            assert row["engines"]["keras graph"]["ms"] > 0
    assert len(sections.nets(part).splitlines()) == 2 + 12
    assert "ms/step" not in capsys.readouterr().out  # Keras's own bar would be timed, too


def test_a_net_that_predicts_something_else_is_not_timed():
    with pytest.raises(ValueError, match="tinyvgg: keras and minicnn differ by 0.5"):
        nets._same("tinyvgg", "keras", 0.5, 0.0)


def test_scaling():
    part = scaling.measure(["keras"], 2, quick=True)
    assert [row["what"] for row in part["rows"]] == ["threads"] * 3 + ["batch"] * 2
    assert "1 thread, ms" in sections.scaling(part)


def test_architectures():
    part = architectures.measure(["keras"], get_num_threads(), quick=True)
    (row,) = part["rows"]
    assert row["net"] == "MobileNet" and 0 < row["difference"] < 1e-4
    assert row["batches"]["1"]["minicnn"]["ms"] > 0
    assert "| MobileNet, 32 |" in sections.architectures(part)


def test_architectures_need_keras():
    with pytest.raises(ValueError, match="leave keras among the --peers"):
        architectures.measure([], 1, quick=True)
