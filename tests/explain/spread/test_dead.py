"""Dead units: those whose weights get a gradient of exactly 0 from every picture, and no others."""

import numpy as np
import pytest

from minicnn import Conv2D, Dense, Flatten, Input, MaxPooling2D, ReLU, Sequential, explain
from minicnn.explain.terms import run_backward


def net(seed):
    """A net with ReLUs of both kinds; some biases are so low that units die."""
    layers = [Conv2D(6, 3, name="first"), ReLU(), MaxPooling2D(2), Conv2D(5, 2, activation="relu6", name="second")]
    model = Sequential(
        [Input((9, 9, 2)), *layers, Flatten(), Dense(7, activation="relu", name="third"), Dense(3)], seed=seed
    )
    rng = np.random.default_rng(seed)
    for name in ("first", "second", "third"):
        bias = model.params[f"{name}/bias"]
        bias[...] = rng.choice([0.1, 0.1, -3, -9], bias.size)
    return model


@pytest.mark.parametrize("seed", range(4))
def test_a_dead_unit_learns_from_no_picture(seed):
    model = net(seed)
    x = np.random.default_rng(seed).normal(size=(40, 9, 9, 2)).astype(np.float32)
    found = explain.dead_units(model, x)
    assert [(each.layer, each.units) for each in found] == [("re_lu", 6), ("second", 5), ("third", 7)]
    moved = {name: np.zeros(model.params[f"{name}/bias"].size, bool) for name in ("first", "second", "third")}
    for each in x:
        run = run_backward(model, each, 1)
        for name, own in moved.items():
            own |= run.grads[f"{name}/bias"] != 0
    for (_, dead, _), own in zip(found, moved.values(), strict=True):
        assert not own[list(dead)].any()
    assert any(dead for _, dead, _ in found)


def test_one_picture_or_place_is_enough_to_live():
    model = Sequential([Input((1, 2, 1)), Conv2D(2, 1, activation="relu")])
    model.set_weights([np.array([[[[1.0, -1.0]]]]), np.zeros(2)])
    x = np.array([[[[-1.0], [0.0]]], [[[0.0], [0.5]]]])
    assert explain.dead_units(model, x)[0].dead == ()
    assert explain.dead_units(model, x[0])[0].dead == (0,) and explain.dead_units(model, x[1:])[0].dead == (1,)
    many = np.zeros((70, 1, 2, 1))
    many[-1] = 1  # in the third batch
    assert explain.dead_units(model, many)[0].dead == (1,)


def test_words_and_errors():
    model = net(0)
    assert str(explain.Dead("re_lu", (), 4)) == "re_lu: 0 of 4 dead"
    with pytest.raises(ValueError, match=r"`x` must hold at least one picture. Received: none."):
        explain.dead_units(model, np.zeros((0, 9, 9, 2)))
