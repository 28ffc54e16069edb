"""Rates of complaints reckoned plainly, with nothing but math: what graph/voice/rates.py must agree with."""

from __future__ import annotations

import math
from collections.abc import Sequence

Pair = tuple[float, float, float]  # a, b, weight

FEW, MANY = 75, 800  # steps over log b and over log a


def log_weight(a: float, b: float, counts: Sequence[int], exposure: Sequence[float]) -> float:
    """The logarithm of the weight of a pair on a grid of log a and log b: likelihood times hyperprior."""
    likelihood = sum(
        math.lgamma(a + n) - math.lgamma(a) - a * math.log1p(e / b) - n * math.log(b + e)
        for n, e in zip(counts, exposure, strict=True)
    )
    usual = sum(exposure) / len(exposure)
    return (
        likelihood + math.log(b) - 2 * math.log(b + usual)
    )  # d(b/(b + usual)) is usual·b/(b + usual)² dlog b


def pairs(counts: Sequence[int], exposure: Sequence[float]) -> list[Pair]:
    """Shapes and rates of the gamma, in even steps of their logarithms, with weights of sum 1."""
    total, usual = sum(counts), sum(exposure) / len(exposure)
    found = []
    for i in range(FEW):
        b = usual * math.exp(-32 + 50 * i / (FEW - 1))
        fall = sum(math.log1p(e / b) for e in exposure)
        top = math.log((total + 12 * math.sqrt(total) + 60) / fall)  # from there on the weight is nothing
        for k in range(MANY):
            a = math.exp(top - 24 * k / MANY)
            found.append((a, b, log_weight(a, b, counts, exposure)))
    most = max(weight for *_, weight in found)
    some = [(a, b, math.exp(weight - most)) for a, b, weight in found if weight > most - 18]
    whole = sum(weight for *_, weight in some)
    return [(a, b, weight / whole) for a, b, weight in some]


def rate(known: Sequence[Pair], n: int, e: float) -> float:
    """The mean rate of a partner."""
    return math.fsum(weight * (a + n) / (b + e) for a, b, weight in known)


def below(x: float, known: Sequence[Pair], n: int, e: float) -> float:
    """P(rate <= x) of a partner."""
    return math.fsum(weight * share_below(x, a + n, b + e) for a, b, weight in known)


def share_below(x: float, a: float, b: float) -> float:
    """P(rate <= x) of a gamma with shape a and rate b, by its power series.

    Of a large shape by the cube root of Wilson and Hilferty, which is then good to six digits.
    """
    y = b * x
    if y <= 0:
        return 0.0
    if a > 2000:
        return math.erfc(-((y / a) ** (1 / 3) - 1 + 1 / (9 * a)) * 3 * math.sqrt(a / 2)) / 2
    first = a * math.log(y) - y - math.lgamma(a + 1)
    if first < -700:
        return float(y > a)
    term, found, step = math.exp(first), 0.0, a
    while term > 1e-17 * found or step < y:
        found += term
        step += 1
        term *= y / step
    return min(found, 1.0)
