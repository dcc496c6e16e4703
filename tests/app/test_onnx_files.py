"""The commands on an ONNX file: what they say that nobody told, and answers that are ONNX Runtime's."""

import json

import numpy as np
import pytest
from PIL import Image

from minicnn import app
from tests.files.onnx_reader.nets import answers, node, write

MEAN, DEVIATION = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])  # torchvision's


@pytest.fixture
def picture(tmp_path):
    pixels = np.random.default_rng(1).integers(0, 256, (8, 8, 3), np.uint8)
    Image.fromarray(pixels).save(tmp_path / "p.png")
    return pixels


def net(folder, channels, threshold):
    """A net whose second class is that of pictures darker than the threshold."""
    stored = {"w": np.array([[1.0, 0]] * channels, np.float32), "b": np.array([0, threshold], np.float32)}
    nodes = [
        node("GlobalAveragePool", "x", out="g"),
        node("Flatten", "g", out="f"),
        node("Gemm", "f", "w", "b", out="z"),
        node("Softmax", "z", axis=1),
    ]
    return write(folder, nodes, (1, channels, 8, 8), stored)


def told(capsys, *args):
    """Return the probabilities of one picture, and what stands on stderr."""
    assert app.main(["predict", *map(str, args), "--json"]) == 0
    out, err = capsys.readouterr()
    (answer,) = json.loads(out)
    return np.array(list(answer["probabilities"].values())), err


def test_predict_offers_what_is_usual_with_pytorch(tmp_path, picture, capsys):
    path = net(tmp_path, 3, 5.0)
    x = picture.astype(np.float32)[None]
    prepared = ((x / 255 - MEAN) / DEVIATION).astype(np.float32)
    args = [path, tmp_path / "p.png", "--classes", "cat,dog"]
    here, notes = told(capsys, *args)
    there, quiet = told(capsys, *args, "--preprocess", "torch")
    for found, given in ((here, x), (there, prepared)):
        np.testing.assert_allclose(found, answers(path, given.transpose(0, 3, 1, 2))[0][0], rtol=1e-4, atol=1e-5)
    wanted = (
        f"nobody said how pixels are scaled; taken 0..255 as they are: cat {here[0]:.3f}. If the net was trained as "
        f"PyTorch's mostly are, add --preprocess torch: dog {there[1]:.3f}.\n"
    )
    assert wanted in notes and "nobody said" not in quiet
    assert app.main(["predict", str(path), str(tmp_path / "p.png"), str(tmp_path / "p.png")]) == 0
    assert "taken 0..255 as they are. If the net was trained as PyTorch's mostly are" in capsys.readouterr().err


def test_of_grey_pictures_another_scale_is_usual(tmp_path, picture, capsys):
    assert (
        "If the net was trained on x/255, add --scale 1/255: class 1"
        in told(capsys, net(tmp_path, 1, 2.0), tmp_path / "p.png")[1]
    )


def test_what_is_described_once_is_known_from_then_on(tmp_path, picture, capsys):
    path = net(tmp_path, 3, 5.0)
    wanted, _ = told(capsys, path, tmp_path / "p.png", "--classes", "cat,dog", "--preprocess", "torch")
    assert app.main(["describe", str(path), "--classes", "cat,dog", "--preprocess", "torch"]) == 0
    capsys.readouterr()
    found, notes = told(capsys, path, tmp_path / "p.png")
    np.testing.assert_array_equal(found, wanted)
    assert "nobody said" not in notes and "classes are numbered" not in notes
