"""Finds the companies that a shock hits where it names none: those of a country, a role, a market, a tier."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from graph.errors import ScenarioError
from graph.network import Network
from graph.scenario import Filter, Outage, Shock
from graph.stores.base import Coded, Store

TEXTS = ("country", "region", "city", "market", "industry")  # columns of companies
KEYS = (*TEXTS, "sells_in", "role", "category", "tier")
MOST = 100_000  # shocks that filters may make of one scenario


class Filters:
    """The filters of one scenario on one network; what two of them ask alike is looked up once."""

    def __init__(self, store: Store, network: Network) -> None:
        self.store, self.network = store, network
        self._matching: dict[tuple[str, str], NDArray[np.bool_]] = {}
        self._texts: dict[str, list[str]] = {}

    def matching(self, shock: Shock, field: str) -> list[str]:
        """The ids, in order, of the companies that the shock's filter means; case and width do not matter.

        `category`: who sells it over a recorded link; `market`: its id or its name; `sells_in`: the region of
        its market, or country or region of a recorded customer; `tier`: as in the answer.
        Of an outage that stops only some sales, those that have such a sale. Raises ScenarioError where there
        is none, or where a key is unknown; `field` is the shock's place.
        """
        network, found = self.network, np.ones(len(self.network), np.bool_)
        for pair in shock.where:
            if pair[0] not in KEYS:
                raise ScenarioError(
                    f"there is no filter {pair[0]!r}",
                    field=f"{field}.where",
                    remedy=f"write one of {', '.join(KEYS)}",
                )
            if pair not in self._matching:
                self._matching[pair] = self._match(*pair)
            found &= self._matching[pair]
        if isinstance(shock, Outage) and shock.partial:
            found &= _sells(network, shock.category, shock.target)
        if not found.any():
            raise ScenarioError(
                f"no company matches {written(shock.where)}",
                field=f"{field}.where",
                remedy="see what the companies are like by: knockon companies",
            )
        return [network.ids[i] for i in np.flatnonzero(found)]

    def _match(self, name: str, value: str) -> NDArray[np.bool_]:
        """Which companies one key matches."""
        network, plain = self.network, _plain(value)
        if name == "category":
            return _sells(network, value, "")
        if name == "role":
            matches = (plain in roles for roles in network.roles)
        elif name == "tier":
            matches = (str(tier) == value for tier in network.tier)
        elif name == "sells_in":
            return self._sells_in(plain)
        else:
            wanted = {plain} | (_markets(self.store, "name", plain) if name == "market" else set())
            matches = (text in wanted for text in self._column(name))
        return np.fromiter(matches, np.bool_, len(network))

    def _sells_in(self, place: str) -> NDArray[np.bool_]:
        """Whose market is of this region, and who sells to a company that sits in it, or in the country."""
        network, markets = self.network, _markets(self.store, "region", place)
        sells = np.array([market in markets for market in self._column("market")], np.bool_)
        seats = zip(self._column("country"), self._column("region"), strict=True)
        seated = np.array([place in seat for seat in seats], np.bool_)
        sells[network.trade.seller[seated[network.trade.buyer]]] = True
        return sells

    def _column(self, name: str) -> list[str]:
        """The texts of a column of companies, in the order of the network's."""
        if name not in self._texts:
            _, tables = self.store.columns({"companies": ("id", name)})
            ids, texts = (_texts(tables["companies"][column]) for column in ("id", name))
            told = dict(zip(ids, map(_plain, texts), strict=True))
            self._texts[name] = [told.get(key, "") for key in self.network.ids]
        return self._texts[name]


def written(where: Filter) -> str:
    """A filter as the command line takes it."""
    return ", ".join(f"{name}={value}" for name, value in where)


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).strip().casefold()


def _texts(column: NDArray[np.float64] | Coded) -> Iterator[str]:
    if not isinstance(column, Coded):
        raise TypeError("a column of numbers")
    names = (*column.names, "")
    return (names[code] for code in column.codes)


def _markets(store: Store, column: str, wanted: str) -> set[str]:
    """The ids of the markets of this name, or this region."""
    _, tables = store.columns({"markets": ("id", column)})
    ids, told = (_texts(tables["markets"][name]) for name in ("id", column))
    return {_plain(key) for key, text in zip(ids, told, strict=True) if _plain(text) == wanted}


def _sells(network: Network, category: str, target: str) -> NDArray[np.bool_]:
    """Who sells this category, to this company; blank: any."""
    trade, sells = network.trade, np.zeros(len(network), np.bool_)
    match = np.ones(len(trade), np.bool_)
    if category:
        places = [i for i, name in enumerate(network.categories) if _plain(name) == _plain(category)]
        match &= np.isin(trade.category, places)
    if target:
        match &= trade.buyer == network.index.get(target, -1)
    sells[trade.seller[match]] = True
    return sells
