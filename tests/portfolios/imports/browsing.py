"""A browser's side of imports: sending a file, letting the worker take its turn, reading a page."""

import re
from datetime import timedelta

from django.core.files.uploadedfile import SimpleUploadedFile

from portfolios.models import ImportBatch, Portfolio
from portfolios.services import imports
from tests.factories import make_asset
from tests.portfolios.factories import NOW, instant, make_portfolio, record

# Two purchases and a reward: 98.51 and 1.49 are the 100.00 that 0.0025 BTC cost, 0.5 UNI cost 5.00 without a fee.
COINBASE = (
    "\nTransactions\nUser,someone@example.org,0000\n"
    "ID,Timestamp,Transaction Type,Asset,Quantity Transacted,Price Currency,Price at Transaction,Subtotal,"
    "Total (inclusive of fees and/or spread),Fees and/or Spread,Notes\n"
    'a1,2024-03-02 10:00:00 UTC,Buy,BTC,0.0025,USD,$39404,$98.51,$100.00,$1.49,"Bought"\n'
    'a2,2024-03-03 10:00:00 UTC,Buy,UNI,0.5,USD,$10,$5.00,$5.00,$0.00,"Bought"\n'
    'a3,2024-03-04 10:00:00 UTC,Staking Income,UNI,0.1,USD,$10,$1.00,$1.00,$0.00,""\n'
)


def make_owned(owner) -> Portfolio:
    """Open a portfolio with 1,000 USD beside assets of which two share a symbol."""
    make_asset("bitcoin", symbol="BTC", name="Bitcoin")
    make_asset("uniswap", symbol="UNI", name="Uniswap")
    make_asset("unicorn", symbol="UNI", name="Unicorn")
    portfolio = make_portfolio(owner)
    record(portfolio, "deposit", "1000", at=instant("2024-03-01"))
    return portfolio


def url(portfolio, part=""):
    return f"/portfolios/{portfolio.pk}/imports/{part}"


def text(answer):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode())).replace("&#x27;", "'")


def send(site, portfolio, content, *, name="history.csv", **fields):
    """Send the form with a file; a token as the form has it."""
    content = content if isinstance(content, bytes) else content.encode()
    filled = {"wallet": portfolio.wallets.get().pk, "zone": "", "token": f"t{ImportBatch.objects.count()}"} | fields
    return site.post(url(portfolio), filled | {"file": SimpleUploadedFile(name, content)})


def work():
    """Let the worker take its turn."""
    imports.run_requested_imports(at=NOW + timedelta(minutes=1))


def bring(site, portfolio, content, **fields):
    """Send a file, have it read, and return its page."""
    answer = send(site, portfolio, content, **fields)
    assert answer.status_code == 302, text(answer)
    work()
    return answer["Location"]
