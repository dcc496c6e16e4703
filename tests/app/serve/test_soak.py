"""Ten minutes of a crowd, broken clients among it: no wrong answer, no growing memory.

pytest -m slow tests/app/serve/test_soak.py            MINICNN_SOAK=60 for a minute
"""

import json
import os
import threading
import time
from http.client import HTTPConnection

import pytest

from tests.app.serve.serving import PATIENCE, Server, picture, predicted, same
from tests.app.serve.test_crowds import BROKEN

SECONDS = float(os.environ.get("MINICNN_SOAK", 600))
CLIENTS, PICTURES = 32, 64
GROWTH = 1.05  # of memory, from a fifth of the time on; and some megabytes that are noise
NOISE = 16e6


@pytest.mark.slow
def test_a_crowd_for_ten_minutes(model_file, tmp_path):
    rows = predicted(model_file, tmp_path, {f"{k}.png": picture(k) for k in range(PICTURES)})
    ending, wrong, counts = threading.Event(), [], [0] * CLIENTS

    def client(server, number):
        turn = number
        connection = HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE)
        while not ending.is_set():
            k = turn % PICTURES
            try:
                connection.request("POST", "/predict", picture(k))
                reply = connection.getresponse()
                told = json.loads(reply.read())
            except OSError as problem:  # closed between two requests, say
                wrong.append(repr(problem))
                return
            if reply.status != 200 or not same(told["answers"][0], rows[f"{k}.png"]):
                wrong.append((reply.status, told))
            turn, counts[number] = turn + 7, counts[number] + 1
        connection.close()

    def breaker(server, number):
        turn = number
        while not ending.wait(0.1):
            BROKEN[turn % len(BROKEN)](server, turn)
            turn += 1

    with Server(model_file, "--timeout", 20) as server:
        threads = [threading.Thread(target=client, args=(server, k)) for k in range(CLIENTS)]
        threads += [threading.Thread(target=breaker, args=(server, k)) for k in range(4)]
        for thread in threads:
            thread.start()
        try:
            time.sleep(SECONDS / 5)
            before = server.figure("process_resident_memory_bytes")
            time.sleep(SECONDS * 4 / 5)
            after = server.figure("process_resident_memory_bytes")
        finally:
            ending.set()
            for thread in threads:
                thread.join()
        assert wrong == [] and min(counts) > 0
        server.until(lambda: server.figure("minicnn_pictures_inside") == 0)
        assert server.figure('minicnn_requests_total{model="clothes",status="500"}') == 0
        print(f"{sum(counts)} answers in {SECONDS:.0f} s; {before / 1e6:.0f} MB, then {after / 1e6:.0f} MB")
        assert after < GROWTH * before + NOISE
