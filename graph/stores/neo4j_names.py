"""What people type, as a question to Neo4j's full-text index: escaped, with typos forgiven."""

from __future__ import annotations

import re

from graph.stores.names_index import fold

_LONGEST = 120  # characters of a search that count
_WORDS = 12
_FORGIVING = 4  # letters from which on one of them may be wrong; twice as many: two
_WIDE = re.compile(r"[⺀-鿿豈-﫿가-힣぀-ヿ\U00020000-\U0003ffff]")
_WORD = re.compile(r"\w+")
_SPECIAL = re.compile(r'([+\-!(){}\[\]^"~*?:\\/&|])')


def escaped(text: str) -> str:
    """A text in which nothing speaks to Lucene any more."""
    # AND, OR and NOT are words of its language only in capitals
    return _SPECIAL.sub(r"\\\1", text).lower()


def searching(text: str, chain: str) -> str:
    """The Lucene question for companies whose name is like a text; '' where no name can be.

    The whole as a phrase counts most, then whole words, then words with letters wrong or cut off. The index
    keeps Chinese as pairs of characters, so a character alone, or beside a wrong one, is sought in any pair.
    """
    folded = fold(text)[:_LONGEST]
    words = list(dict.fromkeys(_WORD.findall(folded)))[:_WORDS]
    if not words:
        return ""
    phrase = escaped(" ".join(_WORD.findall(folded)))
    asked = [f'"{phrase}"^8']
    for word in words:
        plain = escaped(word)
        wide = _WIDE.findall(word)
        if wide:
            asked.append(f"{plain}^2")
            asked += [f"*{escaped(c)}*" for c in dict.fromkeys(wide)]
        else:
            asked.append(f"{plain}^4")
            asked.append(f"{plain}*^2" if len(plain) > 1 else plain)
            if len(word) >= _FORGIVING:
                asked.append(f"{plain}~{2 if len(word) >= 2 * _FORGIVING else 1}")
    return f'+chain:"{escaped(chain)}" +({" ".join(asked)})'
