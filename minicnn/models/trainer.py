"""What a model has for training: `compile`, `fit`, `evaluate`, `predict`, as Keras's Trainer.

The work is done in training/: the methods here only call down.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, overload

import numpy as np

from .. import training
from ..losses import Loss
from ..optimizers import Optimizer
from ..types import Array, ArrayLike
from .network import Network, Seed

# What the model and its metrics decide, a type checker cannot know: it takes the usual case, and lets the other pass.
ArrayOrList = Array | Any  # an array, or a list of them where there are several outputs
LossOrList = float | Any  # a number, or a list where there are metrics


class Trainer(Network):
    """A graph of layers that can be trained.

    Attributes
    ----------
    setup : training.Setup or None
        What `compile` made: optimizer, loss, metrics.
    setup_fault : str
        Why the settings in the model's file could not be used; empty where they could.
    stop_training : bool
        Set by a callback, it ends `fit` after the epoch.
    epochs : int
        Of training so far: see `fit`.
    """

    def _start(self, seed: Seed) -> np.random.Generator:
        self.setup: training.Setup | None = None
        self.setup_fault: str = ""
        self.stop_training: bool = False
        self.epochs: int = 0
        return super()._start(seed)

    def compile(self, optimizer: str | Optimizer, loss: str | Loss, *, metrics: Sequence[str] = ()) -> None:
        """Say how to train.

        Parameters
        ----------
        optimizer : Optimizer, or "sgd" or "adam"
        loss : Loss, or its name
            "categorical_crossentropy", "sparse_categorical_crossentropy", "binary_crossentropy", "mean_squared_error".
        metrics : list of str
            "accuracy", in Keras's three meanings, or one of them by its own name.

        Examples
        --------
        >>> from minicnn import Adam, Dense, Input, Sequential
        >>> model = Sequential([Input((4,)), Dense(2)])
        >>> model.compile(Adam(0.01), "mse", metrics=[])
        >>> model.loss.name
        'mean_squared_error'
        """
        self.setup = training.Setup(optimizer, loss, metrics)
        if self.built:
            self.setup.advise(self)

    @property
    def optimizer(self) -> Optimizer | None:
        """The optimizer that compile set."""
        return self.setup and self.setup.optimizer

    @property
    def loss(self) -> Loss | None:
        """The loss that compile set."""
        return self.setup and self.setup.loss

    def fit(
        self,
        x: training.Data,
        y: ArrayLike | None = None,
        batch_size: int = 32,
        epochs: int = 1,
        validation_data: training.Data | None = None,
        shuffle: bool = True,
        seed: int | None = None,
        class_weight: Mapping[int, float] | None = None,
        callbacks: training.Callbacks = None,
        verbose: int | str = "auto",
        initial_epoch: int | None = None,
    ) -> training.History:
        """Train for some epochs.

        Parameters
        ----------
        x : array (N, ...), a list of them for several inputs, or batches
            Batches: an object that gives (x, y) pairs each time it is iterated over, or one with `__len__` and
            `__getitem__`, like Keras's PyDataset, of which on_epoch_begin and on_epoch_end are called.
        y : array of N labels, optional
            One-hot or integers, as the loss wants; None with batches.
        batch_size : int
            Examples in a step; the last step of an epoch may have fewer.
        epochs : int
            The number after the last epoch's: with `initial_epoch` 0, how often the examples are gone through.
        validation_data : (x, y) or batches, optional
            Measured after each epoch as val_loss, val_accuracy, ...
        shuffle : bool
            Draw a new order each epoch (batches bring their own).
        seed : int, optional
            Of the order; by default the model's.
        class_weight : dict, optional
            Class -> how much its examples count; 1 for those that it lacks.
        callbacks : Callback or list of them, optional
            What happens between epochs: see `minicnn.callbacks`.
        verbose : 0, 1, 2 or "auto"
            Silent, a progress bar, a line an epoch, or what suits the output.
        initial_epoch : int, optional
            The number of the first epoch, to go on after an interruption.

        Returns
        -------
        history : History
            `.history`: name -> a value an epoch.

        Raises
        ------
        ValueError, TypeError
            Data that do not fit or are not finite, or labels that the loss cannot take.

        Examples
        --------
        >>> import numpy as np
        >>> from minicnn import SGD, Dense, Input, Sequential
        >>> x = np.arange(8.0).reshape(8, 1) / 8
        >>> model = Sequential([Input((1,)), Dense(1)], seed=0)
        >>> model.compile(SGD(0.1), "mse")
        >>> history = model.fit(x, 3 * x + 1, batch_size=8, epochs=300, verbose=0)
        >>> model.params["dense/bias"].round(1).tolist()
        [1.0]
        """
        return training.fit(
            self,
            x,
            y,
            batch_size=batch_size,
            epochs=epochs,
            validation_data=validation_data,
            shuffle=shuffle,
            seed=seed,
            class_weight=class_weight,
            callbacks=callbacks,
            verbose=verbose,
            initial_epoch=initial_epoch,
        )

    @overload
    def train_on_batch(
        self,
        x: ArrayLike,
        y: ArrayLike,
        class_weight: Mapping[int, float] | None = None,
        return_dict: Literal[False] = False,
    ) -> LossOrList: ...

    @overload
    def train_on_batch(
        self,
        x: ArrayLike,
        y: ArrayLike,
        class_weight: Mapping[int, float] | None = None,
        *,
        return_dict: Literal[True],
    ) -> dict[str, float]: ...

    def train_on_batch(
        self,
        x: ArrayLike,
        y: ArrayLike,
        class_weight: Mapping[int, float] | None = None,
        return_dict: bool = False,
    ) -> LossOrList | dict[str, float]:
        """Do one step of training on one batch.

        Parameters
        ----------
        x, y : arrays
            One batch and its labels.
        class_weight : dict, optional
            Class -> how much its examples count.
        return_dict : bool
            Return {name: value}.

        Returns
        -------
        loss : float, or [loss, metric, ...] where there are metrics, or a dict
            Of this batch, before the step.

        Examples
        --------
        >>> from minicnn import Dense, Input, Sequential
        >>> model = Sequential([Input((2,)), Dense(1)], seed=0)
        >>> model.compile("sgd", "mse")
        >>> first, second = (model.train_on_batch([[1, 2]], [[3]]) for _ in range(2))
        >>> first > second
        True
        """
        return training.train_on_batch(self, x, y, class_weight=class_weight, return_dict=return_dict)

    @overload
    def evaluate(
        self,
        x: training.Data,
        y: ArrayLike | None = None,
        batch_size: int = 32,
        return_dict: Literal[False] = False,
    ) -> LossOrList: ...

    @overload
    def evaluate(
        self, x: training.Data, y: ArrayLike | None = None, batch_size: int = 32, *, return_dict: Literal[True]
    ) -> dict[str, float]: ...

    def evaluate(
        self, x: training.Data, y: ArrayLike | None = None, batch_size: int = 32, return_dict: bool = False
    ) -> LossOrList | dict[str, float]:
        """Measure loss and metrics.

        Parameters
        ----------
        x, y, batch_size
            As in `fit`.
        return_dict : bool
            Return {name: value}.

        Returns
        -------
        loss : float, or [loss, metric, ...] where there are metrics, or a dict

        Examples
        --------
        >>> from minicnn import Dense, Input, Sequential
        >>> model = Sequential([Input((1,)), Dense(1)])
        >>> model.set_weights([[[2.0]], [0.0]])
        >>> model.compile("sgd", "mse")
        >>> model.evaluate([[1.0], [2.0]], [[2.0], [5.0]])
        0.5
        """
        return training.evaluate(self, x, y, batch_size=batch_size, return_dict=return_dict)

    def predict(self, x: training.Data, batch_size: int = 32) -> ArrayOrList:
        """Compute outputs batch by batch.

        Parameters
        ----------
        x : array (N, ...), a list of them for several inputs, or batches
        batch_size : int
            Examples at a time.

        Returns
        -------
        y : array (N, ...)
            A list for several outputs.

        Examples
        --------
        >>> import numpy as np
        >>> from minicnn.models import tinyvgg
        >>> y = tinyvgg((32, 32), 10, seed=0).predict(np.zeros((2, 32, 32, 3)))
        >>> y.shape, y.sum(axis=1).round(3).tolist()
        ((2, 10), [1.0, 1.0])
        """
        return training.predict(self, x, batch_size=batch_size)
