"""A cluster of two nodes of Ray on this machine, which listen on 127.0.0.1 alone."""

import contextlib
import os
import secrets
import time
from importlib.util import find_spec
from pathlib import Path

import pytest

from keras_ref.runtime import cluster

LOCAL = {"0100007F", "00000000000000000000000001000000", "0000000000000000FFFF00000100007F"}  # 127.0.0.1, ::1


def needed():
    """Skip a module's tests by name where Ray is not installed; else let all clusters of this process ask for a token.

    Ray reads the token once a process, local ones too: a second cluster with another token would refuse its own.
    """
    if find_spec("ray") is None:
        pytest.skip("the extra `cluster` is not installed", allow_module_level=True)
    os.environ["RAY_AUTH_MODE"] = "token"
    os.environ.setdefault("RAY_AUTH_TOKEN", secrets.token_hex(32))


class Nodes:
    """Two nodes, each of one processor; the second may be killed."""

    def __init__(self):
        from ray.cluster_utils import Cluster

        self._cluster = Cluster()
        self._start(no_monitor=True)
        self.second = self._start()
        self.address = self._cluster.address

    def _start(self, **more):
        quiet = {"include_dashboard": False, "include_log_monitor": False, "object_store_memory": 100 << 20}
        return self._cluster.add_node(node_ip_address="127.0.0.1", num_cpus=1, **quiet, **more)

    def kill_second(self):
        self._cluster.remove_node(self.second, allow_graceful=False)

    def close(self):
        self._cluster.shutdown()


@contextlib.contextmanager
def running():
    """Two nodes, which end with the block."""
    with pytest.MonkeyPatch.context() as patch:
        _be_patient(patch)
        nodes = Nodes()
        try:
            yield nodes
        finally:
            nodes.close()


def _be_patient(patch):
    """Wait for a node for minutes: a busy machine may need them, and Ray gives up after 20 and 30 seconds."""
    patch.setenv("RAY_NUM_REDIS_GET_RETRIES", "240")
    patch.setenv("RAY_agent_register_timeout_ms", "240000")
    os.environ[cluster.LOOPBACK] = "0"
    from ray._private import services

    def get_node(*of):
        for _ in range(480):
            with contextlib.suppress(RuntimeError):
                return asked(*of)
            time.sleep(0.5)
        return asked(*of)

    asked = services.get_node
    patch.setattr(services, "get_node", get_node)


def below(pid):
    """The numbers of a process and of all that it started."""
    found = [pid]
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(FileNotFoundError):
            for child in task.read_text().split():
                found += below(int(child))
    return found


def listening(pids):
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
