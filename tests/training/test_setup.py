"""What compile makes: training needs it, and it warns of what is rarely meant."""

import numpy as np
import pytest

import minicnn
from minicnn import Dense, Input, Sequential


def test_training_needs_compile():
    net = Sequential([Input((2,)), Dense(1)])
    for call in (lambda: net.fit(np.ones((1, 2)), np.ones(1)), lambda: net.evaluate(np.ones((1, 2)), np.ones(1))):
        with pytest.raises(RuntimeError, match="Call model.compile"):
            call()


def test_advice_is_given_once():
    net = Sequential([Input((2,)), Dense(1, activation="sigmoid")])
    with pytest.warns(UserWarning, match="from_logits=True, but the model ends in sigmoid"):
        net.compile("sgd", minicnn.BinaryCrossentropy(from_logits=True))
    net = Sequential([Input((2,)), Dense(1)])
    with pytest.warns(UserWarning, match="logits above 0.5"):
        net.compile("sgd", minicnn.BinaryCrossentropy(from_logits=True), metrics=["accuracy"])
