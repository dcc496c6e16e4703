"""A model's file, and a server of it that a file's tests share."""

import pytest


@pytest.fixture(scope="session")
def model_file(tmp_path_factory):
    """Give a model's file."""
    from tests.app.serve.serving import net

    path = tmp_path_factory.mktemp("model") / "clothes.keras"
    net().save(path)
    return path


@pytest.fixture(scope="module")
def server(model_file):
    """Serve the model; what nobody asked for is not said."""
    from tests.app.serve.serving import Server

    with Server(model_file) as serving:
        yield serving
        assert serving.get("/healthz").json["status"] == "ok"
    assert serving.process.returncode == 0 and serving.errors == []
