"""Ray: calls on other processes and nodes, which all listen on this machine alone."""

import contextlib
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path

import pytest

from keras_ref.runtime import cluster
from tests.keras_ref.conftest import SIZE

if find_spec("ray") is None:  # imported only when it was told where to listen
    pytest.skip("the extra `cluster` is not installed", allow_module_level=True)
LOCAL = {"0100007F", "00000000000000000000000001000000", "0000000000000000FFFF00000100007F"}  # 127.0.0.1, ::1
OVER = ("--over", "inner", "--values", 4, 8)
SMALL = ("--size", SIZE, "--weights", "none", "--seeds", 2, "--epochs", 2, "--batch-size", 8)


# `ray start` takes the outer address for 127.0.0.1, and no second node where it is told not to.
START = """
from ray._private import services
services.get_node_ip_address = lambda address=None: "127.0.0.1"
from ray.scripts.scripts import main
main()
"""


def _free():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Nodes:
    """A cluster of nodes on this machine, each of one processor."""

    def __init__(self, folder):
        self.address, self.started, self._log = f"127.0.0.1:{_free()}", [], (folder / "ray.log").open("w")

    def come_up(self):
        self.start("--head", "--port", self.address.rpartition(":")[2], "--include-dashboard", "false")
        self._until(self._answers)
        self.start("--address", self.address)
        with cluster.connected(self.address):
            self._until(lambda: cluster.processors() == 2)

    def _answers(self):
        with contextlib.suppress(OSError), socket.create_connection(self.address.split(":"), timeout=5):
            return True

    def _until(self, ready):
        for _ in range(600):
            if ready():
                return
            assert all(process.poll() is None for process in self.started), "a node did not start"
            time.sleep(0.1)
        raise AssertionError("the nodes did not come up within a minute")

    def start(self, *flags):
        words = [sys.executable, "-c", START, "start", "--block", "--disable-usage-stats", *flags]
        words += ["--node-ip-address", "127.0.0.1", "--num-cpus", "1", "--object-store-memory", str(100 << 20)]
        several = os.environ | {cluster.LOOPBACK: "1"}
        self.started.append(subprocess.Popen(words, stdout=self._log, stderr=self._log, env=several))

    def kill(self, number):
        for pid in _below(self.started[number].pid):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.started[number].wait()

    def close(self):
        for number, process in enumerate(self.started):
            if process.poll() is None:
                self.kill(number)
        self._log.close()


@pytest.fixture(scope="module", autouse=True)
def _token(tmp_path_factory):
    """Let every cluster ask for a token, as the docs advise."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_AUTH_MODE", "token")
        patch.setenv("RAY_AUTH_TOKEN", secrets.token_hex(32))
        yield


@pytest.fixture
def nodes(tmp_path):
    """Two nodes, which end with the test."""
    made = Nodes(tmp_path)
    try:
        made.come_up()
        yield made
    finally:
        made.close()


def _double(x):
    return 2 * x


def _below(pid):
    """The numbers of a process and of all that it started."""
    found = [pid]
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in task.read_text().split():
            found += _below(int(child))
    return found


def _listening(pids):
    """The addresses, as /proc writes them, on which some processes listen."""
    inodes = set()
    for pid in pids:
        for link in Path(f"/proc/{pid}/fd").glob("*"):
            with contextlib.suppress(FileNotFoundError):
                inodes.add(str(link.readlink()))
    found = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        for line in Path(table).read_text().splitlines()[1:]:
            cells = line.split()
            if cells[3] == "0A" and f"socket:[{cells[9]}]" in inodes:
                found.add(cells[1].partition(":")[0])
    return found


class TestLocal:
    """Calls on this machine's own processes, which are started once for all of these."""

    @pytest.fixture(scope="class", autouse=True)
    def _local(self):
        with cluster.connected("local"):
            yield

    @pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="only Linux tells who listens where")
    def test_it_listens_on_this_machine_alone(self):
        dict(cluster.spread(_double, [(1, 1)]))
        found = _listening(_below(os.getpid()))
        assert found and found <= LOCAL

    def test_calls_come_back_with_their_keys(self):
        def total(values):
            return sum(values)

        big = cluster.shared(list(range(1000)))
        assert dict(cluster.spread(_double, ((n, n) for n in range(40)))) == {n: 2 * n for n in range(40)}
        assert dict(cluster.spread(total, [("all", big)])) == {"all": 499500}

    def test_what_a_call_raises_is_raised(self):
        def refuse(x):
            raise ValueError(f"{x} is none of ours.")

        with pytest.raises(ValueError, match="^3 is none of ours.$"):
            dict(cluster.spread(refuse, [(3, 3)]))

    def test_a_killed_worker_is_made_good(self, tmp_path):
        def dies_once(n):
            mark = tmp_path / str(n)
            if not mark.exists():
                mark.touch()
                os.kill(os.getpid(), signal.SIGKILL)
            return n

        def dies(n):
            os.kill(os.getpid(), signal.SIGKILL)

        assert dict(cluster.spread(dies_once, [(n, n) for n in range(3)])) == {0: 0, 1: 1, 2: 2}
        with pytest.raises(ValueError, match="died at every try"):
            dict(cluster.spread(dies, [(0, 0)]))


def _plain(folder):
    result = json.loads((folder / "sweep.json").read_text())
    del result["seconds"]
    return result


def _runs(folder):
    return {
        path.name: {key: value for key, value in json.loads(path.read_text()).items() if key != "seconds"}
        for path in (folder / "runs").glob("*.json")
    }


def test_a_sweep_on_two_nodes_is_the_serial_sweep(clothes, tmp_path, command, nodes):
    command("sweep", clothes, *OVER, *SMALL, "--cache", tmp_path / "store", "--out", "serial")
    assert all(_listening(_below(node.pid)) <= LOCAL for node in nodes.started)
    command("sweep", clothes, *OVER, *SMALL, "--cache", tmp_path / "store", "--out", "spread", "--ray", nodes.address)
    assert _plain(tmp_path / "spread") == _plain(tmp_path / "serial")
    assert _runs(tmp_path / "spread") == _runs(tmp_path / "serial")


def test_a_killed_node_loses_only_what_it_was_doing(tmp_path, nodes):
    def work(n):
        (tmp_path / f"begun-{n}-{time.monotonic_ns()}").touch()
        time.sleep(0.5)
        return n

    with cluster.connected(nodes.address):
        found, results = {}, cluster.spread(work, [(n, n) for n in range(8)])
        for key, value in results:
            found[key] = value
            if len(found) == 2:
                nodes.kill(1)
    assert found == {n: n for n in range(8)}
    assert len(list(tmp_path.glob("begun-*"))) <= 8 + 2  # on that node one ran and one more may have begun


@pytest.mark.slow
def test_a_sweep_goes_on_where_ray_left_it(clothes, tmp_path, command):
    command("sweep", clothes, *OVER, *SMALL, "--cache", tmp_path / "store", "--out", "out", "--ray", "local")
    whole, times = _plain(tmp_path / "out"), {}
    kept = sorted((tmp_path / "out/runs").glob("*.json"))
    kept[0].unlink()
    times = {path: path.stat().st_mtime_ns for path in kept[1:]}
    command("sweep", "--resume", "out", "--cache", tmp_path / "store", "--ray", "local")
    assert _plain(tmp_path / "out") == whole and {path: path.stat().st_mtime_ns for path in kept[1:]} == times
    assert kept[0].exists()


def test_refusals(clothes, tmp_path, refused, monkeypatch):
    over = ["sweep", clothes, *OVER, *SMALL, "--cache", tmp_path / "store", "--out", tmp_path / "out"]
    refused([*over, "--ray", f"127.0.0.1:{_free()}"], "Ray can't be reached at 127.0.0.1:")
    refused([*over, "--ray", "cluster"], "--ray must be local, or HOST:PORT", "'cluster'")
    monkeypatch.setitem(sys.modules, "ray", None)
    refused([*over, "--ray", "local"], "pip install 'minicnn[cluster]'")
