"""A model is a graph of layers: `Model(inputs, outputs)`. The chain, `Sequential`, is in sequential.py.

forward runs the nodes in order and drops each array after its last use; backward runs them in reverse and adds up
the gradients that meet at one tensor. A model is a layer itself, so models nest.

Training, saving and printing live in training.py, saving.py and summary.py; the methods here only call down.
"""

import numpy as np

from .. import training
from ..execution import blocks
from ..execution.plan import Plan
from ..files.graph import keras_order
from ..initializers import Blank
from ..layers import LAYERS, Layer, Softmax, SymbolicTensor
from ..layers.activation import activate
from ..layers.base import fits
from . import saving
from .graph import describe, give_names, in_running_order, trace
from .summary import summary as format_summary


class Model(Layer):
    """A graph of layers from inputs to outputs.

    Parameters
    ----------
    inputs, outputs : SymbolicTensor or list of them     inputs from `Input`, or from layers: the model begins there
    seed : int, optional     of the weights, of Dropout and of the order of the examples; a np.random.Generator draws
        the first two alone

    Attributes
    ----------
    layers : list of Layer, in Keras's order          nodes : list of Node, in running order
    params, grads, state : dict     "layer/kernel" -> array, of the layers that are trainable (state: of all)
    optimizer, loss                 what `compile` set
    """

    def __init__(self, inputs, outputs, name=None, seed=None):
        super().__init__(name)
        self._connect(listed(inputs), listed(outputs), self._start(seed))

    takes_list = True
    is_model = True

    def _start(self, seed):
        """Begin empty; return who draws the weights. (Of a layer that comes later nobody has a file's weights.)"""
        self.seed = None if isinstance(seed, np.random.Generator) else seed
        self._rng = np.random.default_rng(None if isinstance(seed, Blank) else seed)
        self.layers, self.nodes, self.inputs, self.outputs = [], [], [], []
        self.setup = None  # what compile makes: optimizer, loss, metrics
        self.classifier = None  # classifier.json: class names and preprocessing
        self.stop_training = False
        self.epochs = 0  # of training so far: see `training.fit`
        self._plans = {}
        return seed if isinstance(seed, Blank) else self._rng

    def _make_arrays(self):
        self.grads = {}

    def __getstate__(self):
        """What a copy or a pickle holds: all but the plans, which hold memory of their own."""
        return {**self.__dict__, "_plans": {}}

    def _connect(self, inputs, outputs, rng):
        for end, tensors in (("inputs", inputs), ("outputs", outputs)):
            if not tensors or not all(isinstance(tensor, SymbolicTensor) for tensor in tensors):
                raise ValueError(
                    f"`{end}` must be symbolic tensors, made by Input and by calling layers on them. "
                    f"Received: {tensors!r}."
                )
        self.inputs, self.outputs = inputs, outputs
        self._plans = {}
        nodes = trace(inputs, outputs)
        give_names(nodes)
        self.nodes = in_running_order(nodes, inputs, outputs)
        by_name = {node.layer.name: node.layer for node in self.nodes}
        self.layers = [by_name[name] for name in keras_order(describe(self.name, self.nodes, inputs, outputs)[0])]
        for node in self.nodes:
            shapes = [tensor.shape for tensor in node.inputs] or [node.layer.shape]
            node.layer.build(shapes if node.several else shapes[0], rng, self.dtype or "float32")
        self.dtype = self.nodes[0].layer.dtype
        self.input_shape, self.output_shape = _single([t.shape for t in inputs]), _single([t.shape for t in outputs])
        self._last_use = _last_use(self.nodes, outputs)
        self.built = True

    def compute_output_shape(self, input_shape):
        """Follow an input's shape through the graph."""
        shapes = self.shapes(input_shape)
        return _single([shapes[tensor] for tensor in self.outputs])

    def shapes(self, input_shape=None):
        """Give the shape of every tensor of the graph for an input's shape, by default the one that it has.

        Returns
        -------
        shapes : dict, SymbolicTensor -> (None, ...)
        """
        given = input_shape or self.input_shape
        shapes = dict(zip(self.inputs, given if isinstance(given, list) else [given], strict=True))
        for node in self.nodes:
            if node.inputs:
                result = node.layer.output_shape_of(node.shape_in(shapes))
                shapes.update(zip(node.outputs, result if len(node.outputs) > 1 else [result], strict=True))
        return shapes

    def output_shape_of(self, input_shape):
        """Give the output's shape for an input's, which must be one that the Inputs allow."""
        self._fit(input_shape if isinstance(input_shape, list) else [input_shape])
        return self.compute_output_shape(input_shape)

    def _fit(self, shapes):
        if len(shapes) != len(self.inputs):
            raise ValueError(f"Layer '{self.name}' takes {len(self.inputs)} inputs. Received: {len(shapes)}.")
        for tensor, shape in zip(self.inputs, shapes, strict=True):
            if not fits(shape, tensor.shape):
                raise ValueError(
                    f"Input of layer '{self.name}' must have shape {tensor.shape}. Received: x.shape={tuple(shape)}."
                )

    def build(self, input_shape, rng=None, dtype="float32"):
        """A model is built when it is made: check that it takes inputs of this shape."""
        self.output_shape_of(input_shape)

    @property
    def input(self):
        """The symbolic input (a list where there are several)."""
        return _single(self.inputs)

    @property
    def output(self):
        """The symbolic output (a list where there are several)."""
        return _single(self.outputs)

    @property
    def activation(self):
        """What the model ends with, where nothing else reads that layer's output."""
        if len(self.outputs) != 1 or any(self.outputs[0] in node.inputs for node in self.nodes):
            return None
        return next(node.layer.activation for node in self.nodes if self.outputs[0] in node.outputs)

    def get_layer(self, name):
        """Find a layer by its name; "inner/conv2d" looks into a nested model."""
        head, _, rest = name.partition("/")
        for layer in self.layers:
            if layer.name == head:
                return layer.get_layer(rest) if rest else layer
        names = ", ".join(f"'{layer.name}'" for layer in self.layers)
        raise ValueError(f"`name` must be one of the layers {names}. Received: name={name!r}.")

    # ---- running ----------------------------------------------------------------------------------------

    def forward(self, x, training=False, *, keep=None, logits=False, need_dx=True, record=None):
        """Run the graph.

        Parameters
        ----------
        x : array of `input_shape` (a list for several inputs); a last axis of 1 may be left out, or be one too many
        training, keep, logits : as in every layer
        need_dx : bool        False: backward will not be asked for dx, so layers before the first trainable one
            keep nothing
        record : dict, optional      filled with node key -> the array that the node gave. (Without it layers may run
            together, in inference and in training: see plan.py and blocks.py.)

        Returns
        -------
        y : array of `output_shape` (a list for several outputs)
        """
        arrays, given = self._checked_input(x)
        keep = training if keep is None else keep
        logits = logits and self.activation is not None
        values = dict(zip(self.inputs, arrays, strict=True))
        if not training and not keep and record is None:
            self._plan(logits).run(values)
            return _single([values[tensor] for tensor in self.outputs])
        nodes, last_use = self.nodes, self._last_use
        if keep and record is None:
            nodes = blocks.joined(self.nodes, self.outputs)
            last_use = _last_use(nodes, self.outputs)
        kept = _learning(nodes, need_dx) if keep else set()
        for node, finished in zip(nodes, last_use, strict=True):
            if node.inputs:
                arrays = [values[tensor] for tensor in node.inputs]
                how = {"logits": True} if logits and self.outputs[0] in node.outputs else {}
                inner = {} if record is not None and isinstance(node.layer, Model) else None
                if inner is not None:
                    how["record"] = inner
                if isinstance(node.layer, Model):
                    how["need_dx"] = not kept.isdisjoint(node.inputs)
                y = node.layer.forward(
                    arrays if node.several else arrays[0], training, keep=node.outputs[0] in kept, **how
                )
                values.update(zip(node.outputs, y if len(node.outputs) > 1 else [y], strict=True))
                _note(record, node, inner, y)
            elif record is not None:
                record[node.key] = values[node.outputs[0]]
            for tensor in finished:
                del values[tensor]
        if keep:
            self._saved.append((nodes, kept, given))
        return _single([values[tensor] for tensor in self.outputs])

    def apply_activation(self, logits):
        """Give the y that belongs to what `forward(x, logits=True)` gave."""
        last = self.outputs[0].node.layer
        return (
            last.apply_activation(logits)
            if isinstance(last, (Model, Softmax))
            else activate(last.activation, logits)[0]
        )

    def _checked_input(self, x):
        """Give the arrays that go in, with as many axes as the Inputs have, and the shapes that they came in."""
        if not self.built:
            self.build((None, *np.shape(x)[1:]), dtype=self.dtype or "float32")
        alone = len(self.inputs) == 1
        if alone and isinstance(x, (list, tuple)) and len(x) == 1 and np.ndim(x[0]) == len(self.inputs[0].shape):
            x = x[0]  # a list of one input, not of one example
        arrays = self._as_arrays([x] if alone or not isinstance(x, (list, tuple)) else x)
        given = [array.shape for array in arrays]
        arrays = [_as_long(array, tensor.shape) for array, tensor in zip(arrays, self.inputs, strict=False)] + arrays[
            len(self.inputs) :
        ]
        self._accept([array.shape for array in arrays])
        return self._of_own_dtype(arrays), given

    def _accept(self, shapes):
        """Refuse arrays of these shapes, where the model does not take them."""
        self._fit(shapes)

    def _plan(self, logits):
        """How to run when nobody asks for what is in between; made anew when a layer's settings have changed."""
        plan = self._plans.get(logits)
        if plan is None or not plan.is_current():
            plan = self._plans[logits] = Plan(self, logits)
        return plan

    def backward(self, dy, need_dx=True, record=None):
        """Run the graph in reverse: set `grads`, return dx.

        Parameters
        ----------
        dy : array, shape of y (a list for several outputs, None where nobody read one)
        need_dx : bool           whether dx is wanted
        record : dict, optional      filled with node key -> the loss's gradient at the node's output; then forward
            must have had one too

        Returns
        -------
        dx : array, shape of x (a list for several inputs), or None
        """
        if not self._saved:
            raise RuntimeError(f"Model '{self.name}': backward needs a forward(x, training=True) before it.")
        if record is not None and self._saved[-1][0] is not self.nodes:
            raise RuntimeError(f"Model '{self.name}': backward(record=...) needs a forward(record=...) before it.")
        nodes, kept, given = self._saved.pop()
        wanted = kept if need_dx else _learning(nodes, False) & kept
        gradients, self.grads = {}, {}
        for tensor, gradient in zip(self.outputs, dy if isinstance(dy, list) else [dy], strict=True):
            _add(gradients, tensor, gradient)
        for node in reversed(nodes):
            if node.outputs[0] not in kept or not node.inputs:
                continue
            dys = [gradients.pop(t, None) for t in node.outputs]
            if node.outputs[0] not in wanted or all(each is None for each in dys):
                node.layer.discard()
                continue
            need = not wanted.isdisjoint(node.inputs)
            inner = {} if record is not None and isinstance(node.layer, Model) else None
            dx = node.layer.backward(
                dys[0] if len(dys) == 1 else dys, need_dx=need, **({} if inner is None else {"record": inner})
            )
            _note(record, node, inner, dys[0] if len(dys) == 1 else dys)
            for tensor, gradient in zip(node.inputs, dx if node.several else [dx], strict=True) if need else ():
                _add(gradients, tensor, gradient)
            for key, gradient in node.layer.grads.items() if node.layer.trainable else ():
                _add(self.grads, f"{node.layer.name}/{key}", gradient)
        for node in self.nodes if record is not None else ():
            if not node.inputs and node.outputs[0] in gradients:
                record[node.key] = gradients[node.outputs[0]]
        if not need_dx:
            return None
        dxs = [gradients.get(tensor) for tensor in self.inputs]
        return _single([dx if dx is None else dx.reshape(shape) for dx, shape in zip(dxs, given, strict=True)])

    def discard(self):
        """Pop what one forward pushed without using it."""
        nodes, kept, _ = self._saved.pop()
        for node in reversed(nodes):
            if node.outputs[0] in kept and node.inputs:
                node.layer.discard()

    def drop_grads(self):
        """Drop the gradients of the last backward, in all layers."""
        self.grads = {}
        for layer in self.layers:
            layer.drop_grads()

    def forget(self):
        """Drop everything that was pushed, in all layers."""
        super().forget()
        for layer in self.layers:
            layer.forget()

    # ---- arrays -----------------------------------------------------------------------------------------

    @property
    def params(self):
        """The arrays that train: "layer/kernel" -> array."""
        return {
            f"{layer.name}/{key}": array
            for layer in self.layers
            if self.trainable and layer.trainable
            for key, array in layer.params.items()
        }

    @property
    def state(self):
        """The arrays that change without a gradient: "layer/moving_mean" -> array."""
        return {f"{layer.name}/{key}": array for layer in self.layers for key, array in layer.state.items()}

    @property
    def trainable(self):
        """Whether the model learns; setting it sets every layer, as in Keras."""
        return self._trainable

    @trainable.setter
    def trainable(self, value):
        self._trainable = bool(value)
        for layer in getattr(self, "layers", ()):
            layer.trainable = self._trainable

    def get_weights(self):
        """Copy all arrays, layer by layer, in Keras's order."""
        return [array for layer in self.layers for array in layer.get_weights()]

    def set_weights(self, weights):
        """Set all arrays, layer by layer, in Keras's order."""
        weights = list(weights)
        counts = [len(layer.get_weights()) for layer in self.layers]
        if len(weights) != sum(counts):
            raise ValueError(f"Model '{self.name}' has {sum(counts)} arrays. Received: {len(weights)}.")
        for layer, count in zip(self.layers, counts, strict=True):
            layer.set_weights(weights[:count])
            weights = weights[count:]

    def count_params(self):
        """Count the numbers in all arrays, trainable or not."""
        return sum(layer.count_params() for layer in self.layers)

    def multiply_adds(self, input_shape=None):
        """Count the multiply-adds for one example; None if a size is open."""
        if not self.built:
            return None
        shapes = self.shapes(input_shape)
        counts = [node.layer.multiply_adds(node.shape_in(shapes)) for node in self.nodes if node.inputs]
        return None if None in counts else sum(counts)

    def cast(self, dtype):
        """Convert all arrays, and whatever comes in from now on, to another dtype, in place."""
        self.dtype = str(np.dtype(dtype))
        for layer in {node.layer for node in self.nodes}:  # the InputLayer of a chain is not among its `layers`
            layer.cast(dtype)

    def astype(self, dtype):
        """Copy the model in another dtype ("float64" for proofs), compiled alike, with a fresh optimizer."""
        copy = type(self).from_config(self.get_config())
        copy.cast(dtype)
        copy.set_weights(self.get_weights())
        copy.seed, copy.classifier = self.seed, self.classifier
        if self.setup:
            copy.compile(**training.Setup.from_config(self.setup.get_config()).arguments())
        return copy

    # ---- settings ---------------------------------------------------------------------------------------

    class_name = "Functional"

    def get_config(self):
        """Give the graph as Keras writes it."""
        return saving.functional_config(self)

    @classmethod
    def from_config(cls, config, seed=None):
        """Make a model from a graph as Keras writes it, with fresh weights (`seed` as in `Model`)."""
        return Model(**saving.functional_arguments(config, seed), seed=seed)._with_flag(config)

    def _with_flag(self, config):
        """Take over whether the model as a whole learns; each layer's own config said it of the layer."""
        self._trainable = config.get("trainable", True) is not False
        return self

    # ---- training ---------------------------------------------------------------------------------------

    def compile(self, optimizer, loss, *, metrics=()):
        """Say how to train: see `training.Setup`."""
        self.setup = training.Setup(optimizer, loss, metrics)
        if self.built:
            self.setup.advise(self)

    @property
    def optimizer(self):
        """The optimizer that compile set."""
        return self.setup and self.setup.optimizer

    @property
    def loss(self):
        """The loss that compile set."""
        return self.setup and self.setup.loss

    def fit(
        self,
        x,
        y=None,
        batch_size=32,
        epochs=1,
        validation_data=None,
        shuffle=True,
        seed=None,
        class_weight=None,
        callbacks=None,
        verbose="auto",
        initial_epoch=None,
    ):
        """Train: see `training.fit`."""
        return training.fit(
            self,
            x,
            y,
            batch_size,
            epochs,
            validation_data,
            shuffle,
            seed,
            class_weight,
            callbacks,
            verbose,
            initial_epoch,
        )

    def train_on_batch(self, x, y, class_weight=None, return_dict=False):
        """Do one step of training: see `training.train_on_batch`."""
        return training.train_on_batch(self, x, y, class_weight, return_dict)

    def evaluate(self, x, y=None, batch_size=32, return_dict=False):
        """Measure loss and metrics: see `training.evaluate`."""
        return training.evaluate(self, x, y, batch_size, return_dict)

    def predict(self, x, batch_size=32):
        """Compute outputs batch by batch: see `training.predict`."""
        return training.predict(self, x, batch_size)

    # ---- files ------------------------------------------------------------------------------------------

    def save(self, path):
        """Write the model to a file: see `saving.save_model`."""
        saving.save_model(self, path)

    def save_weights(self, path):
        """Write the arrays alone to a .weights.h5 file, as Keras does."""
        saving.save_weights(self, path)

    def load_weights(self, path):
        """Read the arrays from a .weights.h5 file, as Keras writes it."""
        saving.load_weights(self, path)

    def summary(self, print_fn=print):
        """Print a table: a row a layer. See `summary.summary`."""
        print_fn(format_summary(self))


def listed(tensors):
    return list(tensors) if isinstance(tensors, (list, tuple)) else [tensors]


def _single(items):
    return items[0] if len(items) == 1 else items


def _as_long(array, shape):
    """Give an array the last axis of 1 that an Input has beyond it, or take away one that it has not. So does Keras."""
    if array.ndim == len(shape) - 1 and shape[-1] == 1:
        return array[..., None]
    return array[..., 0] if array.ndim == len(shape) + 1 and array.shape[-1] == 1 else array


def _last_use(nodes, outputs):
    """Give for each node the tensors that nobody reads after it."""
    finished = [[] for _ in nodes]
    for tensor, index in {tensor: index for index, node in enumerate(nodes) for tensor in node.inputs}.items():
        if tensor not in outputs:
            finished[index].append(tensor)
    return finished


def _learning(nodes, need_dx):
    """Give the tensors whose gradients backward needs: behind (or from) a trainable layer; all where dx is wanted."""
    reached = set()
    for node in nodes:
        if need_dx or (node.layer.trainable and node.layer.params) or not reached.isdisjoint(node.inputs):
            reached.update(node.outputs)
    return reached


def _add(sums, key, gradient):
    """Add a gradient, if there is one, to the others of its key. Never in place: Add hands one array to all inputs."""
    if gradient is not None:
        sums[key] = sums[key] + gradient if key in sums else gradient


def _note(record, node, inner, array):
    """Write a node's array into the record, and what a nested model recorded under the node's key."""
    if record is not None:
        record.update({f"{node.key}/{key}": value for key, value in (inner or {}).items()})
        record[node.key] = array


LAYERS.update(Functional=Model, Model=Model)
