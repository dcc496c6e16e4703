"""Start and end: signals, several processes, a port that is taken, a model that is none."""

import gc
import json
import os
import signal
import subprocess
import sys
import threading
import time
import weakref
from pathlib import Path

import pytest

from tests.app.serve.serving import PATIENCE, ROOT, Server, net, picture, predicted, same

PROC = pytest.mark.skipif(not Path("/proc/self").is_dir(), reason="processes are seen in /proc")
POSIX = pytest.mark.skipif(os.name != "posix", reason="signals as Linux and macOS have them")


@POSIX
@pytest.mark.parametrize(("how", "code"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_a_signal_ends_it_after_the_last_answer(model_file, tmp_path, how, code):
    row = predicted(model_file, tmp_path, {"1.png": picture(1)})["1.png"]
    server = Server(model_file)
    data = picture(1)
    with server.connect() as connection, server.connect() as idle:
        head = f"POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(data)}\r\n\r\n".encode()
        connection.sendall(head + data[:50])
        time.sleep(0.3)
        server.process.send_signal(how)
        time.sleep(0.5)
        assert server.process.poll() is None  # a request is on its way
        with pytest.raises(ConnectionRefusedError):
            server.connect().close()
        connection.sendall(data[50:])
        answer = b"".join(iter(lambda: connection.recv(1000), b""))
        assert idle.recv(10) == b""  # who asked for nothing is let go
    assert answer.startswith(b"HTTP/1.1 200") and same(json.loads(answer.partition(b"\r\n\r\n")[2])["answers"][0], row)
    assert server.end(how) == code
    assert "Traceback" not in "".join(server.errors)


@POSIX
def test_a_body_that_stays_away_does_not_keep_it(model_file):
    server = Server(model_file, "--timeout", 1)
    with server.connect() as connection:
        connection.sendall(b"POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Length: 50\r\n\r\nhalf")
        time.sleep(0.3)
        assert server.end() == 0


def test_the_parent_of_several_keeps_no_model(monkeypatch, capsys):
    """Each process has its own; what the parent loaded to see whether it can be is memory for nothing."""
    from minicnn.app.serve import Limits, Model, Served, running

    made, alive = [], []

    class NoWorkers:
        def __init__(self, *given):
            pass

        def run(self, announce):
            gc.collect()
            alive.extend(each() for each in made)
            announce()
            return 0

    def load(served):
        model = Model(served.name, "0", {}, list)
        made.append(weakref.ref(model))
        return model

    monkeypatch.setattr(running, "Workers", NoWorkers)
    monkeypatch.setattr(running.signal, "signal", lambda *_: None)
    served = [Served(name, Path(f"{name}.keras")) for name in "ab"]
    assert running.run(served, Limits(), port=0, workers=2, load=load) == 0
    assert alive == [None, None] and capsys.readouterr().out.startswith("a (0), b (0) at http://127.0.0.1:")


@PROC
def test_several_processes_answer_as_one(model_file, tmp_path):
    expected = predicted(model_file, tmp_path, {f"{k}.png": picture(k) for k in range(8)})
    with Server(model_file, "--workers", 2) as server:
        pids = server.until(lambda: len(found := children(server.process.pid)) == 2 and found)
        wrong = []

        def client(number):
            for _ in range(20):
                (row,) = server.post(picture(number)).json["answers"]
                wrong.extend([] if same(row, expected[f"{number}.png"]) else [row])

        threads = [threading.Thread(target=client, args=(k,)) for k in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert wrong == []
        answered = 'minicnn_requests_total{model="clothes",status="200"}'
        assert server.figure(answered) == 160  # whichever process is asked
        os.kill(pids[0], signal.SIGKILL)
        server.until(lambda: len(children(server.process.pid)) == 2 and pids[0] not in children(server.process.pid))
        server.until(lambda: same(server.post(picture(2)).json["answers"][0], expected["2.png"]))
        assert server.figure(answered) >= 161  # what it had counted is not lost
        assert any(f"process {pids[0]} ended with code -9" in line for line in server.errors)
        pids = children(server.process.pid)
        assert server.end() == 0
        assert not any(lives(pid) for pid in pids)


@PROC
def test_processes_do_not_outlive_the_one_that_started_them(model_file):
    server = Server(model_file, "--workers", 2)
    pids = server.until(lambda: len(found := children(server.process.pid)) == 2 and found)
    assert server.end(signal.SIGKILL) == -9
    server.until(lambda: not any(lives(pid) for pid in pids))


DEAF = """
import contextlib, multiprocessing, os, signal, sys, time
from pathlib import Path
from minicnn.app.serve import Limits, Model, Served, running

def load(served):
    parent = multiprocessing.parent_process()
    with contextlib.suppress(SystemExit, KeyboardInterrupt):  # as a library's callback does
        if parent is not None:
            os.kill(parent.pid, signal.SIGKILL)
            time.sleep(3600)
        elif sys.argv[1] == "1":
            signal.raise_signal(int(sys.argv[2]))
    return Model(served.name, "0", {}, list)

if __name__ == "__main__":
    running.run([Served("a", Path("a.keras"))], Limits(), port=0, workers=int(sys.argv[1]), load=load)
"""


@POSIX
@pytest.mark.parametrize(
    ("workers", "how", "code"), [(1, signal.SIGTERM, 0), (1, signal.SIGINT, -2), (2, signal.SIGTERM, -9)]
)
def test_a_signal_that_a_library_swallows_is_no_less_heard(tmp_path, workers, how, code):
    """Before it listens; also by a process that is left alone. Who held the other end of stdout has ended then."""
    (tmp_path / "deaf.py").write_text(DEAF)
    command = [sys.executable, "deaf.py", str(workers), str(int(how))]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    run = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=PATIENCE)
    assert run.returncode == code and " at http" not in run.stdout, run.stderr


def children(pid):
    """List the processes that serve for another one, by what they were started with."""
    found = []
    for entry in Path("/proc").glob("[1-9]*"):
        try:
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
            is_worker = "spawn_main" in (entry / "cmdline").read_text()
        except OSError:
            continue
        if is_worker and int(fields[1]) == pid and fields[0] != "Z":
            found.append(int(entry.name))
    return sorted(found)


def lives(pid):
    """Tell whether a process is there, and no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def refused(*arguments):
    """Run `minicnn serve` where it must not start; return what it says."""
    command = [sys.executable, "-m", "minicnn", "serve", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT, timeout=PATIENCE)
    assert done.returncode == 2 and done.stdout == "" and "Traceback" not in done.stderr, done.stderr
    return done.stderr


def test_what_can_not_be_served(server, model_file, tmp_path):
    (tmp_path / "no.keras").write_bytes(b"no model")
    assert str(tmp_path / "no.keras") in refused(tmp_path / "no.keras", "--port", 0)
    assert "no such file" in refused(tmp_path / "none.keras", "--port", 0).lower()
    assert "a free port of it. Received: 127.0.0.1," in refused(model_file, "--port", server.port)
    assert "Received: 203.0.113.7, 0" in refused(model_file, "--host", "203.0.113.7", "--port", 0)


@pytest.mark.parametrize(
    ("flags", "sentence"),
    [
        (["--port", "65536"], "--port must lie in 0..65535. Received: 65536."),
        (["--workers", "0"], "--workers must be at least 1. Received: 0."),
        (["--batch", "0"], "`batch` must be at least 1. Received: 0."),
        (["--queue", "0"], "`queue` must be at least 1. Received: 0."),
        (["--max-bytes", "0"], "`max_bytes` must be at least 1. Received: 0."),
        (["--timeout", "nan"], "`timeout` must be a number of seconds above 0. Received: nan."),
        (["--size", "0"], "--size must be at least 1. Received: 0."),
    ],
)
def test_flags_out_of_reason(capsys, flags, sentence):
    from minicnn.app import main

    assert main(["serve", "model.keras", *flags]) == 2 and sentence in capsys.readouterr().err


def test_names_of_models(capsys):
    from minicnn.app import main

    for models, sentence in (
        (
            ["a/model.keras", "b/model.keras"],
            "Two models are called 'model'; name one of them otherwise: NAME=b/model.keras.",
        ),
        (["c d=model.keras"], "MODEL's name must be of letters, digits, '.', '_' and '-': NAME=model.keras."),
    ):
        assert main(["serve", *models]) == 2 and sentence in capsys.readouterr().err


def test_a_missing_extra_is_one_sentence(capsys, monkeypatch):
    from minicnn.app import main
    from minicnn.app.commands import serve

    monkeypatch.setattr(serve, "find_spec", lambda name: None if name != "starlette" else object())
    assert main(["serve", "model.keras"]) == 2
    said = capsys.readouterr().err
    assert said == (
        "minicnn: `minicnn serve` needs uvicorn, python-multipart, which the extra `serve` brings: "
        "python -m pip install 'minicnn[serve]', or in a checkout python -m pip install -e '.[serve]'.\n"
    )


def test_a_guess_is_told_once(tmp_path):
    model = net()
    model.classifier = None
    model.save(tmp_path / "bare.keras")
    with Server(tmp_path / "bare.keras") as server:
        names = [f"class {k}" for k in range(5)]
        assert list(server.post(picture(0)).json["answers"][0]["probabilities"]) == names
    assert len(server.errors) == 1 and server.errors[0].startswith("note: ")
    with Server(tmp_path / "bare.keras", "--classes", "a,b,c,d,e") as server:
        assert list(server.post(picture(0)).json["answers"][0]["probabilities"]) == list("abcde")


@POSIX
def test_connections_are_not_short_of_files():
    """A shell's limit of open files is less than the connections that the server takes."""
    import resource

    from minicnn.app.serve import running

    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (128, before[1]))
    try:
        running.allow_files()
        assert running.CONNECTIONS < min(running.FILES, before[1]) <= resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
