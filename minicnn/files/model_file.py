"""What every model file holds, whatever dialect it came in: Keras 3's config plus arrays by layer path."""

from dataclasses import dataclass, field
from typing import Any

from ..types import AnyArray

MAX_CONFIG = 10 << 20  # bytes: EfficientNetV2-L's config has 2 MB; parsed JSON takes up to 25 times its text
MAX_NESTING = 32  # models inside models

AnyBytes = bytes | memoryview
Config = dict[str, Any]  # an object of JSON: a serialized layer or model, its settings, a classifier.json
Weights = dict[str, list[AnyArray]]  # layer path -> arrays


@dataclass
class ModelFile:
    """A model as a file keeps it.

    Attributes
    ----------
    config : dict
        The model's serialized form, as in Keras 3's config.json ({"module", "class_name", "config", ...}) without its
        compile settings. Dialects are translated: InputLayers are explicit, dtype policies are names, Keras 2's
        setting names are Keras 3's.
    weights : dict
        Layer path -> list of arrays in Keras's order (trainable first). The path is made of layer NAMES, nested models
        outermost first: "xception/block1_conv1". Layers without arrays are left out.
    compile_config : dict or None
        What the model was compiled with, as in config.json: {"optimizer", "loss", "metrics", ...}.
    optimizer : list of ndarray or None
        The optimizer's state in Keras's order: iteration (int64), learning rate (float32), then its slots, trainable
        array by trainable array in the order of the model's layers: SGD with momentum has one slot an array, Adam two
        (momentum, velocity), SGD without momentum none.
    classifier : dict or None
        classifier.json, see `make_card`.
    keras_version : str or None
        Of the Keras that wrote the file, where the file tells.

    Examples
    --------
    >>> file = ModelFile({"class_name": "Sequential", "config": {"name": "empty", "layers": []}})
    >>> file.weights, file.classifier
    ({}, None)
    """

    config: Config
    weights: Weights = field(default_factory=dict)
    compile_config: Config | None = None
    optimizer: list[AnyArray] | None = None
    classifier: Config | None = None
    keras_version: str | None = None
