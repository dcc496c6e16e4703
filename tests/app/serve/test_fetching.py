"""Addresses: only public ones, each looked up once, within limits; no name, number or redirection leads inside."""

import json
import socket
import threading
import time

import pytest

from minicnn.app.serve import fetching
from minicnn.app.serve.fetching import fetch
from minicnn.app.serve.refusal import Refusal
from tests.app.serve.serving import Server, picture

PUBLIC = "93.184.215.14"


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/", "http://localhost/", "http://[::1]/", "http://0/", "http://2130706433/", "http://0x7f.1/",
        "http://017700000001/", "http://127.1/", "http://169.254.169.254/latest/meta-data/", "http://10.1.2.3/",
        "http://[::ffff:127.0.0.1]/", "http://[::ffff:7f00:1]/", "http://[64:ff9b::7f00:1]/", "http://[fe80::1%25lo]/",
        "http://0.0.0.0/", "https://192.168.0.1/", "http://127.0.0.1.:80/", "http://\u2460\u2461\u2466.0.0.1/",
    ],
)  # fmt: skip
def test_the_inside_is_not_asked(url, monkeypatch):
    monkeypatch.setattr(socket, "create_connection", lambda *_: pytest.fail("it was asked"))
    with pytest.raises(Refusal, match="cannot be fetched") as caught:
        fetch(url, 1000, 5)
    assert caught.value.status == 400


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("file:///etc/passwd", "must begin with http:// or https://"),
        ("ftp://example.com/", "must begin with http:// or https://"),
        ("hat.png", "must begin with http:// or https://"),
        ("http:///hat.png", "must begin with http:// or https://"),
        ("http://example.com:8080/", "its port must be 80"),
        ("https://example.com:80/", "its port must be 443"),
        ("http://example.com:99999/", "cannot be fetched"),
        ("http://[::1/", "cannot be fetched"),
        ("http://user:word@example.com/", "must not hold a user's name"),
        ("http://" + "a" * 300 + "/", "no public address is known by the name aaa"),
        ("http://example.com/" + "a" * 2000, "it must have 2000 characters at most"),
        ("http://exa\ud800mple.com/", "cannot be fetched"),
        ("http://example.com/\ud800", "cannot be fetched"),
    ],
)
def test_what_is_no_address(url, why, monkeypatch):
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: (_ for _ in ()).throw(OSError("unknown")))
    with pytest.raises(Refusal, match=why) as caught:
        fetch(url, 1000, 5)
    assert caught.value.status == 400


class Outside:
    """Another server, which stands for one of the internet: each connection gets what `answer` sends."""

    def __init__(self, monkeypatch, answer, numbers=(PUBLIC,)):
        self.looked_up, self.connected, self.asked = [], [], []
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.answer, self.ended = answer, threading.Event()
        turn = iter(numbers)

        def look_up(host, port, **_):
            self.looked_up.append(host)
            return [
                (socket.AF_INET, socket.SOCK_STREAM, 6, "", (number, port)) for number in next(turn, PUBLIC).split()
            ]

        def connected(address, timeout):
            self.connected.append(address)
            connection = socket.socket()
            connection.settimeout(timeout)
            connection.connect(self.listening.getsockname())
            return connection

        monkeypatch.setattr(fetching.socket, "getaddrinfo", look_up)
        monkeypatch.setattr(fetching.socket, "create_connection", connected)
        monkeypatch.setattr(fetching, "_ends_here", lambda line: False)
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    def _serve(self):
        while True:
            try:
                connection, _ = self.listening.accept()
            except OSError:
                return
            with connection:
                self.asked.append(connection.recv(10_000).decode())
                try:
                    self.answer(connection, len(self.asked))
                except OSError:
                    continue

    def close(self):
        if self.ended.is_set():
            return
        self.ended.set()
        self.listening.shutdown(socket.SHUT_RDWR)
        self.listening.close()
        self.thread.join(60)


@pytest.fixture
def outside(monkeypatch):
    """Make another server: `outside(answer)`."""
    made = []

    def make(answer, *numbers):
        made.append(Outside(monkeypatch, answer, numbers or (PUBLIC,)))
        return made[-1]

    yield make
    for each in made:
        each.close()


def says(head, body=b""):
    return lambda connection, turn: connection.sendall(head.encode().replace(b"\n", b"\r\n") + b"\r\n" + body)


def test_a_picture_is_fetched_from_the_very_number_that_was_looked_up(outside):
    there = outside(says(f"HTTP/1.1 200 OK\nContent-Length: {len(picture(1))}\n", picture(1)))
    assert fetch("http://example.com/a hat/\u00e4.png?x=1&y=a b#part", 100_000, 60) == picture(1)
    assert there.looked_up == ["example.com"] and there.connected == [(PUBLIC, 80)]
    assert there.asked[0].startswith("GET /a%20hat/%C3%A4.png?x=1&y=a%20b HTTP/1.1\r\nHost: example.com\r\n")


def test_a_name_of_which_one_number_lies_inside_is_not_asked(outside):
    there = outside(says("HTTP/1.1 200 OK\n", b"x"), f"{PUBLIC} 127.0.0.1")
    with pytest.raises(Refusal, match="no public address is known by the name example.com"):
        fetch("http://example.com/", 1000, 60)
    assert there.connected == []


def test_this_machines_own_public_address_is_not_asked(outside, monkeypatch):
    """What listens there may be kept from the internet by a wall that is not in between here."""
    ends_here = fetching._ends_here
    there = outside(says("HTTP/1.1 200 OK\n", b"x"))
    monkeypatch.setattr(fetching, "_ends_here", ends_here)
    with pytest.raises(Refusal, match="it leads back to this machine") as caught:
        fetch("http://example.com/", 1000, 60)
    assert caught.value.status == 400 and len(there.connected) == 1
    there.close()
    assert there.asked in ([], [""])


def test_who_asks_learns_no_name_and_no_number_of_the_inside(monkeypatch):
    """What is said of a name that leads inside is what is said of one that is not there."""

    def look_up(host, port, **_):
        if host == "none.example":
            raise socket.gaierror("unknown")
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("10.1.2.3", port))]

    monkeypatch.setattr(fetching.socket, "getaddrinfo", look_up)
    said = []
    for host in ("base.example", "none.example"):
        with pytest.raises(Refusal) as caught:
            fetch(f"http://{host}/", 1000, 60)
        said.append(caught.value.sentence.replace(host, "HOST"))
    assert said[0] == said[1] and "10.1" not in said[0]


@pytest.mark.parametrize(
    "where", ["http://127.0.0.1/", "http://inside.example/", "//inside.example/", "file:///etc/passwd"]
)
def test_a_redirection_to_the_inside_is_not_followed(outside, where):
    there = outside(says(f"HTTP/1.1 302 Found\nLocation: {where}\nContent-Length: 0\n"), PUBLIC, "10.0.0.1")
    with pytest.raises(Refusal, match="cannot be fetched"):
        fetch("http://example.com/", 1000, 60)
    assert len(there.connected) == 1


def test_redirections_are_followed_a_few_times(outside):
    good = says("HTTP/1.1 200 OK\n", b"picture")
    moved = says("HTTP/1.1 301 Moved\nLocation: /other\nContent-Length: 0\n")
    there = outside(lambda connection, turn: (moved if turn < 4 else good)(connection, turn))
    assert fetch("http://example.com/first", 1000, 60) == b"picture"
    assert there.asked[3].startswith("GET /other ") and len(there.looked_up) == 4
    there = outside(moved)
    with pytest.raises(Refusal, match="redirected more than 3 times"):
        fetch("http://example.com/first", 1000, 60)


@pytest.mark.parametrize(
    ("answer", "status", "why"),
    [
        (says("HTTP/1.1 404 Not Found\n"), 400, "it answers 404 Not Found"),
        (says("HTTP/1.1 200 OK\n", b"x" * 1001), 413, "it has more than 1000 bytes"),
        (says("HTTP/1.1 200 OK\nContent-Length: 100000\n", b"x" * 1001), 413, "it has more than 1000 bytes"),
        (says("HTTP/1.1 200 OK\nContent-Length: 100\n", b"x" * 60), 400, "40 of its bytes are missing"),
        (says("HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n", b"zz\r\nab"), 400, "cannot be fetched"),
        (says("HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n", b"5\r\nab"), 400, "cannot be fetched"),
        (says("SSH-2.0-OpenSSH\n"), 400, "cannot be fetched"),
        (says(""), 400, "cannot be fetched"),
    ],
)
def test_answers_that_are_no_files(outside, answer, status, why):
    outside(answer)
    with pytest.raises(Refusal, match=why) as caught:
        fetch("http://example.com/", 1000, 60)
    assert caught.value.status == status


DRIPS = [
    b"",
    b"HTTP/1.1 200 OK\r\nX: ",
    b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n",  # until the line is closed: http.client gives it away
    b"HTTP/1.0 200 OK\r\n\r\n",
]


def dripping(begun):
    """Answer with a beginning, then byte after byte for a while; `cut` is set when that is no longer taken."""
    cut = threading.Event()

    def answer(connection, turn):
        try:
            connection.sendall(begun)
            for _ in range(200):
                time.sleep(0.05)
                connection.sendall(b"x")
        except OSError:
            cut.set()

    return answer, cut


@pytest.mark.parametrize("begun", DRIPS)
def test_an_answer_that_drips_is_cut_off(outside, begun):
    answer, cut = dripping(begun)
    outside(answer)
    with pytest.raises(Refusal, match=r"it takes more than 0\.5 seconds") as caught:
        fetch("http://example.com/", 1000, 0.5)
    assert caught.value.status == 408 and cut.wait(60)


@pytest.mark.parametrize("begun", DRIPS)
def test_so_is_one_whose_handshake_ends_behind_the_time(outside, monkeypatch, begun):
    class Slow:
        """Stands for TLS: it takes the line over, as ssl does, and is ready when the time is over."""

        def wrap_socket(self, line, server_hostname):
            timeout = line.gettimeout()
            own = socket.socket(fileno=line.detach())
            own.settimeout(timeout)
            time.sleep(0.7)
            return own

    monkeypatch.setattr(fetching.ssl, "create_default_context", Slow)
    answer, cut = dripping(begun)
    outside(answer)
    with pytest.raises(Refusal, match=r"it takes more than 0\.5 seconds") as caught:
        fetch("https://example.com/", 1000, 0.5)
    assert caught.value.status == 408 and cut.wait(60)


def test_a_name_that_is_looked_up_for_ever_is_not_waited_for(monkeypatch):
    ending, found = threading.Event(), threading.Event()

    def look_up(host, port, **_):
        ending.wait(20)
        found.set()
        raise socket.gaierror("at last")

    monkeypatch.setattr(fetching.socket, "getaddrinfo", look_up)
    with pytest.raises(Refusal, match=r"it takes more than 0\.2 seconds") as caught:
        fetch("http://example.com/", 1000, 0.2)
    assert caught.value.status == 408 and not found.is_set()
    ending.set()
    assert found.wait(60)


def test_a_server_that_may_fetch_does_not_look_inside(model_file):
    with Server(model_file, "--allow-urls") as server:
        for url in (f"http://127.0.0.1:{server.port}/healthz", "http://localhost/", "http://169.254.169.254/"):
            refused = server.post(json.dumps({"url": url}), content_type="application/json")
            assert refused.status == 400 and "cannot be fetched" in refused.json["error"]
