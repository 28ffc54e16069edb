"""Processes that load batches into a store, to be killed, and what is there afterwards."""

import os
import subprocess
import sys
from collections.abc import Iterable, Set

from graph.stores.base import Store
from tests.conftest import CHECKOUT
from tests.graph.conftest import Place
from tests.graph.facts import SIZE, batch, content_hash


def start(place: Place, first: int, last: int) -> subprocess.Popen[str]:
    """A process that loads these batches; it has opened the store."""
    command = [
        sys.executable,
        "-m",
        "tests.graph.store_process",
        place.url,
        place.chain,
        str(first),
        str(last),
    ]
    who = {"KNOCKON_STORE_USER": place.access.user, "KNOCKON_STORE_PASSWORD": place.access.password}
    process = subprocess.Popen(command, cwd=CHECKOUT, stdout=subprocess.PIPE, text=True, env=os.environ | who)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def acknowledged(process: subprocess.Popen[str]) -> list[int]:
    assert process.stdout is not None
    return [int(line) for line in process.stdout]


def kept_after_a_kill(place: Place, count: int, kept: Set[int], told: Iterable[int]) -> set[int]:
    """The batches of a store after a kill: whole, all that were told, and one more at most.

    That one's acknowledgement may have been lost. `kept` were there before, `told` are acknowledged since.
    """
    with place.open() as store:
        there = whole_batches(store, count)
        known = kept | set(told)
        assert known <= there
        assert len(there - known) <= 1
        facts = [f for table in ("companies", "links") for f in store.scan(table)]
        assert store.snapshot().hash == content_hash(facts)
        assert store.snapshot().revision == len(there)
    return there


def ends_undisturbed(place: Place, count: int) -> None:
    """Loading all batches again ends as if nothing had happened."""
    with start(place, 0, count) as process:
        assert acknowledged(process) == list(range(count))
    with place.open() as store:
        assert store.snapshot().hash == content_hash(
            f for n in range(count) for facts in batch(n) for f in facts
        )
        assert store.snapshot().revision == count


def whole_batches(store: Store, count: int) -> set[int]:
    """The batches that are there; each is there whole."""
    there = set()
    found = {table: {f.key for f in store.scan(table)} for table in ("companies", "links")}
    for number in range(count):
        for facts in batch(number):
            keys = {f.key for f in facts}
            assert keys <= found[facts[0].table] or not keys & found[facts[0].table]
        if keys <= found["links"]:
            there.add(number)
    assert len(found["companies"]) == SIZE * len(there)
    assert len(found["links"]) == 3 * SIZE * len(there)
    return there
