"""A classifier.json that somebody changed by hand: every command goes on, or says in one sentence what is wrong."""

import contextlib
import io

import pytest
from hypothesis import HealthCheck, given, settings

from minicnn.app.cli import main
from tests import damaged_cards
from tests.app.test_judging import linear, pets

COMMANDS = [
    ["evaluate", "MODEL", "PETS"],
    ["evaluate", "MODEL", "PETS", "--split", "all"],
    ["predict", "MODEL", "PICTURE"],
    ["predict", "MODEL", "PICTURE", "--json"],
    ["describe", "MODEL"],
    ["summary", "MODEL"],
]


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    """Return a folder with pictures and a model whose card is right, and that card."""
    root = tmp_path_factory.mktemp("cards")
    pictures = sorted(pets(root / "pets").rglob("*.png"))
    return root, linear(root / "sound.keras", learned=pictures[:3]).classifier


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(change=damaged_cards.changes)
@damaged_cards.seen
def test_one_sentence(sound, command, change):
    root, card = sound
    path = damaged_cards.write(root / "sound.keras", root / "m.keras", damaged_cards.changed(card, change))
    names = {"MODEL": path, "PETS": root / "pets", "PICTURE": root / "pets" / "cat" / "000.png"}
    said = io.StringIO()
    with contextlib.redirect_stderr(said), contextlib.redirect_stdout(io.StringIO()):
        code = main([str(names.get(word, word)) for word in command])
    damaged_cards.said(code, said.getvalue())
