"""The test of key accounts as JSON: who the largest customers are, and what is left without them."""

from __future__ import annotations

import math
from typing import Any

from graph.explorer import Explorer
from graph.impact.accounts import key_accounts
from graph.impact.coefficients import derive
from graph.parameters import parameters


def document(explorer: Explorer, name: str, top: int) -> dict[str, Any]:
    """The `top` largest customers, and what is left when they have gone. Raises NotFound, Ambiguous."""
    found = explorer.find(name).id
    network = explorer.network()
    chain = derive(network, parameters({}))
    tested = key_accounts(chain, network.index[found])
    revenue = float(chain.revenue[tested.company])
    return {
        "company": found,
        "currency": network.snapshot.currency or None,
        "revenue": revenue,
        "concentration": tested.concentration,
        "accounts": [
            {
                "company": network.ids[tested.buyer[k]],
                "name": network.names[tested.buyer[k]],
                "share": float(tested.share[k]),
                "lost_share": float(tested.lost[k]),
                "lost": float(tested.lost[k]) * revenue,
                "survives": None if math.isnan(tested.burn[k]) else bool(tested.burn[k] <= 0),
                "runway_weeks": float(tested.runway[k]) if math.isfinite(tested.runway[k]) else None,
            }
            for k in range(min(top, len(tested.buyer)))
        ],
        "snapshot": {"revision": network.snapshot.revision, "hash": network.snapshot.hash},
    }
