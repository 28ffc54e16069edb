"""Money: one store keeps one currency; rows in another are turned into it by the table of rates."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from graph.stores.base import Store
from loaders.reading.cells import CellError

# What people write for a currency.
_NAMES = {
    "DOLLAR": "USD", "DOLLARS": "USD", "US DOLLAR": "USD", "US DOLLARS": "USD", "EURO": "EUR", "EUROS": "EUR",
    "POUND": "GBP", "POUNDS": "GBP", "YEN": "JPY", "YUAN": "CNY", "RENMINBI": "CNY", "WON": "KRW",
    "RUPEE": "INR", "RUPEES": "INR", "SWISS FRANC": "CHF", "SWISS FRANCS": "CHF", "美金": "USD", "圆": "CNY",
    "HK$": "HKD", "NT$": "TWD", "A$": "AUD", "C$": "CAD", "R$": "BRL", "台币": "TWD", "加元": "CAD",
    "澳元": "AUD", "新加坡元": "SGD", "卢布": "RUB", "泰铢": "THB",
    "฿": "THB", "₫": "VND", "₽": "RUB", "₺": "TRY",
    "RMB": "CNY", "CNH": "CNY", "人民币": "CNY", "元": "CNY", "人民币元": "CNY",
    "US$": "USD", "美元": "USD", "€": "EUR", "欧元": "EUR", "£": "GBP", "英镑": "GBP",
    "日元": "JPY", "円": "JPY", "日圆": "JPY", "₩": "KRW", "韩元": "KRW", "韩圆": "KRW",
    "港元": "HKD", "港币": "HKD", "新台币": "TWD", "₹": "INR", "卢比": "INR", "瑞士法郎": "CHF",
}  # fmt: skip
# Signs that several currencies share: the row's or the store's says which is meant.
_SHARED = {
    "$": ("USD", "CAD", "AUD", "NZD", "HKD", "SGD", "TWD", "MXN", "CLP", "COP", "ARS"),
    "¥": ("CNY", "JPY"),
}
_CODE = re.compile("[A-Z]{3}")


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).strip().upper()


def code(text: str) -> str:
    """A currency as it is compared: its code of three capitals. CellError for other words."""
    written = _folded(text)
    found = _NAMES.get(written, written)
    if not _CODE.fullmatch(found):
        raise CellError("not a currency", "Write its code of three letters, such as EUR, USD or CNY.")
    return found


class Money:
    """The store's currency, and what one unit of another is worth in it.

    Rates are read when the first row asks, so rates that the same load brings count, too: their table
    comes first.
    """

    def __init__(self, store: Store, wanted: str | None = None) -> None:
        """`wanted`: the currency a person asks for. StoreError if the store keeps another."""
        self._store = store
        self._rates: dict[str, float] | None = None
        self.currency = store.snapshot().currency
        if wanted:
            self._fix(code(wanted))

    def _fix(self, currency: str) -> None:
        self._store.set_currency(currency)
        self.currency = currency

    def named(self, stated: str, written: Sequence[str]) -> str:
        """The currency of a row, which its column of currencies states ('' if blank) and its cells of money
        write. CellError where they contradict each other, or it cannot be told which is meant."""
        found = ""
        for text in sorted(filter(None, (stated, *written)), key=lambda text: _folded(text) in _SHARED):
            sharing = _SHARED.get(_folded(text))
            if sharing and not found and self.currency not in sharing:
                raise CellError(
                    f"{text} is the sign of several currencies",
                    f"Write the code of one, such as {sharing[0]}.",
                )
            one = (found or self.currency) if sharing else code(text)
            if (found and one != found) or (sharing and one not in sharing):
                raise CellError(f"{text} where the row has {found}", "Write one currency in a row.")
            found = one
        return found

    def settle(self, currency: str) -> None:
        """A company row names this currency: it is the store's, if none is yet."""
        if not self.currency:
            self._fix(currency)

    def rate(self, currency: str) -> float:
        """Units of the store's currency for one unit of this one. CellError if it is not known."""
        if currency == self.currency:
            return 1.0
        if not self.currency:
            raise CellError(
                "the store has no currency yet",
                f"Give --currency {currency}, or name the currency in the table of companies.",
            )
        if self._rates is None:
            self._rates = {
                fact.id: value
                for fact in self._store.scan("rates")
                if isinstance(value := fact.values.get("rate"), float)
            }
        known = self._rates.get(currency)
        if known is None:
            raise CellError(
                f"no rate is known for {currency}",
                f"Load a table of rates: currency,rate with what one {currency} is worth in {self.currency}.",
            )
        return known
