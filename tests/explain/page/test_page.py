"""What the page's writer takes, what it refuses, and what the page then holds."""

import numpy as np
import pytest
from PIL import Image

from minicnn import Add, Conv2D, Dense, Flatten, Input, Model, ReLU, Rescaling, Reshape, Sequential, Softmax
from minicnn.explain import page
from minicnn.explain.page.pictures import fit
from minicnn.files import make_card
from minicnn.models import tinyvgg
from tests.explain.page.conftest import payload


def two_ends():
    """Return a graph with two outputs."""
    x = Input((8, 8, 1))
    return Model(x, [Dense(2)(Flatten()(x)), Dense(3)(Flatten()(x))])


def two_inputs():
    """Return a graph with two inputs."""
    x, y = Input((8, 8, 1)), Input((8, 8, 1))
    return Model([x, y], Dense(2)(Flatten()(Add()([x, y]))))


def without_channels(*layers, shape=(8, 8)):
    """Return a net of grey pictures without an axis of channels."""
    return Sequential([Input(shape), *layers, Flatten(), Dense(2), Softmax()], seed=0)


def net(shape=(8, 8, 1), units=2):
    """Return a small net."""
    return Sequential([Input(shape), Conv2D(2, 3), Flatten(), Dense(units), Softmax()], seed=0)


@pytest.mark.parametrize(
    "models, pictures, settings, sentence",
    [
        (net(), [], {}, "`pictures` must hold at least one picture"),
        (net(), [np.full((8, 8), np.nan)], {}, "A picture must hold finite numbers. Received: nan"),
        (net(), [np.zeros((9, 8))], {}, r"must have the model's shape \(8, 8, 1\). Received: \(9, 8, 1\)"),
        (net(), [np.zeros((8, 8))], {"labels": ["dog"]}, "`labels` must be classes of the model"),
        (net(), [np.zeros((8, 8))], {"names": ["a", "b"]}, "`names` must have one entry a picture"),
        ([net(), net(units=3)], [np.zeros((8, 8))], {}, "the same net at several epochs"),
        (two_ends(), [np.zeros((8, 8))], {}, "one input and one output. Received: 1 and 2"),
        (two_inputs(), [np.zeros((8, 8))], {}, "one input and one output. Received: 2 and 1"),
        ([], [np.zeros((8, 8))], {}, "at least one model"),
        (net((8, 8, 2)), [np.zeros((8, 8))], {}, "one picture, grey or RGB"),
        (Sequential([Input((8, 8, 1)), Conv2D(2, 3)]), [np.zeros((8, 8))], {}, "end in a row of numbers"),
        (Sequential([Input((8, 8, 1)), Dense(2), Flatten()]), [np.zeros((8, 8))], {}, "put a Flatten before it"),
        (
            without_channels(Dense(2)),
            [np.zeros((8, 8))],
            {},
            "shows Dense of pictures with an axis of channels only",
        ),
        (without_channels(Softmax()), [np.zeros((8, 8))], {}, "put a Reshape before it. Received: 'softmax'"),
        (
            without_channels(Rescaling([1.0] * 8)),
            [np.zeros((8, 8))],
            {},
            "put a Reshape before it. Received: 'resc",
        ),
        (Sequential([Input((None, 8, 1)), Conv2D(2, 3)]), [np.zeros((8, 8))], {}, "needs known sizes"),
    ],
)
def test_what_the_page_refuses(tmp_path, models, pictures, settings, sentence):
    with pytest.raises(ValueError, match=sentence):
        page.write(models, pictures, tmp_path / "page.html", **settings)
    assert list(tmp_path.iterdir()) == []


def test_pictures_without_an_axis_of_channels_get_one_in_the_page(tmp_path):
    """All but the model's own input is as with the axis."""
    picture, held = np.arange(64).reshape(8, 8), []
    for shape in ((8, 8), (8, 8, 1)):
        page.write(without_channels(ReLU(), shape=shape), [picture], tmp_path / "page.html", title="net")
        held.append(payload(tmp_path / "page.html"))
    assert held[0]["nodes"][0]["shape"] == [8, 8, 1]
    assert held[0] == held[1]


def test_a_large_net_of_pictures_without_channels_carries_what_the_same_net_with_them_does(tmp_path, monkeypatch):
    monkeypatch.setattr("minicnn.explain.page.page.too_large", lambda model, count: True)
    picture, held = np.arange(64).reshape(8, 8), []
    for shape in ((8, 8), (8, 8, 1)):
        x = Input(shape)
        y = Flatten()(Conv2D(3, 3)(Reshape((8, 8, 1))(ReLU()(x))))
        page.write(Model(x, Dense(2)(y), seed=0), [picture], tmp_path / "page.html", title="net")
        held.append(payload(tmp_path / "page.html"))
    assert held[0]["carried"]["pictures"] and held[0] == held[1]


@pytest.mark.parametrize(
    "field, value",
    [
        ("resize", "tf-area"),
        ("task", "pictures"),
    ],
)
def test_what_a_classifier_json_asks_for_and_the_page_cannot_do_is_refused_by_name(tmp_path, field, value):
    model = net()
    model.classifier = make_card(["a", "b"], (8, 8)) | {field: value}
    with pytest.raises(ValueError, match=f"classifier.json asks for '{field}' .*, which can't be done here"):
        page.write(model, [np.zeros((8, 8))], tmp_path / "page.html")


def test_numbers_that_overflow_on_the_way_are_refused_and_named(tmp_path):
    model = net()
    model.get_layer("conv2d").params["kernel"][...] = 3e38
    with pytest.raises(ValueError, match="Received: 'model 1', which gives (nan|inf) for the picture 'bright'"):
        page.write(model, [np.full((8, 8), 255)], tmp_path / "page.html", names=["bright"])


def test_a_history_that_diverged_after_the_last_good_epoch_is_shown_as_far_as_it_goes(tmp_path):
    page.write(net(), [np.zeros((8, 8))], tmp_path / "page.html", history={"loss": [2.0, float("nan"), float("inf")]})
    assert payload(tmp_path / "page.html")["history"] == {"loss": [2.0, None, None]}


def test_a_folder_with_a_series_and_its_history(saved):
    (saved / "run" / "series").mkdir(parents=True)
    model = tinyvgg((16, 16), 3, seed=0)
    for epoch in (100, 99, 2):
        model.save(saved / "run" / "series" / f"epoch_{epoch:02d}.keras")
    (saved / "run" / "history.csv").write_text("epoch,loss,val_loss\n0,2.0,2.5\n1,1.0,1.5\n")
    page.write(saved / "run", [saved / "shirt.png"], saved / "page.html")
    data = payload(saved / "page.html")
    assert [epoch["name"] for epoch in data["epochs"]] == ["epoch 2", "epoch 99", "epoch 100"]
    assert data["history"] == {"loss": [2.0, 1.0], "val_loss": [2.5, 1.5]}


def test_a_file_before_a_model_in_memory(saved):
    """The page is called after the file; what lies beside it says nothing of the model that is shown."""
    (saved / "labels.txt").write_text("0 coat\n1 boot\n2 sock\n")
    page.write([saved / "net.keras", tinyvgg((16, 16), 3, seed=1)], [saved / "shirt.png"], saved / "page.html")
    data = payload(saved / "page.html")
    assert data["title"] == "net.keras" and data["classes"] == ["class 0", "class 1", "class 2"]
    assert [epoch["name"] for epoch in data["epochs"]] == ["net", "model 2"]


def test_grey_pixels_and_bytes_that_differ_from_whole_numbers(tmp_path):
    """RGB becomes grey as in Pillow; numbers that are no bytes are stored as they are."""
    rgb = np.random.default_rng(0).integers(0, 256, (8, 8, 3), np.uint8)
    grey = np.asarray(Image.fromarray(rgb).convert("L"))
    np.testing.assert_array_equal(fit(rgb, [8, 8, 1])[..., 0], grey)
    assert fit(np.full((8, 8), 0.5), [8, 8, 1]).dtype == np.float32
    assert fit(np.full((8, 8), 300), [8, 8, 1]).max() == 300
    for given in (grey, grey[..., None]):  # and grey becomes RGB
        wide = fit(given, [8, 8, 3])
        assert wide.shape == (8, 8, 3) and (wide == grey[..., None]).all() and wide.dtype == np.uint8


def test_the_same_call_writes_the_same_page(saved):
    for name in ("a.html", "b.html"):
        page.write(saved / "net.keras", [saved / "shirt.png"], saved / name)
    assert (saved / "a.html").read_bytes() == (saved / "b.html").read_bytes()
