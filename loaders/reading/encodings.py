"""Bytes into text, block by block, with the encoding found out from the content.

UTF-8 and GB18030 and cp1252 agree on ASCII, so the choice between them waits for the first byte that is
not ASCII, however deep in the file, and nothing is read twice. Valid UTF-8 wins; then GB18030, if it
decodes and gives common Chinese characters; cp1252 is the last resort, with a warning.
"""

from __future__ import annotations

import codecs
import re

_FEW = 4  # control characters: with fewer, even a tiny file is a text that is not wide
WINDOW = 64 << 10  # bytes after the first that is not ASCII on which the choice rests
_NOT_ASCII = re.compile(rb"[\x80-\xff]")
_CONTROLS = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")
_CONTROL_CHARACTERS = re.compile("[\x00-\x08\x0e-\x1f\x7f\ufffe\uffff]")
_GB_PAIR = re.compile(rb"[\x81-\xfe](?:[\x40-\x7e\x80-\xfe]|[0-9][\x81-\xfe][0-9])")
# GB2312's punctuation (rows A1-A3) and the 3,755 characters in common use (rows B0-D7)
_GB_COMMON = re.compile(rb"[\xa1-\xa3\xb0-\xd7][\xa1-\xfe]")

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark begins it
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


def marked(head: bytes) -> tuple[str, int]:
    """The encoding that a byte order mark names and the mark's length, or ("", 0)."""
    for mark, name in _BOMS:
        if head.startswith(mark):
            return name, len(mark)
    return "", 0


def wide(head: bytes) -> str:
    """UTF-16 without a mark, "utf-16-le" or "utf-16-be", where the NULs make it plain, else ""."""
    even, odd = head[0::2].count(0), head[1::2].count(0)
    name, nuls, others = ("utf-16-le", odd, even) if odd > even else ("utf-16-be", even, odd)
    if nuls < _FEW or nuls * 20 < len(head) // 2 or others * 20 > nuls:
        return ""
    try:
        text = codecs.getincrementaldecoder(name)().decode(head[: len(head) // 2 * 2])
    except UnicodeDecodeError:
        return ""
    return "" if _CONTROL_CHARACTERS.search(text) else name


def is_binary(head: bytes) -> bool:
    """Whether bytes are no text in any encoding that is read: more than 1 % are control characters. (A few
    NULs in a text spoil their rows, not the file.)"""
    if marked(head)[0] or wide(head):
        return False
    return len(_CONTROLS.findall(head)) > max(len(head) // 100, _FEW - 1)


def _errors(window: bytes, encoding: str, final: bool) -> tuple[int, int]:
    """How many characters that are not ASCII a window gives, and how many errors."""
    decoder = codecs.getincrementaldecoder(encoding)
    try:
        text = decoder().decode(window, final)
        return len(text) - sum(map(str.isascii, text)), 0
    except UnicodeDecodeError:
        text = decoder("replace").decode(window, final)
        return len(text) - sum(map(str.isascii, text)), text.count("\ufffd")


def guess(window: bytes, final: bool = True) -> str:
    """The encoding of bytes that are not all ASCII: "utf-8", "gb18030" or "cp1252"."""
    wides, errors = _errors(window, "utf-8", final)
    # A few torn characters in a UTF-8 file spoil their rows, not the file.
    if errors * 20 <= wides - errors:
        return "utf-8"
    wides, errors = _errors(window, "gb18030", final)
    pairs = _GB_PAIR.findall(window)
    common = sum(1 for pair in pairs if _GB_COMMON.fullmatch(pair))
    if errors * 50 <= wides and common * 10 >= len(pairs) * 6:
        return "gb18030"
    return "cp1252"


class Decoder:
    """Decodes a stream of blocks. `encoding` is "ascii" until something else shows."""

    def __init__(self, head: bytes) -> None:
        self.encoding, self._skip = marked(head)
        self._decoder: codecs.IncrementalDecoder | None = None
        self._held = b""
        if not self.encoding:
            self.encoding = wide(head) or "ascii"
        if self.encoding != "ascii":
            self._decoder = codecs.getincrementaldecoder(self.encoding)()

    @property
    def warning(self) -> str:
        """What a person should know of the choice, or ""."""
        if self.encoding != "cp1252":
            return ""
        return "read as Western European text (cp1252): it is neither UTF-8 nor GB18030; save it as UTF-8"

    def decode(self, block: bytes, final: bool = False) -> tuple[str, bool]:
        """The text of the next block, and whether bytes in it were replaced by U+FFFD because they are no
        text in the encoding."""
        if self._skip:
            block, self._skip = block[self._skip :], 0
        if self._decoder is None:
            block, self._held = self._held + block, b""
            found = _NOT_ASCII.search(block)
            if found is None:
                return block.decode("ascii"), False
            start = found.start()
            if not final and len(block) - start < WINDOW:
                self._held = block[start:]
                return block[:start].decode("ascii"), False
            self.encoding = guess(block[start : start + WINDOW], final and len(block) - start <= WINDOW)
            self._decoder = codecs.getincrementaldecoder(self.encoding)()
        state = self._decoder.getstate()
        try:
            return self._decoder.decode(block, final), False
        except UnicodeDecodeError:
            lenient = codecs.getincrementaldecoder(self.encoding)("replace")
            lenient.setstate(state)
            text = lenient.decode(block, final)
            self._decoder.setstate(lenient.getstate())
            return text, True
