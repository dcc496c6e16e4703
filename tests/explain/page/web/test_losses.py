"""lossOf in net.js: each loss, its gradient and each output's share, against the engine's losses."""

import math

import numpy as np
import pytest

from minicnn import losses

# ---- losses ---------------------------------------------------------------------------------------------------------

LOSSES = {
    "categorical": losses.CategoricalCrossentropy,
    "binary": losses.BinaryCrossentropy,
    "squared": losses.MeanSquaredError,
}


PROBABILITIES = [
    ([0.2, 0.5, 0.3], [0, 1, 0]),
    ([0.9, 0.8, 0.1, 0.4], [1, 0, 0, 0]),
    ([1e-9, 1.0], [1, 0]),
    ([0.75], [1]),
    ([0.3], [0]),
]
LOGITS = [([4.0, -3.0, 0.5], [0, 0, 1]), ([90.0, -90.0], [0, 1]), ([0.3, 0.3], [0, 1]), ([-2.0], [1]), ([40.0], [0])]
ROWS = [
    (kind, logits, *row)
    for kind in LOSSES
    for logits, rows in ((False, PROBABILITIES), (True, LOGITS))
    for row in rows
    if (kind, logits) != ("squared", True) and (kind, len(row[0])) != ("categorical", 1)
]


@pytest.mark.parametrize("kind, logits, row, truth", ROWS)
def test_every_loss_its_gradient_and_its_shares(lab, kind, logits, row, truth):
    loss = LOSSES[kind]() if kind == "squared" else LOSSES[kind](from_logits=logits)
    value, gradient = loss.value_and_gradient(np.array([truth], float), np.array([row]))
    got = lab.ask(
        """([kind, logits, y, t]) => Object.fromEntries(Object.entries(lab.net.lossOf({ kind, logits }, y, t))
        .map(([name, found]) => [name, typeof found === "number" ? found : Array.from(found)]))""",
        [kind, logits, row, truth],
    )
    assert got["value"] == pytest.approx(value, rel=1e-6, abs=1e-12)
    np.testing.assert_allclose(got["gradient"], gradient[0], rtol=1e-6, atol=1e-7)
    shares = np.sum(got["shares"]) / (1 if kind == "categorical" else len(row))
    assert shares == pytest.approx(value, rel=1e-6, abs=1e-12)
    heads = {"binary": 1 / (1 + np.exp(-np.array(row))), "categorical": np.exp(row) / np.exp(row).sum()}
    if logits:
        np.testing.assert_allclose(got["p"], heads[kind], rtol=1e-6, atol=1e-38)
    elif kind == "binary":
        np.testing.assert_allclose(got["p"], np.clip(row, 1e-7, 1 - 1e-7))
        np.testing.assert_allclose(
            got["shares"], [-math.log(p if t else 1 - p) for p, t in zip(got["p"], truth, strict=True)]
        )
    elif kind == "categorical":
        np.testing.assert_allclose(got["p"], np.clip(np.array(row) / sum(row), 1e-7, 1 - 1e-7))
