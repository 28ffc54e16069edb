"""Sets what was seen beside what the model said: inside its band or not, the sign, the size."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import sqrt

from graph.impact.coefficients import TINY

BANDS: Mapping[str, tuple[str, str]] = {"80": ("p10", "p90"), "90": ("p5", "p95")}
FACTOR = 2.0  # a size is near where neither is more than so many times the other
_Z = 1.959963984540054  # of a 95 % interval

Seen = tuple[float, float]  # from where to where what was seen may lie, twice the same where it is exact


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a figure compares with what was seen; None: cannot be told.

    `inside_80`, `inside_90`: whether what was seen lies in that band; `sign`: whether both are a loss, a
    gain, or nothing; `error`: said less seen; `ratio`: said over seen; both by the middle of what was seen.
    """

    inside_80: bool | None
    inside_90: bool | None
    sign: bool | None
    error: float
    ratio: float | None

    @property
    def near(self) -> bool | None:
        """Whether the size is right within a factor of two; None where nothing was seen to be lost or won."""
        return None if self.ratio is None else 1.0 / FACTOR <= self.ratio <= FACTOR


def judge(said: float, seen: Seen, band: Mapping[str, float] | None) -> Verdict:
    """Compares a figure and its band (p5 … p95, or None) with what was seen, all in one unit."""
    middle = (seen[0] + seen[1]) / 2.0
    within = {
        name: inside(seen, (band[low], band[high])) if band else None for name, (low, high) in BANDS.items()
    }
    return Verdict(
        inside_80=within["80"],
        inside_90=within["90"],
        sign=_same_sign(said, seen),
        error=said - middle,
        ratio=said / middle if abs(middle) > TINY else None,
    )


def inside(seen: Seen, band: Seen) -> bool | None:
    """Whether what was seen lies in the band, ends counted in; None where only a part of it does."""
    if band[0] <= seen[0] and seen[1] <= band[1]:
        return True
    return False if seen[1] < band[0] or band[1] < seen[0] else None


def _sign(value: float) -> int:
    return 0 if abs(value) <= TINY else (1 if value > 0 else -1)


def _same_sign(said: float, seen: Seen) -> bool | None:
    low, high = _sign(seen[0]), _sign(seen[1])
    if not low <= _sign(said) <= high:
        return False
    return True if low == high else None


@dataclass(frozen=True, slots=True)
class Tally:
    """How many of `of` were so, and the 95 % interval of the share (Wilson); shares are 0 where `of` is."""

    count: int
    of: int
    low: float
    high: float

    @property
    def share(self) -> float:
        """The share of those that could be told."""
        return self.count / self.of if self.of else 0.0


def tally(answers: Iterable[bool | None]) -> Tally:
    """Counts the answers that are true among those that could be told."""
    told = [answer for answer in answers if answer is not None]
    n, count = len(told), sum(told)
    if not n:
        return Tally(0, 0, 0.0, 1.0)
    share, widened = count / n, 1.0 + _Z * _Z / n
    middle = (share + _Z * _Z / (2 * n)) / widened
    half = _Z * sqrt(share * (1.0 - share) / n + _Z * _Z / (4 * n * n)) / widened
    return Tally(count, n, max(0.0, middle - half), min(1.0, middle + half))
