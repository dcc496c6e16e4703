"""A model's file is replaced, and the next answers are the new model's; a broken one changes nothing."""

import asyncio
import hashlib
import shutil
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from minicnn.app.serve.settings import Served
from minicnn.app.serve.shelf import load as load_served
from minicnn.app.serve.shelf import version_of
from minicnn.files import write_sidecar
from tests.app.serve.serving import Server, net, picture, predicted, same, service_of


def test_a_file_that_is_replaced_whole(tmp_path):
    path, other = tmp_path / "model.keras", tmp_path / "other.keras"
    net(0).save(path)
    net(1).save(other)
    data = picture(3)
    old, new = (predicted(each, tmp_path, {"3.png": data})["3.png"] for each in (path, other))
    assert not same(old, new)
    with Server(path) as server:
        before = server.post(data).json
        assert same(before["answers"][0], old)
        wrong, ending = [], threading.Event()

        def ask_on():
            """Ask all the time: each answer is the old model's or the new one's, as its version says."""
            while not ending.is_set():
                told = server.post(data).json
                is_old = told["version"] == before["version"]
                if not same(told["answers"][0], old if is_old else new):
                    wrong.append(told)

        asking = threading.Thread(target=ask_on)
        asking.start()
        other.replace(path)
        server.until(lambda: server.post(data).json["version"] != before["version"])
        ending.set()
        asking.join()
        assert wrong == [] and same(server.post(data).json["answers"][0], new)
        assert server.figure('minicnn_reloads_total{model="model",result="loaded"}') == 1
        server.until(lambda: any("model is now version" in line for line in server.errors))


def test_a_file_that_is_no_model_changes_nothing(tmp_path):
    path = tmp_path / "model.keras"
    net(0).save(path)
    good = path.read_bytes()
    with Server(path) as server:
        before = server.post(picture(3)).json
        path.write_bytes(good[: len(good) // 2])  # as while it is being copied
        told = server.until(lambda: server.get("/healthz").json.get("problems"))
        assert f"{path} was changed and cannot be loaded" in told["model"]
        assert server.get("/healthz").status == 200 and server.post(picture(3)).json == before
        assert server.figure('minicnn_reloads_total{model="model",result="refused"}') >= 1
        path.unlink()
        told = server.until(lambda: "no such file" in server.get("/healthz").json["problems"]["model"])
        assert server.post(picture(3)).json == before
        net(1).save(path)
        server.until(lambda: "problems" not in server.get("/healthz").json)
        assert server.post(picture(3)).json["version"] != before["version"]


def test_a_card_beside_it_belongs_to_it(tmp_path):
    model = net(0)
    model.save(tmp_path / "model.h5")
    with Server(tmp_path / "model.h5") as server:
        before = server.post(picture(3)).json["answers"][0]
        card = tmp_path / "model.classifier.json"
        fresh = tmp_path / "fresh"
        fresh.write_text(card.read_text().replace("coat", "gown"))
        shutil.move(fresh, card)
        server.until(lambda: "gown" in server.post(picture(3)).json["answers"][0]["probabilities"])
        after = server.post(picture(3)).json["answers"][0]["probabilities"]
        assert list(after.values()) == list(before["probabilities"].values())


def test_weights_beside_layers_belong_to_them(tmp_path):
    path = tmp_path / "layers.json"
    path.write_text(net(0).to_json())
    write_sidecar(path, net(0).classifier)
    net(0).save_weights(tmp_path / "layers.weights.h5")
    net(2).save_weights(tmp_path / "others.weights.h5")  # which have nothing to do with it
    data = picture(3)
    with Server(path) as server:
        before = server.post(data).json
        net(1).save_weights(tmp_path / "fresh.weights.h5")
        (tmp_path / "fresh.weights.h5").replace(tmp_path / "layers.weights.h5")
        after = server.until(lambda: (told := server.post(data).json)["version"] != before["version"] and told)
        assert same(after["answers"][0], predicted(path, tmp_path, {"3.png": data})["3.png"])
        assert not same(after["answers"][0], before["answers"][0])


def test_a_version_is_of_all_that_changes_the_answers(tmp_path):
    net(0).save(tmp_path / "model.keras")
    alone = version_of(tmp_path / "model.keras")
    assert alone == hashlib.sha256((tmp_path / "model.keras").read_bytes()).hexdigest()[:12]
    seen = {alone}
    for name, text in (("labels.txt", "a"), ("labels.txt", "b"), ("classifier.json", "{}"), ("metadata.json", "{}")):
        (tmp_path / name).write_text(text)
        version = version_of(tmp_path / "model.keras")
        assert version not in seen
        seen.add(version)
    layers = tmp_path / "net.json"
    layers.write_text("{}")
    for name in ("net.h5", "group1-shard1of2", "group1-shard2of2.bin"):
        before = version_of(layers)
        (tmp_path / name).write_text("x")
        assert version_of(layers) != before
    before = version_of(layers)
    (tmp_path / "model.h5").write_text("y")  # another model's
    assert version_of(layers) == before
    (tmp_path / "net.h5").unlink()
    assert version_of(layers) != before


def test_a_file_that_changes_while_it_is_loaded_is_not_served_under_the_wrong_version(tmp_path, monkeypatch):
    from minicnn import models

    path, load = tmp_path / "model.keras", models.load_model
    net(0).save(path)

    def slow(*arguments, **settings):
        found = load(*arguments, **settings)
        net(1).save(path)
        return found

    monkeypatch.setattr(models, "load_model", slow)
    with pytest.raises(ValueError, match="was changed while it was being loaded"):
        load_served(Served("model", path))


def test_a_look_that_fails_is_not_the_last(capfd, monkeypatch):
    service, looks = service_of(), []

    def refresh():
        looks.append("")
        if len(looks) < 3:
            raise OSError("Stale file handle")
        return {}

    monkeypatch.setattr(service.shelf, "refresh", refresh)

    async def watch():
        watching = asyncio.create_task(service.watch(0.01))
        while len(looks) < 4:
            assert not watching.done()
            await asyncio.sleep(0.01)
        watching.cancel()

    with ThreadPoolExecutor(1) as apart:  # a browser's test before may have left a loop in this thread
        apart.submit(asyncio.run, watch()).result()
    service.end()
    assert capfd.readouterr().err.count("the models' files cannot be looked at: Stale file handle") == 2
