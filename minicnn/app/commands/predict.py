"""`predict`: name what is on pictures."""

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .. import console
from . import flags

if TYPE_CHECKING:
    from ...models import Model
    from ...types import Array

HELP: str = "name what is on pictures"
GUESS: str = "a guess"  # as ResolvedCard's origin has it
UNKNOWN: str = "nobody said how pixels are scaled; taken 0..255 as they are"
USUAL: str = "If the net was trained on x/255, add --scale 1/255"
OF_PYTORCH: str = "If the net was trained as PyTorch's mostly are, add --preprocess torch"


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("model", metavar="MODEL", help="a model file")
    parser.add_argument("pictures", nargs="+", metavar="PICTURE", help="files or folders")
    parser.add_argument("--top", type=int, default=3, help="how many classes to show")
    parser.add_argument("--json", action="store_true", help="all classes, as JSON")
    parser.add_argument(
        "--out", metavar="DIR", default="minicnn-pictures", help="where pictures go, if the model gives such"
    )
    flags.add_card(parser)


def run(args: argparse.Namespace) -> int:
    """Do what the arguments ask for, and print what came of it."""
    if args.top < 1:
        raise ValueError(f"--top must be at least 1. Received: {args.top}.")
    model, resolved = flags.model(args)
    unreadable: dict[Path, str] = {}
    files = flags.pictures(args.pictures)
    if resolved.origin["scale"] == GUESS and len(files) > 1:
        console.note(f"{UNKNOWN}. {_usual(args, resolved.value)[0]}.")
    assumed = {name: resolved.value[name] for name, who in resolved.origin.items() if who == GUESS}
    if len(model.outputs) == 1 and resolved.value["task"] != "pictures":
        answers = _classes(model, files, unreadable, args, assumed)
    else:
        answers = _outputs(model, files, unreadable, args)
    for why in unreadable.values():
        console.complain(why)
    if args.json:
        answers = [{**answer, **({"assumed": assumed} if assumed else {})} for answer in answers]
        print(json.dumps(answers, indent=2, allow_nan=False))
    return 1 if unreadable else 0


def _classes(
    model: "Model", files: list[Path], unreadable: dict[Path, str], args: argparse.Namespace, assumed: dict[str, Any]
) -> list[dict[str, Any]]:
    """Answer with classes, or with labels where each is for itself; print them, unless it is JSON's turn."""
    from .. import predict
    from ..answers import row
    from ..card import known

    card = known(model)
    names, many = card["class_names"], card.get("task") == "many"
    rows = predict.predict(model, files, unreadable=unreadable)
    files = [file for file in files if file not in unreadable]
    if "scale" in assumed and len(files) == 1 and not unreadable and not many:
        _tell_other_scale(model, files[0], rows[0], *_usual(args, card))
    answers = []
    for file, p in zip(files, rows, strict=True):
        best = sorted(range(len(names)), key=lambda k: -p[k])
        said = [f"{names[k]} {p[k]:.3f}" for k in best]
        answer = {"picture": str(file), **row(card, p)}
        if many:
            given = said[: len(answer["labels"])]
            line = ", ".join(given) or f"none of the labels ({', '.join(said[: args.top])})"
        else:
            line = ", ".join(said[: args.top])
            line = line if answer["class"] == names[best[0]] else f"{answer['class']} ({line})"
        if not args.json:
            print(f"{file}: {line}")
        answers.append(answer)
    return answers


def _outputs(
    model: "Model", files: list[Path], unreadable: dict[Path, str], args: argparse.Namespace
) -> list[dict[str, Any]]:
    """Answer with every output by name, a picture in a file of its own; print them, unless it is JSON's turn."""
    from .. import outputs

    kinds = {output.name: output for output in outputs.outputs_of(model)}
    if any(output.kind == "picture" for output in kinds.values()):
        _refuse_own(args.out, files)
    answers = []
    taken: set[str] = set()
    for file, values in outputs.answers(model, files, unreadable):
        stem = outputs.free_stem(file, taken)
        answer: dict[str, Any] = {}
        lines = []
        for name, each in values.items():
            if kinds[name].kind == "picture":
                own = stem if len(kinds) == 1 else f"{stem}-{name}".replace("/", "-")
                path, replaced = outputs.write_png(args.out, own, outputs.pixels_of(model, kinds[name], each))
                answer[name] = str(path)
                if replaced and args.json:
                    console.note(f"{path} is written in place of the file that was there.")
                lines.append(f"{path}{', in place of the file that was there' if replaced else ''}")
            else:
                answer[name] = [float(number) for number in each]
                lines.append(_numbers(kinds[name].kind, answer[name], args.top))
        if not args.json:
            block = [f"  {name}: {line}" for name, line in zip(answer, lines, strict=True)]
            print(f"{file}: {lines[0]}" if len(lines) == 1 else "\n".join([str(file), *block]))
        answers.append({"picture": str(file), "outputs": answer})
    return answers


def _refuse_own(out: str, files: list[Path]) -> None:
    """Refuse to write where one of the given pictures lies under a name that a result may have."""
    for file in files:
        if file.suffix.lower() == ".png" and file.resolve().parent == Path(out).resolve():
            raise ValueError(f"{file} is one of the pictures that were given; --out must be another folder.")


def _numbers(kind: str, values: list[float], top: int) -> str:
    """Tell a row of numbers: classes by their numbers, the most probable first, or all as they are."""
    if kind != "classes":
        return ", ".join(f"{number:.3f}" for number in values)
    best = sorted(range(len(values)), key=lambda k: -values[k])[:top]
    return ", ".join(f"class {k} {values[k]:.3f}" for k in best)


def _usual(args: argparse.Namespace, card: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """Return what else is usual, in words and as fields of the card: PyTorch has its own custom with colours."""
    from ...files import preprocess

    if args.model.endswith(".onnx") and card["channels"] == 3:
        return OF_PYTORCH, preprocess("torch")
    return USUAL, {"scale": 1 / 255}


def _tell_other_scale(model: "Model", file: Path, row: "Array", usual: str, fields: dict[str, Any]) -> None:
    """Tell, of one picture, what the answer would be had the net been trained in a way that is usual."""
    from .. import predict
    from ..card import known

    card = known(model)
    model.classifier = {**card, **fields}
    other = predict.predict(model, [file])[0]
    model.classifier = card
    here, there = (f"{card['class_names'][p.argmax()]} {p.max():.3f}" for p in (row, other))
    if row.argmax() == other.argmax():
        console.note(f"{UNKNOWN}: {here}. {usual}: {there}, the same class.")
    else:
        console.note(f"{UNKNOWN}: {here}. {usual}: {there}.")
