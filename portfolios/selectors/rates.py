"""What things were worth on their day, in the currency in which an owner counts: prices, closes, exchange rates."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import NamedTuple

from market import selectors as market
from market.models import Asset
from market.money import CONTEXT

USD = market.USD
ONE = Decimal(1)
# A gap in a coin's closes is bridged as where trades are recorded; currencies rest over weekends and holidays.
COIN_DAYS = 2
FIAT_DAYS = 5
ONE_DAY = timedelta(days=1)


class Worth(NamedTuple):
    """A value in the currency of the owner's choice; None: unknown. `is_estimated`: from the close of a day."""

    value: Decimal | None
    is_estimated: bool


UNKNOWN = Worth(None, is_estimated=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """Closes in USD by day and asset, and the currency to count in, as the id of its asset."""

    currency: str
    fiat: frozenset[str]
    closes: Mapping[date, Mapping[str, Decimal]]

    def worth(self, asset_id: str, quantity: Decimal, price: Decimal | None, day: date) -> Worth:
        """Return what a quantity was worth: at its recorded price in USD a unit, else at the close of the day.

        What is counted in is worth itself. The rate of a currency is the day's or of at most five days before: that is
        how rates are published, no estimate. Without a rate the value is unknown, never 1.
        """
        if asset_id == self.currency:
            return Worth(quantity, is_estimated=False)
        is_estimated = False
        if price is None:
            is_estimated = asset_id not in self.fiat
            price = self.close(asset_id, day)
        rate = self.close(self.currency, day)
        if price is None or rate is None:
            return UNKNOWN
        value = CONTEXT.multiply(quantity, price)
        return Worth(value if rate == ONE else CONTEXT.divide(value, rate), is_estimated)

    def close(self, asset_id: str, day: date) -> Decimal | None:
        """Return the close in USD of a day, or of the last one that is near enough."""
        if asset_id == USD:
            return ONE
        for _ in range((FIAT_DAYS if asset_id in self.fiat else COIN_DAYS) + 1):
            close = self.closes.get(day, {}).get(asset_id)
            if close is not None:
                return close
            day -= ONE_DAY
        return None


def get_rates(*, currency: str, asset_ids: Collection[str], days: Collection[date]) -> Rates:
    """Return what is needed to value some assets on some days in a currency, a code such as EUR."""
    own = currency.lower()
    wanted = {*asset_ids, own} - {USD}
    closes: Mapping[date, Mapping[str, Decimal]] = {}
    if wanted and days:
        closes = market.get_closes(asset_ids=wanted, start=min(days) - timedelta(days=FIAT_DAYS), end=max(days))
    return Rates(currency=own, fiat=frozenset(get_fiat()), closes=closes)


def get_fiat() -> set[str]:
    """Return the ids of all currencies: they have no lots."""
    return set(Asset.objects.filter(kind=Asset.Kind.FIAT).values_list("id", flat=True)) | {USD}
