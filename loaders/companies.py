"""The companies that a load knows: found or met by name, with their roles; facts about those it met."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from time import perf_counter

import numpy as np

from graph.errors import ValueRejected
from graph.model import Fact, Value
from graph.ontology import COMPANIES, ENDS, LinkKind
from graph.stores.base import Store
from loaders.doubts import Doubt
from loaders.identity import Registry, Resolution
from loaders.reading.cells import CellError
from loaders.references import column_texts

SEARCHING = 10.0  # seconds of one load that may go into naming candidates for unknown companies
COMPARED = 50_000  # companies among which doubtful pairs are looked for
_KNOWN = ("id", "name", "roles", "aliases", "identifiers", "@assumed:name")  # of companies in the store
_INFERRED = 2.0  # as Store.columns marks it
_ROLES = tuple(map(str, COMPANIES.by_name["roles"].choices))


@dataclass
class _Mention:
    """What mentions tell of a company and is not written yet."""

    ref: str
    roles: list[str] = field(default_factory=list)
    aliases: list[str] = field(default_factory=list)


def texts(value: Value | None) -> tuple[str, ...]:
    """A list in a fact, () where it is blank."""
    return value if isinstance(value, tuple) else ()


class Companies:
    """All companies of the store and of the load so far."""

    def __init__(self, store: Store) -> None:
        known = []
        inferred = []
        self._roles: dict[str, tuple[str, ...]] = {}
        self._aliases: dict[str, set[str]] = {}
        # Columns are read faster than facts, but do not tell where one of several texts ends.
        columns = store.columns({"companies": _KNOWN})[1]["companies"]
        *cells, others, numbered = (column_texts(columns[name]) for name in _KNOWN[:-1])
        several = [(id,) for id, *row in zip(cells[0], others, numbered, strict=True) if any(row)]
        lists = {id: fact.values for (id,), fact in store.read("companies", several).items()}
        marks = np.asarray(columns[_KNOWN[-1]]).tolist()
        for id, name, roles, mark in zip(*cells, marks, strict=True):
            told = lists.get(id, {})
            aliases = texts(told.get("aliases"))
            known.append((id, name or id, aliases, texts(told.get("identifiers"))))
            if aliases:
                self._aliases[id] = set(aliases)
            if roles:
                self._roles[id] = tuple(roles.split(";"))
            if mark == _INFERRED:
                inferred.append(id)
        self.registry = Registry(known, inferred=inferred)
        self._inferred = set(inferred)
        self._mentions: dict[str, _Mention] = {}
        self._written: dict[str, str] = {}  # names that mentions made, as written
        self._refs: dict[str, str] = {}  # where those companies were first mentioned
        self._new: set[str] = set()
        self._searched = 0.0

    def find(self, text: str) -> str:
        """The id of the company that a text means. CellError if there is none, or several."""
        if text in self.registry:
            return text
        try:
            found = self.registry.resolve(text)
        except ValueRejected as error:
            raise CellError(error.message, error.remedy) from None
        if found.how == "ambiguous":
            named = ", ".join(f"{id} ({self.registry.name(id)})" for id in found.candidates)
            raise CellError("several companies bear this name", f"Write the id of the one you mean: {named}.")
        if found.how == "new":
            raise CellError("no such company", self._remedy(text))
        return found.id

    def _remedy(self, text: str) -> str:
        began = perf_counter()
        close = self.registry.closest(text, 3) if self._searched < SEARCHING and len(self.registry) else ()
        self._searched += perf_counter() - began
        named = ", ".join(f"{name} ({id})" if name != id else id for id, name in close)
        return (
            f"Add it to the companies, or write one of those: {named}."
            if named
            else "Add it to the companies."
        )

    def meet(self, text: str, ref: str, role: str = "", aliases: Iterable[str] = ()) -> str:
        """The id of the company that a text means, a new one if none is known. CellError if several are.

        What is told of it on the way, a role or other names, is kept for `pending`; `ref` is FILE:ROW.
        """
        try:
            found = self.registry.meet(text)
        except ValueRejected as error:
            raise CellError(error.message, error.remedy) from None
        id = found.id
        if not id:
            return self.find(text)  # raises: several companies bear the name
        if found.how == "new":
            self._mentions.setdefault(id, _Mention(ref))
            self._inferred.add(id)
            self._new.add(id)
        if role and role not in self._roles.get(id, ()):
            self._roles[id] = (*self._roles.get(id, ()), role)
            self._mentions.setdefault(id, _Mention(ref)).roles.append(role)
        for alias in aliases:
            if alias != self.registry.name(id) and alias not in self._aliases.get(id, ()):
                self._aliases.setdefault(id, set()).add(alias)
                self._mentions.setdefault(id, _Mention(ref)).aliases.append(alias)
        return id

    def known_as(self, name: str, identifiers: Iterable[str] = ()) -> Resolution | CellError:
        """Which company a row means that states no id."""
        try:
            found = self.registry.resolve(name, identifiers=identifiers)
        except ValueRejected as error:
            return CellError(error.message, error.remedy)
        if not found.id:
            named = ", ".join(found.candidates)
            return CellError(
                "several companies bear this name", f"Give the row the id of its company: {named}."
            )
        return found

    def same(self, id: str, name: str, identifiers: Collection[str]) -> str:
        """The company that a row with an id unknown so far is about all the same, '' if none: one of its
        identifiers is known, or its name is and nobody gave that company an id, or its id is known as a name
        of it."""
        if not (identifiers or self._inferred or self._aliases):
            return ""
        found = self.known_as(name, identifiers)
        if isinstance(found, CellError) or found.how == "new":
            return ""
        if found.how == "identifier" or self.is_inferred(found.id):
            return found.id
        return found.id if id in self._aliases.get(found.id, ()) else ""

    def bears(self, id: str, name: str) -> bool:
        """Whether a company has this name, or it is another name of it."""
        return name == self.registry.name(id) or name in self._aliases.get(id, ())

    def is_inferred(self, id: str) -> bool:
        """Whether nobody stated this company's name: it was only mentioned."""
        return id in self._inferred

    def state(self, fact: Fact) -> None:
        """A row about a company was read: what follows may name it."""
        values = fact.values
        name = str(values.get("name", fact.id))
        if name == fact.id and fact.id in self.registry:
            name = self.registry.name(fact.id)
        aliases = texts(values.get("aliases"))
        identifiers = texts(values.get("identifiers"))
        if fact.id not in self.registry:
            self._new.add(fact.id)
        if "name" in values or aliases or identifiers or fact.id not in self.registry:
            self.registry.add(fact.id, name, aliases, identifiers)
            self._inferred.discard(fact.id)
        if aliases:
            self._aliases.setdefault(fact.id, set()).update(aliases)
        roles = self._roles.get(fact.id, ())
        self._roles[fact.id] = (*roles, *(r for r in texts(values.get("roles")) if r not in roles))

    def misplaced(self, kind: str, source: str, target: str) -> tuple[str, str, str, str] | None:
        """The end of a link that plays roles, but none that may stand there: its column, its id, what is
        wrong and what to do about it."""
        ends = ENDS[LinkKind(kind)]
        for column, id, allowed in (("source", source, ends.source), ("target", target, ends.target)):
            roles = self._roles.get(id)
            if allowed and roles and not any(role in allowed for role in roles):
                wanted = " or ".join(allowed)
                reason = f"its roles do not let it be the {column} of {kind}"
                return column, id, reason, f"Add the role {wanted} to it."
        return None

    def pending(self, loaded_at: str) -> list[Fact]:
        """What mentions told since this was last asked, as facts; their names are inferred.

        A name that mentions made may have been bettered by a later one: it is told again.
        """
        made = self.registry.made()
        for id, name in made.items():
            if self._written.get(id) != name and id not in self._mentions:
                self._mentions[id] = _Mention(self._refs.get(id, ""))
        facts = []
        for id, mention in self._mentions.items():
            values: dict[str, Value] = {"id": id}
            if id in made:
                self._written[id] = values["name"] = made[id]
                self._refs[id] = mention.ref or self._refs.get(id, "")
                values["inferred"] = ("name",)
            if mention.roles:
                values["roles"] = tuple(r for r in _ROLES if r in mention.roles)
            if mention.aliases:
                values["aliases"] = tuple(mention.aliases)
            facts.append(Fact("companies", (id,), values, mention.ref, loaded_at))
        self._mentions.clear()
        return facts

    def doubts(self, limit: int) -> list[Doubt]:
        """Pairs of companies that may be one, of which this load brought at least one; none among very many,
        since looking takes longer than loading then."""
        if not self._new or len(self.registry) > COMPARED:
            return []
        pairs = self.registry.doubtful(10 * limit)
        return [pair for pair in pairs if pair.id_a in self._new or pair.id_b in self._new][:limit]
