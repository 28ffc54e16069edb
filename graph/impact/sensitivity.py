"""Which uncertain number an answer hangs on most: rank correlations over the draws."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from graph.impact.priors import Input
from graph.impact.uncertainty import Draws
from graph.network import Floats

CHANCE = 0.05  # that any of the inputs passes for one that matters where none does


@dataclass(frozen=True, slots=True)
class Sensitivity:
    """Spearman's rank correlation of an input with a figure over the draws [-1 to 1].

    Above 0: the more of it, the larger the figure. `clear` where chance alone would hardly give as much
    to any of the inputs.
    """

    input: Input
    correlation: float
    clear: bool


def sensitivities(drawn: Draws, figure: Floats) -> tuple[Sensitivity, ...]:
    """All inputs of the draws, the strongest first; `figure` is one number a draw."""
    if not drawn.inputs:
        return ()
    points, order = _ranks(drawn.points), _ranks(figure[:, np.newaxis])
    spread = np.sqrt((points**2).sum(axis=0) * (order**2).sum())
    found = np.divide((points * order).sum(axis=0), spread, out=np.zeros(len(spread)), where=spread > 0)
    bound = chance_alone(len(drawn), len(drawn.inputs))
    return tuple(
        Sensitivity(drawn.inputs[i], float(found[i]), bool(abs(found[i]) > bound))
        for i in np.argsort(-abs(found), kind="stable").tolist()
    )


def chance_alone(count: int, inputs: int) -> float:
    """The correlation that no input passes by chance, but in CHANCE of all cases; `count` draws."""
    return NormalDist().inv_cdf(1.0 - CHANCE / (2 * inputs)) / float(np.sqrt(max(1, count - 1)))


def _ranks(values: NDArray[np.float64]) -> Floats:
    """The ranks within each column less their mean; ties share theirs."""
    from scipy.stats import rankdata  # as in sampling: only who draws should wait for it

    ranks: Floats = rankdata(values, axis=0)
    return np.asarray(ranks - ranks.mean(axis=0))
