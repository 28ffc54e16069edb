"""The links that carried most of a scenario's harm, ordered by the money that each touched."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from graph.impact.impact import WEEKS_A_YEAR, Impact
from graph.network import Floats, Network
from viz.flows import Flow, flows
from viz.selection import select

MOST_CELLS = 20_000_000  # weeks times trade links: 320 MB to record
_LOOKED_AT = 300  # companies among which links are looked at: those with the most money at risk
_ALL = 100_000
_NOTICED = 0.01  # of a flow's largest week

Rows = Mapping[tuple[int, int], list[int]]


@dataclass(frozen=True, slots=True)
class Carried:
    """What passed from one company to another (places in the network) over one channel.

    `category` is what the link trades that carried most of the goods or orders, '' for blame and taint;
    `at_most` the largest share in a week [0-1], `first` and `last` the weeks in which it passed. `touched`
    is the money it touched at its receiver [currency]: output that stopped at most, orders not given, or
    its part in the attention that drove customers away. It orders; links overlap, so it divides nothing.
    """

    channel: str
    source: int
    target: int
    category: str
    at_most: float
    first: int
    last: int
    touched: float


def recordable(network: Network, weeks: int) -> bool:
    """Whether what travels along every link in every week fits in memory."""
    return len(network.trade) * weeks <= MOST_CELLS


def carried(impact: Impact, most: int) -> list[Carried]:
    """The links that carried most; none where the impact was reckoned without flows."""
    if impact.trajectory.missing.shape[1] != len(impact.network.trade):
        return []
    drawn = select(impact, _LOOKED_AT).drawn
    rows = _rows_of(impact, drawn)
    weighed = [(_touched(impact, flow, rows), flow) for flow in flows(impact, drawn, _ALL)]
    weighed.sort(key=lambda each: (-each[0], each[1].channel, each[1].source, each[1].target))
    return [_told(impact, flow, rows, touched) for touched, flow in weighed[:most] if touched > 0]


def _rows_of(impact: Impact, drawn: NDArray[np.int64]) -> Rows:
    """The trade links between the companies drawn, by seller and buyer."""
    trade, inside = impact.network.trade, np.zeros(len(impact.network), np.bool_)
    inside[drawn] = True
    found: dict[tuple[int, int], list[int]] = {}
    for row in np.flatnonzero(inside[trade.seller] & inside[trade.buyer]).tolist():
        found.setdefault((int(trade.seller[row]), int(trade.buyer[row])), []).append(row)
    return found


def _links(flow: Flow, rows: Rows) -> list[int]:
    ends = (flow.target, flow.source) if flow.channel == "withheld" else (flow.source, flow.target)
    return rows[ends]


def _amounts(impact: Impact, flow: Flow) -> Floats:
    """What travelled along each link in each week, for the channels that follow links."""
    trajectory = impact.trajectory
    return trajectory.missing if flow.channel == "missing" else trajectory.withheld


def _touched(impact: Impact, flow: Flow, rows: Rows) -> float:
    revenue = float(impact.chain.revenue[flow.target]) / WEEKS_A_YEAR
    series, c = impact.trajectory.series, impact.chain.coefficients
    if flow.channel == "missing":
        # What is missing this week stops the next, and no more than stopped.
        stopped = np.append(series["output_loss"][1:, flow.target], 0.0)
        return revenue * float(np.minimum(flow.amount, stopped).sum())
    if flow.channel == "withheld":
        links = _links(flow, rows)
        return revenue * float((_amounts(impact, flow)[:, links] * c.seller_share[links]).sum())
    heard = sum(
        float(series[name][:, flow.target].sum()) for name in ("attention", "attributed", "associated")
    )
    left = float(series["churn"][:, flow.target].sum()) * float(c.final_share[flow.target])
    return revenue * left * float(flow.amount.sum()) / heard if heard > 0 else 0.0


def _told(impact: Impact, flow: Flow, rows: Rows, touched: float) -> Carried:
    weeks = np.flatnonzero(flow.amount > _NOTICED * flow.amount.max())
    category = ""
    if flow.channel in ("missing", "withheld"):
        links = _links(flow, rows)
        best = links[int(_amounts(impact, flow)[:, links].max(axis=0).argmax())]
        category = impact.network.categories[int(impact.network.trade.category[best])]
    return Carried(
        channel=flow.channel,
        source=flow.source,
        target=flow.target,
        category=category,
        at_most=float(flow.amount.max()),
        first=int(weeks[0]),
        last=int(weeks[-1]),
        touched=touched,
    )
