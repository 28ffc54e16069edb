"""The test of key accounts as JSON: who the largest customers are, and what is left without them."""

from __future__ import annotations

import math
from typing import Any

from api.answers import basis, snapshot
from graph.explorer import Explorer
from graph.impact.accounts import KeyAccounts, key_accounts
from graph.impact.basis import of_accounts
from graph.impact.coefficients import Chain, derive
from graph.parameters import parameters


def ask(explorer: Explorer, name: str) -> tuple[Chain, KeyAccounts]:
    """The test of a company, and the chain that it was made on. Raises NotFound, Ambiguous, StoreError."""
    found = explorer.find(name).id
    network = explorer.network()
    chain = derive(network, parameters({}))
    return chain, key_accounts(chain, network.index[found])


def document(chain: Chain, tested: KeyAccounts, top: int, lang: str) -> dict[str, Any]:
    """The `top` largest customers, and what is left when they have gone; warnings in that language."""
    network = chain.network
    revenue = float(chain.revenue[tested.company])
    return {
        "company": network.ids[tested.company],
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
        **basis(of_accounts(chain, tested.company), lang),
        "snapshot": snapshot(network.snapshot),
    }
