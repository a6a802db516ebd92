"""An investor with money and two coins to buy."""

import pytest

from market.models import Asset
from tests.factories import make_asset
from tests.portfolios.factories import make_portfolio, record


@pytest.fixture
def portfolio(alice):
    """Open a portfolio with a million dollars since 2020."""
    for asset_id in ("bitcoin", "ethereum"):
        make_asset(asset_id)
    portfolio = make_portfolio(alice)
    record(portfolio, "deposit", "1000000", at="2020-01-01", token="money")
    return portfolio


@pytest.fixture
def euro(db):
    """Make the euro."""
    return make_asset("eur", symbol="EUR", name="Euro", kind=Asset.Kind.FIAT)
