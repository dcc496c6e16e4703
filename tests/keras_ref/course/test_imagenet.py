"""8.3 with a weights file that is written here in Keras's layout, and a list of names of our own."""

import json

import numpy as np
import pytest

from keras_ref import model, runtime
from keras_ref.model import weights


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Write the two files that Keras would download."""
    _, keras = runtime.load()
    where = tmp_path_factory.mktemp("imagenet")
    keras.utils.set_random_seed(4)
    net = keras.applications.Xception(weights=None)
    model.wake(net)
    top = net.layers[-1].kernel
    top.assign(top * 60)  # far apart, so that rounding decides no place among the best five
    net.save_weights(where / "top.weights.h5")
    (where / "index.json").write_text(json.dumps({str(i): [f"n{i:08d}", f"thing_{i}"] for i in range(1000)}))
    return where, net


def test_command(shell, files, clothes):
    where, net = files
    picture = clothes / "test/red/0.jpg"
    done = shell("imagenet", picture, "--weights", where / "top.weights.h5", "--class-index", where / "index.json")
    import keras

    x = keras.utils.img_to_array(keras.utils.load_img(picture, target_size=(299, 299)))[None]
    shares = np.asarray(net(keras.applications.xception.preprocess_input(x)))[0]
    lines = [line.split() for line in done.stdout.splitlines() if line.startswith("thing_")]
    assert [name for name, _ in lines] == [f"thing_{i}" for i in np.argsort(-shares)[:5]]
    assert shares.max() > 0.01 and float(lines[0][1]) == pytest.approx(shares.max(), abs=6e-4)


def test_refusals(files, tmp_path, clothes, refused, monkeypatch):
    where, _ = files
    picture = clothes / "test/red/0.jpg"
    refused(["imagenet", picture, "--weights", tmp_path / "no.h5"], "no.h5 is not there")
    (tmp_path / "bad.weights.h5").write_bytes(b"no")
    refused(
        ["imagenet", picture, "--weights", tmp_path / "bad.weights.h5"],
        "does not hold the weights of Xception with its top",
    )
    (tmp_path / "index.json").write_text("{}")
    refused(
        ["imagenet", picture, "--weights", "none", "--class-index", tmp_path / "index.json"],
        "is not Keras's imagenet_class_index.json",
    )

    def closed(*_, **__):
        raise OSError("no route to host")

    monkeypatch.setattr(runtime.load()[1].utils, "get_file", closed)
    refused(["imagenet", picture], weights.TOP[0], weights.TOP[1])
