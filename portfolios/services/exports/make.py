"""The zip of everything: what is in it, and how it is gathered so that its parts are of one moment."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from django.db import transaction as database

from portfolios.models import Portfolio
from portfolios.services import tax_report
from portfolios.services.exports.archive import LEDGER, write_archive
from portfolios.services.exports.canonical_rows import canonical_csv
from portfolios.services.exports.ledger import get_head, get_transactions
from portfolios.services.exports.tables import holdings_csv
from portfolios.services.ledger import lock

README = "README.txt"
WORDS = """Export of the portfolio “{name}”, made {at}.

ledger.json       Everything that was written, with every version and what was taken back: wallets, sleeves by their
                  index, orders, transactions with their entries, lots that were named, methods, tax settings. This is
                  the file that is read when the export is imported into an empty portfolio; the others are for you.
transactions.csv  What counts today, in the canonical CSV of Ballast. It cannot say in which sleeve something was, when
                  a deposit was first acquired, and which lots were named; a price a unit has at most 18 decimals.
holdings.csv      What is held, by wallet and sleeve.
lots.csv          The lots left, by the methods of the portfolio, in the currency of its tax settings.
disposals.csv     What left and the lots that it came from, with costs and gains.

Numbers are exact and have a point before their decimals; times are in UTC. A text that begins with = + - @ or a similar
sign has an apostrophe before it, so that no spreadsheet takes it for a formula.

Not in here: keys of exchanges, files that were imported, and valuations, which follow from the ledger and from market
prices.
"""


def make_export(*, portfolio: Portfolio, at: datetime, tell: Callable[[int], None] = lambda _: None) -> bytes:
    """Return everything of a portfolio as one zip; `tell` is called with the progress in per cent."""
    with database.atomic():
        # Read under the lock of writes, so that no file knows of a transaction that another does not.
        locked = lock(portfolio.pk)
        head = get_head(portfolio=locked, at=at)
        transactions = list(get_transactions(portfolio=locked))
        holdings = list(holdings_csv(locked))
        report = tax_report.report_on_portfolio(portfolio=locked, asked=tax_report.ReportAsked())
    tell(50)
    files: dict[str, Iterable[str]] = {
        README: [WORDS.format(name=head["portfolio"]["name"], at=head["made_at"])],
        LEDGER: _document(head, transactions),
        "transactions.csv": canonical_csv(transactions),
        "holdings.csv": holdings,
        "lots.csv": [tax_report.as_csv(report, only=["lot"])],
        "disposals.csv": [tax_report.as_csv(report, only=["disposal", "removal", "match"])],
    }
    return write_archive(files, at=at)


def _document(head: Mapping[str, Any], transactions: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Yield the ledger as JSON, a transaction a line."""
    yield json.dumps(head, ensure_ascii=False, indent=1).removesuffix("\n}")
    separator = ',\n "transactions": [\n  '
    for one in transactions:
        yield separator + json.dumps(one, ensure_ascii=False)
        separator = ",\n  "
    yield "\n ]\n}\n" if separator == ",\n  " else ',\n "transactions": []\n}\n'
