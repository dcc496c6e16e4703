"""What TF.js lacks of Keras: a file that held it would not open there, or would open and give other numbers.

Source: TF.js 4.22, which was given such files.
"""

from typing import Any

from .layout import walk_layers
from .model_file import Config

ABSENT: tuple[str, ...] = (
    "CenterCrop",
    "GroupNormalization",
    "Normalization",
    "Resizing",  # which is another one there: corners are aligned
    "SpatialDropout2D",
    "Subtract",
)  # and all layers of augmentation, which are called Random...
ONLY: dict[
    str, dict[str, Any]
] = {  # class name -> setting -> its one value; keepdims and a depthwise dilation are ignored there without a word
    "Conv2D": {"groups": 1},
    "Conv2DTranspose": {"dilation_rate": [1, 1], "output_padding": None},
    "DepthwiseConv2D": {"dilation_rate": [1, 1]},
    "GlobalAveragePooling2D": {"keepdims": False},
    "GlobalMaxPooling2D": {"keepdims": False},
    "ELU": {"alpha": 1.0},
    "ReLU": {"negative_slope": 0.0, "threshold": 0.0},
    "Softmax": {"axis": -1},
    "UpSampling2D": {"interpolation": "nearest"},
}
# hard_sigmoid is there, but as Keras 2 had it
ACTIVATIONS: tuple[str, ...] = ("leaky_relu", "hard_sigmoid", "hard_silu")


def check(entry: Config) -> None:
    """Refuse a model that TF.js would not compute as Keras 3 does.

    Parameters
    ----------
    entry : dict
        The serialized model.

    Raises
    ------
    ValueError
        It names the layer, and what TF.js lacks.
    """
    for path, _, layer in walk_layers(entry):
        class_name, config = layer["class_name"], layer["config"]
        if class_name in ABSENT or class_name.startswith("Random"):
            raise ValueError(f"TF.js has no layer of class {class_name}. Received: layer {path!r}.")
        if config.get("activation") in ACTIVATIONS:
            raise ValueError(f"TF.js has no activation {config['activation']} of Keras 3. Received: layer {path!r}.")
        for name, value in ONLY.get(class_name, {}).items():
            given = config.get(name, value)
            given = list(given) if isinstance(given, tuple) else given
            if given != value:
                raise ValueError(
                    f"TF.js has {class_name} with {name}={value} only. Received: layer {path!r}, {name}={given}."
                )
        if class_name == "Reshape" and -1 in config["target_shape"]:
            raise ValueError(
                f"TF.js needs every size of Reshape. Received: layer {path!r}, target_shape={config['target_shape']}."
            )
