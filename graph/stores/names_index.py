"""Names and their likeness, Latin and Chinese alike: what stores index of them, how candidates are ranked."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence

import numpy as np
from rapidfuzz import fuzz, process

from graph.model import Fact

CANDIDATES = 400  # names worth comparing letter by letter
_LONGEST = 200  # characters of a search that count
_LIKE = 0.5  # less is no likeness
_WIDE = re.compile(r"([⺀-\U0010ffff])")  # Chinese, Japanese, Korean: a character is a word
_DROPPED = ("Mn", "Cs")  # accents; halves of characters, which no text may hold
_TRIPLED = r"\1\1\1"


def fold(text: str) -> str:
    """A text without the differences that don't count: case, width, accents, doubled spaces."""
    if text.isascii():
        return " ".join(text.lower().split())
    plain = unicodedata.normalize("NFKD", text.casefold())
    text = unicodedata.normalize("NFKC", "".join(c for c in plain if unicodedata.category(c) not in _DROPPED))
    return " ".join(text.casefold().split())


def _spread(folded: str) -> str:
    """A text whose runs of three characters are worth looking up.

    Spaces mark the ends of words. A wide character stands three times, so that it is found alone and with
    its neighbour: names of three Chinese characters with one of them wrong share no run of three.
    """
    return f" {folded} " if folded.isascii() else f" {_WIDE.sub(_TRIPLED, folded)} "


def names_of(fact: Fact) -> tuple[str, ...]:
    """Id, name and aliases of a company, each once."""
    id, name, aliases = fact.id, str(fact.values.get("name", fact.id)), fact.values.get("aliases")
    if isinstance(aliases, tuple):
        return tuple(dict.fromkeys((id, name, *aliases)))
    return (id,) if name == id else (id, name)


def indexed(names: Iterable[str]) -> str:
    """The text that an index of trigrams keeps for a company.

    It is kept in files: what changes it needs a new version of the schema and a step that indexes anew.
    """
    return _spread(fold(" ".join(names)))


def grams(text: str) -> tuple[str, ...]:
    """The trigrams to look up for a search, each once."""
    spread = _spread(fold(text)[:_LONGEST])
    return tuple(dict.fromkeys(spread[i : i + 3] for i in range(len(spread) - 2))) if spread.strip() else ()


def ranked(text: str, candidates: Sequence[tuple[str, Sequence[str]]]) -> list[tuple[str, float]]:
    """Candidates (id, names) that are like the text, best first, with their likeness in (0.5, 1].

    1.0 for an equal id or name (after `fold`), below for the rest: rapidfuzz's WRatio, which forgives
    typos, other orders of words and missing parts. Of equals the shorter name comes first.
    """
    searched = fold(text)
    folded = [[fold(name) for name in names] for _, names in candidates]
    flat = [name[: 4 * _LONGEST] for names in folded for name in names]
    if not flat:
        return []
    scores = process.cdist([searched[:_LONGEST]], flat, scorer=fuzz.WRatio, dtype=np.float64)[0] / 100
    found: list[tuple[float, int, str]] = []
    at = 0
    for (company, written), names in zip(candidates, folded, strict=True):
        own = scores[at : at + len(names)]
        at += len(names)
        equal = text in written or (searched and searched in names)
        score = 1.0 if equal else min(0.99, float(own.max()))
        if score > _LIKE:
            found.append((-score, len(names[int(own.argmax())]), company))
    return [(company, -score) for score, _, company in sorted(found)]
