"""Vectors on Ray: the store of a cluster is the serial one, and memory does not hold more for more pictures."""

import os
import shutil
import signal
import time
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from keras_ref import config as configs
from keras_ref import features, model, pictures
from keras_ref.features import blocks
from minicnn.data import VectorStore
from tests.keras_ref import nodes as ray_nodes
from tests.keras_ref.conftest import SIZE

ray_nodes.needed()
WEIGHTS = ("--size", SIZE, "--weights", "none")


@pytest.fixture(scope="module")
def nodes():
    """Two nodes, shared by these tests."""
    with ray_nodes.running() as made:
        yield made


def _read(store):
    (folder,) = Path(store).iterdir()
    made = VectorStore(store, {})
    made.folder = folder
    return made.read()


def _same(one, other):
    one, other = _read(one), _read(other)
    assert one.keys() == other.keys() and len(one) > 0
    assert all(np.array_equal(one[name], other[name]) for name in one)


def _folder(root, count, seed):
    """Draw small pictures of two classes, in folders within the class too, one of them twice."""
    random = np.random.default_rng(seed)
    for k in range(count):
        where = root / "ab"[k % 2] / f"part{k % 3}"
        where.mkdir(parents=True, exist_ok=True)
        Image.fromarray(random.integers(0, 256, (30 + k, 40, 3), dtype=np.uint8)).save(where / f"{k}.png")
    shutil.copy(root / "a/part0/0.png", root / "b/again.png")
    return root


@pytest.mark.parametrize("send", [False, True])
def test_the_store_of_two_nodes_is_the_serial_one(tmp_path, command, monkeypatch, nodes, send):
    monkeypatch.setattr(blocks, "BLOCK", 8)
    data = _folder(tmp_path / "data", 40, seed=1)
    command("features", data, *WEIGHTS, "--cache", tmp_path / "serial")
    ray = (*WEIGHTS, "--cache", tmp_path / "spread", "--ray", nodes.address, *["--send"][: int(send)])
    said = command("features", data, *ray).out
    _same(tmp_path / "spread", tmp_path / "serial")
    assert "40 vectors of 41 pictures" in " ".join(said.split())
    if send:  # a rerun computes what is new, and a damaged block
        return
    files = sorted((tmp_path / "spread").glob("*/*.npz"))
    times = {path: path.stat().st_mtime_ns for path in files}
    files[0].write_bytes(files[0].read_bytes()[:200])
    _folder(tmp_path / "data", 44, seed=1)
    assert "computed again" in " ".join(command("features", data, *ray).err.split())
    command("features", data, *WEIGHTS, "--cache", tmp_path / "serial")
    _same(tmp_path / "spread", tmp_path / "serial")
    assert all(path.stat().st_mtime_ns == times[path] for path in files[1:])


def test_a_killed_worker_loses_its_block_alone(tmp_path, command, monkeypatch, nodes):
    block, begun, dead = blocks._block, tmp_path / "begun", tmp_path / "dead"
    begun.mkdir()

    def dies_once(shared, recipe, names, contents):
        (begun / f"{names[0].stem}-{time.monotonic_ns()}").touch()
        if len(list(begun.iterdir())) > 2 and not dead.exists():
            dead.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return block(shared, recipe, names, contents)

    monkeypatch.setattr(blocks, "BLOCK", 8)
    monkeypatch.setattr(blocks, "_block", dies_once)
    data = _folder(tmp_path / "data", 40, seed=3)
    command("features", data, *WEIGHTS, "--cache", tmp_path / "spread", "--ray", nodes.address)
    assert dead.exists() and len(list(begun.iterdir())) == 6 + 1
    command("features", data, *WEIGHTS, "--cache", tmp_path / "serial")
    _same(tmp_path / "spread", tmp_path / "serial")


def test_a_picture_that_cannot_be_read_is_named(tmp_path, refused, nodes):
    data = _folder(tmp_path / "data", 4, seed=2)
    (data / "a/part0/broken.jpg").write_bytes(b"no picture")
    ray = (*WEIGHTS, "--cache", tmp_path / "store", "--ray", nodes.address, "--send")
    refused(["features", data, *ray], data / "a/part0/broken.jpg", "Remove it")


def test_memory_does_not_grow_with_the_number_of_pictures(tmp_path, monkeypatch):
    """Of the process that hands out tasks: what a task answers comes from here, as the workers have it."""
    classifier = model.build(configs.Config("d", size=SIZE, weights="none"), 2)

    def at_once(function, calls, whole_node):
        for number, (key, *_) in enumerate(calls):
            digests = [f"{number * blocks.BLOCK + i:064x}" for i in range(key)]
            yield key, (digests, np.zeros((key, 16), np.float32))

    monkeypatch.setattr(blocks.cluster, "shared", lambda value: value)
    monkeypatch.setattr(blocks.cluster, "spread", at_once)
    peaks = []
    for count in (2_000, 2_000, 20_000):  # the first for what is loaded once
        files = (Path(f"/pictures/{i}.png") for i in range(count))
        tracemalloc.start()
        features.spread(classifier, files, pictures.square(SIZE), tmp_path / str(len(peaks)))
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[2] < peaks[1] + 100_000, peaks


def test_refusals(clothes, tmp_path, refused):
    where = ("features", clothes, *WEIGHTS, "--cache", tmp_path / "store")
    refused([*where, "--send"], "--send is for --ray")
    refused([*where, "--ray", "local", "--shard", "0/2"], "leave out --shard")
    refused([*where, "--ray", "local", "--augment", "mirror"], "leave out --augment")
