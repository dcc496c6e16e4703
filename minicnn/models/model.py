"""The model that a user trains: `Model(inputs, outputs)`. The chain, `Sequential`, is in sequential.py.

What it computes is in network.py and running.py, how it is trained in trainer.py; files and the table of layers have
files of their own: the methods here only call down.
"""

import json
import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Self

import numpy as np

from ..arguments import boolean, refuse
from ..layers import LAYERS, SymbolicTensor
from ..types import DTypeLike
from . import saving
from .configs import Own, entry, functional_arguments, functional_config, own_classes
from .ends import flat
from .network import Seed
from .summary import html_summary
from .summary import summary as format_summary
from .trainer import Trainer

Ends = SymbolicTensor | Sequence[SymbolicTensor] | Mapping[str, SymbolicTensor]
# Keras's arguments of methods that are not here: the values that mean "not used", and what else to do.
ELSEWHERE: dict[str, tuple[tuple[Any, ...], str]] = {
    "layer_range": ((None,), "leave it out, the table has all layers"),
    "line_length": ((None,), "leave it out, columns are as wide as what stands in them"),
    "positions": ((None,), "leave it out, columns are as wide as what stands in them"),
    "zipped": ((None, True), "a .keras file is a zip"),
    "max_shard_size": ((None,), "leave it out, the weights go into one file"),
    "skip_mismatch": ((False,), "set_weights of the layers that fit"),
}


class Model(Trainer):
    """A graph of layers from inputs to outputs.

    Parameters
    ----------
    inputs, outputs : SymbolicTensor, or list or dict of them
        From `Input`, or from calling layers: the model begins there. What was a dict takes, or gives, dicts by these
        keys; in `inputs` and `outputs` it stands in the order of its sorted keys, as in Keras.
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
    optimizer : Optimizer or None
    loss : Loss or None
        What `compile` set.
    classifier : dict or None
        Class names and preprocessing, as classifier.json has them.

    Raises
    ------
    ValueError
        No symbolic tensors, an output that needs an input which was not given, or one name twice.
    TypeError
        A key of a dict is no text.

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
    >>> list(Model({"picture": x}, {"classes": y}).predict_on_batch({"picture": [[[[0.0] * 3] * 8] * 8]}))
    ['classes']
    """

    class_name = "Functional"
    input_keys: tuple[str, ...] | None
    output_keys: tuple[str, ...] | None

    def __init__(self, inputs: Ends, outputs: Ends, name: str | None = None, seed: Seed = None):
        super().__init__(name)
        begins, self.input_keys = flat(inputs)
        ends, self.output_keys = flat(outputs)
        self._connect(begins, ends, self._start(seed))

    def _start(self, seed: Seed) -> np.random.Generator:
        self.classifier: dict[str, Any] | None = None  # classifier.json: class names and preprocessing
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
        return functional_config(self)

    @classmethod
    def from_config(cls, config: Mapping[str, Any], seed: Seed = None, custom_objects: Own = None) -> Self:
        """Make a model from a graph as Keras writes it, with fresh weights.

        Parameters
        ----------
        config : dict
            As `get_config` returns it, ours or Keras's.
        seed : int or np.random.Generator, optional
            As in `Model`.
        custom_objects : dict, optional
            Name -> layer class, of those that are not minicnn's.

        Raises
        ------
        ValueError
            The graph is not sound, or it has a layer or a setting that minicnn does not have.

        Examples
        --------
        >>> from minicnn import Dense, Input, Model
        >>> x = Input((4,))
        >>> Model.from_config(Model(x, Dense(2)(x)).get_config()).output_shape
        (None, 2)
        """
        return Model(**functional_arguments(config, seed, custom_objects), seed=seed)._with_flag(config)

    def _with_flag(self, config: Mapping[str, Any]) -> Any:
        """Take over whether the model as a whole learns; each layer's own config said it of the layer."""
        self._trainable = config.get("trainable", True) is not False
        return self

    def astype(self, dtype: DTypeLike) -> Self:
        """Copy the model in another dtype, compiled alike, with a fresh optimizer.

        Parameters
        ----------
        dtype : "float32" or "float64"
            The second for proofs.

        Examples
        --------
        >>> from minicnn import Dense, Input, Sequential
        >>> Sequential([Input((4,)), Dense(2)]).astype("float64").predict([[1, 2, 3, 4]]).dtype
        dtype('float64')
        """
        copy = type(self).from_config(self.get_config(), custom_objects=own_classes(self))
        copy.cast(dtype)
        copy.set_weights(self.get_weights())
        copy.seed, copy.classifier = self.seed, self.classifier
        if self.setup:
            copy.compile(**self.setup.arguments())
        return copy

    # ---- files ------------------------------------------------------------------------------------------

    def save(self, path: str | os.PathLike[str], overwrite: bool = True, **more: Any) -> None:
        """Write the model to a file; its ending says which kind.

        Parameters
        ----------
        path : str or PathLike
            `NAME.keras`: Keras's own format, all of the model. `NAME.h5`: whole-model HDF5. `FOLDER/model.json`:
            for TensorFlow.js, the arrays beside it. The classifier.json lies in the first and beside the others.
        overwrite : bool
            False: a file that is there stays, and ValueError says so.
        **more : anything
            Keras's other arguments, which mean nothing else here than their defaults.

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
        refuse("save", more, ELSEWHERE)
        saving.save_model(self, path, overwrite)

    def save_weights(self, path: str | os.PathLike[str], overwrite: bool = True, **more: Any) -> None:
        """Write the arrays alone to a file, as Keras does.

        Parameters
        ----------
        path : str or PathLike
            `NAME.weights.h5`.
        overwrite : bool
            False: a file that is there stays, and ValueError says so.
        **more : anything
            Keras's other arguments, which mean nothing else here than their defaults.

        Raises
        ------
        ValueError
            Another ending, or a model whose input shape nobody knows.

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
        refuse("save_weights", more, ELSEWHERE)
        saving.save_weights(self, path, overwrite)

    def load_weights(self, path: str | os.PathLike[str], **more: Any) -> None:
        """Read the arrays from a file, as Keras writes it: see `save_weights`.

        Parameters
        ----------
        path : str or PathLike
            A `.weights.h5` file, or the whole model's `.h5` or `.keras` file.
        **more : anything
            Keras's other arguments, which mean nothing else here than their defaults.

        Raises
        ------
        ValueError
            One sentence: the path, and what is wrong with the file or does not fit the model.
        """
        refuse("load_weights", more, ELSEWHERE)
        saving.load_weights(self, path)

    def to_json(self) -> str:
        """Return the architecture, without weights, as Keras's JSON.

        Examples
        --------
        >>> import json
        >>> from minicnn import Dense, Input, Sequential
        >>> json.loads(Sequential([Input((4,)), Dense(2)]).to_json())["class_name"]
        'Sequential'
        """
        return json.dumps(entry(self))

    def summary(
        self,
        print_fn: Callable[[str], Any] = print,
        expand_nested: bool = False,
        show_trainable: bool = False,
        **more: Any,
    ) -> None:
        """Print a table: a row a layer, with shapes, parameters, memory, work, and how much of the image it sees.

        Parameters
        ----------
        print_fn : function of str
            Takes the whole table.
        expand_nested : bool
            Whether the layers of a nested model have rows of their own.
        show_trainable : bool
            Whether a column tells which layers learn.
        **more : anything
            Keras's other arguments, which mean nothing else here than their defaults.

        Raises
        ------
        ValueError, TypeError
            An argument is none of these.

        Examples
        --------
        >>> from minicnn import Conv2D, Input, Sequential
        >>> model = Sequential([Input((8, 8, 1)), Conv2D(4, 3)], name="small")
        >>> model.summary(lambda table: print(table.rpartition("; ")[2]))
        1,296 multiply-adds and 832 bytes of outputs an example, 160 of weights
        """
        nested, shown = boolean("expand_nested", expand_nested), boolean("show_trainable", show_trainable)
        refuse("summary", more, ELSEWHERE)
        if not callable(print_fn):
            raise TypeError(f"`print_fn` must be a function of str. Received: print_fn={print_fn!r}.")
        print_fn(format_summary(self, nested, shown))

    def _repr_html_(self) -> str:
        """Write the same table as HTML: a notebook shows it."""
        return html_summary(self)


LAYERS.update(Functional=Model, Model=Model)
