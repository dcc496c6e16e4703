"""The store of a base's answers: by key, in blocks, safe when runs are cut or doubled."""

import errno
import multiprocessing

import numpy as np
import pytest

from minicnn.data import VectorStore, content_hash, default_store, merge_stores, name_weights, weights_digest
from minicnn.data.bases import KNOWN


def test_a_key_finds_its_own_vectors(tmp_path):
    key = {"weights": "9f", "size": 150, "draw": 3}
    assert VectorStore(tmp_path, key).write(["0a" * 32, "0b" * 32], np.arange(8, dtype=np.float32).reshape(2, 4))
    assert VectorStore(tmp_path, key).write(["0c" * 32], np.ones((1, 4), np.float32))
    known = VectorStore(tmp_path, dict(reversed(key.items()))).read()
    assert set(known) == {"0a" * 32, "0b" * 32, "0c" * 32}
    np.testing.assert_array_equal(known["0b" * 32], [4, 5, 6, 7])
    for name, other in (("weights", "9e"), ("size", 151), ("draw", 2)):
        assert VectorStore(tmp_path, key | {name: other}).read() == {}


def test_digests_are_what_is_read_without_the_vectors(tmp_path):
    """Bytes of 0 at the ends and within count too; what two blocks both hold is there once."""
    store = VectorStore(tmp_path, {"size": 150})
    assert store.digests().shape == (0,)
    names = ["00" * 31 + "01", "01" + "00" * 31, "ff" * 32, "01" + "00" * 30 + "01"]
    for part in (names[:3], names[1:]):
        store.write(part, np.ones((3, 2), np.float32))
    known = store.digests()
    assert known.dtype == "S32" and [raw.ljust(32, b"\0").hex() for raw in known] == sorted(store.read())


@pytest.mark.parametrize("damage", ["cut", "text", "empty", "other arrays", "other shapes"])
def test_a_damaged_block_counts_as_absent_and_goes_when_told(tmp_path, damage):
    store = VectorStore(tmp_path, {"k": 1})
    store.write(["0a" * 32], np.ones((1, 4), np.float32))
    store.write(["0b" * 32], np.ones((1, 4), np.float32))
    block = next(p for p in sorted(store.folder.glob("*.npz")) if list(np.load(p)["hashes"][0]) == [10] * 32)
    if damage == "other arrays":
        np.savez(block, a=1)
    elif damage == "other shapes":
        np.savez(block, hashes=np.zeros((2, 31), np.uint8), vectors=np.zeros((2, 4), np.float32))
    else:
        block.write_bytes({"cut": block.read_bytes()[:200], "text": b"hello", "empty": b""}[damage])
    assert set(store.read()) == {"0b" * 32} and store.damaged == [block]
    store.drop_damaged()
    assert not block.exists() and store.damaged == []
    assert set(store.read()) == {"0b" * 32}


@pytest.mark.parametrize("mapped", [False, True])
@pytest.mark.parametrize("fault", [OSError(errno.EMFILE, "Too many"), OSError(errno.EIO, "EIO"), MemoryError()])
def test_a_block_that_cannot_be_read_now_is_not_damaged(tmp_path, monkeypatch, mapped, fault):
    store = VectorStore(tmp_path, {"k": 1}, mapped)
    store.write(["0a" * 32], np.ones((1, 4), np.float32))
    (block,) = (path for path in store.folder.iterdir() if path.name != "key.json")

    def refuse(*_, **more):
        raise fault

    with monkeypatch.context() as patch:
        patch.setattr("numpy.load", refuse)
        assert store.read() == {} and store.damaged == []
    assert store.unread == {block: fault.strerror if isinstance(fault, OSError) else "not enough memory"}
    store.drop_damaged()
    assert set(store.read()) == {"0a" * 32} and store.unread == {}


@pytest.mark.parametrize("damage", ["cut", "text", "empty", "no fields", "other shapes"])
def test_a_damaged_block_of_maps(tmp_path, damage):
    store = VectorStore(tmp_path, {"k": 1}, mapped=True)
    store.write(["0a" * 32], np.ones((1, 2, 2, 4), np.float32))
    (block,) = store.folder.glob("*.npy")
    if damage == "no fields":
        np.save(block, np.ones(3))
    elif damage == "other shapes":
        np.save(block, np.zeros(2, [("hashes", np.uint8, 31), ("vectors", np.float32, 4)]))
    else:
        block.write_bytes({"cut": block.read_bytes()[:-9], "text": b"hello", "empty": b""}[damage])
    assert store.read() == {} and store.damaged == [block] and store.unread == {}
    kept = block.read_bytes()
    store.drop_damaged(replaced=False)
    assert not block.exists() and (tmp_path / store.folder / f"{block.name}.damaged").read_bytes() == kept
    assert store.read() == {} and store.damaged == []


def _fill(where, seed):
    random = np.random.default_rng(seed)
    store = VectorStore(where, {"k": 1})
    for _ in range(20):
        digests = [bytes([seed, *random.integers(0, 256, 31).tolist()]).hex() for _ in range(50)]
        assert store.write(digests, np.full((50, 16), seed, np.float32))
        assert store.write([bytes([9] * 32).hex()] * 3, np.full((3, 16), 9, np.float32))


def test_two_processes_can_fill_one_store(tmp_path):
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=_fill, args=(tmp_path, seed)) for seed in (1, 2)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
        assert writer.exitcode == 0
    known = VectorStore(tmp_path, {"k": 1}).read()
    assert len(known) == 2 * 20 * 50 + 1
    assert all(int(digest[:2], 16) == vector[0] for digest, vector in known.items())


def test_stores_merge(tmp_path):
    for k in range(2):
        VectorStore(tmp_path / f"part{k}", {"k": 1}).write([f"0{k}" * 32], np.full((1, 4), k, np.float32))
    parts = [tmp_path / "part0", tmp_path / "part1"]
    assert merge_stores(parts, tmp_path / "whole") == 2
    assert merge_stores(parts, tmp_path / "whole") == 0
    known = VectorStore(tmp_path / "whole", {"k": 1}).read()
    assert {digest[:2]: vector[0] for digest, vector in known.items()} == {"00": 0, "01": 1}
    with pytest.raises(ValueError, match="part7 is not there"):
        merge_stores([tmp_path / "part7"], tmp_path / "whole")


def test_the_users_store(monkeypatch, tmp_path):
    for name in ("MINICNN_VECTORS", "KERAS_REF_CACHE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert default_store() == tmp_path / "minicnn" / "vectors"
    monkeypatch.setenv("KERAS_REF_CACHE", str(tmp_path / "old"))
    assert default_store() == tmp_path / "old"
    monkeypatch.setenv("MINICNN_VECTORS", str(tmp_path / "new"))
    assert default_store() == tmp_path / "new"


def test_the_hash_is_sha_256(tmp_path):
    (tmp_path / "a").write_bytes(b"abc")
    assert content_hash(tmp_path / "a") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_weights_are_named_by_their_bytes(monkeypatch):
    random = np.random.default_rng(3)
    arrays = [random.standard_normal((2, k)).astype(np.float32) for k in range(1, 9)]
    assert name_weights(arrays) == "unknown weights"
    monkeypatch.setitem(KNOWN, "a small base", "".join(weights_digest([a])[:8] for a in arrays))
    assert name_weights(arrays) == "a small base"
    for count, words in ((1, "1 array differs"), (3, "3 arrays differ")):
        others = [a + 1 if i < count else a for i, a in enumerate(arrays)]
        assert name_weights(others) == f"a small base, {words} (fine-tuned)"
    assert name_weights([a + 1 if i < 4 else a for i, a in enumerate(arrays)]) == "unknown weights"
    assert name_weights(arrays[:-1]) == "unknown weights"
    assert weights_digest(arrays) != weights_digest(arrays[::-1])


def test_every_known_base_is_listed_whole():
    assert {name: len(digests) / 8 for name, digests in KNOWN.items()} == {"Xception, ImageNet's weights": 234}
