"""`serve`: answer pictures over HTTP."""

import argparse
import re
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .. import console
from . import flags

if TYPE_CHECKING:
    from ..serve import Model

HELP: str = "answer pictures over HTTP"
NEEDED: tuple[str, ...] = ("starlette", "uvicorn", "python_multipart")


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument(
        "models", nargs="+", metavar="MODEL", help="a model file, or NAME=FILE; the first is asked at /predict"
    )
    parser.add_argument("--host", default="127.0.0.1", help="the address to listen at; 0.0.0.0 for all")
    parser.add_argument("--port", type=int, default=8000, help="0 for a free one, which is printed")
    parser.add_argument(
        "--workers", type=int, default=1, help="processes, each with the models and a share of the threads"
    )
    parser.add_argument("--batch", type=int, default=16, help="pictures that are computed at once, at most")
    parser.add_argument("--queue", type=int, default=256, help="pictures on their way, at most; 503 for more")
    parser.add_argument("--max-bytes", type=int, default=10_000_000, help="of a request's body; 413 for more")
    parser.add_argument("--max-pixels", type=int, default=50_000_000, help="of a picture; 413 for more")
    parser.add_argument(
        "--timeout", type=float, default=30.0, help="seconds for a request to arrive, and for its answer"
    )
    parser.add_argument("--allow-urls", action="store_true", help="fetch pictures from public addresses, too")
    parser.add_argument(
        "--allow-host",
        action="append",
        default=[],
        metavar="NAME",
        help="answer for this name too, as a proxy passes it on; at --host 127.0.0.1 others are refused",
    )
    flags.add_card(parser)


def run(args: argparse.Namespace) -> int:
    """Do what the arguments ask for, and print what came of it."""
    if missing := [name for name in NEEDED if find_spec(name) is None]:
        raise ValueError(
            f"`minicnn serve` needs {', '.join(missing).replace('_', '-')}, which the extra `serve` brings: "
            "python -m pip install 'minicnn[serve]', or in a checkout python -m pip install -e '.[serve]'."
        )
    from .. import serve

    if args.workers < 1:
        raise ValueError(f"--workers must be at least 1. Received: {args.workers}.")
    if not 0 <= args.port < 1 << 16:
        raise ValueError(f"--port must lie in 0..65535. Received: {args.port}.")
    limits = serve.Limits(
        batch=args.batch,
        queue=args.queue,
        pictures=min(64, args.queue),
        max_bytes=args.max_bytes,
        max_pixels=args.max_pixels,
        timeout=args.timeout,
        urls=args.allow_urls,
        hosts=tuple(name.lower() for name in args.allow_host) if args.allow_host or args.host in serve.LOCAL else None,
    )
    served = [serve.Served(name, path, _better(args, path)) for name, path in _named(args.models).items()]
    if args.host not in serve.LOCAL:
        console.note(f"whoever reaches {args.host} may ask; there is no password.")
    console.announce_compiling()
    return serve.run(served, limits, args.host, args.port, args.workers, _tell)


def _better(args: argparse.Namespace, path: Path) -> dict[str, Any]:
    """Return what the flags say of a model."""
    return flags.fields(argparse.Namespace(**{**vars(args), "model": path}))


def _tell(model: "Model") -> None:
    if model.told is not None:
        flags.tell(model.told)


def _named(models: list[str]) -> dict[str, Path]:
    """Return the models' files by name: NAME=FILE, or else the file's name without its ending."""
    from ...files import model_path

    named: dict[str, Path] = {}
    for model in models:
        name, sign, file = model.partition("=")
        if not sign or Path(model).exists():  # a name of a file may hold the sign itself
            name, file = Path(model).name.partition(".")[0], model
        if not re.fullmatch(r"[\w.-]+", name, re.ASCII):
            raise ValueError(
                f"MODEL's name must be of letters, digits, '.', '_' and '-': NAME={file}. Received: {name!r}."
            )
        if name in named:
            raise ValueError(f"Two models are called {name!r}; name one of them otherwise: NAME={file}.")
        named[name] = Path(model_path(file))
    return named
