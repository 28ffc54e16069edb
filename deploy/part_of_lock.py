"""The pins that one package needs, with their hashes: `part_of_lock.py knockon <requirements.lock`."""

from __future__ import annotations

import re
import sys


def part_of(lock: str, root: str) -> str:
    """The entries of `lock` that `root` needs, itself too if it is pinned; not what only groups ask for.

    Who needs an entry stands below it, after `# via`: `fastapi`, `knockon (pyproject.toml)`, and for a group
    `knockon (pyproject.toml:dev)`.
    """
    entries = {m[1]: m[0] for m in re.finditer(r"^([\w.-]+)==.*\n(?:[ \t].*\n?)*", lock, re.MULTILINE)}
    needed_by = {
        name: {who.removesuffix(" (pyproject.toml)") for who in re.findall(r"# +(?:via +)?(\S.*)", entry)}
        for name, entry in entries.items()
    }
    wanted = {root}
    while more := {name for name, who in needed_by.items() if name not in wanted and who & wanted}:
        wanted |= more
    return "".join(entry for name, entry in entries.items() if name in wanted)


if __name__ == "__main__":
    sys.stdout.write(part_of(sys.stdin.read(), sys.argv[1]))
