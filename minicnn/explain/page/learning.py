"""What a page needs to train its net itself: the order of its pictures, or why it does not."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from ...layers import AUGMENTATIONS
from ...models import Model
from .pictures import Picture

PASSES = 8  # over the pictures, each in an order of its own; then the page begins again
RANDOM = ("Dropout", "SpatialDropout2D", "GaussianNoise", *AUGMENTATIONS)  # kinds that draw numbers in training


def learning(model: Model, shown: Sequence[Picture], heavy: bool, exact: bool) -> dict[str, Any]:
    """Describe how a page trains its net.

    Parameters
    ----------
    model : Model
    shown : list of Picture
        The page's; those without a label teach nothing.
    heavy : bool
        Whether the net is too large for the page to compute.
    exact : bool
        Whether the weights travel as they are.

    Returns
    -------
    learning : dict
        order (a list of numbers of pictures a pass), and refusal: a sentence, None where the net can learn.

    Examples
    --------
    >>> from minicnn import Dropout, Input, Sequential
    >>> learning(Sequential([Input((2,)), Dropout(0.5)]), [], False, True)["refusal"]
    'Not in this page: the layer dropout (Dropout) draws random numbers in training.'
    """
    refusal = _refusal(model, shown, heavy, exact)
    labelled = [index for index, picture in enumerate(shown) if picture.label is not None]
    rng = np.random.default_rng(0)
    passes = [] if refusal else [rng.permutation(labelled).tolist() for _ in range(PASSES)]
    return {"order": passes, "refusal": refusal and f"Not in this page: {refusal}."}


def _refusal(model: Model, shown: Sequence[Picture], heavy: bool, exact: bool) -> str | None:
    """Say why the page does not train this net, None where it does."""
    for call in model.calls():
        layer, kind = call.layer, call.layer.class_name
        if kind in RANDOM:
            return f"the layer {layer.name} ({kind}) draws random numbers in training"
        if kind == "BatchNormalization" and layer.trainable:
            return f"the layer {layer.name} ({kind}) takes means over a batch in training, the page over no batch"
        if layer.regularizers or layer.constraints:
            return f"the layer {layer.name} ({kind}) has regularizers or constraints"
    if heavy or not exact:
        return "the net is too large for a browser to train"
    if not model.params:
        return "the net has nothing to learn"
    if all(picture.label is None for picture in shown):
        return "of no picture the true class is known"
    return None
