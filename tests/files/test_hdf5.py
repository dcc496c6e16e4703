"""The HDF5 reader against h5py, which writes; and what it must refuse."""

import random
import time

import h5py
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from benchmarks.fuzz import mutated
from minicnn.files.hdf5 import Dataset, File, btree_v2, byte_reader, image, messages

DTYPES = ["<f4", ">f4", "<f8", "<f2", "<i8", ">i4", "<i2", "i1", "u1", "<u2", "<u4", "<u8", "?"]
NAMES = st.text("abc0_é:", min_size=1, max_size=12)


def contents(group, path=""):
    """Return {path: array} of everything below `group`, read with our reader."""
    found = {}
    for name in group.names():
        member = group[name]
        if isinstance(member, Dataset):
            found[path + name] = member.read()
        else:
            found |= contents(member, f"{path}{name}/")
    return found


@st.composite
def arrays(draw):
    dtype = np.dtype(draw(st.sampled_from(DTYPES)))
    shape = draw(hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=5))
    return draw(hnp.arrays(dtype, shape))


@st.composite
def options(draw, array):
    if array.size == 0 or array.ndim == 0 or draw(st.booleans()):
        return {}
    chunks = tuple(draw(st.integers(1, side)) for side in array.shape)
    return {
        "chunks": chunks,
        "compression": draw(st.sampled_from([None, "gzip"])),
        "shuffle": draw(st.booleans()),
        "fletcher32": draw(st.booleans()),
    }


@given(data=st.data(), tree=st.dictionaries(NAMES, st.dictionaries(NAMES, arrays(), max_size=12), max_size=12))
def test_whatever_h5py_writes_is_read(data, tree):
    def fill(file):
        for group, members in tree.items():
            for name, array in members.items():
                file.require_group(group).create_dataset(name, data=array, **data.draw(options(array)))

    found = contents(File(image(fill)).root)
    wanted = {f"{group}/{name}": array for group, members in tree.items() for name, array in members.items()}
    assert sorted(found) == sorted(wanted)
    for path, array in wanted.items():
        assert found[path].dtype == _as_read(array.dtype)
        np.testing.assert_array_equal(found[path], array)


def _as_read(dtype):
    """Truth values come as the whole numbers that they are stored as."""
    return np.dtype("i1") if dtype.kind == "b" else dtype.newbyteorder("=")


@given(
    texts=st.lists(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=9), max_size=9)
)
def test_attributes_of_text(texts):
    def fill(file):
        file.attrs["variable"] = np.array(texts, dtype=h5py.string_dtype())
        file.attrs["fixed"] = np.array([text.encode() for text in texts], dtype="S40") if texts else np.zeros(0)
        file.attrs["one"] = "".join(texts)
        file.attrs["number"] = 3.0

    root = File(image(fill)).root
    assert root.texts("variable") == texts
    assert root.texts("fixed") == texts
    assert root.texts("one") == ["".join(texts)]
    assert root.texts("none") is None
    with pytest.raises(ValueError, match="its attribute 'number' is not text"):
        root.texts("number")


def test_a_list_of_names_in_parts():
    def fill(file):
        for part in range(3):
            file.attrs[f"names{part}"] = np.array([f"layer{part}".encode()])

    assert File(image(fill)).root.texts("names") == ["layer0", "layer1", "layer2"]


def test_names_beyond_ascii():
    """The library keeps a group in another form as soon as one name is not ASCII."""
    root = File(image(lambda file: file.create_dataset("größe/größe", data=np.arange(3)))).root
    np.testing.assert_array_equal(root.array("größe/größe"), np.arange(3))


def test_many_members_and_long_texts():
    """B-trees of several levels, a global heap of more than one block."""
    names = [f"layer_{number:05d}" for number in range(3000)]

    def fill(file):
        file.attrs["config"] = "x" * 300_000
        for name in names:
            file[name] = np.float32(len(name))
        file.create_dataset("big", data=np.arange(40_000.0), chunks=(7,))

    root = File(image(fill)).root
    assert root.texts("config") == ["x" * 300_000]
    assert sorted(root.names()) == ["big", *names]
    assert root.array("layer_02999") == 11
    np.testing.assert_array_equal(root.array("big"), np.arange(40_000.0))


def test_newer_file_formats(tmp_path):
    """What h5py writes when asked for the latest format: read where it is plain, refused in a sentence where not."""
    with h5py.File(tmp_path / "x.h5", "w", libver="latest") as file:
        file.attrs["name"] = "new"
        group = file.create_group("layers/dense")
        group["0"], group["1"] = np.eye(3), np.arange(4, dtype=">i2")
        file.create_dataset("chunks", data=np.arange(4), chunks=(2,))
        group.attrs.update({f"a{number}": "b" for number in range(20)})
    root = File((tmp_path / "x.h5").read_bytes()).root
    assert root.texts("name") == ["new"]
    np.testing.assert_array_equal(root.array("layers/dense/0"), np.eye(3))
    np.testing.assert_array_equal(root.array("layers/dense/1"), np.arange(4))
    with pytest.raises(ValueError, match="its chunks are in a form of HDF5 that is not read here"):
        root.array("chunks")
    with pytest.raises(ValueError, match="its attributes are in a form of HDF5 that is not read here"):
        root["layers/dense"].texts("a1")


@pytest.mark.parametrize("count", [1, 9, 30, 400, 5000])
@pytest.mark.parametrize("libver", ["earliest", "latest"])
def test_many_names_beyond_ascii(count, libver, tmp_path):
    """A fractal heap of one block, of rows of blocks, of blocks of blocks; a B-tree of one, two, three levels."""
    names = [f"größe_{number * 7919 % 10007}" + "n" * (number % 200) for number in range(count)]
    with h5py.File(tmp_path / "x.h5", "w", libver=libver) as file:
        for number, name in enumerate(names):
            file[name] = number
        for name in names[1::3]:
            del file[name]
    root = File((tmp_path / "x.h5").read_bytes()).root
    kept = {name: number for number, name in enumerate(names) if number % 3 != 1}
    assert sorted(root.names()) == sorted(kept)
    for name, number in list(kept.items())[:: max(1, count // 50)]:
        assert root.array(name) == number


def test_a_link_that_is_no_plain_object_of_its_heap_is_refused():
    raw = bytearray(image(_dense))
    leaf = raw.index(b"BTLF")  # signature, version, type; then records of a hash of 4 bytes and a heap ID of 7
    assert raw[leaf + 5] == 5 and raw[leaf + 10] == 0
    raw[leaf + 10] = 0x10  # a huge object
    with pytest.raises(ValueError, match="a fractal heap holds huge or tiny objects, which links are not"):
        File(bytes(raw)).root.names()


def test_a_heap_whose_blocks_no_file_holds_is_damaged():
    """The head: signature, version; flags and sizes up to the doubling table: its width, first and largest block."""
    raw = bytearray(image(_dense))
    table = raw.index(b"FRHP") + 14 + 10 * 8 + 2 * 8
    for at, value in ((table, 0), (table + 2, 0), (table + 10, 1 << 40)):
        size = 2 if at == table else 8
        wrong = bytes(raw[:at]) + value.to_bytes(size, "little") + bytes(raw[at + size :])
        with pytest.raises(ValueError, match="a fractal heap is damaged"):
            File(wrong).root.names()


def test_bfloat16_becomes_float32():
    values = np.array([1.0, -2.5, 3e38, 0.0], np.float32)

    def fill(file):
        kind = h5py.h5t.IEEE_F32LE.copy()
        kind.set_fields(15, 7, 8, 0, 7)
        kind.set_size(2)
        kind.set_ebias(127)
        space = h5py.h5s.create_simple((4,))
        dataset = h5py.h5d.create(file.id, b"x", kind, space)
        dataset.write(h5py.h5s.ALL, h5py.h5s.ALL, (values.view(np.uint32) >> 16).astype("<u2"), mtype=kind)

    read = File(image(fill)).root.array("x")
    assert read.dtype == np.float32
    np.testing.assert_array_equal(read, (values.view(np.uint32) & 0xFFFF0000).view(np.float32))


def test_a_chunk_that_was_not_packed():
    """A writer may leave a filter out where it doesn't pay; the chunk's mask tells."""
    values = np.arange(8.0)

    def fill(file):
        dataset = file.create_dataset("x", (16,), "f8", chunks=(8,), compression="gzip")
        dataset[8:] = values
        dataset.id.write_direct_chunk((0,), values.tobytes(), filter_mask=1)

    np.testing.assert_array_equal(File(image(fill)).root.array("x"), np.concatenate([values, values]))


def test_chunks_that_were_never_written():
    def fill(file):
        file.create_dataset("x", (16,), "f8", chunks=(8,))[:8] = 1

    with pytest.raises(ValueError, match=r"an array of shape \(16,\) lacks some of its chunks"):
        File(image(fill)).root.array("x")


def _soft(file):
    file["there"] = np.zeros(3)
    file["x"] = h5py.SoftLink("/there")


def _external(file):
    file["x"] = h5py.ExternalLink("other.h5", "/there")


def _external_storage(file):
    file.create_dataset("x", (3,), "f4", external=[("/etc/passwd", 0, 12)])


def _virtual(file):
    layout = h5py.VirtualLayout((3,), "f4")
    layout[:] = h5py.VirtualSource("other.h5", "there", shape=(3,))
    file.create_virtual_dataset("x", layout)


def _objects(file):
    file.create_dataset("x", data=["a", "b"], dtype=h5py.string_dtype())


def _references(file):
    file.create_dataset("x", (1,), h5py.ref_dtype)


def _compound(file):
    file["x"] = np.zeros(3, [("a", "f4"), ("b", "i4")])


def _opaque(file):
    file["x"] = np.zeros(3, "V6")


def _never_written(file):
    file.create_dataset("x", (10**6, 10**6), "f4")


def _never_written_chunks(file):
    file.create_dataset("x", (10**6, 10**6), "f4", chunks=(1000, 1000))


def _bomb(file):
    file.create_dataset("x", data=np.zeros(30_000_000, "u1"), chunks=(1_000_000,), compression=9)


def _lzf(file):
    file.create_dataset("x", data=np.zeros(300), compression="lzf")


@pytest.mark.parametrize(
    "fill, sentence",
    [
        (_soft, "it has a soft link; only members of the file itself are read"),
        (_external, "it has a soft or external link; only members of the file itself are read"),
        (_external_storage, "it has an array in another file (external storage)"),
        (_virtual, "it has a virtual dataset, which reaches into other files"),
        (_objects, "it holds texts where numbers are needed"),
        (_references, "it holds references of 8 bytes (class 7), not plain numbers"),
        (_compound, "it holds compound values of 8 bytes (class 6), not plain numbers"),
        (_opaque, "it holds opaque bytes of 6 bytes (class 5), not plain numbers"),
        (_never_written, "its arrays would take more than 20 times the file's own size"),
        (_never_written_chunks, "its arrays would take more than 20 times the file's own size"),
        (_bomb, "its arrays would take more than 20 times the file's own size"),
        (_lzf, "it is packed with filter 32000, not with gzip (1), shuffle (2) or fletcher32 (3)"),
    ],
)
def test_refused(fill, sentence):
    raw = image(fill)
    start = time.perf_counter()
    with pytest.raises(ValueError) as fault:
        File(raw).root.array("x")
    assert str(fault.value) == sentence
    assert time.perf_counter() - start < 2


def _many_links(file):
    file["a/0"] = np.zeros(1)
    for number in range(3_000):
        file[f"a/n{number}"] = file["a/0"]


def _many_chunks(file):
    file.create_dataset("a", data=np.zeros(20_000, "u1"), chunks=(1,))


@pytest.mark.parametrize("fill", [_many_links, _many_chunks])
def test_work_is_limited(fill, monkeypatch):
    """A few megabytes can ask for much; the reader gives up after a count of microseconds (a 30th here)."""
    monkeypatch.setattr(byte_reader, "STEPS", byte_reader.STEPS // 30)
    root = File(image(fill)).root
    start = time.process_time()
    with pytest.raises(ValueError, match="its structure is endless or far larger than any model's"):
        contents(root)
    assert time.process_time() - start < 1


def _one_array_ten_times(file):
    file["0"] = np.random.default_rng(0).random(1000)
    for number in range(1, 10):
        file[str(number)] = file["0"]


def test_arrays_are_not_larger_than_their_file():
    root = File(image(_one_array_ten_times)).root
    with pytest.raises(ValueError, match="its arrays overlap or are larger than the file"):
        contents(root)


def test_members_that_are_not_there():
    root = File(image(lambda file: file.create_dataset("a/b", data=np.zeros(2)))).root
    with pytest.raises(ValueError, match="it has no 'a/c'"):
        root["a/c"]
    with pytest.raises(ValueError, match="its 'a' is not an array"):
        root.array("a")
    with pytest.raises(ValueError, match="its 'a/b' is not a group"):
        root.group("a/b")
    assert "a/b/c" not in root and "a/b" in root


def _plain(file):
    file.attrs["config"] = "x" * 5000
    for number in range(30):
        file[f"layers/layer{number}"] = np.arange(number)


def _packed(file):
    for number in range(4):
        data = np.arange(400.0).reshape(20, 20)
        file.create_dataset(f"a{number}", data=data, chunks=(3, 7), compression="gzip", shuffle=True, fletcher32=True)


def _dense(file):
    for number in range(300):
        file[f"größe{number}"] = number


@pytest.mark.parametrize("fill", [_plain, _packed, _dense])
def test_mutated_files_end_in_a_sentence(fill):
    """Whatever is read of a damaged file, nothing but a ValueError comes out, and soon."""
    dice, refused, whole = random.Random(1), 0, image(fill)
    for _ in range(200):
        raw = mutated(whole, dice)
        start = time.perf_counter()
        try:
            root = File(raw).root
            root.texts("config")
            contents(root)
        except ValueError:
            refused += 1
        assert time.perf_counter() - start < 5
    assert refused > 0


def test_what_a_tree_of_four_levels_holds_is_counted_by_hand():
    """Nodes of 512 bytes, 10 of them head and checksum, and records of 11: a pointer's widths grow with the level."""
    most, pointers = btree_v2._capacities(byte_reader.ByteReader(b""), 512, 11, 4)
    assert most == [45, 24, 22, 22, 21]  # 502 // 11, 493 // 20, 491 // 22, 491 // 22, 490 // 23
    # All records below: 45; 25 * 45 + 24 = 1,149; 23 * 1,149 + 22 = 26,449; 23 * 26,449 + 22 = 608,349
    assert [tuple(pointer) for pointer in pointers] == [(8, 1, 0), (8, 1, 2), (8, 1, 2), (8, 1, 3)]
    # Nodes of 256 bytes: 246 // 11, 237 // 20, 235 // 22; below two levels 12 * 22 + 11 = 275, one bit more than a byte
    most, pointers = btree_v2._capacities(byte_reader.ByteReader(b""), 256, 11, 2)
    assert most == [22, 11, 10] and [tuple(pointer) for pointer in pointers] == [(8, 1, 0), (8, 1, 2)]


def test_the_smallest_copy_costs_a_step(monkeypatch):
    """Or else a circle of small copies would go on for ever."""
    monkeypatch.setattr(byte_reader, "STEPS", 5)
    data = byte_reader.ByteReader(bytes(600))
    for _ in range(2):
        data.copy(0, 0)
        data.copy(0, 255)
    with pytest.raises(ValueError, match="its structure is endless"):
        data.copy(0, 256)  # two more make six


def test_a_text_has_one_byte_at_least():
    def text(size):
        return messages.parse_datatype(byte_reader.ByteReader(b"\x13\0\0\0" + size.to_bytes(4, "little")), 0)

    assert text(1).size == 1 and text(1).dtype is None and not text(1).variable
    with pytest.raises(ValueError, match="of 0 bytes .class 3., not plain numbers"):
        text(0)


@pytest.mark.parametrize("count", [1, 3, 300])
def test_an_array_inside_its_own_header(count):
    """Compact storage: the numbers stand in the layout message itself, after a size of two bytes."""

    def fill(file):
        kept = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        kept.set_layout(h5py.h5d.COMPACT)
        space = h5py.h5s.create_simple((count,))
        array = np.arange(count, dtype=np.float32)
        h5py.h5d.create(file.id, b"small", h5py.h5t.NATIVE_FLOAT, space, kept).write(h5py.h5s.ALL, h5py.h5s.ALL, array)

    np.testing.assert_array_equal(File(image(fill)).root["small"].read(), np.arange(count, dtype=np.float32))


def test_a_superblock_without_an_end_is_refused():
    data = bytearray(image(lambda file: file.create_dataset("x", data=[1.0])))
    assert data[8] == 0  # version 0: base, free space, end of file
    data[24 + 16 : 24 + 24] = b"\xff" * 8  # the address that stands for none
    with pytest.raises(ValueError, match="truncated"):
        File(bytes(data))


def test_versions_of_messages_that_do_not_exist_are_refused():
    for version in (0, 3, 255):
        with pytest.raises(ValueError, match=f"a dataspace has version {version}"):
            messages.parse_dataspace(byte_reader.ByteReader(bytes([version, 1]) + bytes(30)), 0)
        with pytest.raises(ValueError, match=f"a filter pipeline has version {version}"):
            messages.parse_filters(byte_reader.ByteReader(bytes([version, 0]) + bytes(30)), 0)


def test_names_of_filters_fill_eight_bytes_in_version_1_alone():
    """A filter: number, length of name, flags, count of values; name; values. Version 2 names no number below 256."""

    def words(*numbers):
        return b"".join(number.to_bytes(2, "little") for number in numbers)

    level, other = (9).to_bytes(4, "little"), (7).to_bytes(4, "little")
    old = b"\x01\x02" + bytes(6) + words(1, 5, 0, 1) + b"zlib\0".ljust(8, b"\0") + level + bytes(4)
    old += words(32015, 9, 0, 2) + b"packed it".ljust(16, b"\0") + other + level
    new = b"\x02\x02" + words(1, 0, 1) + level + words(32015, 9, 0, 2) + b"packed it" + other + level
    for message in (old, new):
        assert messages.parse_filters(byte_reader.ByteReader(message + bytes(8)), 0) == [(1, 9), (32015, 7)]
