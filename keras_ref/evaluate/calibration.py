"""Whether probabilities mean what they say: of answers given with 0.8, eight of ten should be right.

A temperature divides the logits: it changes no answer, only how sure it is. A threshold leaves out what is too unsure.
Source: Guo, Pleiss, Sun, Weinberger, On Calibration of Modern Neural Networks, 2017, arXiv:1706.04599.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from minicnn.files import probabilities_of

BINS: int = 15  # the paper's
LEAST: float = 1e-3  # temperatures tried: LEAST to 1 / LEAST
MARGIN: float = 1e-5  # by which rounding moves a probability, in another batch or in the other package


def expected_error(probabilities: NDArray[np.floating[Any]], labels: NDArray[np.integer[Any]]) -> float:
    """Return the expected calibration error (ECE) of answers.

    The answers are put into BINS equal spans of the probability that they are given with. Of each span the share of
    right answers is compared with the mean probability, and the differences are weighted by the number of answers.

    Parameters
    ----------
    probabilities : (N, classes), 0..1
    labels : (N,) int

    Returns
    -------
    error : float, 0..1
    """
    sure, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == labels
    span = np.minimum((sure * BINS).astype(int), BINS - 1)
    gaps = np.bincount(span, right - sure, BINS)  # in each span: right answers less those that were promised
    return float(np.abs(gaps).sum() / len(labels))


def temperature(logits: NDArray[np.floating[Any]], labels: NDArray[np.integer[Any]]) -> float:
    """Return the temperature with the smallest cross-entropy.

    With b = 1 / temperature the loss is convex: its slope is the mean of (sum of softmax(b z) z, less z of the label),
    and grows with b. Where it is zero is found by bisection.

    Parameters
    ----------
    logits : (N, classes)
    labels : (N,) int

    Returns
    -------
    temperature : float

    Raises
    ------
    ValueError
        There is none: the answers are all right, or no better than a guess.
    """
    z = np.asarray(logits, np.float64)
    z = z - z.mean(axis=1, keepdims=True)
    own = z[np.arange(len(labels)), labels]

    def slope(b: float) -> float:
        return float(((probabilities_of(b * z, "logits") * z).sum(axis=1) - own).mean())

    low, high = np.log(LEAST), -np.log(LEAST)
    if slope(np.exp(high)) <= 0:
        raise ValueError(f"No temperature can be fitted: all of the {len(labels)} pictures are answered right.")
    if slope(np.exp(low)) >= 0:
        raise ValueError(
            f"No temperature can be fitted: the answers to the {len(labels)} pictures are no better than a guess."
        )
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if slope(np.exp(middle)) < 0 else (low, middle)
    return float(np.exp(-(low + high) / 2))


def threshold(probabilities: NDArray[np.floating[Any]], labels: NDArray[np.integer[Any]], rejected: float) -> float:
    """Return the probability below which at most a given share of the right answers lies.

    It lies MARGIN below the answer that it is taken from, which predict then gives too, whatever its last bits are.

    Parameters
    ----------
    probabilities : (N, classes), 0..1
    labels : (N,) int
    rejected : float, 0..1
        The share of right answers that may become "none of these".

    Returns
    -------
    threshold : float, 0..1

    Raises
    ------
    ValueError
        No answer is right, or `rejected` is no share.
    """
    if not 0 <= rejected < 1:
        raise ValueError(f"The share of right answers to reject must lie in 0 <= share < 1. Received: {rejected}.")
    sure = np.sort(probabilities.max(axis=1)[probabilities.argmax(axis=1) == labels])
    if not len(sure):
        raise ValueError(f"No threshold can be found: none of the {len(labels)} pictures is answered right.")
    return max(float(sure[int(rejected * len(sure))]) - MARGIN, 0.0)
