"""How a model trains: what `compile` makes of its arguments, and how a model file holds it."""

import warnings
from collections.abc import Sequence
from typing import Any, Self

from .. import kernels, losses, optimizers
from .. import metrics as metrics_


class Setup:
    """How a model trains: optimizer, loss, metrics.

    Parameters
    ----------
    optimizer : Optimizer, or "sgd", "adam", "adamw" or "rmsprop"
    loss : Loss, or its name
        "categorical_crossentropy", "sparse_categorical_crossentropy", "binary_crossentropy", "mean_squared_error".
    metrics : list of str
        "accuracy", in Keras's three meanings, or one of them by its own name.

    Attributes
    ----------
    optimizer : Optimizer
    loss : Loss
    metrics : dict
        Name -> function of (y_true, y_pred).
    workspace : Workspace
        For `train_on_batch`: one step's memory serves the next.

    Raises
    ------
    ValueError, TypeError
        An argument is none of these.

    Notes
    -----
    Source: Keras 3 `Trainer.compile`, `get_compile_config`.

    Examples
    --------
    >>> setup = Setup("adam", "mse", ["accuracy"])
    >>> setup.optimizer.learning_rate, setup.loss.name, list(setup.metrics)
    (0.001, 'mean_squared_error', ['accuracy'])
    """

    optimizer: optimizers.Optimizer
    loss: losses.Loss
    metrics: dict[str, metrics_.Metric]
    workspace: kernels.Workspace

    def __init__(
        self, optimizer: str | optimizers.Optimizer, loss: str | losses.Loss, metrics: Sequence[str] | None = ()
    ):
        self.optimizer = optimizers.get(optimizer)
        self.loss = losses.get(loss)
        if isinstance(metrics, str):
            raise TypeError(f"`metrics` must be a list: ['accuracy']. Received: metrics={metrics!r}.")
        self.metrics = {name: metrics_.get(name) for name in metrics or ()}
        self.workspace = kernels.Workspace()

    def advise(self, model: losses.HasActivation) -> None:
        """Warn of what Keras does silently and what is rarely meant.

        Parameters
        ----------
        model : Model
            The model that is to train so; it is built.
        """
        if self.loss.from_logits and self.loss.takes_logits(model):
            warnings.warn(
                f"The loss has from_logits=True, but the model ends in {model.activation}: the loss takes "
                f"the logits before it. Leave out one of the two.",
                stacklevel=3,
            )
        binary = self.loss.name == "binary_crossentropy" and self.loss.from_logits
        if binary and {"accuracy", "acc", "binary_accuracy"} & set(self.metrics):
            warnings.warn(
                "accuracy with BinaryCrossentropy(from_logits=True) counts logits above 0.5 as a yes, "
                "as in Keras; that is a probability of 0.62.",
                stacklevel=3,
            )

    def get_config(self) -> dict[str, Any]:
        """Return the settings as Keras writes them into a model file."""

        def serialized(kind: str, thing: Any) -> dict[str, Any]:
            return {
                "module": f"keras.{kind}",
                "class_name": type(thing).__name__,
                "config": thing.get_config(),
                "registered_name": None,
            }

        return {
            "optimizer": serialized("optimizers", self.optimizer),
            "loss": serialized("losses", self.loss),
            "loss_weights": None,
            "metrics": list(self.metrics),
            "weighted_metrics": None,
            "run_eagerly": False,
            "steps_per_execution": 1,
            "jit_compile": False,
        }

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        """Make a setup from what Keras writes; what changes the steps and is unknown here is refused by name."""
        return cls(
            optimizers.from_config(config["optimizer"]),
            losses.from_config(config["loss"]),
            metrics_.from_config(config.get("metrics")),
        )

    def arguments(self) -> dict[str, Any]:
        """Return the arguments that make this setup again."""
        return {"optimizer": self.optimizer, "loss": self.loss, "metrics": list(self.metrics)}
