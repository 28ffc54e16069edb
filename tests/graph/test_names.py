"""Names: what is one name and what is not, ids made from names, and figures on real former names."""

import csv
from collections import defaultdict
from itertools import combinations
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from graph.names import NAME_LENGTH, SLUG_LENGTH, best_spelling, key, slug, visible

SAMPLES = Path(__file__).resolve().parents[1] / "samples"

ONE_NAME = [
    ("Hyundai", "HYUNDAI", "hyundai ", "Ｈｙｕｎｄａｉ", "Hyun\u200bdai", "\u202eHyundai\u202c", "Hyundai®"),
    ("PACCAR", "Paccar", "PACCAR Inc", "PACCAR, INCORPORATED", "Paccar, Inc.", "ＰＡＣＣＡＲ　Ｉｎｃ．"),
    ("General Motors LLC", "GENERAL MOTORS CORP.", "General Motors Company", "The General Motors Co., Ltd."),
    ("Lydall", "LYDALL INC /DE/", "Lydall, Inc.", "LYDALL INC\\DE\\", "Lydall Inc. /DE"),
    ("O'Reilly Automotive", "OREILLY AUTOMOTIVE INC", "O’Reilly Automotive"),
    ("Deere & Company", "DEERE AND CO", "Deere"),
    ("Hertz", "The Hertz Corporation", "HERTZ CORP, THE"),
    ("AT&T", "AT & T Inc.", "At and T"),
    ("J.D. Power", "J D Power", "JD Power"),
    ("Ferrari", "Ferrari S.p.A.", "FERRARI SPA", "Ferrari S. p. A."),
    ("Nissan Mexicana", "NISSAN MEXICANA, S.A. DE C.V.", "Nissan Mexicana SA de CV"),
    ("Blue Diamond", "BLUE DIAMOND, S. DE R. L. DE C. V.", "Blue Diamond S de RL de CV"),
    ("Škoda Auto a.s.", "SKODA AUTO AS"),
    ("Citroën", "CITROEN", "Citroe\u0308n"),
    ("Rheinmetall GmbH & Co. KG", "Rheinmetall AG"),
    ("Tata Private Limited", "TATA PVT. LTD."),
    ("丰田汽车(中国)投资有限公司", "丰田汽车（中国）投资有限公司", "丰田汽车（中国） 投资 有限责任公司"),
    ("一汽-大众", "一汽大众", "一汽—大众", "一汽·大众"),
    ("比亚迪", "比亚迪股份有限公司", "比亚迪公司", "比亚迪 有限公司"),
    ("中国一汽集团", "中国一汽集团公司", "中国一汽（集团）有限公司"),
    ("デンソー", "株式会社デンソー", "㈱デンソー", "デンソー(株)", "ﾃﾞﾝｿｰ"),
    ("만도", "(주)만도", "주식회사 만도", "만도 주식회사"),
    ("Ромашка", "ООО «Ромашка»", "ромашка"),
]  # fmt: skip

TWO_NAMES = [
    ("一汽-大众", "上汽大众"),
    ("丰田汽车有限公司", "丰田汽车(中国)有限公司"),
    ("丰田汽车(中国)投资有限公司", "丰田汽车(天津)投资有限公司"),
    ("大众汽车有限公司", "大众汽车有限公司上海分公司"),
    ("上汽集团", "上汽"),
    ("Volvo", "Volvo Group"),
    ("Volvo", "AB Volvo"),
    ("Daimler AG", "Daimler Trucks NA"),
    ("Honda", "Honda (China)"),
    ("Plant 1 Inc", "Plant 2 Inc"),
    ("FCA", "Fiat Chrysler North America"),
    ("AC/DC", "AC"),
    ("Renault/Nissan", "Renault"),
    ("Ford Motor Company", "Ford Motor Company of Canada, Ltd."),
    ("!!!", "???"),
    ("🚗", "🚙"),
    ("भारत", "भरत"),
]


@pytest.mark.parametrize("spellings", ONE_NAME, ids=lambda s: s[0])
def test_spellings_of_one_name_have_one_key(spellings: tuple[str, ...]) -> None:
    assert len({key(s) for s in spellings}) == 1, {s: key(s) for s in spellings}


@pytest.mark.parametrize("names", TWO_NAMES, ids=lambda s: s[0])
def test_two_names_have_two_keys(names: tuple[str, str]) -> None:
    assert key(names[0]) != key(names[1])


@pytest.mark.parametrize(
    ("name", "id"),
    [
        ("Hyundai", "hyundai"),
        ("General Motors LLC", "general-motors"),
        ("一汽-大众汽车有限公司", "一汽大众汽车"),
        ("LG新能源", "lg新能源"),
        ("Co., Ltd.", "co"),
        ("公司", "公司"),
        ("GmbH & Co. KG", "gmbh"),
        ("..", "u002e-002e"),
        ("<script>alert(1)</script>", "script-alert-1-script"),
        ("../../etc/passwd", "etc-passwd"),
        ("🚗", "u1f697"),
        ("\ud800", "ud800"),
    ],
)
def test_an_id_is_readable_and_never_empty(name: str, id: str) -> None:
    assert slug(name) == id


@pytest.mark.parametrize("blank", ["", " ", "\t\r\n", "\x00\x1f", "\u200b\u202e\ufeff", "\u3000"])
def test_nothing_visible_is_no_name(blank: str) -> None:
    assert visible(blank) == key(blank) == slug(blank) == ""


WORDS = """the Ford a S A & and Inc Corp. Co Ltd. GmbH KG /DE/ (China) 大众 有限公司 公司 分公司 株式会社 ㈱
    주식회사 ООО PT uab - . ' ’ é ß İ ﬁ ½ ² 1 22 ٣ € 🚗 μ ſ ŉ ǆ ͅ ᾳ ﬃ ㍿ ゛ が 가 ᄀ ʼ ´ Ⅳ"""
words = st.sampled_from([*WORDS.split(), "\u0301", "\u200b", "ク\u3099"])
names = st.one_of(
    st.text(max_size=30),
    st.lists(words, max_size=8).map(" ".join),
    st.lists(words, max_size=8).map("".join),
)


@given(names)
@example("ﬁ™ ŉ")
@example("a b Ltd c")
@example("«!")
@example("A%A有限公司")
@example("株式会社\u0300")
@example("A'\u0300")
def test_a_key_is_its_own_key_and_its_ids(name: str) -> None:
    k = key(name)
    assert key(k) == k
    assert (k == "") == (visible(name) == "")
    made = slug(name)
    assert len(made) <= SLUG_LENGTH
    assert " " not in made
    if len(k) <= SLUG_LENGTH:
        assert key(made) == k
        assert slug(made) == made


@given(names)
def test_case_width_and_punctuation_do_not_count(name: str) -> None:
    assert key(f"  {name} ") == key(name)
    plain = "".join(c for c in name if c.isascii() and (c.isalnum() or c == " "))
    if plain.strip():
        wide = "".join(chr(ord(c) + 0xFEE0) if c != " " else "\u3000" for c in plain)
        assert key(plain.upper()) == key(plain.lower()) == key(wide) == key(f"«{plain}», ")


@pytest.mark.parametrize(
    "unit", ["the ", "公司", "Inc ", "a", "🚗", "\u202e", "(株)", "/DE/", "&", "有限公司株式会社 "]
)
def test_a_name_of_ten_thousand_characters_gets_a_short_id_of_its_own(unit: str) -> None:
    name = unit * (10_000 // len(unit))
    made = slug(name)
    assert len(made) <= SLUG_LENGTH
    assert key(name) == key(key(name))
    if visible(name):
        assert made
        assert len(name) > NAME_LENGTH
        assert slug(name + " Munich") != made


@given(st.lists(names.filter(visible), min_size=1, max_size=5), st.randoms())
def test_the_spelling_shown_does_not_depend_on_order(spellings: list[str], random: object) -> None:
    shuffled = list(spellings)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    best = best_spelling(spellings)
    assert best_spelling(shuffled) == best
    assert best_spelling([best, best_spelling(shuffled[1:] or shuffled)]) == best


def test_the_spelling_shown_is_mixed_case_and_short() -> None:
    assert best_spelling(["PACCAR", "paccar", "Paccar", "Paccar, Inc."]) == "Paccar"
    assert best_spelling(["bmw-group", "BMW GROUP LTD"]) == "BMW GROUP LTD"
    assert best_spelling(["比亚迪股份有限公司", "比亚迪"]) == "比亚迪"


def test_figures_on_former_names_of_edgar_filers() -> None:
    """Whoever changes `key` sees here what it costs: 1,442 true pairs and 1,080 renames of EDGAR filers."""
    with (SAMPLES / "er_sec_extract.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    equal, all_of = defaultdict(int), defaultdict(int)
    filers = defaultdict(set)
    for row in rows:
        all_of[row["kind"]] += 1
        equal[row["kind"]] += key(row["name"]) == key(row["former_name"])
        for name in (row["name"], row["former_name"]):
            filers[key(name)].add(row["cik"])
    assert equal["spelling"] / all_of["spelling"] >= 0.93  # the rest sets its spaces or `&` differently
    assert equal["rename"] / all_of["rename"] <= 0.001
    assert equal["variant"] / all_of["variant"] == pytest.approx(0.11, abs=0.02)  # other legal forms
    merged = sum(len(list(combinations(ciks, 2))) for ciks in filers.values())
    assert merged <= 31  # of 3 million pairs of different filers
