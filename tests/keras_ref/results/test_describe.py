"""Describing any folder."""

import json

from PIL import Image

from keras_ref.commands import main
from tests.keras_ref.conftest import draw


def test_describe(command, tmp_path):
    root = draw(tmp_path / "clothes", {"train": 3, "validation": 1})
    (root / "train/red/2.jpg").write_bytes(b"no")
    done = command("data", "describe", root, "--out", "about")
    assert "Corrupt files: 1." in done.out and "train/red/2.jpg" in done.out
    result = json.loads((tmp_path / "about/description.json").read_text())
    assert result["counts"] == {"train": [3, 3, 3], "validation": [1, 1, 1]} and list(result["corrupt"]) == [
        "train/red/2.jpg"
    ]
    assert result["width"] == {"least": 86, "median": 100, "most": 100}
    with Image.open(tmp_path / "about/contact_sheet.png") as sheet:
        assert sheet.width == 10 + 8 * 160


def test_describe_without_splits(tmp_path, capsys):
    draw(tmp_path / "all", {"x": 5})
    assert main(["data", "describe", str(tmp_path / "all/x"), "--out", str(tmp_path / "about")]) == 0
    assert "a fifth of each class" in capsys.readouterr().out
