"""Which store a URL means. A store plugs in by one line of STORES."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from graph.errors import StoreError
from graph.stores.base import Store
from graph.stores.embedded import EmbeddedStore


@dataclass(frozen=True, slots=True)
class StoreKind:
    """One kind of store: the scheme of its URLs, an example, how to open it by (rest of the URL, chain)."""

    scheme: str
    example: str
    open: Callable[[str, str], Store]


def _embedded(path: str, chain: str) -> Store:
    if not path:
        raise StoreError("no file is named for the store", remedy="write for example knockon.db")
    return EmbeddedStore(Path(path), chain)


STORES = (StoreKind("sqlite", "sqlite:///PATH", _embedded),)

_URL = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+)://(/?)(.*)", re.DOTALL)  # two letters: C:\ is a drive


def open_store(url: str, chain: str = "main") -> Store:
    """The store of a file path or URL (sqlite:///PATH); an embedded one is made where there is none.

    Raises StoreError, StoreUnavailable, StoreOutdated.
    """
    match = _URL.fullmatch(url)
    if match is None:
        return _embedded(url, chain)
    scheme, slash, rest = match.groups()
    for kind in STORES:
        if kind.scheme == scheme.lower() and slash:
            return kind.open(rest, chain)
    known = ", ".join(kind.example for kind in STORES)
    raise StoreError(f"no store is known for {scheme}://", remedy=f"name a file, or write one of: {known}")
