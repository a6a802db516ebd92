"""Income of a year: staking, interest, rewards, airdrops, forks, each at its value when it came."""

from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Count, Q, QuerySet

from market.models import Asset
from market.money import ExactSum
from portfolios.models import Portfolio, Receipt, Transaction

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class IncomeLine:
    """Income of one kind in one asset, of which `estimated` receipts are valued at a day's close.

    `value` leaves the `unknown` receipts out; it is None if there are no others.
    """

    asset: Asset
    kind: str
    receipts: int
    quantity: Decimal
    value: Decimal | None
    unknown: int
    estimated: int

    @property
    def kind_name(self) -> str:
        """Return the kind in words."""
        return str(Transaction.Kind(self.kind).label)


def get_income_years(*, portfolio: Portfolio) -> list[int]:
    """Return the tax years that have income, newest first."""
    rows = Receipt.objects.filter(portfolio=portfolio)
    return list(rows.order_by("-year").values_list("year", flat=True).distinct())


def get_income(*, portfolio: Portfolio, year: int | None) -> list[IncomeLine]:
    """Return the income of a year, or of all, by kind and asset, largest value first."""
    grouped = (
        get_receipts(portfolio=portfolio, year=year)
        .order_by()
        .values_list("asset_id", "kind")
        .annotate(
            count=Count("id"),
            held=ExactSum("quantity"),
            worth=ExactSum("value"),
            unknown=Count("id", filter=Q(value__isnull=True)),
            estimated=Count("id", filter=Q(is_estimated=True)),
        )
    )
    rows = list(grouped)
    assets = Asset.objects.in_bulk({row[0] for row in rows})
    lines = [
        IncomeLine(
            asset=assets[asset_id], kind=kind, receipts=count, quantity=held, value=worth, unknown=unknown,
            estimated=estimated,
        )
        for asset_id, kind, count, held, worth, unknown, estimated in rows
    ]  # fmt: skip
    return sorted(lines, key=lambda line: (-(line.value or ZERO), line.asset.pk, line.kind))


def get_receipts(*, portfolio: Portfolio, year: int | None, asset_id: str | None = None) -> QuerySet[Receipt]:
    """Return what came in as income in a year, newest first."""
    rows = Receipt.objects.filter(portfolio=portfolio).select_related("asset", "wallet")
    if year is not None:
        rows = rows.filter(year=year)
    if asset_id is not None:
        rows = rows.filter(asset_id=asset_id)
    return rows.order_by("-at", "-id")
