"""A server as a user starts it, a model that answers every picture otherwise, and what a client does."""

import asyncio
import contextlib
import io
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from http.client import HTTPConnection
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from minicnn import Conv2D, Dense, Flatten, Input, MaxPooling2D, Rescaling, Sequential
from minicnn.files import make_card

for needed in ("starlette", "uvicorn", "python_multipart"):
    pytest.importorskip(needed, reason="the extra `serve`")

ROOT = Path(__file__).parents[3]
CLASSES = ["coat", "dress", "hat", "shirt", "shoes"]
PATIENCE = 120  # seconds; a busy machine must not decide


def net(seed=0, classes=CLASSES, size=32):
    """Make a small net with drawn weights, whose answers to different pictures are far apart."""
    layers = [
        Input((size, size, 3)),
        Rescaling(1 / 255),
        Conv2D(8, 3, activation="relu"),
        MaxPooling2D(2),
        Flatten(),
        Dense(len(classes)),
    ]
    model = Sequential(layers, seed=seed)
    model.layers[-1].params["kernel"] *= 3
    model.classifier = make_card(classes, (size, size), "logits", "bilinear")
    return model


def picture(number, width=48, height=40, kind="PNG"):
    """Draw a picture with a number in it: its bytes. Each number has other colours in other places."""
    rng = np.random.default_rng(number)
    coarse = Image.fromarray(rng.integers(0, 256, (4, 5, 3), dtype=np.uint8))
    file = io.BytesIO()
    coarse.resize((width, height), Image.Resampling.NEAREST).save(file, kind)
    return file.getvalue()


def predicted(model, folder, pictures):
    """Ask `minicnn predict --json` for pictures (name -> bytes): name -> its row."""
    files = []
    for name, data in pictures.items():
        (folder / name).write_bytes(data)
        files.append(str(folder / name))
    done = subprocess.run(
        [sys.executable, "-m", "minicnn", "predict", "--json", str(model), *files],
        capture_output=True, text=True, check=True, cwd=ROOT,
    )  # fmt: skip
    return {Path(row["picture"]).name: row for row in json.loads(done.stdout)}


def same(row, expected):
    """Tell whether two answers have one class and probabilities within 1e-6."""
    ours, theirs = row["probabilities"], expected["probabilities"]
    near = all(abs(ours[name] - theirs[name]) <= 1e-6 for name in theirs)
    return row["class"] == expected["class"] and list(ours) == list(theirs) and near


def until(true, seconds=PATIENCE, told=str):
    """Wait until a function returns something true."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := true():
            return found
        time.sleep(0.02)
    raise AssertionError(f"never true; it said: {told()}")


class Reply:
    """What a server answered."""

    def __init__(self, response):
        self.status, self.headers = response.status, response.headers
        self.data = response.read()

    @property
    def json(self):
        """Its JSON."""
        return json.loads(self.data)


class Server:
    """`minicnn serve` in a process of its own, at a free port of 127.0.0.1."""

    def __init__(self, *arguments, environment=None):
        command = [sys.executable, "-m", "minicnn", "serve", "--port", "0", *map(str, arguments)]
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT,
            env={**os.environ, **(environment or {})},
        )  # fmt: skip
        self.errors = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self.announced = self.process.stdout.readline()
        found = re.search(r" at http://127\.0\.0\.1:(\d+)/$", self.announced.strip())
        if not found:
            self.process.kill()
            self._reader.join()
            raise AssertionError(f"it did not start: {self.announced} {''.join(self.errors)}")
        self.port = int(found[1])

    def _read(self):
        for line in self.process.stderr:
            if not line.startswith("compiling kernels"):  # on a machine that has none yet
                self.errors.append(line)

    def ask(self, method, path, body=None, headers=(), timeout=PATIENCE):
        """Send one request, on a connection of its own."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            connection.request(method, path, body, dict(headers))
            return Reply(connection.getresponse())
        finally:
            connection.close()

    def get(self, path):
        """Get a path."""
        return self.ask("GET", path)

    def post(self, body, path="/predict", **headers):
        """Post a body; headers as content_type=."""
        return self.ask("POST", path, body, {name.replace("_", "-"): value for name, value in headers.items()})

    def connect(self):
        """Open a bare connection."""
        return socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE)

    def figure(self, series):
        """Read one number of /metrics."""
        lines = self.get("/metrics").data.decode().splitlines()
        return next(float(line.rpartition(" ")[2]) for line in lines if line.rpartition(" ")[0] == series)

    def until(self, true, seconds=PATIENCE):
        """Wait until a function returns something true."""
        return until(true, seconds, lambda: "".join(self.errors))

    def end(self, how=signal.SIGTERM):
        """Send a signal, and wait; return the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(how)
        code = self.process.wait(PATIENCE)
        self._reader.join(PATIENCE)
        assert not self._reader.is_alive(), "what it started holds its stderr, and lives on"
        self.process.stdout.close()
        self.process.stderr.close()
        return code

    def __enter__(self):
        return self

    def __exit__(self, *problem):
        self.end(signal.SIGTERM if problem[0] is None else signal.SIGKILL)


@contextlib.contextmanager
def inside(service):
    """Serve in this process, on a thread: yield uvicorn's server and where it listens."""
    import uvicorn

    from minicnn.app.serve.connections import Connection
    from minicnn.app.serve.running import bind
    from minicnn.app.serve.server import application

    with bind("127.0.0.1", 0) as listening:
        where = listening.getsockname()
        app = application(service)
        config = uvicorn.Config(app, http=Connection, ws="none", log_config=None, timeout_graceful_shutdown=1)
        server = uvicorn.Server(config)
        thread = threading.Thread(target=lambda: asyncio.run(server.serve(sockets=[listening])))
        thread.start()
        while not server.started:
            time.sleep(0.01)
        try:
            yield server, where
        finally:
            server.should_exit = True
            thread.join()


def all_of(connection):
    """Read whatever a connection says until it ends, however it ends."""
    said = b""
    try:
        while part := connection.recv(1000):
            said += part
    except ConnectionError:
        pass
    return said


def sure(pictures):
    """Say "yes" to each picture."""
    return np.tile(np.float32([0.25, 0.75]), (len(pictures), 1))


def service_of(limits=None, classify=sure, explain=None):
    """Make a Service with one model, of functions: its classes are "no" and "yes"."""
    from minicnn.app.serve import Limits, Model, Served, Shelf
    from minicnn.app.serve.service import Service

    model = Model("scripted", "0", make_card(["no", "yes"], (32, 32)), classify, explain)
    return Service(Shelf([Served("scripted", Path("scripted.keras"))], lambda served: model), limits or Limits())


def form(files, boundary="a boundary"):
    """Write a form's body, as a browser does: files as (field, name, bytes)."""
    parts = []
    for field, name, data in files:
        shown = f'; filename="{name}"' if name is not None else ""
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="{field}"{shown}\r\n'
        parts.append(head.encode() + b"Content-Type: application/octet-stream\r\n\r\n" + data + b"\r\n")
    return b"".join(parts) + f"--{boundary}--\r\n".encode(), f'multipart/form-data; boundary="{boundary}"'
