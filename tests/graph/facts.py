"""Short ways to write facts in a test, and a chain in batches that any process can make again."""

import random
from collections.abc import Iterable
from functools import cache

from graph.digests import digest
from graph.model import Fact, fact

SIZE = 200  # companies in a batch; three links for each


def company(id: str, file: str = "companies.csv:2", **values: object) -> Fact:
    """A company."""
    return fact("companies", {"id": id, **values}, source_ref=file, loaded_at="2025-06-01T00:00:00+00:00")


def link(
    source: str, target: str, kind: str = "SUPPLIES", file: str = "links.csv:2", **values: object
) -> Fact:
    """A link."""
    told = {"source": source, "target": target, "kind": kind, **values}
    return fact("links", told, source_ref=file, loaded_at="2025-06-01T00:00:00+00:00")


def content_hash(facts: Iterable[Fact]) -> str:
    """The content hash that a store of these facts has."""
    return f"{sum(map(digest, facts)) % 2**256:064x}"


@cache
def batch(number: int) -> tuple[tuple[Fact, ...], tuple[Fact, ...]]:
    """The companies and links of one batch: the same in every process."""
    chance = random.Random(number)
    names = [f"company {number}-{i}" for i in range(SIZE)]
    companies = [
        company(
            f"c{number:04d}-{i:04d}",
            f"companies.csv:{number * SIZE + i + 2}",
            name=name,
            annual_revenue=1.0 * i,
        )
        for i, name in enumerate(names)
    ]
    ids = [c.id for c in companies]
    links = {}
    while len(links) < 3 * SIZE:
        source, target = chance.sample(ids, 2)
        category = chance.choice(("steel", "电池", "glass"))
        made = link(
            source, target, category=category, share=0.01, annual_value=chance.random(), file="links.csv:2"
        )
        links[made.key] = made
    return tuple(companies), tuple(links.values())
