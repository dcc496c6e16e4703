"""The model that a user trains: `Model(inputs, outputs)`. The chain, `Sequential`, is in sequential.py.

What it computes is in network.py and running.py; training, files and the table of layers live in their own rooms and
files: the methods here only call down.
"""

import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Self

import numpy as np

from .. import training
from ..layers import LAYERS, SymbolicTensor
from ..losses import Loss
from ..optimizers import Optimizer
from ..types import ArrayLike, DTypeLike
from . import saving
from .network import Network
from .summary import summary as format_summary

Ends = SymbolicTensor | Sequence[SymbolicTensor]


class Model(Network):
    """A graph of layers from inputs to outputs.

    Parameters
    ----------
    inputs, outputs : SymbolicTensor, or list of them
        From `Input`, or from calling layers: the model begins there.
    name : str, optional
        An automatic one by default.
    seed : int or np.random.Generator, optional
        Of the weights, of Dropout and of the order of the examples; a Generator draws the first two alone.

    Attributes
    ----------
    layers : list of Layer
        In Keras's order.
    params, grads, state : dict
        "layer/kernel" -> array, of the layers that are trainable (state: of all).
    optimizer, loss
        What `compile` set.
    classifier : dict or None
        Class names and preprocessing, as classifier.json has them.

    Raises
    ------
    ValueError
        No symbolic tensors, an output that needs an input which was not given, or one name twice.

    Notes
    -----
    Source: Keras 3 `Model`. See `Network` for what it computes.

    Examples
    --------
    >>> from minicnn import Add, Conv2D, Dense, GlobalAveragePooling2D, Input, Model
    >>> x = Input((8, 8, 3))
    >>> y = Conv2D(3, 3, padding="same", activation="relu")(x)
    >>> y = Dense(2)(GlobalAveragePooling2D()(Add()([x, y])))  # a way around the convolution
    >>> model = Model(x, y, seed=0)
    >>> model.output_shape, model.count_params()
    ((None, 2), 92)
    """

    class_name = "Functional"

    def __init__(
        self, inputs: Ends, outputs: Ends, name: str | None = None, seed: int | np.random.Generator | None = None
    ):
        super().__init__(name)
        self._connect(listed(inputs), listed(outputs), self._start(seed))

    def _start(self, seed: int | np.random.Generator | None) -> np.random.Generator:
        self.setup: training.Setup | None = None  # what compile makes: optimizer, loss, metrics
        self.classifier: dict[str, Any] | None = None  # classifier.json: class names and preprocessing
        self.stop_training = False
        self.epochs = 0  # of training so far: see `training.fit`
        return super()._start(seed)

    # ---- settings ---------------------------------------------------------------------------------------

    def get_config(self) -> dict[str, Any]:
        """Return the graph as Keras writes it.

        Examples
        --------
        >>> from minicnn import Dense, Input, Model
        >>> x = Input((4,), name="x")
        >>> Model(x, Dense(2, name="y")(x)).get_config()["output_layers"]
        ['y', 0, 0]
        """
        return saving.functional_config(self)

    @classmethod
    def from_config(cls, config: dict[str, Any], seed: int | np.random.Generator | None = None) -> Self:
        """Make a model from a graph as Keras writes it, with fresh weights (`seed` as in `Model`).

        Examples
        --------
        >>> from minicnn import Dense, Input, Model
        >>> x = Input((4,))
        >>> Model.from_config(Model(x, Dense(2)(x)).get_config()).output_shape
        (None, 2)
        """
        return Model(**saving.functional_arguments(config, seed), seed=seed)._with_flag(config)

    def _with_flag(self, config: dict[str, Any]) -> Any:
        """Take over whether the model as a whole learns; each layer's own config said it of the layer."""
        self._trainable = config.get("trainable", True) is not False
        return self

    def astype(self, dtype: DTypeLike) -> Self:
        """Copy the model in another dtype ("float64" for proofs), compiled alike, with a fresh optimizer.

        Examples
        --------
        >>> from minicnn import Dense, Input, Sequential
        >>> Sequential([Input((4,)), Dense(2)]).astype("float64").predict([[1, 2, 3, 4]]).dtype
        dtype('float64')
        """
        copy = type(self).from_config(self.get_config())
        copy.cast(dtype)
        copy.set_weights(self.get_weights())
        copy.seed, copy.classifier = self.seed, self.classifier
        if self.setup:
            copy.compile(**training.Setup.from_config(self.setup.get_config()).arguments())
        return copy

    # ---- training ---------------------------------------------------------------------------------------

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
        x: Any,
        y: ArrayLike | None = None,
        batch_size: int = 32,
        epochs: int = 1,
        validation_data: Any = None,
        shuffle: bool = True,
        seed: int | None = None,
        class_weight: Mapping[int, float] | None = None,
        callbacks: Any = None,
        verbose: int | str = "auto",
        initial_epoch: int | None = None,
    ) -> Any:
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
            Passes over the examples.
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

    def train_on_batch(
        self, x: Any, y: ArrayLike, class_weight: Mapping[int, float] | None = None, return_dict: bool = False
    ) -> Any:
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

    def evaluate(self, x: Any, y: ArrayLike | None = None, batch_size: int = 32, return_dict: bool = False) -> Any:
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

    def predict(self, x: Any, batch_size: int = 32) -> Any:
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

    # ---- files ------------------------------------------------------------------------------------------

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the model to a file; its ending says which kind.

        Parameters
        ----------
        path : str or PathLike
            `NAME.keras`: Keras's own format, all of the model. `NAME.h5`: whole-model HDF5. `FOLDER/model.json`:
            for TensorFlow.js, the arrays beside it. The classifier.json lies in the first and beside the others.

        Raises
        ------
        ValueError
            Another ending, a model whose input shape nobody knows, or, for TensorFlow.js, a layer that it lacks.

        Examples
        --------
        >>> import tempfile
        >>> from minicnn import Dense, Input, Sequential, load_model
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     Sequential([Input((4,)), Dense(2)]).save(f"{folder}/small.keras")
        ...     load_model(f"{folder}/small.keras").output_shape
        (None, 2)
        """
        saving.save_model(self, path)

    def save_weights(self, path: str | os.PathLike[str]) -> None:
        """Write the arrays alone to a `.weights.h5` file, as Keras does.

        Examples
        --------
        >>> import tempfile
        >>> from minicnn.models import tinyvgg
        >>> model, fresh = tinyvgg((32, 32), 10, seed=1), tinyvgg((32, 32), 10, seed=2)
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     model.save_weights(f"{folder}/tiny.weights.h5")
        ...     fresh.load_weights(f"{folder}/tiny.weights.h5")
        >>> all((a == b).all() for a, b in zip(model.get_weights(), fresh.get_weights()))
        True
        """
        saving.save_weights(self, path)

    def load_weights(self, path: str | os.PathLike[str]) -> None:
        """Read the arrays from a `.weights.h5` file, as Keras writes it: see `save_weights`.

        Raises
        ------
        ValueError
            One sentence: the path, and what is wrong with the file or does not fit the model.
        """
        saving.load_weights(self, path)

    def summary(self, print_fn: Callable[[str], Any] = print) -> None:
        """Print a table: a row a layer, with shapes, parameters, memory, work, and how much of the picture it sees.

        Parameters
        ----------
        print_fn : function of str
            Takes the whole table.

        Examples
        --------
        >>> from minicnn import Conv2D, Input, Sequential
        >>> model = Sequential([Input((8, 8, 1)), Conv2D(4, 3)], name="small")
        >>> model.summary(lambda table: print(table.splitlines()[-1]))
        model 'small': 40 parameters, 40 of them trainable; 1,296 multiply-adds an example
        """
        print_fn(format_summary(self))


def listed(tensors: Any) -> list[Any]:
    """Return one tensor, or several, as a list."""
    return list(tensors) if isinstance(tensors, (list, tuple)) else [tensors]


LAYERS.update(Functional=Model, Model=Model)
