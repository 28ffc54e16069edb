"""What only the Neo4j store promises: plans that rest on indexes, and searches beside other chains."""

import re
import uuid
from collections.abc import Iterator, Mapping

from graph.model import fact
from graph.stores import neo4j as cypher
from graph.stores.base import Access
from graph.stores.neo4j_store import Neo4jStore
from tests.conftest import Neo4j


def questions() -> Iterator[str]:
    """All Cypher there is."""
    for value in vars(cypher).values():
        texts = (
            value.values() if isinstance(value, Mapping) else value if isinstance(value, tuple) else [value]
        )
        yield from (text for text in texts if isinstance(text, str) and "MATCH " in text)


def test_whatever_is_found_by_its_key_names_the_index() -> None:
    by_key = [q for q in questions() if re.search(r"\bMATCH [^{]*\{(key|chain):", q)]
    assert len(by_key) > 30
    for question in by_key:
        for clause in re.split(r"(?=\bMATCH )", question)[1:]:
            if re.match(r"MATCH [^{\"]*\{(key|chain):", clause):
                assert "USING INDEX" in clause, question


def test_other_chains_hits_leave_room_for_ours(neo4j_server: Neo4j) -> None:
    access = Access(neo4j_server.user, neo4j_server.password)
    name = f"t{uuid.uuid4().hex}"
    with (
        Neo4jStore(neo4j_server.url, name, access) as ours,
        Neo4jStore(neo4j_server.url, f"{name} b", access) as theirs,
    ):
        crowd = [fact("companies", {"id": f"x{n}", "name": "Acme"}) for n in range(2_100)]
        theirs.upsert(crowd)
        ours.upsert([fact("companies", {"id": "k", "name": "Acme Holding of Kiel"})])
        assert [found.id for found, _ in ours.search("Acme")] == ["k"]
        assert len(theirs.search("Acme")) == 20
