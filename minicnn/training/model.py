"""What training asks of a model: `models.Model` has it, and whatever else has it can be trained too."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

from ..types import Array, Arrays
from .setup import Setup


class NamedLayer(Protocol):
    """What training asks of a layer."""

    @property
    def name(self) -> str:
        """Return the layer's name."""
        ...

    @property
    def regularizers(self) -> Mapping[str, Any]:
        """Return what its arrays cost: key -> regularizer."""
        ...

    @property
    def constraints(self) -> Mapping[str, Any]:
        """Return what is done to its arrays after a step: key -> constraint."""
        ...

    def unknown_settings(self) -> Sequence[str]:
        """List the regularizers and constraints of a model file that are not known here."""
        ...


class TrainableModel(Protocol):
    """What training asks of a model.

    Attributes
    ----------
    setup : Setup or None
        Optimizer, loss and metrics, which `compile` set.
    seed : int or None
        Of the order of the examples.
    epochs : int
        How many epochs the model has trained, over all calls of `fit`.
    stop_training : bool
        Whether a callback asked for the end.

    Examples
    --------
    >>> from minicnn import Dense, Input, Sequential
    >>> model: TrainableModel = Sequential([Input((4,)), Dense(2)])
    >>> model.setup is None, model.epochs, model.stop_training
    (True, 0, False)
    """

    setup: Setup | None
    seed: int | None
    epochs: int
    stop_training: bool

    # ---- what it is -------------------------------------------------------------------------------------

    @property
    def input_names(self) -> Sequence[str]:
        """Return the inputs' names, as many as the model takes."""
        ...

    @property
    def output_names(self) -> Sequence[str]:
        """Return the outputs' names, as many as the model gives."""
        ...

    @property
    def output_keys(self) -> Sequence[str] | None:
        """Return the same in the order in which the model gives them in a dict; None where it gives none."""
        ...

    @property
    def built(self) -> bool:
        """Return whether the model knows its shapes; before that it does not know how it ends."""
        ...

    @property
    def dtype(self) -> str | None:
        """Return the dtype of its arrays, "float32" or "float64"; None before it is built."""
        ...

    @property
    def activation(self) -> str | None:
        """Return the name of the activation that makes the model's output."""
        ...

    @property
    def activations(self) -> Sequence[str | None]:
        """Return the same for each output."""
        ...

    @property
    def params(self) -> Arrays:
        """Return the arrays that train, "layer/kernel" -> array, which the optimizer changes in place."""
        ...

    @property
    def grads(self) -> Mapping[str, Any]:
        """Return their gradients after `backward`, under the same keys."""
        ...

    def leaves(self) -> Iterable[tuple[str, NamedLayer]]:
        """Yield (path, layer) of every layer, those of nested models too."""
        ...

    # ---- what it does -----------------------------------------------------------------------------------

    def build(self, input_shape: Any) -> None:
        """Take on the shape of the first batch, (None, ...)."""
        ...

    def forward(
        self, x: Any, training: bool = False, *, logits: bool | Sequence[bool] = False, need_dx: bool = True
    ) -> Any:
        """Compute outputs; on request up to the logits, of each output, or without what only dx needs."""
        ...

    def predict_on_batch(self, x: Any) -> Any:
        """Return the outputs in the form that users want: an array, or a list or dict of them."""
        ...

    def apply_activation(self, logits: Array, index: int = 0) -> Array:
        """Return the output of this number that belongs to logits."""
        ...

    def backward(self, dy: Any, need_dx: bool = True) -> Any:
        """Set `grads` from the gradient at the outputs."""
        ...

    def drop_grads(self) -> None:
        """Drop the gradients of the last step."""
        ...

    def forget(self) -> None:
        """Drop what a forward kept for a backward that did not come."""
        ...
