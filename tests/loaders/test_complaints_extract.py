"""The extract of real complaints and recalls behind the demo: complete, small, and can be made again."""

from __future__ import annotations

import csv
import datetime as dt
import io
import subprocess
import sys
import zipfile
from collections import Counter
from pathlib import Path

from loaders.reading import cells

CHECKOUT = Path(__file__).resolve().parents[2]
DEMO = CHECKOUT / "loaders" / "demo"


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


FACTS = {row["fact"]: row for row in rows_of(DEMO / "facts.csv")}


def flat_complaints() -> list[list[str]]:
    with zipfile.ZipFile(DEMO / "complaints/FLAT_CMPL_theta2.txt.zip") as archive:
        (name,) = archive.namelist()
        return [
            line.rstrip("\r\n").split("\t") for line in io.StringIO(archive.read(name).decode(), newline="\n")
        ]


def engine_complaints(rows: list[list[str]]) -> dict[str, str]:
    """The day of each complaint about a Theta II engine, by ODI number."""
    models = {"SONATA", "SONATA HYBRID", "SANTA FE", "SANTA FE SPORT", "TUCSON"}
    years = {"2011", "2012", "2013", "2014"}
    return {r[1]: r[16] for r in rows if "ENGINE" in r[11] and r[4] in models and r[5] in years}


def test_the_complaints_of_the_engine_are_all_there() -> None:
    rows = flat_complaints()
    assert {len(row) for row in rows} == {49}, "NHTSA's layout has 49 fields"
    assert len({row[1] for row in rows}) == 5706
    assert len(engine_complaints(rows)) == int(FACTS["theta2_engine_complaints"]["value"]) == 1220


def test_the_complaints_of_the_engine_by_quarter(shared: Path) -> None:
    counted = rows_of(shared / "data/public/demo_facts/theta2_engine_complaints_by_quarter.csv")
    quarters = Counter(
        f"{d[:4]}Q{(int(d[4:6]) + 2) // 3}" for d in engine_complaints(flat_complaints()).values()
    )
    assert dict(quarters) == {row["y"]: int(row["HYUNDAI"]) for row in counted}


def test_the_recalls_that_the_story_names_are_in_the_extract() -> None:
    with zipfile.ZipFile(DEMO / "complaints/RCL_theta2.csv.zip") as archive:
        text = archive.read("RCL_theta2.csv").decode()
    filed = {}
    for row in csv.DictReader(io.StringIO(text, newline="")):
        filed[row["NHTSACampaignNumber"][:6].lower()] = cells.json_date(row["ReportReceivedDate"])
    for campaign in ("15v568", "17v226"):
        assert filed[campaign] == dt.date.fromisoformat(FACTS[f"nhtsa_{campaign}_filed"]["date"])


def test_the_extract_is_small_and_can_be_made_again(shared: Path, tmp_path: Path) -> None:
    kept = sorted((DEMO / "complaints").glob("*.zip"))
    assert sum(path.stat().st_size for path in kept) <= 2 * 2**20
    script = CHECKOUT / "scripts/make_complaints_extract.py"
    subprocess.run(
        [sys.executable, str(script), str(shared / "data/public/nhtsa"), str(tmp_path)],
        check=True,
        timeout=60,
    )
    for path in kept:  # the contents: compressors differ
        with zipfile.ZipFile(path) as old, zipfile.ZipFile(tmp_path / path.name) as new:
            assert old.namelist() == new.namelist()
            assert all(old.read(name) == new.read(name) for name in old.namelist())
