"""Facts: rows of tables, frozen and validated, with where they came from; how two tellings merge."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from graph.errors import ValueRejected
from graph.ontology import SYMMETRIC, TABLES, Column, Kind, Table, default_category

Value = str | float | bool | tuple[str, ...]
LONGEST_ID = 1_000  # characters: databases keep ids in indexes, which hold no texts of any length


@dataclass(frozen=True, slots=True)
class Fact:
    """One row of one table.

    `values` holds what is not blank, by column; columns that the ontology does not know are kept as text.
    Dates are ISO text, lists are tuples, money is in the store's currency. `source_ref` is FILE:ROW of the
    telling that made the fact, `refs` the FILE:ROW of single columns that came from elsewhere, `loaded_at`
    the moment of the load (UTC, ISO). Build new ones with `fact`, which validates.
    """

    table: str
    key: tuple[str, ...]
    values: Mapping[str, Value]
    source_ref: str = ""
    loaded_at: str = ""
    refs: Mapping[str, str] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """The first part of the key: the id, for tables that have one."""
        return self.key[0]

    def status(self, column: str) -> str:
        """Whether a value was observed, inferred or assumed."""
        for status in ("assumed", "inferred"):
            named = self.values.get(status, ())
            if isinstance(named, tuple) and column in named:
                return status
        return "observed"


def _text(column: Column, value: object) -> str:
    if not isinstance(value, str) or not value:
        raise ValueRejected("not a text", column=column.name, value=value, remedy="write a text")
    if "\0" in value:
        raise ValueRejected("a NUL character", column=column.name, value=value, remedy="remove it")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise ValueRejected(
            "half of a character (a lone surrogate)",
            column=column.name,
            value=value,
            remedy="save the file as UTF-8",
        ) from None
    return value


def _id(column: Column, value: object) -> str:
    text = _text(column, value)
    if len(text) > LONGEST_ID:
        raise ValueRejected(
            f"an id of {len(text)} characters",
            column=column.name,
            value=value,
            remedy=f"use at most {LONGEST_ID} characters; a name may be longer",
        )
    return text


def _choice(column: Column, value: object) -> str:
    if value not in column.choices:
        raise ValueRejected(
            f"{value!r} is not one of {', '.join(column.choices)}",
            column=column.name,
            value=value,
            remedy=f"write one of {', '.join(column.choices)}",
        )
    return str(value)


def _texts(column: Column, value: object) -> tuple[str, ...]:
    if not isinstance(value, tuple | list) or not value:
        raise ValueRejected(
            "not a list of texts", column=column.name, value=value, remedy="separate them by ;"
        )
    return tuple(dict.fromkeys(_text(column, v) for v in value))


def _choices(column: Column, value: object) -> tuple[str, ...]:
    given = _texts(column, value)
    for v in given:
        _choice(column, v)
    return tuple(c for c in column.choices if c in given)


def _number(column: Column, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueRejected("not a number", column=column.name, value=value, remedy="write a number")
    number = float(value)
    if not math.isfinite(number):
        raise ValueRejected(
            "not a finite number",
            column=column.name,
            value=value,
            remedy="write a number or leave the cell blank",
        )
    if (column.low is not None and number < column.low) or (column.high is not None and number > column.high):
        high = "" if column.high is None else f" and at most {column.high:g}"
        raise ValueRejected(
            f"{number:g} is out of range",
            column=column.name,
            value=value,
            remedy=f"write a number of at least {column.low:g}{high}",
        )
    if column.kind is Kind.COUNT and number != math.floor(number):
        raise ValueRejected(
            f"{number:g} is not whole", column=column.name, value=value, remedy="write a whole number"
        )
    return number + 0.0  # -0.0 and 0.0 are one fact


def _flag(column: Column, value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueRejected(
            "neither true nor false", column=column.name, value=value, remedy="write true or false"
        )
    return value


def _date(column: Column, value: object) -> str:
    try:
        return dt.date.fromisoformat(value if isinstance(value, str) else str(value)).isoformat()
    except ValueError:
        raise ValueRejected(
            f"{value!r} is not a date that exists",
            column=column.name,
            value=value,
            remedy="write the date as YYYY-MM-DD",
        ) from None


_CHECKS: Mapping[Kind, Callable[[Column, object], Value]] = MappingProxyType(
    {
        Kind.ID: _id,
        Kind.COMPANY: _id,
        Kind.REFERENCE: _id,
        Kind.TEXT: _text,
        Kind.TEXTS: _texts,
        Kind.CHOICE: _choice,
        Kind.CHOICES: _choices,
        Kind.NUMBER: _number,
        Kind.SHARE: _number,
        Kind.MONEY: _number,
        Kind.WEEKS: _number,
        Kind.COUNT: _number,
        Kind.FLAG: _flag,
        Kind.DATE: _date,
    }
)

_PERIODS = (("since", "until"), ("made_from", "made_until"))


def normal(text: str) -> str:
    """A text as facts hold it: line ends are LF, nothing blank around it; so any format gives it back."""
    return text.replace("\r\n", "\n").replace("\r", "\n").strip()


def _normal(value: object) -> object:
    """A text, or a list without its blank parts, as facts hold it; anything else as it is."""
    if isinstance(value, str):
        return normal(value)
    if isinstance(value, tuple | list):
        parts = (normal(part) if isinstance(part, str) else part for part in value)
        return tuple(part for part in parts if part != "")
    return value


def fact(table: str, values: Mapping[str, object], *, source_ref: str = "", loaded_at: str = "") -> Fact:
    """A validated fact.

    `values` maps columns to values of the column's kind; None, blank texts and empty lists are blanks. A name
    that the table does not know is kept as text. Raises ValueRejected naming the column and the remedy.
    """
    known = TABLES[table].by_name
    kept: dict[str, Value] = {}
    for given, value in values.items():
        name = given if given in known else normal(given)
        column = known.get(name)
        if column is not None or isinstance(value, str):
            value = _normal(value)
        if value is None or value in ("", (), []):
            continue
        if column is None:
            unknown = Column(_text(Column(name, Kind.TEXT, ""), name), Kind.TEXT, "")
            kept[name] = _text(unknown, value if isinstance(value, str) else str(value))
        else:
            kept[name] = _CHECKS[column.kind](column, value)
    _check_whole(TABLES[table], kept)
    return Fact(table, key_of(table, kept), kept, source_ref, loaded_at)


def _check_whole(table: Table, values: dict[str, Value]) -> None:
    for column in table.columns:
        if column.required and column.name not in values:
            raise ValueRejected("missing", column=column.name, remedy=f"give {column.name}: {column.doc}")
    if table.name == "links":
        if values["source"] == values["target"]:
            raise ValueRejected(
                "a company linked to itself",
                column="target",
                value=values["target"],
                remedy="name the other company",
            )
        kind = str(values["kind"])
        if kind in SYMMETRIC or kind == "OWNS":
            values.pop("category", None)
        elif category := default_category(kind, str(values["source"])):
            values.setdefault("category", category)
    elif table.name == "companies":
        values.setdefault("name", values["id"])
    elif table.name == "rates" and values["rate"] == 0:
        raise ValueRejected(
            "a rate of 0", column="rate", value=0, remedy="write what one unit of the currency is worth"
        )
    for first, last in _PERIODS:
        if first in values and last in values and str(values[last]) < str(values[first]):
            raise ValueRejected(
                f"{values[last]} is before {first} {values[first]}",
                column=last,
                value=values[last],
                remedy=f"write a date not before {first}",
            )


def key_of(table: str, values: Mapping[str, object]) -> tuple[str, ...]:
    """What identifies a row; the two ends of a symmetric link stand in the order of their ids."""
    key = tuple(str(values.get(name, "")) for name in TABLES[table].key)
    if table == "links" and key[1] in SYMMETRIC and key[0] > key[2]:
        return (key[2], key[1], key[0], *key[3:])
    return key


_ENDS = ("source", "target")


def contradiction(
    old: Mapping[str, Value], new: Mapping[str, Value], columns: frozenset[str] | None = None
) -> str:
    """The first column in which two tellings of one fact differ, '' if none; only `columns` where given."""
    for name, value in new.items():
        if name in LISTS or name in _ENDS or (name == "name" and value == new.get("id")):
            continue
        if name in old and old[name] != value and (columns is None or name in columns):
            return name
    return ""


# Lists are gathered over tellings; the rest is replaced by the later one.
LISTS = ("roles", "aliases", "identifiers", "component", "assumed", "inferred")


def merge(old: Fact, new: Fact) -> Fact | None:
    """What is known after `new` was told on top of `old`; None where nothing changes.

    The later value wins, a blank changes nothing, lists are gathered. A value that is told anew is
    observed unless the new telling says otherwise. Inferred roles are gathered apart: observed ones replace
    them, and keep others from being inferred.
    """
    changed: dict[str, Value] = {}
    kept_out = ""  # roles that are inferred where others were observed
    for name, value in new.values.items():
        if name in _ENDS:  # a symmetric link keeps the order of its first row
            continue
        before = old.values.get(name)
        if name in ("assumed", "inferred"):
            continue
        if (
            name == "roles"
            and before is not None
            and (old.status(name) == "inferred") != (new.status(name) == "inferred")
        ):
            if new.status(name) == "inferred":
                kept_out = name
                continue
        elif isinstance(value, tuple) and isinstance(before, tuple):
            value = before + tuple(v for v in value if v not in before)
            if name == "roles":
                value = tuple(c for c in TABLES["companies"].by_name["roles"].choices if c in value)
        if name == "name" and value == new.key[0] and before is not None:  # no name was given, only the id
            continue
        if before != value:
            changed[name] = value
    for name in ("assumed", "inferred"):
        said = tuple(c for c in _strings(new.values.get(name)) if c != kept_out)
        kept = tuple(c for c in _strings(old.values.get(name)) if c in said or c not in new.values)
        value = kept + tuple(c for c in said if c not in kept)
        if value != _strings(old.values.get(name)):
            changed[name] = value
    if not changed:
        return None
    values = {k: v for k, v in {**old.values, **changed}.items() if v != ()}
    refs = dict(old.refs) | dict.fromkeys(changed, new.source_ref)
    return replace(old, values=values, refs=refs, loaded_at=new.loaded_at)


def _strings(value: Value | None) -> tuple[str, ...]:
    return value if isinstance(value, tuple) else ()


def told_by(source_ref: str, file: str) -> bool:
    """Whether a FILE:ROW is of this file."""
    return source_ref == file or source_ref.startswith(file + ":")


def forget(fact: Fact, file: str) -> Fact | None:
    """What is known of a fact without what one file told: the fact itself where the file told nothing of it.

    None where the file alone told it, or told a value that the table requires. A company whose name goes
    is called by its id.
    """
    table = TABLES[fact.table]
    whose = {name: fact.refs.get(name, fact.source_ref) for name in fact.values if name not in table.key}
    gone = {name for name, ref in whose.items() if told_by(ref, file) and name not in ("assumed", "inferred")}
    own = told_by(fact.source_ref, file)
    refs = {name: ref for name, ref in fact.refs.items() if name in fact.values and not told_by(ref, file)}
    if not own and not gone and len(refs) == len(fact.refs):
        return fact
    if (own and not refs) or any(c.required and c.name in gone for c in table.columns):
        return None
    values = {name: value for name, value in fact.values.items() if name not in gone}
    for name in ("assumed", "inferred"):  # a mark goes with its value, and only with it
        if marks := tuple(c for c in _strings(values.pop(name, None)) if c not in gone):
            values[name] = marks
    if table.name == "companies":
        values.setdefault("name", fact.id)
    source_ref = next(iter(refs.values())) if own else fact.source_ref
    return replace(fact, values=values, source_ref=source_ref, refs=refs)
