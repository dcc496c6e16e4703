"""Files that mean harm: damaged bytes, cycles, paths out of the folder, sizes beyond reason. One sentence, no more."""

import json
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import numpy as np
import pytest

import minicnn
from minicnn.files.onnx_reader import net, proto, tensors, wire
from tests.files.onnx_reader.nets import agree, classes, document, drawn, node, onnx, refused, write
from tests.processes import PATIENCE

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
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=PATIENCE)
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


def test_a_link_out_of_the_folder(beside, tmp_path):
    """Refused, as by ONNX Runtime: but from one folder of links to another, as in Hugging Face's cache."""
    path, blobs = beside(), tmp_path / "blobs"
    blobs.mkdir()
    (tmp_path / "net.onnx.data").rename(blobs / "1")
    snapshot = tmp_path / "snapshot"
    snapshot.mkdir()
    (snapshot / "net.onnx.data").symlink_to(blobs / "1")
    (snapshot / "net.onnx").write_bytes(path.read_bytes())
    assert "a link that leads out of the model's folder" in refused(snapshot / "net.onnx")
    path.rename(blobs / "2")
    (snapshot / "net.onnx").unlink()
    (snapshot / "net.onnx").symlink_to(blobs / "2")
    minicnn.load_model(snapshot / "net.onnx")


def test_many_files_that_a_zip_makes_large(tmp_path, monkeypatch):
    """All that is unpacked together is bounded by the zip."""
    monkeypatch.setattr(tensors, "FLOOR", 1000)
    stored = {f"k{number}": np.zeros((1, 1, 1, 1), np.float32) for number in range(3)}
    nodes = [node("Add", "x", "k0", out="a"), node("Add", "a", "k1", out="b"), node("Add", "b", "k2")]
    made = document(nodes, stored=stored)
    for tensor in made.graph.initializer:
        tensor.ClearField("raw_data")
        tensor.data_location = onnx.TensorProto.EXTERNAL
        tensor.external_data.add(key="location", value=f"{tensor.name}.bin")
    with zipfile.ZipFile(tmp_path / "net.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("net.onnx", made.SerializeToString())
        for name in stored:
            archive.writestr(f"{name}.bin", bytes(100_000))
    with pytest.raises(ValueError, match="its weights would take more than 20 times the size of the zip"):
        minicnn.load_model(tmp_path / "net.zip")


def test_weights_in_very_many_files(beside, monkeypatch):
    monkeypatch.setattr(tensors, "MAX_FILES", 0)
    assert "its weights are in more than 0 files" in refused(beside())


@pytest.mark.parametrize("rows, sentence", [(10**8, "its pads must be at most 32768"), (1000, "are too many")])
def test_pads_before_a_maximum_that_would_be_layers(tmp_path, rows, sentence):
    """Each row that is repeated is an input of a layer."""
    pool = node("MaxPool", "x", kernel_shape=[rows, 1], strides=[rows, 1], pads=[rows - 1, 0, rows - 1, 0])
    assert sentence in refused(write(tmp_path, [pool], (1, 1, 8, 8)))


def test_one_name_and_one_order_again_and_again(tmp_path, monkeypatch):
    """Time grows with the number of layers, not with its square; a tensor is turned round once."""
    made = net.Net("float32", tensors.Store({}, None, 0))
    start = time.perf_counter()
    for _ in range(30_000):
        made.add("a", "ReLU", [])
    assert time.perf_counter() - start < 10 and "a_29999" in made.layers
    nodes = [node("Transpose", "x", out="t", perm=[0, 1, 3, 2]), node("Concat", "x", *["t"] * 50, axis=1)]
    assert classes(agree(write(tmp_path, nodes), drawn(1, 3, 8, 8))) == ["Permute", "Concatenate"]
    monkeypatch.setattr(net, "MAX_LAYERS", 2)
    nodes = [node("Relu", "x", out="a"), node("Relu", "a", out="b"), node("Relu", "b")]
    assert "more than 2 layers" in refused(write(tmp_path, nodes))


def test_inputs_and_outputs_without_end(tmp_path):
    assert "has 1001 inputs; more than 1000" in refused(write(tmp_path, [node("Sum", *["x"] * 1001)]))
    assert "has 101 outputs; more than 100" in refused(write(tmp_path, [node("Relu", "x")], outputs=["y"] * 101))
    names = [f"x{number}" for number in range(64)]
    made = document([node("Sum", "x", *names)])
    for name in names:
        made.graph.input.append(onnx.helper.make_tensor_value_info(name, 1, (1, 3, 8, 8)))
    (tmp_path / "net.onnx").write_bytes(made.SerializeToString())
    assert refused(tmp_path / "net.onnx") == "it has 65 inputs; more than 64 are not read."


def test_lists_without_end(tmp_path):
    """Numbers of a setting take ten times their bytes, so they count as fields do; those of weights don't."""
    for values in ([1] * 300_000, [0.5] * 100_000):
        path = write(tmp_path, [node("Relu", "x", odd=values)])
        assert "more than 200000 fields and numbers in settings" in refused(path)
    numbers = np.random.default_rng(0).integers(-(2**63), 2**63 - 1, 50_000) >> np.arange(50_000) % 64
    raw = onnx.TensorProto(int64_data=numbers.tolist()).SerializeToString()
    read = wire.Message(memoryview(raw), wire.Budget()).integers(7, weights=True)
    np.testing.assert_array_equal(read, numbers)


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
    assert refused(path) == "it is a pointer of Git LFS, not the file itself, which `git lfs pull` brings."
    path.write_bytes(b"<!DOCTYPE html>")
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
