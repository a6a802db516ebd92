"""Kraken's files: the ledgers, which tell everything, and the trades."""

from portfolios.importers.kraken import ledgers, trades

FORMATS = (ledgers.FORMAT, trades.FORMAT)
