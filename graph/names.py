"""Names of companies: the form in which they are compared, the id made from one, the spelling shown."""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Iterable, Mapping
from hashlib import sha256
from importlib.resources import files
from types import MappingProxyType
from typing import Final

SLUG_LENGTH: Final = 80  # characters of an id made from a name, at most
NAME_LENGTH: Final = 1000  # letters of a text above which it is no name, and has no legal form to drop

# Scripts written without spaces, or with spaces that writers set as they like (Korean).
_CJK: Final = (
    "\u3005-\u3007\u3040-\u30ff\u3131-\u318e\u3400-\u4dbf\u4e00-\u9fff"
    "\uac00-\ud7a3\uf900-\ufaff\U00020000-\U0003ffff"
)
_CJK_ONE: Final = re.compile(f"[{_CJK}]")
_CJK_SPACE: Final = re.compile(f"(?<=[{_CJK}]) | (?=[{_CJK}])")
_CJK_MARK: Final = re.compile(r"\((?:株|有|主|주|유)\)")  # ㈱ and its kind after NFKC
_CJK_BRANCH: Final = re.compile("[分子支总總母]公司$")  # a branch or a head office is not its company
_LATIN: Final = re.compile("['`À-ɏʼ\u0300-\u036fḀ-ỿ‘’]")
_LATIN_ACCENT: Final = re.compile("([a-z])[\u0300-\u036f]+")
# EDGAR's mark for the state of incorporation: LYDALL INC /DE/, Andover Holdings, Inc./FL
_STATE_MARK: Final = re.compile(r"(?:[/\\][a-z]{2,3}[/\\]|(?<=[\s.,)])[/\\][a-z]{2})\s*$")

_ASCII: Final = str.maketrans(
    {chr(c): None if chr(c) in "'`" else " " for c in range(128) if not chr(c).isalnum()}
)
_BEFORE: Final = str.maketrans(dict.fromkeys("™℠®©℗´"))
_LETTERS: Final = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ı": "i", "æ": "ae", "œ": "oe", **dict.fromkeys("'`’‘ʼ")}
)


def _fold(text: str) -> str:
    """Width, case, accents of Latin letters, invisible characters: gone."""
    if text.isascii():
        return text.lower()
    text = unicodedata.normalize("NFKC", text.translate(_BEFORE)).casefold()
    text = unicodedata.normalize("NFKC", text).casefold()  # each may undo the other, once
    if not text.isprintable():
        text = "".join(c for c in text if unicodedata.category(c) != "Cf")
    if _LATIN.search(text):  # after all that stands between a letter and its accent is gone
        text = _LATIN_ACCENT.sub(r"\1", unicodedata.normalize("NFD", text.translate(_LETTERS)))
        text = unicodedata.normalize("NFC", text)
    return text


def _words(text: str) -> list[str]:
    """The words of a folded text: letters and digits, with the marks that some scripts hang on them."""
    if "&" in text:
        text = text.replace("&", " and ")
    if text.isascii():
        return text.translate(_ASCII).split()
    if text.isalnum():
        return [text]
    kept: list[str] = []
    for c in text:
        if c.isalnum() or (unicodedata.category(c)[0] == "M" and kept and kept[-1] != " "):
            kept.append(c)
        else:
            kept.append(" ")
    return _CJK_SPACE.sub("", " ".join("".join(kept).split())).split()


def _join_initials(words: list[str]) -> list[str]:
    """`s a` and `u s a` become one word each, so that S.A., S. A. and SA are one spelling."""
    joined: list[str] = []
    run = ""
    for word in words:
        if len(word) == 1 and word.isalpha():
            run += word
            continue
        if run:
            joined.append(run)
            run = ""
        joined.append(word)
    if run:
        joined.append(run)
    return joined


def _spelt(text: str) -> list[str]:
    """The words of a name with nothing dropped but spelling."""
    text = _CJK_MARK.sub(" ", _fold(text))
    if "/" in text or "\\" in text:
        text = _STATE_MARK.sub(" ", text)
    words = _words(text)
    if words and min(map(len, words)) == 1:
        words = _join_initials(words)
    return words


Forms = Mapping[str, tuple[tuple[str, ...], ...]]


def _legal_forms() -> tuple[Forms, Forms, tuple[str, ...], tuple[str, ...]]:
    """From data/legal_forms.csv: end by last word, start by first word; CJK end and start, longest first."""
    end: dict[str, list[tuple[str, ...]]] = {}
    start: dict[str, list[tuple[str, ...]]] = {}
    cjk_end: list[str] = []
    cjk_start: list[str] = []
    table = files("graph").joinpath("data/legal_forms.csv").read_text(encoding="utf-8")
    for row in csv.DictReader(table.splitlines()):
        words = tuple(_spelt(row["form"]))
        is_cjk = _CJK_ONE.search(row["form"]) is not None
        if row["place"] != "start":
            cjk_end.append(words[0]) if is_cjk else end.setdefault(words[-1], []).append(words)
        if row["place"] != "end":
            cjk_start.append(words[0]) if is_cjk else start.setdefault(words[0], []).append(words)

    def longest_first(forms: dict[str, list[tuple[str, ...]]]) -> Forms:
        return MappingProxyType({w: tuple(sorted(set(f), key=len, reverse=True)) for w, f in forms.items()})

    return (
        longest_first(end),
        longest_first(start),
        tuple(sorted(cjk_end, key=len, reverse=True)),
        tuple(sorted(cjk_start, key=len, reverse=True)),
    )


_END, _START, _CJK_END, _CJK_START = _legal_forms()


def _drop_one(words: list[str]) -> bool:
    """Drops one legal form, or an article or conjunction left hanging; False when there is none to drop."""
    last = words[-1]
    if len(words) > 1:
        for form in _END.get(last, ()):
            if len(form) < len(words) and tuple(words[-len(form) :]) == form:
                del words[-len(form) :]
                return True
        for form in _START.get(words[0], ()):
            if len(form) < len(words) and tuple(words[: len(form)]) == form:
                del words[: len(form)]
                return True
        if last in ("and", "the"):  # Deere & Company; Hertz Corp, The
            words.pop()
            return True
        if words[0] == "the":
            del words[0]
            return True
    if last.isascii() or _CJK_ONE.search(last) is None:
        return False
    return _drop_one_cjk(words)


def _drop_one_cjk(words: list[str]) -> bool:
    """The same for forms that are written without a space beside the name."""
    last = words[-1]
    if not _CJK_BRANCH.search(last):
        for form in _CJK_END:
            if last.endswith(form) and (len(last) > len(form) or len(words) > 1):
                words[-1:] = [last[: -len(form)]] if len(last) > len(form) else []
                return True
    for form in _CJK_START:
        rest = words[0].removeprefix(form)
        if rest != words[0] and rest[:1].isalnum():
            words[0] = rest
            return True
    return False


def visible(text: str) -> str:
    """The text as a person sees it: no control or formatting characters, single spaces, none at the ends."""
    if text.isascii() and text.isprintable():
        return " ".join(text.split())
    return " ".join(
        "".join(
            " " if unicodedata.category(c) == "Cc" else c for c in text if unicodedata.category(c) != "Cf"
        ).split()
    )


def key(name: str) -> str:
    """The form in which names are compared: two companies' names are one name if their keys are equal.

    Folded: case, width (NFKC), accents of Latin letters, punctuation (`&` is `and`), spaces around Chinese,
    Japanese and Korean, initials (`S. A.`), the article `the`, EDGAR's mark of the state, and the legal
    forms of data/legal_forms.csv at their place. Kept: everything else, `Group`, `集团`, countries and
    brackets' content among it, since `(China)` is another company. A name made of punctuation or symbols
    alone gets its code points (`u0021`). Empty only where nothing is visible.
    `key(key(name)) == key(name)`.
    """
    words = _spelt(name)
    if not words:
        seen = visible(name)
        return "u" + " ".join(f"{ord(c):04x}" for c in seen) if seen else ""
    if sum(map(len, words)) <= NAME_LENGTH:
        while _drop_one(words):
            words = _join_initials(words)  # a form written against an initial leaves it bare
    return " ".join(words)


def slug(name: str) -> str:
    """The id made from a name: its key with hyphens, Chinese characters kept; '' where nothing is visible.

    At most SLUG_LENGTH characters; a longer one ends in the beginning of its key's SHA-256.
    """
    made = key(name).replace(" ", "-")
    if len(made) <= SLUG_LENGTH:
        return made
    return f"{made[: SLUG_LENGTH - 9]}-{fingerprint(name, 8)}"


def fingerprint(name: str, digits: int) -> str:
    """Hexadecimal digits that stand for a name's key."""
    return sha256(key(name).encode("utf-8", "surrogatepass")).hexdigest()[:digits]


def best_spelling(spellings: Iterable[str]) -> str:
    """The spelling to show, in whatever order they came: mixed case, else capitals, else the shortest."""

    def rank(spelling: str) -> tuple[int, int, str]:
        low, high = spelling.lower(), spelling.upper()
        # All lower case comes last: it is how ids made from names are written.
        case = 0 if low == high else (spelling == high) + 2 * (spelling == low)
        return case, len(spelling), spelling

    return min((visible(s) for s in spellings), key=rank)
