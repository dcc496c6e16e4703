"""/metrics, /healthz and /openapi.json tell what is so."""

import json
import os
import re
import shutil
import subprocess
import sys

import numpy as np
import pytest

from minicnn.app.serve.metrics import HELP, Metrics
from tests.app.serve.serving import Server, form, picture

LINE = re.compile(
    r'([a-z_]+)(\{(?:[a-z_]+="(?:[^"\\\n]|\\[\\"n])*",?)+\})? (\S+)'
)  # a sample, as Prometheus's page has it


def samples(text):
    """Read the text format: series -> number; a family's lines stand together, after its HELP and TYPE."""
    found, family, seen = {}, None, set()
    for line in text.splitlines():
        if line.startswith("# HELP "):
            family = line.split()[2]
            assert family not in seen
            seen.add(family)
        elif line.startswith("# TYPE "):
            _, _, name, kind = line.split()
            assert name == family and kind in ("counter", "gauge", "histogram")
        else:
            name, labels, number = LINE.fullmatch(line).groups()
            assert name == family or name.rpartition("_")[0] == family
            found[name + (labels or "")] = float(number)
    assert text.endswith("\n") and "minicnn_model_info" in seen
    return found


def test_requests_are_counted(model_file):
    with Server(model_file) as server:
        version = server.get("/healthz").json["models"]["clothes"]
        body, kind = form([("x", "a", picture(0)), ("x", "b", b"none"), ("x", "c", picture(1))])
        assert server.post(body, content_type=kind).status == 200
        assert server.post(picture(2)).status == 200
        assert server.post(b"none").status == 400
        reply = server.get("/metrics")
        assert reply.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
        found = samples(reply.data.decode())
    of = '{model="clothes"}'
    assert found['minicnn_requests_total{model="clothes",status="200"}'] == 2
    assert found['minicnn_requests_total{model="clothes",status="400"}'] == 1
    assert found[f"minicnn_pictures_total{of}"] == 3 == found[f"minicnn_batch_pictures_sum{of}"]
    assert found[f"minicnn_batch_pictures_count{of}"] <= 3 and found[f"minicnn_request_seconds_count{of}"] == 3
    assert 0 < found[f"minicnn_engine_seconds_total{of}"] and 0 < found[f"minicnn_request_seconds_sum{of}"]
    for family, most in (("request_seconds", 3), ("batch_pictures", found[f"minicnn_batch_pictures_count{of}"])):
        buckets = [value for series, value in found.items() if series.startswith(f"minicnn_{family}_bucket")]
        assert buckets == sorted(buckets) and buckets[-1] == most
    assert found[f'minicnn_model_info{{model="clothes",version="{version}"}}'] == 1
    assert found["minicnn_pictures_inside"] == 0
    assert 1e7 < found["process_resident_memory_bytes"] < 1e11 or not os.path.exists("/proc")  # noqa: PTH110


def test_every_series_has_its_family(tmp_path):
    text = Metrics(["a", 'b"\\\n'], tmp_path).text(0, [])
    found = samples(text)
    assert set(HELP) <= {re.sub(r"(_bucket|_sum|_count)?({.*)?$", "", series) for series in found}
    assert 'minicnn_pictures_total{model="b\\"\\\\\\n"}' in found


def test_processes_count_together(tmp_path):
    """Another process counts and ends: its counts stay, its gauges go."""
    code = (
        "import sys; from pathlib import Path; from minicnn.app.serve.metrics import Metrics\n"
        "metrics = Metrics(['a'], Path(sys.argv[1]))\n"
        "metrics.answered('a', 200, 4, 0.3); metrics.note(7)\n"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=True)
    metrics = Metrics(["a"], tmp_path)
    metrics.answered("a", 200, 1, 0.02)
    metrics.answered("a", 503, 0, 0.001)
    np.zeros(3).tofile(tmp_path / "1.counts")  # as of another version
    found = samples(metrics.text(2, []))
    assert found['minicnn_requests_total{model="a",status="200"}'] == 2
    assert found['minicnn_requests_total{model="a",status="503"}'] == 1
    assert found['minicnn_pictures_total{model="a"}'] == 5
    assert found['minicnn_request_seconds_bucket{model="a",le="0.025"}'] == 2
    assert found['minicnn_request_seconds_bucket{model="a",le="0.5"}'] == 3
    assert found['minicnn_request_seconds_sum{model="a"}'] == pytest.approx(0.321)
    assert found["minicnn_pictures_inside"] == 2


def test_the_description_names_every_route_and_what_it_answers(server):
    told = server.get("/openapi.json").json
    assert told["openapi"] == "3.1.0"
    for path, operations in told["paths"].items():
        for method in operations.keys() - {"parameters"}:
            reply = server.ask(method.upper(), path.replace("{name}", "clothes"), b"none" if method == "post" else None)
            responses = operations[method]["responses"]
            assert str(reply.status) in responses, path
            content = responses[str(reply.status)].get("content")
            if content:
                assert reply.headers["Content-Type"].partition(";")[0] in content, path
    for known in ("/predict", "/models/{name}/predict", "/models", "/healthz", "/metrics", "/openapi.json", "/"):
        assert known in told["paths"]
    for reference in re.findall(r'"#/components/schemas/(\w+)"', json.dumps(told)):
        assert reference in told["components"]["schemas"]
    row = server.post(picture(0)).json["answers"][0]
    schema = told["components"]["schemas"]["Answer"]["properties"]["answers"]["items"]["properties"]
    assert row.keys() <= schema.keys()
    assert told["paths"]["/models/{name}/predict"]["parameters"][0]["schema"]["enum"] == ["clothes"]


def test_addresses_are_described_where_they_are_allowed(model_file, server):
    def keys(told):
        choices = told["paths"]["/predict"]["post"]["requestBody"]["content"]["application/json"]["schema"]["oneOf"]
        return [choice["required"][0] for choice in choices]

    assert keys(server.get("/openapi.json").json) == ["image", "images"]
    with Server(model_file, "--allow-urls") as other:
        assert keys(other.get("/openapi.json").json) == ["image", "images", "url", "urls"]


def test_figures_outlive_their_files(tmp_path):
    """Who tidies up /tmp takes the folder away; a process that begins later makes it anew."""
    folder = tmp_path / "counts"
    metrics = Metrics(["a"], folder)
    metrics.answered("a", 200, 3, 0.1)
    shutil.rmtree(folder)
    assert samples(metrics.text(1, []))['minicnn_pictures_total{model="a"}'] == 3
    other = Metrics(["a"], folder)
    other.answered("a", 200, 4, 0.1)
    assert samples(other.text(1, []))['minicnn_pictures_total{model="a"}'] == 4


@pytest.mark.skipif(os.name != "posix", reason="blocks as Linux and macOS count them")
def test_figures_have_their_place_on_the_disk_from_the_start(tmp_path):
    """A full disk is found when a process begins: a count into a file with holes would end it without a word."""
    Metrics([f"model-{k}" for k in range(50)], tmp_path)  # so many pages
    (file,) = tmp_path.glob("*.counts")
    (tmp_path / "plain").write_bytes(bytes(file.stat().st_size))
    assert file.stat().st_size > 8192 and file.stat().st_blocks == (tmp_path / "plain").stat().st_blocks
