"""One cell into one value: numbers, shares, dates and flags as people write them, in English and Chinese."""

from __future__ import annotations

import datetime
import re
import unicodedata
from decimal import Decimal

from graph.errors import InputError
from loaders.reading.rows import Cell, shown


class CellError(InputError):
    """A cell is not what its column needs: `reason`, and a remedy."""

    def __init__(self, reason: str, remedy: str) -> None:
        super().__init__(reason, remedy=remedy)
        self.reason = reason


_BLANKS = frozenset(
    [
        "",
        "-",
        "--",
        "---",
        "–",
        "—",
        "——",
        "/",
        "n/a",
        "na",
        "n.a.",
        "#n/a",
        "null",
        "none",
        "无",
        "無",
        "暂无",
    ]
)
_LONGEST_BLANK = max(map(len, _BLANKS)) + 2


def blank(cell: Cell) -> bool:
    """Whether a cell of numbers, dates or flags states nothing: empty, "-", "n/a", "NA", "—", "无" …
    In a column of text these may be meant (NA is Namibia): there ask whether `text(cell)` is empty."""
    if cell is None:
        return True
    if not isinstance(cell, str):
        return False
    if len(cell) > _LONGEST_BLANK:
        return cell.isspace()
    return cell.strip().casefold() in _BLANKS


def text(cell: Cell) -> str:
    """A cell as trimmed text; None is ""."""
    if isinstance(cell, str):
        return cell.strip()
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, datetime.date):
        return cell.isoformat()
    return str(cell)


_NOT_A_NUMBER = (
    "Write a number such as 1200, 1,200, 1.2e6, 12% or 3.5万; leave the cell blank if it is unknown."
)
_NOT_FINITE = "Write a finite number; leave the cell blank if it is unknown."

# 兆 is not here: a million in China, a million million in Japan and Taiwan.
_UNITS = {
    "k": 3, "thousand": 3, "千": 3,
    "m": 6, "mn": 6, "mm": 6, "mio": 6, "mln": 6, "million": 6, "百万": 6, "百萬": 6,
    "b": 9, "bn": 9, "bln": 9, "billion": 9, "十亿": 9, "十億": 9,
    "tn": 12, "trn": 12, "trillion": 12, "万亿": 12, "萬億": 12,
    "万": 4, "萬": 4, "千万": 7, "千萬": 7, "亿": 8, "億": 8, "十万": 5,
}  # fmt: skip
_CURRENCY = (
    r"(?:US\$|HK\$|NT\$|A\$|C\$|R\$|[¥$€£₩₹฿₫₽₺]"
    r"|(?:USD|EUR|CNY|RMB|JPY|GBP|KRW|INR|CHF|HKD|TWD|SGD|CAD|AUD|NZD|SEK|NOK|DKK|PLN|CZK|HUF|RUB|TRY|BRL|MXN|ZAR"
    r"|THB|VND|IDR|MYR|PHP|ILS|AED|SAR)(?![A-Za-z])"
    r"|人民币|美元|欧元|日元|英镑|韩元|港元|港币|台币|新台币|元|圆|円)"
)
_AFFIX = re.compile(
    rf"^(?P<sign>[+-]?)\s*(?:(?P<currency>{_CURRENCY})\s*)?(?P<sign2>[+-]?)\s*(?P<body>.*?)$", re.IGNORECASE
)
_CURRENCY_AFTER = re.compile(rf"\s*({_CURRENCY})$", re.IGNORECASE)
_UNIT_AFTER = re.compile(
    rf"(?<=[\d.])\s*({'|'.join(sorted(_UNITS, key=len, reverse=True))})\.?$", re.IGNORECASE
)
_PLAIN = re.compile(r"(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,4})?")
_THOUSANDS = re.compile(r"[1-9]\d{0,2}(?:,\d{3}){1,20}(?:\.\d{0,20})?")
_GROUPED = (
    (_THOUSANDS, ",", "."),
    (re.compile(r"[1-9]\d?(?:,\d{2})+,\d{3}(?:\.\d*)?"), ",", "."),  # 1,20,000: as written in India
    (re.compile(r"[1-9]\d{0,2}(?: \d{3})+(?:[.,]\d*)?"), " ", ".,"),
    (re.compile(r"[1-9]\d{0,2}(?:'\d{3})+(?:\.\d*)?"), "'", "."),
    (re.compile(r"[1-9]\d{0,2}(?:\.\d{3})+,\d+"), ".", ","),
    (re.compile(r"[1-9]\d{0,2}(?:\.\d{3}){2,}"), ".", ","),
)
_SPACES = re.compile(r"\s+")


def number(cell: Cell) -> float:
    """A finite number, as people write it: 1,200 · 1 200 · 1.2e6 · 12% (.12) · 3.5万 · 1.2bn · (1,200) (below
    0). CellError for anything else, for a currency, and for what could mean two numbers, such as 1,5."""
    value, currencies = amount(cell)
    if currencies:
        raise CellError("a currency in a column that is no money", "Write the number alone.")
    return value


def amount(cell: Cell) -> tuple[float, tuple[str, ...]]:
    """A `number` of money, and the currencies written beside it: $5k · ５元 · US$ 1,200 USD (two)."""
    try:
        value = float(cell)  # type: ignore[arg-type]  # most cells by far; the others are looked at below
    except (ValueError, TypeError):
        if isinstance(cell, str) and _THOUSANDS.fullmatch(cell):
            return float(cell.replace(",", "")), ()
        return _as_written(cell)
    except OverflowError:
        raise CellError("not a finite number", _NOT_FINITE) from None
    if value - value != 0.0:
        raise CellError("not a finite number", _NOT_FINITE)
    if isinstance(cell, bool) or (isinstance(cell, str) and "_" in cell):
        raise CellError("not a number", _NOT_A_NUMBER)
    return value, ()


def _as_written(cell: Cell) -> tuple[float, tuple[str, ...]]:
    if not isinstance(cell, str):
        what = "a date where a number is expected" if isinstance(cell, datetime.date) else "a blank cell"
        raise CellError(what, _NOT_A_NUMBER)
    if len(cell) > 100:
        raise CellError("not a number", _NOT_A_NUMBER)
    # NFKC makes full-width digits and signs, and the spaces that do not break, plain ones.
    body = _SPACES.sub(" ", unicodedata.normalize("NFKC", cell)).strip()
    body = body.replace("\N{MINUS SIGN}", "-").replace("’", "'")
    if not body:
        raise CellError("a blank cell", _NOT_A_NUMBER)
    negative = body[0] == "(" and body[-1] == ")"
    if negative:
        body = body[1:-1].strip()
    found = _AFFIX.match(body)
    signs = (found["sign"] + found["sign2"]) if found else ""
    currencies = [found["currency"]] if found and found["currency"] else []
    body = found["body"] if found else body
    if after := _CURRENCY_AFTER.search(body):
        body = body[: after.start()]
        currencies.append(after[1])
    if len(signs) > 1 or (negative and signs):
        raise CellError("a number with two signs", "Write one sign.")
    power = 0
    if body.endswith("%"):
        body, power = body[:-1].rstrip(), -2
    elif unit := _UNIT_AFTER.search(body):
        body, power = body[: unit.start()], _UNITS[unit[1].lower()]
    value = float(Decimal(_digits(body)).scaleb(power))
    if value - value != 0.0:
        raise CellError("not a finite number", _NOT_FINITE)
    return -value if negative or signs == "-" else value, tuple(currencies)


def _digits(body: str) -> str:
    """Digits with at most a point and an exponent; CellError if it is no number, or might be two."""
    if _PLAIN.fullmatch(body):
        return body
    for pattern, group, points in _GROUPED:
        if pattern.fullmatch(body):
            plain = body.replace(group, "")
            return plain.replace(",", ".") if "," in points else plain
    if re.fullmatch(r"\d+,\d+", body):
        raise CellError(
            "the comma may be a decimal point or divide thousands",
            f"Write {body.replace(',', '.')}, or thousands in groups of three such as 1,200.",
        )
    if body.casefold() in ("nan", "inf", "infinity"):
        raise CellError("not a finite number", _NOT_FINITE)
    raise CellError("not a number", _NOT_A_NUMBER)


def share(cell: Cell) -> float:
    """A share in [0, 1], written as .12 or 12%."""
    value = number(cell)
    if 0.0 <= value <= 1.0:
        return value
    if value < 0.0:
        raise CellError("a share below 0", "Write a share from 0 to 1, or from 0% to 100%.")
    raise CellError("a share above 1", "Write a share from 0 to 1; for percent add the sign: 0.12 or 12%.")


def integer(cell: Cell) -> int:
    """A whole number, written as a number."""
    if isinstance(cell, int) and not isinstance(cell, bool):
        return cell
    if isinstance(cell, str) and len(cell) < 19 and cell.isascii() and cell.isdigit():
        return int(cell)
    value = number(cell)
    if not value.is_integer():
        raise CellError("not a whole number", "Write a number without a fraction.")
    return int(value)


_FLAGS = {
    **dict.fromkeys(["true", "t", "yes", "y", "1", "1.0", "on", "是", "对", "真", "√", "✓", "✔"], True),
    **dict.fromkeys(["false", "f", "no", "n", "0", "0.0", "off", "否", "不是", "错", "假"], False),
}


def flag(cell: Cell) -> bool:
    """True or false: true, yes, y, 1, on, 是, √ · false, no, n, 0, off, 否."""
    if isinstance(cell, bool):
        return cell
    found = _FLAGS.get(unicodedata.normalize("NFKC", text(cell)).casefold())
    if found is None:
        raise CellError("neither true nor false", "Write true or false, yes or no, 1 or 0, 是 or 否.")
    return found


_NOT_A_DATE = "Write the date as YYYY-MM-DD, such as 2020-06-08."
_MONTH_NAMES = (
    "january jan|february feb|march mar|april apr|may|june jun|july jul|august aug|september sep sept"
    "|october oct|november nov|december dec"
)
_MONTHS = {name: month for month, names in enumerate(_MONTH_NAMES.split("|"), 1) for name in names.split()}
_TIME = r"(?:[T ,]\s*\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?\s*(?:[AaPp][Mm]|Z|UTC|[+-]\d{2}:?\d{2})?)?"
_YEAR_FIRST = re.compile(rf"(\d{{4}})([-/.])(\d{{1,2}})\2(\d{{1,2}}){_TIME}")
_CHINESE = re.compile(rf"(\d{{4}}) ?年(?: ?(\d{{1,2}}) ?月(?: ?(\d{{1,2}}) ?[日号號]{_TIME})?)?")
_YEAR_MONTH = re.compile(r"(\d{4})(?:[-/.](\d{1,2}))?")
_COMPACT = re.compile(rf"(\d{{4}})(\d\d)(\d\d){_TIME}")
_DAY_MONTH_NAME = re.compile(
    rf"(?:(\d{{1,2}})(?:st|nd|rd|th)?[ -]+)?([A-Za-z]{{3,9}})\.?,?[ -]+(\d{{4}}){_TIME}"
)
_MONTH_NAME_DAY = re.compile(rf"([A-Za-z]{{3,9}})\.? (\d{{1,2}})(?:st|nd|rd|th)?,? (\d{{4}}){_TIME}")
_YEAR_LAST = re.compile(rf"(\d{{1,2}})([-/.])(\d{{1,2}})\2(\d{{4}}){_TIME}")
_JSON_DATE = re.compile(r"\\?/Date\((-?\d{1,15})(?:[+-]\d{4})?\)\\?/")


def day(cell: Cell) -> datetime.date:
    """A date: 2020-06-08, 2020/6/8, 20200608, 2020年6月8日, 8 June 2020, June 8, 2020, also with a time; a
    year or a month stands for its first day. CellError for dates that do not exist, and for those that
    could mean two days, such as 08/06/2020."""
    if isinstance(cell, datetime.date):
        return cell.date() if isinstance(cell, datetime.datetime) else cell
    if isinstance(cell, bool) or not isinstance(cell, str | int):
        raise CellError("not a date", _NOT_A_DATE)
    if isinstance(cell, str) and len(cell) == 10 and cell[4] == cell[7] == "-":
        try:
            return datetime.date.fromisoformat(cell)
        except ValueError:
            pass  # 2021-02-30, or no date at all: told apart below
    written = str(cell)
    if len(written) > 60:
        raise CellError("not a date", _NOT_A_DATE)
    written = _SPACES.sub(" ", unicodedata.normalize("NFKC", written)).strip()
    year, month, date = _parts(written)
    try:
        return datetime.date(year, month, date)
    except ValueError:
        raise CellError(f"there is no such date: {shown(written)}", _NOT_A_DATE) from None


def _parts(written: str) -> tuple[int, int, int]:
    """Year, month and day of a written date; CellError if it is none, or may be two."""
    if found := _YEAR_FIRST.fullmatch(written):
        return int(found[1]), int(found[3]), int(found[4])
    if found := _COMPACT.fullmatch(written):
        return int(found[1]), int(found[2]), int(found[3])
    if found := _CHINESE.fullmatch(written) or _YEAR_MONTH.fullmatch(written):
        month_and_day = [int(part or 1) for part in found.groups()[1:]]
        return (int(found[1]), *month_and_day, 1)[:3]  # type: ignore[return-value]
    if found := _DAY_MONTH_NAME.fullmatch(written):
        return int(found[3]), _month(found[2]), int(found[1] or 1)
    if found := _MONTH_NAME_DAY.fullmatch(written):
        return int(found[3]), _month(found[1]), int(found[2])
    if found := _YEAR_LAST.fullmatch(written):
        first, second, year = int(found[1]), int(found[3]), int(found[4])
        if first > 12 or first == second:
            return year, second, first
        if second > 12:
            return year, first, second
        raise CellError("the day and the month cannot be told apart", _NOT_A_DATE)
    raise CellError("not a date", _NOT_A_DATE)


def _month(name: str) -> int:
    month = _MONTHS.get(name.lower())
    if month is None:
        raise CellError("not a date", _NOT_A_DATE)
    return month


def json_date(cell: Cell) -> datetime.date:
    """The date in "/Date(991195200000-0400)/": milliseconds since 1970, its day in UTC. NHTSA writes the
    midnight in UTC of the day it means; the offset is that of its server, and says nothing."""
    found = _JSON_DATE.fullmatch(text(cell))
    if found is None:
        raise CellError("not a date", "Write it as /Date(991195200000-0400)/.")
    try:
        return (datetime.datetime(1970, 1, 1) + datetime.timedelta(milliseconds=int(found[1]))).date()
    except OverflowError:
        raise CellError("there is no such date", "Write it as /Date(991195200000-0400)/.") from None
