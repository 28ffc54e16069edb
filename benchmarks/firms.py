"""Made-up economies for the systemic risk index: sectors, power-law degrees and sizes, given a seed."""

from __future__ import annotations

import numpy as np

from graph.impact.systemic_flows import Trades

SECTORS = 100
# Of supplying sectors, the share whose goods production waits for; of the others less comes in, more slowly.
ESSENTIAL = 0.5


def economy(firms: int, links: int, seed: int = 1) -> Trades:
    """Distinct links. Customers and suppliers per firm fall off as Pareto with exponent 2.3 (of the density),
    what a link carries is log-normal around the product of its ends' sizes, sectors are Zipf-sized."""
    rng = np.random.default_rng(seed)
    pull = rng.pareto(1.3, (2, firms)) + 0.1
    pull[1] = np.sqrt(pull[0] * pull[1])  # large sellers are large buyers, by and large
    share = pull / pull.sum(axis=1, keepdims=True)
    found = np.zeros(0, np.int64)
    while len(found) < links:
        size = int(1.5 * (links - len(found))) + 100
        seller, buyer = (rng.choice(firms, size, p=share[side]) for side in (0, 1))
        found = np.unique(np.concatenate([found, (seller * firms + buyer)[seller != buyer]]))
    found = np.sort(rng.permutation(found)[:links])
    seller, buyer = found // firms, found % firms
    weight = 1.0 / np.arange(1, SECTORS + 1)
    sector = rng.choice(SECTORS, firms, p=weight / weight.sum())
    value = np.sqrt(pull[0][seller] * pull[1][buyer]) * np.exp(rng.normal(0.0, 1.0, links))
    waits = rng.random(SECTORS) < ESSENTIAL
    sold = np.bincount(seller, value, firms)
    return Trades(seller, buyer, value, waits[sector[seller]], sector, sold * rng.uniform(1.0, 3.0, firms))
