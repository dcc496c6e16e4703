"""The bases that a classifier may stand on: nets of keras.applications, each with its own preprocessing."""

from typing import NamedTuple


class Base(NamedTuple):
    """A net of keras.applications, without its top.

    Parameters
    ----------
    title : its name there
    net : what its Keras model's name begins with
    smallest : the smallest picture that it takes, in pixels a side
    scale, offset : a value v in 0..255 becomes v * scale + offset; 1 and 0 where the net scales for itself
    """

    title: str
    net: str
    smallest: int
    scale: float
    offset: float


CENTRED: tuple[float, float] = (1 / 127.5, -1.0)  # Keras's mode "tf"
BASES: dict[str, Base] = {
    "xception": Base("Xception", "xception", 71, *CENTRED),  # unpadded first layers, and 32 times smaller at the end
    "mobilenetv2": Base("MobileNetV2", "mobilenetv2", 32, *CENTRED),
    "efficientnetv2b0": Base("EfficientNetV2B0", "efficientnetv2-b0", 32, 1.0, 0.0),
    "resnet50v2": Base("ResNet50V2", "resnet50v2", 32, *CENTRED),
}


def base_of(net: str) -> str:
    """Return which base a Keras model is, by its name.

    Parameters
    ----------
    net : str, a model's name, such as "mobilenetv2_1.00_224"

    Returns
    -------
    base : a key of BASES; "xception" where it is none of them
    """
    return next((name for name, base in BASES.items() if net.startswith(base.net)), "xception")
