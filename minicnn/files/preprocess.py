"""How pixels are prepared, by the names that Keras gives its three ways, and Teachable Machine's.

    tf           x / 127.5 - 1
    torch        x / 255, then each channel less ImageNet's mean, divided by its deviation
    caffe        blue, green, red, each less ImageNet's mean: VGG16, VGG19 and ResNet50 want it
    teachable    the centred square, then x / 127.5 - 1

Source: Keras 3 `imagenet_utils.preprocess_input`; the lines of Python that Teachable Machine shows beside its export
for Keras, and its library for browsers.
"""

from ..types import AnyPath
from .model_file import Config
from .place import place_of

MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # ImageNet's, of red, green, blue in 0..1
TF: Config = {"scale": 1 / 127.5, "offset": -1.0, "order": "rgb"}
BROWSER = "tf-bilinear"  # so Chromium's canvas draws a picture smaller: between four pixels, without averaging
WAYS: dict[str, Config] = {
    "tf": TF,
    "torch": {
        "scale": [1 / (255 * deviation) for deviation in DEVIATION],
        "offset": [-mean / deviation for mean, deviation in zip(MEAN, DEVIATION, strict=True)],
        "order": "rgb",
    },
    "caffe": {"scale": 1.0, "offset": [-103.939, -116.779, -123.68], "order": "bgr"},
    "teachable": {**TF, "crop": "centre"},
}


def preprocess(way: str, path: AnyPath | None = None) -> Config:
    """Return the fields of classifier.json that a way of preparing pixels stands for.

    Parameters
    ----------
    way : "tf", "torch", "caffe" or "teachable"
    path : str or PathLike, optional
        The model's file: Teachable Machine resizes in Python, for Keras's files, in another way than in a browser.

    Returns
    -------
    fields : dict
        `scale`, `offset`, `order`; of "teachable" `crop` and `resize` too.

    Raises
    ------
    ValueError
        It is none of these.

    Examples
    --------
    >>> preprocess("caffe")
    {'scale': 1.0, 'offset': [-103.939, -116.779, -123.68], 'order': 'bgr'}
    >>> preprocess("teachable", "keras_model.h5")["resize"], preprocess("teachable", "model.json")["resize"]
    ('lanczos', 'tf-bilinear')
    """
    if way not in WAYS:
        raise ValueError(f"`preprocess` must be one of {', '.join(map(repr, WAYS))}. Received: {way!r}.")
    if way != "teachable":
        return dict(WAYS[way])
    return teachable("" if path is None else place_of(path)[1])


def teachable(name: str) -> Config:
    """Return the fields of "teachable" for a model's file of this name."""
    return {**WAYS["teachable"], "resize": BROWSER if name.endswith(".json") else "lanczos"}
