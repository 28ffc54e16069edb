"""How often the 90 % interval of a rate holds the truth: counts are drawn from rates that are known.

The table of docs/complaints.md is `python -m tests.graph.test_rates_coverage`, the test a small part of it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import numpy as np
import pytest

from graph.voice.rates import rates

Chance = np.random.Generator
Truth = Callable[[Chance, int], np.ndarray]

# Rates of mean 1 from which truths are drawn: of the model's own form and of others.
TRUTHS: dict[str, Truth] = {
    "gamma, shape ½": lambda chance, k: chance.gamma(0.5, 2.0, k),
    "gamma, shape 2": lambda chance, k: chance.gamma(2.0, 0.5, k),
    "gamma, shape 20": lambda chance, k: chance.gamma(20.0, 0.05, k),
    "all the same": lambda chance, k: np.ones(k),
    "log-normal, σ = 1": lambda chance, k: chance.lognormal(-0.5, 1.0, k),
    "one in four is 5 times as bad": lambda chance, k: np.where(chance.random(k) < 0.25, 2.5, 0.5),
}
SIZES = (2, 3, 5, 20)
EXPECTED = (2.0, 20.0)  # complaints, of a partner whose exposure is the mean
INTERVALS = 1800  # of each number in the table: it has a deviation of 0.7 % by itself, or some more


def covered(truth: Truth, size: int, expected: float, runs: int, chance: Chance) -> float:
    """The share of intervals that hold the truth; exposures differ up to tenfold."""
    inside = 0
    for _ in range(runs):
        exposure = np.exp(chance.uniform(0.0, math.log(10.0), size))
        exposure *= expected * math.log(10.0) / 9.0
        rate = truth(chance, size)
        found = rates(chance.poisson(rate * exposure).astype(np.float64), exposure)
        inside += int(np.count_nonzero((found.low <= rate) & (rate <= found.high)))
    return inside / (runs * size)


@pytest.mark.parametrize("size", [2, 3, 5])
def test_the_interval_holds(size: int) -> None:
    """Of nine in ten truths, or a few less: 360 intervals have a deviation of 1.6 % by themselves."""
    chance, runs = np.random.default_rng(size), 60 // size
    assert np.mean([covered(truth, size, 5.0, runs, chance) for truth in TRUTHS.values()]) >= 0.84


def table() -> Iterator[str]:
    """The rows of docs/complaints.md."""
    yield "| true rates | complaints of each | " + " | ".join(f"K = {size}" for size in SIZES) + " |"
    yield "|---|---|" + "---|" * len(SIZES)
    for name, truth in TRUTHS.items():
        for expected in EXPECTED:
            held = [
                covered(truth, size, expected, INTERVALS // size, np.random.default_rng(5)) for size in SIZES
            ]
            yield f"| {name} | {expected:g} | " + " | ".join(f"{100 * share:.0f} %" for share in held) + " |"


if __name__ == "__main__":
    for line in table():
        print(line)
