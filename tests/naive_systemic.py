"""The systemic risk index written plainly from its equations, dense and slow: what the kernels answer to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import NamedTuple

Firm = str
# Seller, buyer, W [currency/year], essential.
Link = tuple[Firm, Firm, float, bool]


class Plain(NamedTuple):
    """The index by firm, sweeps by firm, and the largest change of a last sweep."""

    index: dict[Firm, float]
    sweeps: dict[Firm, int]
    residual: float


def systemic(
    sectors: Mapping[Firm, str],
    links: Iterable[Link],
    *,
    eps: float = 0.01,
    market_shares: bool = True,
    revenue: Mapping[Firm, float] | None = None,
    most: int = 100_000,
) -> Plain:
    """The index of every firm. `revenue`, where given, is what Λu divides by if it is above what is sold."""
    firms = list(sectors)
    sector = {i: sectors[i] or f"own sector of {i}" for i in firms}
    w: dict[Firm, dict[Firm, float]] = {j: defaultdict(float) for j in firms}  # of buyer, by seller
    essential = set()
    for seller, buyer, value, needed in links:
        w[buyer][seller] += value
        if needed:
            essential.add((sector[seller], buyer))
    out = {i: sum(w[j].get(i, 0.0) for j in firms) for i in firms}
    asked = {i: max(out[i], (revenue or {}).get(i, 0.0)) for i in firms}
    by_sector: dict[Firm, dict[str, dict[Firm, float]]] = {j: defaultdict(dict) for j in firms}
    for j in firms:
        for i, value in w[j].items():
            in_j = sum(w[j].values())
            of_sector = sum(v for other, v in w[j].items() if sector[other] == sector[i])
            whole = of_sector if (sector[i], j) in essential else in_j
            by_sector[j][sector[i]][i] = value / whole if whole else 0.0

    def failure(firm: Firm) -> tuple[float, int, float]:
        psi = {i: 0.0 if i == firm else 1.0 for i in firms}
        hd, hu, sweeps = dict(psi), dict(psi), 0
        while True:
            capacity: dict[str, float] = defaultdict(float)
            for i in firms:
                capacity[sector[i]] += out[i] * hd[i]
            sigma = {
                i: min(1.0, out[i] / capacity[sector[i]]) if market_shares and capacity[sector[i]] else 1.0
                for i in firms
            }
            new_d, new_u = {}, {}
            for j in firms:
                s = {
                    k: sum(sigma[i] * share * (1.0 - hd[i]) for i, share in of.items())
                    for k, of in by_sector[j].items()
                }
                stops = max((v for k, v in s.items() if (k, j) in essential), default=0.0)
                slows = sum(v for k, v in s.items() if (k, j) not in essential)
                new_d[j] = max(0.0, min(psi[j], 1.0 - stops, 1.0 - slows))
            for i in firms:
                lost = sum(w[j].get(i, 0.0) / asked[i] * (1.0 - hu[j]) for j in firms) if out[i] else 0.0
                new_u[i] = max(0.0, min(psi[i], 1.0 - lost))
            change = max(max(abs(new_d[i] - hd[i]), abs(new_u[i] - hu[i])) for i in firms)
            hd, hu, sweeps = new_d, new_u, sweeps + 1
            if change <= eps + 1e-12 or sweeps == most:
                break
        whole = sum(out.values())
        lost = sum(out[i] * (1.0 - min(hd[i], hu[i])) for i in firms)
        return lost / whole if whole else 0.0, sweeps, change

    found = {i: failure(i) for i in firms}
    return Plain(
        {i: index for i, (index, _, _) in found.items()},
        {i: sweeps for i, (_, sweeps, _) in found.items()},
        max((change for _, _, change in found.values()), default=0.0),
    )
