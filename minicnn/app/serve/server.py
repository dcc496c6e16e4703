"""The routes, and how they answer."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from importlib import resources
from io import BytesIO
from typing import Any

from PIL import Image
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from .answering import SAFE, answer, error
from .decoding import tell
from .hosts import OwnHosts
from .openapi import document
from .refusal import Refusal
from .service import Service
from .shelf import Model

PAGE: dict[str, tuple[str, str]] = {
    "/": ("page.html", "text/html"),
    "/page.css": ("page.css", "text/css"),
    "/page.js": ("page.js", "text/javascript"),
}
POLICY: str = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
PROMETHEUS: str = "text/plain; version=0.0.4; charset=utf-8"


def application(service: Service) -> Starlette:
    """Make the application, as ASGI servers take it.

    Parameters
    ----------
    service : Service
        Ended with the application.

    Returns
    -------
    app : Starlette
    """

    @asynccontextmanager
    async def living(app: Starlette) -> AsyncGenerator[None, None]:
        watching = asyncio.create_task(service.watch())
        try:
            yield
        finally:
            watching.cancel()
            await asyncio.to_thread(service.end)

    routes = _Routes(service)
    app = Starlette(
        routes=[
            *(Route(path, routes.page, methods=["GET"]) for path in PAGE),
            Route("/predict", routes.predict, methods=["POST"]),
            Route("/models", routes.models, methods=["GET"]),
            Route("/models/{name}/predict", routes.predict, methods=["POST"]),
            Route("/grad-cam", routes.grad_cam, methods=["POST"]),
            Route("/models/{name}/grad-cam", routes.grad_cam, methods=["POST"]),
            Route("/healthz", routes.health, methods=["GET"]),
            Route("/metrics", routes.figures, methods=["GET"]),
            Route("/openapi.json", routes.description, methods=["GET"]),
        ],
        middleware=[] if service.limits.hosts is None else [Middleware(OwnHosts, names=service.limits.hosts)],
        exception_handlers={Refusal: _refused, HTTPException: _http, ClientDisconnect: _gone, Exception: _failed},
        lifespan=living,
    )
    app.router.redirect_slashes = False  # it would send clients wherever their header Host says
    return app


class _Routes:
    """What each route does."""

    def __init__(self, service: Service) -> None:
        self._service = service

    async def page(self, request: Request) -> Response:
        name, kind = PAGE[request.scope["path"]]
        text = (resources.files("minicnn.app.serve") / "web" / name).read_bytes()
        return Response(text, media_type=kind, headers={**SAFE, "Content-Security-Policy": POLICY})

    async def predict(self, request: Request) -> Response:
        model = self._asked(request)
        rows = [tell(model, sent, answer) for sent, answer in await self._service.answers(request, model)]
        return answer({"model": model.name, "version": model.version, "answers": rows})

    async def grad_cam(self, request: Request) -> Response:
        model = self._asked(request)
        if model.explain is None:
            raise Refusal(404, f"{model.name} has no Grad-CAM.")
        ((_, drawn),) = await self._service.answers(request, model, model.explain)
        assert not isinstance(drawn, Refusal)  # of one picture it is raised
        file = BytesIO()
        Image.fromarray(drawn).save(file, "PNG")
        headers = {**SAFE, "X-Model-Version": model.version}
        return Response(file.getvalue(), media_type="image/png", headers=headers)

    def _asked(self, request: Request) -> Model:
        """Return the model that a request is for."""
        shelf = self._service.shelf
        name = request.path_params.get("name", next(iter(shelf)))
        if name not in shelf:
            raise Refusal(404, f"There is no model {name[:80]!r}; there are: {', '.join(shelf)}.")
        if request.query_params:
            raise Refusal(400, f"No query is understood here. Received: {str(request.query_params)[:80]!r}.")
        return shelf[name]

    async def models(self, request: Request) -> Response:
        told = [
            {
                "name": model.name,
                "version": model.version,
                "class_names": model.class_names,
                "size": model.card["size"],
            }
            for model in self._service.shelf.values()
        ]
        return answer({"models": told})

    async def health(self, request: Request) -> Response:
        service = self._service
        good = service.engine.is_alive
        told: dict[str, Any] = {
            "status": "ok" if good else "ending",
            "models": {model.name: model.version for model in service.shelf.values()},
        }
        if service.shelf.problems:
            told["problems"] = service.shelf.problems
        return answer(told, 200 if good else 503)

    async def figures(self, request: Request) -> Response:
        service = self._service
        text = service.metrics.text(service.engine.inside, service.shelf.values())
        return Response(text, media_type=PROMETHEUS, headers=SAFE)

    async def description(self, request: Request) -> Response:
        return answer(document(self._service.shelf, self._service.limits))


async def _refused(request: Request, refusal: Exception) -> Response:
    assert isinstance(refusal, Refusal)
    # What is still to come of the body is not read: the connection ends with this answer.
    headers = {"Connection": "close"} if refusal.status in (408, 413, 503) else {}
    if refusal.retry is not None:
        headers["Retry-After"] = str(refusal.retry)
    return error(refusal.status, refusal.sentence, headers)


async def _http(request: Request, problem: Exception) -> Response:
    assert isinstance(problem, HTTPException)
    path = request.scope["path"]  # not request.url's: a strange Host makes none of that
    sentences = {404: f"There is nothing at {path[:80]}.", 405: f"{request.method} is not possible here."}
    return error(problem.status_code, sentences.get(problem.status_code, problem.detail), problem.headers)


async def _gone(request: Request, problem: Exception) -> Response:
    return Response(status_code=499)  # nobody reads it


async def _failed(request: Request, problem: Exception) -> Response:
    return error(500, "The server failed at this; what it prints to its standard error says why.")
