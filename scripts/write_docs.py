"""Writes the tables of docs/ that say what the code says: parameters, columns. `--check` only compares."""

from __future__ import annotations

import re
import sys
from pathlib import Path

from graph.ontology import ENDS, PROVENANCE, TABLES, LinkKind
from graph.parameters import PARAMETERS

DOCS = Path(__file__).resolve().parents[1] / "docs"


def parameters() -> str:
    """The parameters' table."""
    lines = [
        "| parameter | default | allowed | prior range | status | meaning; source |",
        "|---|---|---|---|---|---|",
    ]
    for p in PARAMETERS.values():
        allowed = f"above {p.low:g}, up to {p.high:g}" if p.above else f"{p.low:g}–{p.high:g}"
        prior = f"{p.prior[0]:g}–{p.prior[1]:g}" if p.prior else ""
        unit = f" [{p.unit}]" if p.unit not in ("", "0-1") else ""
        source = f"; {p.source}" if p.source else ""
        lines.append(
            f"| `{p.name}` | {p.default:g}{unit} | {allowed} | {prior} | {p.status} | {p.doc}{source} |"
        )
    return "\n".join(lines)


def columns() -> str:
    """The tables' columns."""
    parts = []
    for table in TABLES.values():
        parts += [
            f"### {table.name} {table.label}",
            "",
            f"A row is identified by {', '.join(table.key)}.",
            "",
        ]
        parts += ["| column | holds | also written | meaning |", "|---|---|---|---|"]
        for column in table.columns:
            if column in PROVENANCE:
                continue
            holds = column.kind.value + (f" [{column.unit}]" if column.unit else "")
            if column.choices:
                holds += ": " + ", ".join(column.choices)
            meaning = column.doc + ("; **required**" if column.required else "")
            parts.append(f"| `{column.name}` | {holds} | {', '.join(column.synonyms)} | {meaning} |")
        parts.append("")
    parts += [
        "### Columns of every table",
        "",
        "| column | holds | also written | meaning |",
        "|---|---|---|---|",
    ]
    parts += [f"| `{c.name}` | {c.kind.value} | {', '.join(c.synonyms)} | {c.doc} |" for c in PROVENANCE]
    return "\n".join(parts)


def ends() -> str:
    """Who may stand at the ends of a link."""
    lines = ["| kind | from | to |", "|---|---|---|"]
    for kind in LinkKind:
        source, target = (
            ", ".join(roles) or "any company" for roles in (ENDS[kind].source, ENDS[kind].target)
        )
        lines.append(f"| {kind} | {source} | {target} |")
    return "\n".join(lines)


PARTS = {"model.md": {"parameters": parameters}, "data-formats.md": {"columns": columns, "ends": ends}}


def main() -> int:
    """Write, or with --check compare; 1 where something differs."""
    stale = []
    for name, parts in PARTS.items():
        path = DOCS / name
        text = before = path.read_text(encoding="utf-8")
        for part, write in parts.items():
            pattern = rf"(<!-- {part}: [^>]*-->\n).*?(<!-- /{part} -->)"
            table = write().replace("\\", r"\\")
            text = re.sub(pattern, rf"\g<1>{table}\n\g<2>", text, flags=re.DOTALL)
        if text != before:
            stale.append(name)
            if "--check" not in sys.argv:
                path.write_text(text, encoding="utf-8")
    if stale and "--check" in sys.argv:
        print(
            f"docs/{', docs/'.join(stale)} differ from the code: run scripts/write_docs.py", file=sys.stderr
        )
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
