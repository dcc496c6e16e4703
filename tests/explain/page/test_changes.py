"""What a reader changes stays with its epoch and its picture, is named in every view, and can always be undone."""

import numpy as np

from minicnn import Conv2D, Dense, Flatten, Input, Sequential, Softmax
from tests.explain.page.conftest import Made, Tab, noise

VIEWS = ["overview", "convolution", "layers", "backward", "against", "training", "padding"]


def net(seed):
    """A small net on pixels of a size that its weights can take."""
    model = Sequential([Input((6, 5, 1)), Conv2D(3, 3, activation="tanh"), Flatten(), Dense(3), Softmax()], seed=seed)
    model.params["conv2d/kernel"] /= 100
    return model


def two_epochs(folder):
    """A page of two nets and two pictures; the second is shown first."""
    models, pictures = [net(0), net(1)], [noise(6, 5, 1), 255 - noise(6, 5, 1)]
    return Made(folder, "two", models[1], pictures, models=models, labels=[0, 2]), models, pictures


def said(t):
    """What the page says of the classes."""
    return np.array(t.page.evaluate("explorer.net.probabilities()"))


def engine(model, pixels):
    """What the engine says of them."""
    return model.predict(pixels.astype(np.float32)[None])[0]


def test_a_change_stays_with_its_epoch_and_its_picture(browser, tmp_path):
    made, (first, second), (one, other) = two_epochs(tmp_path)
    before = [engine(model, pixels) for model in (first, second) for pixels in (one, other)]
    with Tab(browser, made) as t:
        t.page.evaluate("explorer.usePicture(0)")
        t.page.evaluate("explorer.editWeight(explorer.net.nodes[1], 'kernel', 5, 0.75)")
        second.params["conv2d/kernel"].flat[5] = 0.75
        np.testing.assert_allclose(said(t), engine(second, one), rtol=1e-4)
        t.page.evaluate("explorer.useEpoch(0)")  # the other epoch's weights are its own
        np.testing.assert_allclose(said(t), before[0], rtol=1e-4)
        t.page.evaluate("explorer.usePicture(1)")
        t.page.evaluate("explorer.editPixel(3, 200)")
        t.page.evaluate("explorer.useEpoch(1)")
        t.page.evaluate("explorer.usePicture(0)")
        np.testing.assert_allclose(said(t), engine(second, one), rtol=1e-4)
        t.page.evaluate("explorer.usePicture(1)")
        drawn = other.copy()
        drawn.flat[3] = 200
        np.testing.assert_allclose(said(t), engine(second, drawn), rtol=1e-4)
        for view in VIEWS:
            t.view(view)
            told = t.page.inner_text("header .changed")
            assert "changed" in told and "1 weight of model 2, 1 number of picture 2" in told, view
        t.page.evaluate("explorer.useLabel(1)")
        t.page.click("text=Undo changes")
        assert t.page.locator(".changed").count() == 0 and t.page.evaluate("explorer.label") == 1
        for k, (epoch, picture) in enumerate(np.ndindex(2, 2)):
            t.page.evaluate(f"explorer.useEpoch({epoch})")
            t.page.evaluate(f"explorer.usePicture({picture})")
            np.testing.assert_allclose(said(t), before[k], rtol=1e-4)


def test_a_change_taken_back_by_hand_is_none(browser, tmp_path):
    made, _, (one, _) = two_epochs(tmp_path)
    with Tab(browser, made) as t:
        t.page.evaluate("explorer.usePicture(0)")
        for value in (77, int(one.flat[4])):
            t.page.evaluate(f"explorer.editPixel(4, {value})")
            assert t.page.locator(".changed").count() == (value == 77)


def test_the_training_chart_follows_a_change(browser, tmp_path):
    """Its dots are the losses of the nets and the picture as they are now, and again the old ones after Undo."""
    made, models, (one, _) = two_epochs(tmp_path)
    drawn = one.copy()
    drawn.flat[7] = 0 if one.flat[7] > 100 else 255
    with Tab(browser, made) as t:
        t.page.evaluate("explorer.usePicture(0)")
        t.view("training")
        for pixels, change in (
            (one, "0"),
            (drawn, f"explorer.editPixel(7, {drawn.flat[7]})"),
            (one, "explorer.undo()"),
        ):
            t.page.evaluate(change)
            losses = t.page.evaluate("explorer.view.losses")
            np.testing.assert_allclose(losses, [-np.log(engine(model, pixels)[0]) for model in models], rtol=1e-3)
