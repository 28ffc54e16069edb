"""Whether the bands hold: on made-up chains, how often what was true lies inside (docs/uncertainty.md)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from graph.impact.impact import Impact, reckon
from graph.impact.propagation import Progress
from graph.impact.sampling import Sample, sample
from graph.impact.synthetic import chain, scenario
from graph.impact.uncertainty import DRAWS, Interval, draws, interval
from graph.network import Floats

CHAINS, TRUTHS, BINS = 60, 40, 20
# Between which shares of the truths a band of this many percent is said to hold.
AIMS: Mapping[int, tuple[float, float]] = MappingProxyType({80: (0.75, 0.85), 90: (0.85, 0.95)})


@dataclass(frozen=True, slots=True)
class Held:
    """How one figure's band of `percent` did: how many of its truths lay inside.

    `error` is the standard error of the share, by chain: the truths of one chain share a band.
    """

    figure: str
    percent: int
    truths: int
    inside: int
    error: float

    @property
    def share(self) -> float:
        """The share of the truths inside [0-1], 0 of none."""
        return self.inside / self.truths if self.truths else 0.0

    @property
    def holds(self) -> bool:
        """Whether the share lies where it should."""
        low, high = AIMS[self.percent]
        return low <= self.share <= high

    @property
    def unclear(self) -> bool:
        """Whether it lies outside by no more than chance makes of so few truths: two standard errors."""
        low, high = AIMS[self.percent]
        part = self.percent / 100.0
        chance = max(self.error, math.sqrt(part * (1.0 - part) / max(1, self.truths)))
        outside = max(low - self.share, self.share - high)
        return 0.0 < outside <= 2.0 * chance


@dataclass(frozen=True)
class Calibration:
    """How all bands did; `places` counts, by figure, the truths in each twentieth of the draws, (BINS,)."""

    chains: int
    truths: int
    draws: int
    seed: int
    held: tuple[Held, ...]
    places: Mapping[str, NDArray[np.int64]]

    @property
    def holds(self) -> bool:
        """Whether all bands do."""
        return all(each.holds for each in self.held)

    @property
    def unclear(self) -> bool:
        """Whether those that do not hold had too few truths to tell."""
        return not self.holds and all(each.holds or each.unclear for each in self.held)


FIGURES = ("value_added_loss", "gross_revenue_loss", "rival_gain", "revenue_loss", "worst_week")


def calibrate(
    chains: int = CHAINS,
    truths: int = TRUTHS,
    count: int = DRAWS,
    *,
    seed: int = 0,
    progress: Progress | None = None,
) -> Calibration:
    """On `chains` made-up chains, draw a band from what is recorded and `truths` from the same priors.

    Truths are plain random numbers by NumPy's own triangle: they share no point and no formula with the
    draws. A company's figure counts where it is above 0 in every draw: where nothing may happen, a band
    that begins at 0 holds too often. `progress` is called with (chains done, chains).
    """
    inside: dict[tuple[str, int], list[tuple[int, int]]] = {
        (f, percent): [] for f in FIGURES for percent in AIMS
    }
    places = {figure: np.zeros(BINS, np.int64) for figure in FIGURES}
    for number in range(chains):
        rng = np.random.default_rng([seed, number])
        drawn, true = _one(rng, truths, count, seed + number)
        for figure in FIGURES:
            counted = (drawn[figure] > 0).all(axis=0) & (np.ptp(drawn[figure], axis=0) > 0)
            seen, told = drawn[figure][:, counted], true[figure][:, counted]
            band = interval(seen)
            for percent, (low, high) in _ends(band).items():
                held = (told >= low) & (told <= high)
                inside[figure, percent].append((held.size, int(held.sum())))
            below = (seen[:, np.newaxis] < told).mean(axis=0)
            places[figure] += np.bincount(
                np.minimum((below * BINS).astype(int), BINS - 1).ravel(), minlength=BINS
            )
        if progress is not None:
            progress(number + 1, chains)
    held_by = tuple(_held(*key, counts) for key, counts in inside.items())
    return Calibration(chains, truths, count, seed, held_by, MappingProxyType(places))


def _ends(band: Interval) -> Mapping[int, tuple[Floats, Floats]]:
    return {80: (band.p10, band.p90), 90: (band.p5, band.p95)}


def _one(
    rng: np.random.Generator, truths: int, count: int, seed: int
) -> tuple[Mapping[str, Floats], Mapping[str, Floats]]:
    """The figures of one chain: (draws, …) and (truths, …)."""
    found = draws(chain(rng), scenario(rng, seed), count, weekly=True)
    drawn = {
        "value_added_loss": found.figures["value_added_loss"][:, np.newaxis],
        "gross_revenue_loss": found.figures["gross_revenue_loss"][:, np.newaxis],
        "rival_gain": found.rival_gain.sum(axis=1, keepdims=True),
        "revenue_loss": found.revenue_loss,
        "worst_week": found.weekly.max(axis=1).astype(np.float64),
    }
    new = _truths(sample(found.central, 1), truths, rng)
    true = [_true(reckon(*new.draw(number))) for number in range(truths)]
    return drawn, {figure: np.array([each[figure] for each in true]) for figure in FIGURES}


def _true(impact: Impact) -> Mapping[str, Floats]:
    return {
        "value_added_loss": np.array([impact.value_added_loss]),
        "gross_revenue_loss": np.array([impact.gross_revenue_loss]),
        "rival_gain": np.array([impact.rival_gain.sum()]),
        "revenue_loss": impact.revenue_loss,
        "worst_week": impact.series["revenue_loss_share"].max(axis=0),
    }


def _truths(taken: Sample, truths: int, rng: np.random.Generator) -> Sample:
    """The same priors drawn anew."""
    low, mode, high = (
        np.array([getattr(each, name) for each in taken.inputs]) for name in ("low", "mode", "high")
    )
    points = rng.triangular(low, mode, high, (truths, len(taken.inputs)))
    return replace(taken, points=points, scenario=replace(taken.scenario, seed=int(rng.integers(2**53))))


def _held(figure: str, level: int, counts: list[tuple[int, int]]) -> Held:
    of, held = np.array(counts, np.float64).reshape(-1, 2).T
    share = held.sum() / max(of.sum(), 1.0)
    # Of a ratio of sums over chains, which are independent.
    spread = np.sqrt(((held - share * of) ** 2).sum()) / max(of.sum(), 1.0)
    return Held(figure, level, int(of.sum()), int(held.sum()), float(spread))
