"""Models to files and back: a model's layers as Keras's config, its arrays by layer path.

files/ knows the formats and no layer; this knows the layers and no format. What `save_model` writes opens in Keras,
and `load_model` opens what Keras saved, compile settings and the optimizer's state included.
"""

import math
import os
import warnings

import numpy as np

from .. import files, initializers, training
from ..layers import DTYPES, LAYERS, InputLayer, Node

FUNCTIONAL = ("Functional", "Model")  # what Keras calls a graph of layers that is no chain
NESTED = (*FUNCTIONAL, "Sequential")
LARGEST = 1 << 26  # numbers between two layers, of one example: 256 MB; Xception at 299 px has 3 million
MODULES = {"Functional": "keras.src.models.functional", "Sequential": "keras"}  # where Keras looks for a class


# ---- layers and their configs -------------------------------------------------------------------------------


def entry(layer):
    """Give a layer as a model file lists it: class name, settings, the shape to build it for."""
    shape = layer.input_shape
    if isinstance(shape, list):
        shape = [list(each) for each in shape]
    return {
        "module": MODULES.get(layer.class_name, "keras.layers"),
        "class_name": layer.class_name,
        "config": layer.get_config(),
        "registered_name": "Functional" if layer.class_name == "Functional" else None,
        "build_config": {"input_shape": list(shape) if shape else None},
    }


def layer_from_entry(entry, seed=None):
    """Make a layer (or a nested model) from a model file's entry; `seed` as in `Model`, of a model's weights."""
    _check_classes({"layers": [entry]})
    how = {"seed": seed} if entry["class_name"] in NESTED else {}
    return LAYERS[entry["class_name"]].from_config(entry["config"], **how)


def _check_classes(config):
    """Refuse unknown classes by name, before anything else of a model is looked at."""
    for entry in config["layers"]:
        if entry["class_name"] not in LAYERS:
            raise ValueError(
                f"Layer '{entry['config'].get('name')}' is of class {entry['class_name']!r}, "
                f"which minicnn does not have."
            )


def functional_config(model):
    """Return a graph as Keras 3 writes it: its layers in Keras's order, each with its calls."""
    calls, places = {}, {}  # a layer's nodes; [layer, which call of it, which output] of a tensor
    for node in model.nodes:
        own = calls.setdefault(node.layer, [])
        places.update({tensor: [node.layer.name, len(own), tensor.index] for tensor in node.outputs})
        own.append(node)

    def symbol(tensor):
        config = {"shape": list(tensor.shape), "dtype": model.dtype, "keras_history": places[tensor]}
        return {"class_name": "__keras_tensor__", "config": config}

    def call(node):
        symbols = [symbol(tensor) for tensor in node.inputs]
        kwargs = {} if node.training is None else {"training": node.training}
        return {"args": [symbols] if node.several else symbols, "kwargs": kwargs}

    def ends(tensors):
        """Return one tensor by itself: Keras would take, or return, a list of one otherwise."""
        found = [places[tensor] for tensor in tensors]
        # Keras counts a Functional model's making as a call, here and nowhere else.
        found = [[name, number + (classes[name] in FUNCTIONAL), index] for name, number, index in found]
        return found[0] if len(found) == 1 else found

    classes = {layer.name: layer.class_name for layer in model.layers}
    entries = [
        {**entry(layer), "name": layer.name, "inbound_nodes": [call(node) for node in calls[layer] if node.inputs]}
        for layer in model.layers
    ]
    config = {"name": model.name, "layers": entries}
    if not model.trainable:  # True Keras would take as an order to every layer, frozen ones too
        config["trainable"] = False
    return {**config, "input_layers": ends(model.inputs), "output_layers": ends(model.outputs)}


def functional_arguments(config, seed):
    """Rebuild a graph that Keras wrote: the arguments of `Model`."""
    _check_classes(config)
    graph = files.parse_functional(config)
    layers = {name: layer_from_entry(entry, seed) for name, entry in graph.layers.items()}
    tensors = {}
    for name, number in graph.call_order():
        call = graph.calls[name][number]
        given = [tensors[ref] for ref in call.inputs]
        if not given:
            made = input_node(layers[name]).outputs
        else:
            made = layers[name](given if len(given) > 1 else given[0], _training(name, call.kwargs))
        for index, tensor in enumerate(made if isinstance(made, list) else [made]):
            tensors[files.TensorRef(name, number, index)] = tensor
    return {
        "inputs": [tensors[ref] for ref in graph.inputs],
        "outputs": [tensors[ref] for ref in graph.outputs],
        "name": graph.name,
    }


def _training(name, kwargs):
    """Read what else a layer is called with: `training` alone may say something."""
    for key, value in kwargs.items():
        masks = value if isinstance(value, list) else value.values() if isinstance(value, dict) else [value]
        if key != "training" and any(mask is not None for mask in masks):  # one a tensor
            raise ValueError(f"Layer '{name}' is called with `{key}`, which no layer of minicnn takes.")
    training = kwargs.get("training")
    return None if training is None else bool(training)


def input_node(layer):
    """Begin a graph at an InputLayer that is there already."""
    if not isinstance(layer, InputLayer):
        raise ValueError(f"Layer '{layer.name}' is called without a tensor of the graph.")
    return Node(layer, [], False, layer.shape)


def sequential_config(model):
    """Give a chain as Keras writes it."""
    inputs = [model.nodes[0].layer] if model.built else []
    config = {
        "name": model.name,
        "trainable": model.trainable,
        "dtype": model.dtype or "float32",
        "layers": [entry(layer) for layer in (*inputs, *model.layers)],
    }
    return {**config, "build_input_shape": list(model.input_shape)} if model.built else config


def sequential_arguments(config, seed):
    """Rebuild a chain that Keras wrote: the arguments of `Sequential`."""
    return {"layers": [layer_from_entry(item, seed) for item in config["layers"]], "name": config.get("name")}


# ---- whole models -------------------------------------------------------------------------------------------


def save_model(model, path):
    """Write a model to a file: layers, arrays, compile settings, optimizer, classifier.json; see `Model.save`.

    The file appears under its name only when it is whole.
    """
    name = os.fspath(path)
    if not name.endswith(files.ENDINGS) or name.endswith(".weights.h5"):
        raise ValueError(f"`path` must end in .keras, .h5, or .json (for TensorFlow.js). Received: path={name!r}.")
    _need_shapes(model, "saved")
    setup = model.setup
    files.write(
        path,
        files.ModelFile(
            config=entry(model),
            weights=arrays(model),
            compile_config=setup and setup.get_config(),
            optimizer=setup and setup.optimizer.variables(model.params),
            classifier=model.classifier,
        ),
    )


def load_model(path, optimizer=True):
    """Read a model from a file of Keras's or ours.

    Parameters
    ----------
    path : str or path      a .keras file, a whole-model .h5 file, or a TF.js model.json
    optimizer : bool        False: leave out the optimizer's state, up to twice the weights; training starts it afresh

    Returns
    -------
    model : Model or Sequential, compiled as it was saved, `model.classifier` set where the file tells

    Raises
    ------
    ValueError: one sentence with the path and what is wrong with the file. Nothing in a file is ever executed.
    """
    from . import sequential  # noqa: F401  it and model.py put the kinds of models, which a file may name, into LAYERS

    file = files.read(path, optimizer)
    with files.naming(path):
        try:
            model = layer_from_entry(file.config, initializers.Blank())
        except (TypeError, KeyError) as error:
            raise ValueError(str(error)) from None
        _need_shapes(model, "loaded")
        _check_sizes(model)
        dtype = _dtype(file.config)
        set_arrays(model, file.weights)
        if dtype != model.dtype:  # not before: arrays that don't fit the file cost nothing until they are written to
            model.cast(dtype)
            set_arrays(model, file.weights)
    model.classifier = file.classifier
    if file.compile_config:
        _compile(model, file)
    return model


def _compile(model, file):
    """Compile as the file says; what we lack leaves the model uncompiled, with a warning."""
    try:
        setup = training.Setup.from_config(file.compile_config)
        if file.optimizer:
            setup.optimizer.set_variables(model.params, file.optimizer)
    except (ValueError, TypeError, KeyError) as error:
        warnings.warn(f"The model is not compiled, call compile before training it: {error}", stacklevel=3)
    else:
        model.setup = setup


def _check_sizes(model):
    """Refuse a model of which one example would fill the memory, before anyone asks it for a prediction."""
    for call in model.calls():
        numbers = math.prod(size or 1 for size in call.shape)
        if numbers > LARGEST:
            raise ValueError(
                f"layer '{call.layer.name}' gives {numbers} numbers for one example; "
                f"more than {LARGEST} are not computed."
            )


def _dtype(config):
    """The one dtype that all layers of a file share; what comes in is cast to it, whatever an InputLayer says."""
    names = {
        str(layer["config"].get("dtype") or "float32")
        for _, _, layer in files.walk_layers(config)
        if layer["class_name"] not in (*NESTED, "InputLayer")
    } or {"float32"}
    for policy in names & {"mixed_float16", "mixed_bfloat16"}:
        warnings.warn(
            f"Keras keeps this model's weights in float32 and computes in {policy.removeprefix('mixed_')}; "
            f"minicnn computes in float32 throughout, so outputs differ by that rounding.",
            stacklevel=3,
        )
        names = names - {policy} | {"float32"}
    if len(names) != 1 or not names <= set(DTYPES):
        raise ValueError(f"all layers must be float32, or all float64. Received: {', '.join(sorted(names))}.")
    return names.pop()


def _need_shapes(model, what):
    if not model.built:
        raise ValueError(
            f"A model can be {what} once its input shape is known: begin it with an Input, or call it "
            f"on a first batch. Received: model '{model.name}' without one."
        )


# ---- arrays -------------------------------------------------------------------------------------------------


def arrays(model):
    """Collect every layer's arrays by path; layers without arrays are left out."""
    return {path: layer.get_weights() for path, layer in model.leaves() if layer.count_params()}


def set_arrays(model, weights):
    """Set every layer's arrays from a dict by path; all must be there, and nothing else."""
    layers = dict(model.leaves())
    extra = [path for path in weights if path not in layers]
    if extra:
        raise ValueError(f"it has arrays for '{extra[0]}', which is no layer of the model.")
    for path, layer in layers.items():
        given = weights.get(path, [])
        if not all(np.asarray(array).dtype.kind in "fiub" for array in given):
            raise ValueError(f"the arrays of layer '{path}' must be numbers.")
        layer.set_weights(given)


def save_weights(model, path):
    """Write the arrays alone to a `.weights.h5` file, as Keras does."""
    if not os.fspath(path).endswith(".weights.h5"):
        raise ValueError(f"`path` must end in .weights.h5. Received: path={os.fspath(path)!r}.")
    _need_shapes(model, "saved")
    files.write_weights(path, files.ModelFile(config=entry(model), weights=arrays(model)))


def load_weights(model, path):
    """Read the arrays from a `.weights.h5` file, as Keras writes it."""
    _need_shapes(model, "loaded into")
    weights = files.read_weights(path, entry(model))
    with files.naming(path):
        set_arrays(model, weights)
