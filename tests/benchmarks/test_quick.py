"""This machine beside the kinds in results/: which cases, and where their ratios come from."""

from benchmarks import cases, quick, results, sections, twins
from minicnn import get_num_threads

HEAD = {"kind": "avx512-p", "command": "", "lanes": 16}


def row(which, keras):
    engines = {"minicnn": {"ms": 2.0}, "keras eager": {"ms": 99.0}, "keras graph": {"ms": keras}}
    return {"suite": "E2", "case": "tinyvgg/n1/28x28x10-10-k3", "pass": which, "engines": engines}


def test_its_cases_are_in_the_suites():
    assert set(quick.CASES) <= {case.full_name for case in cases.CASES} and set(quick.NETS) <= set(twins.NETS)


def test_own_ratios_stand_beside_those_of_the_committed_kinds(monkeypatch, tmp_path):
    monkeypatch.setattr(results, "FOLDER", tmp_path)
    engines = {"minicnn": {"ms": 4.0}, "keras graph": {"ms": 12.0}, "onnxruntime": {"ms": 2.0}}
    net = {"net": "tinyvgg", "what": "predict, 1 picture", "engines": engines}
    parts = [results.part("layers", HEAD, [row("fwd", 5.0), row("dX", 7.0)]), results.part("nets", HEAD, [net])]
    results.write(tmp_path / "avx512-p.json", parts)
    results.write(tmp_path / "avx2-q.json", [results.part("layers", HEAD | {"kind": "avx2-q"}, [row("fwd", 3.0)])])
    own = [
        row("fwd", 1.0) | {"what": "E2 tinyvgg/n1/28x28x10-10-k3 fwd"},
        net | {"what": "tinyvgg: predict, 1 picture"},
    ]
    sample = own[0]["engines"]["keras graph"]
    sample |= {"ratio": 0.5, "low": 0.4, "high": 0.6}
    text = sections.quick({"kind": "quick", "head": {"kind": "avx2-zen3"}, "rows": own})
    assert [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines()] == [
        ["what", "against", "this machine, avx2-zen3", "avx2-q", "avx512-p"],
        [":--", ":--", "--:", "--:", "--:"],
        ["E2 tinyvgg/n1/28x28x10-10-k3 fwd", "the best of Keras", "0.50x (0.40 to 0.60)", "1.50x", "2.50x"],
        ["tinyvgg: predict, 1 picture", "the best of Keras", "3.00x", "", "3.00x"],
        ["tinyvgg: predict, 1 picture", "ONNX Runtime", "0.50x", "", "0.50x"],
    ]


def test_quick():
    part = quick.measure(["onnxruntime"], get_num_threads(), quick=True)
    names = [each["what"] for each in part["rows"]]
    assert names[:3] == [f"{quick.CASES[1].replace('/', ' ', 1)} {which}" for which in ("fwd", "dX", "dW")]
    assert names[3] == "tinyvgg: train_on_batch, 32 pictures" and all(each["engines"] for each in part["rows"])
    assert part["head"]["kind"] in sections.text(part)
