"""python -m benchmarks fuzz [FILE...]: damaged model files, one after the other, through minicnn's command line.

Every file must end in a prediction or in one sentence: no traceback, no crash, no hang, small memory. File number n of
a run is made from the printed seed and n alone, so any of them can be made again. What went wrong is left in a folder.

Damaged are bytes anywhere (changed, copied, zeroed, cut out, doubled), and, since checksums and parsers would stop most
of that, single members of a zip under a right checksum, and single values of the JSON inside.
"""

import contextlib
import copy
import faulthandler
import io
import json
import random
import resource
import shutil
import sys
import tempfile
import time
import zipfile
from pathlib import Path

import h5py
import numpy as np
from PIL import Image

from minicnn import app, load_model

from . import machine, progress, results
from .sound_files import sound_files

CARD = ".classifier.json"
SECONDS = 5.0  # for one file
MEGABYTES = 1024  # that one file may add to the process's peak; an honest model of a long picture takes 600
HOSTILE = (
    0,
    -1,
    1,
    7,
    10**6,
    10**12,
    10**30,
    0.5,
    float("nan"),
    True,
    None,
    "",
    "../../etc/passwd",
    "conv2d",
    "a" * 999,
    "\x1b[2J\n",
    [],
    [0],
    [None, 10**9, 10**9, 3],
    [[[]]],
    {},
    {"class_name": "Lambda", "config": {}},
)


def measure(paths, count, seed, threads, folder, quick=False):
    """Fuzz every kind of model file.

    Parameters
    ----------
    paths : list of paths of sound model files; empty: a small net in every format
    count : int
        Damaged files of each kind.
    seed : int
    folder : path
        Where files that fail are left.
    quick : bool
        50 files of each kind.
    """
    rows = []
    with contextlib.ExitStack() as stack:
        if not paths:
            paths = sound_files(Path(stack.enter_context(tempfile.TemporaryDirectory())))
        for path in progress.track(paths, "fuzz"):
            rows.append(fuzz(Path(path), 50 if quick else count, seed, Path(folder)))
    return results.part("fuzz", machine.header(threads), rows)


def fuzz(path, count, seed, folder):
    """Damage one file `count` times; return a row of what came of it."""
    tally = {"opened": 0, "refused": 0, "failed": 0}
    slowest, peak = 0.0, _peak()
    with tempfile.TemporaryDirectory() as scratch:
        asked, picture = model_of(path), Path(scratch) / "picture.png"
        target = Path(shutil.copy(asked, scratch))
        Image.fromarray(np.random.default_rng(0).integers(0, 256, (8, 8, 3), np.uint8)).save(picture)
        model = load_model(path.with_name("model.keras")) if path.name.endswith(".weights.h5") else None
        command = "predict" if answer(asked, picture, model)[0] == "opened" else "summary"  # compiles kernels, too
        sound = {file.name: file.read_bytes() for file in (path, *_beside(path))}
        for number in range(count):
            dice = random.Random(f"{seed} {path.name} {number}")
            for name, raw in damaged(path.name, sound, dice).items():
                (target.parent / name).write_bytes(raw)
            before = _peak()
            what, fault, seconds = _timed(target, picture, model, command)
            if seconds > SECONDS:  # asked once more: on a busy machine a process may just stand still
                what, fault, seconds = _timed(target, picture, model, command)
            slowest = max(slowest, seconds)
            if fault is None and seconds > SECONDS:
                fault = f"it took {seconds:.1f} s"
            if fault is None and _peak() - before > MEGABYTES:
                fault = f"it took {_peak() - before:.0f} MB"
            tally["failed" if fault else what] += 1
            if fault:
                _keep(target, folder / f"{path.stem}-{seed}-{number}", sound, fault)
    return {"file": path.name, "seed": seed, "files": count, **tally, "slowest_s": slowest, "peak_mb": _peak() - peak}


def _timed(*question):
    """Return what `answer` returns, and the seconds it took; end the process with a traceback where it hangs."""
    faulthandler.dump_traceback_later(600, exit=True)
    start = time.perf_counter()
    what, fault = answer(*question)
    seconds = time.perf_counter() - start
    faulthandler.cancel_dump_traceback_later()
    return what, fault, seconds


def answer(path, picture, model=None, command="predict"):
    """Ask minicnn about a file: the command, or load_weights into `model` where the file holds weights alone.

    Returns
    -------
    what : "opened" or "refused"
    fault : str
        What was wrong with the answer, or None.
    """
    said, code = io.StringIO(), 0
    try:
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(said):
            if model is None:
                code = app.main([command, str(path), str(picture)][: 3 if command == "predict" else 2])
            else:
                code = _load_weights(model, path)
    except (Exception, SystemExit) as error:  # whatever it is, it should not have come out
        return "refused", f"{type(error).__name__}: {error}"
    sentences = [line for line in said.getvalue().splitlines() if line.startswith("minicnn: ")]
    if code == 0 and not sentences:
        return "opened", None
    if code != 2 or len(sentences) != 1 or len(sentences[0]) > 900 or not sentences[0].isprintable():
        return "refused", f"exit code {code}, and it said {said.getvalue()[-2000:]!r}"
    return "refused", None


def _load_weights(model, path):
    """Do what a command would do that loads weights."""
    try:
        model.load_weights(path)
    except ValueError as error:
        print(f"minicnn: {error}", file=sys.stderr)
        return 2
    return 0


# ---- damage -------------------------------------------------------------------------------------------------


def damaged(name, sound, dice):
    """Damage one file, or one of its parts.

    Parameters
    ----------
    name : str
        The model file's name.
    sound : dict
        File name -> bytes, shards included.
    dice : random.Random

    Returns
    -------
    files : dict
        File name -> bytes.
    """
    raw, deep = sound[name], dice.random() < 0.5
    if deep and name.endswith((".keras", ".zip")):
        return {**sound, name: _with_member(raw, dice)}
    if deep and name.endswith(".json"):
        return {**sound, name: _json(raw, dice)}
    if deep and name.endswith(".h5") and not name.endswith(".weights.h5"):
        return {**sound, name: _with_attribute(raw, dice)}
    if deep and name.endswith(".onnx"):
        from .peers import onnx_files

        return {**sound, name: onnx_files.with_sizes(raw, dice)}
    victim = dice.choice(sorted(sound))
    return {**sound, victim: mutated(sound[victim], dice)}


def mutated(raw, dice):
    """Return `raw` with a few bytes changed, blocks copied, zeroed, cut out or doubled, or with its end cut off."""
    raw = bytearray(raw)
    for _ in range(dice.randint(1, 6)):
        at, size = dice.randrange(len(raw)), dice.randint(1, 16)
        what = dice.randrange(6)
        if what < 2:
            raw[at] = dice.choice((0, 1, 127, 128, 255, dice.randrange(256)))
        elif what == 2:
            raw[at : at + size] = bytes(len(raw[at : at + size]))
        elif what == 3:
            other = dice.randrange(len(raw))
            raw[at : at + size] = raw[other : other + len(raw[at : at + size])]
        elif what == 4 and len(raw) > 100:
            del raw[at : at + size]
        else:
            raw[at:at] = raw[at : at + size]
    return bytes(raw[: dice.randrange(len(raw))] if dice.random() < 0.05 else raw)


def _with_member(whole, dice):
    """Damage one member of a zip under a right checksum, so that its own reader is reached."""
    new = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(whole)) as old, zipfile.ZipFile(new, "w") as archive:
        victim = dice.choice(old.namelist())
        for name in old.namelist():
            raw = old.read(name)
            if name == victim:
                raw = _json(raw, dice) if name.endswith(".json") and dice.random() < 0.8 else mutated(raw, dice)
            archive.writestr(name, raw)
    return new.getvalue()


def _with_attribute(whole, dice):
    """Damage the JSON in an attribute of a whole-model HDF5 file."""
    new = io.BytesIO(whole)
    with h5py.File(new, "r+") as file:
        name = dice.choice([name for name in ("model_config", "training_config") if name in file.attrs])
        text = file.attrs[name]
        file.attrs[name] = _json(text.encode() if isinstance(text, str) else text, dice).decode()
    return new.getvalue()


def _json(raw, dice):
    """Damage one to three values of a JSON document: replaced, left out, doubled, or swapped with another."""
    document = json.loads(raw)
    for _ in range(dice.randint(1, 3)):
        places = list(_places(document))
        holder, key = dice.choice(places)
        what = dice.randrange(5)
        if what == 0:
            del holder[key]
        elif what == 1 and isinstance(holder, list):
            holder.insert(key, copy.deepcopy(holder[key]))
        elif what == 2:
            other, where = dice.choice(places)
            holder[key] = copy.deepcopy(other[where])
        else:
            holder[key] = copy.deepcopy(dice.choice(HOSTILE))
        if not document:
            break
    return json.dumps(document).encode()


def _places(value):
    """Yield (holder, key) of every value inside."""
    for key in value if isinstance(value, dict) else range(len(value)):
        yield value, key
        if isinstance(value[key], (dict, list)):
            yield from _places(value[key])


# ---- round about --------------------------------------------------------------------------------------------


def model_of(path):
    """Return the file that a command is asked about: of a card, the model's that it lies beside."""
    return path.with_name(path.name.removesuffix(CARD) + ".h5") if path.name.endswith(CARD) else path


def _beside(path):
    """Find what belongs to a model.json: the shards of its weights, or the file that has them all."""
    if path.suffix != ".json":
        return []
    shards = sorted(path.parent.glob(f"*{path.stem.removesuffix('model')}group*.bin"))
    return shards or sorted(path.parent.glob(f"{path.stem}.weights.h5"))


def _keep(target, folder, sound, fault):
    """Leave the files of a failure, and what was wrong with it."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in sound:
        (folder / name).write_bytes((target.parent / name).read_bytes())
    (folder / "fault.txt").write_text(fault + "\n", encoding="utf-8")


def _peak():
    """Return the process's peak memory so far, MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
