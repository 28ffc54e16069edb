"""Danger beside trade as an SVG: a dot a company, both ways on a scale of powers of ten."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from html import escape
from typing import NamedTuple

from viz import style
from viz.texts import LABEL, fit

WIDTH, HEIGHT = 920, 420  # px
LEFT, RIGHT, TOP, BOTTOM = 92, 24, 16, 52  # margins
NOTHING_LANE = 92  # where companies stand with which nothing is traded
DECADES = 4  # of losses below the largest; what is smaller stands on the floor
LABELS = 16
_LINE = 14  # height of a label
_RADIUS = 6  # of a dot, its border counted
_NEAR, _GAPS = 10, (9, 18, 34, 52)  # a label farther off has a line to its dot; the distances that are tried


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


class _Box(NamedTuple):
    """A rectangle of the picture [px]."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def inside(self) -> bool:
        """Whether nothing of it stands beside the axes."""
        return self.left > LEFT and self.right < WIDTH and self.top > 0 and self.bottom < HEIGHT - BOTTOM

    def free(self, taken: Iterable[_Box]) -> bool:
        """Whether it covers none of these."""
        left, top, right, bottom = self
        return not any(left < b.right and b.left < right and top < b.bottom and b.top < bottom for b in taken)

    def away(self, across: float, down: float) -> float:
        """How far it is from a point."""
        return math.hypot(
            max(self.left - across, across - self.right, 0.0), max(self.top - down, down - self.bottom, 0.0)
        )


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
    """Names of the first dots, each where it covers no dot and no other name; a line leads to one far off."""
    centres = [_place(dot, x, y) for dot in dots]
    taken = [_Box(a - _RADIUS, d - _RADIUS, a + _RADIUS, d + _RADIUS) for a, d in centres]
    for dot, (across, down) in zip(dots[:LABELS], centres, strict=False):
        name = fit(dot.name, LABEL)
        box = next((b for b in _boxes(across, down, _width(name)) if b.inside and b.free(taken)), None)
        if box is None:
            continue
        taken.append(box)
        if box.away(across, down) > _NEAR:
            to = min(max(across, box.left), box.right), min(max(down, box.top), box.bottom)
            yield f'<line x1="{across:.1f}" y1="{down:.1f}" x2="{to[0]:.1f}" y2="{to[1]:.1f}" class="lead"/>'
        anchor, at = ("start", box.left) if box.left > across else ("end", box.right)
        if box.left <= across <= box.right:
            anchor, at = "middle", (box.left + box.right) / 2
        where = f'x="{at:.1f}" y="{box.bottom - 3:.1f}" text-anchor="{anchor}"'
        yield f'<text {where} class="name">{escape(name)}</text>'


def _boxes(across: float, down: float, wide: float) -> Iterator[_Box]:
    """Where the name of a dot may stand, the best first: beside it, over or under it, then farther off."""
    for gap in _GAPS:
        slant = 0.7 * gap
        for left, top in (
            (across + gap, down - _LINE / 2),
            (across - gap - wide, down - _LINE / 2),
            (across - wide / 2, down - gap - _LINE),
            (across - wide / 2, down + gap),
            (across + slant, down - slant - _LINE),
            (across + slant, down + slant),
            (across - slant - wide, down - slant - _LINE),
            (across - slant - wide, down + slant),
        ):
            yield _Box(left, top, left + wide, top + _LINE)


def _width(name: str) -> float:
    return sum(12.5 if ord(c) > 0x2E7F else 10.0 if c.isupper() else 7.2 for c in name)
