"""How much couriers carry for their clients within some days: the exposure of complaints about them."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from graph.ontology import LinkKind, default_category
from graph.stores.base import Coded, Columns

DAYS_A_YEAR = 365.25
_DAY = dt.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Carriage:
    """One row of CARRIES_FOR. `value` [currency/year], NaN where neither it nor a share of revenue is known.

    It holds from `since` until the day before `until`; `period` names a closed stretch of its history.
    """

    courier: str
    client: str
    category: str
    period: str
    value: float
    since: dt.date
    until: dt.date


def carried(ways: Sequence[Carriage], span: tuple[dt.date, dt.date]) -> float:
    """What is carried from the first day of the span to the last, both counted in [currency].

    Of several rows that tell one link (courier, client, category) on one day that which began last counts.
    0 where nothing is carried then; NaN where a row that counts does not say how much.
    """
    links: dict[tuple[str, str, str], list[Carriage]] = {}
    for way in ways:
        links.setdefault((way.courier, way.client, way.category), []).append(way)
    return math.fsum(
        way.value * (days.days / DAYS_A_YEAR) for link in links.values() for way, days in _parts(link, span)
    )


def _parts(
    link: Sequence[Carriage], span: tuple[dt.date, dt.date]
) -> Iterator[tuple[Carriage, dt.timedelta]]:
    """The rows of one link that count in a span, each with how long."""
    first, end = span[0], _after(span[1])
    turns = {day for way in link for day in (way.since, way.until) if first < day < end}
    for begin, stop in pairwise(sorted({first, end} | turns)):
        there = [way for way in link if way.since <= begin < way.until]
        if there:
            yield max(there, key=lambda way: (way.since, way.period)), stop - begin


def _after(day: dt.date) -> dt.date:
    return day + _DAY if day < dt.date.max else day


def carriages(tables: Mapping[str, Columns], to: str = "") -> list[Carriage]:
    """The rows of CARRIES_FOR among the columns of links, to this client if one is named."""
    links, companies = tables["links"], tables["companies"]
    revenue = dict(zip(texts(companies["id"]), numbers(companies["annual_revenue"]), strict=True))
    told = {name: texts(links[name]) for name in ("source", "target", "category", "period", "since", "until")}
    value, share = numbers(links["annual_value"]), numbers(links["seller_share"])
    found = []
    for row, kind in enumerate(texts(links["kind"])):
        courier, client = told["source"][row], told["target"][row]
        if kind != LinkKind.CARRIES_FOR or (to and client != to):
            continue
        worth = value[row] if not math.isnan(value[row]) else share[row] * revenue[courier]
        since, until = (told[name][row] for name in ("since", "until"))
        found.append(
            Carriage(
                courier,
                client,
                told["category"][row] or default_category(kind, courier),
                told["period"][row],
                worth,
                dt.date.fromisoformat(since) if since else dt.date.min,
                dt.date.fromisoformat(until) if until else dt.date.max,
            )
        )
    return found


def texts(column: object) -> list[str]:
    """A column of texts, '' for blanks."""
    if not isinstance(column, Coded):
        raise TypeError("not a column of texts")
    names = (*column.names, "")
    return [names[code] for code in column.codes.tolist()]


def numbers(column: object) -> list[float]:
    """A column of numbers, NaN for blanks."""
    if not isinstance(column, np.ndarray):
        raise TypeError("not a column of numbers")
    return list(map(float, column))
