"""Regularizers by all of Keras's names: the same classes, the same defaults, the same cost."""

import keras
import numpy as np
import pytest

from minicnn import regularizers


@pytest.mark.parametrize("name", ["L1", "L2", "L1L2", "l1", "l2", "l1_l2"])
def test_defaults_and_costs_are_keras_s(name):
    w = np.random.default_rng(0).normal(0, 1, (3, 4)).astype(np.float32)
    ours, theirs = getattr(regularizers, name), getattr(keras.regularizers, name)
    for settings in ({}, *({key: 0.25} for key in ("l1", "l2") if key in theirs().get_config())):
        assert ours(**settings)(w) == pytest.approx(float(theirs(**settings)(w)), rel=1e-5)
