"""Fiat currencies are assets like any other: each is made when it is first needed."""

from market.calc.currencies import FIAT
from market.models import Asset
from market.selectors import USD
from portfolios.services.errors import CannotKeepError


def ensure_cash() -> Asset:
    """Return the US dollar, which costs 1 by definition."""
    return ensure_fiat(USD)


def ensure_fiat(code: str) -> Asset:
    """Return the asset of a fiat currency by its ISO 4217 code in any case; raises CannotKeepError for others."""
    name = FIAT.get(code.upper())
    if name is None:
        raise CannotKeepError(f"currency: {code[:10]!r} is no currency that is known here.", field="currency")
    currency, _ = Asset.objects.get_or_create(
        id=code.lower(), defaults={"symbol": code.upper(), "name": name, "kind": Asset.Kind.FIAT}
    )
    return currency
