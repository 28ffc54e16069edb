"""What a complaint about a delivery is about (delay, damage, attitude), by a list of words and phrases.

data/delivery_words.csv holds them: `kind` is a topic, `negator` or `filler`; `where` is `cell` for words that
name a topic in a cell but say nothing in a sentence. A `*` stands for any ending; a blank inside a phrase for
fillers, so that `态度 差` is found in 态度很差 too. A phrase does not count where a negator stands before it
with nothing but fillers between: not late, 没有任何延误. What follows a negated phrase after fillers alone is
negated with it: no delay or damage, 没有延误和破损. Whatever else stands between ends the negation.
"""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Sequence
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Final


class Topic(StrEnum):
    """What a courier is complained about for."""

    DELAY = "delay"
    DAMAGE = "damage"
    ATTITUDE = "attitude"


def topics(text: str) -> frozenset[Topic]:
    """What a text complains of, in English, Chinese or both; empty if nothing of it is known."""
    return _found(_patterns()[0], text)


def stated(cells: Sequence[str]) -> frozenset[Topic]:
    """The topics that the cells of a row name, such as its category."""
    return frozenset[Topic]().union(*(_found(_patterns()[1], cell) for cell in cells))


def _found(pattern: re.Pattern[str], text: str) -> frozenset[Topic]:
    found, negated = set(), False
    for token in pattern.finditer(unicodedata.normalize("NFKC", text).casefold().replace("’", "'")):
        kind = (token.lastgroup or "").partition("_")[0]
        if kind == "negator":
            negated = True
        elif not kind:
            negated = False
        elif kind != "filler" and not negated:
            found.add(Topic(kind))
    return frozenset(found)


# -- the list as patterns -----------------------------------------------------------------------------

_KINDS: Final = (*map(str, Topic), "negator", "filler")  # a phrase may begin with a negator: not on time


def _word(word: str) -> str:
    """A word, `*` being any ending."""
    return re.escape(word.removesuffix("*")) + (r"\w*" if word.endswith("*") else "")


def _one_of(phrases: Sequence[str], between: str) -> str:
    """Any of the phrases, the longest first; `between` matches what may stand between two of their words."""
    ordered = sorted(phrases, key=lambda each: (-len(each), each))
    return "|".join(between.join(map(_word, phrase.split())) for phrase in ordered)


def _pattern(rows: Sequence[tuple[str, str]]) -> re.Pattern[str]:
    """Cuts a text into phrases, negators, fillers and the rest, whose group has no name.

    English wants whole words, Chinese has none. All quantifiers that could meet in one place are possessive:
    no text takes longer than its length.
    """
    latin = {kind: [w for k, w in rows if k == kind and w.isascii()] for kind in _KINDS}
    other = {kind: [w for k, w in rows if k == kind and not w.isascii()] for kind in _KINDS}
    filler = _one_of(latin["filler"], "[ \t]+")
    latin_gap = rf"[ \t]++(?:(?:{filler})\b[ \t]++)*+"
    other_gap = rf"(?:{_one_of(other['filler'], '')}|[ \t])*+"
    in_latin = "|".join(f"(?P<{kind}_en>{_one_of(latin[kind], latin_gap)})" for kind in _KINDS)
    in_other = "|".join(f"(?P<{kind}_zh>{_one_of(other[kind], other_gap)})" for kind in _KINDS)
    return re.compile(
        rf"(?P<filler_blank>[ \t]+)|\b(?:{in_latin})\b|\w+|(?=[^\0-\x7f])(?:{in_other})|.",
        re.ASCII | re.DOTALL,
    )


@cache
def _patterns() -> tuple[re.Pattern[str], re.Pattern[str]]:
    """For sentences and for cells."""
    table = files("graph").joinpath("data/delivery_words.csv").read_text(encoding="utf-8")
    rows = [(row["kind"], row["words"], row["where"]) for row in csv.DictReader(table.splitlines())]
    text = [(kind, words) for kind, words, where in rows if where == "text"]
    return _pattern(text), _pattern([(kind, words) for kind, words, _ in rows])
