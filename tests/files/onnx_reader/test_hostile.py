"""Files that mean harm: damaged bytes, cycles, paths out of the folder, sizes beyond reason. One sentence, no more."""

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest

import minicnn
from minicnn.files.onnx_reader import net, proto
from tests.files.onnx_reader.nets import agree, document, drawn, node, onnx, refused, write

ROOT = Path(__file__).parents[3]
COUNT = 500


def small_net():
    """A net with something of everything."""
    stored = {"c.weight": drawn(4, 3, 3, 3), "c.bias": drawn(4), "f.weight": drawn(3, 4 * 16 + 4)}
    stored |= {name: drawn(4, low=0.1) for name in "gbmv"} | {"pads": np.array([0, 0, 1, 1, 0, 0, 1, 1])}
    stored |= {"zero": np.float32(0), "six": np.float32(6), "rows": np.array([0, -1]), "back": np.array([-1])}
    nodes = [
        node("Pad", "x", "pads", out="0"),
        node("Conv", "0", "c.weight", "c.bias", out="1", name="/c/Conv"),
        node("BatchNormalization", "1", *"gbmv", out="2"),
        node("Clip", "2", "zero", "six", out="3"),
        node("MaxPool", "3", out="4", kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1]),
        node("GlobalAveragePool", "4", out="5"),
        node("Mul", "4", "5", out="6"),
        node("Flatten", "6", out="7"),
        node("Shape", "5", out="8"),
        node("Slice", "8", "first", "second", out="9"),
        node("Concat", "9", "back", out="10", axis=0),
        node("Reshape", "5", "10", out="11"),
        node("Concat", "7", "11", out="12", axis=1),
        node("Gemm", "12", "f.weight", out="13", transB=1),
        node("Softmax", "13"),
    ]
    return nodes, stored | {"first": np.array([0]), "second": np.array([1])}


@pytest.mark.parametrize("external", [False, True])
def test_damaged_bytes(tmp_path, external):
    nodes, stored = small_net()
    made = document(nodes, (1, 3, 8, 8), stored)
    if external:
        onnx.save_model(
            made, tmp_path / "net.onnx", save_as_external_data=True, location="net.onnx.data", size_threshold=100
        )
    else:
        (tmp_path / "net.onnx").write_bytes(made.SerializeToString())
    agree(tmp_path / "net.onnx", drawn(1, 3, 8, 8))
    command = [sys.executable, "-m", "tests.files.onnx_reader.damage", tmp_path / "net.onnx", str(COUNT)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=600)
    assert done.returncode == 0, done.stderr[-2000:]
    told = json.loads(done.stdout)
    assert told["faults"] == []
    assert told["opened"] and told["refused"] and told["megabytes"] < 300


@pytest.fixture
def beside(tmp_path):
    """A net whose weights lie in a file beside it; change its first tensor, then ask for the sentence."""
    stored = {"w": drawn(4, 3, 3, 3), "b": drawn(4)}
    made = document([node("Conv", "x", "w", "b")], stored=stored)
    path = tmp_path / "net.onnx"
    onnx.save_model(made, path, save_as_external_data=True, location="net.onnx.data", size_threshold=0)

    def changed(**values):
        made = onnx.load(path, load_external_data=False)
        told = {each.key: each for each in made.graph.initializer[0].external_data}
        for key, value in values.items():
            told[key].value = value
        path.write_bytes(made.SerializeToString())
        return path

    return changed


def test_weights_beside(beside):
    agree(beside(), drawn(1, 3, 8, 8))


@pytest.mark.parametrize(
    "path", ["../net.onnx.data", "/etc/passwd", "a/../../x", "..", "", "C:\\x", "\\\\host\\x", "a//b", "\x1b[2J"]
)
def test_a_path_out_of_the_folder(beside, tmp_path, path):
    (tmp_path.parent / "net.onnx.data").write_bytes(bytes(10_000))
    sentence = refused(beside(location=path))
    assert "external data must be a file beside the model. Received:" in sentence and sentence.isprintable()


def test_a_folder_below(beside, tmp_path):
    (tmp_path / "weights").mkdir()
    (tmp_path / "net.onnx.data").rename(tmp_path / "weights" / "all.bin")
    assert "its weights are in 'net.onnx.data', which must lie beside it and does not" in refused(beside())
    path = beside(location="weights/all.bin")
    assert "which must lie beside it" in refused(path)  # the other tensor's
    (tmp_path / "net.onnx.data").write_bytes((tmp_path / "weights" / "all.bin").read_bytes())
    agree(path, drawn(1, 3, 8, 8))


@pytest.mark.parametrize(
    "values", [{"offset": "999999"}, {"offset": "-1"}, {"length": "1" * 40}, {"length": "4"}, {"offset": "x"}]
)
def test_bytes_that_are_not_there(beside, values):
    sentence = refused(beside(**values))
    assert "must be whole numbers" in sentence or "its tensor 'w' needs 432 bytes and has" in sentence


def test_a_zip_with_both(beside, tmp_path):
    path = beside()
    with zipfile.ZipFile(tmp_path / "both.zip", "w") as archive:
        for file in (path, tmp_path / "net.onnx.data"):
            archive.write(file, f"exported/{file.name}")
    x = np.zeros((1, 8, 8, 3), np.float32)
    again = minicnn.load_model(tmp_path / "both.zip")
    np.testing.assert_array_equal(again.predict(x), minicnn.load_model(path).predict(x))


def test_a_cycle(tmp_path):
    nodes = [node("Add", "x", "b", out="a"), node("Relu", "a", out="b"), node("Relu", "b")]
    assert refused(write(tmp_path, nodes)) == "node 'a' (Add): it reads 'b', which nothing before it gives."
    nodes = [node("Relu", "x", out="a"), node("Relu", "a", out="a"), node("Relu", "a")]
    assert "it gives 'a', which is there already" in refused(write(tmp_path, nodes))


@pytest.mark.parametrize("size", [10**6, 10**9, 2**62])
@pytest.mark.parametrize("where", ["input", "tensor", "shape", "pads", "kernel", "filters"])
def test_sizes_beyond_reason(tmp_path, size, where):
    """Nothing is allocated for a size that only the file claims."""
    stored = {"w": drawn(4, 3, 3, 3)}
    conv = node("Conv", "x", "w")
    if where == "input":
        path = write(tmp_path, [conv], (1, 3, size, size), stored)
    elif where == "tensor":
        made = document([conv], stored=stored)
        made.graph.initializer[0].dims[0] = size
        path = tmp_path / "net.onnx"
        path.write_bytes(made.SerializeToString())
    elif where == "shape":
        nodes = [node("ConstantOfShape", "s", out="k"), node("Reshape", "k", "t", out="w"), conv]
        path = write(tmp_path, nodes, stored={"s": np.array([size]), "t": np.array([-1, 3, 3, 3])})
    elif where == "pads":
        path = write(tmp_path, [node("Conv", "x", "w", pads=[size] * 4)], stored=stored)
    elif where == "kernel":
        path = write(tmp_path, [node("AveragePool", "x", kernel_shape=[size, size])])
    else:
        nodes = [node("Gather", "w", "i", out="v", axis=0), node("Conv", "x", "v")]
        path = write(tmp_path, nodes, stored=stored | {"i": np.full(min(size, 10**6), size)})
    refused(path)


def test_arrays_that_are_made_again_and_again(tmp_path, monkeypatch):
    """One stored tensor, read by many layers: all their arrays together are bounded by the files."""
    monkeypatch.setattr(net, "FLOOR", 1000)
    stored = {"w": drawn(16, 16, 3, 3)}
    nodes = [node("Conv", "x" if k == 0 else f"{k}", "w", out=f"{k + 1}", pads=[1, 1, 1, 1]) for k in range(60)]
    path = write(tmp_path, [*nodes, node("Relu", "60")], (1, 16, 8, 8), stored)
    assert "its arrays would take more than 20 times the size of its files" in refused(path)


def test_what_is_no_onnx_file(tmp_path, monkeypatch):
    path = tmp_path / "net.onnx"
    path.write_bytes(b"version https://git-lfs.github.com/spec/v1\n")
    assert refused(path) == "it is no ONNX model, or it is damaged: a field is of no kind that there is."
    path.write_bytes(b"\x08\x09")
    assert refused(path) == "it is no ONNX model: it has no graph, or no version of ONNX's operators."
    made = document([node("Relu", "x")])
    del made.graph.output[:]
    path.write_bytes(made.SerializeToString())
    assert refused(path) == "its graph has no output."
    monkeypatch.setattr(proto, "MAX_NODES", 2)
    assert "its graph has 3 nodes; more than 2 are not read" in refused(write(tmp_path, [node("Relu", "x")] * 3))


@pytest.mark.parametrize("kind", [2, 7, 9, 16])
def test_tensors_and_inputs_of_other_types(tmp_path, kind):
    made = document([node("Conv", "x", "w")], stored={"w": drawn(4, 3, 3, 3)})
    made.graph.initializer[0].data_type = 8 if kind == 2 else kind
    (tmp_path / "net.onnx").write_bytes(made.SerializeToString())
    assert "its tensor 'w'" in refused(tmp_path / "net.onnx")
    if kind != 2:
        assert "must be of floats" in refused(write(tmp_path, [node("Relu", "x")], kind=kind))


def test_the_command_line(tmp_path, capsys):
    """A sentence and exit code 2; and of a sound file the summary."""
    from minicnn import app

    nodes, stored = small_net()
    path = write(tmp_path, nodes, (1, 3, 8, 8), stored)
    assert app.main(["summary", str(path)]) == 0
    assert "Conv2D" in capsys.readouterr().out
    assert app.main(["summary", str(write(tmp_path, [node("Sin", "x")]))]) == 2
    assert capsys.readouterr().err == f"minicnn: {path}: node 'y' (Sin): the operator Sin is not read here.\n"


def test_a_model_of_a_folder(tmp_path):
    """An ONNX file is taken where no other model's file is there; class names lie beside it under its own name."""
    from minicnn import files

    write(tmp_path, [node("Relu", "x")])
    assert files.model_path(tmp_path) == str(tmp_path / "net.onnx")
    files.write_sidecar(tmp_path / "net.onnx", files.make_card(["a", "b"], (8, 8)))
    assert (tmp_path / "net.classifier.json").exists()
    assert minicnn.load_model(tmp_path).classifier["class_names"] == ["a", "b"]
    (tmp_path / "other.h5").touch()
    assert files.model_path(tmp_path) == str(tmp_path / "other.h5")
