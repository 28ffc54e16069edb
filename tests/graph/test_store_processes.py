"""The contract of a store, run over every store: whole batches, whoever is killed or writes beside."""

import random
import time

import pytest

from tests.graph.conftest import Place
from tests.graph.facts import SIZE, batch, content_hash
from tests.graph.store_processes import (
    acknowledged,
    ends_undisturbed,
    kept_after_a_kill,
    start,
    whole_batches,
)
from tests.graph.told import names, numbers


def kill_and_load_again(place: Place, kills: int, chance: random.Random) -> None:
    count = 6 * kills
    kept: set[int] = set()
    for _ in range(kills):
        with start(place, max(kept, default=0), count) as process:
            time.sleep(chance.uniform(0.0, 0.2))
            process.kill()
            said = acknowledged(process)
        kept = kept_after_a_kill(place, count, kept, said)
    ends_undisturbed(place, count)


def test_a_load_killed_at_any_moment(place: Place) -> None:
    kill_and_load_again(place, 6, random.Random())


@pytest.mark.long
@pytest.mark.timeout(1200)
def test_a_load_killed_at_fifty_moments(place: Place) -> None:
    kill_and_load_again(place, 50, random.Random())


def test_two_loads_at_once_end_in_the_union(place: Place) -> None:
    with start(place, 0, 16) as one, start(place, 8, 24) as two:
        assert acknowledged(one) == list(range(16))
        assert acknowledged(two) == list(range(8, 24))
    with place.open() as store:
        assert whole_batches(store, 24) == set(range(24))
        assert store.snapshot().hash == content_hash(
            f for n in range(24) for facts in batch(n) for f in facts
        )
        assert store.snapshot().revision == 24
        assert store.search("company 20-7")[0][1] == 1.0


def test_readers_see_whole_batches_while_another_process_writes(place: Place) -> None:
    count = 40
    hashes = [
        content_hash(f for n in range(done) for facts in batch(n) for f in facts) for done in range(count + 1)
    ]
    seen = set()
    with place.open() as store, start(place, 0, count) as writer:
        while writer.poll() is None or not seen:
            snapshot, columns = store.columns({"companies": ["id"], "links": ["share"]})
            seen.add(snapshot.revision)
            assert snapshot.hash == hashes[snapshot.revision]
            assert len(names(columns["companies"], "id")) == SIZE * snapshot.revision
            assert len(numbers(columns["links"], "share")) == 3 * SIZE * snapshot.revision
        assert acknowledged(writer) == list(range(count))
        assert store.snapshot().hash == hashes[count]
    assert len(seen) > 3
