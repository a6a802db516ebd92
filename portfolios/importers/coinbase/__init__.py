"""Coinbase's files: the transactions, in all five generations of their header, and the account statement of Pro."""

from portfolios.importers.coinbase import pro, transactions

FORMATS = (transactions.FORMAT, pro.FORMAT)
