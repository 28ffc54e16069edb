"""Timing: the best of several runs, and what the memory of this machine streams in the same run."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np


@dataclass(frozen=True)
class Line:
    """One line of the printed table: what, how fast, the aim, and the ratio to a peer in the same run."""

    what: str
    figure: str
    aim: str = ""
    ratio: str = ""


def best(run: Callable[[], object], times: int = 3) -> float:
    """The shortest of several runs [s]."""
    shortest = float("inf")
    for _ in range(times):
        start = time.perf_counter()
        run()
        shortest = min(shortest, time.perf_counter() - start)
    return shortest


def once(run: Callable[[], object]) -> float:
    """One run [s], for what cannot be repeated."""
    return best(run, 1)


def stream() -> float:
    """Bytes a second that a copy of 160 MB moves (read and written)."""
    source, target = np.ones(10_000_000), np.empty(10_000_000)
    return 2 * source.nbytes / best(lambda: np.copyto(target, source), 5)


def table(lines: list[Line]) -> str:
    """The lines as a table."""
    rows = [("what", "measured", "aim", "ratio"), *((x.what, x.figure, x.aim, x.ratio) for x in lines)]
    widths = [max(len(row[k]) for row in rows) for k in range(4)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows
    )


def resident() -> float:
    """Megabytes of memory that this process holds now."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024
