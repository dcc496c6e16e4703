"""--devices all, on two logical CPU devices in a process of its own."""

import os
import subprocess
import sys

import pytest

from keras_ref import results, train
from tests.keras_ref.conftest import CHECKOUT, SIZE

TWO = """
import tensorflow as tf
half = tf.config.LogicalDeviceConfiguration()
tf.config.set_logical_device_configuration(tf.config.list_physical_devices("CPU")[0], [half, half])
from keras_ref import results, runtime
from tests.keras_ref import small
assert runtime.strategy("all").num_replicas_in_sync == 2
assert runtime.strategy("one") is None
small.main()
"""


@pytest.mark.slow  # every step is traced for both devices
def test_two_devices_learn_as_one(clothes, tmp_path):
    settings = ["train", str(clothes), "--weights", "none", "--size", str(SIZE), "--epochs", "2", "--batch-size", "8"]
    done = subprocess.run(
        [sys.executable, "-c", TWO, *settings, "--devices", "all", "--out", str(tmp_path / "two")],
        env={**os.environ, "PYTHONPATH": str(CHECKOUT), "TF_CPP_MIN_LOG_LEVEL": "3"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    from keras_ref import config as configs

    one = train.new(
        configs.Config(str(clothes), weights="none", size=SIZE, epochs=2, batch_size=8),
        tmp_path / "one",
        store=tmp_path / "store",
    )
    for ours, theirs in zip(results.read_history(tmp_path / "two" / "history.csv"), one, strict=True):
        for name in ("loss", "val_loss"):
            assert abs(ours[name] - theirs[name]) < 1e-5 * max(1, abs(theirs[name])), name
