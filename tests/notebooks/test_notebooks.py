"""Twelve notebooks of a Keras user: their cells run once with keras, once with minicnn, and give the same numbers.

A notebook is a file of cells, each begun by "# %%", with the import lines of somebody who has Keras. For minicnn those
lines alone are rewritten, by `IMPORTS`. A notebook knows two names that it doesn't make: `DATA`, a folder of pictures,
and `start(model)`, which gives a new model in minicnn the weights that Keras drew for its twin. Its first line lists
what is compared at the end.

What is not as users type it, so that numbers can be compared: `start` stands in each notebook, which leaves out how
weights begin (tests/initializers has that); `shuffle=False`, `Dropout(0.0)` and ranges of one value stand for an order,
masks and ranges, since each engine draws random numbers of its own; a small net stands for a base of
keras.applications, arrays for keras.datasets, and nothing is plotted. A thirteenth, as_typed.py, has an order, masks,
weights of its own and TensorFlow's import lines; what it ends with is compared within a band, `BAND`.

A loss or a layer of one's own needs a slope here, which Keras has TensorFlow find: such cells begin with "# %% keras:"
or "# %% minicnn:" and run in that engine alone. They stand in `OWN` and nowhere else.
"""

import re
import types
import warnings
from pathlib import Path

import numpy as np
import pytest

from minicnn import initializers
from minicnn.data import wardrobe
from tests.keras_oracle import keras

FREE = "as_typed"
NOTEBOOKS = sorted(
    path for path in Path(__file__).parent.glob("*.py") if not path.name.startswith(("test_", "_", FREE))
)
OWN = "own_loss_and_layer"
IMPORTS = [  # Keras's import lines -> minicnn's
    (r"^from tensorflow import keras$", "import minicnn as keras"),
    (r"^(from|import) tensorflow\.keras\b", r"\1 keras"),
    (r"^import keras$", "import minicnn as keras"),
    (r"^import keras(\.\S+)? as ", r"import minicnn\1 as "),
    (r"^from keras\.(?:applications\.imagenet_utils|preprocessing\.image) import ", "from minicnn.utils import "),
    (r"^from keras(\.\S+)? import ", r"from minicnn\1 import "),
]
BAND = {"accuracy": 0.1, "loss": 0.25}  # how far two trainings of other draws may be apart at their ends
RTOL, ATOL = 2e-3, 2e-4  # the second times an array's largest number: rates of 1e-5 differ from rates of 1e-6


def cells(path, engine):
    """List a notebook's cells for one engine."""
    found = []
    for cell in re.split(r"^# %%", path.read_text(encoding="utf-8"), flags=re.M)[1:]:
        alone = re.match(r" (keras|minicnn):", cell)
        if alone is None or alone[1] == engine:
            found.append("# %%" + (translated(cell) if engine == "minicnn" else cell))
    return found


def translated(cell):
    """Rewrite a cell's import lines."""
    for pattern, line in IMPORTS:
        cell = re.sub(pattern, line, cell, flags=re.M)
    return cell


def run(path, engine, starts, **known):
    """Run the cells; return what the notebook's first line names."""
    drawn = iter(list(starts))

    def start(model):
        if engine == "keras":
            starts.append(model.get_weights())
        else:
            model.set_weights(next(drawn))

    module = types.ModuleType(path.stem)  # so that classes and pickles know where they are from
    vars(module).update(known, start=start)
    for number, cell in enumerate(cells(path, engine)):
        exec(compile(cell, f"{path.name}, cell {number}, {engine}", "exec"), vars(module))
    assert engine == "keras" or next(drawn, None) is None, "Keras made more models"
    names = path.read_text(encoding="utf-8").splitlines()[0].partition(": ")[2].split()
    return {name: getattr(module, name) for name in names}


def compare(ours, theirs, where):
    """Compare histories, numbers, arrays and texts, and lists and dicts of them."""
    ours, theirs = (getattr(each, "history", each) for each in (ours, theirs))
    if isinstance(theirs, dict):
        assert set(ours) == set(theirs), where
        for key, value in theirs.items():
            compare(ours[key], value, f"{where}[{key!r}]")
    elif isinstance(theirs, (list, tuple)):
        assert len(ours) == len(theirs), where
        for place, (one, other) in enumerate(zip(ours, theirs, strict=True)):
            compare(one, other, f"{where}[{place}]")
    elif isinstance(theirs, str):
        assert ours == theirs, where
    else:
        wanted = np.asarray(theirs)
        least = ATOL * float(np.abs(wanted).max(initial=0)) + 1e-7
        np.testing.assert_allclose(np.asarray(ours), wanted, rtol=RTOL, atol=least, err_msg=where)


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    return wardrobe.write_folder(tmp_path_factory.mktemp("pictures") / "clothes", train=3, validation=2, size=32)


@pytest.fixture(autouse=True)
def no_seed_is_left():
    """A notebook may set the seed of all that have none; the next test begins without."""
    yield
    initializers.set_source(None)


@pytest.fixture
def index(tmp_path, monkeypatch):
    """ImageNet's names, made up: Keras keeps the file in its folder of models, and reads it once."""
    names = {str(place): [f"n{place:08d}", f"thing_{place}"] for place in range(1000)}
    home = tmp_path / "home" / "models"
    home.mkdir(parents=True)
    (home / "imagenet_class_index.json").write_text(str(names).replace("'", '"'))
    monkeypatch.setenv("KERAS_HOME", str(home.parent))
    monkeypatch.setattr(keras.src.applications.imagenet_utils, "CLASS_INDEX", names)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_gives_keras_s_numbers(path, pictures, index, tmp_path, monkeypatch):
    found, starts = {}, []
    for engine in ("keras", "minicnn"):
        (tmp_path / engine).mkdir()
        monkeypatch.chdir(tmp_path / engine)
        keras.utils.set_random_seed(1)
        with warnings.catch_warnings():
            if engine == "keras":
                warnings.simplefilter("ignore")  # Keras's advice; minicnn gives none
            found[engine] = run(path, engine, starts, DATA=pictures)
    compare(found["minicnn"], found["keras"], path.stem)


def test_a_notebook_as_it_is_typed_ends_where_keras_s_does(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = Path(__file__).with_name(f"{FREE}.py")
    ours, theirs = (run(path, engine, []) for engine in ("minicnn", "keras"))
    for name, band in BAND.items():
        for kind in (name, f"val_{name}"):
            one, other = (found["history"].history[kind][-1] for found in (ours, theirs))
            assert abs(one - other) < band, (kind, one, other)
    (loss, accuracy), (their_loss, their_accuracy) = ours["scores"], theirs["scores"]
    assert abs(loss - their_loss) < BAND["loss"] and abs(accuracy - their_accuracy) < BAND["accuracy"]
    assert min(accuracy, their_accuracy) > 0.85  # both have learned what there is


def test_there_are_twelve_and_only_import_lines_change():
    assert len(NOTEBOOKS) == 12
    for path in NOTEBOOKS:
        text = path.read_text(encoding="utf-8")
        ours, theirs = ("".join(cells(path, engine)) for engine in ("minicnn", "keras"))
        assert text.startswith("# compares: ") and ("# %% minicnn:" in text) == (path.stem == OWN)
        if path.stem != OWN:
            changed = [(a, b) for a, b in zip(ours.splitlines(), theirs.splitlines(), strict=True) if a != b]
            assert changed and all("import" in a and "import" in b for a, b in changed), changed


@pytest.mark.parametrize(
    ("line", "ours"),
    [
        ("import keras", "import minicnn as keras"),
        ("from keras import layers", "from minicnn import layers"),
        ("from tensorflow import keras", "import minicnn as keras"),
        ("from tensorflow.keras.layers import Dense", "from minicnn.layers import Dense"),
        ("from tensorflow.keras import layers, models", "from minicnn import layers, models"),
        ("from tensorflow.keras.preprocessing.image import load_img", "from minicnn.utils import load_img"),
        ("import tensorflow.keras as keras", "import minicnn as keras"),
        ("import keras.layers as kl", "import minicnn.layers as kl"),
        ("from keras.optimizers import Adam", "from minicnn.optimizers import Adam"),
        ("from keras.preprocessing.image import load_img", "from minicnn.utils import load_img"),
        ("model = keras.Model(x, y)", "model = keras.Model(x, y)"),
    ],
)
def test_how_import_lines_change(line, ours):
    assert translated(line) == ours
