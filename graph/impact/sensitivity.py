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

    Above 0: the more of it, the larger the figure. `clear` where, apart from what it shares with the stronger
    inputs that are clear, chance alone would hardly give as much to any: few points in many dimensions
    leave pairs of inputs that move together.
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
    strongest = np.argsort(-abs(found), kind="stable").tolist()
    clear = _clear(points, order[:, 0], [i for i in strongest if abs(found[i]) > bound(drawn)], bound(drawn))
    return tuple(Sensitivity(drawn.inputs[i], float(found[i]), i in clear) for i in strongest)


def bound(drawn: Draws) -> float:
    """The correlation that chance alone hardly gives to any input of these draws."""
    return chance_alone(len(drawn), len(drawn.inputs))


def _clear(points: Floats, order: Floats, candidates: list[int], least: float) -> set[int]:
    """The candidates, strongest first, whose correlation is above `least` beside those before them."""
    chosen: set[int] = set()
    base = np.zeros((len(order), 0))  # orthonormal: what the chosen ones span
    left = order.copy()
    for i in candidates:
        own = points[:, i] - base @ (base.T @ points[:, i])
        size = float(np.linalg.norm(own))
        if size < 1e-6 * float(np.linalg.norm(points[:, i])):
            continue
        if abs(float(own @ left)) > least * size * float(np.linalg.norm(left)):
            chosen.add(i)
            base = np.column_stack([base, own / size])
            left = left - own / size * float(own @ left) / size
    return chosen


def chance_alone(count: int, inputs: int) -> float:
    """The correlation that no input passes by chance, but in CHANCE of all cases; `count` draws."""
    return NormalDist().inv_cdf(1.0 - CHANCE / (2 * inputs)) / float(np.sqrt(max(1, count - 1)))


def _ranks(values: NDArray[np.float64]) -> Floats:
    """The ranks within each column less their mean; ties share theirs."""
    from scipy.stats import rankdata  # as in sampling: only who draws should wait for it

    ranks: Floats = rankdata(values, axis=0)
    return np.asarray(ranks - ranks.mean(axis=0))
