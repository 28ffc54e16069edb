"""The plain answer to why a loss came about: its division, and its largest paths, best first."""

from __future__ import annotations

import heapq
import math
from collections import defaultdict
from collections.abc import Iterable
from itertools import count
from typing import Any

from tests.naive_explanation import Credit, Division, Hop, LinkKey


def explain(
    division: Division, money: dict[str, float], most: int = 6, weeks: Iterable[int] | None = None
) -> dict[str, Any]:
    """The division of the loss of these companies, in the shape of the golden cases; `most` paths."""
    begun = division.start(money, weeks)
    first, whole = division.sweep(begun, inside=True), division.sweep(begun, inside=False)
    loss = math.fsum(begun.values())
    channels: dict[str, float] = defaultdict(float)
    for (channel, _), amount in first.over.items():
        channels[channel] += amount
    channels["own"] = math.fsum(first.closed.values())
    links = defaultdict(float, {(None,) * 4: channels["own"]})
    for (_, link), amount in first.over.items():
        links[link] += amount
    carried: dict[LinkKey, float] = defaultdict(float)
    for (_, link), amount in whole.over.items():
        carried[link] += amount
    paths = largest_paths(division, begun, most)
    return {
        "loss": loss,
        "by_shock": dict(whole.closed),
        "by_channel": {channel: amount for channel, amount in channels.items() if amount},
        "by_link": {link: amount for link, amount in links.items() if amount},
        "carried": {link: amount for link, amount in carried.items() if amount},
        "paths": paths,
        "remainder": loss - math.fsum(amount for amount, _, _, _ in paths),
    }


Path = tuple[float, str, int, tuple[Hop, ...]]  # amount, whose loss, shock, hops


def largest_paths(division: Division, begun: Credit, most: int) -> list[Path]:
    """Best first, as the model says."""
    number = count()
    queue: list[Any] = []

    def push(company: str, shock: int | None, hops: tuple[Hop, ...], credit: Credit, amount: float) -> None:
        if amount > 0:
            heapq.heappush(queue, (-amount, next(number), company, shock, hops, credit))

    for company in sorted({node[1] for node in begun}):
        mine = {node: amount for node, amount in begun.items() if node[1] == company}
        push(company, None, (), mine, math.fsum(mine.values()))
    found: list[Path] = []
    while queue and len(found) < most:
        amount, _, company, shock, hops, credit = heapq.heappop(queue)
        if shock is not None:
            found.append((-amount, company, shock, hops))
            continue
        swept = division.sweep(credit, inside=True)
        for closing, part in swept.closed.items():
            push(company, closing, hops, {}, part)
        for hop, longer in swept.hopped.items():
            push(company, None, (hop, *hops), longer, math.fsum(longer.values()))
    return found
