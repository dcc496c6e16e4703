"""What is too large, too slow or too much is refused with its status and a sentence."""

import base64
import io
import json
import socket
import struct
import threading
import time
import zlib
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection

import numpy as np
import pytest
from PIL import Image

from tests.app.serve.serving import PATIENCE, Server, all_of, form, inside, picture, service_of, until

MAX_BYTES, MAX_PIXELS, TIMEOUT = 20_000, 5_000, 2


@pytest.fixture(scope="module")
def strict(model_file):
    flags = ("--max-bytes", MAX_BYTES, "--max-pixels", MAX_PIXELS, "--queue", 8)
    with Server(model_file, *flags) as serving:
        yield serving
    assert serving.errors == []


@pytest.fixture(scope="module")
def hurried(model_file):
    """Give no time to bodies: a server of its own, since on a busy machine an answer takes as long."""
    with Server(model_file, "--timeout", TIMEOUT) as serving:
        yield serving
    assert serving.errors == []


def test_bytes(strict):
    refused = strict.post(b"x" * (MAX_BYTES + 1))
    assert refused.status == 413 and refused.json["error"] == f"The body may have {MAX_BYTES} bytes at most."
    assert refused.headers["Connection"] == "close"
    assert strict.post(picture(0) + b"\0" * (MAX_BYTES - len(picture(0)))).status == 200  # as many as may be


def test_bytes_of_unknown_number(strict):
    refused = strict.ask("POST", "/predict", (b"x" * 1000 for _ in range(2 * MAX_BYTES // 1000)))
    assert refused.status == 413


def test_a_body_that_never_ends_is_not_read_for_ever(strict):
    with strict.connect() as connection:
        connection.sendall(b"POST /predict HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n")
        with pytest.raises(OSError, match="reset|Broken pipe"):
            for _ in range(10_000):
                connection.sendall(b"3e8\r\n" + b"x" * 1000 + b"\r\n")
                time.sleep(0.001)


def test_who_waits_for_a_word_is_refused_before_sending(strict):
    with strict.connect() as connection:
        head = f"POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Length: {MAX_BYTES + 1}\r\n"
        head += "Expect: 100-continue\r\n\r\n"
        connection.sendall(head.encode())
        assert connection.recv(1000).startswith(b"HTTP/1.1 413")  # and not 408: nothing was waited for


def test_pixels(strict):
    file = io.BytesIO()
    Image.new("RGB", (100, 51)).save(file, "PNG")
    refused = strict.post(file.getvalue())
    assert refused.status == 413
    assert refused.json["error"].endswith(f"it has 100 x 51 pixels; at most {MAX_PIXELS} are allowed.")
    body, kind = form([("x", "large", file.getvalue()), ("x", "small", picture(0))])
    first, second = strict.post(body, content_type=kind).json["answers"]
    assert "pixels" in first["error"] and second["class"]


def test_a_bomb_is_refused_by_what_its_head_says(strict):
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    bomb = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")
    assert strict.post(bomb).status == 413


def test_a_jpeg_that_is_drawn_without_end(strict):
    """Each scan of a progressive JPEG costs a walk over all its pixels, and may be of a few bytes."""
    file = io.BytesIO()
    Image.new("RGB", (64, 64), "red").save(file, "JPEG", progressive=True)
    whole = file.getvalue()
    last = whole.rindex(b"\xff\xda")
    assert strict.post(whole).status == 200
    refused = strict.post(whole[:-2] + whole[last:-2] * 200 + whole[-2:])
    assert refused.status == 400 and "a JPEG of more than 100 scans" in refused.json["error"]


def test_pictures_in_a_request(strict):
    body, kind = form([("x", f"{k}", b"x") for k in range(9)])
    refused = strict.post(body, content_type=kind)
    assert refused.status == 413 and refused.json["error"] == "A request may hold 8 pictures at most."
    refused = strict.post(json.dumps({"images": ["AAAA"] * 9}), content_type="application/json")
    assert refused.status == 413


def test_time_for_a_body(hurried):
    start = time.monotonic()
    with hurried.connect() as connection:
        connection.sendall(b"POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\nhalf")
        answer = b"".join(iter(lambda: connection.recv(1000), b""))
    assert answer.startswith(b"HTTP/1.1 408") and b"within 2 seconds" in answer
    assert time.monotonic() - start >= TIMEOUT - 0.1


def test_a_body_that_drips_is_slow_too(hurried):
    with hurried.connect() as connection:
        connection.sendall(b"POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n")
        connection.settimeout(0.1)
        for _ in range(PATIENCE * 10):
            try:
                connection.sendall(b"x")
                if answer := connection.recv(1000):
                    break
            except TimeoutError:
                continue
    assert answer.startswith(b"HTTP/1.1 408")


def test_a_full_queue_says_when_to_ask_again(tmp_path, model_file):
    """Its engine is slow: a net that takes long over each picture."""
    from minicnn import Conv2D, GlobalAveragePooling2D, Input, Rescaling, Sequential
    from minicnn.files import make_card

    convolutions = [Conv2D(64, 3, padding="same", activation="relu") for _ in range(6)]
    slow = Sequential([Input((160, 160, 3)), Rescaling(1 / 255), *convolutions, Conv2D(2, 1), GlobalAveragePooling2D()])
    slow.classifier = make_card(["a", "b"], (160, 160), "logits")
    slow.save(tmp_path / "slow.keras")
    with Server(tmp_path / "slow.keras", "--queue", 4, "--batch", 2) as server, ThreadPoolExecutor(24) as pool:
        start = threading.Barrier(24)

        def client(number):
            start.wait()
            return server.post(picture(number))

        replies = list(pool.map(client, range(24)))
        refused = [reply for reply in replies if reply.status == 503]
        assert refused and any(reply.status == 200 for reply in replies)
        assert {reply.status for reply in replies} == {200, 503}
        for reply in refused:
            assert 1 <= int(reply.headers["Retry-After"]) <= 60 and "wait already" in reply.json["error"]
        assert server.post(picture(0)).status == 200  # there is room again


def white(width, height):
    """Write a picture of one colour: few bytes, many pixels."""
    file = io.BytesIO()
    Image.new("L", (width, height), 255).save(file, "PNG")
    return file.getvalue()


def test_pixels_of_all_pictures_together(strict):
    half = white(50, 49)  # 2450 pixels; of 5000 a picture, a request may have 10000
    for count, status in ((4, 200), (5, 413)):
        body, kind = form([("x", f"{k}.png", half) for k in range(count)])
        reply = strict.post(body, content_type=kind)
        assert reply.status == status
        texts = [base64.b64encode(half).decode()] * count
        assert strict.post(json.dumps({"images": texts}), content_type="application/json").status == status
    assert reply.json["error"] == "The pictures of a request may have 10000 pixels at most, together."
    files = [("x", "large", white(100, 51))] * 4 + [("x", "none", b"no picture")] * 3 + [("x", "half", half)]
    body, kind = form(files)
    *rows, last = strict.post(body, content_type=kind).json["answers"]  # what is not decoded costs nothing
    assert all("error" in row for row in rows) and last["class"]


def test_every_kind_of_picture_is_counted():
    from minicnn.app.serve.decoding import _pixels_of

    for kind in ("PNG", "JPEG", "GIF", "BMP", "WEBP", "TIFF", "PPM"):
        file = io.BytesIO()
        Image.new("RGB", (30, 20)).save(file, kind)
        assert _pixels_of(file.getvalue()) == 600
    assert _pixels_of(b"no picture") == _pixels_of(b"") == 0


def test_pictures_from_addresses_are_counted_too_and_wait_their_turn(monkeypatch):
    """While the decoders are busy no more files are fetched than there are fetchers: what waits is in no memory."""
    from minicnn.app.serve import Limits, service

    fetched, gate, decode = [], threading.Event(), service.decode

    def fetch(url, max_bytes, timeout):
        fetched.append(url)
        return white(50, 49)

    monkeypatch.setattr(service, "fetch", fetch)
    monkeypatch.setattr(service, "decode", lambda *given: gate.wait(PATIENCE) and decode(*given))
    limits = Limits(urls=True, max_pixels=8 * 50 * 49, timeout=PATIENCE)  # 16 of these pictures
    with inside(service_of(limits)) as (_, where), ThreadPoolExecutor(1) as pool:
        connection = HTTPConnection(*where, timeout=PATIENCE)
        body = json.dumps({"urls": [f"http://example.com/{k}" for k in range(20)]})
        connection.request("POST", "/predict", body, {"Content-Type": "application/json"})
        reply = pool.submit(connection.getresponse)
        until(lambda: len(fetched) >= service.FETCHERS)
        time.sleep(0.3)
        assert len(fetched) == service.FETCHERS
        gate.set()
        rows = json.loads(reply.result().read())["answers"]
        connection.close()
    errors = [row["error"] for row in rows if "error" in row]
    assert errors == [f"The pictures of a request may have {16 * 50 * 49} pixels at most, together."] * 4
    assert len(rows) == 20


def urls(*names):
    """Write a request for pictures at addresses."""
    return json.dumps({"urls": [f"http://example.com/{name}" for name in names]})


def post(where, body, kind="application/json"):
    """Post a body; return the status and the JSON of the answer."""
    connection = HTTPConnection(*where, timeout=PATIENCE)
    try:
        connection.request("POST", "/predict", body, {"Content-Type": kind})
        reply = connection.getresponse()
        return reply.status, json.loads(reply.read())
    finally:
        connection.close()


def test_who_waits_for_other_servers_takes_nobodys_place(monkeypatch):
    from minicnn.app.serve import Limits

    gate = threading.Event()

    def fetch(url, max_bytes, timeout):
        assert gate.wait(PATIENCE)
        return picture(0)

    monkeypatch.setattr("minicnn.app.serve.service.fetch", fetch)
    limits = Limits(urls=True, queue=8, pictures=4, timeout=4 * PATIENCE)
    service = service_of(limits)
    with inside(service) as (_, where), ThreadPoolExecutor(2) as pool:
        waiting = [pool.submit(post, where, urls(*range(4))) for _ in range(2)]
        until(lambda: service._fetching == 8)
        status, told = post(where, urls("one more"))
        assert status == 503 and told["error"] == "8 addresses wait already, and 8 may; ask later."
        status, told = post(where, picture(1), "image/png")
        assert status == 200 and told["answers"][0]["class"] == "yes"
        gate.set()
        for each in waiting:
            status, told = each.result()
            assert status == 200 and [row["class"] for row in told["answers"]] == ["yes"] * 4
        assert service._fetching == service.engine.inside == 0


def test_one_slow_address_does_not_cost_the_others_their_answers(monkeypatch):
    from minicnn.app.serve import Limits
    from minicnn.app.serve.refusal import Refusal

    def fetch(url, max_bytes, timeout):
        if not url.endswith("slow"):
            return picture(0)
        time.sleep(timeout)
        raise Refusal(408, "slow")

    monkeypatch.setattr("minicnn.app.serve.service.fetch", fetch)
    with inside(service_of(Limits(urls=True, timeout=12))) as (_, where):
        status, told = post(where, urls(1, *["slow"] * 9))
    assert status == 200 and [row.get("class") for row in told["answers"]] == ["yes"] + [None] * 9
    assert "there was no time for it" in told["answers"][9]["error"]  # it waited behind eight others


def test_who_is_refused_before_the_body_reads_why(monkeypatch):
    """The server is full; the client sends on before it reads, as most do."""
    monkeypatch.setattr("minicnn.app.serve.bodies.LEFTOVER_SECONDS", PATIENCE)
    service = service_of()
    service.engine.inside = service.engine.queue
    with inside(service) as (_, where), socket.create_connection(where, timeout=PATIENCE) as connection:
        connection.sendall(b"POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5000000\r\n\r\n")
        for _ in range(50):
            connection.sendall(b"x" * 100_000)
            time.sleep(0.005)
        said = all_of(connection)
    assert said.startswith(b"HTTP/1.1 503") and b"retry-after: 1" in said.lower() and b"256 pictures wait" in said


def test_a_head_that_does_not_come_is_not_waited_for(monkeypatch):
    monkeypatch.setattr("minicnn.app.serve.connections.HEAD_SECONDS", 0.3)
    with inside(service_of()) as (_, where):
        for begun in (b"", b"POST /pre", b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\nGET"):
            with socket.create_connection(where, timeout=PATIENCE) as connection:
                connection.sendall(begun)
                said = all_of(connection)
                assert said.startswith(b"HTTP/1.1 200") == (len(begun) > 10)


NOISE = np.random.default_rng(0).integers(0, 256, (1700, 1700, 3), dtype=np.uint8)  # more than lies between two sockets


def asked_for_noise(connection, extra=b""):
    """Ask for an answer of some megabytes."""
    head = b"POST /grad-cam HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n%b\r\n"
    connection.sendall(head % (len(picture(0)), extra) + picture(0))


def asks_and_asks(connection):
    connection.settimeout(1)
    try:
        while True:  # until the server takes no more: then its own side is full, too
            connection.sendall(b"GET /openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n" * 10)
    except OSError:
        return


def asks_once(connection):
    asked_for_noise(connection)


def asks_for_the_last_time(connection):
    asked_for_noise(connection, b"Connection: close\r\n")  # the server would close, as soon as all is taken


@pytest.mark.parametrize("ask", [asks_and_asks, asks_once, asks_for_the_last_time])
def test_an_answer_that_is_not_taken_is_not_kept(monkeypatch, ask):
    monkeypatch.setattr("minicnn.app.serve.connections.ANSWER_SECONDS", 0.5)
    with inside(service_of(explain=lambda pictures: [NOISE])) as (server, where), socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.connect(where)
        ask(connection)
        until(lambda: server.server_state.total_requests > 0)
        until(lambda: not server.server_state.connections)


def test_an_answer_that_is_taken_late_is_whole(monkeypatch):
    monkeypatch.setattr("minicnn.app.serve.connections.ANSWER_SECONDS", PATIENCE)
    with inside(service_of(explain=lambda pictures: [NOISE])) as (server, where):
        connection = HTTPConnection(*where, timeout=PATIENCE)
        for _ in range(2):
            connection.request("POST", "/grad-cam", picture(0))
            until(lambda: any(each._unread for each in server.server_state.connections))
            drawn = Image.open(io.BytesIO(connection.getresponse().read()))
            assert np.array_equal(np.asarray(drawn), NOISE)
            until(lambda: not any(each._unread for each in server.server_state.connections))
        connection.close()
