#!/usr/bin/env python3
"""Makes the extract of real complaints and recalls that stands behind the story of the Theta II engine.

Usage: make_complaints_extract.py SOURCE [OUT]

SOURCE is a folder with FLAT_CMPL_hyundai.txt.zip (complaints, NHTSA's 49 TAB-separated fields, no quoting)
and recalls_hyundai.csv.zip; OUT defaults to loaders/demo/complaints. Rows are taken over byte by byte, in
their order, so the extract has NHTSA's own layout. Taken are:

- every complaint about the cars that had the engine (model years 2011 to 2014), whatever its component;
- of all other complaints every tenth, by ODI number, as background;
- every recall of these cars.

The same source gives the same bytes.
"""

from __future__ import annotations

import csv
import io
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

MODELS = frozenset({"SONATA", "SONATA HYBRID", "SANTA FE", "SANTA FE SPORT", "TUCSON"})
MODEL_YEARS = frozenset({"2011", "2012", "2013", "2014"})
BACKGROUND = 10  # one in so many
ODI, MODEL, MODEL_YEAR = 1, 4, 5  # places of the fields in NHTSA's layout of complaints
NEVER_CHANGES = (2017, 12, 31, 0, 0, 0)  # the day of the newest complaint, as the members' date


def member(archive: Path) -> bytes:
    """The bytes of an archive's only member."""
    with zipfile.ZipFile(archive) as opened:
        (name,) = opened.namelist()
        return opened.read(name)


def pack(archive: Path, name: str, content: bytes) -> None:
    """Writes one member into a new archive, the same bytes every time."""
    about = zipfile.ZipInfo(name, NEVER_CHANGES)
    about.compress_type = zipfile.ZIP_DEFLATED
    about.external_attr = 0o644 << 16
    with zipfile.ZipFile(archive, "w") as opened:
        opened.writestr(about, content, compresslevel=9)


def lines_where(flat: bytes, wanted: Callable[[str, str, str], bool]) -> bytes:
    """The lines of a flat file whose ODI number, model and model year are wanted."""
    kept = []
    for line in io.BytesIO(flat):  # ends at LF alone: a lone CR is text
        fields = line.decode().split("\t")
        if wanted(fields[ODI], fields[MODEL], fields[MODEL_YEAR]):
            kept.append(line)
    return b"".join(kept)


def complaints(flat: bytes) -> bytes:
    """The lines of the complaints that are taken."""

    def wanted(odi: str, model: str, year: str) -> bool:
        return (model in MODELS and year in MODEL_YEARS) or int(odi) % BACKGROUND == 0

    return lines_where(flat, wanted)


def recalls(text: str) -> bytes:
    """The rows of the recalls that are taken, under the header as it stood."""
    source = csv.DictReader(io.StringIO(text, newline=""))
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, source.fieldnames or [])
    writer.writeheader()
    writer.writerows(r for r in source if r["Model"] in MODELS and r["ModelYear"] in MODEL_YEARS)
    return out.getvalue().encode()


def main(arguments: list[str]) -> int:
    """Writes the two archives; says on stderr what it lacks."""
    if len(arguments) not in (1, 2):
        print((__doc__ or "").strip(), file=sys.stderr)
        return 2
    source = Path(arguments[0])
    out = Path(arguments[1]) if len(arguments) == 2 else Path(__file__).parents[1] / "loaders/demo/complaints"
    needed = [source / name for name in ("FLAT_CMPL_hyundai.txt.zip", "recalls_hyundai.csv.zip")]
    if missing := [str(path) for path in needed if not path.is_file()]:
        print(f"no such file: {', '.join(missing)}", file=sys.stderr)
        return 1
    out.mkdir(parents=True, exist_ok=True)
    pack(out / "FLAT_CMPL_theta2.txt.zip", "FLAT_CMPL_theta2.txt", complaints(member(needed[0])))
    pack(out / "RCL_theta2.csv.zip", "RCL_theta2.csv", recalls(member(needed[1]).decode()))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
