"""A model's file is replaced, and the next answers are the new model's; a broken one changes nothing."""

import shutil
import threading

from tests.app.serve.serving import Server, net, picture, predicted, same


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
