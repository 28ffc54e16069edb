"""NHTSA's complaints and recalls: flat files and API tables of every age end in the same facts."""

from __future__ import annotations

import random
import zipfile
from pathlib import Path

import pytest

from loaders.nhtsa import date_of, same_firm
from loaders.nhtsa_complaints import LAYOUT
from loaders.session import LoadReport
from tests.loaders.loading import Desk, one, tally

SAMPLES = Path(__file__).parents[1] / "samples"
API, FLAT = SAMPLES / "nhtsa_complaints.csv", SAMPLES / "nhtsa_complaints_flat.txt"
REPEATED = ("nhtsa:564199", "nhtsa:564420", "nhtsa:567471", "nhtsa:10543023")


def complaint(**fields: str) -> str:
    """A row of a flat file of complaints."""
    told = {
        "CMPLID": "1", "ODINO": "700001", "MFR_NAME": "Hyundai Motor America", "MAKETXT": "HYUNDAI",
        "MODELTXT": "SONATA", "YEARTXT": "2011", "CRASH": "N", "FIRE": "N", "INJURED": "0", "DEATHS": "0",
        "COMPDESC": "ENGINE", "LDATE": "20140102", "CDESCR": "IT STALLED.",
    } | fields  # fmt: skip
    return "\t".join(told.get(field, "") for field in LAYOUT.fields)


def load_rows(desk: Desk, *rows: str, name: str = "FLAT_CMPL.txt") -> LoadReport:
    desk.write(name, "\r\n".join(rows) + "\r\n")
    return desk.load(name)


def essence(desk: Desk) -> dict[str, tuple[object, ...]]:
    return {
        id: (
            v["company"],
            v["product"],
            frozenset(v["component"]),
            v["category"],
            v["text"],
            v.get("mileage"),
            v.get("date"),
        )
        for id, v in desk.values("complaints").items()
    }


# -- the samples --------------------------------------------------------------------------------------


def test_flat_file_and_api_table_of_the_same_complaints_end_in_the_same_facts(desk: Desk) -> None:
    other = Desk(desk.folder / "other")
    api, flat = one(desk.load(API)), one(other.load(FLAT))
    assert api.loader == flat.loader == "nhtsa_complaints"
    assert tally(api) == (64, 58, 0, 0, 0)
    assert tally(flat) == (102, 58, 0, 0, 0)
    assert api.created == flat.created
    assert essence(desk) == essence(other)
    assert desk.store.snapshot().hash == other.store.snapshot().hash
    assert desk.facts("products") == [] or desk.values("products") == other.values("products")
    assert desk.values("companies") == other.values("companies")
    other.store.close()


def test_a_complaint_keeps_what_it_tells(desk: Desk) -> None:
    row = complaint(
        FAILDATE="20131231", FIRE="Y", INJURED="2", COMPDESC="SEAT BELTS:FRONT", CITY="RENO    ", STATE="NV",
        VIN="5NPEB4AC3BH", MILES="39300", PURCH_DT="20110507", ORIG_OWNER_YN="Y", POLICE_RPT_YN="N",
        DEALER_NAME="RENO HYUNDAI", PROD_TYPE="V",
    )  # fmt: skip
    assert tally(one(load_rows(desk, row))) == (1, 1, 0, 0, 0)
    (fact,) = desk.facts("complaints")
    assert fact.values == {
        "id": "nhtsa:700001", "date": "2014-01-02", "company": "hyundai", "product": "hyundai:sonata:2011",
        "category": "SEAT BELTS", "component": ("SEAT BELTS:FRONT",), "crash": False, "fire": True,
        "injured": 2.0, "deaths": 0.0, "mileage": 39300.0, "text": "IT STALLED.", "language": "en",
        "purchase_date": "2011-05-07", "incident_date": "2013-12-31", "city": "RENO", "state": "NV",
        "vin": "5NPEB4AC3BH", "original_owner": "Y", "dealer_name": "RENO HYUNDAI", "product_type": "vehicle",
    }  # fmt: skip
    assert fact.source_ref == "FLAT_CMPL.txt:1"
    assert desk.values("products")["hyundai:sonata:2011"] == {
        "id": "hyundai:sonata:2011", "company": "hyundai", "name": "HYUNDAI SONATA 2011",
        "inferred": ("id",),
    }  # fmt: skip
    assert desk.values("companies")["hyundai"] == {
        "id": "hyundai", "name": "Hyundai", "roles": ("brand",), "aliases": ("Hyundai Motor America",),
        "inferred": ("id", "name", "roles"),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "miles", "mileage", "inferred"),
    [
        ("THE APPROXIMATE FAILURE MILEAGE WAS 39,300 AND THE CURRENT", "", 39300.0, True),
        ("The failure mileage was approximately 850. Updated", "0", 850.0, True),
        ("THE FAILURE MILEAGES WERE 75000.", "", 75000.0, True),
        ("THE FAILURE MILEAGE WAS 39,300", "40000", 40000.0, False),
        ("THE FAILURE MILEAGE WAS UNKNOWN", "", None, False),
        ("CURRENT AND FAILURE MILEAGES WERE LESS THAN 10,000.", "", None, False),
        ("THE FAILURE MILEAGE WAS 39,3000", "", None, False),
    ],
)
def test_mileage_is_read_from_the_text_where_the_field_is_blank(
    desk: Desk, text: str, miles: str, mileage: float | None, inferred: bool
) -> None:
    load_rows(desk, complaint(CDESCR=text, MILES=miles))
    (fact,) = desk.facts("complaints")
    assert fact.values.get("mileage") == mileage
    assert (fact.status("mileage") == "inferred") == inferred


def test_rows_of_one_number_are_one_complaint_wherever_they_stand(desk: Desk) -> None:
    lines = FLAT.read_text(encoding="utf-8").splitlines()
    random.Random(5).shuffle(lines)
    desk.load(FLAT)
    other = Desk(desk.folder / "other")
    assert tally(one(load_rows(other, *lines))) == (102, 58, 0, 0, 0)
    assert other.store.snapshot().hash == desk.store.snapshot().hash
    other.store.close()


def test_components_are_gathered_and_the_worst_harm_counts(desk: Desk) -> None:
    load_rows(
        desk,
        complaint(COMPDESC="ENGINE:OIL", INJURED="1"),
        complaint(ODINO="700002", COMPDESC="TIRES"),
        complaint(COMPDESC="ENGINE:FUEL | STEERING", CRASH="Y", INJURED="3", LDATE="20140101"),
        complaint(COMPDESC="ENGINE:OIL"),
    )
    told = desk.values("complaints")["nhtsa:700001"]
    assert told["component"] == ("ENGINE:OIL", "ENGINE:FUEL", "STEERING")
    assert (told["category"], told["crash"], told["injured"], told["date"]) == (
        "ENGINE",
        True,
        3.0,
        "2014-01-01",
    )


def test_a_number_that_stands_for_several_statements_and_vehicles_loses_none(desk: Desk) -> None:
    load_rows(
        desk,
        complaint(CDESCR="THE SECOND CAR ROLLED.", MODELTXT="SANTA FE"),
        complaint(CDESCR="IT STALLED."),
        complaint(CDESCR="IT STALLED."),
    )
    told = desk.values("complaints")["nhtsa:700001"]
    assert told["text"] == "IT STALLED.\n\nTHE SECOND CAR ROLLED."
    assert (told["product"], told["other_products"]) == ("hyundai:santa-fe:2011", "hyundai:sonata:2011")


def test_the_repeated_ids_of_the_sample_are_one_complaint_each(desk: Desk) -> None:
    desk.load(API)
    told = desk.values("complaints")
    # The rows of the first differ in blanks alone, those of the last in nothing.
    assert [told[id]["text"].count("\n\n") + 1 for id in REPEATED] == [1, 2, 4, 1]
    assert set(told["nhtsa:567471"]["component"]) == {
        "SERVICE BRAKES, HYDRAULIC:FOUNDATION COMPONENTS", "TIRES", "POWER TRAIN:MANUAL TRANSMISSION",
        "ELECTRICAL SYSTEM:BATTERY",
    }  # fmt: skip


@pytest.mark.parametrize("fields", [49, 48, 47, 46, 21])
def test_older_layouts_have_fewer_fields(desk: Desk, fields: int) -> None:
    rows = ["\t".join(complaint(ODINO=f"70000{i}", CITY="X").split("\t")[:fields]) for i in range(3)]
    assert tally(one(load_rows(desk, *rows))) == (3, 3, 0, 0, 0)


def test_true_rows_of_both_layouts(desk: Desk) -> None:
    report = desk.load(SAMPLES / "nhtsa_complaints_48.txt", SAMPLES / "nhtsa_complaints_49.txt")
    assert [file.loader for file in report.files] == ["nhtsa_complaints"] * 2
    assert not report.rejected
    companies = desk.values("companies")
    # Lincoln is a make of Ford's, but another company: its maker stays beside the complaint.
    assert "aliases" not in companies["lincoln"]
    lincoln = next(v for v in desk.values("complaints").values() if v["company"] == "lincoln")
    assert lincoln["manufacturer"] == "Ford Motor Company"
    assert "Ford Motor Company" in companies["ford"]["aliases"]


def test_a_stray_quote_swallows_nothing(desk: Desk) -> None:
    rows = [complaint(ODINO=f"70{i:04d}", CDESCR='HE SAID "NO' if i == 3 else '"FINE"') for i in range(50)]
    assert tally(one(load_rows(desk, *rows))) == (50, 50, 0, 0, 0)


def test_bad_rows_are_rejected_with_all_that_is_wrong(desk: Desk) -> None:
    good = [complaint(ODINO=f"71{i:04d}") for i in range(30)]
    report = load_rows(
        desk,
        *good,
        complaint(ODINO="72", FAILDATE="20140231", INJURED="-1"),
        complaint(ODINO="73") + "\tmore\tthan\tfits",
        complaint(ODINO=""),
        complaint(ODINO="74", MAKETXT="", MFR_NAME=""),
        complaint(ODINO="75", FAILDATE="00000000"),
    )
    assert tally(one(report)) == (35, 31, 0, 0, 4)
    rejected = desk.rejected("FLAT_CMPL")
    assert [(r["row"], r["column"]) for r in rejected] == [
        ("31", "FAILDATE"), ("31", "INJURED"), ("32", ""), ("33", "ODINO"), ("34", "MAKETXT"),
    ]  # fmt: skip
    assert all(r["remedy"] for r in rejected)


def test_the_api_of_today_writes_american_dates(desk: Desk) -> None:
    desk.write(
        "complaints.csv",
        "odiNumber,manufacturer,crash,fire,numberOfInjuries,numberOfDeaths,dateOfIncident,dateComplaintFiled,vin,"
        "components,summary,make,model,modelYear\n"
        "11,Kia America,false,TRUE,0,0,06/13/2013,01/02/2020,X,ENGINE | STEERING,Stalled,KIA,OPTIMA,2013\n",
    )
    assert one(desk.load("complaints.csv")).loader == "nhtsa_complaints"
    told = desk.values("complaints")["nhtsa:11"]
    assert (told["incident_date"], told["date"], told["fire"]) == ("2013-06-13", "2020-01-02", True)
    assert told["component"] == ("ENGINE", "STEERING")


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("/Date(991195200000-0400)/", "2001-05-30"),
        ("20010530", "2001-05-30"),
        ("", ""),
        ("0", ""),
        ("5/3/2001", "2001-05-03"),
    ],
)
def test_dates_in_every_way_that_nhtsa_writes_them(text: str, day: str) -> None:
    assert date_of(text) == day


def test_a_makers_national_company_is_the_make_and_others_are_not() -> None:
    assert same_firm("HYUNDAI", "Hyundai Motor America")
    assert same_firm("JAYCO", "JAYCO, INC.")
    assert same_firm("FORD", "Ford Motor Company")
    assert not same_firm("HYUNDAI", "CURT MFG. INC.")
    assert not same_firm("HYUNDAI", "Hyundai Mobis")
    assert not same_firm("JEEP", "Chrysler (FCA US LLC)")
    assert not same_firm("", "Hyundai")


# -- who is who ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("make", ["Hyundai", "Hyundai Motor America"])
def test_a_company_that_is_there_is_the_make(desk: Desk, make: str) -> None:
    desk.write("companies.csv", f"id,name,roles\nhma,{make},brand\n")
    desk.load("companies.csv", API)
    assert [fact.id for fact in desk.facts("companies")] == ["hma"]
    assert desk.values("companies")["hma"]["name"] == make
    assert {fact.values["company"] for fact in desk.facts("complaints")} == {"hma"}


def test_a_make_that_no_table_of_names_knows_is_found_by_its_maker(desk: Desk) -> None:
    desk.write("companies.csv", "id,name\nz,Zephyrling Motors\n")
    desk.load("companies.csv")
    load_rows(desk, complaint(MAKETXT="ZEPHYRLING", MFR_NAME="Zephyrling Motors"))
    assert [fact.id for fact in desk.facts("companies")] == ["z"]
    assert desk.values("companies")["z"]["aliases"] == ("ZEPHYRLING",)


# -- recalls ------------------------------------------------------------------------------------------


def test_recalls_of_the_api_are_one_event_a_campaign(desk: Desk) -> None:
    file = one(desk.load(SAMPLES / "nhtsa_recalls.csv"))
    assert file.loader == "nhtsa_recalls"
    campaigns = desk.values("events")
    assert (file.added, file.rejected) == (len(campaigns), 0)
    assert {v["kind"] for v in campaigns.values()} == {"recall"}
    by_others = [v for v in campaigns.values() if v.get("manufacturer") == "CURT MFG. INC."]
    assert by_others
    assert {v["company"] for v in by_others} == {"hyundai"}
    products = desk.values("products")
    assert all(id in products for v in campaigns.values() for id in v["products"].split("; "))
    again = desk.load(SAMPLES / "nhtsa_recalls.csv")
    assert tally(one(again))[1:3] == (0, 0)


@pytest.mark.parametrize("fields", [24, 27, 29])
def test_recalls_of_flat_files_of_every_age(desk: Desk, fields: int) -> None:
    rows = (SAMPLES / "nhtsa_recalls_flat.txt").read_text(encoding="utf-8").splitlines()
    tail = ["PART", "A part", "12-3", "Yes", "No"][: fields - 24]
    desk.write("FLAT_RCL.txt", "\r\n".join("\t".join([*row.split("\t"), *tail]) for row in rows))
    file = one(desk.load("FLAT_RCL.txt"))
    assert (file.loader, file.read, file.rejected) == ("nhtsa_recalls", len(rows), 0)
    told = desk.values("events")
    assert file.added == len(told) == len({row.split("\t")[1] for row in rows})
    focus = told["nhtsa:02V288000"]
    assert (focus["date"], focus["company"], focus["affected"]) == ("2002-11-06", "ford", "291854")
    assert focus["products"] == "ford:focus:2000; ford:focus:2001"
    assert (focus["made_from"], focus["made_until"]) == ("1999-07-19", "2001-05-31")
    assert told["nhtsa:02V241001"]["other_companies"]
    assert focus.get("do_not_drive") == ("Yes" if fields == 29 else None)


# -- the whole files ----------------------------------------------------------------------------------


def test_the_18720_complaints_in_both_forms(shared: Path, desk: Desk) -> None:
    folder = shared / "data" / "public" / "nhtsa"
    api = one(desk.load(folder / "complaints_hyundai.csv.zip"))
    assert tally(api) == (18720, 18714, 0, 0, 0)
    other = Desk(desk.folder / "other")
    flat = one(other.load(folder / "FLAT_CMPL_hyundai.txt.zip"))
    assert tally(flat) == (25233, 18714, 0, 0, 0)
    assert essence(desk) == essence(other)
    engines = [
        v for v in desk.values("complaints").values()
        if v["category"].startswith("ENGINE") and v["product"][-4:] in ("2011", "2012", "2013", "2014")
    ]  # fmt: skip
    assert 1100 < len(engines) < 1400
    other.store.close()


def test_all_recalls_and_layouts(shared: Path, desk: Desk) -> None:
    folder = shared / "data" / "public" / "nhtsa"
    report = desk.load(
        folder / "recalls_hyundai.csv.zip",
        folder / "layouts" / "sample_recalls.txt",
        folder / "layouts" / "sample_complaints.txt",
        folder / "layouts" / "FLAT_CMPL_sample101.txt",
    )
    assert not report.rejected
    assert [file.read for file in report.files] == [403, 100, 100, 101]
    assert len(desk.facts("events")) == 136 + 21


def test_a_zip_with_a_text_file_beside_it(desk: Desk) -> None:
    with zipfile.ZipFile(desk.folder / "FLAT_CMPL.zip", "w") as archive:
        archive.writestr("FLAT_CMPL.txt", complaint())
        archive.writestr("CMPL.txt", "CONSUMER COMPLAINTS\n\nThe COMPLAINTS file\n")
    report = desk.load("FLAT_CMPL.zip")
    assert not report.failed
    assert one(report).file == "FLAT_CMPL.zip/FLAT_CMPL.txt"
    assert "CMPL.txt" in report.warnings[0]
