"""The tables of what is held against something and not timed: Keras's numbers, damaged files, files of any origin."""

from .table import markdown, number

AGREE = 1e-5  # of the largest answer: a model file's net against what made it


def parity(part):
    """Write the rows of layers, and of weights after training steps."""
    columns = ["<array", "<shape", "largest number", "absolute", "relative", "ULP"]
    rows = [
        [
            row["array"],
            "x".join(map(str, row["shape"])),
            *(
                ["diverged", "", "", ""]
                if row["largest"] is None
                else [number(row["largest"]), f"{row['absolute']:.1e}", f"{row['relative']:.1e}", f"{row['ulp']:.1f}"]
            ),
        ]
        for row in part["rows"]
    ]
    return f"{part['head']['model']}\n\n{markdown(columns, rows)}"


def photographs(part):
    """Write the two curves side by side, and what they must satisfy."""
    from .photographs import verdict

    curves = [
        [
            str(row["seed"]),
            str(row["epoch"]),
            *(number(row[key], 4) for key in ("loss", "keras_loss", "val_accuracy", "keras_val_accuracy")),
        ]
        for row in part["rows"]
    ]
    columns = ["seed", "epoch", "loss", "Keras's loss", "validation accuracy", "Keras's"]
    return verdict(part) + "\n\n" + markdown(columns, curves)


def fuzz(part):
    """Write the rows of damaged files, and what came of them."""
    columns = ["<file", "seed", "damaged", "opened", "refused in a sentence", "failed", "slowest, s", "memory, MB"]
    counts = ("seed", "files", "opened", "refused", "failed")
    return markdown(
        columns,
        [
            [row["file"], *(str(row[key]) for key in counts), f"{row['slowest_s']:.2f}", f"{row['peak_mb']:.0f}"]
            for row in part["rows"]
        ],
    )


def collection(part):
    """Write what came of model files, a row a kind of file, and why one was not answered."""
    kinds = sorted({row["kind"] for row in part["rows"]})
    columns = ["<kind", "files", "authors", "opened", "agree, of compared", "answered", "classes named", "scale known"]
    groups = [(kind, [row for row in part["rows"] if row["kind"] == kind]) for kind in kinds] + [("all", part["rows"])]
    lines = []
    for kind, rows in groups:
        compared = [row["apart"] for row in rows if row.get("apart") is not None]
        answered = [row["assumed"] for row in rows if row.get("answered")]
        told = [sum(name not in each for each in answered) for name in ("class_names", "scale")]
        agree = f"{sum(apart <= AGREE for apart in compared)} of {len(compared)}"
        counts = len(rows), len({row["author"] for row in rows}), sum(row["opened"] for row in rows), agree
        lines.append([kind, *map(str, (*counts, len(answered), *told))])
    apart = [f"- {row['file']}: {row['apart']:.1e} from {row['peer']}" for row in part["rows"] if _disagrees(row)]
    refused = [f"- {row['file']}: {row['refused']}" for row in part["rows"] if row["refused"]]
    return "\n".join([markdown(columns, lines), "", *apart, *refused])


def _disagrees(row):
    return row.get("apart") is not None and not row["apart"] <= AGREE  # NaN does
