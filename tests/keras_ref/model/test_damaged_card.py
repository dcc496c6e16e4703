"""A classifier.json that somebody changed by hand: every command goes on, or says in one sentence what is wrong."""

import contextlib
import io
import shutil

import pytest
from hypothesis import HealthCheck, given, settings

from keras_ref.commands import main
from keras_ref.model import card
from minicnn.data import Folder, split_field
from tests import damaged_cards
from tests.keras_ref import colours


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    """Return a folder with pictures and a model whose card is right, and that card."""
    root = tmp_path_factory.mktemp("cards")
    painted = {f"{name}/{k}.png": (9 * k, i, 200) for i, name in enumerate(colours.CLASSES) for k in range(5)}
    field = split_field(Folder(colours.paint(root / "painted", painted)))
    model = colours.save(root / "sound.keras", split=field)
    return root, card.load(model)[1].value()


@pytest.mark.parametrize("command", ["evaluate", "predict"])
@settings(deadline=None, max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(change=damaged_cards.changes)
@damaged_cards.seen
def test_one_sentence(sound, command, change):
    root, value = sound
    path = damaged_cards.write(root / "sound.keras", root / "m.keras", damaged_cards.changed(value, change))
    shutil.rmtree(root / "out", ignore_errors=True)
    asked = [root / "painted", "--out", root / "out"] if command == "evaluate" else [root / "painted/red/0.png"]
    said = io.StringIO()
    with contextlib.redirect_stderr(said), contextlib.redirect_stdout(io.StringIO()):
        code = main(list(map(str, [command, path, *asked])))
    damaged_cards.said(code, said.getvalue())
