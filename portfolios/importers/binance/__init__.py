"""Binance's files: the statement of all that changed, and the histories of trades, converts and transfers."""

from portfolios.importers.binance import statement, trades, transfers

FORMATS = (statement.FORMAT, *trades.FORMATS, *transfers.FORMATS)
