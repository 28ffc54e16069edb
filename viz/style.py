"""Every colour, shape and size of the map: what damage, size and the four channels look like."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Bin:
    """One step of the damage scale: losses above `above` [percent of the week's revenue]."""

    above: float
    colour: str


@dataclass(frozen=True, slots=True)
class Channel:
    """How one kind of harm is drawn: colour and dash pattern [px], and where its lane lies.

    `bend` is how far the line bows out of the straight one [share of its length], so that the channels
    between two companies lie side by side.
    """

    name: str
    colour: str
    dash: tuple[int, ...]
    bend: float


# One hue from light to dark: the steps differ in lightness alone, so they survive colour blindness and
# a grey printer.
DAMAGE = (
    Bin(-1.0, "#f6f6f4"),
    Bin(0.05, "#f8e08e"),
    Bin(1.0, "#f3b750"),
    Bin(5.0, "#e58435"),
    Bin(20.0, "#c4501c"),
    Bin(50.0, "#651a0b"),
)

# Blue, green, magenta and slate, told apart by their dashes as well.
CHANNELS = (
    Channel("missing", "#0b4f8a", (), 0.0),
    Channel("withheld", "#178a5e", (9, 5), 0.10),
    Channel("blame", "#a8246f", (2, 4), 0.19),
    Channel("taint", "#6d6a86", (9, 3, 2, 3), 0.28),
)

INK = "#1c1c1a"
PAPER = "#ffffff"
NODE_BORDER = "#55534c"
LINK = "#d9d8d3"
SOFT = "#5d5b54"  # words of second rank; 6.7 : 1 on the paper
EDGE = "#cfcdc6"
SHADE = "#f4f3ef"
CHOSEN = "#0a6ebd"
ACCENT = "#a53b12"

NODE_SHAPE = "dot"
SHOCKED_SHAPE = "diamond"
NODE_BORDER_WIDTH = 1.0
SHOCKED_BORDER_WIDTH = 3.0
SHOCKED_GROWTH = 1.2  # a diamond looks smaller than a dot of its radius

LINK_WIDTH = 0.8
ARROW = 0.45  # of the library's arrow head
THINNEST, THICKEST = 1.0, 6.5  # px, of a line that carries almost nothing, or all
FAINTEST = 0.01  # a share below this is not drawn
FAINT = 0.5  # opacity of the faintest line that is drawn; that of a full one is 1

LARGEST_RADIUS = 26.0  # px, of the largest revenue
CROWDED_RADIUS = 12.0  # px, of the largest revenue however many are drawn; some circles then touch
SMALLEST_RADIUS = 3.0
SMALLEST_SHOCKED = 7.0  # so that the colour within the border is seen
ROOMY, SMALLEST_ROOMY = 60, 4.5  # up to so many companies, none need be smaller


def line_width(amount: float) -> float:
    """How thick a line is [px] that carries this share [0-1]."""
    return THINNEST + (THICKEST - THINNEST) * amount


def line_opacity(amount: float) -> float:
    """How opaque a line is that carries this share [0-1], so that strong ones stand out of many."""
    return FAINT + (1.0 - FAINT) * math.sqrt(amount)


def variables() -> str:
    """The page's colours as CSS variables."""
    colours = {
        "ink": INK,
        "paper": PAPER,
        "rim": NODE_BORDER,
        "soft": SOFT,
        "edge": EDGE,
        "shade": SHADE,
        "chosen": CHOSEN,
        "accent": ACCENT,
        "damaged": DAMAGE[3].colour,
    }
    return ":root{" + "".join(f"--{name}:{colour};" for name, colour in colours.items()) + "}"
