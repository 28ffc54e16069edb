"""The answers as JSON: one function a question, whoever asks it, on the command line or over HTTP."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from api.carried import Carried
from api.cursors import Cursor, read_cursor
from api.moved import moved
from graph.explorer import Explorer
from graph.impact.basis import Basis
from graph.impact.impact import NEVER, CompanyAnswers, Impact
from graph.impact.uncertainty import Draws
from graph.model import Fact, Value
from graph.scenario import Outage, Scenario, Shock, kind_of
from graph.stores.base import Snapshot
from viz.story import warnings
from viz.words import Words

Json = dict[str, Any]
QUICK = 1000  # companies like a text that are found without a look at all of them


def dumps(document: object, *, indent: int | None = None, ascii_only: bool = False) -> str:
    """A document as JSON text; ValueError where a number is not finite, which no answer holds."""
    return json.dumps(document, allow_nan=False, indent=indent, ensure_ascii=ascii_only)


# -- facts --------------------------------------------------------------------------------------------


def _plain(value: Value) -> object:
    return list(value) if isinstance(value, tuple) else value


def fact(fact: Fact) -> Json:
    """One fact with its provenance."""
    marks = {name: _plain(fact.values.get(name, ())) for name in ("assumed", "inferred")}
    return {
        "table": fact.table,
        "key": list(fact.key),
        "values": {name: _plain(v) for name, v in fact.values.items() if name not in marks},
        **marks,
        "source_ref": fact.source_ref,
        "refs": dict(fact.refs),
        "loaded_at": fact.loaded_at,
    }


def snapshot(stamp: Snapshot) -> Json:
    """Which state of the facts an answer was reckoned on."""
    return {"revision": stamp.revision, "hash": stamp.hash}


def basis(found: Basis, lang: str) -> Json:
    """What an answer rests on: the date of the chain, defaults by column, warnings in that language."""
    return {
        "chain_as_of": found.network.day or None,
        "assumed": dict(found.assumed),
        "warnings": list(warnings(found, Words(lang))),
    }


def company(found: Fact, currency: str) -> Json:
    """One company in a list; money is in the store's currency, whatever its row was written in."""
    values = found.values
    return {
        "id": found.id,
        "name": values.get("name", found.id),
        "roles": _plain(values.get("roles", ())),
        "annual_revenue": values.get("annual_revenue"),
        "currency": currency or None,
        "country": values.get("country"),
        "market": values.get("market"),
    }


def companies(explorer: Explorer, query: str, role: str, cursor: str, limit: int) -> Json:
    """A page of companies: by id, or those like the query, best first. Raises BadField, StoreError."""
    at = read_cursor(cursor, query, role)
    if query:
        found = _like(explorer, query, role, at.skip + limit + 1)[at.skip :]
        following = Cursor(query, role, skip=at.skip + limit)
    else:
        found = explorer.companies("", role, at.after, limit + 1)
        following = Cursor(query, role, after=found[limit - 1].id if len(found) > limit else "")
    currency = explorer.store.snapshot().currency
    return {
        "items": [company(c, currency) for c in found[:limit]],
        "next_cursor": following.text() if len(found) > limit else None,
    }


def _like(explorer: Explorer, query: str, role: str, upto: int) -> list[Fact]:
    """The first companies like a text: those of a quick search, after them what a search of all adds."""
    found = explorer.companies(query, role, limit=QUICK)
    if upto > len(found):
        known = {company.id for company in found}
        rest = explorer.companies(query, role, limit=_count(explorer))
        found += [company for company in rest if company.id not in known]
    return found[:upto]


def _count(explorer: Explorer) -> int:
    return max(1, explorer.store.counts()["companies"])


def all_companies(explorer: Explorer, query: str, role: str = "") -> Json:
    """All companies, or all that a search finds, in one answer."""
    items: list[Json] = []
    cursor = ""
    while True:
        page = companies(explorer, query, role, cursor, limit=_count(explorer))
        items += page["items"]
        if page["next_cursor"] is None:
            return {"items": items, "next_cursor": None}
        cursor = page["next_cursor"]


def show(explorer: Explorer, name: str) -> Json:
    """A company, all that is known of it, and what refers to it. Raises NotFound, Ambiguous."""
    portrait = explorer.show(name)
    stamp = explorer.store.snapshot()
    return {
        **company(portrait.company, stamp.currency),
        "fact": fact(portrait.company),
        "related": {table: [fact(f) for f in facts] for table, facts in portrait.related.items()},
        "cut": sorted(portrait.cut),
        "snapshot": snapshot(stamp),
    }


def chain(explorer: Explorer, name: str, depth: int, limit: int) -> Json:
    """What stands around a company, to a depth. Raises NotFound, Ambiguous."""
    around = explorer.chain(name, depth, limit)
    stamp = explorer.store.snapshot()
    return {
        "company": around.companies[0][0].id,
        "depth": depth,
        "companies": [{**company(c, stamp.currency), "distance": far} for c, far in around.companies],
        "links": [
            {
                "source": link.values["source"],
                "target": link.values["target"],
                "kind": link.values["kind"],
                "category": link.values.get("category", ""),
                "fact": fact(link),
            }
            for link in around.links
        ],
        "cut": around.cut,
        "snapshot": snapshot(stamp),
    }


# -- what-if ------------------------------------------------------------------------------------------


def scenario(asked: Scenario) -> Json:
    """A scenario as it was reckoned, defaults filled in; as input it asks the same again."""
    return {
        "name": asked.name,
        "horizon_weeks": asked.horizon_weeks,
        "seed": asked.seed,
        "as_of": asked.as_of or None,
        "shocks": [_shock(s) for s in asked.shocks],
        "parameters": dict(asked.parameters),
        "exits": asked.exits,
        "levers": [],
    }


def _shock(shock: Shock) -> Json:
    said: Json = {"kind": kind_of(shock)}
    for each in dataclasses.fields(shock):
        value = getattr(shock, each.name)
        said[each.name] = list(value) if each.name.endswith("_range") and value else value
    if where := said.pop("where"):
        said |= {"where": {name: int(value) if name == "tier" else value for name, value in where}}
        del said["company"]
    if isinstance(shock, Outage):
        said |= {"category": shock.category or None, "target": shock.target or None}
    said["direct_costs"] = [
        {"bearer": c.bearer, "supplier": c.supplier or None, "amount": c.amount} for c in shock.direct_costs
    ]
    return said


def totals(impact: Impact) -> Json:
    """What a scenario costs in all, and who bears the direct costs."""
    return {
        "value_added_loss": impact.value_added_loss,
        "gross_revenue_loss": impact.gross_revenue_loss,
        "direct_costs": [
            {
                "shock": c.shock,
                "bearer": c.bearer,
                "supplier": c.supplier or None,
                "amount": c.amount,
                "repaid": c.repaid,
                "borne": c.borne,
            }
            for c in impact.direct_costs
        ],
    }


def links_carried(impact: Impact, found: Sequence[Carried]) -> list[Json]:
    """The links that carried most; weeks count from 0."""
    ids = impact.network.ids
    return [
        {
            "channel": c.channel,
            "source": ids[c.source],
            "target": ids[c.target],
            "category": c.category or None,
            "at_most": c.at_most,
            "first_week": c.first,
            "last_week": c.last,
            "touched": c.touched,
        }
        for c in found
    ]


def exits(impact: Impact, drawn: Draws | None = None) -> list[Json]:
    """Who goes out of business and in which week, the first first.

    With draws also in what share of them, and after these who goes only in some of them (week null).
    """
    ids = impact.network.ids
    found: list[Json] = [{"company": gone.company, "week": gone.start_week} for gone in impact.exits]
    if drawn is None:
        return found
    chances = {ids[i]: chance for i, chance in drawn.exit_chances().items()}
    told = [gone | {"chance": chances.pop(gone["company"], 0.0)} for gone in found]
    others = sorted(chances.items(), key=lambda each: (-each[1], each[0]))
    return told + [{"company": key, "week": None, "chance": chance} for key, chance in others]


def what_if(impact: Impact, lang: str = "en", drawn: Draws | None = None) -> Json:
    """The answer to a scenario without its series (`what_if_json` has them); warnings in that language."""
    network = impact.network
    return {
        "scenario": scenario(impact.scenario),
        "snapshot": snapshot(network.snapshot),
        "as_of": network.as_of or None,
        "chain_as_of": network.day or None,
        "currency": network.snapshot.currency or None,
        "weeks": impact.weeks,
        **totals(impact),
        "revenue_loss": dict(zip(network.ids, impact.revenue_loss.tolist(), strict=True)),
        "rival_gain": dict(zip(network.ids, impact.rival_gain.tolist(), strict=True)),
        "moved_customers": moved(impact),
        **({"exits": exits(impact, drawn)} if impact.scenario.exits else {}),
        "companies": _companies(impact),
        "parameters": dict(impact.parameters),
        "assumed": dict(impact.chain.assumed),
        "marked_assumed": dict(network.marked),
        "warnings": list(warnings(impact, Words(lang))),
    }


def _companies(impact: Impact) -> list[Json]:
    network = impact.network
    answers = {
        name: [_number(v) for v in getattr(impact.answers, name).tolist()]
        for name in (f.name for f in dataclasses.fields(CompanyAnswers))
    }
    revenue = impact.chain.revenue.tolist()
    return [
        {
            "id": network.ids[i],
            "name": network.names[i],
            "roles": list(network.roles[i]),
            "tier": network.tier[i],
            "revenue": revenue[i],
            "revenue_loss": loss,
            **{name: values[i] for name, values in answers.items()},
        }
        for i, loss in enumerate(impact.revenue_loss.tolist())
    ]


def _number(value: float) -> float | int | None:
    """A number as JSON can say it: none where there is none, or no end."""
    if isinstance(value, int):
        return None if value == NEVER else value
    return value if math.isfinite(value) else None


def series(impact: Impact, place: int) -> Json:
    """The weekly series of one company."""
    return {name: values[:, place].tolist() for name, values in impact.series.items()}


def what_if_json(
    impact: Impact, lang: str = "en", more: Iterable[str] = (), drawn: Draws | None = None
) -> Iterator[str]:
    """The whole answer as pieces of one JSON text, one a company: a large chain fits in memory.

    `more` are pieces of further keys, each `, "key": value`; `drawn` where draws were asked for.
    """
    yield dumps(what_if(impact, lang, drawn))[:-1] + ', "series": {'
    for place, key in enumerate(impact.network.ids):
        yield f"{', ' if place else ''}{dumps(key)}: {dumps(series(impact, place))}"
    yield "}"
    yield from more
    yield "}"


def losers(impact: Impact, most: int) -> list[int]:
    """The places of the companies that lose most revenue, the most first; none that loses nothing."""
    loss = impact.revenue_loss
    order = np.lexsort((np.arange(len(loss)), -loss))[:most]
    return [int(i) for i in order if loss[i] > 0]


def winners(impact: Impact, most: int) -> list[int]:
    """The places of the rivals that win most, the most first."""
    gain = impact.rival_gain
    order = np.lexsort((np.arange(len(gain)), -gain))[:most]
    return [int(i) for i in order if gain[i] > 0]
