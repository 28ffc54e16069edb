"""Files loaded one by one: the same facts in any order, whoever was met by name before a row stated an id."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from graph.model import Fact
from graph.names import fingerprint
from loaders.session import Interrupted, LoadOptions, load
from tests.loaders.loading import Desk, one, table
from tests.loaders.test_nhtsa import complaint

SHARES = "supplier,customer,fiscal_year,share_of_supplier_net_sales_pct"
OWN = table("id,name,annual_revenue", ["hyu,Hyundai,5", "amc,Acme Motors,7", "mob,Mobis,"])
FILES = {
    "own.csv": OWN,
    "mention.csv": table(
        "id,company,courier,product,text",
        ["1,HYUNDAI,,Sonata,a", "2,Hyundai Motor America,Mobis,Sonata,b", "3,ACME MOTORS,,,c", "4,Kia,,,d"],
    ),
    "flat.txt": "\r\n".join(
        [
            complaint(),
            complaint(ODINO="700002", MODELTXT="ACCENT"),
            complaint(ODINO="700002", MAKETXT="KIA", MFR_NAME="Kia America", MODELTXT="RIO"),
            complaint(ODINO="700003", MAKETXT="ACME", MFR_NAME="Acme Motors", MODELTXT="ONE"),
        ]
    )
    + "\r\n",
    "shares.csv": table(SHARES, ["Mobis,HYUNDAI,2018,30", "Mobis,Hyundai Motor Company,2019,40"]),
    "names.csv": table("name,country", ["HYUNDAI,KR", "Hyundai Motor America,", "MOBIS,KR"]),
}


class Loads:
    """Stores of their own in a folder, each filled by loads of the same files in some order."""

    def __init__(self, desk: Desk, files: dict[str, str]) -> None:
        self._desk = desk
        for name, text in files.items():
            desk.write(name, text)

    def ends(self, loads: Sequence[Sequence[str]], **options: Any) -> tuple[str, dict[str, list[Fact]]]:
        """The hash, and all facts, after these loads into a new store."""
        other = Desk(self._desk.folder / "-".join(name for names in loads for name in names))
        for names in loads:
            report = other.load(*(self._desk.folder / name for name in names), **options)
            assert not report.rejected, (names, report)
        found = {t: other.facts(t) for t in other.store.counts()}
        hash = other.store.snapshot().hash
        other.store.close()
        return hash, found


def told(facts: list[Fact]) -> dict[tuple[str, ...], dict[str, Any]]:
    """What facts say, by key; the order in a list says nothing."""
    return {
        fact.key: {n: sorted(v) if isinstance(v, tuple) else v for n, v in fact.values.items()}
        for fact in facts
    }


# -- order --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("left_out", [*FILES, ""])
def test_separate_loads_in_any_order_end_in_the_same_facts(desk: Desk, left_out: str) -> None:
    names = [name for name in FILES if name != left_out]
    loads = Loads(desk, FILES)
    wanted, facts = loads.ends([names])
    for order in list(permutations(names))[:: 3 if left_out else 17]:
        found, there = loads.ends([[name] for name in order])
        for kind in facts:
            assert told(there[kind]) == told(facts[kind]), order
        assert found == wanted


def test_a_stated_id_takes_over_all_that_was_told_by_name(desk: Desk) -> None:
    Loads(desk, FILES)
    desk.write("x.csv", table("source,target,kind", ["Mobis,HYUNDAI,SUPPLIES", "Kia,hyundai,COMPETES_WITH"]))
    desk.write("y.csv", table("id,company,kind", ["e,Hyundai Motor America,strike"]))
    desk.write("z.csv", table("id,company,name", ["own-id,HYUNDAI,Own", "hyundai:x,HYUNDAI,X"]))
    desk.write(
        "p.csv", table("product,category,supplier", ["hyundai:sonata,seats,Mobis", "own-id,seats,Hyundai"])
    )
    for name in ("mention.csv", "flat.txt", "shares.csv", "x.csv", "y.csv", "z.csv", "p.csv"):
        assert not desk.load(name).rejected
    before = {t: len(desk.facts(t)) for t in desk.store.counts()}
    report = desk.load("own.csv")
    assert len(report.warnings) == 1
    assert "Hyundai (so far hyundai) is hyu" in report.warnings[0]
    assert {t: len(desk.facts(t)) for t in desk.store.counts()} == {
        **before,
        "companies": before["companies"],
    }
    assert set(desk.values("companies")) == {"hyu", "amc", "mob", "kia"}
    assert not [f for t in before for f in desk.facts(t) if "hyundai" in (*f.key, *f.values.values())]
    assert {f.key[2] for f in desk.facts("links") if f.key[1] == "SUPPLIES"} == {"hyu"}
    assert desk.values("events")["e"]["company"] == "hyu"
    # An id that was made from the company's follows it, one that a row stated stays.
    assert set(desk.values("products")) >= {"hyu:sonata", "hyu:accent:2011", "own-id", "hyundai:x"}
    assert {k.split()[0] for k in desk.values("parts")} == {"hyu:sonata", "own-id"}
    assert desk.values("complaints")["1"]["product"] == "hyu:sonata"
    assert desk.values("complaints")["nhtsa:700002"]["other_products"] == "kia:rio:2011"
    revision = desk.store.snapshot().revision
    for name in ("mention.csv", "flat.txt", "shares.csv", "x.csv", "y.csv", "own.csv"):
        again = desk.load(name)
        assert not again.rejected
        assert (again.revision, again.warnings) == (revision, ())


def test_ids_in_lists_follow(desk: Desk) -> None:
    desk.write("own.csv", table("id,name", ["aa-hyu,Hyundai"]))
    rows = "\n".join(
        f"9V{n:06d},{make},{model},2011,20110101,it breaks"
        for n, make, model in ((1, "KIA", "Rio"), (1, "HYUNDAI", "Accent"), (1, "KIA", "Soul"))
    )
    desk.write("recalls.csv", f"CAMPNO,MAKETXT,MODELTXT,YEARTXT,RCDATE,DESC_DEFECT\n{rows}\n")
    loads = Loads(desk, {})
    (one_hash, facts), (other_hash, _) = (
        loads.ends([["own.csv"], ["recalls.csv"]]),
        loads.ends([["recalls.csv"], ["own.csv"]]),
    )
    (event,) = facts["events"]
    assert event.values["other_companies"] == "aa-hyu"
    assert event.values["products"] == "aa-hyu:accent:2011; kia:rio:2011; kia:soul:2011"
    assert one_hash == other_hash


def test_facts_that_moved_are_still_their_files(desk: Desk) -> None:
    Loads(desk, FILES)
    for name in ("mention.csv", "flat.txt", "names.csv", "own.csv"):
        desk.load(name)
    refs = {f.id: {n: f.refs.get(n, f.source_ref) for n in f.values} for f in desk.facts("companies")}
    assert refs["hyu"]["annual_revenue"] == "own.csv:2"
    assert refs["hyu"]["country"] == "names.csv:2"
    assert {f.source_ref.split(":")[0] for f in desk.facts("complaints")} == {"mention.csv", "flat.txt"}
    desk.store.delete_source("mention.csv")
    assert {f.source_ref.split(":")[0] for f in desk.facts("complaints")} == {"flat.txt"}
    desk.store.delete_source("own.csv")
    assert "annual_revenue" not in desk.values("companies")["hyu"]


# -- what a name may and may not do ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("row", "mentions", "companies"),
    [
        ("acme,Acme Motors,AMC,", ["AMC", "ACME MOTORS AG"], {"acme"}),  # two that were met are one
        ("x,Something,Old Name,", ["Old Name"], {"x"}),
        ("x,Something,,", ["Old Name"], {"x", "old-name"}),
        ("bolt,Bolt,,", ["BOLT INC"], {"bolt"}),  # the id that had been made
        (
            "delta,Delta Electronics,,",
            ["Delta Inc."],
            {"delta", f"delta-{fingerprint('Delta', 8)}"},
        ),  # another's
        ("delta,Delta Electronics,,", ["DELTA"], {"delta"}),  # named by that id
    ],
)
def test_one_row_and_some_mentions(desk: Desk, row: str, mentions: list[str], companies: set[str]) -> None:
    files = {
        "own.csv": table("id,name,aliases,identifiers", [row]),
        "mention.csv": table("id,company,text", [f"{i},{name},x" for i, name in enumerate(mentions)]),
    }
    loads = Loads(desk, files)
    ends = [loads.ends([[name] for name in order]) for order in permutations(files)]
    assert {fact.id for fact in ends[0][1]["companies"]} == companies
    assert ends[0][0] == ends[1][0]
    assert told(ends[0][1]["companies"]) == told(ends[1][1]["companies"])


def test_a_name_that_two_rows_bear_is_neithers(desk: Desk) -> None:
    desk.write("mention.csv", table("id,company,text", ["1,Autohaus Nord,x"]))
    desk.write("own.csv", table("id,name", ["d1,Autohaus Nord", "d2,Autohaus Nord"]))
    desk.load("mention.csv")
    report = desk.load("own.csv")
    assert set(desk.values("companies")) == {"autohaus-nord", "d1", "d2"}
    pairs = {(d.id_a, d.id_b) for d in report.doubtful}
    assert pairs == {("autohaus-nord", "d1"), ("autohaus-nord", "d2"), ("d1", "d2")}


def test_numbers_of_one_register_tell_companies_apart(desk: Desk) -> None:
    desk.write("names.csv", table("name,identifiers", ["Acme,cik:1"]))
    desk.write("own.csv", table("id,name,identifiers", ["x,Acme,cik:2"]))
    desk.load("names.csv")
    desk.load("own.csv")
    assert set(desk.values("companies")) == {"acme", "x"}
    desk.write("more.csv", table("id,name,identifiers", ["y,Acme Holding,cik:0001"]))
    desk.load("more.csv")
    assert set(desk.values("companies")) == {"x", "y"}
    assert desk.values("companies")["y"]["aliases"] == ("Acme",)


def test_a_stated_name_and_stated_roles_go_before_what_was_met(desk: Desk) -> None:
    desk.write("own.csv", table("id,name,roles", ["b,BOSCH,supplier", "k,Kia,"]))
    desk.write("mention.csv", table("id,company,text", ["1,Bosch,x", "2,KIA,x"]))
    loads = Loads(desk, {})
    ends = [loads.ends([[name] for name in order]) for order in permutations(("own.csv", "mention.csv"))]
    assert ends[0][0] == ends[1][0]
    found = {fact.id: fact for fact in ends[0][1]["companies"]}
    assert (found["b"].values["name"], found["b"].values["roles"]) == ("BOSCH", ("supplier",))
    assert (found["k"].values["roles"], found["k"].status("roles")) == (("brand",), "inferred")


@pytest.mark.parametrize("order", list(permutations(("BOLT", "Bolt", "Bolt Screws Inc"))))
def test_of_names_without_ids_the_best_spelling_is_shown(desk: Desk, order: tuple[str, ...]) -> None:
    for name in order:
        desk.write(f"{name}.csv", table("name,aliases", [f"{name},Bolt Screws;bolt"]))
        desk.load(f"{name}.csv")
    assert {v["name"] for v in desk.values("companies").values()} == {"Bolt"}


# -- links between the two, shares ----------------------------------------------------------------------


def test_links_to_itself_go_and_shares_above_one_are_blank(desk: Desk) -> None:
    desk.write("mention.csv", table("id,company,text", ["1,Acme,x"]))
    desk.write("own.csv", table("id,name", ["x,Exe", "s,Ess", "t,Tee"]))
    rows = [
        "x,Acme,OWNS,,",
        "s,Acme,SUPPLIES,a,.7",
        "t,x,SUPPLIES,a,.6",
        "s,x,SUPPLIES,b,.2",
        "s,Acme,SUPPLIES,b,.3",
    ]
    desk.write("links.csv", table("source,target,kind,category,share", rows))
    desk.load("mention.csv")
    assert not desk.load("own.csv", "links.csv").rejected
    desk.write("more.csv", table("id,name,aliases", ["x,Exe,Acme"]))
    report = desk.load("more.csv")
    assert set(desk.values("companies")) == {"x", "s", "t"}
    assert {k: v.get("share") for k, v in desk.values("links").items()} == {
        "s SUPPLIES x a": None, "t SUPPLIES x a": 0.6, "s SUPPLIES x b": 0.2,
    }  # fmt: skip
    assert [w for w in report.warnings if "itself" in w]
    assert [w for w in report.warnings if "slot" in w]


# -- whole or not at all --------------------------------------------------------------------------------


@pytest.mark.parametrize("options", [{"dry_run": True}, {"strict": True}])
def test_nothing_moves_in_a_dry_run_or_a_strict_load_that_fails(desk: Desk, options: dict[str, Any]) -> None:
    Loads(desk, FILES)
    desk.load("mention.csv")
    before = desk.store.snapshot()
    desk.write("own.csv", OWN + ("x,X,much\n" if "strict" in options else ""))
    report = desk.load("own.csv", **options)
    assert not report.written
    assert any("hyu" in warning for warning in report.warnings)
    assert desk.store.snapshot() == before
    assert "hyundai" in desk.values("companies")


def test_a_load_that_is_stopped_before_companies_moved_is_finished_by_the_next(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    loads = Loads(desk, FILES)
    wanted, _ = loads.ends([["mention.csv"], ["own.csv"]])
    desk.load("mention.csv")
    delete = type(desk.store).delete_company

    def stopped(store: Any, company: str) -> None:
        delete(store, company)
        raise KeyboardInterrupt

    monkeypatch.setattr(type(desk.store), "delete_company", stopped)
    with pytest.raises(Interrupted):
        desk.load("own.csv")
    monkeypatch.undo()
    assert {"hyu", "hyundai"} <= set(desk.values("companies"))
    assert {v["company"] for v in desk.values("complaints").values()} == {"hyundai", "acme-motors", "kia"}
    desk.load("own.csv")
    assert desk.store.snapshot().hash == wanted


# -- what only refused rows mention ---------------------------------------------------------------------


@pytest.mark.parametrize("batch_rows", [1, 2, 100])
def test_a_row_that_is_refused_at_writing_leaves_nothing_behind(desk: Desk, batch_rows: int) -> None:
    rows = ["1,acme,Pro,x", "1,Newco,Ghost,x", "2,Realco,Real,x", "1,Realco,Ghost,x", "3,Third,Twin,x"]
    desk.write("mention.csv", table("id,company,product,text", rows))
    report = desk.load("mention.csv", batch_rows=batch_rows)
    assert [row["row"] for row in desk.rejected("mention")] == ["3", "5"]
    assert set(desk.values("companies")) == {"acme", "realco", "third"}
    assert set(desk.values("products")) == {"acme:pro", "realco:real", "third:twin"}
    assert not report.doubtful
    other = Desk(desk.folder / "other")
    other.write("mention.csv", table("id,company,product,text", [rows[0], rows[2], rows[4]]))
    other.load("mention.csv")
    assert other.store.snapshot().hash == desk.store.snapshot().hash
    other.store.close()


def test_a_load_of_which_all_is_refused_leaves_the_revision(desk: Desk) -> None:
    desk.write("own.csv", table("id,name", ["a,A", "b,B"]))
    desk.write("links.csv", table("source,target,kind,category,share", ["a,b,SUPPLIES,x,.9"]))
    desk.write("mention.csv", table("id,company,text", ["1,a,x"]))
    revision = desk.load("own.csv", "links.csv", "mention.csv").revision
    desk.write("more.csv", table(SHARES, ["Newco,newco,2019,10", "Otherco,,2019,10", "Thirdco,b,2019,x"]))
    assert desk.load("more.csv").revision == revision
    assert set(desk.values("companies")) == {"a", "b"}


def test_a_second_complaint_of_one_number_leaves_no_maker_behind(desk: Desk) -> None:
    # The rows of one number are one complaint, but those of another file of the same load contradict it.
    desk.write("one.txt", complaint() + "\r\n" + complaint(ODINO="2") + "\r\n")
    desk.write(
        "two.txt",
        complaint(MAKETXT="ZEPHYR", MFR_NAME="Zephyr Motors") + "\r\n" + complaint(ODINO="3") + "\r\n",
    )
    report = desk.load("one.txt", "two.txt")
    assert one(report, "two.txt").rejected == 1
    assert set(desk.values("companies")) == {"hyundai"}
    assert set(desk.values("products")) == {"hyundai:sonata:2011"}


# -- files of one name, very many companies -------------------------------------------------------------


def test_files_of_one_name_in_two_folders_are_two_sources(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(desk.folder)
    for month, id in (("jan", "a"), ("feb", "b")):
        desk.write(f"{month}/x.csv", table("id,name", [f"{id},Firm {id}"]))
        load(desk.store, [Path(month, "x.csv")], LoadOptions(rejects=desk.rejects))
    assert [fact.source_ref for fact in desk.facts("companies")] == ["jan/x.csv:2", "feb/x.csv:2"]
    revision = desk.store.snapshot().revision
    monkeypatch.chdir("jan")
    load(desk.store, [Path("x.csv")], LoadOptions(rejects=desk.rejects))
    assert desk.store.snapshot().revision == revision
    desk.store.delete_source("jan/x.csv")
    assert set(desk.values("companies")) == {"b"}


def test_a_load_says_that_pairs_were_not_looked_for(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("loaders.companies.COMPARED", 2)
    desk.write("own.csv", table("id,name", ["d1,Autohaus Nord", "d2,Autohaus Nord"]))
    assert [(d.id_a, d.id_b) for d in desk.load("own.csv").doubtful] == [("d1", "d2")]
    desk.write("more.csv", table("id,name", ["d3,Autohaus Nord"]))
    report = desk.load("more.csv")
    assert report.doubtful == ()
    assert "3 companies are too many" in report.warnings[0]
