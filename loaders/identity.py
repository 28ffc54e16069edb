"""Who is who: one way for all loaders to find the company that a text means, or to make its id."""

from __future__ import annotations

import csv
import heapq
import unicodedata
from collections.abc import Collection, Iterable, Iterator, KeysView
from dataclasses import dataclass
from importlib.resources import files
from typing import Final, Literal

from rapidfuzz import fuzz, process
from rapidfuzz.distance.JaroWinkler import similarity as _beginning

from graph.errors import ValueRejected
from graph.names import best_spelling, fingerprint, key, slug, visible
from loaders.doubts import Doubt, find_doubts

How = Literal["id", "identifier", "name", "alias", "new", "ambiguous"]
Known = tuple[str, str, tuple[str, ...], tuple[str, ...]]  # id, name, aliases, identifiers
Index = dict[str, "str | set[str]"]  # one company, or several

CANDIDATES: Final = 10  # of an ambiguous name, that are named
LIKE: Final = 1.15  # of 2: what a likeness must pass to be offered
LONGEST_SEARCH: Final = 200  # characters of a text that is looked for among all names
# Registers that give a company one number: two numbers of one register are two companies.
ONE_NUMBER: Final = frozenset({"lei", "cik", "duns", "uscc", "统一社会信用代码"})


@dataclass(frozen=True, slots=True)
class Alias:
    """A row of data/aliases.csv. `same`: another name of one company; `maybe`: for a person to look at."""

    canonical: str
    alias: str
    kind: Literal["same", "maybe"]
    source: str


def shipped_aliases() -> tuple[Alias, ...]:
    """The well-known makers' other names that come with knockon (data/aliases.csv)."""
    table = files("loaders").joinpath("data/aliases.csv").read_text(encoding="utf-8")
    return tuple(
        Alias(row["canonical"], row["alias"], "same" if row["kind"] == "same" else "maybe", row["source"])
        for row in csv.DictReader(table.splitlines())
    )


@dataclass(frozen=True, slots=True)
class Resolution:
    """Which company a text means.

    `id`: '' if `how` is 'ambiguous'. `name`: of a new company, the name to give it. `candidates`: of an
    ambiguous text, the ids it may mean, at most CANDIDATES.
    """

    id: str
    how: How
    name: str = ""
    candidates: tuple[str, ...] = ()


def _folded(text: str) -> str:
    seen = visible(text)
    return seen.lower() if seen.isascii() else unicodedata.normalize("NFKC", seen).casefold()


def _identifier(text: str) -> str:
    """`scheme:value` as it is compared: without case and punctuation; a CIK without leading zeros."""
    text = text if text.isascii() else unicodedata.normalize("NFKC", text)
    scheme, _, value = text.casefold().partition(":")
    scheme = scheme.strip()
    value = value if value.isalnum() else "".join(c for c in value if c.isalnum())
    if scheme == "cik":
        value = value.lstrip("0")
    return f"{scheme}:{value}" if scheme and value else ""


def _point(index: Index, at: str, id: str) -> None:
    held = index.setdefault(at, id)
    if isinstance(held, set):
        held.add(id)
    elif held != id:
        index[at] = {held, id}


def _ids(held: str | set[str] | None) -> set[str]:
    if held is None:
        return set()
    return {held} if isinstance(held, str) else held


class Registry:
    """The companies that are known while a load runs.

    The order of look-up: exact id; id in another case or width, if only one; identifier; name or alias by
    `names.key`; name or alias by the alias table. A text that none of these knows is a new company, whose
    id depends on the text alone, so the order of mentions does not matter; nor does it for the name that
    `made` gives. Two things must come first: companies with ids of their own, and those with identifiers.
    """

    def __init__(
        self,
        companies: Iterable[Known] = (),
        *,
        inferred: Collection[str] = (),
        aliases: Iterable[Alias] | None = None,
    ) -> None:
        """`inferred`: ids whose stored name was made from mentions and may be bettered by this load's.
        `aliases`: None is `shipped_aliases()`. An alias of two makers raises ValueError."""
        self._names: dict[str, str] = {}
        self._name_keys: dict[str, str] = {}
        self._folds: Index = {}
        self._keys: Index = {}
        self._by_canonical: Index = {}
        self._identifiers: Index = {}
        self._identifiers_of: dict[str, tuple[str, ...]] = {}
        self._inferred: set[str] = set()
        self._made: dict[str, str] = {}
        self._disagreements: set[tuple[str, str]] = set()
        self._canonical: dict[str, str] = {}  # key -> canonical name
        self._maybe: list[tuple[str, str, str]] = []
        for alias in shipped_aliases() if aliases is None else aliases:
            self._learn(alias)
        for company in companies:
            self.add(*company)
        self._inferred.update(inferred)

    def __len__(self) -> int:
        return len(self._names)

    def __contains__(self, id: str) -> bool:
        return id in self._names

    @property
    def ids(self) -> KeysView[str]:
        """The ids of all companies."""
        return self._names.keys()

    def _learn(self, alias: Alias) -> None:
        if alias.kind == "maybe":
            self._maybe.append((key(alias.canonical), key(alias.alias), alias.source))
            return
        for name in (alias.canonical, alias.alias):
            if self._canonical.setdefault(key(name), alias.canonical) != alias.canonical:
                raise ValueError(
                    f"{name!r} is an alias of {self._canonical[key(name)]} and {alias.canonical}"
                )

    def add(self, id: str, name: str, aliases: Iterable[str] = (), identifiers: Iterable[str] = ()) -> None:
        """Makes a company known; for a known id, adds names and identifiers and takes the newer name."""
        self._names[id] = name
        self._made.pop(id, None)  # its name is stated now
        self._inferred.discard(id)
        _point(self._folds, _folded(id), id)
        self._name_keys[id] = key(name)
        for k in (self._name_keys[id], *map(key, aliases)):
            if k:
                _point(self._keys, k, id)
                if k in self._canonical:
                    _point(self._by_canonical, self._canonical[k], id)
        if numbers := {i for i in map(_identifier, identifiers) if i}:
            self._identifiers_of[id] = tuple(sorted(numbers.union(self._identifiers_of.get(id, ()))))
            for number in numbers:
                _point(self._identifiers, number, id)

    def resolve(self, text: str, *, identifiers: Iterable[str] = ()) -> Resolution:
        """The company that a text (id, `scheme:value`, name or alias) means; changes nothing.

        Raises ValueRejected where nothing of the text is visible.
        """
        if text in self._names:
            return Resolution(text, "id")
        seen = visible(text)
        held = self._folds.get(_folded(seen))
        if isinstance(held, str):
            return Resolution(held, "id")
        given = {i for i in map(_identifier, identifiers) if i}
        asked = given | {_identifier(seen)} if ":" in seen else given
        if numbered := {id for i in asked for id in _ids(self._identifiers.get(i))}:
            return self._found(numbered, "identifier")
        k = key(seen)
        if not k:
            raise ValueRejected(
                "no company is named", column="name", value=text, remedy="write its name or id"
            )
        named = self._bearers(k)
        if not named:
            return Resolution(self.new_id(seen), "new", name=self._canonical.get(k, seen))
        found = self._found(named, "name" if any(self._name_keys[id] == k for id in named) else "alias")
        if found.id and self._told_apart(given, self._identifiers_of.get(found.id, ())):
            return Resolution("", "ambiguous", candidates=(found.id,))
        return found

    def _bearers(self, k: str) -> set[str]:
        return _ids(self._keys.get(k)) or _ids(self._by_canonical.get(self._canonical.get(k, "")))

    @staticmethod
    def _found(ids: set[str], how: How) -> Resolution:
        if len(ids) == 1:
            return Resolution(next(iter(ids)), how)
        return Resolution("", "ambiguous", candidates=tuple(heapq.nsmallest(CANDIDATES, ids)))

    @staticmethod
    def _told_apart(ours: Collection[str], theirs: Collection[str]) -> bool:
        """Whether a register numbers the two differently."""
        for mine in ours:
            scheme = mine.partition(":")[0]
            if (
                scheme in ONE_NUMBER
                and mine not in theirs
                and any(t.startswith(f"{scheme}:") for t in theirs)
            ):
                return True
        return False

    def new_id(self, name: str) -> str:
        """An id for a new company of this name: the slug of its name, or of its name in the alias table.

        Where another company has that id already, digits of the name's hash are added.
        """
        name = self._canonical.get(key(name), name)
        made = slug(name)
        if _folded(made) not in self._folds:
            return made
        longer = (f"{made}-{fingerprint(name, digits)}" for digits in (8, 16, 32, 64))
        return next(id for id in longer if _folded(id) not in self._folds)

    def meet(self, text: str, *, identifiers: Iterable[str] = ()) -> Resolution:
        """`resolve`, and what follows: a new company is known from now on, and spellings are remembered."""
        identifiers = tuple(identifiers)
        found = self.resolve(text, identifiers=identifiers)
        if found.how == "new":
            self.add(found.id, found.name, identifiers=identifiers)
            self._made[found.id] = found.name
        elif found.id in self._made or found.id in self._inferred:
            self._better(found.id, visible(text))
        if found.how == "identifier":
            for other in _ids(self._keys.get(key(text))) - {found.id}:
                self._disagreements.add((min(found.id, other), max(found.id, other)))
        return found

    def _better(self, id: str, spelling: str) -> None:
        name = self._names[id]
        k = self._name_keys[id]
        if self._canonical.get(k) != name and key(spelling) == k:
            better = best_spelling((name, spelling))
            if better != name:
                self._names[id] = self._made[id] = better

    def made(self) -> dict[str, str]:
        """Id and name of each company that mentions made, and of each whose inferred name they bettered."""
        return dict(self._made)

    def name(self, id: str) -> str:
        """The name of a known company."""
        return self._names[id]

    def closest(self, text: str, limit: int = 5) -> tuple[tuple[str, str], ...]:
        """The companies whose names or aliases are most like the text, best first, as (id, name)."""
        wanted = key(text)[:LONGEST_SEARCH]
        known = list(self._keys)
        likeness: dict[str, float] = {}
        for scorer in (_beginning, fuzz.WRatio):
            for hit, _, _ in process.extract(wanted, known, scorer=scorer, limit=10 * limit):
                likeness[hit] = _beginning(wanted, hit) + fuzz.WRatio(wanted, hit) / 100
        ranked = sorted((hit for hit in likeness if likeness[hit] > LIKE), key=lambda h: (-likeness[h], h))
        ids = dict.fromkeys(heapq.nsmallest(limit, self._bearers(wanted)))
        for hit in ranked:
            ids.update(dict.fromkeys(heapq.nsmallest(limit, _ids(self._keys[hit]))))
        return tuple((id, self._names[id]) for id in list(ids)[:limit])

    def doubtful(self, limit: int = 100) -> list[Doubt]:
        """Pairs of companies that may be one, the likeliest first, for a person to judge; none is merged."""
        return [
            Doubt(self._names[a], a, self._names[b], b, score, reason)
            for a, b, score, reason in heapq.nsmallest(
                limit, self._doubts(), key=lambda d: (-d[2], d[0], d[1])
            )
        ]

    def _doubts(self) -> Iterator[tuple[str, str, float, str]]:
        keys = {k: tuple(heapq.nsmallest(CANDIDATES, _ids(held))) for k, held in self._keys.items()}
        found = find_doubts(keys, self._names)
        for one, other, why in self._maybe:
            for a in heapq.nsmallest(CANDIDATES, self._bearers(one)):
                for b in heapq.nsmallest(CANDIDATES, self._bearers(other) - {a}):
                    found[min(a, b), max(a, b)] = (0.95, why)
        for a, b in self._disagreements:
            found[a, b] = (1.0, "one's identifier beside the other's name")
        for (a, b), (score, reason) in found.items():
            if not self._told_apart(self._identifiers_of.get(a, ()), self._identifiers_of.get(b, ())):
                yield a, b, score, reason
