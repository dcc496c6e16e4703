"""python -m benchmarks report RESULTS.json ...: RESULTS.md with every row, two plots, and README's table.

Published figures come from here and from nowhere else; each stands with the command that repeats it.
"""

from pathlib import Path

from minicnn.files import replacing

from . import cases, goals, machine, photographs, plots, results, roofline, sections, table, timing

HERE = Path(__file__).parent
BY_HAND = "## Public model files"
HOW = f"""Medians of alternated rounds in one run, ± half the interquartile range; ~ marks a row whose interquartile
range is above {timing.NOISY:.0%} of its median: the machine was noisy. Every engine has the same number of threads, and
its result was compared before the clock started. A ratio above 1 says that minicnn is faster; Keras stands for the
fastest of its eager, graph and XLA forms. "cold" ratios are taken with empty caches. GFLOP/s count the direct
algorithm's operations, so Winograd may pass the peak; the limit of a row is the machine's peak or its bandwidth,
whichever is nearer. minicnn's arrays come from a workspace, as in its training loop; ONNX Runtime writes into memory
given beforehand."""


def write(paths, out=None, readme=None):
    """Write the report from result files.

    Parameters
    ----------
    paths : list of paths
        Result files.
    out : folder
        benchmarks/ by default.
    readme : path of the README whose table is updated, where it has the two markers; the checkout's by default
    """
    parts = _same_limits(results.read(paths))
    out = Path(out or HERE)
    layers = _comparable(parts)
    rows = [row for part in layers for row in part["rows"]]
    pictures = ""
    if rows:
        plots.roofline(rows, layers[0]["head"], out / "roofline.png")
        plots.ratios(
            [(f"{suite} {which}", values) for (suite, which), values in groups(rows).items()], out / "ratios.png"
        )
        pictures = "![roofline](roofline.png)\n\n![ratios](ratios.png)"
    judged = [part for part in parts if part["kind"] != "layers"]
    if rows:
        judged.append({"kind": "layers", "head": layers[0]["head"], "rows": rows})
    tables = {"benchmarks": readme_table(parts), "photographs": readme_line(parts)}
    summary = [tables["benchmarks"], _commands(layers)] if layers else []
    chapters = ["# Results", HOW, *summary, pictures, goals.text(judged), *map(_chapter, parts)]
    chapters.append(_kept(out / "RESULTS.md"))
    _write(out / "RESULTS.md", "\n\n".join(chapter for chapter in chapters if chapter) + "\n")
    print("\n\n".join(_marked(name, text) for name, text in tables.items() if text))
    _update(Path(readme or HERE.parent / "README.md"), tables)


def _kept(path):
    """Return the last chapter of the report that was there, which no command writes: its files are not ours to give."""
    old = path.read_text(encoding="utf-8") if path.exists() else ""
    return old[old.index(BY_HAND) :].rstrip() if BY_HAND in old else ""


def _same_limits(parts):
    """Hold all parts with the same threads against the best limits that any of them saw: a machine has one peak."""
    for part in parts:
        alike = [other["head"] for other in parts if other["head"]["threads"] == part["head"]["threads"]]
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
    """Return the parts of layers that ran with the most threads; others stand in their own chapters alone."""
    layers = [part for part in parts if part["kind"] == "layers"]
    most = max((part["head"]["threads"] for part in layers), default=0)
    return [part for part in layers if part["head"]["threads"] == most]


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
    """Write README's table: geometric mean and worst case, a line a suite, and the machine."""
    layers = _comparable(parts)
    if not layers:
        return ""
    rows = [row for part in layers for row in part["rows"]]
    keras, onnx, torch = groups(rows), groups(rows, ("onnxruntime",)), groups(rows, table.TORCH)
    suites = list(dict.fromkeys(suite for suite, _ in keras))
    peers = [("ONNX Runtime", onnx), *([("PyTorch", torch)] if torch else [])]
    columns = ["<suite", "forward", "dX", "dW", *(f"forward against {name}" for name, _ in peers)]
    body = [
        [
            f"{suite} {cases.SUITES.get(suite, '')}",
            *(_mean_and_worst(keras.get((suite, which))) for which in ("fwd", "dX", "dW")),
            *(_mean_and_worst(found.get((suite, "fwd"))) for _, found in peers),
        ]
        for suite in suites
    ]
    return "\n".join(
        [
            "How many times faster than the best of Keras eager, graph and XLA: geometric mean (worst case).",
            "",
            table.markdown(columns, body),
            "",
            machine.lines(layers[0]["head"])[0],
            *_noise(rows),
        ]
    )


def _commands(layers):
    """Write the commands that repeat README's table."""
    commands = [part["head"]["command"] for part in layers]
    return "\n".join(["```", *dict.fromkeys([*commands, "python -m benchmarks report RESULTS.json"]), "```"])


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
        return []
    said = f"{noisy} of {len(timed)} of minicnn's rows spread over more than {timing.NOISY:.0%} of their median"
    return [f"**{said}: the machine was not quiet.**" if noisy > 0.1 * len(timed) else f"{said}."]


def _chapter(part):
    command = part["head"]["command"]
    return "\n\n".join([f"## {results.KINDS[part['kind']]}", f"```\n{command}\n```", sections.text(part)])


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
