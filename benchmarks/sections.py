"""Each kind of result as a table: a function a kind, the same for the terminal and for RESULTS.md.

Rows of several kinds of processors stand in one table where each row says whose it is (report.py puts that there).
"""

from . import machine, table
from .agreement import collection, fuzz, parity, photographs
from .table import KERAS, TORCH, factor, markdown, number, spread

PEERS = ("minicnn ms", "Keras ms", "<best of Keras", "ratio", "ONNX Runtime ms", "ratio")


def text(part):
    """Return a part as text: the machine, then its table."""
    return "\n".join([*machine.lines(part["head"]), *notes(part["head"]), "", table_of(part)])


def table_of(part):
    """Return a part's table alone."""
    return TABLES[part["kind"]](part)


def notes(head):
    """Say what was not as it should be: peers left out, other threads, flushed denormals."""
    found = [f"left out: {name} ({why})" for name, why in head.get("missing", {}).items()]
    found += [f"{name} ran with its own number of threads" for name in head.get("own threads", [])]
    if head.get("not measured"):
        missing = head["not measured"]
        found.append(f"stopped early, {len(missing)} cases not measured: {', '.join(missing)}")
    if "remark" in head:
        found.append(head["remark"])
    if not head.get("keeps denormals", True):
        found.append("an engine switched denormal numbers off for this thread")
    return found


def layers(part):
    """Write the rows of layers: every pass of every case."""
    columns = [
        "<case",
        "<pass",
        *PEERS[:4],
        "cold ratio",
        *PEERS[4:],
        "PyTorch ms",
        "ratio",
        "GFLOP/s or GB/s",
        "% of limit",
        "largest difference",
    ]
    return _table(columns, part, lambda row: [_layer_row(row)])


def _table(columns, part, lines):
    """Write the lines of each row; where rows say which processor is theirs, the second column says it."""
    rows, marked = part["rows"], any("processor" in row for row in part["rows"])
    if not marked:
        return markdown(columns, [line for row in rows for line in lines(row)])
    columns = [columns[0], "<processor", *columns[1:]]
    return markdown(columns, [[line[0], row["processor"], *line[1:]] for row in rows for line in lines(row)])


def _layer_row(row):
    name, engines = f"{row['suite']} {row['case']}", row.get("engines", {})
    if row["pass"] == "refused":
        return [name, "refused, as it should be", *[""] * 11, "0"]
    ours, peers, (_, torch) = engines.get("minicnn"), _peers(row), table.best(engines, TORCH)
    cells = [
        name,
        row["pass"],
        *peers[:4],
        factor(table.ratio(row, KERAS, "cold")),
        *peers[4:],
        spread(torch),
        factor(table.interval(row, TORCH)),
    ]
    if row["pass"] == "first call":
        return [*cells, "", "", ""]
    if not ours:
        return [*cells[:2], "not timed: its result differs", *[""] * 10, number(row["wrong"].get("minicnn"), 2)]
    seconds = ours["ms"] / 1e3
    # A dense layer of few rows does little with many weights: its limit is the memory's.
    many = row["operation"] == "conv2d" or row["flop"] > 16 * row["bytes"]
    speed = f"{row['flop'] / seconds / 1e9:.0f} GFLOP/s" if many else f"{row['bytes'] / seconds / 1e9:.1f} GB/s"
    off = row["difference"].get("minicnn")
    remarks = ["" if off is None else f"{off:.1e}"]
    for key, words in (("wrong", "differs too much"), ("flushed", "turns denormal numbers into 0")):
        if row.get(key):
            remarks.append(f"{words}: {', '.join(row[key])}")
    return [*cells, speed, f"{100 * row['share']:.0f}", "; ".join(filter(None, remarks))]


def nets(part):
    """Write the rows of nets."""
    columns = ["<net", "<what", *PEERS]
    return _table(columns, part, lambda row: [[row["net"], row["what"], *_peers(row)]])


def _peers(row):
    """Return the cells of PEERS."""
    engines = row.get("engines", {})
    keras = [name for name in engines if name.startswith("keras")]
    best, sample = table.best(engines, keras)
    return [
        spread(engines.get("minicnn")),
        spread(sample),
        (best or "").removeprefix("keras "),
        factor(table.interval(row, keras)),
        spread(engines.get("onnxruntime")),
        factor(table.interval(row, ("onnxruntime",))),
    ]


def architectures(part):
    """Write the rows of nets that Keras made."""
    columns = [
        "<net, pixels",
        "parameters",
        "difference, of the largest logit",
        "batch",
        *PEERS,
        "start to prediction, s: minicnn",
        "Keras",
        "peak, MB: minicnn",
        "Keras",
    ]
    return _table(columns, part, _architecture)


def _architecture(row):
    """Return a line for each batch; a process's figures stand beside the first."""
    whole = [""] * 4
    if "minicnn" in row:
        ends = (("s", ".1f"), ("peak_mb", ".0f"))
        whole = [f"{row[name][key]:{form}}" for key, form in ends for name in ("minicnn", "keras")]
    first = [f"{row['net']}, {row['size']}", f"{row['parameters']:,}", f"{row['difference']:.1e}"]
    return [
        [*first, count, *_peers({"engines": engines}), *(whole if count == "1" else [""] * 4)]
        for count, engines in row["batches"].items()
    ]


def training(part):
    """Write the rows of trainings."""

    def line(row):
        peaks = [f"{row[name]['peak_mb']:.0f}" if name in row else "" for name in ("minicnn", "keras")]
        return [[row["net"], row["what"], *_peers(row)[:4], *peaks]]

    return _table(["<net, pixels", "<what", *PEERS[:4], "peak, MB: minicnn", "Keras"], part, line)


def scaling(part):
    """Write two tables: threads, and batches."""
    threads = [
        [
            row["case"],
            row["pass"],
            *(spread(row["engines"][key]) for key in ("one", "all")),
            factor(row["engines"]["one"]["ms"] / row["engines"]["all"]["ms"]),
        ]
        for row in part["rows"]
        if row["what"] == "threads"
    ]
    names = list(dict.fromkeys(name for row in part["rows"] if row["what"] == "batch" for name in row["engines"]))
    batches = [
        [
            row["case"],
            str(row["n"]),
            *(spread(row["engines"].get(name)) for name in names),
            number(row["engines"]["minicnn"]["ms"] / row["n"]),
        ]
        for row in part["rows"]
        if row["what"] == "batch"
    ]
    return "\n\n".join(
        [
            markdown(["<case", "<pass", "1 thread, ms", f"{part['head']['threads']} threads, ms", "speed-up"], threads),
            markdown(["<net, forward", "batch", *(f"{name} ms" for name in names), "minicnn ms a picture"], batches),
        ]
    )


def startup(part):
    """Write the rows of whole processes."""
    return _table(
        ["<process", "seconds", "rounds"],
        part,
        lambda row: [[row["process"], spread({"ms": row["s"], "iqr_ms": row["iqr_s"]}), str(row["rounds"])]],
    )


def augmentation(part):
    """Write the rows of augmentation: pictures a second."""

    def speed(row, name):
        return row["pictures"] / row["engines"][name]["ms"] * 1e3 if name in row["engines"] else None

    return markdown(
        ["<layers", "pictures", "minicnn, pictures a second", "Keras, pictures a second", "ratio"],
        [
            [
                row["what"],
                f"{row['pictures']} of {row['size']} px",
                f"{speed(row, 'minicnn'):,.0f}",
                "" if (theirs := speed(row, "keras graph")) is None else f"{theirs:,.0f}",
                factor(table.ratio(row, KERAS)),
            ]
            for row in part["rows"]
        ],
    )


def pages(part):
    """Write the rows of the explorer's pages."""

    def line(row):
        figures = (f"{row[key]:.1f}" for key in ("megabytes", "seconds", "first_s"))
        return [[f"{row['net']}, {row['size']}", f"{row['parameters']:,}", *figures]]

    return _table(["<net", "parameters", "page, MB", "seconds", "seconds, the first time"], part, line)


def memory(part):
    """Write the rows of peaks."""
    return _table(
        ["<engine", "after import, MB", "peak, MB", "page faults a step, once warm", "MB of them"],
        part,
        lambda row: [
            [
                row["engine"],
                f"{row['import_mb']:.0f}",
                f"{row['peak_mb']:.0f}",
                f"{row['faults_a_step']:.0f}",
                number(row["faults_a_step"] * 4096 / 1e6, 2),
            ]
        ],
    )


def serving(part):
    """Rows of servers, for each number of clients."""
    columns = [
        "<server",
        "start, s",
        "memory then, MB",
        "at most, MB",
        "clients",
        "requests a second",
        "p50 ms",
        "p99 ms",
    ]
    rows = [
        [
            *(
                [row["engine"], f"{row['start_s']:.2f}", f"{row['start_mb']:.0f}", f"{row['peak_mb']:.0f}"]
                if first
                else [""] * 4
            ),
            clients,
            f"{load['rps']:.1f} ({load['low']:.1f} to {load['high']:.1f})",
            f"{load['p50_ms']:.0f}",
            f"{load['p99_ms']:.0f}" + (f"; {load['failed']} failed" if load["failed"] else ""),
        ]
        for row in part["rows"]
        for first, (clients, load) in zip((True, False, False), row["clients"].items(), strict=False)
    ]
    return f"{part['head']['net']}\n\n{markdown(columns, rows)}"


def ladder(part):
    """Write the rows of algorithms."""
    columns = ["<algorithm", "ms", "GFLOP/s", "% of peak", "MB moved", "largest difference"]
    rows = [
        [
            row["algorithm"],
            spread(row),
            number(row["gflops"]),
            f"{row['share'] * 100:.1f}",
            number(row["mb"]),
            f"{row['difference']:.1e}",
        ]
        for row in part["rows"]
    ]
    return f"{part['head']['case']}\n\n{markdown(columns, rows)}"


def compare(part):
    """Write the rows of two checkouts, the slowest first."""
    from .compare import verdict

    rows = sorted((row for row in part["rows"] if "ratio" in row), key=lambda row: row["ratio"])
    columns = ["<what", "new, ms", "old / new", "95% interval", "rounds", "largest difference"]
    return (
        "\n".join(verdict(part))
        + "\n\n"
        + markdown(
            columns,
            [
                [
                    row["what"],
                    number(row["new_ms"]),
                    factor(row["ratio"]),
                    f"{row['low']:.2f} to {row['high']:.2f}",
                    str(row["rounds"]) + (f" of {row['pairs']} pairs" if row["pairs"] > 1 else ""),
                    f"{row['difference']:.1e}",
                ]
                for row in rows
            ],
        )
    )


def quick(part):
    """Write this machine's ratios beside those of the kinds in results/."""
    from .quick import known, ratios

    kinds = known()
    rows = []
    for row in part["rows"]:
        own, others = ratios(row), [kinds[kind].get(row["what"], {}) for kind in kinds]
        for peer, name in (("keras", "the best of Keras"), ("onnxruntime", "ONNX Runtime")):
            if peer in own:
                rows.append([row["what"], name, factor(own[peer]), *(factor(each.get(peer)) for each in others)])
    return markdown(["<what", "<against", f"this machine, {part['head']['kind']}", *kinds], rows)


TABLES = {
    "quick": quick,
    "layers": layers,
    "nets": nets,
    "architectures": architectures,
    "training": training,
    "pages": pages,
    "scaling": scaling,
    "startup": startup,
    "augmentation": augmentation,
    "memory": memory,
    "serving": serving,
    "ladder": ladder,
    "parity": parity,
    "photographs": photographs,
    "fuzz": fuzz,
    "collection": collection,
    "compare": compare,
}
