"""Writing: the old file or the whole new one, never half; nothing left beside it."""

import os

import pytest

from minicnn.files.atomic import replacing


def test_the_old_file_stays_until_the_end(tmp_path):
    path = tmp_path / "x"
    path.write_bytes(b"old")
    with replacing(path) as file:
        file.write(b"new")
        assert path.read_bytes() == b"old"
    assert path.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [path]


def test_a_failure_leaves_nothing(tmp_path):
    path = tmp_path / "x"
    with pytest.raises(KeyError), replacing(path) as file:
        file.write(b"half")
        raise KeyError
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.name != "posix", reason="modes and links are POSIX's")
def test_modes_and_links(tmp_path):
    mask = os.umask(0o027)
    try:
        with replacing(tmp_path / "x") as file:
            file.write(b"1")
    finally:
        os.umask(mask)
    assert (tmp_path / "x").stat().st_mode & 0o777 == 0o640
    (tmp_path / "x").chmod(0o600)
    (tmp_path / "link").symlink_to("x")
    with replacing(tmp_path / "link") as file:
        file.write(b"2")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "x").read_bytes() == b"2"
    assert (tmp_path / "x").stat().st_mode & 0o777 == 0o600


def test_sentences(tmp_path):
    with pytest.raises(ValueError) as fault, replacing(tmp_path):
        pass
    assert str(fault.value) == f"{tmp_path} is a folder; the name of a file is needed."
    path = tmp_path / "no" / "x"
    with pytest.raises(ValueError) as fault, replacing(path):
        pass
    assert str(fault.value) == f"{path} can't be written: there is no folder {tmp_path / 'no'}."
