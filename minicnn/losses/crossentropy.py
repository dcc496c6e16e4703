"""What the cross-entropies share: logits or probabilities, and how near to 0 a probability may come.

With t the truth, p the prediction and z its logits, p = softmax(z) or sigmoid(z). Bare probabilities are treated as
Keras's TensorFlow backend treats them (EPSILON): categorical divides by the row's sum, then clips to
[EPSILON, 1 - EPSILON]; sparse clips, then divides by the sum; binary clips. Clipped entries have no gradient.
Where a model ends in softmax or sigmoid, whichever, a cross-entropy takes what goes into it for the logits
(`takes_logits`): it cannot overflow, nothing is clipped, and the gradient is simply p - t, with the loss's own p.
"""

from typing import Any

import numpy as np

from .. import kernels
from ..arguments import boolean, number
from ..types import Array
from .loss import HasActivation, Loss, gives_probabilities

EPSILON: float = 1e-7  # a probability is never taken for less


class CrossEntropy(Loss):
    """Base of the three cross-entropies: `from_logits`, and that they take logits wherever a model has any.

    Parameters
    ----------
    from_logits : bool
        Whether predictions are logits (True) or probabilities (False).
    label_smoothing : float in [0, 1]
        What share of each label is spread over all classes.
    axis : -1
        Of the classes.
    reduction, name, dtype
        As in `Loss`.

    Raises
    ------
    ValueError
        An argument is none of these.

    Examples
    --------
    >>> from minicnn import CategoricalCrossentropy, Dense
    >>> CategoricalCrossentropy().takes_logits(Dense(3, activation="softmax"))
    True
    """

    from_logits: bool
    label_smoothing: float

    def __init__(
        self,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int = -1,
        reduction: str = "sum_over_batch_size",
        name: str | None = None,
        dtype: str | None = None,
    ):
        super().__init__(name, reduction, dtype)
        self.from_logits = boolean("from_logits", from_logits)
        self.label_smoothing = number("label_smoothing", label_smoothing, 0, 1)
        if axis != -1:
            raise ValueError(f"`axis` must be -1: the classes lie on the last axis. Received: axis={axis!r}.")

    def _smooth(self, t: Array, classes: int) -> Array:
        """Return labels of which a share is spread over so many classes."""
        share = self.label_smoothing
        return t if not share else (t * (1 - share) + share / classes).astype(t.dtype, copy=False)

    def takes_logits(self, model: HasActivation) -> bool:
        """Say whether the model ends in softmax or sigmoid. As in Keras it needn't be the loss's own of the two."""
        return gives_probabilities(model)

    def get_config(self) -> dict[str, Any]:
        """Return the settings as Keras writes them."""
        smoothing = {"label_smoothing": self.label_smoothing} if self.label_smoothing else {}
        return {**super().get_config(), "from_logits": self.from_logits, **smoothing}


def softmax_and_its_log(logits: Array) -> tuple[Array, Array]:
    """Return softmax of logits, and its logarithm: z - max z - log sum exp(z - max z)."""
    shifted = logits - logits.max(-1, keepdims=True)
    return kernels.softmax_forward(logits), shifted - np.log(np.exp(shifted).sum(-1, keepdims=True))
