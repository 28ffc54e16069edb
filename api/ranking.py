"""Who matters most, as it is asked and answered: on the command line and over HTTP."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from api.answers import Json, basis, snapshot
from api.errors import BadField
from api.settings import Settings
from api.stores import store_file
from graph.errors import InputError
from graph.explorer import Explorer
from graph.impact.accounts import LEFT, key_accounts
from graph.impact.basis import of_ranking
from graph.impact.comparison import Hidden, groups, hidden, places_of, sold_categories
from graph.impact.criticality import Question, Ranking, Shock
from graph.impact.dependence import accounts_at_risk, concentration, diamonds, single_sources
from graph.impact.impact import NEVER, NOTICEABLE
from graph.scenario import Outage, Scandal
from viz.dangers import dangers, share_of, weakest_links
from viz.words import Words

OF_OUTAGE = ("severity", "weeks", "ttr")
OF_SCANDAL = ("harm", "culpability", "victims", "reach")
ALL = "all"
LONGEST_WEEKS = 5  # digits of a count of weeks
KEY_ACCOUNTS = 100  # of all sellers, those whose accounts are listed


@dataclass(frozen=True, slots=True)
class Asked:
    """The question as options or query parameters give it: None is the default.

    `ttr` are the weeks that every company takes to recover, `times` those of single ones, by id.
    """

    to: str = ALL
    shock: str = "outage"
    severity: float | None = None
    weeks: int | None = None
    harm: float | None = None
    culpability: float | None = None
    victims: str | None = None
    reach: str | None = None
    ttr: int | None = None
    times: Mapping[str, int] = field(default_factory=dict)
    horizon: int | None = None
    threshold: float | None = None
    as_of: str | None = None
    parameters: Mapping[str, float] = field(default_factory=dict)

    def question(self, explorer: Explorer) -> Question:
        """The question with the company by id. Raises BadField, ScenarioError, NotFound, Ambiguous."""
        stray = [
            n for n in (OF_SCANDAL if self.shock == "outage" else OF_OUTAGE) if getattr(self, n) is not None
        ]
        if stray:
            raise BadField(
                f"{stray[0]} does not go with the shock {self.shock}", field=stray[0], remedy="leave it out"
            )
        return Question(
            shock=self._shock(),
            to="" if self.to == ALL else explorer.find(self.to).id,
            horizon_weeks=52 if self.horizon is None else self.horizon,
            parameters=self.parameters,
            as_of=self.as_of or "",
            threshold=NOTICEABLE if self.threshold is None else self.threshold,
            recovery_weeks=self.ttr,
            recovery=self.times,
        )

    def _shock(self) -> Shock:
        if self.shock == "outage":
            return Outage(
                "",
                1.0 if self.severity is None else self.severity,
                4 if self.weeks is None else self.weeks,
            )
        given = {name: getattr(self, name) for name in OF_SCANDAL if getattr(self, name) is not None}
        return Scandal("", **({"harm": 0.5} | given))


def kept_in(settings: Settings) -> Path:
    """The folder where rankings are kept: the one that is set, else beside the store's file, else here."""
    if settings.cache:
        return Path(settings.cache)
    file = store_file(settings)
    return Path("knockon.kept") if file is None else file.with_name(f"{file.name}.kept")


def times_to_recover(explorer: Explorer, path: Path) -> dict[str, int]:
    """Weeks to recover by id, from a CSV with the columns company and weeks. Raises InputError, NotFound."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = [row for row in csv.reader(file) if any(cell.strip() for cell in row)]
    except (OSError, ValueError, csv.Error) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InputError(
            f"{path} cannot be read: {reason}", file=str(path), remedy="name a file that is there"
        ) from error
    index, found = explorer.network().index, {}
    for number, row in enumerate(rows, 1):
        weeks = row[1].strip() if len(row) > 1 else ""
        if number == 1 and not weeks.isdecimal():
            continue  # the header
        if not weeks.isdecimal() or len(weeks) > LONGEST_WEEKS:
            raise InputError(
                f"{path}: row {number} does not say a company and its weeks",
                file=str(path),
                remedy="write rows like acme,6",
            )
        company = row[0].strip()
        found[company if company in index else explorer.find(company).id] = int(weeks)
    return found


# -- the answer ---------------------------------------------------------------------------------------


def rank_json(
    explorer: Explorer, ranking: Ranking, lang: str, *, top: int = 5, most: int | None = None
) -> Json:
    """The whole answer; of each list at most `most`, the worst first."""
    words = Words(lang, ranking.network.snapshot.currency)
    question, network = ranking.question, ranking.network
    where, categories = places_of(explorer.store, ranking), sold_categories(ranking)
    found = hidden(ranking)
    places = [int(i) for i in _by_loss(ranking)]
    return {
        "to": question.to or None,
        "shock": _shock(question.shock),
        "horizon_weeks": question.horizon_weeks,
        "threshold": question.threshold,
        "as_of": network.as_of or None,
        **basis(of_ranking(ranking), lang),
        "snapshot": snapshot(network.snapshot),
        "currency": network.snapshot.currency or None,
        "parameters": dict(question.parameters),
        "reckoned": len(places),
        "not_reckoned": int(np.count_nonzero(~ranking.reckoned)),
        "top": [
            {
                "id": network.ids[d.place],
                "loss": float(ranking.loss[d.place]),
                "why": d.why,
                "path": [_hop(ranking, hop) for hop in d.hops],
            }
            for d in dangers(ranking, words, top)
        ],
        "companies": [_company(ranking, found, i, where, categories[i]) for i in places[:most]],
        "groups": {
            name: [asdict(g) | {"largest": network.ids[g.largest]} for g in each[:most]]
            for name, each in groups(ranking, where, categories).items()
        },
        **_structure(ranking, most),
    }


def _by_loss(ranking: Ranking) -> Sequence[int]:
    """All that were reckoned but the one asked about, by their loss, those that cost nothing last."""
    order = np.lexsort((np.arange(len(ranking.loss)), -ranking.loss))
    return [int(i) for i in order if ranking.reckoned[i] and i != ranking.to]


def _shock(shock: Shock) -> Json:
    if isinstance(shock, Outage):
        names = ("severity", "duration_weeks", "recovery", "recovery_weeks")
        return {"kind": "outage", **{name: getattr(shock, name) for name in names}}
    return {"kind": "scandal", **{name: getattr(shock, name) for name in OF_SCANDAL}}


def _company(
    ranking: Ranking, found: Hidden, i: int, where: Mapping[str, Sequence[str]], categories: Sequence[str]
) -> Json:
    network, shock, hardest = ranking.network, ranking.question.shock, int(ranking.hardest[i])
    loss = float(ranking.loss[i])
    a_week = loss / shock.duration_weeks if isinstance(shock, Outage) and shock.duration_weeks else None
    return {
        "id": network.ids[i],
        "name": network.names[i],
        "roles": list(network.roles[i]),
        "tier": network.tier[i],
        "country": where["country"][i] or None,
        "region": where["region"][i] or None,
        "categories": list(categories),
        "loss": loss,
        "loss_share": share_of(ranking, i),
        "loss_per_week": a_week,
        "value_added_loss": float(ranking.value_added_loss[i]),
        "gross_revenue_loss": float(ranking.gross_revenue_loss[i]),
        "own_loss": float(ranking.own_loss[i]),
        "hardest_hit": None if hardest == NEVER else network.ids[hardest],
        "hardest_hit_loss": _number(ranking.hardest_loss[i]),
        "bought": _number(found.bought[i]),
        "sold": _number(found.sold[i]),
        "traded": float(found.traded[i]),
        "times": _number(found.times[i]),
        "hidden": bool(found.hidden[i]),
        "first_week": _week(ranking.first_week[i]),
        "time_to_survive": _week(ranking.time_to_survive[i]),
        "time_to_recover": _week(ranking.time_to_recover[i]),
        "exposure": _number(ranking.exposure[i]),
        "exposed": bool(ranking.exposed[i]),
    }


def _number(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _week(value: int) -> int | None:
    return None if value == NEVER else int(value)


def _hop(ranking: Ranking, hop: Any) -> Json:
    network = ranking.network
    category = network.categories[network.trade.category[hop.link]] if hop.link >= 0 else ""
    return {
        "source": network.ids[hop.source],
        "target": network.ids[hop.target],
        "channel": hop.channel,
        "category": category or None,
        "weight": hop.weight,
    }


def _structure(ranking: Ranking, most: int | None) -> Json:
    """What the chain alone says: single sources, concentration, diamonds, weakest links, key accounts."""
    network, loss, to = ranking.network, ranking.loss, ranking.to
    ids, categories = network.ids, network.categories
    single = [s for s in single_sources(ranking.chain) if ranking.reckoned[s.buyer] and s.seller != to]
    single.sort(key=lambda s: (s.buyer != to, -loss[s.seller], s.buyer, s.category))
    shared = sorted(diamonds(ranking.chain, to), key=lambda d: (-loss[d.shared], d.buyer, d.shared))
    chain = ranking.chain
    accounts = accounts_at_risk(chain, KEY_ACCOUNTS) if to is None else (key_accounts(chain, to),)
    return {
        "single_sources": [
            {"buyer": ids[s.buyer], "category": categories[s.category], "seller": ids[s.seller],
             "criticality": s.criticality, "substitutability": s.substitutability,
             "inventory_weeks": s.stock, "no_substitute": s.no_substitute, "loss": float(loss[s.seller])}
            for s in single[:most]
        ],
        "concentration": [
            {"category": categories[c.category], "sellers": c.sellers, "hhi": c.hhi,
             "largest": ids[c.largest], "largest_share": c.largest_share}
            for c in concentration(ranking.chain, to)[:most]
        ],
        "diamonds": [
            {"buyer": ids[d.buyer], "shared": ids[d.shared], "suppliers": [ids[s] for s in d.suppliers],
             "category": categories[d.category], "behind": d.behind, "alternatives": d.alternatives,
             "loss": float(loss[d.shared])}
            for d in shared[:most]
        ],
        "weakest_links": [
            {"brand": ids[b], "company": ids[ranking.weakest[b]],
             "revenue_loss": float(ranking.weakest_loss[b])}
            for b in weakest_links(ranking)[:most]
        ],
        "key_accounts": [
            {"seller": ids[a.company], "buyers": [{"id": ids[i], "share": s} for i, s in a.largest(most)],
             "hhi": a.concentration, "left": LEFT, "runway_weeks": _number(a.runway_without(LEFT))}
            for a in accounts[:most]
            if len(a.buyer)
        ],
    }  # fmt: skip
