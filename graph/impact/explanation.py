"""Why a company, or the whole chain, loses what it loses: its loss divided over causes and paths."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from graph.errors import ScenarioError
from graph.impact.causes import Causes, Parallels, by_shock, causes, parallels
from graph.impact.coefficients import total
from graph.impact.credit import Layer, layer
from graph.impact.impact import WEEKS_A_YEAR, Impact
from graph.impact.paths import CHANNELS, MOST_WORK, ORDERS, SEVERANCE, SHORTAGE, Path, Search, largest_paths
from graph.impact.replay import DEMAND, LEGAL, LOST, OUTPUT, TIES, Past, replay
from graph.impact.sweeps import Passed, passed, sweep
from graph.network import KINDS, Floats, Network
from graph.ontology import LinkKind

SHARE, MOST_PATHS = 0.95, 100  # where the search for paths ends unless another end is asked for
UNDIVIDED = 1e-12  # a loss below this share of revenue is not divided
CLOSE = 0.01  # what cannot be made and what is not asked for are nearly equal within this share of the larger
OWN = "own"


class LinkEnds(NamedTuple):
    """What identifies a link; company ids."""

    source: str
    target: str
    kind: str
    category: str


@dataclass(frozen=True)
class CloseCalls:
    """Where the max of step 10 makes the division jump: weeks in which u and d are nearly equal.

    `amount` is the loss of these weeks [currency], `weeks` counts from 0; companies' weeks together.
    """

    amount: float
    weeks: tuple[int, ...]


@dataclass(frozen=True)
class Explanation:
    """A loss divided, each time whole: [currency] over the horizon, or in `week` alone.

    `company` is its place, None for the headline (value added, all companies). `by_shock` has the order of
    the scenario's shocks, exits after them; `by_channel` and `by_link` (numbered as in causes.Parallels) are
    counted at the last hop, `own` for none. `carried` is all that crossed each link anywhere: it overlaps.
    `remainder` is what the `paths`, the largest first, leave, and `ended` what ended the search for them
    (paths.ENDS).
    """

    company: int | None
    week: int | None
    loss: float
    by_shock: Floats
    by_channel: Mapping[str, float]
    by_link: Floats
    own: float
    carried: Floats
    paths: tuple[Path, ...]
    ended: str
    remainder: float
    close_calls: CloseCalls


@dataclass(frozen=True)
class Asked:
    """How an explanation is wanted: where the search for paths ends; of one week, or of all."""

    share: float = SHARE
    most_paths: int = MOST_PATHS
    week: int | None = None
    most_work: int = MOST_WORK


def explain(impact: Impact, company: int | None, asked: Asked | None = None) -> Explanation:
    """Divide a company's loss of revenue, or for None the value added lost by all, over its causes.

    Raises ScenarioError for a week that is not reckoned.
    """
    asked = asked or Asked()
    if asked.week is not None and not 0 <= asked.week < impact.weeks:
        raise ScenarioError(
            f"week {asked.week} is not reckoned",
            field="explain_week",
            remedy=f"name a week from 0 to {impact.weeks - 1}, or a longer horizon",
        )
    past = replay(impact.chain, impact.settled, impact.parameters)
    behind = causes(impact.chain, impact.settled, impact.parameters, past.ways)
    parallel = parallels(impact.chain, past.ways)
    worth = _worth(impact, company, asked.week)
    loss = float(np.sum(past.at[LOST, 1:] * worth))
    near, far = layer(past), layer(past)
    tally = passed(near), passed(far)
    sweep(past, worth, (near, far), tally)
    search = Search(past, behind, parallel, asked.most_work)
    for i in np.flatnonzero(worth.any(axis=0)).tolist():
        search.begin(i, worth[:, i])
    paths, ended = largest_paths(search, loss, asked.share, asked.most_paths)
    own = math.fsum(float(getattr(near, name).sum()) for name in ("news", "out", "moved", "need", "stopped"))
    by_link = _by_link(past, parallel, near, tally[0])
    return Explanation(
        company=company,
        week=asked.week,
        loss=loss,
        by_shock=_closed(behind, near) + _closed(behind, far),
        by_channel={**_by_channel(past, near, tally[0]), OWN: own},
        by_link=by_link,
        own=own,
        carried=by_link + _by_link(past, parallel, far, tally[1]),
        paths=paths,
        ended=ended,
        remainder=loss - math.fsum(path.amount for path in paths),
        close_calls=_close_calls(past, worth),
    )


def link_ends(network: Network, number: int) -> LinkEnds:
    """The link of this number: trade, COMPETES_WITH, REGULATED_WITH as their rows name them."""
    ids, trade = network.ids, network.trade
    if number < len(trade):
        kind = KINDS[trade.kind[number]]
        ends = ids[trade.seller[number]], ids[trade.buyer[number]]
        return LinkEnds(*ends, kind.value, network.categories[trade.category[number]])
    number -= len(trade)
    kind, pairs = LinkKind.COMPETES_WITH, network.competes
    if number >= len(pairs):
        number -= len(pairs)
        kind, pairs = LinkKind.REGULATED_WITH, network.regulated
    return LinkEnds(ids[pairs.source[number]], ids[pairs.target[number]], kind.value, "")


def _worth(impact: Impact, company: int | None, week: int | None) -> Floats:
    """What the whole of a week is worth to those that are asked about, (weeks, companies) [currency]."""
    money = impact.chain.value_added if company is None else impact.chain.revenue
    asked = impact.trajectory.series["revenue_loss_share"].mean(axis=0) >= UNDIVIDED
    if company is not None:
        asked &= np.arange(len(money)) == company
    worth = np.zeros((impact.weeks, len(money)))
    worth[slice(None) if week is None else week] = np.where(asked, money, 0.0) / WEEKS_A_YEAR
    return worth


def _closed(behind: Causes, of: Layer) -> Floats:
    found = np.zeros(behind.count)
    for closings, amounts in (
        (behind.news, of.news),
        (behind.out, of.out),
        (behind.stopped, of.stopped + of.cut),
        (behind.moved, of.moved),
        (behind.need, of.need),
    ):
        week, column = np.nonzero(amounts)
        found += by_shock(closings, column, week, amounts[week, column], behind.count)
    return found


def _by_channel(past: Past, of: Layer, tally: Passed) -> dict[str, float]:
    size = past.at.shape[2]
    bounds = past.ways.tie_start[: TIES * size + 1 : max(1, size)]
    found = {CHANNELS[m]: float(tally.tied[int(bounds[m]) : int(bounds[m + 1])].sum()) for m in range(TIES)}
    found[CHANNELS[ORDERS]] = float(tally.withheld.sum() + tally.needless.sum())
    found[CHANNELS[SHORTAGE]] = float(tally.missing.sum() + of.cut.sum())
    found[CHANNELS[SEVERANCE]] = float(tally.severed.sum())
    return found


def _by_link(past: Past, parallel: Parallels, of: Layer, tally: Passed) -> Floats:
    ways, links = past.ways, len(tally.withheld)
    found = total(parallel.link, tally.tied[parallel.tie] * parallel.share, parallel.links)
    found[:links] += tally.withheld + tally.needless + tally.missing
    np.add.at(found, ways.loose[1:], tally.severed[1:])
    stopped = np.flatnonzero(ways.stopped >= 0)
    np.add.at(found, ways.loose[stopped], of.cut.sum(axis=0)[ways.stopped[stopped]])
    return found


def _close_calls(past: Past, worth: Floats) -> CloseCalls:
    at = past.at[:, 1:]
    unmade, unasked = 1.0 - (1.0 - at[OUTPUT]) * (1.0 - at[LEGAL]), at[DEMAND]
    close = np.abs(unmade - unasked) <= CLOSE * np.maximum(unmade, unasked)
    close &= (worth > 0) & (unmade > 0) & (unasked > 0)
    weeks = np.flatnonzero(close.any(axis=1)).tolist()
    return CloseCalls(float(np.sum(np.where(close, at[LOST] * worth, 0.0))), tuple(weeks))
