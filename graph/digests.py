"""What a fact counts in the content hash of a store: a number that depends on the fact alone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from hashlib import blake2b
from operator import itemgetter
from types import MappingProxyType

import numpy as np

from graph.model import LISTS, Fact, Value
from graph.ontology import TABLES

_NOT_DIGESTED: Mapping[str, frozenset[str]] = MappingProxyType(
    {t.name: frozenset((*t.key, "evidence")) for t in TABLES.values()}
)


def digest(fact: Fact) -> int:
    """A 256-bit number that depends on the fact alone, not on where or when it was told.

    BLAKE2b of the ASCII text of a list, as Python writes lists, strings, floats and booleans: table, key,
    then column and value of all that is not blank, by name; lists sorted. No two facts have the same text.
    The content hash of a store is the sum of these numbers over its facts, modulo 2^256, so it can be kept
    up to date fact by fact and does not depend on their order.
    """
    values, skipped = fact.values, _NOT_DIGESTED[fact.table]
    said: list[object] = [fact.table, fact.key]
    for name in sorted(values):
        if name not in skipped:
            said += name, _sorted(values[name])
    text = ascii(said)
    return int.from_bytes(blake2b(text.encode("ascii"), digest_size=32).digest(), "big")


def digests(facts: Iterable[Fact]) -> int:
    """The sum of `digest` over facts whose lists stand in columns of lists, as `fact` makes them.

    Facts that fill the same columns share the text around their values, which saves a third of the time.
    """
    alike: defaultdict[tuple[str, ...], list[Fact]] = defaultdict(list)
    for fact in facts:
        alike[(fact.table, *fact.values)].append(fact)
    hashes = [
        blake2b(text.encode("ascii", "backslashreplace"), digest_size=32).digest()  # encoded as by `ascii`
        for (table, *names), group in alike.items()
        for text in _said(group, table, sorted(set(names) - _NOT_DIGESTED[table]))
    ]
    words = np.frombuffer(b"".join(hashes), ">u4").reshape(-1, 8).sum(axis=0, dtype=np.uint64)
    return sum(word << 32 * place for place, word in enumerate(reversed(words.tolist())))


def _said(facts: Sequence[Fact], table: str, names: Sequence[str]) -> list[str]:
    """The texts that `digest` hashes, not yet in ASCII, of facts that fill these columns."""
    texts = [ascii(name).replace("%", "%%") for name in names]
    form = f"[{table!r}, %r{''.join(f', {text}, %r' for text in texts)}]"
    if len(names) > 1 and set(names).isdisjoint(LISTS):
        told = itemgetter(*names)
        return [form % (fact.key, *told(fact.values)) for fact in facts]
    return [form % (fact.key, *(_sorted(fact.values[name]) for name in names)) for fact in facts]


def _sorted(value: Value) -> Value | list[str]:
    return sorted(value) if isinstance(value, tuple) else value
