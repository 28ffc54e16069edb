"""The answers about the systemic risk index, whoever asks: as JSON, and who stands highest."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from api.answers import basis, snapshot
from graph.explorer import Explorer
from graph.impact.basis import of_systemic
from graph.impact.systemic import Progress, Question, Systemic, systemic


def ask(
    explorer: Explorer,
    question: Question,
    companies: Sequence[str] = (),
    progress: Progress | None = None,
) -> Systemic:
    """The index of these companies (id, name or alias), or of all. Raises NotFound, Ambiguous, StoreError."""
    network = explorer.network()
    named = sorted({network.index[explorer.find(name).id] for name in companies})
    return systemic(network, question, named if companies else None, progress=progress)


def document(found: Systemic, lang: str) -> dict[str, Any]:
    """The answer as JSON, warnings in that language."""
    question, network = found.question, found.network
    return {
        "eps": question.eps,
        "demand": question.demand,
        "market_shares": question.market_shares,
        "converged": found.converged,
        "residual": found.residual,
        "sweeps": int(found.sweeps.max(initial=0)),
        **basis(of_systemic(found), lang),
        "snapshot": snapshot(network.snapshot),
        "index": {
            network.ids[firm]: value
            for firm, value in zip(found.firms.tolist(), found.index.tolist(), strict=True)
        },
    }


def highest(found: Systemic, most: int) -> list[int]:
    """Places in `found` of the firms with the highest index, the highest first."""
    return [int(n) for n in np.lexsort((found.firms, -found.index))[:most]]
