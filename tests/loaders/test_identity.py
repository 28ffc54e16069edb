"""Who is who: the same companies and ids in whatever order names come; doubts listed, nothing merged."""

import random
from itertools import permutations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from graph.errors import ValueRejected
from graph.names import key, slug, visible
from loaders.doubts import Doubt
from loaders.identity import Alias, Known, Registry, shipped_aliases
from tests.loaders.loading import Desk

HYUNDAI = ("Hyundai", "HYUNDAI", "Hyundai Motor America", "HYUNDAI MOTOR COMPANY", "现代汽车", "Ｈyundai")
GM = ("General Motors", "GENERAL MOTORS CORP.", "General Motors LLC", "GM", "通用汽车有限公司")
PACCAR = ("Paccar", "PACCAR", "PACCAR Inc", "PACCAR, INCORPORATED")
TOYOTA = (
    "Toyota",
    "TOYOTA MOTOR CORPORATION",
    "Toyota Motor North America, Inc.",
    "丰田汽车",
    "トヨタ自動車(株)",
)
FCA_US = ("Chrysler (FCA US LLC)", "CHRYSLER GROUP LLC", "FCA US LLC")
APART = (
    "一汽-大众", "上汽大众", "丰田汽车(中国)投资有限公司", "Volvo", "Volvo Group", "AB Volvo", "Daimler AG",
    "Daimler Trucks NA", "FCA", "Fiat Chrysler North America", "LG Chem", "LG Energy Solution",
)  # fmt: skip


def company(id: str, name: str, *aliases: str, identifiers: tuple[str, ...] = ()) -> Known:
    return (id, name, aliases, identifiers)


def meet_all(texts: list[str], known: list[Known] | None = None) -> tuple[dict[str, str], dict[str, str]]:
    """Each text's id ('' where ambiguous or blank), and the companies that were made."""
    registry = Registry(known or [])
    ids = {}
    for text in texts:
        try:
            ids[text] = registry.meet(text).id
        except ValueRejected:
            ids[text] = ""
    return ids, registry.made()


@pytest.mark.parametrize(
    ("names", "id"),
    [
        (HYUNDAI, "hyundai"),
        (GM, "general-motors"),
        (PACCAR, "paccar"),
        (TOYOTA, "toyota"),
        (FCA_US, "fca-us"),
    ],
)
def test_makers_are_one_whichever_name_comes_first(names: tuple[str, ...], id: str) -> None:
    made = set()
    for order in permutations(names, 3):
        ids, companies = meet_all([*order, *names])
        assert set(ids.values()) == {id}
        made.add(tuple(companies.items()))
    assert len(made) == 1  # the name, too, is the same


def test_the_maker_is_found_under_the_users_own_id_whatever_it_is_called_there() -> None:
    for name in HYUNDAI:
        ids, made = meet_all(list(HYUNDAI), [company("HYU", name)])
        assert set(ids.values()) == {"HYU"}
        assert made == {}


def test_what_is_doubtful_is_never_merged() -> None:
    ids, _ = meet_all(list(APART))
    assert len(set(ids.values())) == len(APART)


base = st.sampled_from(
    [
        *HYUNDAI, *GM, *PACCAR, *APART, "Acme", "ACME CORP", "acme", "Acme Parts", "acme-parts", "Ac Me",
        "A.C.M.E.", "Ford", "FORD MOTOR CO", "ford", "福特", "u0021", "!", "x1", "X1", "Delta", "F", "f",
        "hyundai-motor",
    ]
)  # fmt: skip
mentions = st.one_of(
    base, base.map(str.upper), base.map(lambda s: f"{s} Inc."), base.map(slug), st.text(max_size=6)
)
stated = st.lists(
    st.builds(company, st.sampled_from(["F", "ford", "HYU", "x1", "acme", "Acme Parts", "A-1"]), base, base),
    unique_by=lambda c: c[0],
    max_size=4,
)


@given(st.lists(mentions, min_size=2, max_size=12), stated, st.randoms(use_true_random=False))
@example(["FORD MOTOR CO", "Ford Inc."], [company("ford", "Hyundai")], random.Random(1))
def test_order_does_not_matter(texts: list[str], known: list[Known], shuffler: random.Random) -> None:
    first_ids, first_made = meet_all(texts, known)
    again, reordered = list(texts), list(known)
    shuffler.shuffle(again)
    shuffler.shuffle(reordered)
    ids, made = meet_all(again, reordered)
    assert ids == first_ids
    assert made == first_made


@given(st.lists(mentions, min_size=2, max_size=8), st.integers(1, 7))
def test_two_loads_end_as_one(texts: list[str], cut: int) -> None:
    ids, made = meet_all(texts)
    _, earlier = meet_all(texts[:cut])
    later = Registry([company(id, name) for id, name in earlier.items()], inferred=earlier)
    for text in texts[cut:]:
        if visible(text):
            assert later.meet(text).id == ids[text]
    assert earlier | later.made() == made


def test_ids_win_over_names() -> None:
    registry = Registry(
        [company("ford", "Ohio Dealers"), company("F", "Ford"), company("Ohio Dealers", "Other")]
    )
    assert (registry.resolve("ford").id, registry.resolve("ford").how) == ("ford", "id")
    assert registry.resolve("FORD").id == "ford"  # the only id that reads so in another case
    assert registry.resolve("Ohio Dealers").id == "Ohio Dealers"
    assert (registry.resolve("Ford Inc").id, registry.resolve("Ford Inc").how) == ("F", "name")


def test_ids_that_differ_in_case_alone_are_told_apart() -> None:
    registry = Registry([company("ab", "One"), company("AB", "Two"), company("aB", "Three", "Ab")])
    assert [registry.resolve(text).id for text in ("ab", "AB", "aB", "Ab")] == ["ab", "AB", "aB", "aB"]


def test_a_name_that_two_bear_is_ambiguous_and_names_them() -> None:
    registry = Registry([company("b", "Delta Corp"), company("a", "Other", "DELTA")])
    found = registry.resolve("delta")
    assert (found.id, found.how, found.candidates) == ("", "ambiguous", ("a", "b"))
    assert registry.meet("Delta GmbH").how == "ambiguous"
    assert registry.made() == {}


def test_two_companies_of_one_maker_make_the_makers_bare_name_ambiguous() -> None:
    registry = Registry([company("HMA", "Hyundai Motor America"), company("HMC", "Hyundai Motor Company")])
    assert registry.resolve("HYUNDAI MOTOR AMERICA").id == "HMA"
    assert registry.resolve("Hyundai").candidates == ("HMA", "HMC")


def test_a_new_id_that_another_company_has_gets_a_tail() -> None:
    registry = Registry([company("Acme", "Something Else")])
    found = registry.meet("ACME Corp.")
    assert found.how == "new"
    assert found.id.startswith("acme-")
    assert registry.meet("Acme, Inc.").id == found.id
    assert registry.resolve("ACME").id == "Acme"


def test_identifiers_find_whatever_the_spelling() -> None:
    registry = Registry(
        [company("gm", "General Motors", identifiers=("cik:0001467858", "LEI: 54930070NSV60J38I987"))]
    )
    assert registry.resolve("Unheard of", identifiers=("CIK:1467858",)).how == "identifier"
    assert registry.resolve("lei:54930070nsv60j38i987").id == "gm"
    assert registry.resolve("", identifiers=("cik:1467858",)).id == "gm"
    assert registry.resolve("Unheard of", identifiers=("cik:2", "nonsense", ":", "x:")).how == "new"


def test_identifiers_of_two_companies_are_ambiguous() -> None:
    registry = Registry(
        [company("a", "A1", identifiers=("cik:1",)), company("b", "B1", identifiers=("lei:2",))]
    )
    assert registry.resolve("A1", identifiers=("cik:1", "lei:2")).candidates == ("a", "b")


def test_one_name_with_two_numbers_of_one_register_is_not_one_company() -> None:
    registry = Registry([company("a", "Sterling Bancorp", identifiers=("cik:93451", "wmi:1AB"))])
    assert registry.resolve("STERLING BANCORP", identifiers=("cik:1070154",)).candidates == ("a",)
    assert registry.resolve("STERLING BANCORP", identifiers=("wmi:2CD", "duns:5")).id == "a"
    registry.add("b", "Sterling Bancorp", identifiers=("cik:1070154",))
    assert registry.doubtful() == []  # the register says that they are two


def test_an_identifier_of_one_beside_the_name_of_another_is_a_doubt() -> None:
    registry = Registry([company("a", "Alpha", identifiers=("duns:1",)), company("b", "Beta")])
    assert registry.meet("Beta", identifiers=("duns:1",)).id == "a"
    assert [(d.id_a, d.id_b) for d in registry.doubtful()] == [("a", "b")]


@pytest.mark.parametrize("blank", ["", "  ", "\x00", "\u202e\u200b"])
def test_nothing_visible_is_rejected_with_a_remedy(blank: str) -> None:
    with pytest.raises(ValueRejected, match="no company is named") as caught:
        Registry().meet(blank)
    assert caught.value.remedy


@pytest.mark.parametrize(
    "name", ["!!!", "🚗🚗", "\u202eevil\u202c", "x" * 10_000, "'; DROP TABLE--", "a\x00b", "\ud800"]
)
def test_hostile_names_get_ids_and_are_found_again(name: str) -> None:
    registry = Registry()
    found = registry.meet(name)
    assert found.how == "new"
    assert 0 < len(found.id) <= 80
    assert registry.resolve(name).id == found.id
    assert registry.closest(name)[0][0] == found.id
    assert "\u202e" not in registry.name(found.id)


def test_a_stated_name_is_not_bettered_and_a_made_one_is() -> None:
    registry = Registry([company("acme", "ACME"), company("beta", "BETA")], inferred=["beta"])
    for text in ("Acme", "Beta Ltd", "Beta"):
        registry.meet(text)
    assert registry.made() == {"beta": "Beta"}
    registry.add("beta", "BETA plc")
    registry.meet("Beta")
    assert registry.made() == {}
    assert registry.name("beta") == "BETA plc"


def doubts(*names: str) -> set[tuple[str, str]]:
    registry = Registry()
    for name in names:
        registry.meet(name)
    return {(d.name_a, d.name_b) for d in registry.doubtful()}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Volvo", "Volvo Group"),
        ("AB Volvo", "Volvo"),
        ("AB Volvo", "Volvo Group"),
        ("Daimler", "Daimler Truck North America"),
        ("Fiat Chrysler Automobiles", "Fiat Chrysler North America"),
        ("Aptiv", "Delphi (Aptiv)"),
        ("Brose", "Brose North America"),
        ("Mobile Iron", "MobileIron"),
        ("Hayes Lemmerz", "Hayes Lemerz"),
        ("Wheel Works", "Works Wheel"),
        ("Commercial Vehicle Group", "CVG"),
        ("宁波华翔", "宁波华翔电子"),
        ("Diono (formerly Sunshine Kids)", "Sunshine Kids"),
        ("Katzkin", "Roadwire dba Katzkin"),
    ],
)
def test_close_names_are_listed(one: str, other: str) -> None:
    assert doubts(one, other, "Unrelated Works", "Nobody") & {(one, other), (other, one)}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("一汽-大众", "上汽大众"),
        ("Plant 1", "Plant 2"),
        ("J&D Trailers", "C&D Trailers"),
        ("Ford", "Fox"),
        ("Kia", "Kea"),
    ],
)
def test_names_that_are_plainly_two_are_not_listed(one: str, other: str) -> None:
    assert doubts(one, other) == set()


def test_doubts_among_some_are_those_of_all_that_hold_one_of_them() -> None:
    pick = random.Random(3)
    words = ["Nova", "Novo", "Delta", "Steel", "Stele", "Auto", "Works", "Ridge", "Hua Ming", "HM"]
    names = [
        " ".join(pick.choices(words, k=pick.randint(1, 3))) + pick.choice(("", "s", " Group"))
        for _ in range(400)
    ]
    registry = Registry(company(f"c{i}", name) for i, name in enumerate(names))
    some = {f"c{i}" for i in range(0, 400, 40)}
    wanted = [d for d in registry.doubtful(10**6) if d.id_a in some or d.id_b in some]
    assert len(wanted) > 20
    assert registry.doubtful(10**6, some) == wanted


def test_two_ids_of_one_name_lead_the_list() -> None:
    registry = Registry([company("1", "Delta"), company("2", "DELTA Inc"), company("3", "Deltas")])
    assert registry.doubtful()[0] == Doubt("Delta", "1", "DELTA Inc", "2", 1.0, "the same name")
    assert len(registry.doubtful(limit=1)) == 1


def test_a_word_that_many_names_share_raises_no_doubts() -> None:
    others = [f"American {chr(97 + i)}{chr(122 - i)}{chr(98 + i % 20)}co" for i in range(26)]
    assert not doubts("American", *others)


def test_the_closest_come_first() -> None:
    registry = Registry()
    for name in ("Hyundai", "Ford", "Volvo Group", "Paccar", "丰田汽车(中国)投资有限公司", "Lear"):
        registry.meet(name)
    assert registry.closest("Hyundia")[0] == ("hyundai", "Hyundai")
    assert registry.closest("Fjord")[0] == ("ford", "Ford")
    assert registry.closest("Volvo Trucks")[0][0] == "volvo-group"
    assert registry.closest("丰田")[0][0] == "丰田汽车中国投资"
    assert registry.closest("现代汽车")[0][0] == "hyundai"
    assert registry.closest("xyzzy") == registry.closest("") == ()


def test_the_table_that_ships_is_sound() -> None:
    aliases = shipped_aliases()
    Registry(aliases=aliases)
    same = {key(a.alias): a.canonical for a in aliases if a.kind == "same"}
    assert all(a.source and slug(a.canonical) and key(a.alias) for a in aliases)
    assert all(same.get(key(a.canonical), a.canonical) == a.canonical for a in aliases)
    for a in aliases:
        assert a.kind == "same" or same.get(key(a.alias)) != a.canonical


def test_a_table_that_gives_one_name_to_two_makers_is_an_error() -> None:
    with pytest.raises(ValueError, match="alias of"):
        Registry(aliases=[Alias("Ford", "Blue", "same", "x"), Alias("Kia", "BLUE", "same", "x")])


def test_the_doubtful_of_a_large_store() -> None:
    """Were each name compared with each other, this would not end."""
    pick = random.Random(1)
    parts = [
        "Nova",
        "Delta",
        "Ridge",
        "Hua",
        "Ming",
        "Steel",
        "Rubber",
        "Auto",
        "Motor",
        "Parts",
        "Glass",
        "Works",
    ]
    names = [" ".join(pick.sample(parts, 3)) + f" {pick.randrange(10**6)} Inc" for _ in range(20_000)]
    registry = Registry(company(f"c{i}", name) for i, name in enumerate(names))
    assert all(doubt.id_a < doubt.id_b for doubt in registry.doubtful())


def test_twenty_thousand_bearers_of_one_name_cost_no_more() -> None:
    registry = Registry(company(f"c{i}", "Same Name Inc") for i in range(20_000))
    assert len(registry.resolve("same name").candidates) == 10
    assert registry.doubtful(5)


@pytest.mark.parametrize(
    "names", [("Hyundai", "HYUNDAI", "Hyundai Motor America"), ("bolt", "Bolt", "BOLT Inc")]
)
def test_files_without_ids_tell_the_same_in_any_order(desk: Desk, names: tuple[str, ...]) -> None:
    for i, name in enumerate(names):
        desk.write(f"{i}.csv", f"name,country\n{name},KR\n")
    found = set()
    for order in permutations(range(3)):
        other = Desk(desk.folder / "".join(map(str, order)))
        assert not other.load(*(desk.folder / f"{i}.csv" for i in order)).rejected
        (company,) = other.values("companies").values()
        found.add((other.store.snapshot().hash, company["name"]))
        other.store.close()
    assert len(found) == 1


def test_a_file_with_ids_gives_the_id_in_any_order_of_one_load(desk: Desk) -> None:
    desk.write("c.csv", "id,name,annual_revenue\nhyu,Hyundai,5\n")
    desk.write("d.csv", "name,country\nHYUNDAI,KR\n")
    found = set()
    for order in (("c.csv", "d.csv"), ("d.csv", "c.csv")):
        other = Desk(desk.folder / order[0][0])
        other.load(*(desk.folder / name for name in order))
        assert set(other.values("companies")) == {"hyu"}
        found.add(other.store.snapshot().hash)
        other.store.close()
    assert len(found) == 1
