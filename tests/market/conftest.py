"""Fixtures of the tests of the market."""

import pytest
import stamina

from tests.market.provider import BITCOIN, MARKETS, Answer, recorded, serve


@pytest.fixture
def provider(monkeypatch):
    """Run a CoinGecko on loopback that knows two assets and the prices of one; retries come without pauses."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with serve() as running, stamina.set_testing(True, attempts=4, cap=True):
        running.answers = {
            MARKETS: [Answer(recorded("coingecko_markets"))],
            BITCOIN: [Answer(recorded("coingecko_chart"))],
        }
        yield running
