"""Opens the store that the settings name; who only reads does not make one by a slip of the pen."""

from __future__ import annotations

import re
from pathlib import Path

from api.settings import Settings
from graph.errors import StoreError
from graph.stores.base import Store
from graph.stores.registry import open_store

_SQLITE = re.compile(r"sqlite:///", re.IGNORECASE)


def store_file(settings: Settings) -> Path | None:
    """The file of an embedded store; None where the store is a server."""
    url = _SQLITE.sub("", settings.store, count=1)
    return None if "://" in url else Path(url)


def _nothing(file: Path) -> bool:
    """Whether no store is there; an empty file is none, and whoever reads leaves it empty."""
    return not file.exists() or (file.is_file() and file.stat().st_size == 0)


def opened(settings: Settings, *, make: bool = False) -> Store:
    """The store, to be closed by the caller; only with `make` is one made. Raises StoreError."""
    file = store_file(settings)
    if not make and file is not None and _nothing(file):
        raise StoreError(
            f"there is no store {file}",
            remedy="load files into it first: knockon load PATH…; or name another by --store, KNOCKON_STORE",
        )
    return open_store(settings.store, settings.chain)
