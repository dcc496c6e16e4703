"""How a model trains: what `compile` makes of its arguments, and how a model file holds it."""

import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, Self

from .. import kernels, losses, optimizers
from .. import metrics as metrics_
from ..arguments import number, refuse

# Keras's arguments of compile that are not here: the values that mean "not used", and what else to do.
ELSEWHERE: dict[str, tuple[tuple[Any, ...], str]] = {
    "run_eagerly": ((None, False), "leave it out: every step runs as it is written"),
    "jit_compile": ((None, False, "auto"), "leave it out: the kernels are compiled"),
    "steps_per_execution": ((1,), "leave it out: a step has no cost beside its own"),
    "auto_scale_loss": ((True, False), "leave it out: float32 needs no scaling"),
}


class Part(NamedTuple):
    """What is measured at one output of a model.

    Attributes
    ----------
    name : str
        The output's.
    prefix : str
        What its names begin with in the logs: nothing where it is the only one.
    loss : Loss or None
        None: nobody judges it.
    weight : float
        How much its loss counts.
    metrics, weighted : dict
        Name in the logs, the prefix before it, -> Metric; the second take the examples' weights.
    """

    name: str
    prefix: str
    loss: losses.Loss | None
    weight: float
    metrics: dict[str, metrics_.Metric]
    weighted: dict[str, metrics_.Metric]


class Setup:
    """How a model trains: optimizer, loss, metrics.

    Parameters
    ----------
    optimizer : Optimizer, or "sgd", "adam", "adamw" or "rmsprop"
    loss : Loss, its name or a function, or a list or dict of them
        "categorical_crossentropy", "sparse_categorical_crossentropy", "binary_crossentropy", "mean_squared_error",
        "mean_absolute_error", "huber". For several outputs one for all, or one for each, by their order or name.
    metrics : list of str, Metric or function
        "accuracy", in Keras's three meanings, or one of them by its own name; `Precision()`. For several outputs a list
        of such lists, or a dict by the outputs' names.
    loss_weights : list or dict of float, optional
        How much each output's loss counts.
    weighted_metrics : as metrics, optional
        Those that take the examples' weights.

    Attributes
    ----------
    optimizer : Optimizer
    loss : Loss, or a list or dict of them
    metrics : dict
        Name in the logs -> Metric, of a model of one output.
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
    loss: Any
    workspace: kernels.Workspace

    def __init__(
        self,
        optimizer: str | optimizers.Optimizer,
        loss: Any,
        metrics: Any = (),
        loss_weights: Any = None,
        weighted_metrics: Any = None,
    ):
        self.optimizer = optimizers.get(optimizer)
        self.loss = _each(losses.get, loss)
        for name, given in (("metrics", metrics), ("weighted_metrics", weighted_metrics)):
            if isinstance(given, str) or not isinstance(given, (list, tuple, Mapping, type(None))):
                raise TypeError(f"`{name}` must be a list: ['accuracy']. Received: {name}={given!r}.")
        self._metrics = _each(_metric, metrics or [])
        self._weighted = _each(_metric, weighted_metrics or [])
        self.loss_weights: Any = _each(lambda weight: number("loss_weights", weight), loss_weights)
        self.workspace = kernels.Workspace()

    @property
    def metrics(self) -> dict[str, metrics_.Metric]:
        """Name in the logs -> Metric, of a model of one output."""
        return _named(_flat(self._metrics), {"loss"})

    @property
    def judges(self) -> bool:
        """Whether there is a loss at all."""
        return bool(_flat(self.loss))

    def parts(self, names: Sequence[str]) -> list[Part]:
        """Return what is measured at each output of a model.

        Parameters
        ----------
        names : list of str
            The outputs'.

        Raises
        ------
        ValueError
            Losses, weights or metrics are for other outputs than there are.
        """
        prefixes = [f"{name}_" if len(names) > 1 else "" for name in names]
        taken = {"loss", *(f"{prefix}loss" for prefix in prefixes)}
        plain, weighted = (
            [
                _named(_flat(own), taken, prefix, again)
                for own, prefix in zip(_lists(what, given, names), prefixes, strict=True)
            ]
            for what, given, again in (
                ("metrics", self._metrics, ""),
                ("weighted_metrics", self._weighted, "weighted_"),
            )
        )
        losses_ = _per_output("loss", self.loss, names, None)
        weights = _per_output("loss_weights", self.loss_weights, names, 1.0)
        return [Part(*each) for each in zip(names, prefixes, losses_, weights, plain, weighted, strict=True)]

    def direction(self, name: str, names: Sequence[str]) -> str | None:
        """Say whether more of a value of the logs is better.

        Parameters
        ----------
        name : str
            As it stands in the logs, "val_" before it or not.
        names : list of str
            The outputs'.

        Returns
        -------
        direction : "up", "down" or None
            None: it is no value of training's, or a metric that does not tell.
        """
        name = name.removeprefix("val_")
        parts = self.parts(names)
        if name == "loss" or any(part.loss and part.prefix and name == f"{part.prefix}loss" for part in parts):
            return "down"
        found = [each[name] for part in parts for each in (part.metrics, part.weighted) if name in each]
        return found[0].direction if found else None

    def advise(self, model: losses.HasActivation) -> None:
        """Warn of what Keras does silently and what is rarely meant.

        Parameters
        ----------
        model : Model
            The model that is to train so; it is built.
        """
        if not isinstance(self.loss, losses.Loss):
            return
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

        def serialized(room: Any, thing: Any) -> dict[str, Any]:
            name = type(thing).__name__
            own = vars(room).get(name) is not type(thing)  # getattr refuses some of Keras's names
            return {
                "module": None if own else f"keras.{room.__name__.rpartition('.')[2]}",
                "class_name": name,
                "config": thing.get_config(),
                "registered_name": name if own else None,
            }

        def loss(thing: Any) -> Any:
            return thing.name if isinstance(thing, losses.FunctionLoss) else serialized(losses, thing)

        return {
            "optimizer": serialized(optimizers, self.optimizer),
            "loss": _each(loss, self.loss),
            "loss_weights": self.loss_weights,
            "metrics": _each(metrics_.to_config, self._metrics),
            "weighted_metrics": _each(metrics_.to_config, self._weighted) or None,
            "run_eagerly": False,
            "steps_per_execution": 1,
            "jit_compile": False,
        }

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        """Make a setup from what Keras writes; what changes the steps and is unknown here is refused by name."""
        loss, written = config["loss"], isinstance(config["loss"], dict) and "class_name" in config["loss"]
        return cls(
            optimizers.from_config(config["optimizer"]),
            losses.from_config(loss) if written else _each(losses.from_config, loss),
            _read_metrics(config.get("metrics")),
            config.get("loss_weights"),
            _read_metrics(config.get("weighted_metrics")),
        )

    def arguments(self) -> dict[str, Any]:
        """Return the arguments that make this setup again, with an optimizer that has done no step."""
        return {
            "optimizer": self.optimizer.fresh(),
            "loss": self.loss,
            "metrics": self._metrics,
            "loss_weights": self.loss_weights,
            "weighted_metrics": self._weighted,
        }


def check_unused(given: Mapping[str, Any]) -> None:
    """Refuse arguments of Keras's compile that are not here, with what else to do.

    Parameters
    ----------
    given : dict
        What came beside the arguments that there are.

    Examples
    --------
    >>> check_unused({"jit_compile": "auto", "run_eagerly": False})
    """
    refuse("compile", given, ELSEWHERE)


def _each(function: Callable[[Any], Any], given: Any) -> Any:
    """Apply a function to a thing, or to each of a list or dict of them; None stays None."""
    if given is None:
        return None
    if isinstance(given, Mapping):
        return {key: _each(function, value) for key, value in given.items()}
    return [_each(function, value) for value in given] if isinstance(given, (list, tuple)) else function(given)


def _metric(metric: Any) -> metrics_.Metric:
    found = metrics_.get(metric)
    if isinstance(found, metrics_.F1Score) and found.average is None:
        raise ValueError(
            "F1Score wants average='micro', 'macro' or 'weighted' here: training shows one number. "
            "Received: average=None."
        )
    return found


def _read_metrics(config: Any) -> Any:
    """Return metrics as `compile` took them: by output where they stand so."""
    if isinstance(config, Mapping):
        return {
            key: metrics_.from_config(value if isinstance(value, list) else [value]) for key, value in config.items()
        }
    if isinstance(config, list) and len(config) > 1 and any(isinstance(item, list) for item in config):
        return [metrics_.from_config(item if isinstance(item, list) else [item]) for item in config]
    return metrics_.from_config(config)


def _per_output(what: str, given: Any, names: Sequence[str], missing: Any) -> list[Any]:
    """Return something for each output: by name, by order, or one for all."""
    if isinstance(given, Mapping):
        unknown = sorted(set(given) - set(names))
        if unknown:
            raise ValueError(
                f"`{what}` must be for the outputs {', '.join(map(repr, names))}. Received: {unknown[0]!r}."
            )
        return [given.get(name, missing) for name in names]
    if isinstance(given, (list, tuple)):
        if len(given) != len(names):
            raise ValueError(f"`{what}` must have one for each of {len(names)} outputs. Received: {len(given)}.")
        return [missing if each is None else each for each in given]
    return [missing if given is None else given] * len(names)


def _lists(what: str, given: Any, names: Sequence[str]) -> list[Any]:
    """Return each output's metrics; of one output all are."""
    if not given:
        return [[]] * len(names)
    if len(names) == 1 and not isinstance(given, Mapping):
        return [given]
    return _per_output(what, given, names, [])


def _flat(given: Any) -> list[metrics_.Metric]:
    """Return nested lists of metrics as one."""
    if isinstance(given, Mapping):
        given = list(given.values())
    if not isinstance(given, (list, tuple)):
        return [] if given is None else [given]
    return [metric for item in given for metric in _flat(item)]


def _named(
    metrics: Sequence[metrics_.Metric], taken: set[str], prefix: str = "", again: str = ""
) -> dict[str, metrics_.Metric]:
    """Return metrics by name, and note it in `taken`; one that comes again is told by `again`, then by a number."""
    found: dict[str, metrics_.Metric] = {}
    for metric in metrics:
        stem = prefix + metric.name
        if again and stem in taken:
            stem = prefix + again + metric.name
        name, count = stem, 0
        while name in taken:
            count += 1
            name = f"{stem}_{count}"
        taken.add(name)
        found[name] = metric
    return found
