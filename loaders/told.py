"""What one load has told so far, in twelve bytes a fact: which columns of which facts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from graph.model import Fact, Value
from graph.stores.base import Key


def claimed(values: Mapping[str, Value]) -> tuple[str, ...]:
    """The columns that a telling states; evidence is where they were read, and a name states nothing where it
    is the id, or the id was made from it: of several such names the best spelling is shown."""
    nameless = _is_nameless(values)
    return tuple(name for name in values if name != "evidence" and not (name == "name" and nameless))


def _is_nameless(values: Mapping[str, Value]) -> bool:
    if values.get("name") == values.get("id"):
        return True
    inferred = values.get("inferred", ())
    return isinstance(inferred, tuple) and "id" in inferred


class Told:
    """The columns told of each fact of one table, by a hash of its key.

    Kept as sorted arrays whose lengths at least double from the newest to the oldest: 12 bytes a fact. Two
    keys in a million million million share a hash; one would then be held to what the other told.
    """

    def __init__(self) -> None:
        self._runs: list[tuple[NDArray[np.int64], NDArray[np.int32]]] = []
        self._patterns: dict[tuple[str, ...], int] = {}
        self._columns: list[frozenset[str]] = []

    def add(self, facts: Sequence[Fact]) -> None:
        """These facts were written."""
        if not facts:
            return
        hashes = _hashes(fact.key for fact in facts)
        patterns = np.fromiter(self._patterns_of([fact.values for fact in facts]), np.int32, len(facts))
        order = np.argsort(hashes)
        self._runs.append((hashes[order], patterns[order]))
        while len(self._runs) > 1 and len(self._runs[-2][0]) <= 2 * len(self._runs[-1][0]):
            (one, ones), (other, others) = self._runs.pop(), self._runs.pop()
            both, patterns = np.concatenate((other, one)), np.concatenate((others, ones))
            order = np.argsort(both, kind="stable")
            self._runs.append((both[order], patterns[order]))

    def _patterns_of(self, told: Sequence[Mapping[str, Value]]) -> Iterator[int]:
        """The number of each telling's set of columns."""
        names: Iterable[tuple[str, ...]] = map(tuple, told)
        if "id" in told[0]:  # a name may state nothing: another set, though of the same columns
            names = ((*v, "") if _is_nameless(v) else tuple(v) for v in told)
        for columns, values in zip(names, told, strict=True):
            pattern = self._patterns.get(columns)
            if pattern is None:
                self._patterns[columns] = pattern = len(self._columns)
                self._columns.append(frozenset(claimed(values)))
            yield pattern

    def given(self, keys: Sequence[Key]) -> dict[Key, frozenset[str]]:
        """Of the facts that were told before, the columns."""
        found: dict[Key, frozenset[str]] = {}
        if not self._runs:
            return found
        hashes = _hashes(keys)
        order = np.argsort(hashes)  # in their order, what is looked for lies near what was
        hashes = hashes[order]
        for run, patterns in self._runs:
            start, end = np.searchsorted(run, hashes, "left"), np.searchsorted(run, hashes, "right")
            for i in np.flatnonzero(end > start).tolist():
                key = keys[order[i]]
                columns = (self._columns[pattern] for pattern in patterns[start[i] : end[i]].tolist())
                found[key] = found.get(key, frozenset()).union(*columns)
        return found


def _hashes(keys: Iterable[Key]) -> NDArray[np.int64]:
    return np.fromiter(map(hash, keys), np.int64)
