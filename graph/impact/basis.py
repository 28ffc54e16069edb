"""What an answer rests on: the defaults that it uses, and what to know before trusting it.

Each question uses a part of the columns; a default that it does not use is not counted.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np

from graph.impact.coefficients import Chain, derive, told_values, total
from graph.impact.criticality import Ranking
from graph.impact.dependence import slot_of
from graph.impact.notices import Notice, not_on_date
from graph.impact.parts import cut_out
from graph.impact.systemic import Systemic
from graph.network import Floats, Network
from graph.parameters import parameters
from graph.scenario import Scandal

# What no loss hangs on as long as nobody is in the news: steps 1 to 7 of the model, and what customers buy.
OF_NEWS = frozenset(
    {
        "companies.consumer_share",
        "companies.market",
        "links.attribution",
        "links.closeness",
        "links.contract_weeks",
        "links.informed",
        "links.regulatory_exposure",
        "links.switching_cost",
        "links.touch",
    }
)
_OF_ACCOUNTS = ("not_on_date", "shares_above_one", "no_revenue")


@dataclass(frozen=True)
class Basis:
    """What an answer on this network rests on.

    `assumed` counts, by table.column, the blanks that defaults were taken for; `notices` are for a person.
    """

    network: Network
    assumed: Mapping[str, int]
    notices: tuple[Notice, ...]


def of_ranking(ranking: Ranking) -> Basis:
    """Of the part of the chain that was reckoned; an outage without feedback uses nothing of the news."""
    network, p = ranking.network, parameters(ranking.question.parameters)
    part = cut_out(network, np.flatnonzero(ranking.reckoned))
    chain = ranking.chain if part is network else derive(part, p)
    news = isinstance(ranking.question.shock, Scandal) or p["feedback"] > 0.0
    used = {name: n for name, n in chain.assumed.items() if news or name not in OF_NEWS}
    return Basis(network, _some({**used, **_used(chain, news)}), chain.notices)


def _used(chain: Chain, news: bool) -> Mapping[str, int]:
    """Of columns that are used in part: criticality of essential needs, resale of who sells to businesses.

    Where nobody is in the news only recorded buyers take less.
    """
    c, network, trade = chain.coefficients, chain.network, chain.network.trade
    sells = total(c.seller, c.seller_share, len(network)) > 0
    if news:
        sells |= c.other_share > 0
    known = np.where(np.isnan(trade.inferred_criticality), trade.numbers["criticality"], 1.0)
    return {
        "companies.resale": _blank(network.numbers["resale"][sells]),
        "links.criticality": _blank(known[chain.essential[slot_of(chain)]]),
    }


def of_systemic(found: Systemic) -> Basis:
    """Of all trade: every firm's index is a share of all that is sold."""
    network, trade = found.network, found.network.trade
    sells = np.unique(trade.seller).tolist()
    asked = found.sold > 0 if found.question.demand == "final" else np.zeros(len(network), np.bool_)
    counts = {
        "companies.annual_revenue": _blank(network.numbers["annual_revenue"][asked]),
        "companies.industry": sum(not network.industries[i] for i in sells),
        "links.annual_value": _blank(told_values(network)),
        "links.essential": _blank(trade.numbers["essential"]),
    }
    return Basis(network, _some(counts), (*not_on_date(network), *_of_sweeps(found)))


def _of_sweeps(found: Systemic) -> Iterator[Notice]:
    if not found.sold.any():
        yield Notice("systemic_no_values")
    if not found.converged:
        yield Notice("systemic_open")


def of_accounts(chain: Chain, company: int) -> Basis:
    """Of what one company, by its place, sells: its shares, and the revenue that they are of."""
    network = chain.network
    own = network.trade.seller == company
    counts = {
        "companies.annual_revenue": _blank(network.numbers["annual_revenue"][company : company + 1]),
        "links.annual_value": _blank(told_values(network)[own]),
    }
    id = network.ids[company]
    told = (n for n in chain.notices if n.kind in _OF_ACCOUNTS and (not n.companies or id in n.companies))
    notices = tuple(replace(n, companies=(id,)) if n.companies else n for n in told)
    return Basis(network, _some(counts), notices)


def _blank(values: Floats) -> int:
    return int(np.count_nonzero(np.isnan(values)))


def _some(counts: Mapping[str, int]) -> Mapping[str, int]:
    return {name: n for name, n in counts.items() if n}
