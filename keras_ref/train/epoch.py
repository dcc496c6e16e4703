"""One epoch: a compiled net learns from batches, and is validated."""

import math
from collections.abc import Callable, Sequence
from typing import Any

from .. import results, runtime
from ..config import Config
from ..runs import state
from ..runtime import Diverged
from ..types import Dataset, History, Net, Result


def is_over(config: Config, history: History) -> bool:
    """Whether a run has waited for a better validation loss for as many epochs as its patience is.

    Parameters
    ----------
    config : Config
    history : a row an epoch

    Returns
    -------
    over : bool
    """
    losses = [row["val_loss"] for row in history]
    return bool(config.patience and losses) and len(losses) - 1 - losses.index(min(losses)) >= config.patience


def one_epoch(
    learner: Net,
    learn: Dataset,
    check: Dataset,
    epoch: int,
    seed: int,
    class_weight: dict[int, float] | None = None,
    callbacks: Sequence[Any] = (),
) -> Result:
    """Let a compiled net learn for one epoch and validate it.

    Parameters
    ----------
    learner : keras.Model, compiled
    learn : batches to learn from
    check : batches to validate on
    epoch : int, from 1
    seed : int, 0 or more
    class_weight : {class number: weight}, or None
    callbacks : Keras's

    Returns
    -------
    row : dict with the keys of history.csv

    Raises
    ------
    Diverged
        A figure is not finite.
    """
    state.set_dropout(learner, seed, epoch)
    fit: Any = learner.fit  # Keras's own annotation of `verbose` knows "auto" alone
    fitted = fit(
        learn,
        validation_data=check,
        epochs=epoch,
        initial_epoch=epoch - 1,
        verbose=0,
        shuffle=False,
        class_weight=class_weight,
        callbacks=list(callbacks),
    )
    row = {"epoch": epoch} | {name: float(fitted.history[name][0]) for name in results.COLUMNS[1:]}
    if not all(map(math.isfinite, row.values())):
        raise Diverged(
            f"The loss of epoch {epoch} is not finite with lr={float(learner.optimizer.learning_rate):g}, so nothing "
            "of that epoch is kept; start again with a smaller lr."
        )
    return row


def bar(advance: Callable[..., None]) -> Any:
    """Return a Keras callback that advances a progress bar by one for each batch learned from.

    Parameters
    ----------
    advance : function without arguments

    Returns
    -------
    callback : keras.callbacks.Callback
    """
    _, keras = runtime.load()
    return keras.callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: advance())
