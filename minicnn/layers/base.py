"""What every layer is: settings, arrays, and a forward and a backward that mirror each other.

    y  = f(x; params)                forward, one kernel call
    dx = (df/dx)^T dy                backward: what the loss's gradient at y says about x ...
    grads[k] = (df/dparams[k])^T dy  ... and about each trainable array, under the same key

A layer file writes `_forward`, which returns y and whatever the way back needs, and `_backward`, which gets it
again. This file does the rest once for all of them: it checks x and dy, pushes in training, pops last first,
so a layer that is called twice in a net goes back twice.

Calling a layer on a `SymbolicTensor` (what `Input` returns) records a `Node`: see node.py.
"""

import re
import warnings

import numpy as np

from .arrays import DTYPES, cast
from .node import Node, SymbolicTensor


def auto_name(class_name):
    """Turn a class name into Keras's automatic layer name: "MaxPooling2D" -> "max_pooling2d"."""
    return re.sub(r"(?<=.)(?=[A-Z][a-z])|(?<=[a-z])(?=[A-Z])", "_", class_name).lower()


class Layer:
    """Base of every layer. See the module's docstring for the contract.

    Attributes
    ----------
    name : str                 unique in a model; an automatic name may get a number there, as in Keras
    trainable : bool           False: the optimizer leaves `params` alone and backward computes no `grads`
    built : bool               whether shapes are known and arrays exist
    dtype : "float32" or "float64"     of every array of the layer; input is cast to it
    input_shape, output_shape  (None, ...) tuples; a list of them where a layer takes several inputs. The layer was
        built for them; what its arrays fix is their last size, the channels. Pictures of other sizes may come
    params, grads : dict       trainable arrays and their gradients, the same keys
    state : dict               arrays that change in training without a gradient (moving means)
    activation : str or None   what the layer ends with, where a loss could take its logits instead
    """

    activation = None
    takes_list = False  # whether several arrays go in
    is_model = False  # whether it is a model: a graph of layers of its own
    class_name = None  # the class's own name, unless a file calls it otherwise
    # Keras settings that change the output and that this engine lacks: the one value that means "not used".
    only = {}

    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        cls.class_name = cls.__dict__.get("class_name", cls.__name__)

    def __setattr__(self, name, value):
        super().__setattr__(name, value)
        self.__dict__["_stamp"] = object()  # who has planned by the settings sees that one was set

    def __init__(self, name=None):
        if name is not None and (not isinstance(name, str) or not name or "/" in name):
            raise ValueError(f"`name` must be a non-empty string without '/'. Received: name={name!r}.")
        self.name = name or auto_name(type(self).__name__)
        self.auto_named = name is None
        self.trainable = True
        self.built = False
        self.dtype = None
        self.input_shape = self.output_shape = None
        self.kept_settings = {}
        self._saved = []
        self._make_arrays()

    def _make_arrays(self):
        self.params, self.grads, self.state = {}, {}, {}

    # ---- building ---------------------------------------------------------------------------------------

    def build(self, input_shape, rng=None, dtype="float32"):
        """Check the input's shape and make the arrays. A layer that is built already keeps its own, if they fit.

        Parameters
        ----------
        input_shape : (None, ...) tuple of int or None, or a list of such tuples for several inputs
        rng : np.random.Generator, optional      draws the weights; a fresh one by default
        dtype : "float32" or "float64"

        Raises
        ------
        ValueError: whatever does not fit, with the argument and its value.
        """
        if self.built:
            self.output_shape_of(input_shape)
            return
        if str(np.dtype(dtype)) not in DTYPES:
            raise ValueError(f"`dtype` must be 'float32' or 'float64'. Received: dtype={dtype!r}.")
        self.output_shape = self.output_shape_of(input_shape)  # raises every shape error
        self.input_shape = input_shape
        self.dtype = str(np.dtype(dtype))
        self._build(input_shape, rng if rng is not None else np.random.default_rng())
        self.built = True
        if self.activation == "softmax" and self.output_shape[getattr(self, "axis", -1)] == 1:
            warnings.warn(
                f"Layer '{self.name}' is a softmax over one number, which gives 1 whatever comes in. "
                f"Sigmoid may be meant.",
                stacklevel=3,
            )

    def _build(self, input_shape, rng):
        """Fill `params` and `state`. Layers without arrays have nothing to do."""

    def compute_output_shape(self, input_shape):
        """Give the output's shape, (None, ...), for an input's. All that the settings refuse is refused here."""
        return input_shape

    def output_shape_of(self, input_shape):
        """Give the output's shape for an input's, which must fit the settings and, once built, the arrays."""
        if isinstance(input_shape, list) and not self.takes_list:
            raise ValueError(
                f"Layer '{self.name}' takes one input. Received: {len(input_shape)} of shapes {input_shape}."
            )
        shape = self.compute_output_shape(input_shape)
        if self.built and self._fixed(input_shape) != self._fixed(self.input_shape):
            raise ValueError(
                f"Input of layer '{self.name}' must fit its arrays, which were made for shape "
                f"{self.input_shape}. Received: x.shape={tuple(input_shape)}."
            )
        return shape

    def _fixed(self, input_shape):
        """Give what the arrays fix of an input's shape: the last size, where there are arrays."""
        return input_shape[-1] if self.params or self.state else None

    def multiply_adds(self, input_shape=None):
        """Count the multiplications with a following addition for one example; None if a size is open.

        `input_shape` is the one that the layer was built for, if none is given.
        """
        return 0

    def window(self, input_shape=None):
        """Give ((height, width), (step down, step right)) of the input window that one output looks at, in pixels."""
        return (1, 1), (1, 1)

    # ---- running ----------------------------------------------------------------------------------------

    def __call__(self, x, training=None):
        """Run `forward`, or record a node where x is symbolic."""
        several = isinstance(x, (list, tuple))
        inputs = list(x) if several else [x]
        if not any(isinstance(item, SymbolicTensor) for item in inputs):
            return self.forward(x, bool(training))
        if not all(isinstance(item, SymbolicTensor) for item in inputs):
            raise TypeError(f"Layer '{self.name}' got symbolic tensors and arrays mixed; all must be of one kind.")
        shapes = [item.shape for item in inputs]
        node = Node(self, inputs, several, self.output_shape_of(shapes if several else shapes[0]), training)
        return node.outputs[0] if len(node.outputs) == 1 else node.outputs

    def forward(self, x, training=False, *, keep=None, logits=False):
        """Compute y from x.

        Parameters
        ----------
        x : array like `input_shape`, any numeric dtype (cast to the layer's); a list for several inputs
        training : bool      whether Dropout drops, BatchNormalization uses the batch, and backward may follow
        keep : bool, optional    whether to push what backward needs; by default when training
        logits : bool        leave out the layer's `activation`, so that a loss can take the logits

        Returns
        -------
        y : array, dtype of the layer
        """
        x = self._checked_input(x)
        y, saved = self._forward(x, training, logits=True) if logits else self._forward(x, training)
        if training if keep is None else keep:
            self._saved.append((saved, y.shape))
        return y

    def backward(self, dy, need_dx=True):
        """Turn the loss's gradient at y into the one at x, and set `grads`.

        Parameters
        ----------
        dy : array, shape of the y that it belongs to
        need_dx : bool       False: nobody reads dx, so it is not computed

        Returns
        -------
        dx : array, shape of x (a list for several inputs), or None if not needed

        Raises
        ------
        RuntimeError: nothing was pushed: no forward(x, training=True) before.
        """
        if not self._saved:
            raise RuntimeError(
                f"Layer '{self.name}': backward needs a forward(x, training=True) before it, one for each backward."
            )
        saved, shape = self._saved[-1]
        dy = np.asarray(dy)
        if dy.shape != shape:
            raise ValueError(
                f"`dy` of layer '{self.name}' must have the output's shape {shape}. Received: dy.shape={dy.shape}."
            )
        self._saved.pop()
        self.grads.clear()  # the step before's: their memory is for this one's
        return self._backward(cast(dy, self.dtype, f"`dy` of layer '{self.name}'"), saved, need_dx)

    def discard(self):
        """Pop what one forward pushed without using it."""
        self._saved.pop()

    def drop_grads(self):
        """Drop the gradients of the last backward: before a step of training their memory is wanted."""
        self.grads.clear()

    def forget(self):
        """Drop everything that was pushed (after a training step that was broken off)."""
        self._saved.clear()

    def cast(self, dtype):
        """Convert the arrays, and whatever comes in from now on, to another dtype."""
        self.dtype = str(np.dtype(dtype))
        for arrays in (self.params, self.state):
            for key, array in arrays.items():
                arrays[key] = cast(array, np.dtype(dtype), f"`{key}` of layer '{self.name}'")

    def _checked_input(self, x):
        """Give x, or each of a list, as an array of the layer's dtype. The first one builds the layer."""
        several = self.takes_list and isinstance(x, (list, tuple))
        arrays = self._as_arrays(x if several else [x])
        shapes = [(None, *array.shape[1:]) for array in arrays]
        shape = shapes if several else shapes[0]
        if not self.built:
            self.build(shape, dtype=self.dtype or "float32")
        elif shape != self.input_shape:
            given = [array.shape for array in arrays]
            self.output_shape_of(given if several else given[0])
        arrays = self._of_own_dtype(arrays)
        return arrays if several else arrays[0]

    def _as_arrays(self, xs):
        """Give some inputs as arrays of numbers, a row an example, as many in each."""
        arrays = [np.asarray(x) for x in xs]
        for array in arrays:
            if array.dtype.kind not in "fiub":
                raise TypeError(f"Input of layer '{self.name}' must be real numbers. Received: dtype={array.dtype}.")
            if not array.ndim:
                raise ValueError(
                    f"Input of layer '{self.name}' must be a batch: its first axis counts the examples. "
                    f"Received: one number."
                )
        if len({len(array) for array in arrays}) > 1:
            raise ValueError(
                f"The inputs of layer '{self.name}' must hold equally many examples. "
                f"Received: {', '.join(str(len(array)) for array in arrays)}."
            )
        return arrays

    def _of_own_dtype(self, arrays):
        return [cast(array, self.dtype, f"Input of layer '{self.name}'") for array in arrays]

    # ---- arrays -----------------------------------------------------------------------------------------

    def get_weights(self):
        """Copy the arrays, params then state, in Keras's order."""
        return [array.copy() for array in (*self.params.values(), *self.state.values())]

    def set_weights(self, weights):
        """Set the arrays, params then state, in Keras's order, from arrays of the same shapes."""
        arrays = {**self.params, **self.state}
        if len(weights) != len(arrays):
            raise ValueError(
                f"Layer '{self.name}' has {len(arrays)} arrays ({', '.join(arrays) or 'none'}). "
                f"Received: {len(weights)}."
            )
        new = [np.asarray(weight) for weight in weights]
        for (key, array), value in zip(arrays.items(), new, strict=True):
            if value.shape != array.shape:
                raise ValueError(
                    f"`{key}` of layer '{self.name}' must have shape {array.shape}. Received: shape {value.shape}."
                )
        new = [
            cast(value, array.dtype, f"`{key}` of layer '{self.name}'")
            for (key, array), value in zip(arrays.items(), new, strict=True)
        ]
        for array, value in zip(arrays.values(), new, strict=True):
            array[...] = value

    def count_params(self):
        """Count the numbers in params and state."""
        return sum(array.size for array in (*self.params.values(), *self.state.values()))

    # ---- settings ---------------------------------------------------------------------------------------

    def get_config(self):
        """Give the settings as Keras writes them into a model file."""
        return {
            "name": self.name,
            "trainable": self.trainable,
            "dtype": self.dtype or "float32",
            **self.kept_settings,
            **self._settings(),
        }

    def _settings(self):
        """Give the arguments of `__init__`, but for the name, under Keras's names."""
        return {}

    @classmethod
    def from_config(cls, config):
        """Make a layer from Keras's settings; those that change the output and that we lack are refused by name.

        Initializers, regularizers and constraints are kept in `kept_settings` and written back by get_config.
        """
        config = dict(config)
        name, trainable = config.pop("name", None), config.pop("trainable", True)
        config.pop("dtype", None)
        kept = {
            key: config.pop(key)
            for key in list(config)
            if key.endswith(("_initializer", "_regularizer", "_constraint"))
        }
        for key, value in cls.only.items():
            given = config.pop(key, value)
            if given != value:
                raise ValueError(
                    f"Layer '{name}': {cls.__name__}({key}={given!r}) is not supported; only {key}={value!r} is."
                )
        try:
            layer = cls(**cls._arguments(config), name=name)
        except TypeError as error:
            raise ValueError(f"Layer '{name}': {cls.__name__} does not understand its settings ({error}).") from None
        except ValueError as error:
            raise ValueError(f"Layer '{name}': {error}") from None
        layer.trainable = bool(trainable)
        layer.kept_settings = kept
        return layer

    @classmethod
    def _arguments(cls, config):
        """Turn Keras's settings into arguments of `__init__`."""
        return config
