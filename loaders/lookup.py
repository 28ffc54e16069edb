"""Forms in which a company is looked up: ids in any case, numbers of registers; indexes of them."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection
from typing import Final

from graph.names import visible

Index = dict[str, "str | set[str]"]  # one company, or several
# Registers that give a company one number: two numbers of one register are two companies.
ONE_NUMBER: Final = frozenset({"lei", "cik", "duns", "uscc", "统一社会信用代码"})


def folded(text: str) -> str:
    """A text without case and width."""
    seen = visible(text)
    return seen.lower() if seen.isascii() else unicodedata.normalize("NFKC", seen).casefold()


def identifier(text: str) -> str:
    """`scheme:value` as it is compared: without case and punctuation; a CIK without leading zeros."""
    text = text if text.isascii() else unicodedata.normalize("NFKC", text)
    scheme, _, value = text.casefold().partition(":")
    scheme = scheme.strip()
    value = value if value.isalnum() else "".join(c for c in value if c.isalnum())
    if scheme == "cik":
        value = value.lstrip("0")
    return f"{scheme}:{value}" if scheme and value else ""


def point(index: Index, at: str, id: str) -> None:
    """An entry of an index leads to this company, too."""
    held = index.setdefault(at, id)
    if isinstance(held, set):
        held.add(id)
    elif held != id:
        index[at] = {held, id}


def ids(held: str | set[str] | None) -> set[str]:
    """The companies that an entry of an index leads to."""
    if held is None:
        return set()
    return {held} if isinstance(held, str) else held


def told_apart(ours: Collection[str], theirs: Collection[str]) -> bool:
    """Whether a register numbers two companies differently."""
    for mine in ours:
        scheme = mine.partition(":")[0]
        if scheme in ONE_NUMBER and mine not in theirs and any(t.startswith(f"{scheme}:") for t in theirs):
            return True
    return False
