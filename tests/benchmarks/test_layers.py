"""The benchmark of layers, in its quick form; and that it times nothing that is wrong."""

import pytest

from benchmarks import cases, layers, peers, results, sections
from minicnn import get_num_threads, kernels

PEERS = ["keras", "onnxruntime"]


def test_every_operation_of_every_peer_gives_a_row(tmp_path):
    wanted = [
        *layers.choose(["E2", "E6"], "", [], True),
        *layers.choose(None, "", ["2,6,6,3,4,3,2,same"], False),
        *(cases.elementwise(operation, 4, 10) for operation in ("relu", "sigmoid", "softmax")),
        *cases.chosen(["E4"], "n1/5x5x1024-depthwise"),
        *cases.chosen(["E4"], "n1/9x9x1024-pool3"),
    ]
    part = layers.measure(wanted, PEERS, get_num_threads(), quick=True)
    assert {row["operation"] for row in part["rows"]} == {
        "conv2d",
        "depthwise_conv2d",
        "maxpool2d",
        "dense",
        "relu",
        "sigmoid",
        "softmax",
    }
    for row in part["rows"]:
        if row["pass"] != "first call":
            assert not row["wrong"], row
            assert row["share"] > 0
            for name in ("minicnn", *(() if "keras" in part["head"]["missing"] else ("keras graph",))):
                assert row["engines"][name]["rounds"] == 2, row
    assert len(part["rows"]) == sum(len(case.passes) + 1 for case in wanted)
    assert not {"minicnn", "onnxruntime"} & set(part["head"]["own threads"])
    results.write(tmp_path / "r.json", [part])
    (kept,) = results.read([tmp_path / "r.json"])
    for row, own in zip(kept["rows"], part["rows"], strict=True):
        assert row.keys() == own.keys() and row["case"] == own["case"]
        for name, sample in row["engines"].items():
            assert sample == pytest.approx(own["engines"][name], rel=5.1e-4)  # four digits are kept
    assert kept._repr_markdown_() == sections.text(kept)  # a notebook draws it
    assert len(sections.layers(part).splitlines()) == 2 + len(part["rows"])


def test_edges_agree_and_the_impossible_is_refused():
    part = layers.measure(cases.chosen(["E10"]), ["keras"], get_num_threads(), quick=True)
    refused = [row for row in part["rows"] if row["pass"] == "refused"]
    assert [row["case"] for row in refused] == ["window-too-large/n4/3x3x3-16-k5"]
    assert "must fit" in refused[0]["note"]
    assert not any(row.get("wrong") for row in part["rows"])
    tiny = [row for row in part["rows"] if row["case"].startswith("denormal") and row["pass"] == "fwd"]
    assert "minicnn" not in tiny[0].get("flushed", [])


class _Wrong:
    """An engine that is fast, and off by a hundredth."""

    def runs(self, case, which, arrays):
        x, kernel, bias, dy = arrays
        y = 1.01 * kernels.conv2d_forward(x, kernel, bias, case.strides, case.pads, activation="relu")
        return {"torch": (lambda: y, lambda value: value)} if which == "fwd" else {}


def test_a_wrong_result_is_not_timed(monkeypatch):
    load = peers.load
    monkeypatch.setattr(peers, "load", lambda names, threads: ([*load(["onnxruntime"], threads)[0], _Wrong()], {}))
    if len(peers.load([], 1)[0]) < 3:
        pytest.skip("onnxruntime is not installed")
    part = layers.measure([cases.from_text("1,6,6,3,4,3")], [], 1, quick=True)
    row = part["rows"][0]
    assert set(row["wrong"]) == {"torch"} and "torch" not in row["engines"]
    assert "differs too much: torch" in sections.layers(part)


def test_a_peer_that_is_not_installed_is_left_out_by_name(monkeypatch):
    monkeypatch.setitem(peers.PEERS, "torch", ".no_such_engine")
    engines, missing = peers.load(["torch"], 1)
    assert [engine.name for engine in engines] == ["minicnn"]
    assert "no_such_engine" in missing["torch"]
    assert sections.notes({"missing": missing})[0].startswith("left out: torch (")


def test_what_was_measured_before_an_interrupt_is_kept(monkeypatch):
    rows = layers._rows
    wanted = [cases.from_text(f"1,6,6,3,{f},3") for f in (2, 4)]

    def interrupted(case, *more):
        if case is wanted[1]:
            raise KeyboardInterrupt
        return rows(case, *more)

    monkeypatch.setattr(layers, "_rows", interrupted)
    part = layers.measure(wanted, [], 1, quick=True)
    assert {row["case"] for row in part["rows"]} == {wanted[0].name}
    assert "1 cases not measured: own/valid/n1/6x6x3-4-k3" in sections.notes(part["head"])[0]


def test_an_unknown_peer():
    with pytest.raises(ValueError, match="`--peers` must name some of keras, onnxruntime, torch. Received: caffe."):
        peers.load(["caffe"], 1)


class _Diverged:
    """An engine whose first picture is right and whose second is no number."""

    def runs(self, case, which, arrays):
        x, kernel, bias, dy = arrays
        y = kernels.conv2d_forward(x, kernel, bias, case.strides, case.pads, activation="relu")
        y[1, 2, 2, 1] = float("nan")
        return {"onnxruntime": (lambda: y, lambda value: value)} if which == "fwd" else {}


@pytest.mark.parametrize("witness", [True, False])
def test_a_result_that_is_no_number_is_not_timed(monkeypatch, witness):
    """Whoever gives it: the witness itself may."""
    from benchmarks.peers.minicnn_engine import MiniCNN

    monkeypatch.setattr(peers, "load", lambda names, threads: ([MiniCNN(), _Diverged()], {}))
    monkeypatch.setattr(layers, "WITNESSES", ("onnxruntime",) if witness else ("minicnn",))
    part = layers.measure([cases.from_text("2,6,6,3,4,3")], [], 1, quick=True)
    assert set(part["rows"][0]["wrong"]) == {"minicnn" if witness else "onnxruntime"}


@pytest.mark.parametrize("quick", [True, False])
def test_a_quick_run_asks_keras_for_no_slow_forms_and_tells_whose_threads_are_their_own(monkeypatch, quick):
    class Peer:
        name, has_threads, all_forms = "keras", False, True

        def runs(self, case, which, arrays):
            asked.append(self.all_forms)
            return {}

    asked, own = [], Peer()
    (ours,), _ = peers.load([], 1)
    monkeypatch.setattr(peers, "load", lambda names, threads: ([ours, own], {}))
    part = layers.measure([cases.from_text("1,6,6,3,4,3")], ["keras"], 1, seconds=0.0, quick=quick)
    assert asked == [not quick] * 3 and part["head"]["own threads"] == ["keras"]
