"""A whole epoch of `fit` on photographs, loading included: files are opened, decoded, resized and learned from."""

from pathlib import Path

from minicnn.data import Folder, image_folder

from . import timing, twins

SIZE, BATCH = 64, 32


def measure(data, with_keras, threads, quick=False):
    """Time an epoch in minicnn and in Keras, each with its own loader, from the same folder.

    Parameters
    ----------
    data : folder with train/ or class folders          with_keras, quick : bool        threads : int
    """
    folder = Folder(data)
    batches = image_folder(folder, "train", SIZE, BATCH, label_mode="int")
    model = twins.make("tinyvgg")
    calls = {"minicnn": lambda: model.fit(batches, epochs=1, verbose=0)}
    if with_keras:
        calls["keras graph"] = _keras_epoch(data, model, threads)
    for call in calls.values():  # compiles, and brings the files into the system's cache
        call()
    samples = timing.race(calls, 0.0, 2 if quick else 3, 3, hot=None)
    return {"net": "tinyvgg", "what": f"fit, an epoch of {len(folder.split('train')[0])} photographs, loading included",
            "engines": {name: sample.row() for name, sample in samples.items()}}


def _keras_epoch(data, model, threads):
    from .peers.keras_engine import keras, tf

    train = Path(data) / "train"
    dataset = keras.utils.image_dataset_from_directory(
        train if train.is_dir() else data, image_size=(SIZE, SIZE), batch_size=BATCH, interpolation="nearest",
        seed=0, verbose=False).prefetch(2)
    own = tf.data.Options()
    own.threading.private_threadpool_size = threads  # else it shares TensorFlow's, and took twice as long
    dataset = dataset.with_options(own)
    twin = twins.keras_twin(model)
    return lambda: twin.fit(dataset, epochs=1, verbose=0, shuffle=False)  # the dataset shuffles itself
