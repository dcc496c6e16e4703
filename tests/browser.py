"""A real browser, for every page that the project makes."""

import os
import shutil
from pathlib import Path

import pytest

# the headless shell first: it opens a page in a quarter of the time, since it draws no window of its own round it
NAMES = "chromium-headless-shell", "chromium", "chromium-browser", "google-chrome"
CHROMIUM = next(filter(None, map(shutil.which, NAMES)), None)
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def browser():
    """Start the system's Chromium; without one these tests skip, but never in CI."""
    if CHROMIUM is None:
        message = "no chromium on this machine (Debian: apt-get install chromium-headless-shell)"
        assert os.environ.get("CI") != "true", message
        pytest.skip(message)
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as p:
        chromium = p.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def axe():
    """Return the source of axe-core, which AXE_CORE names; without it these tests skip, but never in CI with npm."""
    if "AXE_CORE" not in os.environ:
        message = "AXE_CORE does not say where axe.min.js is (npm install axe-core, in a folder outside the checkout)"
        assert os.environ.get("CI") != "true" or shutil.which("npm") is None, message
        pytest.skip(message)
    return Path(os.environ["AXE_CORE"]).read_text(encoding="utf-8")


def faults(page, axe):
    """List what axe-core finds on a page as it stands: rule, element, reason. The context bypasses the CSP."""
    if not page.evaluate("'axe' in window"):
        page.add_script_tag(content=axe)
    found = page.evaluate("async () => (await axe.run(document, {resultTypes: ['violations']})).violations")
    return [
        f"{rule['id']}: {node['html'][:160]}: {' '.join(node['failureSummary'].split())[:300]}"
        for rule in found
        for node in rule["nodes"]
    ]
