"""One operation has one name everywhere: its definition, its kernel and their tests are files of one stem."""

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
OPERATIONS = sorted(path.stem for path in (ROOT / "minicnn" / "kernels").glob("[a-z]*.py"))


@pytest.mark.parametrize("name", OPERATIONS)
def test_an_operation_has_its_files(name):
    assert (ROOT / "minicnn" / "reference" / f"{name}.py").exists()
    assert (ROOT / "tests" / "kernels" / f"test_{name}.py").exists()


def test_the_operations_were_found():
    assert len(OPERATIONS) >= 22
    other = {path.stem for path in (ROOT / "minicnn" / "reference").glob("[a-z]*.py")} - set(OPERATIONS)
    assert other == {"padding"}  # where a window may stand: no operation
