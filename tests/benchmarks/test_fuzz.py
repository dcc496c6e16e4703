"""The fuzzer: what it calls a fault, how it damages, and a short run of it on every kind of file."""

import sys

import pytest
from PIL import Image

from benchmarks import fuzz
from benchmarks.sound_files import sound_files
from minicnn import load_model

SENTENCE = "minicnn: shirt.keras is no zip archive."


@pytest.mark.parametrize(
    ("code", "said", "what", "fault"),
    [
        (0, "", "opened", False),
        (2, SENTENCE, "refused", False),
        (2, f"a note\n{SENTENCE}", "refused", False),
        (1, SENTENCE, "refused", True),
        (0, SENTENCE, "refused", True),
        (2, "", "refused", True),
        (2, f"{SENTENCE}\n{SENTENCE}", "refused", True),
        (2, "minicnn: " + "a" * 900, "refused", True),
        (2, "minicnn: \x1b[2J", "refused", True),
    ],
)
def test_an_answer_is_a_prediction_or_one_sentence(monkeypatch, code, said, what, fault):
    def main(arguments):
        print(said, file=sys.stderr)
        return code

    monkeypatch.setattr(fuzz.app, "main", main)
    found = fuzz.answer("model.keras", "picture.png")
    assert (found[0], found[1] is not None) == (what, fault)


def test_whatever_comes_out_of_the_command_is_a_fault(monkeypatch):
    def main(arguments):
        raise KeyError("layers")

    monkeypatch.setattr(fuzz.app, "main", main)
    assert fuzz.answer("model.keras", "picture.png") == ("refused", "KeyError: 'layers'")


class Dice:
    """Falls as it is told, then on the highest side."""

    def __init__(self, *falls):
        self.falls = list(falls)

    def randint(self, low, high):
        return self.falls.pop(0)

    def randrange(self, count):
        return self.falls.pop(0)

    def choice(self, options):
        return options[self.falls.pop(0)]

    def random(self):
        return 1.0


@pytest.mark.parametrize(
    ("falls", "expected"),
    [
        ((0, 9, 4), bytes([1, 2, 255, *range(4, 11)])),  # one byte changed
        ((1, 9, 0), bytes([1, 2, 0, *range(4, 11)])),
        ((2,), bytes([1, 2, 0, 0, 0, *range(6, 11)])),  # zeroed
        ((3, 5), bytes([1, 2, 6, 7, 8, 6, 7, 8, 9, 10])),  # copied from elsewhere
        ((4,), bytes([1, 2, 3, 4, 5, 3, 4, 5, *range(6, 11)])),  # too short to be cut: doubled
        ((5,), bytes([1, 2, 3, 4, 5, 3, 4, 5, *range(6, 11)])),
    ],
)
def test_how_bytes_are_damaged(falls, expected):
    """Three bytes at the third place, of ten."""
    once, place, size = 1, 2, 3
    assert fuzz.mutated(bytes(range(1, 11)), Dice(once, place, size, *falls)) == expected


def test_a_block_of_a_longer_file_is_cut_out():
    raw = bytes(range(101))
    assert fuzz.mutated(raw, Dice(1, 2, 3, 4)) == raw[:2] + raw[5:]


def test_every_kind_of_file_is_sound_before_it_is_damaged(tmp_path):
    picture = tmp_path / "picture.png"
    Image.new("RGB", (8, 8), (200, 100, 0)).save(picture)
    paths = sound_files(tmp_path)
    assert len(paths) == len(set(paths)) >= 8
    for path in paths:
        model = load_model(tmp_path / "model.keras") if path.name.endswith(".weights.h5") else None
        assert fuzz.answer(fuzz.model_of(path), picture, model) == ("opened", None), path.name


def test_a_short_run_on_every_kind_of_file(tmp_path):
    """Nothing fails, and every damaged file is accounted for; the same seed makes the same files."""
    for path in sound_files(tmp_path):
        rows = [fuzz.fuzz(path, 8, 3, tmp_path / "faults") for _ in range(2)]
        assert rows[0]["failed"] == 0 and not (tmp_path / "faults").exists()
        assert rows[0]["opened"] + rows[0]["refused"] == rows[0]["files"] == 8
        assert rows[0]["refused"] > 0 and rows[0]["opened"] == rows[1]["opened"]
