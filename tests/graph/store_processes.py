"""Processes that load batches into a store, to be killed, and what is there afterwards."""

import os
import subprocess
import sys

from graph.stores.base import Store
from tests.conftest import CHECKOUT
from tests.graph.conftest import Place
from tests.graph.facts import SIZE, batch


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
