"""Members of hostile zips: what they claim is no more than a claim."""

import io
import struct
import tracemalloc
import zipfile

import pytest

from minicnn.files.zipped import archive_of, member


def _zip(content, method):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        archive.writestr("config.json", content)
    return file.getvalue()


def test_a_member_that_claims_fewer_bytes_than_it_unpacks_to():
    """64 MB of zeros that say they are 100 bytes: no more than the claim is unpacked, and the checksum differs."""
    size = 64 << 20
    raw = _zip(bytes(size), zipfile.ZIP_DEFLATED).replace(struct.pack("<I", size), struct.pack("<I", 100))
    tracemalloc.start()
    try:
        with pytest.raises(ValueError, match="its config.json can't be unpacked"):
            member(archive_of(memoryview(raw)), memoryview(raw), "config.json", 1 << 20)
        assert tracemalloc.get_traced_memory()[1] < 8 << 20
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_methods_that_no_model_uses_are_refused(method):
    raw = _zip(b"{}", method)
    with pytest.raises(ValueError, match=f"its config.json is packed by method {method}; only stored and deflated"):
        member(archive_of(memoryview(raw)), memoryview(raw), "config.json", None)


def test_a_deflated_member_is_read():
    raw = _zip(b"{}" * 1000, zipfile.ZIP_DEFLATED)
    assert bytes(member(archive_of(memoryview(raw)), memoryview(raw), "config.json", None)) == b"{}" * 1000
