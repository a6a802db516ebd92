"""Kraken's codes of assets and pairs, and what others call them."""

import pytest

from portfolios.importers.kraken.codes import sides_of, usual


@pytest.mark.parametrize(
    ("code", "ticker"),
    [
        ("XXBT", "BTC"), ("XBT", "BTC"), ("XBT.M", "BTC"), ("XXDG", "DOGE"), ("XDG", "DOGE"), ("XETH", "ETH"),
        ("ETH2", "ETH"), ("ETH2.S", "ETH"), ("ZEUR", "EUR"), ("EUR.HOLD", "EUR"), ("USD.M", "USD"), ("ADA.S", "ADA"),
        ("DOT.P", "DOT"), ("DOT28.S", "DOT"), ("SOL03.S", "SOL"), ("KSM07.S", "KSM"), ("GRT.F", "GRT"),
        ("TIA.B", "TIA"), ("C98.S", "C98"), ("ZRX", "ZRX"), ("ZETA", "ZETA"), ("XTZ", "XTZ"), ("SOL", "SOL"),
    ],
)  # fmt: skip
def test_codes_become_the_usual_tickers(code, ticker):
    assert usual(code) == ticker


@pytest.mark.parametrize(
    ("pair", "sides"),
    [
        ("XXBTZEUR", ("BTC", "EUR")), ("XBT/EUR", ("BTC", "EUR")), ("XETHXXBT", ("ETH", "BTC")),
        ("ADAEUR", ("ADA", "EUR")), ("XTZEUR", ("XTZ", "EUR")), ("BLZUSD", ("BLZ", "USD")),
        ("ETHPYUSD", ("ETH", "PYUSD")), ("USDTZUSD", ("USDT", "USD")),
        ("USDCUSDT", ("USDC", "USDT")), ("SNXXBT", ("SNX", "BTC")), ("DOGEXYZ", None), ("EUR", None),
    ],
)  # fmt: skip
def test_pairs_are_taken_apart(pair, sides):
    assert sides_of(pair) == sides
