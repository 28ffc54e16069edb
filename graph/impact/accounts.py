"""What is left of a company whose largest customers leave at once (docs/scenarios.md, key accounts)."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from graph.impact.coefficients import Chain, total
from graph.impact.impact import WEEKS_A_YEAR
from graph.network import Floats, Ints

LEFT = 3  # of the largest customers, of whose leaving a ranking tells


@dataclass(frozen=True)
class KeyAccounts:
    """A company's recorded customers, the largest first; entry k is the state in which the first k + 1 left.

    `share` is each customer's of the company's revenue, `lost` their sum so far [0-1], `burn` the cash that
    the company then loses [currency/week], NaN where its costs or margin are not known, `runway` how long its
    cash lasts [weeks], infinite where nothing is burnt, NaN where it is not known. `concentration` is the
    sum of the squared shares (Herfindahl-Hirschman), what is sold to others counting as many small ones.
    """

    company: int
    buyer: Ints
    share: Floats
    lost: Floats
    burn: Floats
    runway: Floats
    concentration: float

    def largest(self, most: int | None) -> list[tuple[int, float]]:
        """The largest customers, by place, with their shares."""
        return list(zip(self.buyer[:most].tolist(), self.share[:most].tolist(), strict=True))

    def runway_without(self, largest: int) -> float:
        """The runway once so many of the largest left, or all where there are fewer."""
        return float(self.runway[:largest][-1])


def key_accounts(chain: Chain, company: int) -> KeyAccounts:
    """Put a company, by its place, to the test."""
    network, c = chain.network, chain.coefficients
    own = c.seller == company
    summed = total(c.buyer[own], c.seller_share[own], len(network))
    buyer = np.flatnonzero(summed > 0)
    buyer = buyer[np.argsort(-summed[buyer], kind="stable")]
    share = summed[buyer]
    lost = np.minimum(1.0, np.cumsum(share))
    numbers = {name: float(values[company]) for name, values in network.numbers.items()}
    earned = numbers["contribution_margin"] * float(chain.revenue[company]) / WEEKS_A_YEAR * (1.0 - lost)
    burn = numbers["fixed_cost_per_week"] - earned
    return KeyAccounts(
        company=company,
        buyer=buyer.astype(np.int32),
        share=share,
        lost=lost,
        burn=burn,
        runway=np.array([_runway(numbers["cash"], b) for b in burn.tolist()]),
        concentration=float(share @ share),
    )


def _runway(cash: float, burn: float) -> float:
    if burn <= 0:
        return math.inf
    return cash / burn  # NaN where either is not known
