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
KEYS = (*TEXTS, "role", "category", "tier")
MOST = 100_000  # shocks that filters may make of one scenario


def matching(store: Store, network: Network, shock: Shock, field: str) -> list[str]:
    """The ids, in order, of the companies that the shock's filter means; case and width do not matter.

    `category`: who sells it over a recorded link; `market`: its id or its name; `tier`: as in the answer.
    Of an outage that stops only some sales, those that have such a sale. Raises ScenarioError where there
    is none, or where a key is unknown; `field` is the shock's place.
    """
    found = np.ones(len(network), np.bool_)
    columns = _columns(store, network, shock.where)
    for name, value in shock.where:
        if name in TEXTS:
            wanted = {_plain(value)}
            if name == "market":
                wanted |= _called(store, wanted)
            found &= np.fromiter((text in wanted for text in columns[name]), np.bool_, len(network))
        elif name == "role":
            found &= np.fromiter((_plain(value) in roles for roles in network.roles), np.bool_, len(network))
        elif name == "category":
            found &= _sells(network, value, "")
        elif name == "tier":
            found &= np.fromiter((str(tier) == value for tier in network.tier), np.bool_, len(network))
        else:
            raise ScenarioError(
                f"there is no filter {name!r}",
                field=f"{field}.where",
                remedy=f"write one of {', '.join(KEYS)}",
            )
    if isinstance(shock, Outage) and shock.partial:
        found &= _sells(network, shock.category, shock.target)
    if not found.any():
        raise ScenarioError(
            f"no company matches {written(shock.where)}",
            field=f"{field}.where",
            remedy="see what the companies are like by: knockon companies",
        )
    return [network.ids[i] for i in np.flatnonzero(found)]


def written(where: Filter) -> str:
    """A filter as the command line takes it."""
    return ", ".join(f"{name}={value}" for name, value in where)


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).strip().casefold()


def _columns(store: Store, network: Network, where: Filter) -> dict[str, list[str]]:
    """The texts that the filter asks for, in the order of the network's companies."""
    wanted = sorted({name for name, _ in where} & set(TEXTS))
    if not wanted:
        return {}
    _, tables = store.columns({"companies": ("id", *wanted)})
    told = {name: list(_texts(tables["companies"][name])) for name in ("id", *wanted)}
    at = {key: row for row, key in enumerate(told["id"])}
    rows = [at.get(key) for key in network.ids]
    return {name: ["" if r is None else _plain(told[name][r]) for r in rows] for name in wanted}


def _texts(column: NDArray[np.float64] | Coded) -> Iterator[str]:
    if not isinstance(column, Coded):
        raise TypeError("a column of numbers")
    names = (*column.names, "")
    return (names[code] for code in column.codes)


def _called(store: Store, names: set[str]) -> set[str]:
    """The ids of the markets that bear one of these names."""
    _, tables = store.columns({"markets": ("id", "name")})
    markets = zip(*(_texts(tables["markets"][name]) for name in ("id", "name")), strict=True)
    return {_plain(key) for key, name in markets if _plain(name) in names}


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
