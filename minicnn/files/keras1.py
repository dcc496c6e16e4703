"""Keras 1's configuration in Keras 2's words: Convolution2D, nb_filter, border_mode, W and b.

    Convolution2D(32, 3, 3, subsample=(2, 2), border_mode="same")    Conv2D(32, (3, 3), strides=(2, 2), padding="same")
    Merge([a, b], mode="sum")                                        Add()([a, b])

Keras 3 refuses such files; Keras 2 read them, and its renaming is what stands here.
Source: files that Keras 1.0 to 1.2 wrote; Keras 2's legacy/interfaces.py and preprocess_weights_for_loading.
"""

from typing import Any

import numpy as np

from ..arguments import is_integer
from ..types import AnyArray
from .model_file import Config

CLASSES: dict[str, str] = {
    "AtrousConvolution2D": "Conv2D",
    "Convolution2D": "Conv2D",
    "Deconvolution2D": "Conv2DTranspose",
    "SeparableConvolution2D": "SeparableConv2D",
}
JOINED: dict[str, str] = {"sum": "Add", "mul": "Multiply", "ave": "Average", "max": "Maximum", "concat": "Concatenate"}
NAMES: dict[str, str] = {  # of settings
    "atrous_rate": "dilation_rate",
    "bias": "use_bias",
    "border_mode": "padding",
    "nb_filter": "filters",
    "output_dim": "units",
    "sigma": "stddev",
    "subsample": "strides",
}
STARTS: tuple[str, ...] = (  # how arrays began and were held, which weights that are there make idle
    "init", "gamma_init", "beta_init", "depthwise_init", "pointwise_init", "input_dtype", "input_dim", "input_length",
    "W_regularizer", "b_regularizer", "W_constraint", "b_constraint", "gamma_regularizer", "beta_regularizer",
    "depthwise_regularizer", "pointwise_regularizer", "depthwise_constraint", "pointwise_constraint",
)  # fmt: skip
MARKS: tuple[str, ...] = (
    "border_mode",
    "nb_filter",
    "output_dim",
    "subsample",
    "dim_ordering",
    "input_dtype",
    "W_regularizer",
)
WITH_A_RATE: tuple[str, ...] = ("Dropout", "SpatialDropout2D", "GaussianDropout")
OWN_MARKS: dict[str, str] = {  # of layers that have none of these
    "BatchNormalization": "mode",
    "GaussianNoise": "sigma",
    "PReLU": "init",
    **dict.fromkeys(WITH_A_RATE, "p"),
}


def keras2_words(entry: Config) -> Config:
    """Return a serialized layer with Keras 2's names, where it has Keras 1's; any other as it is.

    Parameters
    ----------
    entry : dict
        {"class_name", "config", ...}

    Raises
    ------
    ValueError
        A setting means what no layer does any longer: the names of both.

    Examples
    --------
    >>> old = {"nb_filter": 8, "nb_row": 3, "nb_col": 5, "border_mode": "same", "dim_ordering": "tf", "name": "c"}
    >>> new = keras2_words({"class_name": "Convolution2D", "config": old})
    >>> new["class_name"], new["config"]["kernel_size"], new["config"]["filters"], new["config"]["padding"]
    ('Conv2D', [3, 5], 8, 'same')
    """
    class_name: str = entry["class_name"]
    old: Config = dict(entry["config"])
    if class_name == "Merge":
        return _merged(entry, old)
    if class_name not in CLASSES and not any(mark in old for mark in (*MARKS, OWN_MARKS.get(class_name, MARKS[0]))):
        return entry
    config = {NAMES.get(key, key): value for key, value in old.items() if key not in STARTS}
    if class_name in WITH_A_RATE and "p" in config:
        config["rate"] = config.pop("p")
    if "dim_ordering" in config:
        config["data_format"] = "channels_last" if config.pop("dim_ordering") in ("tf", "default") else "channels_first"
    if "nb_row" in config and "nb_col" in config:
        config["kernel_size"] = [config.pop("nb_row"), config.pop("nb_col")]
    if class_name == "BatchNormalization" and config.pop("mode", 0) != 0:
        raise ValueError(
            f"layer {config.get('name')!r} is Keras 1's BatchNormalization(mode={old['mode']}), which no later Keras "
            f"computes; mode=0 is."
        )
    if class_name == "ZeroPadding2D":
        config["padding"] = _frame(config.get("padding"))
    wanted = config.pop("output_shape", None)
    if class_name == "Deconvolution2D" and (more := _output_padding(config, wanted)) is not None:
        config["output_padding"] = more
    return {**entry, "class_name": CLASSES.get(class_name, class_name), "config": config}


def _merged(entry: Config, old: Config) -> Config:
    """Return the layer that a Merge of one mode is."""
    mode = old.get("mode")
    if not isinstance(mode, str) or mode not in JOINED:
        raise ValueError(
            f"layer {old.get('name')!r} is Keras 1's Merge(mode={str(mode)[:40]!r}); only {', '.join(JOINED)} are read."
        )
    config = {"name": old.get("name")} | ({"axis": old.get("concat_axis", -1)} if mode == "concat" else {})
    return {**entry, "class_name": JOINED[mode], "config": config}


def _output_padding(config: Config, wanted: Any) -> list[int] | None:
    """Return the output_padding that gives Deconvolution2D's output_shape; None where that is the usual one.

    From how many pixels it is made follows: TensorFlow refuses any other. "same" makes n stride of n, or up to
    stride - 1 fewer; "valid" (n - 1) stride + kernel or up to stride - 1 more.
    """
    padding = config.get("padding")
    sizes = _two(wanted[1:3] if isinstance(wanted, list) and len(wanted) == 4 else None)
    strides, kernel = _two(config.get("strides")), _two(config.get("kernel_size"))
    if sizes is None or strides is None or kernel is None or config.get("data_format") == "channels_first":
        return None
    more: list[int] = []
    usual = True
    for size, stride, wide in zip(sizes, strides, kernel, strict=True):
        if padding == "same":
            count = (size + stride - 1) // stride
            least, normal = (count - 1) * stride + wide % 2, count * stride
        else:
            count = (size - wide) // stride + 1
            least, normal = (count - 1) * stride + wide, count * stride + max(wide - stride, 0)
        more.append(size - least)
        usual = usual and size == normal
    if usual:
        return None
    if not all(0 <= extra < stride for extra, stride in zip(more, strides, strict=True)):
        raise ValueError(
            f"layer {config.get('name')!r} is Keras 1's Deconvolution2D(output_shape={wanted}), which no later Keras "
            f"makes with kernel_size={kernel}, strides={strides} and padding={padding!r}."
        )
    return more


def _two(value: Any) -> list[int] | None:
    """Return a list of two whole numbers above 0; None of anything else."""
    good = isinstance(value, list) and len(value) == 2 and all(is_integer(each) and each > 0 for each in value)
    return value if good else None


def _frame(padding: Any) -> Any:
    """Return the pads of Keras 1's ZeroPadding2D: [rows, columns], or one a side."""
    if isinstance(padding, dict):
        padding = [padding.get(f"{side}_pad", 0) for side in ("top", "bottom", "left", "right")]
    if isinstance(padding, list) and len(padding) == 4:
        return [padding[:2], padding[2:]]
    return padding


def keras2_arrays(class_name: str, arrays: list[AnyArray]) -> list[AnyArray]:
    """Return a layer's arrays as Keras 2 has them: a transposed convolution's kernel was (KH, KW, C, F).

    Examples
    --------
    >>> keras2_arrays("Conv2DTranspose", [np.zeros((3, 3, 8, 4)), np.zeros(4)])[0].shape
    (3, 3, 4, 8)
    """
    if class_name == "Conv2DTranspose" and arrays and arrays[0].ndim == 4:
        return [np.swapaxes(arrays[0], 2, 3), *arrays[1:]]
    return arrays


def flipped(class_name: str, arrays: list[AnyArray]) -> list[AnyArray]:
    """Return a layer's arrays as TensorFlow takes them: Theano's convolutions turned the kernel by half a turn.

    Source: Keras 2's `_need_convert_kernel` and `convert_kernel`.

    Examples
    --------
    >>> flipped("Conv2D", [np.arange(3.0).reshape(1, 3, 1, 1)])[0].ravel()
    array([2., 1., 0.])
    """
    if class_name in ("Conv2D", "Conv2DTranspose") and arrays and arrays[0].ndim == 4:
        return [np.ascontiguousarray(arrays[0][::-1, ::-1]), *arrays[1:]]
    return arrays
