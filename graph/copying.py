"""A chain from one store into another: every fact as it is, whatever the two stores are."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice

from graph.errors import StoreError
from graph.model import Fact
from graph.ontology import TABLES
from graph.stores.base import Snapshot, Store

BATCH = 20_000  # facts of one transaction

Told = Callable[[str, float, float], None]  # (table, done, total)


def copy(source: Store, target: Store, told: Told = lambda table, done, total: None) -> Snapshot:
    """Write every fact of `source` into `target`, and give the target's stamp.

    Nothing of a fact changes: values, source_ref, refs and loaded_at, nor the currency and the content hash.
    `target` is empty, or holds a part of the same facts, as one does whose copying was stopped; what is there
    already is passed over. It works in batches, each whole or not at all, in bounded memory. Raises
    StoreError: nothing is written where the target holds anything else; and where the two differ in the end,
    since somebody wrote to one of them meanwhile.
    """
    before = source.snapshot()
    _check_currency(before, target)
    _check_part(source, target, told)
    if before.currency:
        target.set_currency(before.currency)
    total, done = sum(source.counts().values()), 0
    for table in TABLES:
        for facts in _batches(source.scan(table)):
            written = target.upsert(facts)
            if written.updated or written.refused:
                raise _moved(source, target)
            done += len(facts)
            told(table, done, total)
    after, there = source.snapshot(), target.snapshot()
    if (there.hash, there.currency) != (before.hash, before.currency) or after != before:
        raise _moved(source, target)
    return there


def _batches(facts: Iterator[Fact]) -> Iterator[list[Fact]]:
    while batch := list(islice(facts, BATCH)):
        yield batch


def _check_currency(source: Snapshot, target: Store) -> None:
    there = target.snapshot().currency
    if there and there != source.currency:
        kept = f"in {source.currency}" if source.currency else "in no currency yet"
        raise StoreError(
            f"{_named(target)} keeps its money in {there}, what is to be copied {kept}",
            remedy="copy into a new store, or another chain by --to-chain",
        )


def _check_part(source: Store, target: Store, told: Told) -> None:
    """StoreError where the target holds a fact that the source has not, or not so."""
    total, done = sum(target.counts().values()), 0
    for table in TABLES:
        for facts in _batches(target.scan(table)):
            own = source.read(table, [fact.key for fact in facts])
            for fact in facts:
                if own.get(fact.key) != fact:
                    raise StoreError(
                        f"{_named(target)} holds other facts than {_named(source)}, such as {table} "
                        f"{', '.join(filter(None, fact.key))}; nothing was written",
                        remedy="copy into a new store, or another chain by --to-chain",
                    )
            done += len(facts)
            told(table, done, total)


def _moved(source: Store, target: Store) -> StoreError:
    return StoreError(
        f"{_named(target)} is not the same as {_named(source)}: one of them changed while it was copied",
        remedy="wait until nobody else writes, and copy again; into a new store if that is refused",
    )


def _named(store: Store) -> str:
    return f"chain {store.chain!r} of {store.url}"
