"""A request to end, whatever a library made of it on its way up."""

import os
import signal
import threading
import time

import pytest

from keras_ref.commands import cli, data, sweep, train
from keras_ref.runtime import interruptible

REQUESTS = [signal.SIGINT, signal.SIGTERM]


def lost(number, error):
    """End as TensorFlow's C++ does where the KeyboardInterrupt falls into its own error."""
    try:
        os.kill(os.getpid(), number)
        for _ in range(6000):  # another thread may get it first
            time.sleep(0.01)
    except KeyboardInterrupt:
        pass
    raise error


@pytest.mark.parametrize("number", REQUESTS)
@pytest.mark.parametrize("error", [RuntimeError("pybind11::error_already_set"), ValueError("shapes"), OSError(5, "x")])
def test_what_follows_a_request_is_one(number, error):
    before = [signal.getsignal(one) for one in REQUESTS]
    with pytest.raises(KeyboardInterrupt), interruptible():
        lost(number, error)
    assert [signal.getsignal(one) for one in REQUESTS] == before


@pytest.mark.parametrize("error", [RuntimeError("no request"), KeyboardInterrupt(), SystemExit(3)])
def test_without_one_each_error_is_itself(error):
    with pytest.raises(type(error)) as told, interruptible():
        raise error
    assert told.value is error


def test_an_ignored_signal_stays_ignored():
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)  # as a shell starts what runs in the background
    try:
        with interruptible():
            os.kill(os.getpid(), signal.SIGINT)
            assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)


def test_a_thread_may_run_a_command():
    ended = []

    def work():
        with interruptible():
            ended.append(True)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert ended == [True]


@pytest.mark.parametrize("number", REQUESTS)
def test_a_command_stops_and_tells_how_to_go_on(number, tmp_path, monkeypatch, capsys):
    def lost_later(*_):
        (tmp_path / "run").mkdir()
        for name in ("config.json", "plan.json"):
            (tmp_path / "run" / name).write_text("{}")
        lost(number, RuntimeError("MISMATCH: replaced by KeyboardInterrupt"))

    for module, arguments in (train, ["train", "clothes"]), (sweep, ["sweep", "clothes", "--over", "lr"]):
        monkeypatch.setattr(module, "_new", lost_later)
        assert cli.main([*arguments, "--out", str(tmp_path / "run")]) == 130
        told = capsys.readouterr().err
        assert f"{arguments[0]} --resume {tmp_path / 'run'}" in told.replace("\n", "") and told.endswith("Stopped.\n")
        assert "Traceback" not in told
        for path in (tmp_path / "run").iterdir():
            path.unlink()
        (tmp_path / "run").rmdir()
    monkeypatch.setattr(data, "run", lambda _: lost(number, RuntimeError("MISMATCH")))
    assert cli.main(["data", "--dest", "x"]) == 130
    assert capsys.readouterr().err == "Stopped.\n"
