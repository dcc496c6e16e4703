"""Many clients at once: each gets the answer to its own picture, and broken ones harm nobody."""

import json
import socket
import struct
import threading
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection

import pytest

from tests.app.serve.serving import PATIENCE, form, picture, predicted, same

CLIENTS, EACH = 64, 4


@pytest.fixture(scope="module")
def expected(model_file, tmp_path_factory):
    """The answers of `minicnn predict`, a row a number; no two of them are alike."""
    pictures = {f"{k}.png": picture(k) for k in range(CLIENTS * EACH)}
    rows = predicted(model_file, tmp_path_factory.mktemp("pictures"), pictures)
    found = sorted(tuple(row["probabilities"].values()) for row in rows.values())
    nearest = min(max(abs(a - b) for a, b in zip(x, y, strict=True)) for x, y in zip(found, found[1:], strict=False))
    assert nearest > 1e-5
    return [rows[f"{k}.png"] for k in range(CLIENTS * EACH)]


def test_64_clients_get_each_its_own_answer(server, expected):
    start = threading.Barrier(CLIENTS)

    def client(number):
        connection = HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE)
        start.wait()
        wrong = []
        for k in range(number * EACH, (number + 1) * EACH):
            if k % 2:
                connection.request("POST", "/predict", picture(k))
            else:
                body, kind = form([("x", f"{k}.png", picture(k)), ("x", "also", picture(number))])
                connection.request("POST", "/predict", body, {"Content-Type": kind})
            rows = json.loads(connection.getresponse().read())["answers"]
            good = same(rows[0], expected[k]) and (k % 2 or same(rows[1], expected[number]))
            wrong += [] if good else [k]
        connection.close()
        return wrong

    before = server.figure('minicnn_batch_pictures_bucket{model="clothes",le="1"}')
    with ThreadPoolExecutor(CLIENTS) as pool:
        assert [wrong for wrong in pool.map(client, range(CLIENTS)) if wrong] == []
    batches = server.figure('minicnn_batch_pictures_count{model="clothes"}')
    pictures = server.figure('minicnn_batch_pictures_sum{model="clothes"}')
    assert pictures / batches > 1 and batches - before > 0  # they were gathered
    assert server.figure("minicnn_pictures_inside") == 0


def request_head(length, extra=""):
    """Write the head of a request for an answer."""
    return f"POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Length: {length}\r\n{extra}\r\n".encode()


def reset(connection):
    """Close with a reset rather than an end."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def half_a_body(server, number):
    with server.connect() as connection:
        connection.sendall(request_head(len(picture(number))) + picture(number)[:100])


def reset_before_the_answer(server, number):
    connection = server.connect()
    connection.sendall(request_head(len(picture(number))) + picture(number))
    reset(connection)


def reset_in_the_body(server, number):
    connection = server.connect()
    connection.sendall(request_head(10_000_000) + picture(number))
    reset(connection)


def no_http(server, number):
    with server.connect() as connection:
        connection.sendall(bytes([number % 256]) * 100 + b"\r\n\r\n")
        assert connection.recv(1000)[:12] in (b"HTTP/1.1 400", b"")


def many_requests_whose_answers_nobody_reads(server, number):
    connection = server.connect()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.settimeout(0.5)
    try:
        for _ in range(200):
            connection.sendall(b"GET /openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n" * 10)
    except OSError:
        pass  # the server takes no more before its answers are read
    connection.close()


def chunks_that_are_none(server, number):
    with server.connect() as connection:
        head = b"POST /predict HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
        connection.sendall(head + b"ZZZ\r\nabc\r\n")
        assert connection.recv(1000)[:12] in (b"HTTP/1.1 400", b"")


BROKEN = [
    half_a_body,
    reset_before_the_answer,
    reset_in_the_body,
    no_http,
    many_requests_whose_answers_nobody_reads,
    chunks_that_are_none,
]


def test_broken_clients_harm_nobody(server, expected):
    with ThreadPoolExecutor(32) as pool:
        broken = [pool.submit(BROKEN[k % len(BROKEN)], server, k) for k in range(48)]
        for k in range(32):
            (row,) = server.post(picture(k)).json["answers"]
            assert same(row, expected[k])
        for each in broken:
            each.result()
    server.until(lambda: server.figure("minicnn_pictures_inside") == 0)
    assert server.figure('minicnn_requests_total{model="clothes",status="499"}') >= 8
    assert server.figure('minicnn_requests_total{model="clothes",status="500"}') == 0


def test_one_who_reads_slowly_gets_all_of_it(server):
    with server.connect() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        connection.sendall(b"GET /openapi.json HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        parts = []
        while part := connection.recv(200):
            parts.append(part)
    head, _, body = b"".join(parts).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200") and json.loads(body)["openapi"] == "3.1.0"
