"""Heads on stored vectors: a frozen base is run once, and each head then costs a hundredth."""

from collections.abc import Callable
from typing import Any

import numpy as np

from minicnn.data import Folder

from .. import features, model, pictures, runtime
from ..config import Config
from ..types import AnyPath, History, Net
from .epoch import is_over, one_epoch


class Vectors:
    """The stored vectors of a data folder's training and validation pictures for one frozen base.

    Parameters
    ----------
    config : Config
    found : minicnn.data.Folder
    store : str or path

    Attributes
    ----------
    classes : int
    learn : features.Stored, of the training pictures
    check : features.Stored, of the validation pictures as they are
    """

    def __init__(self, config: Config, found: Folder, store: AnyPath) -> None:
        runtime.repeatable(config.seed)
        self.classes: int = len(found.class_names)
        classifier, square = model.build(config, self.classes), pictures.square(config.size, config.base)

        def stored(name, **augmented):
            paths, labels = found.splits[name]
            loaded = pictures.Pictures(paths, square, labels, self.classes, keep=False)
            return features.Stored(classifier, loaded, store, **augmented)

        self.learn: features.Stored = stored("train", augment=config.augment, draws=config.draws)
        self.check: features.Stored = stored("validation")


def head_history(
    config: Config,
    vectors: Vectors,
    advance: Callable[[], Any] = lambda: None,
    better: Callable[[Net], Any] = lambda head: None,
) -> History:
    """Train one head on stored vectors; the same seed leads to what `train` leads to.

    Parameters
    ----------
    config : Config
    vectors : Vectors
    advance : called after each epoch
    better : called with the head after an epoch that is better on validation than all before it

    Returns
    -------
    history : a row an epoch

    Raises
    ------
    Diverged
        A loss is not finite.
    """
    runtime.repeatable(config.seed)
    head = model.build_head(config, vectors.learn.width, vectors.classes)
    model.compile_net(head, config, steps_at_once=32)
    check = vectors.check.batches(1, config.batch_size)
    history, most = [], -1.0
    for epoch in range(1, config.epochs + 1):
        order = np.random.default_rng([config.seed, epoch]).permutation(len(vectors.learn))
        head.optimizer.learning_rate.assign(config.rate(epoch))
        learn = vectors.learn.batches(epoch, config.batch_size, order, config.seed)
        history.append(one_epoch(head, learn, check, epoch, config.seed))
        if history[-1]["val_accuracy"] > most:
            most = history[-1]["val_accuracy"]
            better(head)
        advance()
        if is_over(config, history):
            break
    return history
