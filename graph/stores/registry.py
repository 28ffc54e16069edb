"""Which store a URL means. A store plugs in by one line of STORES."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from graph.errors import StoreError
from graph.stores.base import Access, Store
from graph.stores.embedded import EmbeddedStore


@dataclass(frozen=True, slots=True)
class StoreKind:
    """One kind of store: the schemes of its URLs, an example, how to open it by (URL, chain, access)."""

    schemes: tuple[str, ...]
    example: str
    open: Callable[[str, str, Access], Store]


def _embedded(url: str, chain: str, access: Access) -> Store:
    path = url.partition("://")[2].removeprefix("/") if _URL.fullmatch(url) else url
    if not path:
        raise StoreError("no file is named for the store", remedy="write for example knockon.db")
    return EmbeddedStore(Path(path), chain)


def _neo4j(url: str, chain: str, access: Access) -> Store:
    from graph.stores.neo4j_store import Neo4jStore  # a driver that most runs do not need

    return Neo4jStore(url, chain, access)


_SERVERS = tuple(scheme + security for scheme in ("neo4j", "bolt") for security in ("", "+s", "+ssc"))
STORES = (
    StoreKind(("sqlite",), "sqlite:///PATH", _embedded),
    StoreKind(_SERVERS, "neo4j://HOST:PORT", _neo4j),
)

_URL = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+)://(/?)(.*)", re.DOTALL)  # two letters: C:\ is a drive


def is_server(url: str) -> bool:
    """Whether a URL means a store that is a server, not a file."""
    return url.partition("://")[0].lower() in _SERVERS


def open_store(url: str, chain: str = "main", access: Access | None = None) -> Store:
    """The store of a file path or URL (sqlite:///PATH, neo4j:// or bolt://HOST:PORT).

    An embedded one is made where there is none. Raises StoreError, StoreUnavailable, StoreOutdated.
    """
    match = _URL.fullmatch(url)
    given = access or Access()
    if match is None:
        return _embedded(url, chain, given)
    scheme, slash, _ = match.groups()
    for kind in STORES:
        if scheme.lower() in kind.schemes and bool(slash) == (kind.schemes == ("sqlite",)):
            return kind.open(url, chain, given)
    known = ", ".join(kind.example for kind in STORES)
    raise StoreError(f"no store is known for {scheme}://", remedy=f"name a file, or write one of: {known}")
