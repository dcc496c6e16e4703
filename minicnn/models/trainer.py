"""What a model has for training, as Keras's Trainer: `compile`, `fit`, `evaluate`, `predict`; training/ does it."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, overload

import numpy as np

from .. import training
from ..optimizers import Optimizer
from ..types import Array
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
        Set by a callback, it ends `fit` after the batch; the epoch is measured and told as the last one.
    epochs : int
        Of training so far: see `fit`.
    """

    def _start(self, seed: Seed) -> np.random.Generator:
        self.setup: training.Setup | None = None
        self.setup_fault: str = ""
        self.stop_training: bool = False
        self.epochs: int = 0
        return super()._start(seed)

    def compile(
        self,
        optimizer: str | Optimizer = "rmsprop",
        loss: Any = None,
        loss_weights: Any = None,
        metrics: Any = None,
        weighted_metrics: Any = None,
        **unused: Any,
    ) -> None:
        """Say how to train.

        Parameters
        ----------
        optimizer : Optimizer, or "sgd", "adam", "adamw" or "rmsprop"
        loss : Loss, its name or a function, or a list or dict of them
            "categorical_crossentropy", "sparse_categorical_crossentropy", "binary_crossentropy", "mean_squared_error",
            "mean_absolute_error", "huber". For several outputs one for all, or one for each.
        loss_weights : list or dict of float, optional
            How much each output's loss counts.
        metrics : list of str, Metric or function, optional
            "accuracy", in Keras's three meanings, or one of them by its own name; `Precision()`. For several outputs a
            list of such lists, or a dict by the outputs' names.
        weighted_metrics : as metrics, optional
            Those that take the examples' weights.
        **unused : run_eagerly, steps_per_execution, jit_compile, auto_scale_loss
            Keras's, which change nothing here; any other value than that for "no" is refused.

        Raises
        ------
        ValueError, TypeError
            An argument is none of these.

        Examples
        --------
        >>> from minicnn import Adam, Dense, Input, Sequential
        >>> model = Sequential([Input((4,)), Dense(2)])
        >>> model.compile(Adam(0.01), "mse", metrics=[])
        >>> model.loss.name
        'mean_squared_error'
        """
        training.check_unused(unused)
        self.setup = training.Setup(optimizer, loss, metrics, loss_weights, weighted_metrics)
        if self.built:
            self.setup.parts(self.output_names)  # refuses what is for other outputs
            self.setup.advise(self)

    @property
    def optimizer(self) -> Optimizer | None:
        """The optimizer that compile set."""
        return self.setup and self.setup.optimizer

    @property
    def loss(self) -> Any:
        """The loss that compile set: a Loss, or a list or dict of them for several outputs."""
        return self.setup and self.setup.loss

    def fit(
        self,
        x: training.Data,
        y: Any = None,
        batch_size: int | None = None,
        epochs: int = 1,
        verbose: int | str = "auto",
        callbacks: training.Callbacks = None,
        validation_split: float = 0.0,
        validation_data: training.Data | None = None,
        shuffle: bool = True,
        class_weight: Mapping[int, float] | None = None,
        sample_weight: Any = None,
        initial_epoch: int | None = None,
        steps_per_epoch: int | None = None,
        validation_steps: int | None = None,
        validation_batch_size: int | None = None,
        validation_freq: int | Sequence[int] = 1,
        seed: int | None = None,
    ) -> training.History:
        """Train for some epochs.

        Parameters
        ----------
        x : array (N, ...), a list or dict of them for several inputs, or batches
            Batches: an object that gives (x, y) or (x, y, weights) each time it is iterated over, or one with `__len__`
            and `__getitem__`, like Keras's PyDataset. An iterator will do for one epoch, or with `steps_per_epoch`.
        y : array of N labels, or a list or dict of them for several outputs, optional
            One-hot or integers, as the loss wants; None with batches.
        batch_size : int, optional
            Examples in a step; by default 32, or what lets `steps_per_epoch` steps see all. The last may have fewer.
        epochs : int
            The number after the last epoch's: with `initial_epoch` 0, how often the examples are gone through.
        verbose : 0, 1, 2 or "auto"
            Silent, a progress bar, a line an epoch, or what suits the output.
        callbacks : Callback or list of them, optional
            What happens between epochs and batches: see `minicnn.callbacks`.
        validation_split : float in [0, 1)
            What share of arrays, their last examples, is validated with and not learned from.
        validation_data : (x, y), (x, y, weights) or batches, optional
            Measured after each epoch as val_loss, val_accuracy, ...
        shuffle : bool
            Draw a new order each epoch (batches bring their own).
        class_weight : dict, optional
            Class -> how much its examples count; 1 for those that it lacks.
        sample_weight : array (N,), or a list or dict of them, optional
            How much each example counts.
        initial_epoch : int, optional
            The number of the first epoch, to go on after an interruption.
        steps_per_epoch : int, optional
            Batches in an epoch; the next one goes on where it ends, or begins anew. All batches by default.
        validation_steps : int, optional
            How many batches are validated with; all by default.
        validation_batch_size : int, optional
            By default batch_size, or as many as let `validation_steps` see all.
        validation_freq : int or list of int
            Validate after every so many epochs, or after these, counted from 1.
        seed : int, optional
            Of the order; by default the model's.

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
            verbose=verbose,
            callbacks=callbacks,
            validation_split=validation_split,
            validation_data=validation_data,
            shuffle=shuffle,
            class_weight=class_weight,
            sample_weight=sample_weight,
            initial_epoch=initial_epoch,
            steps_per_epoch=steps_per_epoch,
            validation_steps=validation_steps,
            validation_batch_size=validation_batch_size,
            validation_freq=validation_freq,
            seed=seed,
        )

    @overload
    def train_on_batch(
        self,
        x: Any,
        y: Any = None,
        sample_weight: Any = None,
        class_weight: Mapping[int, float] | None = None,
        return_dict: Literal[False] = False,
    ) -> LossOrList: ...

    @overload
    def train_on_batch(
        self,
        x: Any,
        y: Any = None,
        sample_weight: Any = None,
        class_weight: Mapping[int, float] | None = None,
        *,
        return_dict: Literal[True],
    ) -> dict[str, float]: ...

    def train_on_batch(
        self,
        x: Any,
        y: Any = None,
        sample_weight: Any = None,
        class_weight: Mapping[int, float] | None = None,
        return_dict: bool = False,
    ) -> LossOrList | dict[str, float]:
        """Do one step of training on one batch.

        Parameters
        ----------
        x, y : arrays
            One batch and its labels; lists or dicts of them for several inputs or outputs.
        sample_weight : array (N,), optional
            How much each example counts.
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
        return training.train_on_batch(self, x, y, sample_weight, class_weight, return_dict)

    def test_on_batch(
        self, x: Any, y: Any = None, sample_weight: Any = None, return_dict: bool = False
    ) -> LossOrList | dict[str, float]:
        """Measure loss and metrics on one batch.

        Parameters
        ----------
        x, y, sample_weight, return_dict
            As in `train_on_batch`.

        Returns
        -------
        loss : float, or [loss, metric, ...] where there are metrics, or a dict

        Examples
        --------
        >>> from minicnn import Dense, Input, Sequential
        >>> model = Sequential([Input((1,)), Dense(1)])
        >>> model.set_weights([[[2.0]], [0.0]])
        >>> model.compile("sgd", "mse")
        >>> model.test_on_batch([[1.0], [2.0]], [[2.0], [5.0]])
        0.5
        """
        return training.test_on_batch(self, x, y, sample_weight, return_dict)

    def predict_on_batch(self, x: Any) -> ArrayOrList:
        """Compute the outputs of one batch.

        Parameters
        ----------
        x : array (N, ...), or a list or dict of them for several inputs

        Returns
        -------
        y : array (N, ...)
            A list for several outputs, a dict where the model was made with one.

        Examples
        --------
        >>> from minicnn import Dense, Input, Sequential
        >>> Sequential([Input((2,)), Dense(3)]).predict_on_batch([[1, 2]]).shape
        (1, 3)
        """
        return self._named(self.forward(x))

    @overload
    def evaluate(
        self,
        x: training.Data,
        y: Any = None,
        batch_size: int | None = None,
        verbose: int | str = 0,
        sample_weight: Any = None,
        steps: int | None = None,
        callbacks: training.Callbacks = None,
        return_dict: Literal[False] = False,
    ) -> LossOrList: ...

    @overload
    def evaluate(
        self,
        x: training.Data,
        y: Any = None,
        batch_size: int | None = None,
        verbose: int | str = 0,
        sample_weight: Any = None,
        steps: int | None = None,
        callbacks: training.Callbacks = None,
        *,
        return_dict: Literal[True],
    ) -> dict[str, float]: ...

    def evaluate(
        self,
        x: training.Data,
        y: Any = None,
        batch_size: int | None = None,
        verbose: int | str = 0,
        sample_weight: Any = None,
        steps: int | None = None,
        callbacks: training.Callbacks = None,
        return_dict: bool = False,
    ) -> LossOrList | dict[str, float]:
        """Measure loss and metrics.

        Parameters
        ----------
        x, y, batch_size, sample_weight, callbacks
            As in `fit`; x may be an iterator.
        verbose : 0, 1, 2 or "auto"
            As in `fit`. (In Keras "auto" is the default.)
        steps : int, optional
            How many batches are measured; all by default.
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
        return training.evaluate(self, x, y, batch_size, verbose, sample_weight, steps, callbacks, return_dict)

    def predict(
        self,
        x: training.Data,
        batch_size: int | None = None,
        verbose: int | str = 0,
        steps: int | None = None,
        callbacks: training.Callbacks = None,
    ) -> ArrayOrList:
        """Compute outputs batch by batch.

        Parameters
        ----------
        x : array (N, ...), a list or dict of them for several inputs, or batches
        batch_size : int, optional
            Examples at a time; by default 32, or as many as let `steps` batches hold all.
        verbose, steps, callbacks
            As in `evaluate`.

        Returns
        -------
        y : array (N, ...)
            A list for several outputs, a dict where the model was made with one.

        Examples
        --------
        >>> import numpy as np
        >>> from minicnn.models import tinyvgg
        >>> y = tinyvgg((32, 32), 10, seed=0).predict(np.zeros((2, 32, 32, 3)))
        >>> y.shape, y.sum(axis=1).round(3).tolist()
        ((2, 10), [1.0, 1.0])
        """
        return training.predict(self, x, batch_size, verbose, steps, callbacks)
