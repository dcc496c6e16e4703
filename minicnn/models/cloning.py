"""The layers of a model again, with fresh weights: from the model itself, or from its JSON."""

import json
from typing import Any

from .. import files
from ..arguments import refuse
from ..layers import Layer
from .configs import Own, layer_from_entry, own_classes
from .container import is_model
from .model import Model

# Keras's arguments of clone_model that are not here: the values that mean "not used", and what else to do.
ELSEWHERE: dict[str, tuple[tuple[Any, ...], str]] = {
    "input_tensors": ((None,), "call the copy on them: clone_model(model)(tensor)"),
    "clone_function": ((None,), "change model.get_config(), and make a model of it by from_config"),
    "call_function": ((None,), "change model.get_config(), and make a model of it by from_config"),
    "recursive": ((False, True), "leave it out: models inside are copied too"),
}


def clone_model(model: Model, input_tensors: Any = None, clone_function: Any = None, **more: Any) -> Model:
    """Copy a model's layers and settings, with fresh weights and uncompiled.

    Parameters
    ----------
    model : Model or Sequential
    input_tensors, clone_function, **more
        Keras's other arguments, which mean nothing else here than their defaults.

    Returns
    -------
    copy : Model or Sequential

    Raises
    ------
    TypeError, ValueError
        It is no model, or another argument is used.

    Notes
    -----
    Source: Keras 3 `models.clone_model`.

    Examples
    --------
    >>> from minicnn import Dense, Input, Sequential
    >>> model = Sequential([Input((4,)), Dense(2)])
    >>> clone_model(model).count_params(), clone_model(model).get_layer("dense") is model.layers[0]
    (10, False)
    """
    refuse("clone_model", {"input_tensors": input_tensors, "clone_function": clone_function, **more}, ELSEWHERE)
    if not isinstance(model, Layer) or not is_model(model):
        raise TypeError(f"`model` must be a Model or Sequential. Received: {type(model).__name__}.")
    return type(model).from_config(model.get_config(), custom_objects=own_classes(model))


def model_from_json(json_string: str, custom_objects: Own = None) -> Model:
    """Make a model, with fresh weights, from what `model.to_json()` returned here or in Keras.

    Parameters
    ----------
    json_string : str
    custom_objects : dict, optional
        Name -> layer class, of those that are not minicnn's.

    Returns
    -------
    model : Model or Sequential

    Raises
    ------
    ValueError
        It is no model's JSON, or it has a layer or a setting that minicnn does not have.

    Notes
    -----
    Source: Keras 3 `models.model_from_json`. A file of it opens, with its weights, by `load_model`.

    Examples
    --------
    >>> from minicnn import Dense, Input, Sequential
    >>> model_from_json(Sequential([Input((4,)), Dense(2)]).to_json()).output_shape
    (None, 2)
    """
    try:
        document = json.loads(json_string)
    except (TypeError, ValueError):
        raise ValueError(
            f"`json_string` must be what model.to_json() returns. Received: {json_string!r:.80}."
        ) from None
    made: Any = layer_from_entry(files.model_config(document), None, custom_objects)
    return made
