"""Who is who: one way for all loaders to find the company that a text means, or to make its id."""

from __future__ import annotations

import csv
import heapq
from collections.abc import Collection, Iterable, Iterator, KeysView, Set
from dataclasses import dataclass, replace
from importlib.resources import files
from typing import Final, Literal

from rapidfuzz import fuzz, process
from rapidfuzz.distance.JaroWinkler import similarity as _beginning

from graph.errors import ValueRejected
from graph.names import best_spelling, fingerprint, key, slug, visible
from loaders.doubts import Doubt, find_doubts
from loaders.lookup import Index, folded, identifier, ids, point, told_apart

How = Literal["id", "identifier", "name", "alias", "new", "ambiguous"]
Known = tuple[str, str, tuple[str, ...], tuple[str, ...]]  # id, name, aliases, identifiers

MADE: Final = ("id", "name")  # of a company that was only mentioned
CANDIDATES: Final = 10  # of an ambiguous name, that are named
LIKE: Final = 1.15  # of 2: what a likeness must pass to be offered
LONGEST_SEARCH: Final = 200  # characters of a text that is looked for among all names


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

    `id`: '' if `how` is 'ambiguous'. `name`: of a new company, or one that was mentioned in a worse spelling
    so far, the name to give it. `candidates`: of an ambiguous text, the ids it may mean, at most CANDIDATES.
    """

    id: str
    how: How
    name: str = ""
    candidates: tuple[str, ...] = ()


class Registry:
    """The companies that are known while a load runs.

    The order of look-up: exact id; id in another case or width, if only one; identifier; name or alias by
    `names.key`; name or alias by the alias table. A text that none of these knows is a new company, whose
    id depends on the text alone, so the order of mentions does not matter; nor does it for the name that
    `made` gives. A company whose id was made bears a name only as long as no company with a stated id bears
    it: `settled` says which of them are such companies.
    """

    def __init__(
        self,
        companies: Iterable[Known] = (),
        *,
        inferred: Collection[str] = (),
        aliases: Iterable[Alias] | None = None,
    ) -> None:
        """`inferred`: ids of companies that were only mentioned: no row stated their id or their name.
        `aliases`: None is `shipped_aliases()`. An alias of two makers raises ValueError."""
        self._names: dict[str, str] = {}
        self._name_keys: dict[str, str] = {}
        self._folds: Index = {}
        self._keys: Index = {}
        self._by_canonical: Index = {}
        self._identifiers: Index = {}
        self._identifiers_of: dict[str, tuple[str, ...]] = {}
        self._inferred: set[str] = set()  # ids whose name was made from mentions: a later one may better it
        self._made: dict[str, str] = {}
        self._unstated: dict[str, list[str]] = {}  # ids that were made -> keys of name and aliases
        self._contested: set[str] = set()  # keys and identifiers that several companies bear
        self._disagreements: set[tuple[str, str]] = set()
        self._canonical: dict[str, str] = {}  # key -> canonical name
        self._maybe: list[tuple[str, str, str]] = []
        for alias in shipped_aliases() if aliases is None else aliases:
            self._learn(alias)
        for company in companies:
            self.add(*company, inferred=MADE if company[0] in inferred else ())

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

    def add(
        self,
        id: str,
        name: str,
        aliases: Iterable[str] = (),
        identifiers: Iterable[str] = (),
        *,
        inferred: Collection[str] = (),
    ) -> None:
        """Makes a company known; for a known id, takes the newer name and adds the rest.

        `inferred`: which of `id` and `name` were made from mentions rather than stated by a row.
        """
        if id not in self._names:
            point(self._folds, folded(id), id)
            if "id" in inferred:
                self._unstated[id] = []
        self._names[id] = name
        self._name_keys[id] = k = key(name)
        self._made.pop(id, None)
        self._inferred.discard(id)
        if "name" in inferred:
            self._inferred.add(id)
        self._bear(id, (k, *map(key, aliases)))
        self._number(id, identifiers)
        if "id" not in inferred:
            self._unstated.pop(id, None)

    def also(
        self, id: str, aliases: Iterable[str] = (), identifiers: Iterable[str] = (), *, stated: bool = False
    ) -> None:
        """Adds to what a known company is called. `stated`: a row stated its id."""
        self._bear(id, map(key, aliases))
        self._number(id, identifiers)
        if stated:
            self._unstated.pop(id, None)

    def _bear(self, id: str, keys: Iterable[str]) -> None:
        for k in filter(None, keys):
            point(self._keys, k, id)
            if canonical := self._canonical.get(k):
                point(self._by_canonical, canonical, id)
            if id in self._unstated:
                self._unstated[id].append(k)
            if isinstance(self._keys[k], set) or isinstance(self._by_canonical.get(canonical or ""), set):
                self._contested.add(k)

    def _number(self, id: str, identifiers: Iterable[str]) -> None:
        if numbers := {i for i in map(identifier, identifiers) if i}:
            self._identifiers_of[id] = tuple(sorted(numbers.union(self._identifiers_of.get(id, ()))))
            for number in numbers:
                point(self._identifiers, number, id)
                if isinstance(self._identifiers[number], set):
                    self._contested.add(number)

    def is_stated(self, id: str) -> bool:
        """Whether a row stated this company's id, rather than that it was made from its name."""
        return id not in self._unstated

    def is_called(self, id: str, names: Iterable[str]) -> bool:
        """Whether a company with a made id bears one of these names, or its id is how it is written."""
        if folded(self._names[id]) == folded(id):
            return True
        ours = {*self._unstated[id], self._canonical.get(self._name_keys[id], "")}
        return any({k, self._canonical.get(k, k)} & ours for k in map(key, names))

    def bearers(self, name: str) -> set[str]:
        """The companies that a name means: those with stated ids, if there are any."""
        return self._bearers(key(name))

    def is_found(self, id: str, name: str, but: str) -> bool:
        """Whether a name would mean this company if the company `but` were not known."""
        return ids(self._folds.get(folded(name))) - {but} == {id} or id in self.bearers(name)

    def drop(self, id: str) -> None:
        """A company whose id was made is known no more: it is another, or has another id now."""
        for index, at in self._pointing(id, self._unstated.pop(id)):
            left = ids(index.get(at)) - {id}
            if left:
                index[at] = next(iter(left)) if len(left) == 1 else left
            else:
                index.pop(at, None)
        for told in (self._names, self._name_keys, self._made):
            told.pop(id, None)
        self._identifiers_of.pop(id, None)
        self._inferred.discard(id)

    def _pointing(self, id: str, keys: Iterable[str]) -> Iterator[tuple[Index, str]]:
        yield self._folds, folded(id)
        for k in keys:
            yield self._keys, k
            yield self._by_canonical, self._canonical.get(k, "")
        for number in self._identifiers_of.get(id, ()):
            yield self._identifiers, number

    def resolve(self, text: str, *, identifiers: Iterable[str] = ()) -> Resolution:
        """The company that a text (id, `scheme:value`, name or alias) means; changes nothing.

        Raises ValueRejected where nothing of the text is visible.
        """
        if text in self._names:
            return Resolution(text, "id")
        seen = visible(text)
        held = self._folds.get(folded(seen))
        if isinstance(held, str):
            return Resolution(held, "id")
        given = {i for i in map(identifier, identifiers) if i}
        asked = given | {identifier(seen)} if ":" in seen else given
        if numbered := {id for i in asked for id in ids(self._identifiers.get(i))}:
            return self._found(self._stated(numbered) or numbered, "identifier")
        k = key(seen)
        if not k:
            raise ValueRejected(
                "no company is named", column="name", value=text, remedy="write its name or id"
            )
        named = self._bearers(k)
        if not named:
            return Resolution(self.new_id(seen), "new", name=self._canonical.get(k, seen))
        found = self._found(named, "name" if any(self._name_keys[id] == k for id in named) else "alias")
        if found.id and told_apart(given, self._identifiers_of.get(found.id, ())):
            return Resolution("", "ambiguous", candidates=(found.id,))
        return found

    def _bearers(self, k: str) -> set[str]:
        held = ids(self._keys.get(k)) or ids(self._by_canonical.get(self._canonical.get(k, "")))
        if len(held) < 2 or not self._unstated:
            return held
        if stated := self._stated(held):
            return stated
        others = {id for id in held if self._name_keys[id] != k}
        return others if len(others) == 1 else held

    def settled(self) -> dict[str, str]:
        """The companies whose id was made and that turn out to be another one: id -> the other's.

        Such a company is the only one with a stated id that bears its identifier; else its name; else one of
        its other names. Where there is none, it is the other made one that bears its name as another name.
        It stays what it is where several do, or a register numbers the two differently.
        """
        suspects = {
            id
            for k in self._contested
            for index, at in (
                (self._keys, k),
                (self._by_canonical, self._canonical.get(k, "")),
                (self._identifiers, k),
            )
            for id in ids(index.get(at))
            if id in self._unstated
        }
        found = {id: other for id in suspects if (other := self._same_as(id))}
        for id, other in found.items():
            seen = {id}
            while other in found and other not in seen:
                seen.add(other)
                other = found[other]
            found[id] = other
        return {id: other for id, other in found.items() if id != other}

    def _same_as(self, id: str) -> str:
        """The company that one with a made id is, '' if it is none, or several could be meant."""
        keys, name = self._unstated[id], self._name_keys[id]
        numbers = self._identifiers_of.get(id, ())
        by_name = ids(self._keys.get(name)) | ids(self._by_canonical.get(self._canonical.get(name, "")))
        for bearers in (
            {other for number in numbers for other in ids(self._identifiers.get(number))},
            self._stated(ids(self._keys.get(name))) or by_name,
            {other for k in keys for other in ids(self._keys.get(k))},
        ):
            if others := self._stated(bearers):
                return self._only(id, others)
        others = {o for o in ids(self._keys.get(name)) if self._name_keys[o] != name}
        return self._only(id, {o for o in others if self._name_keys[o] not in keys or o < id})

    def _stated(self, ids: Iterable[str]) -> set[str]:
        return {id for id in ids if id not in self._unstated}

    def _only(self, id: str, others: set[str]) -> str:
        if len(others) != 1:
            return ""
        (other,) = others
        ours, theirs = (self._identifiers_of.get(each, ()) for each in (id, other))
        return "" if told_apart(ours, theirs) else other

    @staticmethod
    def _found(ids: set[str], how: How) -> Resolution:
        if len(ids) == 1:
            return Resolution(next(iter(ids)), how)
        return Resolution("", "ambiguous", candidates=tuple(heapq.nsmallest(CANDIDATES, ids)))

    def new_id(self, name: str) -> str:
        """An id for a new company of this name: the slug of its name, or of its name in the alias table.

        Where another company has that id already, digits of the name's hash are added.
        """
        name = self._canonical.get(key(name), name)
        made = slug(name)
        if folded(made) not in self._folds:
            return made
        longer = (f"{made}-{fingerprint(name, digits)}" for digits in (8, 16, 32, 64))
        return next(id for id in longer if folded(id) not in self._folds)

    def meet(self, text: str, *, identifiers: Iterable[str] = ()) -> Resolution:
        """`resolve`, and what follows: a new company is known from now on, and spellings are remembered."""
        identifiers = tuple(identifiers)
        found = self.resolve(text, identifiers=identifiers)
        if found.how == "new":
            self.add(found.id, found.name, identifiers=identifiers, inferred=MADE)
            self._made[found.id] = found.name
        elif found.id in self._inferred:
            found = replace(found, name=self._better(found.id, visible(text)))
        if found.how == "identifier":
            for other in ids(self._keys.get(key(text))) - {found.id}:
                self._disagreements.add((min(found.id, other), max(found.id, other)))
        return found

    def _better(self, id: str, spelling: str) -> str:
        """The name of a company, if this spelling of it is better than the one it has; '' otherwise."""
        name = self._names[id]
        k = self._name_keys[id]
        if self._canonical.get(k) == name or key(spelling) != k:
            return ""
        better = best_spelling((name, spelling))
        if better == name:
            return ""
        self._names[id] = self._made[id] = better
        return better

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
        best = dict.fromkeys(heapq.nsmallest(limit, self._bearers(wanted)))
        for hit in ranked:
            best.update(dict.fromkeys(heapq.nsmallest(limit, ids(self._keys[hit]))))
        return tuple((id, self._names[id]) for id in list(best)[:limit])

    def doubtful(self, limit: int = 100, among: Set[str] | None = None) -> list[Doubt]:
        """Pairs of companies that may be one, the likeliest first, for a person to judge; none is merged.
        `among`: ids of which a pair must have at least one; None is all."""
        return [
            Doubt(self._names[a], a, self._names[b], b, score, reason)
            for a, b, score, reason in heapq.nsmallest(
                limit, self._doubts(among), key=lambda d: (-d[2], d[0], d[1])
            )
        ]

    def _doubts(self, among: Set[str] | None) -> Iterator[tuple[str, str, float, str]]:
        keys = {k: tuple(heapq.nsmallest(CANDIDATES, ids(held))) for k, held in self._keys.items()}
        found = find_doubts(keys, self._names, among)
        for one, other, why in self._maybe:
            for a in heapq.nsmallest(CANDIDATES, self._bearers(one)):
                for b in heapq.nsmallest(CANDIDATES, self._bearers(other) - {a}):
                    found[min(a, b), max(a, b)] = (0.95, why)
        for a, b in self._disagreements:
            found[a, b] = (1.0, "one's identifier beside the other's name")
        for (a, b), (score, reason) in found.items():
            if among is not None and a not in among and b not in among:
                continue
            if not told_apart(self._identifiers_of.get(a, ()), self._identifiers_of.get(b, ())):
                yield a, b, score, reason
