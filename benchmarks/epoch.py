"""Whole epochs of `fit` on photographs, loading included: files are opened, decoded, resized and learned from.

The first epoch decodes; where the pictures are kept in memory, as `minicnn train` keeps them, all later ones do not.
"""

from pathlib import Path

from minicnn.data import Folder, image_folder

from . import timing, twins

SIZE, BATCH = 64, 32
EPOCHS = {
    None: "an epoch of {} photographs, loading included",
    "memory": "a later epoch of {} photographs, kept in memory",
}


def measure(data, with_keras, threads, quick=False):
    """Time both kinds of epoch in minicnn and in Keras, each with its own loader, from the same folder.

    Parameters
    ----------
    data : folder with train/ or class folders
    with_keras, quick : bool
    threads : int
    """
    folder, rows = Folder(data), []
    for cache, what in EPOCHS.items():
        batches = image_folder(folder, "train", SIZE, BATCH, label_mode="int", cache=cache)
        model = twins.make("tinyvgg")
        calls = {"minicnn": lambda model=model, batches=batches: model.fit(batches, epochs=1, verbose=0)}
        if with_keras:
            calls["keras graph"] = _keras_epoch(data, model, threads, cache)
        for call in calls.values():  # compiles, and brings the files into the system's cache, or the pictures into ours
            call()
        samples = timing.race(calls, 0.0, 2 if quick else 3, 3, hot=None)
        rows.append(
            {
                "net": "tinyvgg",
                "what": f"fit, {what.format(len(batches.files))}",
                "engines": {name: sample.row() for name, sample in samples.items()},
            }
        )
    return rows


def _keras_epoch(data, model, threads, cache):
    from .peers.keras_engine import keras, tf

    train = Path(data) / "train"
    dataset = keras.utils.image_dataset_from_directory(
        train if train.is_dir() else data,
        image_size=(SIZE, SIZE),
        batch_size=BATCH,
        interpolation="nearest",
        seed=0,
        verbose=False,
    )
    dataset = (dataset.cache() if cache else dataset).prefetch(2)
    own = tf.data.Options()
    own.threading.private_threadpool_size = threads  # else it shares TensorFlow's, and took twice as long
    dataset = dataset.with_options(own)
    twin = twins.keras_twin(model)
    return lambda: twin.fit(dataset, epochs=1, verbose=0, shuffle=False)  # the dataset shuffles itself
