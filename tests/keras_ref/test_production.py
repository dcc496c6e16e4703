"""From production to study: keras_ref trains a classifier; minicnn, without TensorFlow, uses, opens and trains it.

All as a user would: by commands, in processes in which importing TensorFlow or Keras fails.
"""

import json
import os
import subprocess
import sys

import numpy as np
import pytest

from keras_ref.commands import main
from tests.keras_ref.conftest import CHECKOUT, SIZE, train
from tests.processes import PATIENCE

TRACE = """
import sys
from minicnn import load_model
from minicnn.data import load_image
from minicnn.explain import trace
model = load_model(sys.argv[1])
known = model.classifier
x = load_image(sys.argv[2], tuple(known["size"]), known["resize"]) * known["scale"] + known["offset"]
print(trace(model, x, sys.argv[3], (1, 2, 3)))
"""
TRAIN = """
import sys
import numpy as np
from minicnn import Adam, CategoricalCrossentropy, load_model
from minicnn.data import image_folder
model = load_model(sys.argv[1])
known = model.classifier
batches = image_folder(sys.argv[2], "train", known["size"][0], 8, scale=known["scale"], offset=known["offset"])
before = model.get_weights()
model.fit(batches, epochs=1, verbose=0)
changed = [(new != old).any() for new, old in zip(model.get_weights(), before, strict=True)]
assert [key for key in model.params] and sum(changed) == len(model.params) < 10  # the head alone
model.save("head.keras")
model.trainable = True
model.compile(Adam(1e-5), CategoricalCrossentropy(from_logits=True), metrics=["accuracy"])
model.train_on_batch(*next(iter(batches)))
changed = [(new != old).any() for new, old in zip(model.get_weights(), before, strict=True)]
assert sum(changed) > 0.9 * len(before)  # all of it
model.save("all.keras")
"""


@pytest.fixture
def engine(tmp_path):
    """Return run(*arguments): python with these arguments, without TensorFlow and Keras; its output."""
    for name in ("tensorflow", "keras"):
        (tmp_path / f"{name}.py").write_text("raise ImportError('this environment has none')\n")
    paths = os.pathsep.join([str(tmp_path), str(CHECKOUT)])

    def run(*arguments):
        done = subprocess.run(
            [sys.executable, *map(str, arguments)],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            env={**os.environ, "PYTHONPATH": paths},
            timeout=PATIENCE,
        )
        assert done.returncode == 0 and "Traceback" not in done.stderr, done.stderr
        assert "has no classifier.json" not in done.stderr
        return done.stdout

    return run


def test_the_whole_way(xception, clothes, engine, tmp_path, capsys):
    file, picture = train(clothes, tmp_path / "run", "--epochs", 1) / "final.keras", clothes / "test/green/1.jpg"
    capsys.readouterr()  # what the training printed
    assert main(["predict", str(file), str(picture), "--json"]) == 0
    (want,) = json.loads(capsys.readouterr().out)

    (got,) = json.loads(engine("-m", "minicnn", "predict", file, picture, "--json"))
    assert got["class"] == want["class"] and list(got["probabilities"]) == list(want["probabilities"])
    np.testing.assert_allclose(list(got["probabilities"].values()), list(want["probabilities"].values()), atol=1e-4)

    import keras

    net = keras.models.load_model(file)
    summary = engine("-m", "minicnn", "summary", file)
    base = next(layer.name for layer in net.layers if hasattr(layer, "layers"))
    row = next(line for line in summary.splitlines() if line.startswith(f"{base}/block5_sepconv1 "))
    assert "SeparableConv2D" in row and "536,536" in row and row.split("  ")[-1].strip() == "123 x 123"
    assert f"{net.count_params():,} parameters" in summary

    traced = engine("-c", TRACE, file, picture, f"{base}/block5_sepconv1")
    assert "SeparableConv2D" in traced and "block5_sepconv1_act" in traced

    engine("-m", "minicnn", "explain", file, picture, "-o", "page.html")
    assert "block5_sepconv1" in (tmp_path / "page.html").read_text(encoding="utf-8")

    engine("-c", TRAIN, file, clothes)
    x = np.random.default_rng(0).uniform(-1, 1, (2, SIZE, SIZE, 3)).astype("float32")
    from minicnn import load_model

    for name in ("head.keras", "all.keras"):
        again = keras.models.load_model(tmp_path / name)
        np.testing.assert_allclose(load_model(tmp_path / name).predict(x), again.predict(x, verbose=0), atol=1e-4)
        assert float(again.optimizer.iterations) > 0
