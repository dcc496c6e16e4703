"""Ray: calls on other processes and nodes, which all listen on this machine alone."""

import json
import os
import signal
import socket
import sys
import time
from pathlib import Path

import pytest

from keras_ref.runtime import cluster
from tests.keras_ref import nodes as ray_nodes
from tests.keras_ref.conftest import SIZE

ray_nodes.needed()
OVER = ("--over", "inner", "--values", 4, 8)
SMALL = ("--size", SIZE, "--weights", "none", "--seeds", 2, "--epochs", 2, "--batch-size", 8)


@pytest.fixture(scope="module")
def nodes():
    """Two nodes, shared by these tests: the last that asks for them kills one."""
    with ray_nodes.running() as made:
        yield made


def _free():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _double(x):
    return 2 * x


class TestLocal:
    """Calls on this machine's own processes, which are started once for all of these."""

    @pytest.fixture(scope="class", autouse=True)
    def _local(self):
        with cluster.connected("local"):
            yield

    @pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="only Linux tells who listens where")
    def test_it_listens_on_this_machine_alone(self):
        dict(cluster.spread(_double, [(1, 1)]))
        found = ray_nodes.listening(ray_nodes.below(os.getpid()))
        assert found and found <= ray_nodes.LOCAL

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
    assert ray_nodes.listening(ray_nodes.below(os.getpid())) <= ray_nodes.LOCAL
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
                nodes.kill_second()
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
