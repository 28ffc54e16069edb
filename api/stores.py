"""Opens the store that the settings name; who only reads does not make one by a slip of the pen."""

from __future__ import annotations

import re
from pathlib import Path

from api.settings import Settings
from graph.errors import StoreError
from graph.stores.base import Access, Store
from graph.stores.registry import is_server, open_store

_SQLITE = re.compile(r"sqlite:///", re.IGNORECASE)


def store_file(settings: Settings) -> Path | None:
    """The file of an embedded store; None where the store is a server."""
    return None if is_server(settings.store) else Path(_SQLITE.sub("", settings.store, count=1))


def ledger_file(settings: Settings) -> Path:
    """Where the predictions stand: STORE.ledger.jsonl, unless the settings name another file."""
    if settings.ledger:
        return Path(settings.ledger)
    file = store_file(settings)
    return Path("knockon.ledger.jsonl") if file is None else file.with_name(f"{file.stem}.ledger.jsonl")


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
    access = Access(
        settings.store_user,
        settings.store_password.get_secret_value(),
        settings.store_database,
        settings.store_ca,
        settings.store_timeout,
    )
    return open_store(settings.store, settings.chain, access)
