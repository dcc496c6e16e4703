"""Files that are cut, damaged or hostile: one sentence that names the file, soon, at small memory."""

import io
import json
import os
import time
import tracemalloc
import zipfile

import h5py
import numpy as np
import pytest

from minicnn import files
from minicnn.files import keras_zip, layout
from minicnn.files.opening import naming
from tests.files.entries import compiled, layer, sequential

KINDS = ("x.keras", "x.h5", "x.weights.h5", "x.json")


def a_model():
    """Return a small ModelFile with a nested model, made without Keras."""
    rng = np.random.default_rng(0)

    image, wide = [None, 4, 4, 2], [None, 32]
    inner = [
        layer("InputLayer", "in", image, batch_shape=image),
        layer("Conv2D", "c", image, filters=2, kernel_size=[1, 1]),
        layer("BatchNormalization", "b", image),
    ]
    outer = [
        layer("InputLayer", "input", image, batch_shape=image),
        sequential("inner", inner, image),
        layer("Flatten", "f", image),
        layer("Dense", "d", wide, units=3),
    ]

    def values(*shape):
        return rng.standard_normal(shape, np.float32)

    weights = {
        "inner/c": [values(1, 1, 2, 2), values(2)],
        "inner/b": [values(2), values(2), values(2), values(2)],
        "d": [values(32, 3), values(3)],
    }
    settings = compiled("SGD", {"learning_rate": 0.5, "momentum": 0.9}, "mse", ["accuracy"])
    trained = [*weights["inner/c"], *weights["inner/b"][:2], *weights["d"]]
    meaning = {"version": 1, "class_names": ["a", "b", "c"], "size": [4, 4], "resize": "nearest", "scale": 1.0,
               "offset": 0.0, "output": "logits"}  # fmt: skip
    state = [np.int64(3), np.float32(0.5), *trained]
    return files.ModelFile(sequential("net", outer, image), weights, settings, state, meaning, "3.15.1")


@pytest.fixture
def folder(tmp_path):
    model = a_model()
    for name in ("x.keras", "x.h5", "x.json"):
        files.write(tmp_path / name, model)
    files.write_weights(tmp_path / "x.weights.h5", model)
    (tmp_path / "x.classifier.json").unlink()
    return tmp_path


def outcome(path):
    """Read `path` as its name says: None where that goes well, else the sentence; nothing else may come out."""
    start = time.perf_counter()
    try:
        if path.name.endswith(".weights.h5"):
            files.read_weights(path, a_model().config)
        else:
            model = files.read(path)
            if model.config["class_name"] == "Functional":
                files.parse_functional(model.config["config"])
    except ValueError as fault:
        sentence = str(fault)
        assert sentence.startswith(str(path.parent)), sentence
        assert len(sentence) < 700 and "\n" not in sentence, sentence
        return sentence
    finally:
        assert time.perf_counter() - start < 5
    return None


@pytest.mark.parametrize("name", KINDS)
def test_whole_files_are_read(folder, name):
    assert outcome(folder / name) is None


@pytest.mark.parametrize("name", KINDS)
def test_a_truncated_file_is_refused(folder, name):
    path = folder / name
    whole = path.read_bytes()
    for part in range(50):
        path.write_bytes(whole[: len(whole) * part // 50])
        assert outcome(path) is not None, part


def test_a_truncated_shard_is_refused(folder):
    shard = folder / "x-group1-shard1of1.bin"
    whole = shard.read_bytes()
    for part in range(0, len(whole), 16):
        shard.write_bytes(whole[:part])
        assert f"its shards have {part}" in outcome(folder / "x.json")


# ---- faults by name ----


def _keras(folder, **members):
    """Rewrite x.keras with some members replaced (None: left out); return its path."""
    path = folder / "x.keras"
    with zipfile.ZipFile(path) as old:
        held = {name: old.read(name) for name in old.namelist()}
    held |= {name.replace("__", "."): value for name, value in members.items()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for name, value in held.items():
            if value is not None:
                new.writestr(name, value if isinstance(value, bytes | str) else json.dumps(value))
    return path


def _config(folder, change):
    with zipfile.ZipFile(folder / "x.keras") as archive:
        config = json.loads(archive.read("config.json"))
    change(config)
    return _keras(folder, config__json=config)


def _renamed(name):
    def change(config):
        config["config"]["layers"][3]["config"]["name"] = name

    return change


def _deep(config):
    inner = config["config"]["layers"][1]
    for _ in range(40):
        inner = {**inner, "config": {**inner["config"], "layers": [inner]}}
    config["config"]["layers"][1] = inner


def _many(config):
    config["config"]["layers"] += [{"class_name": "ReLU", "config": {"name": f"r{n}"}} for n in range(5_000)]


@pytest.mark.parametrize(
    "change, sentence",
    [
        (_renamed("../../etc/x"), "a layer's name must not be or hold a path. Received: '../../etc/x'."),
        (_renamed("/x"), "a layer's name must not be or hold a path. Received: '/x'."),
        (_renamed("a\\b"), "a layer's name must not be or hold a path. Received: 'a\\\\b'."),
        (_renamed(""), "a layer of class 'Dense' has no usable name. Received: ''."),
        (_renamed(3), "a layer of class 'Dense' has no usable name. Received: '3'."),
        (_renamed("x" * 201), f"a layer of class 'Dense' has no usable name. Received: {'x' * 40!r}."),
        (_renamed("f"), "two layers are called 'f'."),
        (_deep, "its models are nested more than 32 deep."),
        (lambda c: c.clear(), "its config is no serialized model: it has no class name."),
        (lambda c: c.update(class_name="Mine"), "its model must be Sequential or Functional. Received: class 'Mine'."),
        (lambda c: c.update(config=3), "the config of 'Sequential' has no list of layers."),
        (lambda c: c["config"]["layers"].append(3), "its config has a layer without a class name."),
        (
            lambda c: c["config"]["layers"].append({"class_name": "Dense"}),
            "its config has a layer of class 'Dense' without settings.",
        ),
        (
            lambda c: c["config"]["layers"][3].update(name="e"),
            "a layer is called 'd' in its settings and 'e' in the graph.",
        ),
        (_many, "its config has more than 5000 layers."),
        (lambda c: c.update(compile_config=3), "its compile_config must be an object. Received: int."),
    ],
)
def test_faults_of_a_config(folder, change, sentence):
    path = _config(folder, change)
    assert outcome(path) == f"{path}: {sentence}"


def test_the_longest_name():
    assert layout.layer_name({"class_name": "Dense", "config": {"name": "x" * 200}}) == "x" * 200


@pytest.mark.parametrize(
    "members, sentence",
    [
        ({"config__json": None}, "it has no members called 'config.json', so it is no .keras file."),
        ({"model__weights__h5": None}, "it has no members called 'model.weights.h5', so it is no .keras file."),
        ({"config__json": "[1]"}, "its config.json must be a JSON object. Received: list."),
        ({"config__json": "[" * 100_000}, "its config.json is nested too deeply."),
        ({"metadata__json": "3"}, "its metadata.json must be a JSON object. Received: int."),
        ({"classifier__json": "{}"}, "classifier.json must have 'version'. Received: []."),
    ],
)
def test_faults_of_members(folder, members, sentence):
    path = _keras(folder, **members)
    found = outcome(path)
    assert found.startswith(f"{path}: ") and sentence in found, found


def test_a_config_that_is_no_json(folder):
    path = _keras(folder, config__json="{'a': 1}")
    assert outcome(path).startswith(f"{path}: its config.json is not JSON (Expecting property name")


@pytest.mark.parametrize("size", [11 << 20, 100 << 20])
def test_a_huge_config_costs_nothing(folder, size):
    """Packed, it is some kilobytes; it is refused before it is unpacked."""
    path = _keras(folder, config__json=b" " * size)
    tracemalloc.start()
    assert outcome(path) == f"{path}: its config.json has {size} bytes; more than 10485760 are not read."
    assert tracemalloc.get_traced_memory()[1] < 1 << 20
    tracemalloc.stop()


def test_a_huge_model_json_costs_nothing(folder):
    path = folder / "x.json"
    path.write_bytes(b"{" + b" " * (11 << 20))
    tracemalloc.start()
    assert outcome(path) == f"{path}: its JSON text has 11534337 bytes; more than 10485760 are not read."
    assert tracemalloc.get_traced_memory()[1] < 1 << 20
    tracemalloc.stop()


def test_a_zip_bomb_costs_nothing(folder):
    path = _keras(folder, model__weights__h5=bytes(200 << 20))
    tracemalloc.start()
    found = outcome(path)
    assert found.startswith(f"{path}: its model.weights.h5 can't be used: its model.weights.h5 claims 209715200 bytes")
    assert tracemalloc.get_traced_memory()[1] < 1 << 20
    tracemalloc.stop()


def test_a_million_members_cost_nothing(folder):
    """zipfile would make an object of each before anyone could ask."""
    path = folder / "x.keras"
    with zipfile.ZipFile(path, "a") as archive:
        for number in range(200):
            archive.writestr("m" * 9_000 + str(number), b"")
    tracemalloc.start()
    assert outcome(path) == f"{path}: its list of members is longer than any model's."
    assert tracemalloc.get_traced_memory()[1] < 1 << 20
    tracemalloc.stop()


def test_a_changed_byte_of_an_array_is_seen(folder):
    path = folder / "x.keras"
    raw = bytearray(path.read_bytes())
    at = raw.index(a_model().weights["d"][0].tobytes())
    raw[at + 5] ^= 1
    path.write_bytes(raw)
    assert "its model.weights.h5 is damaged: the checksum differs" in outcome(path)


def test_members_twice(folder):
    path = folder / "x.keras"
    with pytest.warns(UserWarning, match="Duplicate"), zipfile.ZipFile(path, "a") as archive:
        archive.writestr("config.json", "{}")
    assert outcome(path) == f"{path}: it has 2 members called 'config.json', so it is no .keras file."


def _weights(folder, change):
    """Change the arrays inside x.keras with h5py; return the path."""
    with zipfile.ZipFile(folder / "x.keras") as archive:
        raw = io.BytesIO(archive.read(keras_zip.WEIGHTS))
    with h5py.File(raw, "r+") as file:
        change(file)
    return _keras(folder, model__weights__h5=raw.getvalue())


def _external(file):
    del file["layers/dense/vars/0"]
    file["layers/dense/vars/0"] = h5py.ExternalLink("/etc/passwd", "/x")


def _absurd(file):
    del file["layers/dense/vars/0"]
    file.create_dataset("layers/dense/vars/0", (10**6, 10**6), "f4")


def _gap(file):
    file.move("layers/dense/vars/0", "layers/dense/vars/7")


def _texts(file):
    del file["layers/dense/vars/0"]
    file.create_dataset("layers/dense/vars/0", data=["a"], dtype=h5py.string_dtype())


@pytest.mark.parametrize(
    "change, sentence",
    [
        (_external, "it has a soft or external link; only members of the file itself are read"),
        (_absurd, "its arrays would take more than 20 times the file's own size"),
        (_gap, "its 'layers/dense/vars' must hold arrays numbered from 0. Received: ['1', '7']"),
        (_texts, "it holds texts where numbers are needed"),
    ],
)
def test_faults_of_arrays(folder, change, sentence):
    path = _weights(folder, change)
    tracemalloc.start()
    assert outcome(path) == f"{path}: its model.weights.h5 can't be used: {sentence}."
    assert tracemalloc.get_traced_memory()[1] < 1 << 21
    tracemalloc.stop()


def test_what_a_file_says_is_fit_for_a_terminal():
    """Control characters are shown as question marks, endless sentences cut."""
    with pytest.raises(ValueError) as fault, naming("x.h5"):
        raise ValueError("\x1b[31m red\n" + "y" * 900)
    assert str(fault.value) == "x.h5: ?[31m red?" + "y" * 487 + "..."


def test_what_is_no_model_file(folder):
    def told(name, sentence):
        assert outcome(folder / name) == f"{folder / name}: {sentence}"

    told("nothing.keras", "there is no such file.")
    (folder / "sub").mkdir()
    told("sub", "this is a folder; the name of a model file is needed.")
    (folder / "empty.keras").write_bytes(b"")
    told("empty.keras", "the file is empty.")
    (folder / "text.keras").write_text("hello, this is no model")
    told(
        "text.keras",
        "this is no model file: neither .keras (a zip) nor HDF5 nor JSON (TF.js, model.to_json()) nor ONNX.",
    )
    (folder / "x.txt").write_bytes((folder / "x.weights.h5").read_bytes())
    told("x.txt", "it has no model_config, so it holds no whole model; perhaps weights alone (load_weights).")
    (folder / "text.weights.h5").write_text("hello, this is no model")
    told("text.weights.h5", "this is no file of weights: neither HDF5 (.weights.h5, .h5) nor .keras.")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes have names on POSIX only")
def test_a_pipe_does_not_block(folder):
    os.mkfifo(folder / "pipe.keras")
    assert outcome(folder / "pipe.keras") == f"{folder / 'pipe.keras'}: this is no ordinary file."


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission(folder):
    (folder / "x.keras").chmod(0)
    assert outcome(folder / "x.keras").endswith("the file can't be read (Permission denied).")
