"""The axis of a picture: round numbers along it, and where a value lies."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)
_TICKS = 8


@dataclass(frozen=True, slots=True)
class Axis:
    """Values from `low` to `high` lie from `start` to `end` [px]; `ticks`: a value, and how it reads."""

    low: float
    high: float
    start: float
    end: float
    ticks: tuple[tuple[float, str], ...]

    def place(self, value: float) -> float:
        """Where a value lies [px]."""
        return self.start + (value - self.low) / (self.high - self.low) * (self.end - self.start)


def axis_of(values: Sequence[float], start: float, end: float) -> Axis:
    """An axis that holds all values, with about eight ticks at round numbers."""
    low, high = min(values), max(values)
    span = (high - low) or max(abs(high), 1.0)
    step = _round(span / _TICKS)
    first, last = math.floor(low / step), math.ceil(high / step)
    last = max(last, first + 1)
    places = max(0, -math.floor(math.log10(step) + 1e-9)) + (1 if _is_quarter(step) else 0)
    ticks = tuple((n * step, decimals(n * step, places)) for n in range(first, last + 1))
    return Axis(first * step, last * step, start, end, ticks)


def decimals(value: float, places: int) -> str:
    """A number to so many decimals; what rounds to nothing has no sign."""
    return f"{round(value, places) + 0.0:.{places}f}"


def _round(size: float) -> float:
    """The smallest round number that is at least so large."""
    power = 10.0 ** math.floor(math.log10(size))
    return next(step * power for step in _STEPS if step * power >= size * (1 - 1e-9))


def _is_quarter(step: float) -> bool:
    return step < 10 and round(step / 10.0 ** math.floor(math.log10(step) + 1e-9), 6) == 2.5
