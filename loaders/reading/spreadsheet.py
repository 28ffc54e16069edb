"""Text cells that no spreadsheet takes for a formula, and back: no CSV injection, and no fact changed.

A spreadsheet runs a cell that begins with = + - or @. So such a text is written with an apostrophe before
it, as spreadsheets themselves mark text, and so is one that looks as if that had been done to it; reading
takes one apostrophe off again. Plain numbers stay as they are. A ; in a part of a list is written \\;.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

_DANGEROUS: Final = re.compile(r"'*[=+\-@＝＋－＠\t\r]")
_MARKED: Final = re.compile(r"'+[=+\-@＝＋－＠\t\r]")
_NUMBER: Final = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")
_PARTED: Final = re.compile(r"((?:[^\\;；]|\\.|\\$)*)(?:[;；]|$)", re.DOTALL)
_ESCAPED: Final = re.compile(r"\\([\\;；])")


def safe(text: str) -> str:
    """A text as a cell that is no formula."""
    if _DANGEROUS.match(text) and not _NUMBER.fullmatch(text):
        return f"'{text}"
    return text


def meant(cell: str) -> str:
    """The text that a cell written by `safe` stands for."""
    return cell[1:] if _MARKED.match(cell) else cell


def join(parts: Sequence[str]) -> str:
    """A list as one cell."""
    return ";".join(re.sub(r"[\\;；]", r"\\\g<0>", part) for part in parts)


def split(cell: str) -> tuple[str, ...]:
    """The parts of a list written with ; or ；, trimmed, empty and repeated ones left out."""
    if "\\" not in cell:
        parts = cell.replace("；", ";").split(";")
    else:
        parts = [_ESCAPED.sub(r"\1", part) for part in _PARTED.findall(cell)]
    return tuple(dict.fromkeys(kept for part in parts if (kept := part.strip())))
