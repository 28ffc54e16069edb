"""Where each company stands: columns by tier around the brand, and few crossings between them."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from graph.network import Floats, Network
from graph.ontology import Role
from viz.style import CROWDED_RADIUS, LARGEST_RADIUS, SMALLEST_RADIUS

Places = NDArray[np.int64]

DEEPEST = 4  # supplier tiers from here on share a column
LOGISTICS, DEALERS, CUSTOMERS, BEYOND, APART = 1, 2, 3, 4, 5  # columns right of the brand's, which is 0

ROWS = 24  # companies below one another before a column is split
SPLITS = 7
HEIGHT = 440.0  # px, the smallest that the page gives to a column
GAP, LOWEST_ROW = 6.0, 11.0  # px
SWEEPS = 6
NOBODY = np.array([], np.int64)


@dataclass(frozen=True)
class Layout:
    """Positions in the unit square (y downward) and radii [px], one entry a company drawn.

    `columns` are the column numbers from left to right, `heads` where their headings stand.
    """

    x: Floats
    y: Floats
    radius: Floats
    columns: tuple[int, ...]
    heads: Floats


def column_of(network: Network, shocked: Places) -> Places:
    """Each company's column, shape (companies,): suppliers -1, -2 … by tier, the brands 0, others above.

    A chain without a brand is drawn around the companies that the shocks hit.
    """
    if not network.plays(Role.BRAND).any():
        hit = set(shocked.tolist())
        roles = tuple((str(Role.BRAND), *r) if i in hit else r for i, r in enumerate(network.roles))
        network = replace(network, roles=roles)
    hops = np.array([APART if t is None else t for t in network.tier], np.int64)
    apart = np.array([t is None for t in network.tier], np.bool_)
    carries = network.plays(Role.LOGISTICS) & ~network.plays(Role.SUPPLIER, Role.DEALER, Role.PLATFORM)
    return np.select(
        [
            apart,
            hops == 0,
            carries,
            hops > 0,
            network.plays(Role.DEALER, Role.PLATFORM),
            hops == -1,
        ],
        [APART, 0, LOGISTICS, -np.minimum(hops, DEEPEST), DEALERS, CUSTOMERS],
        BEYOND,
    ).astype(np.int64)


def arrange(
    column: Places,
    size: Floats,
    one: Places,
    other: Places,
    *,
    least: float | Floats = SMALLEST_RADIUS,
    empty: Places = NOBODY,
) -> Layout:
    """Positions of companies in their columns.

    `column`, `size` (what the area shows) and `least` (the smallest radius [px]) have one entry a company,
    `one` and `other` the ends of each link as places in them; `empty` are columns that are kept though
    nobody stands there. The order within a column is the barycentre's (Sugiyama et al. 1981).
    """
    columns = np.union1d(column, empty)
    rank = np.searchsorted(columns, column)
    order = _ordered(rank, len(columns), one, other)
    splits = np.clip(np.ceil(np.bincount(rank, minlength=len(columns)) / ROWS), 1, SPLITS).astype(np.int64)
    split = order % splits[rank]
    strip = rank * SPLITS + split  # one vertical run of companies
    radius = _radius(size, strip, np.broadcast_to(np.asarray(least, np.float64), size.shape))
    y = _spread(order, strip, radius)
    x, heads = _across(rank, split, splits)
    return Layout(x, y, radius, tuple(columns.tolist()), heads)


def _ordered(rank: Places, count: int, one: Places, other: Places) -> Places:
    """Each company's place within its column, after sweeps to the right and back; the best one counts."""
    order = np.zeros(len(rank), np.int64)
    members = [np.flatnonzero(rank == c) for c in range(count)]
    for nodes in members:
        order[nodes] = np.arange(len(nodes))
    many = np.maximum(1, np.bincount(rank, minlength=count))
    across = rank[one] != rank[other]
    a, b = np.concatenate([one[across], other[across]]), np.concatenate([other[across], one[across]])
    best, least = order.copy(), np.inf
    for sweep in range(SWEEPS):
        height = (order + 0.5) / many[rank]
        for c in range(count) if sweep % 2 == 0 else range(count - 1, -1, -1):
            before = rank[b] < c if sweep % 2 == 0 else rank[b] > c
            rows = np.flatnonzero((rank[a] == c) & before)
            degree = np.bincount(a[rows], minlength=len(rank))
            pulled = np.bincount(a[rows], height[b[rows]], len(rank))
            wish = np.where(degree > 0, pulled / np.maximum(degree, 1), height)[members[c]]
            sorted_nodes = members[c][np.argsort(wish, kind="stable")]
            order[sorted_nodes] = np.arange(len(sorted_nodes))
            height[sorted_nodes] = (np.arange(len(sorted_nodes)) + 0.5) / many[c]
        length = float(np.abs(height[a] - height[b]).sum())
        if length < least - 1e-9:
            best, least = order.copy(), length
    return best


def _radius(size: Floats, strip: Places, least: Floats) -> Floats:
    """Radii whose area shows the size, as large as the fullest strip allows, within bounds."""
    whole = float(size.max(initial=0.0))
    share = np.sqrt(size / whole) if whole > 0 else np.zeros(len(size))
    low, high = CROWDED_RADIUS, LARGEST_RADIUS
    for _ in range(12):
        tried = (low + high) / 2
        rows = np.maximum(LOWEST_ROW, 2 * np.maximum(least, tried * share) + GAP)
        fits = np.bincount(strip, rows).max(initial=0.0) <= HEIGHT
        low, high = (tried, high) if fits else (low, tried)
    return np.maximum(least, low * share)


def _spread(order: Places, strip: Places, radius: Floats) -> Floats:
    """Heights: each company has the room of its size, what is left over is divided equally."""
    y = np.zeros(len(order))
    by = np.lexsort((order, strip))
    starts = np.flatnonzero(np.diff(strip[by], prepend=-1))
    for nodes in np.split(by, starts[1:]) if len(by) else []:
        room = np.maximum(LOWEST_ROW, 2 * radius[nodes] + GAP)
        spare = max(0.0, HEIGHT - float(room.sum())) / len(nodes)
        below = np.cumsum(room + spare)
        y[nodes] = (below - (room + spare) / 2) / max(HEIGHT, float(below[-1]))
    return y


def _across(rank: Places, split: Places, splits: Places) -> tuple[Floats, Floats]:
    """Where companies and headings stand from left to right: a split column takes more room."""
    width = 0.5 + 0.5 * splits
    left = np.cumsum(width) - width
    x = left[rank] + 0.5 + 0.5 * split
    heads = left + 0.5 + 0.25 * (splits - 1)
    low, high = 0.5, float((left + 0.5 * splits).max(initial=0.5))
    if high <= low:
        return np.full(len(rank), 0.5), np.full(len(splits), 0.5)
    margin = max(0.0, 0.2 - 0.06 * (high - low))  # few columns need not stand at the edges
    scale = (1.0 - 2.0 * margin) / (high - low)
    return margin + (x - low) * scale, margin + (heads - low) * scale
