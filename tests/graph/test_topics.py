"""What complaints about deliveries are about: sentences judged by hand, the list of words, hostile texts."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.voice.topics import Topic, stated, topics

LIST = Path(__file__).parents[2] / "graph" / "data" / "delivery_words.csv"
ROWS = list(csv.DictReader(LIST.read_text(encoding="utf-8").splitlines()))
PHRASES = [row["words"] for row in ROWS if row["kind"] in list(Topic) and row["where"] == "text"]
FILLERS = {row["words"] for row in ROWS if row["kind"] == "filler"}
CHINESE = tuple(word for word in FILLERS if not word.isascii())
NEGATORS = [row["words"] for row in ROWS if row["kind"] == "negator"]

# t delay, b damage, a attitude
JUDGED = """
t   | It came three days late.
t   | LATE AGAIN!!!
t   | Delivery was delayed twice
t   | did not arrive on time
t   | It wasn’t delivered on time
t   | still haven't got my parcel
t   | They took far too long. They took so long
b   | The vase arrived broken
b   | box crushed, contents in pieces
a   | The driver was rude
a   | he slammed the door and hung up
tb  | late and damaged
ta  | Not only late but rude.
ba  | It was not late. It was cracked, and he shouted at me
    | not late
    | It wasn't late at all
    | was not at all late
    | never late, never rude
    | no delay or damage
    | neither late nor damaged
    | without any sign of damage
    | nothing was broken
    | the parcel was not delivered late
b   | not late but damaged
t   | no excuse for the delay
t   | not damaged, just late
    | I ordered blue and got green
    | the latest model
t   | 包裹延误了三天
t   | 没有按时送达
t   | 一直没收到
t   | 快递迟迟不到，Ｌａｔｅ again
t   | 快递late了
t   | 派送非常慢
b   | 箱子被压扁，杯子碎了
b   | 外包装严重破损
a   | 快递员态度恶劣
a   | 态度非常差
a   | 配送员没有礼貌
a   | 快递员很不耐烦
ta  | 不仅延误，态度也很差
tb  | 晚到两天，还摔坏了
b   | 没有延误，但是包裹破损
    | 没有延误
    | 并未延误
    | 从不迟到
    | 没有任何延误
    | 没有延误和破损
    | 没有出现破损
    | 包裹无破损
    | 态度不差
    | 态度很好
    | 没有不耐烦
    | 颜色发错了
t   | 無故延誤
a   | 態度非常差
""".strip().splitlines()


@pytest.mark.parametrize("line", JUDGED)
def test_as_a_person_judges(line: str) -> None:
    letters, _, text = line.partition(" | ")
    names = {"t": Topic.DELAY, "b": Topic.DAMAGE, "a": Topic.ATTITUDE}
    assert topics(text) == {names[letter] for letter in letters.strip()}


# What docs/complaints.md says that the list cannot do.
MISREAD = {
    "I was late home and missed them": {Topic.DELAY},  # who was late
    "Great, two weeks for a letter": set(),  # irony, and no word of the list
    "it is never not late": set(),  # a negation twice is one
    "没有一次不延误": set(),
    "no damage, delay or rudeness": {Topic.DELAY, Topic.ATTITUDE},  # a comma ends a negation
    "if it is late again I will complain": {Topic.DELAY},  # not yet
    "damage: none": {Topic.DAMAGE},  # the negator stands behind
}


@pytest.mark.parametrize(("text", "found"), MISREAD.items())
def test_what_the_list_cannot_do_is_written(text: str, found: set[Topic]) -> None:
    assert topics(text) == found
    assert f"`{text}`" in (LIST.parents[2] / "docs" / "complaints.md").read_text(encoding="utf-8")


def test_cells_that_name_a_topic() -> None:
    assert stated(("Delivery delay", "")) == {Topic.DELAY}
    assert stated(("delivery", "packaging damage;staff attitude")) == {Topic.DAMAGE, Topic.ATTITUDE}
    assert stated(("服务态度",)) == {Topic.ATTITUDE}
    assert topics("服务态度") == topics("attitude") == stated(("", "delivery")) == stated(()) == set()


def test_the_list_is_clean() -> None:
    assert {row["kind"] for row in ROWS} == {*Topic, "negator", "filler"}
    assert {row["where"] for row in ROWS} == {"text", "cell"}
    assert len({tuple(row.values()) for row in ROWS}) == len(ROWS)
    for row in ROWS:
        assert row["words"] == " ".join(row["words"].split()).casefold()
    for phrase in PHRASES:  # such a word would be taken for a filler, and the phrase never be found
        for later in phrase.split()[1:]:
            assert later not in FILLERS if later.isascii() else not later.startswith(CHINESE), phrase


@pytest.mark.parametrize("phrase", PHRASES)
def test_every_phrase_is_found_and_can_be_negated(phrase: str) -> None:
    text = phrase.replace("*", "") if phrase.isascii() else phrase.replace(" ", "")
    found = topics(text)
    assert {row["kind"] for row in ROWS if row["words"] == phrase and row["where"] == "text"} == found
    framed, negated = (
        ("So it is {}, we say", "not really {}") if phrase.isascii() else ("我说{}了", "没有发生过{}")
    )
    assert topics(framed.format(text)) == found
    assert topics(negated.format(text)) == set()


@pytest.mark.parametrize("negator", NEGATORS)
def test_every_negator_negates(negator: str) -> None:
    assert topics(f"{negator} late" if negator.isascii() else f"{negator}延误") == set()
    assert topics(f"{negator}; late" if negator.isascii() else f"{negator}，延误") == {Topic.DELAY}


@given(st.text())
def test_any_text_has_its_answer(text: str) -> None:
    assert topics(text) <= set(Topic)
    assert topics(text + ". It was late.") >= {Topic.DELAY}


@pytest.mark.parametrize(
    "text",
    ["not " + "a " * 50_000 + "late", "极其" * 50_000, "态度" + "极其" * 50_000 + "好", "took the " * 20_000,
     "slam" + "a" * 100_000, "没有" * 50_000, "\n" * 100_000, "\ud800" * 1000],
)  # fmt: skip
def test_no_text_takes_long(text: str) -> None:
    """A few of these would never end if the time grew as a power of their length."""
    assert topics(text) <= set(Topic)
