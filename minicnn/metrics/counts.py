"""Metrics that count over a whole epoch what was said rightly and what wrongly: they are no mean over batches.

    precision = tp / (tp + fp)         of what was called a yes, the share that is one
    recall    = tp / (tp + fn)         of what is a yes, the share that was found
    F1        = 2 * precision * recall / (precision + recall)
    AUC       = area under the curve that recall and false positives draw while the threshold falls from 1 to 0

    tp, fp, fn, tn: true and false, positives and negatives, each counted with the examples' weights.

Source: Keras 3 `Precision`, `Recall`, `F1Score`, `AUC`; Davis & Goadrich, ICML 2006, for the curve of precision.
"""

from typing import Any

import numpy as np

from ..arguments import integer, is_integer, number, refuse
from ..types import AnyArray, Array
from .metric import Metric

TINY = 1e-7  # Keras's epsilon


def _shaped(y_true: AnyArray, y_pred: Array, name: str) -> tuple[AnyArray, Array]:
    """Return labels and predictions as (places, K), labels True and False; a place is an example, or a pixel of one."""
    if np.size(y_true) != y_pred.size:
        raise ValueError(
            f"{name} takes a label 0 or 1 for each prediction, one-hot for several classes. "
            f"Received: y.shape={y_true.shape} for y_pred.shape={y_pred.shape}."
        )
    shape = (-1, y_pred.shape[-1] if y_pred.ndim > 1 else 1)
    return y_true.reshape(shape) != 0, y_pred.reshape(shape)


def _of_places(weights: Array | None, y_pred: Array) -> Array:
    """Return the weight of each place, (places, 1): its own or its example's."""
    places = y_pred.shape[: max(y_pred.ndim - 1, 1)]
    if weights is None:
        weights = np.ones(len(y_pred))
    weights = weights.reshape(*weights.shape, *[1] * (len(places) - weights.ndim))
    return np.broadcast_to(weights, places).reshape(-1, 1)


def _share(part: Any, whole: Any) -> Any:
    """Divide; 0 where there is nothing."""
    return np.divide(part, whole, out=np.zeros_like(np.asarray(whole, np.float64)), where=np.asarray(whole) != 0)


class _Counted(Metric):
    """Base of Precision and Recall: what counts as a yes, and the four counts."""

    direction: str | None = "up"

    def __init__(
        self,
        thresholds: float | None = None,
        top_k: int | None = None,
        class_id: int | None = None,
        name: str | None = None,
        dtype: str | None = None,
    ):
        if thresholds is not None:
            number("thresholds", thresholds, 0, 1)
        self.thresholds: float | None = thresholds
        self.top_k: int | None = None if top_k is None else integer("top_k", top_k)
        self.class_id: int | None = None if class_id is None else integer("class_id", class_id, 0)
        super().__init__(dtype, name)

    def reset_state(self) -> None:
        """Begin anew."""
        self._tp = self._fp = self._fn = 0.0

    def _update(self, y_true: AnyArray, y_pred: Array, weights: Array | None) -> None:
        weight, row = _of_places(weights, y_pred), self.top_k is not None and y_pred.ndim == 1
        truth, y_pred = _shaped(y_true, y_pred, type(self).__name__)
        if row:  # the k largest of all, as in Keras
            truth, y_pred, weight = truth.T, y_pred.T, weight.T
        said = y_pred > (self.thresholds if self.thresholds is not None else 0.5 if self.top_k is None else -np.inf)
        if self.top_k is not None:  # of equal ones the first count
            chosen = np.argsort(-y_pred, axis=-1, kind="stable")[:, : self.top_k]
            among = np.zeros_like(said)
            np.put_along_axis(among, chosen, True, -1)
            said &= among
        if self.class_id is not None:
            if self.class_id >= y_pred.shape[1]:
                raise ValueError(f"`class_id` must be below {y_pred.shape[1]}. Received: class_id={self.class_id}.")
            said, truth = said[:, [self.class_id]], truth[:, [self.class_id]]
        self._tp += float((weight * (said & truth)).sum())
        self._fp += float((weight * (said & ~truth)).sum())
        self._fn += float((weight * (~said & truth)).sum())

    def get_config(self) -> dict[str, Any]:
        """Return the settings as Keras writes them."""
        own = {"thresholds": self.thresholds, "top_k": self.top_k, "class_id": self.class_id}
        return {**super().get_config(), **own}


class Precision(_Counted):
    """Of what was called a yes, the share that is one.

    Parameters
    ----------
    thresholds : float in [0, 1], optional
        Above it a prediction means yes; 0.5 by default. (In Keras several may be given, for as many answers.)
    top_k : int, optional
        Only the k largest predictions of an example, or of a pixel of a map, mean yes.
    class_id : int, optional
        Look at this class alone.
    name, dtype : str, optional
        As in `Metric`.

    Examples
    --------
    >>> Precision()([[0], [1], [1], [1]], [[0.9], [0.9], [0.2], [0.8]])  # three are called a yes, two are
    0.6666666666666666
    """

    default_name = "precision"

    def result(self) -> float:
        """Return the share so far, 0 of nothing."""
        return float(_share(self._tp, self._tp + self._fp))


class Recall(_Counted):
    """Of what is a yes, the share that was called one.

    Parameters
    ----------
    thresholds, top_k, class_id, name, dtype
        As in `Precision`.

    Examples
    --------
    >>> Recall()([[0], [1], [1], [1]], [[0.9], [0.9], [0.2], [0.8]])  # three are a yes, two are found
    0.6666666666666666
    """

    default_name = "recall"

    def result(self) -> float:
        """Return the share so far, 0 of nothing."""
        return float(_share(self._tp, self._tp + self._fn))


class F1Score(Metric):
    """The harmonic mean of precision and recall, class by class.

    Parameters
    ----------
    average : "micro", "macro" or "weighted", optional
        All counts together; the mean of the classes; that mean, weighted by how many each has. None, the default, gives
        an array, a number a class; training takes single numbers.
    threshold : float, optional
        Above it a prediction means yes; by default the largest of each example does.
    name, dtype : str, optional
        As in `Metric`.

    Raises
    ------
    ValueError
        `average` is none of these.

    Examples
    --------
    >>> p = [[0.9, 0.1], [0.8, 0.2], [0.3, 0.7]]
    >>> F1Score()([[1, 0], [0, 1], [0, 1]], p).round(3)
    array([0.667, 0.667])
    """

    default_name = "f1_score"
    direction: str | None = "up"

    def __init__(
        self,
        average: str | None = None,
        threshold: float | None = None,
        name: str | None = None,
        dtype: str | None = None,
    ):
        if average not in (None, "micro", "macro", "weighted"):
            raise ValueError(f"`average` must be 'micro', 'macro', 'weighted' or None. Received: average={average!r}.")
        self.average: str | None = average
        self.threshold: float | None = None if threshold is None else number("threshold", threshold)
        super().__init__(dtype, name)

    def reset_state(self) -> None:
        """Begin anew."""
        self._tp: Any = 0.0
        self._said: Any = 0.0
        self._true: Any = 0.0

    def _update(self, y_true: AnyArray, y_pred: Array, weights: Array | None) -> None:
        if y_pred.ndim != 2:
            raise ValueError(
                f"F1Score takes predictions (N, K), a row an example; of maps take Precision and Recall. "
                f"Received: y_pred.shape={y_pred.shape}."
            )
        weight = _of_places(weights, y_pred)
        truth, y_pred = _shaped(y_true, y_pred, "F1Score")
        if self.threshold is None:
            said = (y_pred >= y_pred.max(-1, keepdims=True)) & (np.abs(y_pred) > 1e-9)
        else:
            said = y_pred > self.threshold
        axis = None if self.average == "micro" else 0
        self._tp = self._tp + (weight * (said & truth)).sum(axis)
        self._said = self._said + (weight * said).sum(axis)
        self._true = self._true + (weight * truth).sum(axis)

    def result(self) -> Any:
        """Return a number a class, or their average."""
        precision, recall = self._tp / (self._said + TINY), self._tp / (self._true + TINY)
        each = 2 * precision * recall / (precision + recall + TINY)
        if self.average == "weighted":
            return float((each * self._true / (np.sum(self._true) + TINY)).sum())
        return np.asarray(each) if self.average is None else float(np.mean(each))

    def get_config(self) -> dict[str, Any]:
        """Return the settings as Keras writes them."""
        return {**super().get_config(), "average": self.average, "threshold": self.threshold}


# AUC's arguments that are not here: the values that mean "not used", and what else to do.
ELSEWHERE: dict[str, tuple[tuple[Any, ...], str]] = {
    "summation_method": (("interpolation",), "leave it out: the points are joined by straight lines"),
    "thresholds": ((None,), "give num_thresholds, which are evenly spaced"),
    "multi_label": ((False,), "give an AUC for each label, on an output of its own"),
    "num_labels": ((None,), "leave it out: labels are counted together"),
    "label_weights": ((None,), "weigh the examples, by sample_weight"),
    "from_logits": ((False,), "end the model in sigmoid or softmax"),
}


class AUC(Metric):
    """The area under a curve: how well predictions put each yes above each no, whatever the threshold.

    Parameters
    ----------
    num_thresholds : int, 3 or more
        Points of the curve, evenly spaced from 0 to 1.
    curve : "ROC" or "PR"
        Recall over the share of false positives, or precision over recall.
    name, dtype : str, optional
        As in `Metric`.
    summation_method, thresholds, multi_label, num_labels, label_weights, from_logits
        Keras's; other values than its defaults are refused.

    Raises
    ------
    ValueError
        An argument is none of these, or a prediction is no probability.

    Examples
    --------
    >>> AUC()([[0], [0], [1], [1]], [[0.1], [0.4], [0.35], [0.8]])  # three of four pairs stand in the right order
    0.75
    """

    default_name = "auc"
    direction: str | None = "up"

    def __init__(
        self,
        num_thresholds: int = 200,
        curve: str = "ROC",
        summation_method: str = "interpolation",
        name: str | None = None,
        dtype: str | None = None,
        thresholds: Any = None,
        multi_label: bool = False,
        num_labels: Any = None,
        label_weights: Any = None,
        from_logits: bool = False,
    ):
        given = {key: value for key, value in locals().items() if key in ELSEWHERE}
        refuse(type(self).__name__, given, ELSEWHERE)
        if not is_integer(num_thresholds) or num_thresholds < 3:
            raise ValueError(
                f"`num_thresholds` must be an integer of at least 3. Received: num_thresholds={num_thresholds!r}."
            )
        kind = curve.upper() if isinstance(curve, str) else curve
        if kind not in ("ROC", "PR"):
            raise ValueError(f"`curve` must be 'ROC' or 'PR'. Received: curve={curve!r}.")
        self.num_thresholds: int = int(num_thresholds)
        self.curve: str = kind
        super().__init__(dtype, name)

    def reset_state(self) -> None:
        """Begin anew."""
        self._yes, self._no = np.zeros(self.num_thresholds), np.zeros(self.num_thresholds)

    def _update(self, y_true: AnyArray, y_pred: Array, weights: Array | None) -> None:
        weights = _of_places(weights, y_pred)
        truth, y_pred = _shaped(y_true, y_pred, "AUC")
        if y_pred.size and not (y_pred.min() >= 0 and y_pred.max() <= 1):
            raise ValueError(
                f"AUC takes probabilities, from 0 to 1; end the model in sigmoid or softmax. "
                f"Received: predictions from {y_pred.min():g} to {y_pred.max():g}."
            )
        # The last threshold below each prediction; the first lies just below 0.
        place = np.ceil(y_pred.astype(np.float32) * np.float32(self.num_thresholds - 1)).astype(np.int64) - 1
        weight = np.broadcast_to(weights, truth.shape)
        for into, chosen in ((self._yes, truth), (self._no, ~truth)):
            into += np.bincount(np.maximum(place[chosen], 0), weight[chosen], self.num_thresholds)

    def result(self) -> float:
        """Return the area so far."""
        tp, fp = (np.cumsum(counts[::-1])[::-1] for counts in (self._yes, self._no))  # above each threshold
        if self.curve == "ROC":
            recall, wrong = _share(tp, np.full_like(tp, tp[0])), _share(fp, np.full_like(fp, fp[0]))
            return float(((recall[:-1] + recall[1:]) / 2 * (wrong[:-1] - wrong[1:])).sum())
        # Between two thresholds tp and fp change in proportion, so precision does not lie on a straight line.
        said = tp + fp
        more = tp[:-1] - tp[1:]
        slope = _share(more, said[:-1] - said[1:])
        rest = tp[1:] - slope * said[1:]
        both = (said[:-1] > 0) & (said[1:] > 0)
        ratio = np.where(both, _share(said[:-1], said[1:]), 1.0)
        return float(_share((slope * (more + rest * np.log(ratio))).sum(), tp[0]))

    def get_config(self) -> dict[str, Any]:
        """Return the settings as Keras writes them."""
        return {**super().get_config(), "num_thresholds": self.num_thresholds, "curve": self.curve}
