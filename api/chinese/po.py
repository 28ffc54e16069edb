"""Reads the sentences of a .po file, the format of gettext: English and Chinese, blanks as {name}."""

from __future__ import annotations

import re
from collections.abc import Iterator

_ESCAPES = {"n": "\n", "t": "\t", '"': '"', "\\": "\\"}
_ESCAPE = re.compile(r"\\(.)")
_LINE = re.compile(r'(?:(msgid|msgstr) )?"((?:[^"\\]|\\[nt"\\])*)"')


def entries(text: str) -> Iterator[tuple[str, str]]:
    """English and Chinese of each entry that is translated; what is marked fuzzy is not, as gettext has it.

    Contexts and plurals are not read: Chinese has one form. ValueError names the line that is no .po.
    """
    said = {"msgid": "", "msgstr": ""}
    field, fuzzy, next_is_fuzzy = "msgstr", False, False
    for number, line in enumerate([*text.splitlines(), 'msgid ""'], 1):
        if not line.strip() or line.startswith("#"):
            next_is_fuzzy |= line.startswith("#,") and "fuzzy" in line
            continue
        match = _LINE.fullmatch(line.strip())
        if match is None:
            raise ValueError(f"line {number} is no line of a .po file: {line}")
        keyword, quoted = match.groups()
        if keyword == "msgid":
            if all(said.values()) and not fuzzy:
                yield said["msgid"], said["msgstr"]
            said = {"msgid": "", "msgstr": ""}
            fuzzy, next_is_fuzzy = next_is_fuzzy, False
        field = keyword or field
        said[field] += _ESCAPE.sub(lambda escape: _ESCAPES[escape[1]], quoted)
