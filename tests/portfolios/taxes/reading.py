"""What tests read of the stored rows: numbers as plain text, in the order of an asset's history."""

from decimal import Decimal

from portfolios.models import Disposal, Lot, Portfolio
from portfolios.services import lots
from tests.portfolios.factories import NOW


def build() -> None:
    """Let the worker work out what is marked."""
    assert lots.rebuild_marked(at=NOW) == {}


def plain(number: Decimal | None) -> str | None:
    """Write a number without idle zeros; None stays None."""
    return None if number is None else f"{number.normalize():f}"


def lots_of(portfolio: Portfolio, asset: str = "bitcoin") -> list[tuple[str | None, str | None]]:
    """Return (quantity, cost) of each lot."""
    rows = Lot.objects.filter(portfolio=portfolio, asset=asset).order_by("place")
    return [(plain(row.quantity), plain(row.cost)) for row in rows]


def gains_of(portfolio: Portfolio, asset: str = "bitcoin") -> list[tuple[str | None, str | None, str | None]]:
    """Return (proceeds, cost, gain) of each taxable disposal."""
    rows = Disposal.objects.filter(portfolio=portfolio, asset=asset, is_taxable=True).order_by("place")
    return [(plain(row.proceeds), plain(row.cost), plain(row.gain)) for row in rows]
