"""The companies that a load knows: found or met by name, with their roles; facts about those it met."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from time import perf_counter

from graph.errors import ValueRejected
from graph.model import Fact, Value
from graph.names import key
from graph.ontology import COMPANIES, ENDS, LinkKind
from graph.stores.base import Store
from loaders.doubts import Doubt
from loaders.identity import Registry, Resolution
from loaders.moving import Move, Moved, move
from loaders.reading.cells import CellError
from loaders.references import column_texts

SEARCHING = 10.0  # seconds of one load that may go into naming candidates for unknown companies
_KNOWN = ("id", "name", "roles", "aliases", "identifiers", "inferred")  # of companies in the store
COMPARED = 200_000  # companies among which doubtful pairs are looked for: some seconds of work
NAMED = 5  # companies that a warning names
_ROLES = tuple(map(str, COMPANIES.by_name["roles"].choices))


@dataclass
class _Mention:
    """What mentions tell of a company and is not written yet."""

    ref: str
    roles: list[str] = field(default_factory=list)
    aliases: list[str] = field(default_factory=list)
    new: bool = False
    named: bool = False  # its name is new, or better than it was


def texts(value: Value | None) -> tuple[str, ...]:
    """A list in a fact, () where it is blank."""
    return value if isinstance(value, tuple) else ()


class Companies:
    """All companies of the store and of the load so far."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.registry = Registry()
        self._roles: dict[str, tuple[str, ...]] = {}  # that rows state
        self._inferred_roles: dict[str, set[str]] = {}  # of companies whose roles no row states
        self._aliases: dict[str, set[str]] = {}
        self._inferred: set[str] = set()  # companies whose names no row states
        self._mentions: dict[str, _Mention] = {}
        self._new: set[str] = set()  # companies that this load brought
        self._searched = 0.0
        # Columns are read faster than facts, but do not tell where one of several texts ends.
        columns = store.columns({"companies": _KNOWN})[1]["companies"]
        ids, names, roles, *lists = (column_texts(columns[name]) for name in _KNOWN)
        several = [(id,) for id, *row in zip(ids, *lists, strict=True) if any(row)]
        told = store.read("companies", several)
        for id, name, played in zip(ids, names, roles, strict=True):
            if fact := told.get((id,)):
                self._learn(fact)
                continue
            self.registry.add(id, name or id)
            if played:
                self._roles[id] = tuple(played.split(";"))

    def _learn(self, fact: Fact) -> None:
        """What the store holds of a company."""
        id, values = fact.id, fact.values
        marks = texts(values.get("inferred"))
        aliases, identifiers = texts(values.get("aliases")), texts(values.get("identifiers"))
        self.registry.add(id, str(values.get("name", id)), aliases, identifiers, inferred=marks)
        if "name" in marks:
            self._inferred.add(id)
        if aliases:
            self._aliases[id] = set(aliases)
        if roles := texts(values.get("roles")):
            if "roles" in marks:
                self._inferred_roles[id] = set(roles)
            else:
                self._roles[id] = roles

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

        What is told of it on the way, a role or other names, is kept for `mentioned`; `ref` is FILE:ROW. A
        role is told of companies only whose roles no row states, another name only if it is not the text, or
        the name that a row states, in another spelling: so it does not matter whether a row or a mention was
        loaded first.
        """
        try:
            found = self.registry.meet(text)
        except ValueRejected as error:
            raise CellError(error.message, error.remedy) from None
        id = found.id
        if not id:
            return self.find(text)  # raises: several companies bear the name
        if found.how == "new":
            self._inferred.add(id)
            self._mention(id, ref).new = True
        if found.name:
            self._mention(id, ref).named = True
        if role and id not in self._roles and role not in self._inferred_roles.get(id, ()):
            self._inferred_roles.setdefault(id, set()).add(role)
            self._mention(id, ref).roles.append(role)
        said = {key(text), key(self.registry.name(id)) if self.is_stated(id) else ""}
        for alias in aliases:
            if alias not in self._aliases.get(id, ()) and key(alias) not in said:
                self._aliases.setdefault(id, set()).add(alias)
                self._mention(id, ref).aliases.append(alias)
                self.registry.also(id, (alias,))
        return id

    def _mention(self, id: str, ref: str) -> _Mention:
        return self._mentions.setdefault(id, _Mention(ref))

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
        """The company that a row with an id unknown so far is about all the same, '' if none: one whose id
        was stated, and that has one of its identifiers, or its id as another name."""
        if not (identifiers or self._aliases):
            return ""
        found = self.known_as(name, identifiers)
        if isinstance(found, CellError) or not found.id or not self.registry.is_stated(found.id):
            return ""
        return found.id if found.how == "identifier" or id in self._aliases.get(found.id, ()) else ""

    def is_stated(self, id: str) -> bool:
        """Whether a row stated the id of a known company, rather than that it was made from its name."""
        return id in self.registry and self.registry.is_stated(id)

    def is_inferred(self, id: str) -> bool:
        """Whether nobody stated this company's name: it was only mentioned."""
        return id in self._inferred

    def state(self, fact: Fact) -> None:
        """A row about a company was read: what follows may name it."""
        id, values = fact.id, fact.values
        marks = texts(values.get("inferred"))
        aliases, identifiers = texts(values.get("aliases")), texts(values.get("identifiers"))
        if id not in self.registry:
            self._new.add(id)
            self.registry.add(id, str(values.get("name", id)), aliases, identifiers, inferred=marks)
        elif "name" not in values or values["name"] == id:
            self.registry.also(id, aliases, identifiers, stated="id" not in marks)
        else:
            self.registry.add(id, str(values["name"]), aliases, identifiers, inferred=marks)
        if "name" in values and "name" not in marks:
            self._inferred.discard(id)
        if aliases:
            self._aliases.setdefault(id, set()).update(aliases)
        if "roles" not in marks and (roles := texts(values.get("roles"))):
            before = self._roles.get(id, ())
            self._roles[id] = (*before, *(r for r in roles if r not in before))

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

    def is_waiting(self) -> bool:
        """Whether mentions told anything that is not written yet."""
        return bool(self._mentions)

    def mentioned(self, ids: Collection[str], loaded_at: str) -> list[Fact]:
        """What mentions told of these companies and is not written yet, as facts; names and roles are
        inferred. What they told of others waits until a fact that is written refers to those."""
        told = sorted(self._mentions.keys() & ids)
        return [self._told(id, self._mentions.pop(id), loaded_at) for id in told]

    def _told(self, id: str, mention: _Mention, loaded_at: str) -> Fact:
        values: dict[str, Value] = {"id": id}
        inferred = [] if self.registry.is_stated(id) else ["id"]
        if mention.new:
            self._new.add(id)
        if mention.named and self.is_inferred(id):
            values["name"] = self.registry.name(id)
            inferred.append("name")
        if mention.roles and id not in self._roles:
            values["roles"] = tuple(r for r in _ROLES if r in mention.roles)
            inferred.append("roles")
        if mention.aliases:
            values["aliases"] = tuple(mention.aliases)
        if inferred:
            values["inferred"] = tuple(inferred)
        return Fact("companies", (id,), values, mention.ref, loaded_at)

    def settle(self) -> tuple[str, ...]:
        """Each company whose id was made and that turned out to be another one is that other from now on, in
        the store too, in one transaction. What a person should know of it."""
        unwritten = {id for id, mention in self._mentions.items() if mention.new}
        same = {
            id: other for id, other in self.registry.settled().items() if unwritten.isdisjoint((id, other))
        }
        moves = [self._move(id, other) for id, other in sorted(same.items())]
        names = [self.registry.name(each.old) for each in moves]
        moved = move(self._store, moves)
        for each in moves:
            self._forget(each.old)
        for fact in self._store.read("companies", [(each.new,) for each in moves]).values():
            self._learn(fact)
        return _told_of(moves, names, moved)

    def gives_way(self, id: str, names: Sequence[str]) -> str:
        """Gives a company another id, in the store too, whose id was made, where a row states that id for a
        company of these names, the first as its name: the new id. '' where the row is about the company
        itself and can be merged into it."""
        if self.registry.is_stated(id):
            return ""
        about_it = self.registry.is_called(id, names)
        if about_it and key(names[0]) not in map(key, self._aliases.get(id, ())):
            return ""
        # Another name that is the row's name is none: it goes when the company is settled under its new id.
        new = self.registry.new_id(self.registry.name(id))
        move(self._store, [Move(id, new)])
        self._forget(id)
        for fact in self._store.read("companies", [(new,)]).values():
            self._learn(fact)
        return "" if about_it else new

    def _move(self, old: str, new: str) -> Move:
        """How a company turns into another. Another name of its own stays with it, unless that is a third
        company's or the name of the one it turns into; its name does if a row stated it, or without it the
        company would not be found."""
        name = self.registry.name(old)
        names = [
            alias
            for alias in sorted(self._aliases.get(old, ()))
            if self.registry.bearers(alias) <= {old, new}
        ]
        if not self.is_inferred(old) or not self.registry.is_found(new, name, but=old):
            names.append(name)
        if self.is_stated(new):
            its_name = key(self.registry.name(new))
            names = [each for each in names if key(each) != its_name]
        return Move(old, new, tuple(dict.fromkeys(names)))

    def _forget(self, id: str) -> None:
        self.registry.drop(id)
        self._new.discard(id)
        self._mentions.pop(id, None)
        for known in (self._roles, self._inferred_roles, self._aliases):
            known.pop(id, None)

    def doubts(self, limit: int) -> tuple[list[Doubt], str]:
        """Pairs of companies that may be one, of which this load brought at least one; what to tell a person
        if there are so many that none were looked for."""
        if not self._new:
            return [], ""
        if len(self.registry) > COMPARED:
            known = f"{len(self.registry):,} companies"
            return [], f"{known} are too many to look for pairs that may be one (at most {COMPARED:,})"
        unwritten = {id for id, mention in self._mentions.items() if mention.new}
        pairs = self.registry.doubtful(limit + len(unwritten), self._new)
        return [p for p in pairs if unwritten.isdisjoint((p.id_a, p.id_b))][:limit], ""


def _told_of(moves: Sequence[Move], names: Sequence[str], moved: Moved) -> tuple[str, ...]:
    if not moves:
        return ()
    shown = ", ".join(
        f"{name} (so far {each.old}) is {each.new}" for each, name in zip(moves[:NAMED], names, strict=False)
    )
    more = f" and {len(moves) - NAMED} more" if len(moves) > NAMED else ""
    told = [f"companies that were known by name alone have ids now: {shown}{more}; {moved.facts} facts moved"]
    if moved.self_links:
        told.append(
            f"links between a company and what turned out to be itself: {moved.self_links}; they went"
        )
    if moved.shares:
        told.append(f"shares that would have lifted a slot above 1: {moved.shares}; they are blank now")
    return tuple(told)
