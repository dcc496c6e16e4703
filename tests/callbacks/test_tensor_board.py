"""TensorBoard: what it reads of a run, by its own reader; the sentence where its package is missing."""

import sys

import numpy as np
import pytest

from minicnn import Dense, Input, Sequential
from minicnn.callbacks import TensorBoard


def fitted(callback):
    net = Sequential([Input((2,)), Dense(1)], seed=0)
    net.compile("sgd", "mse", metrics=["mae"])
    x = np.ones((4, 2), "float32")
    return net.fit(x, x[:, :1], epochs=3, verbose=0, validation_data=(x, x[:, :1]), callbacks=callback).history


def test_what_it_reads(tmp_path):
    pytest.importorskip("tensorboard", reason="tensorboard is in the extra `tracking`")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    history = fitted(TensorBoard(tmp_path / "logs"))
    for kind, prefix in (("train", ""), ("validation", "val_")):
        read = EventAccumulator(str(tmp_path / "logs" / kind))
        read.Reload()
        rate = {"epoch_learning_rate"} if kind == "train" else set()
        assert set(read.Tags()["scalars"]) == {"epoch_loss", "epoch_mae"} | rate
        for name in ("loss", "mae"):
            found = read.Scalars(f"epoch_{name}")
            assert [each.step for each in found] == [0, 1, 2]
            np.testing.assert_allclose([each.value for each in found], history[prefix + name], rtol=1e-6)


def test_without_the_package(monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorboard.compat.proto.event_pb2", None)
    with pytest.raises(ValueError) as error:
        fitted(TensorBoard())
    assert str(error.value) == (
        "TensorBoard needs the package tensorboard; install it with: pip install 'minicnn[tracking]'."
    )


def test_what_it_does_not_write():
    with pytest.raises(ValueError, match=r"TensorBoard\(histogram_freq=1\) is not supported: "):
        TensorBoard("logs", histogram_freq=1)
