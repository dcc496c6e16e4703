"""Pictures at addresses, fetched from a server of all kinds of misbehaviour; each refusal is a sentence."""

import socket
import threading
import time
from urllib.parse import unquote

import pytest

from keras_ref.pictures import addresses

PICTURE = bytes(range(256)) * 8
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\n"


def answer(send, place, wait):
    """Answer a request for `place`; `wait` returns when the test is over."""
    if place == "/sänd blue 100%.jpg?größe=3 m":
        send(HEAD + b"Content-Length: %d\r\n\r\n" % len(PICTURE) + PICTURE)
    elif place == "/silent":
        wait()
    elif place == "/drips":
        send(HEAD + b"Content-Length: %d\r\n\r\n" % len(PICTURE))
        for byte in PICTURE:
            send(bytes([byte]))
            if wait(0.05):
                return
    elif place == "/drips headers":
        for byte in HEAD * 50:
            send(bytes([byte]))
            if wait(0.05):
                return
    elif place == "/chunks":
        half = PICTURE[:1024]
        chunk = b"400\r\n" + half + b"\r\n"
        send(HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + chunk * 2 + b"0\r\n\r\n")
    elif place == "/broken chunks":
        send(HEAD + b"Transfer-Encoding: chunked\r\n\r\n400\r\nonly this")
    elif place == "/no chunks":
        send(HEAD + b"Transfer-Encoding: chunked\r\n\r\nzzz\r\nno number")
    elif place == "/half":
        send(HEAD + b"Content-Length: 5000\r\n\r\n" + PICTURE)
    elif place == "/no http":
        send(b"220 smtp.example.org ready\r\n")
    elif place == "/moved":
        send(b"HTTP/1.1 302 Found\r\nLocation: /chunks\r\nContent-Length: 0\r\n\r\n")
    elif place == "/circle":
        send(b"HTTP/1.1 302 Found\r\nLocation: /circle\r\nContent-Length: 0\r\n\r\n")
    elif place == "/to a file":
        send(b"HTTP/1.1 302 Found\r\nLocation: file:///etc/hostname\r\nContent-Length: 0\r\n\r\n")
    elif place == "/to ftp":
        send(b"HTTP/1.1 302 Found\r\nLocation: ftp://127.0.0.1/a.jpg\r\nContent-Length: 0\r\n\r\n")
    elif place == "/page":
        send(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<html></html>")
    elif place == "/gone":
        send(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")


@pytest.fixture
def server(monkeypatch):
    """Give the address of a server on the loopback that answers bytes, good and bad."""
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    over = threading.Event()
    listener = socket.create_server(("127.0.0.1", 0))

    def serve(connection):
        with connection:
            request = b""
            while b"\r\n\r\n" not in request and (more := connection.recv(4096)):
                request += more
            try:
                answer(connection.sendall, unquote(request.split()[1].decode()), over.wait)
            except OSError:  # the other side hung up
                return

    def listen():
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=serve, args=(connection,), daemon=True).start()

    threading.Thread(target=listen, daemon=True).start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    over.set()
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()


def test_spaces_percents_and_letters_beyond_ascii(server):
    assert addresses.fetch(f"{server}/sänd blue 100%.jpg?größe=3 m") == PICTURE
    assert addresses.fetch(f"{server}/s%C3%A4nd%20blue 100%25.jpg?gr%C3%B6%C3%9Fe=3%20m#top") == PICTURE


@pytest.mark.parametrize(
    ("name", "travels"),
    [
        ("HTTP://Example.org/a b", "http://example.org/a%20b"),
        ("https://bücher.example/ä", "https://xn--bcher-kva.example/%C3%A4"),
        ("http://[::1]:8000/x", "http://[::1]:8000/x"),
        ("http://me@example.org:81/50% off?a=b&c=d", "http://me@example.org:81/50%25%20off?a=b&c=d"),
    ],
)
def test_how_an_address_travels(name, travels):
    assert addresses.is_address(name) and addresses.escaped(name) == travels


@pytest.mark.parametrize("name", ["http://", "http://[::1/x", "http://host:port/x", f"http://{'ä' * 70}.org/"])
def test_what_is_no_address(name):
    with pytest.raises(ValueError, match=r"^http://.* is no address of a picture: .*\.$"):
        addresses.fetch(name)


def test_good_chunks_and_redirections(server):
    assert addresses.fetch(f"{server}/chunks") == PICTURE == addresses.fetch(f"{server}/moved")


@pytest.mark.parametrize("place", ["drips", "drips headers", "silent"])
def test_the_time_of_an_address_is_limited(server, place):
    started = time.monotonic()
    with pytest.raises(ValueError, match=rf"{place} (has not sent its picture within 0.4 s|does not answer: .*)\.$"):
        addresses.fetch(f"{server}/{place}", 0.4)
    assert time.monotonic() - started < 20  # and not PICTURE's 100 s


@pytest.mark.parametrize(
    ("place", "sentence"),
    [
        ("broken chunks", "broke off in the middle of its answer"),
        ("no chunks", "broke off in the middle of its answer"),
        ("half", "broke off: 2952 bytes of the picture are missing"),
        ("no http", "does not answer as a web server does: BadStatusLine"),
        ("circle", "answers with 302"),
        ("to a file", "answers with 302"),
        ("to ftp", "does not answer: unknown url type: ftp"),
        ("page", "sends a page (text/html)"),
        ("gone", "answers with 404 Not Found"),
    ],
)
def test_bad_answers_are_sentences(server, place, sentence):
    with pytest.raises(ValueError) as refusal:
        addresses.fetch(f"{server}/{place}")
    assert str(refusal.value).startswith(f"{server}/{place} ") and sentence in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_more_than_the_largest(server, monkeypatch):
    monkeypatch.setattr(addresses, "LARGEST", len(PICTURE))
    assert addresses.fetch(f"{server}/chunks") == PICTURE
    monkeypatch.setattr(addresses, "LARGEST", len(PICTURE) - 1)
    with pytest.raises(ValueError, match="chunks sends more than 0 MiB, too much for a picture"):
        addresses.fetch(f"{server}/chunks")


def test_nobody_there():
    with pytest.raises(ValueError, match=r"^http://127.0.0.1:9/a b.jpg does not answer: "):
        addresses.fetch("http://127.0.0.1:9/a b.jpg")
