"""A callback of functions."""

from collections.abc import Callable
from typing import Any

from .callback import MOMENTS, Callback


class LambdaCallback(Callback):
    """Call functions at the moments that they are given for.

    Parameters
    ----------
    on_epoch_begin, on_epoch_end : function of (epoch, logs), optional
    on_train_begin, on_train_end : function of logs, optional
    on_train_batch_begin, on_train_batch_end : function of (batch, logs), optional
    **moments : function, optional
        Any other moment of `Callback`.

    Raises
    ------
    TypeError
        One is no function, or there is no such moment.

    Notes
    -----
    Source: Keras 3 `LambdaCallback`.

    Examples
    --------
    >>> from minicnn import SGD, Dense, Input, Sequential
    >>> model = Sequential([Input((1,)), Dense(1)])
    >>> model.compile("sgd", "mse")
    >>> tell = LambdaCallback(on_epoch_end=lambda epoch, logs: print(epoch, sorted(logs)))
    >>> _ = model.fit([[1.0]], [[1.0]], epochs=2, verbose=0, callbacks=tell)
    0 ['loss']
    1 ['loss']
    """

    def __init__(
        self,
        on_epoch_begin: Callable[..., Any] | None = None,
        on_epoch_end: Callable[..., Any] | None = None,
        on_train_begin: Callable[..., Any] | None = None,
        on_train_end: Callable[..., Any] | None = None,
        on_train_batch_begin: Callable[..., Any] | None = None,
        on_train_batch_end: Callable[..., Any] | None = None,
        **moments: Callable[..., Any] | None,
    ):
        moments |= {
            "on_epoch_begin": on_epoch_begin,
            "on_epoch_end": on_epoch_end,
            "on_train_begin": on_train_begin,
            "on_train_end": on_train_end,
            "on_train_batch_begin": on_train_batch_begin,
            "on_train_batch_end": on_train_batch_end,
        }
        for name, function in moments.items():
            if name not in MOMENTS or not (function is None or callable(function)):
                raise TypeError(
                    f"LambdaCallback takes functions, for the moments {', '.join(MOMENTS)}. "
                    f"Received: {name}={function!r}."
                )
            if function is not None:
                setattr(self, name, function)
