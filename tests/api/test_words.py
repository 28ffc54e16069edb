"""The command line's phrases: in both languages, with the same blanks, and each of them used."""

import re
from pathlib import Path
from string import Formatter

import pytest

from api.words import PHRASES, Speech, harmless

API = Path(__file__).resolve().parents[2] / "api"


def blanks(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


@pytest.mark.parametrize("phrase", PHRASES)
def test_both_languages_fill_in_the_same(phrase: str) -> None:
    english, chinese = PHRASES[phrase]
    assert blanks(english) >= blanks(chinese)
    assert english
    assert chinese


@pytest.mark.parametrize(
    ("lang", "text", "said"),
    [
        ("en", "It is.", "It is."),
        ("en", "is it?", "is it?"),
        ("en", "", ""),
        ("zh", "must be given", "必须给出。"),
        ("zh", "did you mean A (a)?", "您是指 A (a) 吗？"),
    ],
)
def test_a_sentence_ends_once(lang: str, text: str, said: str) -> None:
    assert Speech(lang).sentence(text) == said


def test_every_phrase_is_used() -> None:
    source = "\n".join(p.read_text("utf-8") for p in API.rglob("*.py") if p.name != "words.py")
    built = {f"load_{n}" for n in ("file", "loader", "read", "added", "updated", "unchanged", "rejected")}
    begun = tuple(re.findall(r"\bf[\"'](\w+_)\{", source))
    unused = {p for p in PHRASES if not re.search(rf"[\"']{p}[\"']", source)} - built
    assert not {p for p in unused if not p.startswith(begun)}


def test_a_terminal_is_not_obeyed() -> None:
    assert "\x1b" not in harmless("a\x1b[2Jb")
    assert "\u202e" not in harmless("a\u202eb")
    assert harmless("a\nb") == "a b"
