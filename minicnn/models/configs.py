"""A model's layers as Keras's config has them, and back.

    {"module": "keras.layers", "class_name": "Dense", "config": {"name": "dense", "units": 3, ...},
     "registered_name": None, "build_config": {"input_shape": [None, 4]}}

A Functional model lists its layers in Keras's order, each with its calls; a Sequential as they stand one after the
other, the InputLayer first. files/ knows how such configs lie in files, and no layer.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from .. import files
from ..files import NESTED
from ..layers import LAYERS, InputLayer, Layer, Node, SymbolicTensor
from .container import is_model
from .ends import flat, packed
from .network import Seed

if TYPE_CHECKING:
    from .model import Model
    from .sequential import Sequential

Config = dict[str, Any]
FUNCTIONAL: tuple[str, ...] = ("Functional", "Model")  # what Keras calls a graph of layers that is no chain
MODULES: dict[str, str] = {"Functional": "keras.src.models.functional", "Sequential": "keras"}  # where Keras looks
Own = Mapping[str, Any] | None  # name -> what a file calls so and minicnn does not have: layer classes, losses


def entry(layer: Layer) -> Config:
    """Return a layer as a model file lists it: class name, settings, the shape to build it for."""
    shape = layer.input_shape
    if isinstance(shape, list):
        shape = [list(each) for each in shape]
    own = _is_own(layer)
    return {
        "module": None if own else MODULES.get(layer.class_name, "keras.layers"),
        "class_name": layer.class_name,
        "config": layer.get_config(),
        "registered_name": layer.class_name if own or layer.class_name == "Functional" else None,
        "build_config": {"input_shape": list(shape) if shape else None},
    }


def own_classes(model: "Model") -> dict[str, type[Layer]]:
    """Return the classes of a model's layers that are not minicnn's, by name."""
    return {layer.class_name: type(layer) for _, layer in model.walk() if _is_own(layer)}


def _is_own(layer: Layer) -> bool:
    """Tell whether a layer's class is not minicnn's: an own class may have the name of one that is."""
    name = layer.class_name
    return name not in LAYERS or name == type(layer).__name__ and LAYERS[name] is not type(layer)


def layer_from_entry(entry: Mapping[str, Any], seed: Seed = None, custom_objects: Own = None) -> Layer:
    """Make a layer, or a nested model, from a model file's entry.

    Parameters
    ----------
    entry : dict
        As the function `entry` returns it, ours or Keras's.
    seed : int or np.random.Generator, optional
        Of a model's weights, as in `Model`.
    custom_objects : dict, optional
        Name -> layer class, of those that are not minicnn's.

    Raises
    ------
    ValueError
        A class or a setting that minicnn does not have.
    """
    _check_classes({"layers": [entry]}, custom_objects)
    name = entry["class_name"]
    how: dict[str, Any] = {"seed": seed, "custom_objects": custom_objects} if name in NESTED else {}
    return _class_of(entry, custom_objects or {}).from_config(entry["config"], **how)


def _class_of(entry: Mapping[str, Any], own: Mapping[str, Any]) -> Any:
    """Return the class that an entry names, of `own` or minicnn's; None where it is not there.

    As in Keras, the one that a user wrote has a `registered_name` and another module. HDF5 tells no module, so there,
    as before Keras 3, `own` goes first.
    """
    name, module = entry["class_name"], str(entry.get("module"))
    foreign = bool(entry.get("registered_name")) and not module.startswith(("keras", "tf_keras", "tensorflow"))
    if name in own and (foreign or name not in LAYERS or "build_config" not in entry):
        return own[name]
    return None if foreign else LAYERS.get(name)


def _check_classes(config: Mapping[str, Any], custom_objects: Own) -> None:
    """Refuse unknown classes by name, before anything else of a model is looked at."""
    for entry in config["layers"]:
        if entry["class_name"] == "Lambda":
            raise ValueError(
                f"Python code inside: layer '{entry['config'].get('name')}' is a Lambda, whose function a file holds "
                f"as a program. It is never run here; ask for the model with layers in its place, Rescaling say."
            )
        if _class_of(entry, custom_objects or {}) is None:
            raise ValueError(
                f"Layer '{entry['config'].get('name')}' is of class {entry['class_name']!r}, "
                f"which minicnn does not have; one of your own is named in custom_objects."
            )


def functional_config(model: "Model") -> Config:
    """Return a graph as Keras 3 writes it: its layers in Keras's order, each with its calls."""
    calls: dict[Layer, list[Node]] = {}
    history: dict[SymbolicTensor, list[Any]] = {}  # [layer, which call of it, which output]
    for node in model.nodes:
        own = calls.setdefault(node.layer, [])
        history.update({tensor: [node.layer.name, len(own), tensor.index] for tensor in node.outputs})
        own.append(node)

    def call(node: Node) -> Config:
        symbols = [_keras_tensor(tensor, model.dtype, history[tensor]) for tensor in node.inputs]
        kwargs = {} if node.training is None else {"training": node.training}
        if is_model(node.layer) and node.layer.input_keys is not None:
            return {"args": [packed(symbols, node.layer.input_keys)], "kwargs": kwargs}
        return {"args": [symbols] if node.several else symbols, "kwargs": kwargs}

    def ends(tensors: list[SymbolicTensor], keys: tuple[str, ...] | None) -> Any:
        """Return one tensor by itself: Keras would take, or return, a list of one otherwise."""
        found = [history[tensor] for tensor in tensors]
        # Keras counts a Functional model's making as a call, here and nowhere else.
        found = [[name, number + (classes[name] in FUNCTIONAL), index] for name, number, index in found]
        return packed(found, keys)

    classes = {layer.name: layer.class_name for layer in model.layers}
    entries = [
        {**entry(layer), "name": layer.name, "inbound_nodes": [call(node) for node in calls[layer] if node.inputs]}
        for layer in model.layers
    ]
    config: Config = {"name": model.name, "layers": entries}
    if not model.trainable:  # True Keras would take as an order to every layer, frozen ones too
        config["trainable"] = False
    config["input_layers"] = ends(model.inputs, model.input_keys)
    return {**config, "output_layers": ends(model.outputs, model.output_keys)}


def _keras_tensor(tensor: SymbolicTensor, dtype: str | None, history: list[Any]) -> Config:
    config = {"shape": list(tensor.shape), "dtype": dtype, "keras_history": history}
    return {"class_name": "__keras_tensor__", "config": config}


def functional_arguments(config: Mapping[str, Any], seed: Seed, custom_objects: Own = None) -> dict[str, Any]:
    """Rebuild a graph that Keras wrote: the arguments of `Model`."""
    _check_classes(config, custom_objects)
    graph = files.parse_functional(dict(config))
    layers = {name: layer_from_entry(entry, seed, custom_objects) for name, entry in graph.layers.items()}
    tensors: dict[files.TensorRef, SymbolicTensor] = {}
    for name, number in graph.call_order():
        call = graph.calls[name][number]
        given = [tensors[ref] for ref in call.inputs]
        if not given:
            made: Any = input_node(layers[name]).outputs
        else:
            made = layers[name](given if len(given) > 1 else given[0], _training(name, call.kwargs))
        for index, tensor in enumerate(flat(made)[0]):
            tensors[files.TensorRef(name, number, index)] = tensor

    def ends(refs: list[files.TensorRef], written: Any) -> Any:
        return packed([tensors[ref] for ref in refs], tuple(written) if isinstance(written, dict) else None)

    return {
        "inputs": ends(graph.inputs, config["input_layers"]),
        "outputs": ends(graph.outputs, config["output_layers"]),
        "name": graph.name,
    }


def _training(name: str, kwargs: Mapping[str, Any]) -> bool | None:
    """Read what else a layer is called with: `training` alone may say something."""
    for key, value in kwargs.items():
        masks = value if isinstance(value, list) else value.values() if isinstance(value, dict) else [value]
        if key != "training" and any(mask is not None for mask in masks):  # one a tensor
            raise ValueError(f"Layer '{name}' is called with `{key}`, which no layer of minicnn takes.")
    training = kwargs.get("training")
    return None if training is None else bool(training)


def input_node(layer: Layer) -> Node:
    """Begin a graph at an InputLayer that is there already."""
    if not isinstance(layer, InputLayer):
        raise ValueError(f"Layer '{layer.name}' is called without a tensor of the graph.")
    return Node(layer, [], False, layer.shape)


def sequential_config(model: "Sequential") -> Config:
    """Return a chain as Keras writes it."""
    inputs = [model.nodes[0].layer] if model.built else []
    config: Config = {
        "name": model.name,
        "trainable": model.trainable,
        "dtype": model.dtype or "float32",
        "layers": [entry(layer) for layer in (*inputs, *model.layers)],
    }
    return {**config, "build_input_shape": list(model.input_shape)} if model.built else config


def sequential_arguments(config: Mapping[str, Any], seed: Seed, custom_objects: Own = None) -> dict[str, Any]:
    """Rebuild a chain that Keras wrote: the arguments of `Sequential`."""
    layers = [layer_from_entry(item, seed, custom_objects) for item in config["layers"]]
    return {"layers": layers, "name": config.get("name")}
