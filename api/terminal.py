"""Where the command speaks to a person: consoles, tables, and how an error is told."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from api.words import Speech, harmless
from graph.errors import KnockonError

_WIDE = 120  # columns, where the output is no terminal


def console_on(file: Any) -> Console:
    """A console that writes what it is given, and styles it only on a terminal."""
    width = None if file.isatty() else _WIDE
    return Console(file=file, width=width, markup=False, highlight=False, emoji=False)


def tell_error(err: Console, say: Speech, error: KnockonError) -> None:
    """What is wrong and what to do about it, for a person."""
    err.print(Text(harmless(say("error", message=say.sentence(error.message)))))
    if error.remedy:
        err.print(Text(harmless(say("remedy", remedy=say.sentence(error.remedy)))))
    candidates: tuple[tuple[str, str], ...] = getattr(error, "candidates", ())
    if candidates:
        names = ", ".join(f"{name} ({key})" for key, name in candidates)
        err.print(Text(harmless(say("candidates", names=names))))


def table(headers: Sequence[str], rows: Iterable[Sequence[object]], numbers: Sequence[int] = ()) -> Table:
    """A table for a person; `numbers` are the columns that stand to the right."""
    made = Table(box=None, pad_edge=False, header_style="dim")
    for place, header in enumerate(headers):
        made.add_column(header, justify="right" if place in numbers else "left", overflow="fold")
    for cells in rows:
        made.add_row(*(Text(harmless(c)) for c in cells))
    return made


def nobody_reads() -> None:
    """What is still to be written goes nowhere, or the interpreter would complain as it ends."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
