"""Why one company's failure hurts another: the strongest way between the two, and the link it begins with."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from math import log
from typing import NamedTuple

import numpy as np

from graph.impact.coefficients import Chain
from graph.impact.layout import Walked


class Hop(NamedTuple):
    """One step of harm from `source` to `target`, by place; `link` is its trade link, -1 where none is.

    `channel` is one of the model's: shortage, orders, blame, association, legal, brand_churn. `weight` is the
    share of the source's harm that the chain passes on, before stocks and substitutes [0-1].
    """

    source: int
    target: int
    channel: str
    link: int
    weight: float


@dataclass(frozen=True, slots=True)
class Supply:
    """What a buyer needs of a seller; shares in [0, 1], stock in weeks."""

    category: int
    share: float
    alone: bool
    criticality: float
    substitutability: float
    stock: float
    spend_share: float  # of the buyer's purchases, where the need is not essential


def strongest(chain: Chain, sources: Iterable[int], target: int, *, news: bool) -> dict[int, tuple[Hop, ...]]:
    """For each source the way to the target whose weights have the largest product; none where none leads.

    An outage goes with the goods and against the orders; with `news` a scandal goes from who is in the news
    to who is blamed, tainted or looked into, and against the orders. Of ways of one weight, the first by the
    places that it passes.
    """
    ways = _Ways(chain, news)
    wanted = set(sources) - {target}
    following: dict[int, Hop] = {}
    done: set[int] = set()
    queue = [(0.0, target, Hop(target, target, "", -1, 1.0))]
    while queue and wanted - done:
        far, place, hop = heapq.heappop(queue)
        if place in done:
            continue
        done.add(place)
        following[place] = hop
        for each in ways.into(place):
            if each.source not in done:
                heapq.heappush(queue, (far - log(each.weight), each.source, each))
    return {source: tuple(_walk(following, source, target)) for source in sorted(wanted & done)}


def _walk(following: dict[int, Hop], place: int, target: int) -> Iterator[Hop]:
    while place != target:
        hop = following[place]
        yield hop
        place = hop.target


class _Ways:
    """The hops that lead into a company."""

    def __init__(self, chain: Chain, news: bool) -> None:
        c = self._c = chain.coefficients
        self._news = news
        self._rows = {id(w): np.argsort(w.row) for w in (c.sales, c.blame, c.taint, c.probe)}
        self._orders = np.repeat(c.terms.orders, np.diff(c.terms.start).astype(np.int64))

    def into(self, place: int) -> Iterator[Hop]:
        """The hops into a company, each with a weight above 0."""
        c = self._c
        for e, share in self._row(c.sales, place):
            weight = share * float(self._orders[e])
            yield from _hop(int(c.buyer[e]), place, "orders", e, weight)
        yield from self._news_into(place) if self._news else self._goods_into(place)

    def _goods_into(self, place: int) -> Iterator[Hop]:
        c = self._c
        for slot in range(int(c.buyer_start[place]), int(c.buyer_start[place + 1])):
            factor = float(c.criticality[slot]) or float(c.spend_share[slot])
            for e in range(int(c.slot_start[slot]), int(c.slot_start[slot + 1])):
                yield from _hop(int(c.seller[e]), place, "shortage", e, factor * float(c.need_share[e]))

    def _news_into(self, place: int) -> Iterator[Hop]:
        c = self._c
        for channel, walked in (("blame", c.blame), ("association", c.taint), ("legal", c.probe)):
            for cause, weight in self._row(walked, place):
                yield from _hop(cause, place, channel, -1, weight)
        for q in range(int(c.brands.start[place]), int(c.brands.start[place + 1])):
            yield from _hop(int(c.brands.column[q]), place, "brand_churn", -1, float(c.brands.value[q]))

    def _row(self, walked: Walked, place: int) -> Iterator[tuple[int, float]]:
        row = int(self._rows[id(walked)][place])
        for q in range(int(walked.start[row]), int(walked.start[row + 1])):
            yield int(walked.column[q]), float(walked.value[q])


def _hop(source: int, target: int, channel: str, link: int, weight: float) -> Iterator[Hop]:
    if weight > 0 and source != target:
        yield Hop(source, target, channel, link, min(1.0, weight))


def supply(chain: Chain, link: int) -> Supply:
    """What stands behind a trade link on the buyer's side."""
    c = chain.coefficients
    slot = int(np.searchsorted(c.slot_start, link, side="right")) - 1
    rows = slice(int(c.slot_start[slot]), int(c.slot_start[slot + 1]))
    sellers = c.seller[rows][c.need_share[rows] > 0]
    own = c.seller[rows] == c.seller[link]
    return Supply(
        category=int(chain.network.trade.category[link]),
        share=float(c.need_share[rows][own].sum()),
        alone=bool((sellers == c.seller[link]).all()),
        criticality=float(c.criticality[slot]),
        substitutability=float(c.substitutability[link]),
        stock=float(c.stock[slot]),
        spend_share=float(c.spend_share[slot]),
    )
