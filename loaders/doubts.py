"""Doubtful pairs: companies whose names are so close that a person should say whether they are one."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from itertools import combinations, pairwise
from typing import Final

from rapidfuzz import fuzz

from graph.names import key

# Bounds that keep the work linear: what more names share than this says little about any two of them.
LONGER_NAMES: Final = 25  # names that begin with one name
SHARED_WORD: Final = 30  # names that share a word
SHARED_INITIALS: Final = 5
WINDOW: Final = 5  # neighbours in the alphabet that are compared
ALIKE: Final = 88.0  # rapidfuzz's ratio, 0-100
RESTS_ALIKE: Final = 75.0  # of what is left without the shared words
SHORTEST: Final = 5  # characters of a name below which one typo is another name

_BRACKETS: Final = re.compile(
    r"[(（](?:formerly|fka|f/k/a|aka|dba|d/b/a|now|原|曾用名)?\s*:?([^()（）]{2,200})[)）]", re.I
)
_PARTS: Final = re.compile(r"\s+/\s+|\s+(?:formerly|fka|f/k/a|dba|d/b/a|aka)\s+", re.I)
_NUMBERS: Final = re.compile(r"\d+")


@dataclass(frozen=True, slots=True)
class Doubt:
    """Two companies that may be one. `score` [0-1]: how likely at first sight; `reason`: why."""

    name_a: str
    id_a: str
    name_b: str
    id_b: str
    score: float
    reason: str


Pair = tuple[str, str, float, str]  # key, key, score, reason
Found = dict[tuple[str, str], tuple[float, str]]  # (id, id) in their order -> score, reason


def find_doubts(
    keys: Mapping[str, Sequence[str]], names: Mapping[str, str], among: Set[str] | None = None
) -> Found:
    """Pairs of ids that may be one company, each with its score [0-1] and reason.

    `keys`: the ids that bear each name, in the form of `names.key`; `names`: each id's name as written;
    `among`: letters are compared only where one of the two names is one of these ids', None is all. The work
    grows as n log n.
    """
    found: Found = {}

    def note(a: str, b: str, score: float, reason: str) -> None:
        if a != b:
            pair = (a, b) if a < b else (b, a)
            if found.get(pair, (0.0, ""))[0] < score:
                found[pair] = (score, reason)

    for ids in keys.values():
        for a, b in combinations(ids, 2):
            note(a, b, 1.0, "the same name")
    for a, part, reason in _within(names):
        for b in keys.get(part, ()):
            note(a, b, 0.9, reason)
    ordered = sorted(keys)
    wanted = None if among is None else {k for k, ids in keys.items() if not among.isdisjoint(ids)}
    for pairs in (_respaced(ordered), _longer(keys, ordered), _initials(ordered), _alike(ordered, wanted)):
        for one, other, score, reason in pairs:
            note(keys[one][0], keys[other][0], score, reason)
    return found


def _within(names: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
    """Names that stand inside a name, as id, key, reason: Delphi (Aptiv); LG Chem / LG Energy Solution."""
    for id, name in names.items():
        if "(" in name or "（" in name:
            for inside in _BRACKETS.findall(name):
                yield id, key(inside), "its name stands in the other's brackets"
            yield id, key(_BRACKETS.sub(" ", name)), "the same name without brackets"
        parts = _PARTS.split(name)
        if len(parts) > 1:
            for part in parts:
                yield id, key(part), "one of two names written as one"


def _respaced(keys: Sequence[str]) -> Iterator[Pair]:
    for letters, reason in ((_without_spaces, "the same letters"), (_sorted_words, "the same words")):
        groups: defaultdict[str, list[str]] = defaultdict(list)
        for k in keys:
            groups[letters(k)].append(k)
        for group in groups.values():
            for one, other in pairwise(group):
                yield one, other, 0.98, reason


def _without_spaces(k: str) -> str:
    return k.replace(" ", "")


def _sorted_words(k: str) -> str:
    return " ".join(sorted(k.split()))


def _numbers_differ(one: str, other: str) -> bool:
    """Plant 1 and Plant 2 are two, however alike."""
    return _NUMBERS.findall(one) != _NUMBERS.findall(other)


def _longer(keys: Mapping[str, Sequence[str]], ordered: Sequence[str]) -> Iterator[Pair]:
    """Volvo and Volvo Group: a name that another begins with, unless many do."""
    longer: defaultdict[str, list[str]] = defaultdict(list)
    for k in ordered:
        ends = range(2, min(len(k), 40)) if not k.isascii() else [m.start() for m in re.finditer(" ", k)]
        for end in ends:
            start = k[:end].rstrip()
            if start != k and start in keys and len(longer[start]) <= LONGER_NAMES:
                longer[start].append(k)
    for start, group in longer.items():
        if len(group) <= LONGER_NAMES:
            for k in group:
                if not _numbers_differ(start, k):
                    yield start, k, 0.6 + 0.3 * len(start) / len(k), "one name begins with the other"


def _initials(ordered: Sequence[str]) -> Iterator[Pair]:
    groups: defaultdict[str, list[str]] = defaultdict(list)
    for k in ordered:
        words = k.split()
        if 2 <= len(words) <= 6:
            groups["".join(word[0] for word in words)].append(k)
    for k in ordered:
        if " " not in k and 2 <= len(k) <= 6 and 0 < len(groups.get(k, ())) <= SHARED_INITIALS:
            for full in groups[k]:
                yield k, full, 0.7, "the other's initials"


def _alike(ordered: Sequence[str], wanted: Set[str] | None) -> Iterator[Pair]:
    """Names a few letters apart, among neighbours in the alphabet, from either end, and sharers of a word.
    `wanted`: one of the two is of these; None is all."""
    for one, other in _near(ordered) if wanted is None else _near_to(wanted, ordered):
        if len(one) < SHORTEST or len(other) < SHORTEST:
            continue
        ratio = fuzz.ratio(one, other, score_cutoff=ALIKE)
        if ratio and _rests_alike(one, other) and not _numbers_differ(one, other):
            yield one, other, 0.95 * ratio / 100, "nearly the same letters"


def _rests_alike(one: str, other: str) -> bool:
    """Whether names are alike in more than the words they share: J&D Trailers and C&D Trailers are not."""
    ours, theirs = one.split(), other.split()
    rest = " ".join(w for w in ours if w not in theirs)
    of_theirs = " ".join(w for w in theirs if w not in ours)
    return not rest or not of_theirs or fuzz.ratio(rest, of_theirs) >= RESTS_ALIKE


def _near(ordered: Sequence[str]) -> Iterator[tuple[str, str]]:
    for sequence in (ordered, _from_the_end(ordered)):
        for step in range(1, WINDOW + 1):
            yield from zip(sequence, sequence[step:], strict=False)
    for group in _sharers(ordered, None):
        yield from combinations(group, 2)


def _near_to(wanted: Set[str], ordered: Sequence[str]) -> Iterator[tuple[str, str]]:
    """The pairs of `_near` that hold one of these names, some of them twice."""
    for sequence in (ordered, _from_the_end(ordered)):
        for i, k in enumerate(sequence):
            if k in wanted:
                for other in (*sequence[max(0, i - WINDOW) : i], *sequence[i + 1 : i + WINDOW + 1]):
                    yield k, other
    for group in _sharers(ordered, {word for k in wanted for word in k.split()}):
        for one, other in combinations(group, 2):
            if one in wanted or other in wanted:
                yield one, other


def _from_the_end(ordered: Sequence[str]) -> list[str]:
    return sorted(ordered, key=lambda k: k[::-1])


def _sharers(ordered: Sequence[str], words: Set[str] | None) -> Iterator[list[str]]:
    """The names that share a word, unless many do. `words`: only of these; None is all."""
    sharers: defaultdict[str, list[str]] = defaultdict(list)
    for k in ordered:
        for word in set(k.split()):
            if (words is None or word in words) and len(sharers[word]) <= SHARED_WORD:
                sharers[word].append(k)
    return (group for group in sharers.values() if len(group) <= SHARED_WORD)
