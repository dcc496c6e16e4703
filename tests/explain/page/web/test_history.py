"""history.js: the best epoch by validation, and where early stopping ends: as the callback does."""

from types import SimpleNamespace

import numpy as np
import pytest

from minicnn.callbacks import EarlyStopping


def ends_after(losses, patience):
    """Let the callback watch a history; return the epoch, from 1, after which it stops, None if it does not."""
    stop = EarlyStopping("val_loss", patience=patience)
    stop.set_model(SimpleNamespace(stop_training=False))
    stop.on_train_begin({})
    for epoch, loss in enumerate(losses):
        stop.on_epoch_end(epoch, {"val_loss": loss})
        if stop.model.stop_training:
            return epoch + 1
    return None


def test_early_stopping_ends_where_the_callback_does(lab):
    rng = np.random.default_rng(0)
    found = set()
    for _ in range(100):
        losses = np.round(rng.normal(size=rng.integers(2, 12)) + 3, 1).tolist()
        want = ends_after(losses, patience=3)
        text = lab.ask("(losses) => lab.history.bestEpoch({ val_loss: losses })", losses)
        end = "would not have ended this training" if want is None else f"would have ended it after epoch {want}."
        assert f"EarlyStopping(patience=3) {end}" in text and f"epoch {np.argmin(losses) + 1} of" in text
        found.add(want)
    assert len(found) > 5 and None in found


@pytest.mark.parametrize(
    "losses, words",
    [
        ([2.0, 1.0, 1.5, 1.6, 1.7], ["epoch 2 of 5 is the best: loss 1.", "ended it after epoch 5"]),
        ([2.0, 1.5, 1.25], ["epoch 3 of 3", "loss 1.25", "still falling at the end", "would not have ended"]),
        ([2.0, None, 1.25, 1.25], ["epoch 3 of 4", "would not have ended"]),
    ],
)
def test_the_verdict(lab, losses, words):
    text = lab.ask("(losses) => lab.history.bestEpoch({ val_loss: losses })", losses)
    assert all(each in text for each in words), text


def test_without_validation_there_is_none(lab):
    assert lab.ask("() => [lab.history.bestEpoch({}), lab.history.bestEpoch({ loss: [1, 2] })]") == [None, None]
