"""Names as Neo4j's two full-text indexes hold them, and what people type as questions to them, escaped."""

from __future__ import annotations

import re

from graph.model import Fact
from graph.stores.names_index import fold, grams, indexed, names_of

_LONGEST = 200  # characters of a search that count
_BLANK = "▁"  # a space within a run of three characters: the index parts its text at spaces
_WORD = re.compile(r"\w+")
_SPECIAL = re.compile(r'([+\-!(){}\[\]^"~*?:\\/&|<>=])')


def grams_of(fact: Fact, mark: str) -> str:
    """The text that the index of trigrams keeps for a company; `mark` stands for its chain.

    The same runs of three characters as in the embedded store (names_index), so that both find the same.
    """
    spread = indexed(names_of(fact)).replace(" ", _BLANK)
    runs = dict.fromkeys(spread[i : i + 3] for i in range(len(spread) - 2))
    return " ".join((mark, *runs))


def escaped(text: str) -> str:
    """A text in which nothing speaks to Lucene any more."""
    return _SPECIAL.sub(r"\\\1", text)


def by_grams(text: str, mark: str) -> str:
    """The question to the index of trigrams for names like a text, typos and all; '' where none can be."""
    runs = grams(text)
    if not runs:
        return ""
    asked = " ".join(f'"{escaped(run.replace(" ", _BLANK))}"' for run in runs)
    return f'+"{escaped(mark)}" +({asked})'


def by_words(text: str, chain: str) -> str:
    """The question to the index of words and of pairs of Chinese characters; '' where none can be."""
    words = _WORD.findall(fold(text)[:_LONGEST])
    return f'+chain:"{escaped(chain)}" +"{" ".join(words)}"' if words else ""
