"""python -m benchmarks report: RESULTS.md with every row, two plots a kind of processor, and README's table.

It is built of the files in results/, one for each kind of processor; rows of the same work stand under each other, each
marked with its own kind. Published figures come from here and from nowhere else; each stands with the command that
repeats it.
"""

from pathlib import Path

from minicnn.files import replacing

from . import cases, goals, machine, photographs, plots, results, roofline, sections, table, timing

HERE = Path(__file__).parent
READERS = (("ONNX Runtime", ("onnxruntime",)), ("PyTorch", table.TORCH))
BY_HAND = "## Public model files"
SIDE_BY_SIDE = {  # kinds of parts whose rows stand in one table -> what makes two rows the same work
    "layers": ("suite", "case", "pass"),
    "nets": ("net", "what"),
    "architectures": ("net", "size"),
    "training": ("net", "what"),
    "startup": ("process",),
    "memory": ("engine",),
}
HOW = f"""Medians of alternated rounds in one run, ± half the interquartile range; ~ marks a row whose interquartile
range is above {timing.NOISY:.0%} of its median: the machine was noisy. Every engine has the same number of threads, and
its result was compared before the clock started. A ratio is the median over rounds, above 1 where minicnn is faster; in
brackets its 95% interval (bootstrap of paired rounds; rounds go on while it is wide). Keras stands for the fastest of
its eager, graph and XLA forms, and of its graph with oneDNN where TensorFlow leaves that off. A kind of processor is
its instruction set and family, as LLVM names it; where it is marked "by the medians alone" its file has no intervals.
"cold" ratios are taken with empty caches. GFLOP/s count the direct algorithm's operations, so Winograd may pass the
peak; the limit of a row is the machine's peak or its bandwidth, whichever is nearer. minicnn's arrays come from a
workspace, as in its training loop; ONNX Runtime writes into memory given beforehand.

Denormal numbers, those below 1.2e-38, stay what they are in minicnn, PyTorch and ONNX Runtime; TensorFlow takes them
for 0. Computing with them takes Intel's processors up to 50 times as long (E10 denormal-weights, where minicnn, PyTorch
and ONNX Runtime are level and Keras is ahead), a Zen 3 hardly (forward 0.22 ms, without 0.20; dX 0.61 and 0.50).
They are not taken for 0 here because then nothing would equal NumPy to the bit that does today, and a ReLU's slope and
a pool's winner would change beside them."""


def write(paths=(), out=None, readme=None):
    """Write the report from result files.

    Parameters
    ----------
    paths : list of paths
        Result files; none: all of results/.
    out : folder
        benchmarks/ by default.
    readme : path of the README whose table is updated, where it has the two markers; the checkout's by default
    """
    parts = _same_limits(results.read(paths or results.committed()))
    out = Path(out or HERE)
    layers = _comparable(parts)
    pictures = [_drawn(kind, own, out) for kind, own in _by_kind(layers).items()]
    judged = [part for part in parts if part["kind"] != "layers"]
    judged += [_one_part(own) for own in _by_kind(layers).values()]
    tables = {"benchmarks": readme_table(parts), "photographs": readme_line(parts)}
    chapters = ["# Results", HOW, _machines(parts), tables["benchmarks"], *pictures, goals.text(judged)]
    chapters += [_chapter(kind, own) for kind in results.KINDS if (own := [p for p in parts if p["kind"] == kind])]
    chapters.append(_kept(out / "RESULTS.md"))
    _write(out / "RESULTS.md", "\n\n".join(chapter for chapter in chapters if chapter) + "\n")
    print("\n\n".join(_marked(name, text) for name, text in tables.items() if text))
    _update(Path(readme or HERE.parent / "README.md"), tables)


def _by_kind(parts):
    """Return the parts of each kind of processor."""
    found = {}
    for part in parts:
        found.setdefault(part["head"]["kind"], []).append(part)
    return found


def _one_part(parts):
    """Join parts of one kind."""
    return {**parts[0], "rows": [row for part in parts for row in part["rows"]]}


def _drawn(kind, parts, out):
    """Draw both plots of a kind of processor."""
    rows = _one_part(parts)["rows"]
    plots.roofline(rows, parts[0]["head"], out / f"roofline-{kind}.png")
    bars = [(f"{suite} {which}", values) for (suite, which), values in groups(rows).items()]
    plots.ratios(bars, out / f"ratios-{kind}.png")
    return f"![roofline, {kind}](roofline-{kind}.png)\n\n![ratios, {kind}](ratios-{kind}.png)"


def _machines(parts):
    """Write a table of the machines: a row for each kind of processor, day and set of versions."""
    rows = {}
    for part in parts:
        named, versions, *limits = machine.lines(part["head"])
        row = (part["head"]["kind"], part["head"]["date"], versions)
        rows[row] = max(rows.get(row, ""), "; ".join([named, *limits]), key=len)  # not every part has the limits
    columns = ["<processor", "<measured", "<versions", "<machine"]
    return "## Processors\n\n" + table.markdown(columns, [[*row, words] for row, words in rows.items()])


def _kept(path):
    """Return the last chapter of the report that was there, which no command writes: its files are not ours to give."""
    old = path.read_text(encoding="utf-8") if path.exists() else ""
    return old[old.index(BY_HAND) :].rstrip() if BY_HAND in old else ""


def _same_limits(parts):
    """Hold all parts with the same threads against the best limits that any of them saw: a machine has one peak."""
    for part in parts:
        same = ("kind", "threads")
        alike = [o["head"] for o in parts if all(o["head"][key] == part["head"][key] for key in same)]
        if "peak_gflops" in part["head"]:
            part["head"] |= {name: max(head.get(name, 0.0) for head in alike) for name in ("peak_gflops", "copy_gbs")}
        for row in part["rows"]:
            if part["kind"] == "layers" and "share" in row:
                seconds = row["engines"]["minicnn"]["ms"] / 1e3
                row["share"] = roofline.share_of_limit(row["flop"], row["bytes"], seconds, part["head"])
            elif part["kind"] == "ladder":
                row["share"] = row["gflops"] / part["head"]["peak_gflops"]
    return parts


def _comparable(parts):
    """Return the parts of layers that ran with a kind's most threads; others stand in the chapter alone."""
    found = []
    for own in _by_kind([part for part in parts if part["kind"] == "layers"]).values():
        most = max(part["head"]["threads"] for part in own)
        found += [part for part in own if part["head"]["threads"] == most]
    return found


def groups(rows, names=table.KERAS):
    """Collect the ratios of timed rows by suite and pass.

    Returns
    -------
    groups : dict
        (suite, pass) -> list of ratios, in the order of the suites.
    """
    found = {}
    for suite in [*cases.SUITES, "own"]:
        for which in ("fwd", "dX", "dW"):
            values = [table.ratio(row, names) for row in rows if row["suite"] == suite and row["pass"] == which]
            if values := [value for value in values if value is not None]:
                found[suite, which] = values
    return found


def readme_table(parts):
    """Write README's table: geometric mean and worst case, a line a suite and kind of processor; and the machines."""
    kinds = _by_kind(_comparable(parts))
    if not kinds:
        return ""
    columns = ["<suite", "<processor", "forward", "dX", "dW"]
    columns += [f"forward against {name}" for name, _ in READERS]
    body, notes = [], []
    for kind, own in kinds.items():
        rows = _one_part(own)["rows"]
        keras, others = groups(rows), [groups(rows, names) for _, names in READERS]
        for suite in dict.fromkeys(suite for suite, _ in keras):
            means = [_mean_and_worst(keras.get((suite, which))) for which in ("fwd", "dX", "dW")]
            means += [_mean_and_worst(found.get((suite, "fwd"))) for found in others]
            body.append([f"{suite} {cases.SUITES.get(suite, '')}".strip(), kind, *means])
        head = own[0]["head"]
        notes.append(f"{kind}: {machine.lines(head)[0]}; measured {head['date']}. {_noise(rows)}".strip())
    order = [*cases.SUITES, "own"]
    body.sort(key=lambda cells: order.index(cells[0].partition(" ")[0]))
    said = "How many times faster than the best of Keras eager, graph, XLA and oneDNN: geometric mean (worst case)."
    return "\n".join([said, "", table.markdown(columns, body), "", "  \n".join(notes)])


def readme_line(parts):
    """Write README's sentence about learning from photographs; empty where that was not measured."""
    for part in parts:
        if part["kind"] == "photographs":
            found, head = photographs.summary(part), part["head"]
            ours, other = (photographs.both_ways(found[key]) for key in ("last", "keras_last"))
            return (
                f"Tiny VGG at {photographs.SIZE} px after {max(row['epoch'] for row in part['rows'])} epochs, mean of "
                f"{len(found['last'])} seeds (spread), of {head['validation']} validation photographs: minicnn {ours}, "
                f"Keras with the same weights and batches {other}; "
                f"always the most frequent class {head['majority']:.1%}."
            )
    return ""


def _mean_and_worst(values):
    return f"{table.geometric_mean(values):.2f}x ({min(values):.2f}x)" if values else ""


def _noise(rows):
    """Say how many rows were noisy."""
    timed = [row["engines"]["minicnn"] for row in rows if "iqr_ms" in row.get("engines", {}).get("minicnn", {})]
    noisy = sum(map(timing.noisy, timed))
    if not noisy:
        return ""
    said = f"{noisy} of {len(timed)} of minicnn's rows spread over more than {timing.NOISY:.0%} of their median"
    return f"**{said}: the machine was not quiet.**" if noisy > 0.1 * len(timed) else f"{said}."


def _chapter(kind, parts):
    """Write what one command measured on all kinds of processors: each part's command, then tables."""
    commands = [f"{part['head']['kind']}: {part['head']['command']}" for part in parts]
    notes = [f"{part['head']['kind']}: {note}" for part in parts for note in sections.notes(part["head"])]
    begin = [f"## {results.KINDS[kind]}", "\n".join(["```", *dict.fromkeys(commands), "```"]), "\n".join(notes)]
    if kind in SIDE_BY_SIDE:
        tables = [_side_by_side(kind, parts)]
    else:
        tables = [f"{part['head']['kind']}:\n\n{sections.table_of(part)}" for part in parts]
    return "\n\n".join(filter(None, [*begin, *tables]))


def _side_by_side(kind, parts):
    """Write one table of several kinds of processors: rows of the same work under each other."""
    together = {}
    for part in parts:
        for row in part["rows"]:
            work = tuple(row[key] for key in SIDE_BY_SIDE[kind])
            together.setdefault(work, []).append({**row, "processor": part["head"]["kind"]})
    return sections.table_of({"kind": kind, "head": parts[0]["head"], "rows": sum(together.values(), [])})


def _write(path, text):
    with replacing(path) as file:
        file.write(text.encode())


def _marked(name, text):
    return f"<!-- {name} -->\n{text}\n<!-- /{name} -->"


def _update(readme, tables):
    """Put each table between README's markers of its name, where README has them."""
    if not readme.exists():
        return
    text = before = readme.read_text(encoding="utf-8")
    for name, content in tables.items():
        begin, end = f"<!-- {name} -->", f"<!-- /{name} -->"
        if content and begin in text and end in text:
            text = text.partition(begin)[0] + _marked(name, content) + text.partition(end)[2]
    if text != before:
        _write(readme, text)
