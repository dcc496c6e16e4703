"""The reader of Protocol Buffers against the package `onnx`, which writes what is read here; bytes that are none."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minicnn.files.onnx_reader import wire
from minicnn.files.onnx_reader.proto import parse
from minicnn.files.onnx_reader.wire import Budget, Message
from tests.files.onnx_reader.nets import document, node, onnx

WHOLE = st.integers(-(2**63), 2**63 - 1)
FLOAT = st.floats(width=32, allow_nan=False)
SETTING = st.one_of(
    WHOLE, FLOAT, st.text(max_size=9), st.lists(WHOLE, min_size=1, max_size=9), st.lists(FLOAT, min_size=1)
)


@given(st.dictionaries(st.text(min_size=1, max_size=9), SETTING, max_size=4), st.text(max_size=9))
def test_nodes(settings, name):
    made = onnx.helper.make_node("Conv", ["a", "", "b"], ["y", "z"], name=name)
    made.attribute.extend(onnx.helper.make_attribute(key, value) for key, value in settings.items())
    read = parse(document([made]).SerializeToString()).nodes[0]
    assert read[:4] == (name or "y", "Conv", ["a", "", "b"], ["y", "z"])
    assert read.settings.keys() == settings.keys()
    for key, value in settings.items():
        assert read.settings[key] == (value.encode() if isinstance(value, str) else value)


@given(st.lists(st.one_of(st.none(), st.integers(1, 2**40)), max_size=5), st.integers(1, 16))
def test_inputs(sizes, kind):
    made = document([node("Relu", "x")])
    told = onnx.helper.make_tensor_value_info("x", kind, [size or "n" for size in sizes])
    made.graph.input[0].CopyFrom(told)
    assert parse(made.SerializeToString()).inputs == {"x": (kind, tuple(sizes))}


@given(st.lists(WHOLE, max_size=40))
def test_integers_in_one_field_and_in_many(values):
    tensor = onnx.TensorProto(int64_data=values, dims=values[:3])
    message = Message(memoryview(tensor.SerializeToString()), Budget())
    np.testing.assert_array_equal(message.integers(7), np.array(values, np.int64))
    assert message.integers(1).dtype == np.int64
    assert message.count(1) == len(values[:3])


@pytest.mark.parametrize(
    "raw, fault",
    [
        (b"\x80", "a number does not end"),
        (b"\x08" + b"\xff" * 10 + b"\x01", "a number does not end"),
        (b"\x0a\x05abc", "a field is longer than what it lies in"),
        (b"\x0d\x01\x02", "a field is longer than what it lies in"),
        (b"\x0b", "a field is of no kind that there is"),
    ],
)
def test_bytes_that_are_no_message(raw, fault):
    with pytest.raises(ValueError, match=fault):
        Message(memoryview(raw), Budget())


@pytest.mark.parametrize("raw", [b"\x80", b"\xff" * 11, b"\x01" + b"\x80" * 10 + b"\x01"])
def test_packed_integers_that_do_not_end(raw):
    message = Message(memoryview(bytes([0x3A, len(raw)]) + raw), Budget())
    with pytest.raises(ValueError, match="a number does not end"):
        message.integers(7)


def test_a_field_of_another_kind():
    message = Message(memoryview(b"\x08\x01\x12\x01a\x1d\x00\x00\x80\x3f"), Budget())
    assert (message.integer(1), message.text(2), message.real(3)) == (1, "a", 1.0)
    for ask in (message.raw, message.text, message.texts, message.message):
        with pytest.raises(ValueError, match="its field 1 must be bytes"):
            ask(1)
    with pytest.raises(ValueError, match="its field 2 must be an integer"):
        message.integer(2)
    with pytest.raises(ValueError, match="its field 2 must be 4 bytes"):
        message.real(2)
    with pytest.raises(ValueError, match="its field 2 must be numbers of 4 bytes"):
        message.reals(2, "<f4")


def test_more_fields_than_any_model_has(monkeypatch):
    """Two bytes in a file would be hundreds in memory."""
    monkeypatch.setattr(wire, "MAX_FIELDS", 100)
    with pytest.raises(ValueError, match="it has more than 100 fields"):
        parse(b"\x08\x09\x42\x02\x10\x11\x3a\x80\x02" + b"\x0a\x00" * 128)
    monkeypatch.setattr(wire, "MAX_PACKED", 3)
    with pytest.raises(ValueError, match="it has 4 bytes of integers in one field; more than 3 are not read"):
        Message(memoryview(b"\x3a\x04\x01\x02\x03\x04"), Budget()).integers(7)
