"""How good a classifier is on pictures it never learned from: 8.12, with intervals, and two checkpoints pairwise."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from keras_ref import card as cards
from keras_ref import console, data, files, folder, plots, predict, stats
from keras_ref.errors import Refusal
from minicnn.data import field_beside, folder_for, to_judge

BATCH = 32
WORST = 24


@dataclass
class Answers:
    """What one model says about each picture of a split: (N, classes) probabilities beside the (N,) labels."""

    class_names: tuple[str, ...]
    paths: tuple[Path, ...]
    labels: np.ndarray
    probabilities: np.ndarray
    losses: np.ndarray

    @property
    def right(self):
        """Whether each picture's most probable class is its own, (N,) bool."""
        return self.probabilities.argmax(axis=1) == self.labels


def ask(model_path, model, found, files, labels):
    """Run a loaded model, (net, card), over pictures of a data folder."""
    net, card = model
    names, labels = _matched(card, found, labels, model_path)
    source = data.Pictures(files, card.recipe, keep=False)
    raw = []
    with console.progress("evaluating", len(files)) as advance, source.naming_the_culprit():
        for (x,) in source.batches(BATCH):
            whole = np.zeros((BATCH, *x.shape[1:]), np.float32)
            whole[: len(x)] = x
            raw.append(np.asarray(net.predict_on_batch(whole), np.float64)[: len(x)])
            advance(len(x))
    answers = predict.finite(np.concatenate(raw), files, card.output)
    probabilities, losses = _scores(answers, labels, card.output)
    return Answers(names, tuple(files), labels, probabilities, losses)


def _load(model_path, data_folder):
    """Load a model: ((net, card), what it learned from or None)."""
    net, card, sentence = cards.load(model_path)
    if sentence:
        console.note(sentence)
    return (net, card), card.split or field_beside(model_path, data_folder)


def _judged(fields, data_folder, split_name, split_seed, skip_corrupt):
    """Choose the pictures to judge models on: (folder, split, files, labels), without what any of them learned from."""
    known = next((field for field in fields if field), None)
    found = folder_for(data_folder, known, split_seed)
    if len(found.left_out):
        console.note(f"{data_folder}: {found.left_out}")
    if skip_corrupt:
        bad = folder.corrupt(found.split("all").files)
        found = found.without(bad)
        console.note(f"{len(bad)} corrupt pictures are left out." if bad else "No picture is corrupt.")
    judged = [to_judge(found, field, split_name) for field in fields]
    for note in dict.fromkeys(one.note for one in judged if one.note):
        console.note(note[0].upper() + note[1:])
    both = set.intersection(*(set(one.files) for one in judged))
    first = judged[0]
    keep = [i for i, path in enumerate(first.files) if path in both]
    if not keep:
        raise Refusal(f"No picture of {first.split} in {data_folder} is left that neither model learned from.")
    return found, first.split, [first.files[i] for i in keep], first.labels[keep]


def _matched(card, found, labels, where):
    """Give class names in the model's order and the labels in that order."""
    if set(card.class_names) == set(found.class_names):
        order = np.array([card.class_names.index(name) for name in found.class_names])
        return card.class_names, order[labels]
    if len(card.class_names) != len(found.class_names):
        raise Refusal(f"{where} knows {len(card.class_names)} classes, but {found.path} has {len(found.class_names)}.")
    if card.class_names == tuple(str(i) for i in range(len(card.class_names))):
        return found.class_names, labels
    odd = sorted(set(card.class_names) ^ set(found.class_names))[0]
    raise Refusal(f"{where} and {found.path} do not have the same classes: {odd!r} is in one of them only.")


def _scores(raw, labels, output):
    rows = np.arange(len(labels))
    if output == "logits":
        shifted = raw - raw.max(axis=1, keepdims=True)
        logs = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    else:  # as Keras has it: divide by the row's sum, clip at 1e-7
        logs = np.log(np.clip(raw / raw.sum(axis=1, keepdims=True), 1e-7, 1 - 1e-7))
    return np.exp(logs), -logs[rows, labels]


def summary(answers):
    """Give every figure of an evaluation as one JSON object."""
    names, labels, n = answers.class_names, answers.labels, len(answers.labels)
    guessed, right = answers.probabilities.argmax(axis=1), int(answers.right.sum())
    confusion = np.zeros((len(names), len(names)), int)
    np.add.at(confusion, (labels, guessed), 1)
    per_class = [
        {
            "class": name,
            "pictures": int(confusion[i].sum()),
            "precision": _ratio(confusion[i, i], confusion[:, i].sum()),
            "recall": _ratio(confusion[i, i], confusion[i].sum()),
        }
        for i, name in enumerate(names)
    ]
    return {
        "pictures": n,
        "right": right,
        "accuracy": right / n,
        "interval": stats.wilson(right, n),
        "loss": float(answers.losses.mean()),
        "majority": np.bincount(labels).max() / n,
        "per_class": per_class,
        "confusion": confusion.tolist(),
        "class_names": list(names),
    }


def _ratio(part, whole):
    return float(part / whole) if whole else None


def evaluate(model_path, data_folder, out, split_name=None, split_seed=None, skip_corrupt=False):
    """Evaluate one model; write evaluation.json, confusion.png and worst.png to the new folder `out`.

    What the model learned from is known by content and left out, unless `split_name` is "train" or "all".
    """
    out = files.unused(out)
    model, field = _load(model_path, data_folder)
    found, split, paths, labels = _judged([field], data_folder, split_name, split_seed, skip_corrupt)
    answers = ask(model_path, model, found, paths, labels)
    result = {"model": str(model_path), "data": str(data_folder), "split": split, **summary(answers)}
    order = np.argsort(-answers.losses, kind="stable")
    worst = [i for i in order.tolist() if not answers.right[i]][:WORST]
    guessed = answers.probabilities.argmax(axis=1)
    result["worst"] = [
        {
            "picture": found.name_of(answers.paths[i]),
            "is": answers.class_names[answers.labels[i]],
            "taken_for": answers.class_names[guessed[i]],
            "probability": float(answers.probabilities[i, guessed[i]]),
        }
        for i in worst
    ]
    files.write_json(out / "evaluation.json", result)
    plots.confusion(
        result["confusion"],
        answers.class_names,
        out / "confusion.png",
        f"{Path(model_path).name} on {split}: {result['right']} of {result['pictures']} right",
    )
    if worst:
        captions = [f"{w['is']}\ntaken for {w['taken_for']} {w['probability']:.0%}" for w in result["worst"]]
        plots.contact_sheet(
            [(answers.paths[i], text) for i, text in zip(worst, captions, strict=True)],
            out / "worst.png",
            title=f"The {len(worst)} pictures of {split} it is most wrong about",
        )
    return result


def compare(first, second, data_folder, out, split_name=None, split_seed=None, skip_corrupt=False):
    """Compare two models on the same pictures; write comparison.json to the new folder `out`; return the figures."""
    out = files.unused(out)
    models, fields = zip(*(_load(path, data_folder) for path in (first, second)), strict=True)
    found, split, paths, labels = _judged(fields, data_folder, split_name, split_seed, skip_corrupt)
    a, b = (ask(path, model, found, paths, labels) for path, model in zip((first, second), models, strict=True))
    only_a, only_b = int((a.right & ~b.right).sum()), int((b.right & ~a.right).sum())
    result = {"models": [str(first), str(second)], "data": str(data_folder), "split": split}
    result |= {"a": summary(a), "b": summary(b), "only_a": only_a, "only_b": only_b}
    result["p"] = stats.mcnemar(only_a, only_b)
    files.write_json(out / "comparison.json", result)
    return result


def sentence(result):
    """Say what `compare` found."""
    p = "< 0.001" if result["p"] < 0.001 else f"= {result['p']:.3f}"
    return f"Only A is right on {result['only_a']}, only B on {result['only_b']} pictures: McNemar's exact p {p}, " + (
        "a difference beyond chance." if result["p"] < 0.05 else "no difference beyond chance."
    )
