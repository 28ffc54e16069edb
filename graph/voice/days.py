"""The days over which complaints came in, told from their dates, of which some may be slips of the pen."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Final

APART: Final = 5  # years without a complaint that part one group of dates from the next
FEW: Final = 3  # dates that may be strays, whatever share of all they are
SHARE: Final = 0.05  # of all dates that may be strays, however many they are


def days_of(dates: Sequence[str]) -> tuple[str, str]:
    """The first and the last of the dates (ISO, one at least).

    Where they fall into groups that lie more than APART years from each other, and all but a few (FEW, or
    SHARE of all; never half) stand in one group, they are that group's: a complaint of 1924 among those of
    2024 makes no century. More than a few are no slips of the pen, but what came in years ago.
    """
    groups: list[list[str]] = []
    for date in sorted(dates):
        if groups and _years_later(groups[-1][-1]) >= date:
            groups[-1].append(date)
        else:
            groups.append([date])
    most = max(groups, key=len)
    strays = len(dates) - len(most)
    is_few = strays < len(most) and strays <= max(FEW, SHARE * len(dates))
    return (most[0], most[-1]) if is_few else (groups[0][0], groups[-1][-1])


def _years_later(date: str) -> str:
    """The same day APART years later, as far as there are such years."""
    return f"{min(int(date[:4]) + APART, dt.MAXYEAR):04}{date[4:]}"
