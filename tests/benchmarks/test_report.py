"""The report: from result files to RESULTS.md, the plots, and README's table."""

import json

import pytest

from benchmarks import machine, report, results
from benchmarks.cli import main

HEAD = {
    "kind": "avx512-p",
    "date": "2026-01-02",
    "processor": "P",
    "target": "t",
    "processors": 2,
    "lanes": 16,
    "threads": 2,
    "versions": {"numpy": "2"},
    "command": "python -m benchmarks layers",
    "peak_gflops": 200.0,
    "copy_gbs": 20.0,
    "missing": {},
}


def _sample(ms, iqr=0.0):
    return {"ms": ms, "iqr_ms": iqr, "rounds": 3, "first_ms": ms}


def _row(which, ours, keras, **more):
    return {
        "suite": "E2",
        "case": "tinyvgg/n1/28x28x10-10-k3",
        "operation": "conv2d",
        "times": 1,
        "pass": which,
        "flop": 2e6,
        "bytes": 1e4,
        "share": 0.5,
        "difference": {"minicnn": 1e-6},
        "wrong": {},
        "engines": {"minicnn": _sample(ours, ours), "keras graph": _sample(keras), "keras eager": _sample(9.0)},
        **more,
    }


@pytest.fixture
def files(tmp_path):
    rows = [_row("fwd", 1.0, 2.0), _row("fwd", 1.0, 8.0), _row("dX", 2.0, 1.0)]
    start = [
        {"process": name, "s": s, "iqr_s": 0.0, "rounds": 3}
        for name, s in (("import numba", 0.4), ("import minicnn", 0.5))
    ]
    results.write(tmp_path / "start.json", [results.part("startup", HEAD, start)])
    curves = [
        {"seed": 0, "epoch": 1, "loss": 1.0, "keras_loss": 1.0, "val_accuracy": accuracy, "keras_val_accuracy": 0.5}
        for accuracy in (0.75, 0.625)
    ]
    learned = HEAD | {"train": 9, "validation": 8, "classes": 2, "majority": 0.25, "steps": [1e-6]}
    results.write(
        tmp_path / "layers.json", [results.part("layers", HEAD, rows), results.part("photographs", learned, curves)]
    )
    return [str(tmp_path / "start.json"), str(tmp_path / "layers.json")]


def test_everything_is_written(files, tmp_path, capsys):
    readme = tmp_path / "README.md"
    readme.write_text(
        "before\n<!-- photographs -->\n<!-- /photographs -->\n<!-- benchmarks -->\nold\n<!-- /benchmarks -->\nafter\n"
    )
    assert main(["report", *files, "--out", str(tmp_path), "--readme", str(readme)]) == 0
    text = (tmp_path / "RESULTS.md").read_text()
    assert text.index("## Layers") < text.index("## Start")
    assert "| E2 tinyvgg/n1/28x28x10-10-k3 | avx512-p | dX | 2.00 ± 1.0 ~ | 1.00 ± 0 | graph | 0.50x |" in text
    assert "3 of 3 of minicnn's rows spread over more than 20%" in text
    assert "| import minicnn against import numba | avx512-p | at most 1.5x | 1.25x | yes |" in text
    for name in ("roofline-avx512-p.png", "ratios-avx512-p.png"):
        assert (tmp_path / name).read_bytes()[:4] == b"\x89PNG"
    table = "| E2 Tiny VGG | avx512-p | 4.00x (2.00x) | 0.50x (0.50x) |  |  |"  # sqrt(2 * 8)
    assert table in text and table in readme.read_text() and table in capsys.readouterr().out
    assert readme.read_text().startswith("before\n") and readme.read_text().endswith("\nafter\n")
    assert "old" not in readme.read_text()
    line = (
        "Tiny VGG at 64 px after 1 epochs, mean of 1 seeds (spread), of 8 validation photographs: minicnn 62.5% (62.5% "
        "to 62.5%), Keras with the same weights and batches 50.0% (50.0% to 50.0%); always the most frequent class "
        "25.0%."
    )
    assert f"<!-- photographs -->\n{line}\n<!-- /photographs -->" in readme.read_text()
    command = f"```\navx512-p: {HEAD['command']}\n```"
    assert command in text and command not in readme.read_text()  # README has figures, RESULTS.md how to repeat them
    assert "| avx512-p | 2026-01-02 | numpy 2 | P (t), 2 processors, 16 float32 lanes" in text
    assert "avx512-p: P (t)" in readme.read_text() and "measured 2026-01-02" in readme.read_text()


def test_a_readme_without_markers_is_left_alone(files, tmp_path):
    readme = tmp_path / "README.md"
    readme.write_text("mine\n")
    report.write(files, tmp_path, readme)
    assert readme.read_text() == "mine\n"


def test_the_chapter_that_no_command_writes_stays(files, tmp_path):
    chapter = "## Public model files\n\n| source | tried |\n|---|---|\n| ONNX | 3 |\n"
    (tmp_path / "RESULTS.md").write_text(f"# Results\n\nof old\n\n{chapter}")
    for _ in range(2):
        report.write(files, tmp_path, tmp_path / "none.md")
        text = (tmp_path / "RESULTS.md").read_text()
        assert text.endswith(f"\n\n{chapter}") and text.count(chapter) == 1 and "of old" not in text


def test_kinds_of_processors_stand_side_by_side(files, tmp_path):
    """The other kind has the same two works, and one more; each row says whose it is."""
    other = HEAD | {"kind": "avx2-q", "lanes": 8, "remark": "read back"}
    rows = [_row("fwd", 1.0, 4.0), _row("dX", 1.0, 3.0), _row("dW", 1.0, 5.0)]
    results.write(tmp_path / "other.json", [results.part("layers", other, rows)])
    report.write([*files, tmp_path / "other.json"], tmp_path, tmp_path / "none.md")
    text = (tmp_path / "RESULTS.md").read_text()
    assert text.count("\n## Layers\n") == 1
    lines = [line.split(" | ") for line in text.splitlines() if line.startswith("| E2 tinyvgg/n1/28x28x10-10-k3 | ")]
    assert [(line[1], line[2], line[6]) for line in lines] == [
        ("avx512-p", "fwd", "2.00x"),
        ("avx512-p", "fwd", "8.00x"),
        ("avx2-q", "fwd", "4.00x"),
        ("avx512-p", "dX", "0.50x"),
        ("avx2-q", "dX", "3.00x"),
        ("avx2-q", "dW", "5.00x"),
    ]
    assert "| E2 Tiny VGG | avx512-p | 4.00x (2.00x) | 0.50x (0.50x) |  |  |  |\n| E2 Tiny VGG | avx2-q | 4.00x" in text
    assert "\navx2-q: read back\n" in text
    assert (tmp_path / "roofline-avx2-q.png").exists()


def test_without_files_the_committed_ones_are_reported(tmp_path, monkeypatch, files):
    monkeypatch.setattr(results, "FOLDER", tmp_path)
    report.write(out=tmp_path, readme=tmp_path / "none.md")
    both = (tmp_path / "RESULTS.md").read_text()
    report.write(files, tmp_path, tmp_path / "none.md")
    assert (tmp_path / "RESULTS.md").read_text() == both


def test_the_committed_report_is_that_of_the_committed_files(tmp_path):
    report.write(out=tmp_path, readme=tmp_path / "none.md")
    own, committed = ((folder / "RESULTS.md").read_text() for folder in (tmp_path, report.HERE))
    assert committed.partition(report.BY_HAND)[0].rstrip() == own.rstrip()
    for path in results.committed():
        assert path.stat().st_size < 300_000
        kinds = {part["head"]["kind"] for part in results.read([path])}
        assert kinds == {path.stem}


def test_files_that_are_no_results(tmp_path, capsys):
    path = tmp_path / "other.json"
    for content in ("{", "[]", json.dumps({"parts": [{"kind": "cooking", "head": {}, "rows": []}]})):
        path.write_text(content)
        assert main(["report", str(path), "--out", str(tmp_path)]) == 2
        assert f"{path} is no result file of these benchmarks" in capsys.readouterr().err
    assert main(["report", str(tmp_path / "none.json")]) == 2
    assert "No such file" in capsys.readouterr().err


def test_a_command_is_written_without_this_machines_folders(tmp_path):
    arguments = ["layers", "--case", "/n1/", "--data", str(tmp_path), "--json", str(tmp_path / "new.json")]
    assert (
        machine.command(arguments) == f"python -m benchmarks layers --case /n1/ --data {tmp_path.name} --json new.json"
    )
