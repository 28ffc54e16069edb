"""Money: one store keeps one currency; rows in another are turned into it by the table of rates."""

from __future__ import annotations

import unicodedata

from graph.stores.base import Store
from loaders.cells import CellError

# What people write for a currency; $ and ¥ alone stand for several.
_NAMES = {
    "RMB": "CNY", "CNH": "CNY", "人民币": "CNY", "元": "CNY", "人民币元": "CNY",
    "US$": "USD", "美元": "USD", "€": "EUR", "欧元": "EUR", "£": "GBP", "英镑": "GBP",
    "日元": "JPY", "円": "JPY", "日圆": "JPY", "₩": "KRW", "韩元": "KRW", "韩圆": "KRW",
    "港元": "HKD", "港币": "HKD", "新台币": "TWD", "₹": "INR", "卢比": "INR", "瑞士法郎": "CHF",
}  # fmt: skip
LONGEST = 24  # characters of a currency's name


def code(text: str) -> str:
    """A currency as it is compared: its code in capitals. CellError for what cannot be one."""
    written = unicodedata.normalize("NFKC", text).strip().upper()
    if not written or len(written) > LONGEST or any(c.isdigit() for c in written):
        raise CellError("not a currency", "Write its code, such as EUR, USD or CNY.")
    return _NAMES.get(written, written)


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
                code(fact.id): value
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
