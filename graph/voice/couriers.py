"""Couriers by what customers complain of: how many complaints, on how much carried, and who stands out."""

from __future__ import annotations

import datetime as dt
import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from graph.errors import ScenarioError
from graph.stores.base import Columns, Snapshot, Store
from graph.voice.carried import DAYS_A_YEAR, Carriage, carriages, carried, texts
from graph.voice.days import days_of
from graph.voice.rates import Rates, rates
from graph.voice.topics import Topic, stated, topics

ALL: Final = "all"
BOARDS: Final = (ALL, *map(str, Topic))
Unknown = Literal["", "no_link", "no_value", "nothing"]


@dataclass(frozen=True, slots=True)
class Question:
    """Which complaints count: those about the company `to` (its id; '' any), made from `since` to `until`.

    Both days (ISO, '' open) are counted in. Raises ScenarioError naming the field.
    """

    to: str = ""
    since: str = ""
    until: str = ""

    def __post_init__(self) -> None:
        for field in ("since", "until"):
            if given := getattr(self, field):
                try:
                    object.__setattr__(self, field, dt.date.fromisoformat(given).isoformat())
                except ValueError:
                    raise ScenarioError(
                        f"{field} = {given!r} is not a date", field=field, remedy="write it as YYYY-MM-DD"
                    ) from None
        if self.since and self.until and self.since > self.until:
            raise ScenarioError(
                f"until = {self.until} lies before since = {self.since}",
                field="until",
                remedy="write the first day as since, the last as until",
            )


@dataclass(frozen=True, slots=True)
class Courier:
    """Who delivers. `carried` is the exposure [currency], NaN where `unknown` says why there is none.

    unknown: no_link (no CARRIES_FOR says that it carries), no_value (one does not say how much), nothing (it
    carries nothing in these days).
    """

    id: str
    name: str
    carried: float
    unknown: Unknown


@dataclass(frozen=True, slots=True)
class Board:
    """One order: `counts` of all couriers, in their order; `rates` and places of those in `ranked`."""

    counts: NDArray[np.int64]
    ranked: NDArray[np.intp]
    rates: Rates


@dataclass(frozen=True, slots=True)
class Leaderboard:
    """The couriers by id, and a board over all complaints and one a topic.

    `days` is the first and the last day counted in, None where no complaint is dated and none is asked for:
    `carried` is then that of one year. `complaints` are about couriers; `without_topic` of them have no topic
    that is known, `undated` no date, those of `set_aside` (id, date) one outside of the days: see days.py.
    `left_out` counts others about the same company, by why: no_courier, no_company, no_date. `silent` are
    clients of these couriers that no complaint counted names.
    """

    question: Question
    snapshot: Snapshot
    couriers: tuple[Courier, ...]
    boards: Mapping[str, Board]
    days: tuple[dt.date, dt.date] | None
    complaints: int
    without_topic: int
    undated: int
    set_aside: tuple[tuple[str, str], ...]
    left_out: Mapping[str, int]
    silent: tuple[str, ...]


def leaderboard(store: Store, question: Question) -> Leaderboard:
    """Who is complained about most for what it carries. Raises StoreError."""
    snapshot, tables = store.columns(_WANTED)
    if any(texts(tables["complaints"]["courier"])):  # of the others there may be millions, each with its text
        snapshot, tables = store.columns({**_WANTED, "complaints": (*_WANTED["complaints"], *_SAID)})
    told = _Complaints(tables["complaints"])
    rows, left_out = told.counted(question)
    dates = {told.id[row]: told.date[row] for row in rows}
    days = _days(question, [date for date in dates.values() if date])
    span = days or (dt.date.fromisoformat(snapshot.loaded_until[:10] or "0001-01-01"),) * 2
    ways: dict[str, list[Carriage]] = {}
    for way in carriages(tables, question.to):
        ways.setdefault(way.courier, []).append(way)
    clients = {way.client for each in ways.values() for way in each}
    names = dict(zip(*(texts(tables["companies"][c]) for c in ("id", "name")), strict=True))
    ids = sorted({told.courier[row] for row in rows} | set(ways))
    values = {id: carried(ways.get(id, ()), span) * (1.0 if days else DAYS_A_YEAR) for id in ids}
    couriers = tuple(_courier(id, names.get(id) or id, values[id], id in ways) for id in ids)
    found = {row: told.topics(row) for row in rows}
    return Leaderboard(
        question=question,
        snapshot=snapshot,
        couriers=couriers,
        boards=MappingProxyType(_boards(couriers, [(told.courier[row], found[row]) for row in rows])),
        days=days,
        complaints=len(rows),
        without_topic=sum(not each for each in found.values()),
        undated=sum(not date for date in dates.values()),
        set_aside=_outside(days, dates),
        left_out=MappingProxyType(left_out),
        silent=tuple(sorted(clients - {told.company[row] for row in rows})),
    )


def _boards(couriers: Sequence[Courier], found: Sequence[tuple[str, frozenset[Topic]]]) -> dict[str, Board]:
    ranked = np.flatnonzero([not courier.unknown for courier in couriers])
    exposure = np.array([couriers[k].carried for k in ranked.tolist()], np.float64)
    made = {}
    for board in BOARDS:
        per = Counter(courier for courier, said in found if board == ALL or board in said)
        counts = np.array([per[courier.id] for courier in couriers], np.int64)
        made[board] = Board(counts, ranked, rates(counts[ranked].astype(np.float64), exposure))
    return made


def _courier(id: str, name: str, value: float, is_carrying: bool) -> Courier:
    unknown: Unknown = (
        "no_link" if not is_carrying else "no_value" if math.isnan(value) else "" if value else "nothing"
    )
    return Courier(id, name, math.nan if unknown else value, unknown)


def _days(question: Question, dates: Sequence[str]) -> tuple[dt.date, dt.date] | None:
    """The days that were asked for, else those over which the complaints came in."""
    told = days_of(dates) if dates else ("", "")
    first, last = question.since or told[0], question.until or told[1]
    if not first or not last:
        return None
    return dt.date.fromisoformat(first), dt.date.fromisoformat(last)


def _outside(days: tuple[dt.date, dt.date] | None, dates: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """The complaints, by id, whose date lies outside of the days."""
    first, last = (day.isoformat() for day in days or (dt.date.min, dt.date.max))
    return tuple((id, date) for id, date in sorted(dates.items()) if date and not first <= date <= last)


# -- complaints as they stand in the store ------------------------------------------------------------

_WANTED: Mapping[str, Sequence[str]] = MappingProxyType(
    {
        "companies": ("id", "name", "annual_revenue"),
        "links": (
            "source", "target", "kind", "category", "period", "annual_value", "seller_share", "since", "until"
        ),
        "complaints": ("id", "courier", "company", "date"),
    }
)  # fmt: skip
_SAID: Final = ("category", "component", "text")


class _Complaints:
    """The columns of complaints, row by row."""

    def __init__(self, columns: Columns) -> None:
        self.id, self.courier, self.company, self.date = (
            texts(columns[name]) for name in _WANTED["complaints"]
        )
        self._said = [texts(columns[name]) for name in _SAID if name in columns]
        self._known: dict[tuple[str, ...], frozenset[Topic]] = {}

    def counted(self, question: Question) -> tuple[list[int], dict[str, int]]:
        """The rows that count, and how many others were left out because a cell is blank."""
        reasons = Counter(dict.fromkeys(("no_courier", "no_company", "no_date"), 0))
        rows = []
        for row in range(len(self.courier)):
            if reason := next(self._against(row, question), ""):
                reasons[reason] += 1
            else:
                rows.append(row)
        del reasons["another"]
        return rows, dict(reasons)

    def _against(self, row: int, question: Question) -> Iterator[str]:
        """Why a row does not count, if it does not; `another` was not asked for."""
        company, date = self.company[row], self.date[row]
        if question.to and company and company != question.to:
            yield "another"
        if (question.since and date and date < question.since) or (question.until and date > question.until):
            yield "another"
        if not self.courier[row]:
            yield "no_courier"
        if question.to and not company:
            yield "no_company"
        if (question.since or question.until) and not date:
            yield "no_date"

    def topics(self, row: int) -> frozenset[Topic]:
        """What its category and components state, else what its text says."""
        category, component, text = said = tuple(column[row] for column in self._said)
        if said not in self._known:
            self._known[said] = stated((category, component)) or topics(text)
        return self._known[said]
