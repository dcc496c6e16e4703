"""Keras's callbacks over a run whose epochs are calls of `fit`, one each: training begins once and ends once."""

from collections.abc import Sequence
from typing import Any

from .. import runtime
from ..types import Net


def once(callbacks: Sequence[Any], learner: Net) -> Any:
    """Join callbacks to one that passes on what happens in an epoch, and begin their training.

    What learns is their model: the whole net, or the part of it that is not stored.

    Parameters
    ----------
    callbacks : Keras's
    learner : keras.Model, compiled

    Returns
    -------
    callback : keras.callbacks.Callback
        Its `finish()` ends their training; its `told()` calls the `on_run_end` of those that have one, when all files
        of the run are written.
    """
    _, keras = runtime.load()
    joined = keras.callbacks.CallbackList(list(callbacks), add_history=False, add_progbar=False, model=learner)

    class Once(keras.callbacks.Callback):
        """What `fit` calls in each epoch, without the beginning and the end of its one."""

        def __getattribute__(self, name: str) -> Any:
            passed = name.startswith("on_") and not name.startswith(("on_train_begin", "on_train_end"))
            return getattr(joined, name) if passed else super().__getattribute__(name)

        def finish(self) -> None:
            """End the training that `once` began."""
            joined.on_train_end()

        def told(self) -> None:
            """Say that the run folder is complete."""
            for one in callbacks:
                getattr(one, "on_run_end", lambda: None)()

    joined.on_train_begin()
    return Once()
