"""python -m benchmarks serving: Xception at 150 px over HTTP, beside the same server on TensorFlow and ONNX Runtime.

Photographs' size of JPEG go in, probabilities come out; they are compared before the clock starts. All servers are up
while one of them is asked; they take turns. Start is from the process's first instruction to its first answer, memory
what it holds then, and at most. "unbatched" is `--batch 1`.
"""

import contextlib
import io
import json
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from http.client import HTTPConnection
from pathlib import Path

import numpy as np
from PIL import Image

from minicnn.data import wardrobe
from minicnn.files import make_card, write_card

from . import architectures, machine, processes, progress, results

CLIENTS = (1, 8, 64)
SECONDS, ROUNDS = 10.0, 3
PICTURES = 16
ALLOWED = 1e-4  # of a probability


def measure(names, threads, quick=False):
    """Measure the servers.

    Parameters
    ----------
    names : list of str
        The peers.
    threads : int
    quick : bool
        A small net and a moment for each.
    """
    clients, seconds, rounds = ((1, 4), 0.5, 1) if quick else (CLIENTS, SECONDS, ROUNDS)
    pictures = [_jpeg(k) for k in range(PICTURES)]
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as running:
        commands = _commands(_files(Path(folder), "onnxruntime" in names, quick), names, threads)
        servers, rows = {}, []
        for name, command in progress.track(list(commands.items()), "starts", lambda item: item[0]):
            if not quick:  # the first start may compile
                _Server(command, pictures[0]).close()
            servers[name] = running.enter_context(contextlib.closing(_Server(command, pictures[0])))
        _compare(servers, pictures)
        for server in servers.values():  # full batches may compile, too
            server.crowd(pictures, clients[-1], seconds / 5)
        samples = {(name, count): [] for name in servers for count in clients}
        turns = [(name, count) for turn in range(rounds) for count in clients for name in _turned(servers, turn)]
        for name, count in progress.track(turns, "serving", lambda turn: f"{turn[0]}, {turn[1]} clients"):
            samples[name, count].append(servers[name].crowd(pictures, count, seconds))
        for name, server in servers.items():
            loads = {str(count): _joined(samples[name, count]) for count in clients}
            memory = {"start_mb": server.start_mb, "peak_mb": server.memory("VmHWM")}
            rows.append({"engine": name, "start_s": server.start_s, **memory, "clients": loads})
    net = "MobileNet at 32 px" if quick else "Xception at 150 px"
    return results.part("serving", machine.header(threads) | {"net": net, "seconds": seconds}, rows)


def _turned(names, turn):
    return list(names) if turn % 2 == 0 else list(reversed(list(names)))


def _jpeg(number):
    """Draw a photograph's size of clothes, as a JPEG."""
    drawn = wardrobe.draw(wardrobe.CLASS_NAMES[number % 10], number, "validation")
    file = io.BytesIO()
    Image.fromarray(drawn).resize((400, 534), Image.Resampling.BICUBIC).save(file, "JPEG", quality=90)
    return file.getvalue()


def _files(folder, onnx, quick):
    """Write the net, as .keras with its card and, if it can be had, as .onnx."""
    net, _ = architectures.build(*(("MobileNet", 32) if quick else ("Xception", 150)), classes=10)
    file = folder / "net.keras"
    net.save(file)
    size = net.input_shape[1:3]
    write_card(file, make_card(wardrobe.CLASS_NAMES, size, "logits", scale=1 / 127.5, offset=-1.0))
    if onnx:
        refusals = contextlib.suppress(ImportError, ValueError, RuntimeError, TypeError, AttributeError)
        with refusals, contextlib.redirect_stdout(io.StringIO()):
            net.export(file.with_suffix(".onnx"), format="onnx", verbose=False)
    return file


def _commands(file, names, threads):
    """Return what starts each server: name -> arguments after the interpreter."""
    ours = ["-m", "minicnn", "serve", str(file), "--port", "0"]
    found = {"minicnn": ours, "minicnn unbatched": [*ours, "--batch", "1"]}
    for name in names:
        if name == "keras" or (name == "onnxruntime" and file.with_suffix(".onnx").exists()):
            found[name] = ["-m", "benchmarks.children.serving", name, str(file), "0", str(threads)]
        elif name == "onnxruntime":
            print("note: ONNX Runtime is left out: Keras cannot export the net here.", file=sys.stderr)
    return found


class _Server:
    """A server in a process of its own, started and asked once."""

    def __init__(self, arguments, picture):
        start = time.perf_counter()
        self._errors = tempfile.TemporaryFile("w+")  # noqa: SIM115  closed with the server
        command = [sys.executable, *arguments]
        self._process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=self._errors, text=True, cwd=processes.ROOT
        )
        line = self._process.stdout.readline()
        if not line:
            self._process.wait()
            self._errors.seek(0)
            words = self._errors.read().strip().splitlines()
            raise ValueError(f"A server did not start: {words[-1] if words else 'no word'}")
        self.port = int(line.rstrip().rstrip("/").rpartition(":")[2])
        self.ask(picture)
        self.start_s, self.start_mb = time.perf_counter() - start, self.memory("VmRSS")

    def ask(self, picture):
        """Return the probabilities of one picture."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=120)
        try:
            return _answer(connection, picture)
        finally:
            connection.close()

    def memory(self, what):
        """Return a line of its status, in 10^6 bytes; 0 where the system does not tell."""
        try:
            lines = Path(f"/proc/{self._process.pid}/status").read_text().splitlines()
        except OSError:
            return 0.0
        return next(int(line.split()[1]) * 1024 / 1e6 for line in lines if line.startswith(what))

    def crowd(self, pictures, clients, seconds):
        """Ask with so many clients, each on a connection of its own; give the seconds of each request, and of all."""
        waited, failures, ready = [], [], threading.Barrier(clients + 1)
        until = [0.0]

        def client(number):
            connection = HTTPConnection("127.0.0.1", self.port, timeout=120)
            ready.wait()
            turn = number
            while time.perf_counter() < until[0]:
                start = time.perf_counter()
                try:
                    _answer(connection, pictures[turn % len(pictures)])
                except (OSError, ValueError) as problem:
                    failures.append(str(problem))
                    return
                waited.append(time.perf_counter() - start)
                turn += 1
            connection.close()

        threads = [threading.Thread(target=client, args=(number,)) for number in range(clients)]
        for thread in threads:
            thread.start()
        start = time.perf_counter()
        until[0] = start + seconds
        ready.wait()
        for thread in threads:
            thread.join()
        return {"waited": waited, "seconds": time.perf_counter() - start, "failed": len(failures)}

    def close(self):
        """End it."""
        self._process.terminate()
        self._process.wait(60)
        self._process.stdout.close()
        self._errors.close()


def _answer(connection, picture):
    """Ask on a connection; ValueError where there is no answer."""
    connection.request("POST", "/predict", picture, {"Content-Type": "image/jpeg"})
    reply = connection.getresponse()
    told = json.loads(reply.read())
    if reply.status != 200:
        raise ValueError(f"{reply.status}: {told['error']}")
    return np.array(list(told["answers"][0]["probabilities"].values()))


def _compare(servers, pictures):
    """See that all answer the same; else nothing is timed."""
    first, *others = servers
    want = [servers[first].ask(picture) for picture in pictures]
    for name in others:
        off = max(
            float(np.abs(servers[name].ask(picture) - y).max()) for picture, y in zip(pictures, want, strict=True)
        )
        if not off <= ALLOWED:
            raise ValueError(f"{name}'s probabilities are {off:.1g} off {first}'s; nothing is timed.")


def _joined(samples):
    """Join the rounds of one server and one number of clients."""
    waited = [second for sample in samples for second in sample["waited"]]
    rates = [len(sample["waited"]) / sample["seconds"] for sample in samples]
    p50, p99 = np.percentile(waited, (50, 99)) if waited else (0.0, 0.0)
    return {
        "rps": statistics.median(rates),
        "low": min(rates),
        "high": max(rates),
        "p50_ms": float(p50 * 1e3),
        "p99_ms": float(p99 * 1e3),
        "requests": len(waited),
        "failed": sum(sample["failed"] for sample in samples),
    }
