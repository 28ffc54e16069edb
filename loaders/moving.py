"""A company under another id, or as another company: all that refers to it moves, in one transaction."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest

from graph.model import Fact, Value, key_of
from graph.ontology import TABLES, default_category
from graph.stores.base import Key, Store
from loaders.mentions import LISTS, REFERENCES
from loaders.slots import Slots
from loaders.told import Told

Ids = Mapping[str, Mapping[str, str]]  # by table: old id -> new id
_AT_ONCE = 10_000  # facts
_KEYED = ("parts", "links")  # their keys name companies: the old ones go with the company
_MARKS = ("assumed", "inferred")


@dataclass(frozen=True, slots=True)
class Move:
    """The id of a company, the one to move to, and what the company there is called as well from then on; if
    there is none yet, the company moves as it is."""

    old: str
    new: str
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Moved:
    """What became of moves: how many facts moved; links that would have tied a company to itself, and went;
    shares that would have lifted a slot above 1, and are blank."""

    facts: int = 0
    self_links: int = 0
    shares: int = 0


def move(store: Store, moves: Sequence[Move]) -> Moved:
    """Makes every fact that refers to an old id refer to the new one; the old companies go.

    Facts keep their provenance. Where both companies have a fact of the same key, the one that was loaded
    later wins, and a blank changes nothing. Products whose ids were made from the old company's id get those
    of the new one.
    """
    if not moves:
        return Moved()
    with store.transaction():
        companies = {each.old: each.new for each in moves}
        ids = {"companies": companies, "products": _made_products(store, companies)}
        olds = store.read("companies", [(each.old,) for each in moves])
        news = store.read("companies", [(each.new,) for each in moves])
        for each in moves:
            was, there = olds[each.old,], news.get((each.new,))
            _tell(store, [(was, _renamed(was, each.new) if there is None else _merged(was, there, each))])
        concerned = {table: _concerned(store, table, ids) for table in TABLES if table != "companies"}
        for table, pairs in concerned.items():
            if table not in _KEYED:
                _tell(store, pairs)
        for old in companies:
            store.delete_company(old)
        _tell(store, concerned["parts"])
        links, shares = _allowed(store, concerned["links"])
        _tell(store, links)
    self_links = len(concerned["links"]) - len(links)
    return Moved(len(moves) + sum(map(len, concerned.values())) - self_links, self_links, shares)


Pair = tuple[Fact, Fact]  # a fact as it was, and as it is to be


def _made_products(store: Store, companies: Mapping[str, str]) -> dict[str, str]:
    """The products whose ids were made from those of their companies, and the ids that they get."""
    return {
        fact.id: new + fact.id.removeprefix(old)
        for old, new in companies.items()
        for fact in store.scan("products", old)
        if fact.id.startswith(f"{old}:") and fact.status("id") == "inferred"
    }


def _concerned(store: Store, table: str, ids: Ids) -> list[Pair]:
    """The facts of a table that refer to what moves. Those that no column of a company leads to are looked
    for among all: an id may stand in a list, a product in a complaint about another company."""
    listed = any(ids[each.refers] for each in LISTS.get(table, ()))
    if listed or (ids["products"] and any(other == "products" for _, other in REFERENCES[table])):
        facts: Iterator[Fact] = store.scan(table)
    else:
        facts = (fact for old in ids["companies"] for fact in store.scan(table, old))
    found: dict[Key, Pair] = {}
    for fact in facts:
        if changed := _changed(fact, ids):
            values = {**fact.values, **changed}
            pair = fact, replace(fact, key=key_of(table, values), values=values)
            if pair[0].key == pair[1].key:
                pair = fact, _slim(pair[1], changed)
            found[fact.key] = pair
    return list(found.values())


def _changed(fact: Fact, ids: Ids) -> dict[str, Value]:
    """The columns of a fact that name what moves, with what they name then."""
    changed: dict[str, Value] = {}
    for column, table in (("id", fact.table), *REFERENCES[fact.table]):
        new = ids.get(table, {}).get(str(fact.values.get(column, "")))
        if new is not None:
            changed[column] = new
    for listed in LISTS.get(fact.table, ()):
        moving = ids[listed.refers]
        named = listed.ids(fact)
        if not moving.keys().isdisjoint(named):
            new_ids = dict.fromkeys(moving.get(id, id) for id in named)
            changed[listed.column] = listed.join.join(sorted(new_ids) if listed.sorted else new_ids)
    if fact.table == "links" and "source" in changed:
        kind, category = fact.key[1], fact.values.get("category")
        if category and category == default_category(kind, fact.key[0]):
            changed["category"] = default_category(kind, str(changed["source"]))
    return changed


def _slim(fact: Fact, columns: Collection[str]) -> Fact:
    """A fact with its key and these columns alone, and their marks."""
    kept = {*TABLES[fact.table].key, *columns}
    values: dict[str, Value] = {name: value for name, value in fact.values.items() if name in kept}
    for mark in _MARKS:
        marked = fact.values.get(mark, ())
        if isinstance(marked, tuple) and (left := tuple(name for name in marked if name in kept)):
            values[mark] = left
    refs = {name: ref for name, ref in fact.refs.items() if name in kept}
    return replace(fact, values=values, refs=refs)


def _renamed(fact: Fact, id: str) -> Fact:
    return replace(fact, key=(id,), values={**fact.values, "id": id})


def _merged(fact: Fact, there: Fact, how: Move) -> Fact:
    """What is told of a company that turned out to be another, told of that one."""
    left = _slim(fact, fact.values.keys() - {"name", "aliases", *_MARKS})
    values: dict[str, Value] = {**left.values, "id": there.id}
    marks = [name for name in _strings(fact.values.get("inferred")) if name not in ("id", "name")]
    if there.status("id") == "inferred":
        marks.append("id")
    aliases = [alias for alias in how.aliases if alias != there.values.get("name")]
    name = fact.values.get("name")
    if name in aliases and there.status("name") == "inferred" and fact.status("name") != "inferred":
        aliases.remove(str(name))
        values["name"] = str(name)
    if aliases:
        values["aliases"] = tuple(aliases)
    values.pop("inferred", None)
    if marks:
        values["inferred"] = tuple(marks)
    return replace(fact, key=there.key, values=values, refs={**left.refs})


def _strings(value: Value | None) -> tuple[str, ...]:
    return value if isinstance(value, tuple) else ()


def _allowed(store: Store, links: Sequence[Pair]) -> tuple[list[Pair], int]:
    """Of moved links those between two companies, without the shares that lift their slot above 1."""
    kept = [pair for pair in links if pair[1].values["source"] != pair[1].values["target"]]
    over = Slots(store).over(list({moved.key: moved for _, moved in kept}.values()), Told())
    for i, (was, moved) in enumerate(kept):
        if moved.key in over:
            columns = moved.values.keys() - {"share", *_MARKS}
            kept[i] = (was, _slim(moved, columns))
    return kept, len(over)


def _tell(store: Store, pairs: Sequence[Pair]) -> None:
    """Facts told as they are to be, each value as from the file and row that told it."""
    anew = {moved.key for was, moved in pairs if moved.key != was.key}
    there = store.read(pairs[0][1].table, list(anew)) if anew else {}
    tellings: dict[Key, list[Fact]] = {}
    for _, moved in pairs:
        before = there.get(moved.key)
        if before is not None and before.loaded_at >= moved.loaded_at:
            gathered = {name for name, value in moved.values.items() if isinstance(value, tuple)} - {*_MARKS}
            told = (moved.values.keys() - before.values.keys()) | gathered
            moved = _slim(moved, told | {"name"} if moved.table == "companies" else told)
        tellings.setdefault(moved.key, []).extend(_tellings(moved))
    for batch in zip_longest(*tellings.values()):
        facts = [fact for fact in batch if fact is not None]
        for start in range(0, len(facts), _AT_ONCE):
            store.upsert(facts[start : start + _AT_ONCE])


def _tellings(fact: Fact) -> Iterator[Fact]:
    """A fact as its rows told it: the one that made it, then those that told single columns."""
    if not fact.refs:
        yield fact
        return
    own = fact.values.keys() - fact.refs.keys() - {*_MARKS}
    yield replace(_slim(fact, own), refs={})
    for ref in sorted(set(fact.refs.values())):
        columns = {name for name, told in fact.refs.items() if told == ref and name in fact.values} - {
            *_MARKS
        }
        if columns:
            yield replace(_slim(fact, columns), source_ref=ref, refs={})
