"""Colours that survive a grey printer and colour blindness; lines told apart by their dashes as well."""

from itertools import combinations, pairwise

import numpy as np
import pytest
from numpy.typing import NDArray

from viz.style import CHANNELS, DAMAGE, INK, LINK, PAPER, SOFT, line_opacity, line_width

Colour = NDArray[np.float64]

# How dichromats see linear RGB: Viénot, Brettel and Mollon 1999.
BLIND = {
    "protan": [[0.11238, 0.88762, 0.0], [0.11238, 0.88762, 0.0], [0.00401, -0.00401, 1.0]],
    "deutan": [[0.29275, 0.70725, 0.0], [0.29275, 0.70725, 0.0], [-0.02234, 0.02234, 1.0]],
    "all": np.eye(3).tolist(),
}


def linear(colour: str) -> Colour:
    c = np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    return np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)


def luminance(colour: str) -> float:
    return float(linear(colour) @ [0.2126, 0.7152, 0.0722])


def contrast(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def lab(rgb: Colour) -> Colour:
    xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]) @ rgb
    f = np.cbrt(np.maximum(xyz / [0.9505, 1.0, 1.089], 0))
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def test_damage_darkens_step_by_step() -> None:
    greys = [lab(np.full(3, luminance(b.colour)))[0] for b in DAMAGE]
    assert all(light - dark >= 5 for light, dark in pairwise(greys)), greys
    assert [b.above for b in DAMAGE] == sorted(b.above for b in DAMAGE)


@pytest.mark.parametrize("eyes", BLIND)
def test_colours_differ_to_every_eye(eyes: str) -> None:
    seen = np.array(BLIND[eyes])
    steps = [lab(np.clip(seen @ linear(b.colour), 0, 1)) for b in DAMAGE]
    for one, other in pairwise(steps):
        assert np.linalg.norm(one - other) > 10
    lines = [lab(np.clip(seen @ linear(c.colour), 0, 1)) for c in CHANNELS]
    for one, other in combinations(lines, 2):
        assert np.linalg.norm(one - other) > 10


def test_lines_differ_without_colour() -> None:
    assert len({c.dash for c in CHANNELS}) == len({c.bend for c in CHANNELS}) == len(CHANNELS)


def test_texts_and_lines_stand_out_of_the_paper() -> None:
    assert contrast(INK, PAPER) > 12
    assert contrast(SOFT, PAPER) > 4.5
    assert all(contrast(c.colour, PAPER) > 3 for c in CHANNELS)
    assert contrast(LINK, PAPER) < min(contrast(c.colour, PAPER) for c in CHANNELS)


def test_more_is_thicker_and_fuller() -> None:
    amounts = np.linspace(0, 1, 11)
    for drawn in (line_width, line_opacity):
        sizes = [drawn(float(a)) for a in amounts]
        assert sizes == sorted(set(sizes))
    assert line_opacity(1.0) == 1.0
