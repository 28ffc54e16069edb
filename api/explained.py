"""Why a loss came about, as JSON and for a person at a terminal, whoever asks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from api.answers import dumps
from api.console import Call
from api.terminal import table
from api.words import Speech
from graph.errors import NotFound, ScenarioError
from graph.explorer import Explorer
from graph.impact.explanation import Asked, Explanation, explain, link_ends
from graph.impact.impact import Impact
from graph.impact.paths import Path
from graph.impact.removal import Removal, removal
from graph.network import Floats
from graph.ontology import default_category
from viz.story import clause, name_of
from viz.why import because, opening

Json = dict[str, Any]
ALL = "all"  # instead of a company: the headline
MOST_ROWS = 5


@dataclass(frozen=True)
class Wanted:
    """What is to be explained: a company's id, or '' for the headline; how, and how many removals are run."""

    company: str
    asked: Asked
    removals: int = 0


@dataclass(frozen=True)
class Explained:
    """An explanation, with removals where they were wanted."""

    division: Explanation
    removal: Removal | None


def wanted(explorer: Explorer, company: str, asked: Asked, removals: int) -> Wanted:
    """With the company found by its name. Raises ScenarioError, StoreError."""
    if company == ALL:
        return Wanted("", asked, removals)
    try:
        return Wanted(explorer.find(company).id, asked, removals)
    except NotFound as error:
        raise ScenarioError(
            error.message, field="explain", remedy=error.remedy, candidates=error.candidates
        ) from error


def explained(impact: Impact, want: Wanted) -> Explained:
    """Divide, and run without what counts most. Raises ScenarioError."""
    place = impact.network.index[want.company] if want.company else None
    division = explain(impact, place, want.asked)
    return Explained(division, removal(impact, division, want.removals) if want.removals else None)


# -- as JSON ------------------------------------------------------------------------------------------


def explanation_json(impact: Impact, found: Explained) -> Iterator[str]:
    """What an explanation adds to the answer of a what-if, as pieces of JSON text: `, "key": value`."""
    yield f', "explanation": {dumps(_division(impact, found.division))}'
    yield f', "removal": {dumps(_removal(impact, found.removal))}'


def _division(impact: Impact, division: Explanation) -> Json:
    ids = impact.network.ids
    return {
        "company": None if division.company is None else ids[division.company],
        "week": division.week,
        "loss": division.loss,
        "by_shock": [{"shock": n, "amount": amount} for n, amount in _some(division.by_shock)],
        "by_channel": _channels(division.by_channel),
        "by_link": _links(impact, division.by_link, division.own),
        "carried": _links(impact, division.carried, 0.0),
        "paths": [_path(impact, path) for path in division.paths],
        "remainder": division.remainder,
        "ended": division.ended,
        "close_calls": {"amount": division.close_calls.amount, "weeks": list(division.close_calls.weeks)},
    }


def _some(amounts: Floats) -> list[tuple[int, float]]:
    """What is above 0, by place."""
    return [(int(n), float(amounts[n])) for n in np.flatnonzero(amounts > 0)]


def _channels(amounts: Mapping[str, float]) -> list[Json]:
    order = sorted((-amount, channel) for channel, amount in amounts.items() if amount > 0)
    return [{"channel": channel, "amount": -amount} for amount, channel in order]


def _links(impact: Impact, amounts: Floats, own: float) -> list[Json]:
    """Links with an amount, the largest first; null ends for `own`."""
    rows = [link_ends(impact.network, n)._asdict() | {"amount": amount} for n, amount in _some(amounts)]
    if own > 0:
        rows.append(dict.fromkeys(("source", "target", "kind", "category")) | {"amount": own})
    return sorted(rows, key=lambda row: -row["amount"])


def _path(impact: Impact, path: Path) -> Json:
    network = impact.network
    return {
        "amount": path.amount,
        "company": network.ids[path.company],
        "shock": path.shock,
        "hops": [
            {
                "source": network.ids[hop.source],
                "target": network.ids[hop.target],
                "channel": hop.channel,
                "links": [link_ends(network, n)._asdict() for n in hop.links],
                "first_week": hop.first_week,
                "last_week": hop.last_week,
            }
            for hop in path.hops
        ],
    }


def _removal(impact: Impact, found: Removal | None) -> Json | None:
    if found is None:
        return None
    return {
        "shocks": [{"shock": each.of, "saved": each.amount} for each in found.shocks],
        "links": [link_ends(impact.network, e.of)._asdict() | {"saved": e.amount} for e in found.links],
    }


# -- for a person -------------------------------------------------------------------------------------


def tell_explanation(call: Call, impact: Impact, found: Explained) -> None:
    """The division in sentences and tables."""
    say, division = call.speech(impact.network.snapshot.currency), found.division
    call.print()
    call.print(say("why_title"), style="bold")
    call.print(opening(impact, division, say.words), indent=2)
    for line in because(impact, division, say.words):
        call.print(line, indent=2)
    if division.loss <= 0:
        return
    shocks = [(_shock(impact, say, n), amount) for n, amount in _some(division.by_shock)]
    channels = [(say(f"channel_{c['channel']}"), c["amount"]) for c in _channels(division.by_channel)]
    links = [
        (_link(impact, say, row), row["amount"])
        for row in _links(impact, division.by_link, division.own)[:MOST_ROWS]
    ]
    for title, rows in (("why_by_shock", shocks), ("why_by_channel", channels), ("why_by_link", links)):
        if len(rows) > 1:  # a single one stands in the sentences
            _table(call, say, say(title), sorted(rows, key=lambda row: -row[1])[:MOST_ROWS], division.loss)
    if found.removal is not None:
        without = [(_shock(impact, say, each.of), each) for each in found.removal.shocks]
        for each in found.removal.links:
            without.append((_link(impact, say, link_ends(impact.network, each.of)._asdict()), each))
        _table(call, say, say("why_removal"), [(told, e.amount) for told, e in without], division.loss)


def _table(call: Call, say: Speech, title: str, rows: list[tuple[str, float]], loss: float) -> None:
    if not rows:
        return
    headers = [title, say("why_amount"), say("why_part")]
    told = [
        [what, say.words.money(amount), say.words.percent(100.0 * amount / loss)] for what, amount in rows
    ]
    call.print()
    call.print(table(headers, told, numbers=(1, 2)), indent=2)


def _shock(impact: Impact, say: Speech, number: int) -> str:
    return say(
        "why_shock_number", number=number, what=clause(impact, impact.settled.shocks[number], say.words)
    )


def _link(impact: Impact, say: Speech, row: Mapping[str, Any]) -> str:
    if row["source"] is None:
        return say("channel_own")
    ends = f"{name_of(impact, row['source'])} → {name_of(impact, row['target'])}"
    usual = row["category"] in ("", None, default_category(row["kind"], row["source"]))
    return f"{ends} ({say('tie_' + row['kind']) if usual else row['category']})"
