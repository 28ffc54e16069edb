"""Danger beside trade as an SVG: a dot a company, both ways on a scale of powers of ten."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

from viz import style

WIDTH, HEIGHT = 920, 420  # px
LEFT, RIGHT, TOP, BOTTOM = 92, 24, 16, 52  # margins
NOTHING_LANE = 92  # where companies stand with which nothing is traded
DECADES = 4  # of losses below the largest; what is smaller stands on the floor
LABELS = 12
_LINE = 13  # height of a label


@dataclass(frozen=True, slots=True)
class Dot:
    """One company: money traded a year and lost, its name, and what is said where one points at it."""

    traded: float
    loss: float
    name: str
    told: str
    filled: bool


@dataclass(frozen=True, slots=True)
class Axes:
    """What stands at the axes: titles, how money is written, and what the lane of no trade is called."""

    x: str
    y: str
    nothing: str
    tick: dict[int, str]  # power of ten → how it is written


class _Scale:
    """From an amount to pixels, by its logarithm."""

    def __init__(self, low: float, high: float, start: float, end: float) -> None:
        self.first, self.last = math.floor(low), max(math.ceil(high), math.floor(low) + 1)
        self._start, self._a_decade = start, (end - start) / (self.last - self.first)

    def __call__(self, amount: float) -> float:
        power = max(math.log10(amount), self.first)
        return self._start + self._a_decade * (power - self.first)

    def powers(self) -> range:
        """The powers of ten on it."""
        return range(self.first, self.last + 1)


def powers(dots: Sequence[Dot]) -> set[int]:
    """The powers of ten that the axes of these dots may name."""
    x, y = _scales(dots)
    return {*x.powers(), *y.powers()}


def scatter(dots: Sequence[Dot], axes: Axes, label: str) -> str:
    """The picture; all texts are escaped. The first dots are those that bear their names."""
    x, y = _scales(dots)
    body = [
        *_axes(x, y, axes, _lane(dots)),
        *(_dot(dot, x, y) for dot in reversed(dots)),
        *_labels(dots, x, y),
    ]
    return (
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(label)}">{"".join(body)}</svg>'
    )


def _scales(dots: Sequence[Dot]) -> tuple[_Scale, _Scale]:
    traded = [math.log10(d.traded) for d in dots if d.traded > 0] or [0.0]
    lost = [math.log10(d.loss) for d in dots if d.loss > 0] or [0.0]
    x = _Scale(min(traded), max(traded), LEFT + _lane(dots), WIDTH - RIGHT)
    y = _Scale(max(min(lost), max(lost) - DECADES), max(lost), HEIGHT - BOTTOM, TOP)
    return x, y


def _lane(dots: Sequence[Dot]) -> int:
    return NOTHING_LANE if any(dot.traded <= 0 for dot in dots) else 0


def _place(dot: Dot, x: _Scale, y: _Scale) -> tuple[float, float]:
    return (x(dot.traded) if dot.traded > 0 else LEFT + NOTHING_LANE / 2), y(dot.loss)


def _axes(x: _Scale, y: _Scale, axes: Axes, lane: int) -> Iterator[str]:
    floor = HEIGHT - BOTTOM
    if lane:
        yield f'<rect x="{LEFT}" y="{TOP}" width="{lane}" height="{floor - TOP}" fill="{style.SHADE}"/>'
        middle = LEFT + lane / 2
        yield f'<text x="{middle}" y="{floor + 18}" text-anchor="middle">{escape(axes.nothing)}</text>'
    for power in y.powers():
        at = y(10.0**power)
        yield f'<line x1="{LEFT}" y1="{at:.1f}" x2="{WIDTH - RIGHT}" y2="{at:.1f}" class="grid"/>'
        yield f'<text x="{LEFT - 8}" y="{at + 4:.1f}" text-anchor="end">{escape(axes.tick[power])}</text>'
    for power in x.powers():
        at = x(10.0**power)
        yield f'<line x1="{at:.1f}" y1="{TOP}" x2="{at:.1f}" y2="{floor}" class="grid"/>'
        anchor = "end" if at > WIDTH - RIGHT - 1 else "middle"  # nothing is cut off at the edge
        yield f'<text x="{at:.1f}" y="{floor + 18}" text-anchor="{anchor}">{escape(axes.tick[power])}</text>'
    yield (
        f'<text x="{(LEFT + lane + WIDTH - RIGHT) / 2}" y="{HEIGHT - 12}" text-anchor="middle" class="axis">'
        f"{escape(axes.x)}</text>"
    )
    yield (
        f'<text transform="translate(16 {(TOP + floor) / 2}) rotate(-90)" text-anchor="middle" class="axis">'
        f"{escape(axes.y)}</text>"
    )


def _dot(dot: Dot, x: _Scale, y: _Scale) -> str:
    across, down = _place(dot, x, y)
    kind = ' class="filled"' if dot.filled else ""
    return f'<circle cx="{across:.1f}" cy="{down:.1f}" r="5"{kind}><title>{escape(dot.told)}</title></circle>'


def _labels(dots: Sequence[Dot], x: _Scale, y: _Scale) -> Iterator[str]:
    """Names of the first dots, where they do not cover one another."""
    taken: list[tuple[float, float, float]] = []
    for dot in dots[:LABELS]:
        across, down = _place(dot, x, y)
        wide = sum(12.5 if ord(c) > 0x2E7F else 6.6 for c in dot.name)
        to_left = across + 9 + wide > WIDTH - RIGHT
        start = across - 9 - wide if to_left else across + 9
        if any(abs(down - d) < _LINE and start < e and s < start + wide for s, e, d in taken):
            continue
        taken.append((start, start + wide, down))
        anchor = ' text-anchor="end"' if to_left else ""
        at = across - 9 if to_left else across + 9
        yield f'<text x="{at:.1f}" y="{down + 4:.1f}"{anchor} class="name">{escape(dot.name)}</text>'
