"""A slot is one buyer's need of one category: the shares that its sellers have of it are at most 1 in sum."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

import numpy as np

from graph.model import Fact, Value
from graph.ontology import TRADE
from graph.stores.base import Coded, Key, Store
from loaders.told import Told

TOLERANCE = 1e-9
Slot = tuple[str, str]  # buyer, category


class Slots:
    """The given shares of every slot, in the store and in the load so far.

    Sums over all links come first; only where one exceeds 1 are the slot's links looked at one by one, since
    links of different times may each have the whole.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._sums: defaultdict[Slot, float] | None = None
        self._hashes = np.empty(0, np.int64)  # of links that had a share before this load
        self._shares = np.empty(0, np.float64)

    def over(self, links: Sequence[Fact], told: Told) -> dict[Key, float]:
        """Of a batch of links, each key once, those whose share would lift their slot above 1, with the sum.

        The others are taken to be written. `told`: what this load told before.
        """
        sharing = [link for link in links if "share" in link.values and link.key[1] in TRADE]
        if not sharing:
            return {}
        if self._sums is None:
            self._sums = self._stored()
        again = told.given([link.key for link in sharing])
        before = self._before([link.key for link in sharing])
        batch: defaultdict[Slot, dict[Key, Fact]] = defaultdict(dict)
        stored: dict[str, list[Fact]] = {}
        found: dict[Key, float] = {}
        for link, was in zip(sharing, before, strict=True):
            slot = (link.key[2], link.key[3])
            share = float(link.values["share"])  # type: ignore[arg-type]
            sum_ = self._sums[slot]
            if "share" not in again.get(link.key, ()):
                sum_ += share - was
            if sum_ > 1.0 + TOLERANCE:
                if slot[0] not in stored:
                    stored[slot[0]] = list(self._store.scan("links", slot[0]))
                most = _most(slot, stored[slot[0]], [*batch[slot].values(), link])
                if most > 1.0 + TOLERANCE:
                    found[link.key] = most
                    continue
            self._sums[slot] = sum_
            batch[slot][link.key] = link
        return found

    def _stored(self) -> defaultdict[Slot, float]:
        wanted = ("source", "kind", "target", "category", "period", "share")
        columns = self._store.columns({"links": wanted})[1]["links"]
        shares = columns["share"]
        if not isinstance(shares, np.ndarray):
            raise TypeError("share is a number")
        rows = np.flatnonzero(~np.isnan(shares))
        names: list[list[str]] = []
        for name in wanted[:5]:
            column = columns[name]
            if not isinstance(column, Coded):
                raise TypeError(f"{name} is a text")
            names.append([column.names[code] if code >= 0 else "" for code in column.codes[rows].tolist()])
        sums: defaultdict[Slot, float] = defaultdict(float)
        hashes = np.empty(len(rows), np.int64)
        for i, (source, kind, target, category, period) in enumerate(zip(*names, strict=True)):
            hashes[i] = hash((source, kind, target, category, period))
            if kind in TRADE:
                sums[target, category] += float(shares[rows[i]])
        order = np.argsort(hashes)
        self._hashes, self._shares = hashes[order], shares[rows][order]
        return sums

    def _before(self, keys: Sequence[Key]) -> list[float]:
        """The share that each link had before this load, 0 where none."""
        if not len(self._hashes):
            return [0.0] * len(keys)
        hashes = np.fromiter(map(hash, keys), np.int64, len(keys))
        places = np.searchsorted(self._hashes, hashes).clip(max=len(self._hashes) - 1)
        return np.where(self._hashes[places] == hashes, self._shares[places], 0.0).tolist()  # type: ignore[no-any-return]


def _most(slot: Slot, stored: Sequence[Fact], told: Sequence[Fact]) -> float:
    """The largest sum of shares that a slot has on any day. Of several periods of one link that count on a
    day, the one that began last does."""
    links: dict[Key, Mapping[str, Value]] = {
        link.key: link.values for link in stored if link.key[2:4] == slot and link.key[1] in TRADE
    }
    for link in told:
        links[link.key] = {**links.get(link.key, {}), **link.values}
    shared = [(key, values) for key, values in links.items() if "share" in values]
    most = 0.0
    for day in {str(values.get("since", "")) for _, values in shared}:
        latest: dict[Key, tuple[str, float]] = {}
        for key, values in shared:
            since, until = str(values.get("since", "")), str(values.get("until", "9999-12-31"))
            if since <= day < until and latest.get(key[:2], ("", 0.0))[0] <= since:
                latest[key[:2]] = (since, float(values["share"]))  # type: ignore[arg-type]
        most = max(most, sum(share for _, share in latest.values()))
    return most
