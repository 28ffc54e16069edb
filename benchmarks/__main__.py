"""`python -m benchmarks`: every benchmark in one run, one table of figures and ratios."""

from __future__ import annotations

from benchmarks import drawing, engine, explanation, neo4j, ranking, storage, systemic, uncertainty
from benchmarks.measure import Line, table


def main() -> None:
    """Run all and print the table."""
    lines: list[Line] = []
    for part in (engine, explanation, ranking, uncertainty, systemic, drawing, storage, neo4j):
        for line in part.run():
            lines.append(line)
            print(f"{line.what}: {line.figure} {line.ratio}", flush=True)
    print(f"\n{table(lines)}")


if __name__ == "__main__":
    main()
