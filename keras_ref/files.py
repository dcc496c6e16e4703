"""Writing so that a name the user gave never holds half a file: write beside it, then rename."""

import hashlib
import json
import os
from contextlib import contextmanager
from pathlib import Path

from keras_ref.errors import Refusal


@contextmanager
def beside(path):
    """Give a temporary path in the folder of `path`; rename it to `path` at the end, or remove it after an error."""
    path = Path(path)
    partial = path.with_name(f".{path.stem}.{os.getpid()}.partial{path.suffix}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield partial
        with open(partial, "rb+") as stream:
            os.fsync(stream.fileno())
        os.replace(partial, path)
    except OSError as error:
        reason = error.strerror or error
        raise Refusal(f"{path} cannot be written: {reason}; what was there before is kept.") from None
    finally:
        partial.unlink(missing_ok=True)


def write_text(path, text):
    """Write a small file in one step."""
    with beside(path) as partial:
        partial.write_text(text, encoding="utf-8")


def write_json(path, value):
    """Write JSON with two spaces of indent in one step."""
    write_text(path, json.dumps(value, indent=2, ensure_ascii=False) + "\n")


def read_json(path):
    """Read a JSON file that this package wrote; refuse one that is not there or not JSON."""
    try:
        return json.loads(Path(path).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise Refusal(f"{path} is not there.") from None
    except (ValueError, OSError) as error:
        raise Refusal(f"{path} cannot be read as JSON: {error}.") from None


def content_hash(path):
    """SHA-256 of a file's bytes, as 64 hex digits."""
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()


def unused(path):
    """Give `path` as a Path; refuse what already holds something, so that nothing is overwritten without a word.

    The folder itself is made by the first file that is written into it: a command that fails before leaves nothing.
    """
    path = Path(path)
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise Refusal(f"--out {path} already exists and is not empty; give another name or remove it first.")
    return path
