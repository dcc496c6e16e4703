"""TensorFlow, loaded once, quietly, and made to repeat itself; on which devices, in which precision."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any


@contextmanager
def quietly() -> Iterator[None]:
    """Send file descriptor 2 nowhere: TensorFlow's C++ start-up notes ignore every setting of its log level."""
    sys.stderr.flush()
    kept = os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


@cache
def load() -> tuple[Any, Any]:
    """Import TensorFlow and Keras.

    Returns
    -------
    tensorflow : module
    keras : module

    Raises
    ------
    ValueError
        Keras has another backend than TensorFlow.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    with quietly():
        import keras
        import tensorflow as tf

        tf.config.list_logical_devices()  # the devices write notes of their own when they start
    tf.get_logger().setLevel("ERROR")  # it advises against tracing a new graph for each new head: a sweep is just that
    if keras.backend.backend() != "tensorflow":
        raise ValueError(
            f"keras_ref needs Keras on TensorFlow. Received: KERAS_BACKEND={keras.backend.backend()}; unset it."
        )
    return tf, keras


def repeatable(seed: int) -> None:
    """Seed everything, and ask TensorFlow for operations that return the same bits each time.

    Parameters
    ----------
    seed : int, 0 or more
    """
    tf, keras = load()
    keras.utils.set_random_seed(seed)
    tf.config.experimental.enable_op_determinism()


def strategy(devices: str) -> Any:
    """Return a MirroredStrategy over all GPUs, or over all logical CPU devices where there is no GPU.

    Parameters
    ----------
    devices : "one" or "all"

    Returns
    -------
    strategy : tf.distribute.MirroredStrategy, or None for one device
    """
    tf, _ = load()
    if devices == "all":
        several = tf.config.list_logical_devices("GPU") or tf.config.list_logical_devices("CPU")
        if len(several) > 1:
            return tf.distribute.MirroredStrategy([device.name for device in several])
    return None


def policy(precision: str) -> str:
    """Return the name of the Keras precision policy.

    Parameters
    ----------
    precision : str
        A policy's name, or "auto": mixed_float16 where there is a GPU, else float32.

    Returns
    -------
    name : str
    """
    tf, _ = load()
    if precision == "auto":
        return "mixed_float16" if tf.config.list_logical_devices("GPU") else "float32"
    return precision
