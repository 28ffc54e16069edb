"""Makes a text from data fit to be shown: no characters that hide or reorder others, no endless names."""

from __future__ import annotations

import re

NAME, LABEL, SENTENCE = 80, 26, 400  # characters

# Controls, halves of characters, and the marks that make text run backwards through what follows it.
_UNFIT = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufffe\uffff]+")
_REORDERING = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069\u061c]")


def fit(text: str, longest: int = SENTENCE) -> str:
    """The text on one line, at most that many characters."""
    shown = _UNFIT.sub(" ", _REORDERING.sub("", text[: 4 * longest])).strip()
    return shown if len(shown) <= longest else shown[: longest - 1].rstrip() + "…"


def named(name: str, id: str) -> str:
    """A company as `Name (id)`, fit to be shown; the id alone where it has no other name."""
    known = fit(id, NAME)
    return known if name in ("", id) else f"{fit(name, NAME)} ({known})"
