"""What is too large, too slow or too much is refused with its status and a sentence."""

import asyncio
import io
import json
import socket
import struct
import threading
import time
import zlib
from concurrent.futures import ThreadPoolExecutor

import pytest
from PIL import Image

from tests.app.serve.serving import PATIENCE, Server, form, picture

MAX_BYTES, MAX_PIXELS, TIMEOUT = 20_000, 5_000, 2


@pytest.fixture(scope="module")
def strict(model_file):
    flags = ("--max-bytes", MAX_BYTES, "--max-pixels", MAX_PIXELS, "--timeout", TIMEOUT, "--queue", 8)
    with Server(model_file, *flags) as serving:
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
        connection.sendall(b"POST /predict HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
        with pytest.raises(OSError, match="reset|Broken pipe"):
            for _ in range(10_000):
                connection.sendall(b"3e8\r\n" + b"x" * 1000 + b"\r\n")
                time.sleep(0.001)


def test_who_waits_for_a_word_is_refused_before_sending(strict):
    with strict.connect() as connection:
        head = f"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: {MAX_BYTES + 1}\r\nExpect: 100-continue\r\n\r\n"
        start = time.monotonic()
        connection.sendall(head.encode())
        assert connection.recv(1000).startswith(b"HTTP/1.1 413") and time.monotonic() - start < TIMEOUT


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


def test_pictures_in_a_request(strict):
    body, kind = form([("x", f"{k}", b"x") for k in range(9)])
    refused = strict.post(body, content_type=kind)
    assert refused.status == 413 and refused.json["error"] == "A request may hold 8 pictures at most."
    refused = strict.post(json.dumps({"images": ["AAAA"] * 9}), content_type="application/json")
    assert refused.status == 413


def test_time_for_a_body(strict):
    start = time.monotonic()
    with strict.connect() as connection:
        connection.sendall(b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nhalf")
        answer = b"".join(iter(lambda: connection.recv(1000), b""))
    assert answer.startswith(b"HTTP/1.1 408") and b"within 2 seconds" in answer
    assert time.monotonic() - start >= TIMEOUT - 0.1


def test_a_body_that_drips_is_slow_too(strict):
    with strict.connect() as connection:
        connection.sendall(b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n")
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


def test_a_head_that_does_not_come_is_not_waited_for(model_file, monkeypatch):
    import uvicorn

    from minicnn.app.serve import Limits, Served, Shelf, connections
    from minicnn.app.serve.running import bind
    from minicnn.app.serve.server import application
    from minicnn.app.serve.service import Service

    monkeypatch.setattr(connections, "HEAD_SECONDS", 0.3)
    with bind("127.0.0.1", 0) as listening:
        app = application(Service(Shelf([Served("clothes", model_file)]), Limits()))
        config = uvicorn.Config(app, http=connections.Connection, ws="none", log_config=None)
        server = uvicorn.Server(config)
        thread = threading.Thread(target=lambda: asyncio.run(server.serve(sockets=[listening])))
        thread.start()
        while not server.started:
            time.sleep(0.01)
        try:
            for begun in (b"", b"POST /pre", b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\nGET"):
                with socket.create_connection(listening.getsockname(), timeout=PATIENCE) as connection:
                    connection.sendall(begun)
                    said = b""
                    try:
                        while part := connection.recv(1000):
                            said += part
                    except ConnectionResetError:
                        pass
                    assert said.startswith(b"HTTP/1.1 200") == (len(begun) > 10)
        finally:
            server.should_exit = True
            thread.join()
