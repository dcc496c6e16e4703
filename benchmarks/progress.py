"""Live progress with the time left, on stderr, so that tables can be piped; lines where it is no terminal."""

import sys
import time
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

Item = TypeVar("Item")
LINE_EVERY: float = 30.0  # seconds


def track(
    items: Iterable[Item],
    title: str,
    name: Callable[[Item], str] = str,
    weight: Callable[[Item], float] = lambda item: 1.0,
) -> Iterator[Item]:
    """Yield items and show how far it is.

    Parameters
    ----------
    items : list
    title : str
    name : function of an item, shown while it is worked on
    weight : function of an item     how long it takes in comparison, so that the time left is right
    """
    items = list(items)
    weights = [weight(item) for item in items]
    console = Console(stderr=True)
    if not console.is_terminal:
        yield from _lines(items, weights, title, name)
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[count]}"),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(elapsed_when_finished=False),
    )
    with Progress(*columns, console=console, speed_estimate_period=600) as progress:
        task = progress.add_task(title, total=sum(weights), count="")
        for index, (item, share) in enumerate(zip(items, weights, strict=True)):
            progress.update(task, description=f"{title} {name(item)}", count=f"{index + 1}/{len(items)}")
            yield item
            progress.advance(task, share)


def _lines(items, weights, title, name):
    start = last = time.monotonic()
    done, total = 0.0, sum(weights) or 1.0
    for index, (item, share) in enumerate(zip(items, weights, strict=True)):
        now = time.monotonic()
        if now - last > LINE_EVERY:
            left = (now - start) / max(done, 1e-9) * (total - done)
            print(f"{title}: {index}/{len(items)}, {name(item)}, about {left:.0f} s left", file=sys.stderr, flush=True)
            last = now
        yield item
        done += share
