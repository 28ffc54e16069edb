"""Couriers by complaints: what counts, on how much carried, beside a plain reckoning from the rows."""

from __future__ import annotations

import datetime as dt
import math
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.errors import ScenarioError
from graph.model import fact
from graph.stores.base import Store
from graph.voice.couriers import BOARDS, Leaderboard, Question, leaderboard
from tests.cases import row
from tests.naive_chain import Row, Tables
from tests.networks import store_of

COMPANIES = [
    row(id="shop", roles="brand"),
    row(id="mall", roles="brand"),
    row(id="swift", name="捷车快递", roles="logistics"),
    row(id="rough", roles="logistics", annual_revenue=40),
    row(id="grim", roles="logistics"),
]
SWIFT = row(source="swift", target="shop", kind="CARRIES_FOR", annual_value=6)
ROUGH = row(source="rough", target="shop", kind="CARRIES_FOR", seller_share=0.1)
GRIM = row(source="grim", target="mall", kind="CARRIES_FOR", annual_value=1)
TEXTS = {"delay": "It came late.", "damage": "包裹破损", "attitude": "快递员态度恶劣", "": "颜色发错了"}


def chain(complaints: list[Row], *links: Row) -> Tables:
    numbered = [{"id": f"c{n}", **each} for n, each in enumerate(complaints)]
    return {"companies": COMPANIES, "links": list(links or (SWIFT, ROUGH, GRIM)), "complaints": numbered}


def complaint(courier: str = "swift", topic: str = "delay", date: str = "2025-01-01", **more: str) -> Row:
    cells = {"courier": courier, "company": "shop", "date": date, "text": TEXTS[topic]} | more
    return {name: cell for name, cell in cells.items() if cell}


def board(complaints: list[Row], *links: Row, **question: str) -> Leaderboard:
    with store_of(chain(complaints, *links)) as store:
        return leaderboard(store, Question(**question))


def counts(found: Leaderboard, topic: str = "all") -> dict[str, int]:
    pairs = zip(found.couriers, found.boards[topic].counts.tolist(), strict=True)
    return {courier.id: count for courier, count in pairs}


def carried(found: Leaderboard) -> dict[str, float | str]:
    return {each.id: each.unknown or each.carried for each in found.couriers}


YEAR = [complaint(), complaint(date="2025-12-31")]  # 365 days
IN_A_YEAR = 365 / 365.25


def test_topics_come_from_the_cells_else_from_the_text() -> None:
    told = [
        complaint(topic="delay"),
        complaint(topic="delay", text="It came late, and broken. 态度很差"),
        complaint(topic="", category="delivery delay"),
        complaint(topic="damage", component="staff attitude"),  # what is stated goes before the text
        complaint(topic="damage", category="delivery"),  # which states no topic
        complaint(topic=""),
        complaint(topic="", text=""),
        complaint(topic="delay", text="not late, 没有破损"),
    ]
    found = board(told)
    assert {topic: sum(counts(found, topic).values()) for topic in BOARDS} == {
        "all": 8, "delay": 3, "damage": 2, "attitude": 2
    }  # fmt: skip
    assert (found.complaints, found.without_topic) == (8, 3)


def test_what_is_carried() -> None:
    """A value, a share of the courier's revenue, and a second category; 365 days of 365.25."""
    more = row(source="swift", target="shop", kind="CARRIES_FOR", category="returns", annual_value=2)
    found = carried(board(YEAR, SWIFT, more, ROUGH, GRIM))
    assert found == pytest.approx({"swift": 8 * IN_A_YEAR, "rough": 4 * IN_A_YEAR, "grim": IN_A_YEAR})


def test_a_link_counts_while_it_holds() -> None:
    began = SWIFT | row(since="2025-07-02", until="2026-03-01")  # 183 days of the year
    ended = ROUGH | row(until="2025-01-11")  # ten
    gone = GRIM | row(until="2025-01-01")
    found = carried(board(YEAR, began, ended, gone))
    assert found == {"swift": pytest.approx(6 * 183 / 365.25), "rough": pytest.approx(4 * 10 / 365.25),
                     "grim": "nothing"}  # fmt: skip


def test_a_closed_period_goes_before_the_link_as_it_is() -> None:
    half = SWIFT | row(annual_value=12, period="H1", since="2025-01-01", until="2025-07-02")  # 182 days
    assert carried(board(YEAR, SWIFT, half))["swift"] == pytest.approx((12 * 182 + 6 * 183) / 365.25)


def test_where_it_is_not_known_how_much_there_is_no_place() -> None:
    blank = row(source="rough", target="shop", kind="CARRIES_FOR")
    told = [*YEAR, complaint("rough"), complaint("nobody of the chain"), complaint("grim")]
    found = board(
        told, SWIFT, blank, row(source="rough", target="mall", kind="CARRIES_FOR", annual_value=9), GRIM
    )
    assert carried(found) | {"swift": 0, "grim": 0} == {
        "swift": 0, "grim": 0, "rough": "no_value", "nobody of the chain": "no_link"
    }  # fmt: skip
    assert counts(found) == {"swift": 2, "grim": 1, "rough": 1, "nobody of the chain": 1}
    made = found.boards["all"]
    assert [found.couriers[k].id for k in made.ranked] == ["grim", "swift"]
    assert made.rates.benchmark == pytest.approx(3 / (7 * IN_A_YEAR))  # of those alone that are known


def test_complaints_about_one_company() -> None:
    told = [*YEAR, complaint("grim", company="mall"), complaint(company=""), complaint(courier="")]
    everything, shop = board(told), board(told, to="shop")
    assert counts(everything) == {"swift": 3, "rough": 0, "grim": 1}
    assert everything.left_out == {"no_courier": 1, "no_company": 0, "no_date": 0}
    assert everything.silent == ()
    assert counts(shop) == {"swift": 2, "rough": 0}
    assert shop.left_out == {"no_courier": 1, "no_company": 1, "no_date": 0}
    assert board(YEAR).silent == ("mall",)


def test_complaints_of_some_days() -> None:
    told = [complaint(date=f"2025-0{month}-15") for month in range(1, 7)] + [complaint(date="")]
    found = board(told, since="2025-02-15", until="2025-04-15")
    assert counts(found)["swift"] == 3
    assert found.left_out["no_date"] == 1
    assert found.days == (dt.date(2025, 2, 15), dt.date(2025, 4, 15))
    assert carried(found)["swift"] == pytest.approx(6 * 60 / 365.25)
    assert board(told, until="2025-04-01").days == (dt.date(2025, 1, 15), dt.date(2025, 4, 1))


def test_no_dates_at_all() -> None:
    found = board([complaint(date="")])
    assert found.days is None
    assert carried(found) == pytest.approx({"swift": 6, "rough": 4, "grim": 1})  # of one year


def dated(*dates: str, **question: str) -> tuple[Leaderboard, list[str]]:
    """A board over complaints of these days, and which dates were set aside."""
    found = board([complaint(date=date) for date in dates], **question)
    return found, [date for _, date in found.set_aside]


def test_a_stray_date_stretches_no_days() -> None:
    year = ["2024-01-01", "2024-06-01", "2024-12-30"]  # 365 days
    for strays in (["1924-03-01"], ["2204-03-01"], ["0001-01-01", "9999-12-31"]):
        found, aside = dated(*year, *strays)
        assert aside == strays
        assert found.days == (dt.date(2024, 1, 1), dt.date(2024, 12, 30))
        assert carried(found)["swift"] == pytest.approx(6 * IN_A_YEAR)
        assert counts(found)["swift"] == 3 + len(strays)  # they count all the same
    assert found.set_aside == (("c3", "0001-01-01"), ("c4", "9999-12-31"))


def test_dates_that_lie_apart_without_a_stray_are_taken_as_they_are() -> None:
    for dates in (
        ["2014-01-01", "2024-01-01"],  # which of the two would be the slip?
        [
            "2010-01-01",
            "2014-01-01",
            "2018-01-01",
            "2022-01-01",
        ],  # thin, but nowhere parted by more than five
        ["2019-01-01", "2024-01-01"],  # five to the day
        ["2004-01-01", "2004-02-01", "2024-01-01", "2024-02-01"],
    ):
        found, aside = dated(*dates)
        assert not aside
        assert found.days == (dt.date.fromisoformat(dates[0]), dt.date.fromisoformat(dates[-1]))
    assert dated("2019-01-01", "2024-01-02", "2024-02-01")[1] == ["2019-01-01"]


@pytest.mark.parametrize(
    ("early", "late", "is_stray"),
    [(3, 4, True), (4, 5, False), (4, 75, False), (4, 76, True), (5, 95, True), (6, 94, False)],
)
def test_strays_are_few(early: int, late: int, is_stray: bool) -> None:
    """At most three, or one in twenty, and never half: more are what came in years ago."""
    _, aside = dated(*["2011-05-01"] * early, *["2018-05-01"] * late)
    assert len(aside) == (early if is_stray else 0)
    _, aside = dated(*["2011-05-01"] * late, *["2018-05-01"] * early)  # whichever of the two comes first
    assert len(aside) == (early if is_stray else 0)


def test_who_carried_years_ago_keeps_a_place() -> None:
    """A bare majority of later complaints, about another, does not make the earlier ones strays."""
    links = SWIFT | {"since": "2010-01-01", "until": "2012-12-31"}, ROUGH | {"since": "2017-01-01"}
    old = [complaint("swift", date=f"2011-0{1 + n % 9}-01") for n in range(45)]
    new = [complaint("rough", date=f"2018-0{1 + n % 9}-01") for n in range(55)]
    found = board(old + new, *links)
    assert found.days == (dt.date(2011, 1, 1), dt.date(2018, 9, 1))
    assert not found.set_aside
    assert [courier.unknown for courier in found.couriers] == ["", ""]
    assert [courier.id for courier in found.couriers] == ["rough", "swift"]
    assert list(found.boards["all"].rates.place) == [1, 2]  # 55 on 4 a year, 45 on 6, of two years or less


def test_days_that_are_asked_for_are_taken_as_they_are() -> None:
    told = ("1990-01-01", "2004-03-01", "2024-01-01", "2024-02-01", "2024-03-01", "2204-01-01")
    found, aside = dated(*told, since="2004-01-01")
    assert (found.days, found.complaints) == ((dt.date(2004, 1, 1), dt.date(2024, 3, 1)), 5)
    assert aside == ["2204-01-01"]
    assert dated("2004-03-01", "2024-01-01", "2024-02-01", since="2004-01-01", until="2024-12-31")[1] == []


def test_complaints_without_a_date_are_counted() -> None:
    assert board([*YEAR, complaint(date=""), complaint(date="")]).undated == 2
    assert board([complaint(date="")]).undated == 1
    assert board([*YEAR, complaint(date="")], since="2025-01-01").undated == 0  # it is left out


@pytest.mark.parametrize(
    ("question", "field"),
    [({"since": "2025-02-30"}, "since"), ({"until": "x"}, "until"),
     ({"since": "2025-02-02", "until": "2025-02-01"}, "until")],
)  # fmt: skip
def test_wrong_days(question: dict[str, str], field: str) -> None:
    with pytest.raises(ScenarioError) as wrong:
        Question(**question)
    assert wrong.value.field == field


def test_none_one_and_nothing() -> None:
    with store_of({"companies": COMPANIES}) as store:
        empty = leaderboard(store, Question())
    assert (empty.couriers, empty.complaints, empty.days) == ((), 0, None)
    assert all(len(each.rates.rate) == 0 for each in empty.boards.values())
    one = board(YEAR, SWIFT).boards["all"].rates
    assert (one.basis, list(one.place)) == ("no_comparison", [0])
    assert one.low[0] < 2 / (6 * IN_A_YEAR) < one.high[0]
    nothing = board([complaint(courier="")]).boards["all"].rates
    assert (nothing.basis, list(nothing.place)) == ("no_comparison", [0, 0, 0])


def test_every_store_gives_the_same(store: Store) -> None:
    told = chain([*YEAR, complaint("rough", "damage"), complaint("grim", "attitude", category="服务态度")])
    with store_of(told) as other:
        wanted = leaderboard(other, Question())
        for table in ("companies", "links", "complaints"):
            store.upsert(list(other.scan(table)))
    found = leaderboard(store, Question())
    assert found.couriers == wanted.couriers
    for topic in BOARDS:
        assert list(found.boards[topic].counts) == list(wanted.boards[topic].counts)
        assert list(found.boards[topic].rates.rate) == list(wanted.boards[topic].rates.rate)


# -- the plain counterpart ----------------------------------------------------------------------------

DATES = [f"2025-{month:02d}-{day:02d}" for month in (1, 2, 5) for day in (1, 9, 28)]
MADE = st.builds(
    complaint,
    st.sampled_from(["swift", "rough", "grim", "stranger"]),
    st.sampled_from(list(TEXTS)),
    st.sampled_from([*DATES, ""]),
    company=st.sampled_from(["shop", "mall", ""]),
)


def plain(complaints: list[Row], to: str) -> tuple[dict[str, dict[str, int]], dict[str, float]]:
    """Counts by topic and courier; what is carried, day by day."""
    kept = [each for each in complaints if not to or each.get("company") == to]
    links = {"swift": ("shop", 6.0), "rough": ("shop", 4.0), "grim": ("mall", 1.0)}
    those = {c for c, (client, _) in links.items() if to in ("", client)} | {each["courier"] for each in kept}
    made = {topic: dict.fromkeys(sorted(those), 0) for topic in BOARDS}
    for each in kept:
        made["all"][each["courier"]] += 1
        for topic, text in TEXTS.items():
            if topic and text == each["text"]:
                made[topic][each["courier"]] += 1
    dates = sorted(each["date"] for each in kept if "date" in each)
    day, days = dt.date.fromisoformat(dates[0]) if dates else dt.date.max, 0
    while dates and day.isoformat() <= dates[-1]:
        day, days = day + dt.timedelta(days=1), days + 1
    years = days / 365.25 if dates else 1.0
    return made, {c: value * years for c, (client, value) in links.items() if to in ("", client)}


@settings(max_examples=25, deadline=None)
@given(st.lists(MADE, max_size=12), st.sampled_from(["", "shop"]), st.integers(0, 99))
def test_as_plainly_counted_in_any_order(complaints: list[Row], to: str, seed: int) -> None:
    found = board(complaints, to=to)
    wanted, exposure = plain(complaints, to)
    assert {topic: counts(found, topic) for topic in BOARDS} == wanted
    known = {each.id: each.carried for each in found.couriers if not each.unknown}
    assert known == pytest.approx(exposure)
    random.Random(seed).shuffle(complaints)
    again = board(complaints, to=to)
    assert again.couriers == found.couriers
    for topic in BOARDS:
        assert list(again.boards[topic].rates.rate) == list(found.boards[topic].rates.rate)
        assert list(again.boards[topic].rates.place) == list(found.boards[topic].rates.place)


HOSTILE = ["[red]x[/red]", "'; DROP TABLE facts; --", "\x1b[31mred", "快递\u202e公司", "=1+1", "a" * 900]


def test_hostile_names_and_texts() -> None:
    told = [fact("complaints", {"id": f"c{n}", "courier": name, "text": f"late {name}"})
            for n, name in enumerate(HOSTILE)]  # fmt: skip
    with store_of({"companies": COMPANIES, "links": [SWIFT]}) as store:
        store.upsert(told)
        found = leaderboard(store, Question())
    assert counts(found, "delay") == dict.fromkeys(HOSTILE, 1) | {"swift": 0}
    assert all(math.isnan(each.carried) == (each.id != "swift") for each in found.couriers)
