"""Finds the sentence that an English text was made from, and says it in Chinese."""

from __future__ import annotations

import functools
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.resources import files
from string import Formatter

from api.chinese.po import entries
from viz.words import apart

SAID_TOO = ("reason", "what", "range", "doc")  # blanks whose value is a sentence, or a part of one
LISTS = ("names",)  # blanks whose value is names, one after the other
CUTS = 60  # of one text: there is no message of so many parts, but somebody may send one
_COMMA = re.compile(r", (?![^()]*\))")  # between two names, not within what is said of one in brackets
_WORD = re.compile(r"(?<![\w\0])\w+(?![\w\0])")  # a whole word: none that a blank (\0) touches


@dataclass(frozen=True, slots=True)
class Sentence:
    """An English sentence with blanks, and the Chinese one.

    `texts` is what stands before, between and after the `blanks`, so there is one more of it.
    """

    english: str
    chinese: str
    texts: tuple[str, ...]
    blanks: tuple[str, ...]

    @property
    def weight(self) -> int:
        """How many characters are written, not filled in."""
        return sum(map(len, self.texts))

    def values(self, text: str) -> dict[str, str] | None:
        """What fills the blanks of a text made from this sentence, none of them empty; None if it was not.

        From left to right without turning back: the time grows with the text, whatever stands in it.
        """
        first, *others = self.texts
        if not others:
            return {} if text == first else None
        *between, last = others
        place, end = len(first), len(text) - len(last)
        if not (text.startswith(first) and text.endswith(last) and place < end):
            return None
        found: dict[str, str] = {}
        for blank, literal in zip(self.blanks, [*between, ""], strict=True):
            cut = text.find(literal, place + 1, end) if literal else end
            if cut < 0 or found.setdefault(blank, text[place:cut]) != text[place:cut]:
                return None
            place = cut + len(literal)
        return found if place == end else None


def sentence(english: str, chinese: str) -> Sentence:
    """A sentence of the catalogue."""
    parts = [(text, name) for text, name, _, _ in Formatter().parse(english)]
    texts, blanks = [""], []
    for text, name in parts:  # "{{" comes as a part of its own, without a blank
        texts[-1] += text
        if name is not None:
            blanks.append(name)
            texts.append("")
    return Sentence(english, chinese, tuple(texts), tuple(blanks))


class Catalogue:
    """All sentences, each found by the word of it that is the rarest among them."""

    def __init__(self, sentences: Iterable[Sentence]) -> None:
        self.sentences = tuple(sentences)
        words = [_words("\0".join(each.texts)) for each in self.sentences]
        count = Counter(word for each in words for word in set(each))
        self._by_word: dict[str, list[Sentence]] = defaultdict(list)
        for each, own in zip(self.sentences, words, strict=True):
            self._by_word[min(own, key=count.__getitem__, default="")].append(each)

    def find(self, text: str) -> tuple[Sentence, Mapping[str, str]] | None:
        """The sentence that a text was made from, and what fills its blanks.

        Of several the one of which most is written; the first letter may be large or small.
        """
        for said in (text, text[:1].swapcase() + text[1:]):
            places = (self._by_word.get(word, ()) for word in {"", *_words(said)})
            made = [(each, found) for place in places for each in place
                    if (found := each.values(said)) is not None]  # fmt: skip
            if made:
                return max(made, key=lambda pair: (pair[0].weight, -len(pair[0].blanks)))
        return None

    def say(self, text: str) -> str | None:
        """A text in Chinese: a sentence, FIELD: SENTENCE, or several of them; None if it is unknown."""
        if text.count("; ") + text.count(": ") > CUTS:
            return None
        for one, rest in _cuts(text, "; "):
            said = self._clause(one)
            others = None if said is None else self.say(rest)
            if said is not None and others is not None:
                return f"{said[1]}；{others}"
        said = self._clause(text)
        return None if said is None else said[1]

    def _clause(self, text: str) -> tuple[int, str] | None:
        """A sentence, or what stands before a colon (a file, a field, an option) and what is wrong with it,
        with what is written of it: that of which most is written counts here too."""
        found = []
        for head, rest in _cuts(text, ": "):
            if (made := self.find(rest)) is not None:
                weight, said = self._filled(*made)
                found.append((weight, f"{head}：{said}"))
        if (made := self.find(text)) is not None:
            found.append(self._filled(*made))
        return max(found, key=lambda each: each[0], default=None)

    def _filled(self, found: Sentence, values: Mapping[str, str]) -> tuple[int, str]:
        weight, said = found.weight, ""
        for text, blank, _, _ in Formatter().parse(found.chinese):
            value = "" if blank is None else values[blank]
            if blank in LISTS:
                value = "、".join(map(self._item, _COMMA.split(value)))
            elif blank in SAID_TOO and (clause := self._clause(value)) is not None:
                weight, value = weight + clause[0], clause[1]
            elif blank in SAID_TOO:
                value = self.say(value) or value
            for part in (text, value):
                said += " " * apart(said[-1:], part[:1]) + part
        return weight, said

    def _item(self, name: str) -> str:
        """One of several names: what is said beside the name in Chinese, never the name."""
        found = self.find(name)
        return self._filled(*found)[1] if found and found[1] else name


def _words(text: str) -> list[str]:
    return _WORD.findall(text.lower())


def _cuts(text: str, at: str) -> Iterable[tuple[str, str]]:
    """A text cut in two at each place where it may be."""
    place = text.find(at)
    while place >= 0:
        yield text[:place], text[place + len(at) :]
        place = text.find(at, place + 1)


@functools.cache  # read once a process, and only where somebody reads Chinese
def catalogue() -> Catalogue:
    """The sentences of all .po files beside this one."""
    paths = [path for path in files("api.chinese").iterdir() if path.name.endswith(".po")]
    texts = [path.read_text(encoding="utf-8") for path in paths]
    return Catalogue(sentence(english, chinese) for text in texts for english, chinese in entries(text))


def in_chinese(text: str) -> str:
    """A message, a remedy, a warning or a help text in Chinese; as it is, if it is not known."""
    stop = text.endswith(".") and not text.endswith("..")
    said = catalogue().say(text[:-1] if stop else text)
    if said is None:
        return text
    return f"{said}。" if stop and said[-1] not in "。？！…" else said
