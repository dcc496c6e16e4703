"""The wardrobe: pictures that are a function of (seed, split, class, index), varied, learnable, written as folders."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import PIL
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from minicnn.data import Folder, load_image, wardrobe
from minicnn.data.wardrobe import scene

COURSE = ("dress", "hat", "longsleeve", "outwear", "pants", "shirt", "shoes", "shorts", "skirt", "t-shirt")


def test_the_classes_are_those_of_the_clothing_photographs():
    assert wardrobe.CLASS_NAMES == COURSE == tuple(sorted(COURSE))


@settings(deadline=None, max_examples=40, derandomize=True)
@given(
    name=st.sampled_from(COURSE),
    index=st.integers(0, 10**6),
    split=st.sampled_from(("train", "validation", "test")),
    seed=st.integers(0, 2**40),
    size=st.sampled_from((16, 33, 64, 100)),
)
def test_every_argument_gives_a_picture_and_the_same_again(name, index, split, seed, size):
    picture = wardrobe.draw(name, index, split, seed, size)
    assert picture.shape == (size, size, 3) and picture.dtype == np.uint8
    assert picture.std() > 3  # something is to be seen
    np.testing.assert_array_equal(wardrobe.draw(name, index, split, seed, size), picture)
    assert (wardrobe.draw(name, index + 1, split, seed, size) != picture).any()
    assert (wardrobe.draw(name, index, split, seed + 1, size) != picture).any()


def test_another_process_draws_the_same_bytes():
    code = (
        "import hashlib; from minicnn.data import wardrobe;"
        "print(hashlib.sha256(wardrobe.load(3, seed=11)[0].tobytes()).hexdigest())"
    )
    runs = {subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout for _ in range(2)}
    assert len(runs) == 1


def test_a_small_set_is_the_beginning_of_a_large_one():
    x, y = wardrobe.load(2, seed=7)
    larger, labels = wardrobe.load(3, seed=7)
    np.testing.assert_array_equal(x, larger[:20])
    np.testing.assert_array_equal(y, labels[:20])
    assert y.tolist() == [*range(10)] * 2 and y.dtype == np.int64
    np.testing.assert_array_equal(x[13], wardrobe.draw("outwear", 1, seed=7))


def test_no_picture_is_in_two_splits():
    sets = [wardrobe.load(8, split)[0] for split in wardrobe.SPLITS]
    prints = [picture.tobytes() for x in sets for picture in x]
    assert len(set(prints)) == len(prints) == 240


def test_drawing_leaves_the_global_generator_alone():
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    wardrobe.load(1)
    np.testing.assert_array_equal(np.random.get_state()[1], before)  # noqa: NPY002


def test_pixels_do_not_give_the_class_away_but_tell_something():
    """A linear classifier, ridge regression on the pixels, is far above chance and far below what a CNN reaches."""
    (x, y), (new, new_y) = (wardrobe.load(n, split, size=32) for n, split in ((100, "train"), (40, "validation")))
    x, new = (pictures.reshape(len(pictures), -1) / 255 - 0.5 for pictures in (x, new))
    weights = np.linalg.solve(x @ x.T + 300 * np.eye(len(x)), np.eye(10)[y] - 0.1)
    accuracy = ((new @ (x.T @ weights)).argmax(axis=1) == new_y).mean()
    assert 0.3 < accuracy < 0.72


def test_colours_do_not_tell_the_class():
    """The nearest class by a picture's mean colour is right little more often than chance, 10%."""
    (x, y), (new, new_y) = (wardrobe.load(n, split, size=32) for n, split in ((60, "train"), (40, "validation")))
    means = np.stack([x[y == label].mean(axis=(0, 1, 2)) for label in range(10)])
    distances = np.linalg.norm(new.mean(axis=(1, 2))[:, None] - means, axis=-1)
    assert (distances.argmin(axis=1) == new_y).mean() < 0.25


@pytest.mark.parametrize("name", COURSE)
def test_every_class_is_drawn_in_many_colours_and_places(name):
    pictures = np.stack([wardrobe.draw(name, index, size=32) for index in range(40)]).astype(float)
    middle = pictures[:, 13:19, 13:19].mean(axis=(1, 2))  # (40, 3)
    assert middle.std(axis=0).min() > 25
    assert pictures.std(axis=0).min() > 8  # no pixel that is the same everywhere


def test_write_folder_gives_the_same_pixels_as_load(tmp_path):
    root = wardrobe.write_folder(tmp_path / "clothes", train=2, validation=1, seed=5, size=32)
    folder = Folder(root)
    assert folder.class_names == COURSE and not folder.drawn and set(folder.splits) == {"train", "validation"}
    x, y = wardrobe.load(2, seed=5, size=32)
    for file, label in zip(*folder.split("train"), strict=True):
        index = int(file.stem)
        np.testing.assert_array_equal(load_image(file), x[10 * index + label])
        assert y[10 * index + label] == label
    np.testing.assert_array_equal(
        load_image(root / "validation" / "hat" / "0000.png"), wardrobe.draw("hat", 0, "validation", 5, 32)
    )
    assert [path.name for path in tmp_path.iterdir()] == ["clothes"]


def test_write_folder_overwrites_nothing_and_leaves_nothing_half(tmp_path, monkeypatch):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "note.txt").write_text("keep")
    with pytest.raises(FileExistsError, match="`path` must be a new or empty folder.* Received: .*mine"):
        wardrobe.write_folder(tmp_path / "mine", train=1, validation=0)

    def fail(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(wardrobe.pictures, "compose", fail)
    with pytest.raises(KeyboardInterrupt):
        wardrobe.write_folder(tmp_path / "new", train=1, validation=0)
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"class_name": "sock"}, "`class_name` must be one of dress, .*t-shirt. Received: 'sock'."),
        ({"split": "val"}, "`split` must be one of train, validation, test. Received: 'val'."),
        ({"index": -1}, "`index` must be an integer of at least 0. Received: index=-1."),
        ({"seed": 1.5}, "`seed` must be an integer of at least 0. Received: seed=1.5."),
        ({"size": 8}, "`size` must be an integer of at least 16. Received: size=8."),
    ],
)
def test_arguments_that_will_not_do(arguments, sentence):
    with pytest.raises(ValueError, match=sentence):
        wardrobe.draw(**({"class_name": "hat"} | arguments))
    if "class_name" not in arguments and "index" not in arguments:
        with pytest.raises(ValueError, match=sentence):
            wardrobe.load(1, **arguments)


@pytest.mark.parametrize("per_class", [0, True, "10"])
def test_a_set_has_at_least_one_picture_a_class(per_class):
    with pytest.raises(ValueError, match="`per_class` must be a positive integer"):
        wardrobe.load(per_class)


def test_the_pictures_stay_what_they_are():
    """wardrobe.png holds the first twelve of each class, shrunk to 8 x 8: what was measured on them stays true.

    Another Pillow may round a line otherwise; an edit of a drawing moves a cell by far more.
    """
    kept = np.asarray(Image.open(Path(__file__).with_name("wardrobe.png")), np.float64)
    kept = kept.reshape(10, 8, 12, 8, 3).swapaxes(1, 2)  # (classes, pictures, 8, 8, 3)
    for name, row in zip(wardrobe.CLASS_NAMES, kept, strict=True):
        for index, small in enumerate(row):
            drawn = wardrobe.draw(name, index).reshape(8, 8, 8, 8, 3).mean((1, 3))
            assert np.abs(drawn - small).max() <= 4, (name, index)


RECORDED = Path(__file__).with_name("wardrobe.txt")


def fingerprints():
    """Return a line a class: each picture's pixels in a random direction, which a shade or a shift of any part moves.

    Thirty pictures of 64 pixels, six of 96. Written to wardrobe.txt after a line that names Pillow's version.
    """
    lines = []
    for name in wardrobe.CLASS_NAMES:
        drawn = [(64, index) for index in range(30)] + [(96, index) for index in range(30, 36)]
        values = []
        for size, index in drawn:
            direction = np.random.default_rng([size, index]).standard_normal((size, size, 3)) / size
            values.append(float((wardrobe.draw(name, index, size=size) * direction).sum()))
        lines.append(" ".join(f"{value:.3f}" for value in values))
    return lines


def test_the_pictures_are_drawn_stroke_by_stroke_as_ever():
    """Other processors may round a few pixels up where this one rounds down; another Pillow draws other edges."""
    first, *rows = RECORDED.read_text().splitlines()
    if first != f"Pillow {PIL.__version__}":
        pytest.skip(f"recorded with {first}, not with {PIL.__version__}")
    off = np.abs([np.array(old.split(), float) - np.array(new.split(), float) for old, new in
                  zip(rows, fingerprints(), strict=True)])  # fmt: skip
    assert off.max() < 0.1, [(wardrobe.CLASS_NAMES[k], int(i)) for k, i in np.argwhere(off >= 0.1)]


@pytest.mark.parametrize("kind", ["planks", "tiles", "wall", "sheet"])
@pytest.mark.parametrize(("shade", "lighter"), [(20, True), (89.5, True), (90, True), (90.5, False), (240, False)])
def test_what_lies_on_a_dark_floor_is_lighter_and_on_a_light_one_darker(kind, shade, lighter):
    fills = []

    class Sheet:
        def line(self, place, fill, width):
            fills.append(fill)

        def polygon(self, place, fill):
            fills.append(fill)

    scene._furnish(Sheet(), kind, 64, np.full(3, shade, float), np.random.default_rng(0))
    assert fills and all((np.mean(fill) > shade) == lighter for fill in fills)


@pytest.mark.parametrize("shift", [0, 0.5, 1])
@pytest.mark.parametrize("width", [0, 1])
def test_planks_cover_the_floor_from_edge_to_edge(shift, width):
    places, side = [], 100

    class Extreme:
        """Draws the shade and the width at one end of their ranges, then the first plank's place."""

        def __init__(self):
            self.shares = iter((0, width, shift))

        def uniform(self, low, high):
            return low + (high - low) * next(self.shares)

        def random(self):
            return 0

    class Sheet:
        def line(self, ends, fill, width):
            places.append(ends[0])

    scene._furnish(Sheet(), "planks", side, np.full(3, 200.0), Extreme())
    step = places[1] - places[0]
    np.testing.assert_allclose(step, side * (0.3 if width else 0.14))
    seen = [place for place in places if 0 <= place < side]
    assert seen[0] <= step and seen[-1] >= side - step - 1e-9
