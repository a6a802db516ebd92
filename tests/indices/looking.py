"""How tests look at the public pages of indices, and the small world that most of them look at."""

import re
from datetime import timedelta

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from indices.models import Index
from indices.services import run_window
from tests.indices.factories import AT, FIRST, NEXT, make_coin, make_index, make_rules, price_days, price_flat

ONE_DAY = timedelta(days=1)
EVE = FIRST - ONE_DAY
LAST = NEXT + 3 * ONE_DAY


def run_two_large() -> Index:
    """Run an index of two assets for five weeks; a third is too small, a fourth a memecoin.

    Bitcoin falls from 100 to 80 on the twentieth of January: 1,000 of 1,500 USD of market cap, then 800 of 1,300.
    """
    btc, eth, low, meme = (
        make_coin("bitcoin"), make_coin("ethereum"), make_coin("low"), make_coin("dog", sector="memecoin"),
    )  # fmt: skip
    price_days(btc, EVE, [*["100"] * 20, *["80"] * 16])
    price_flat({eth: "50", low: "1", meme: "2"}, EVE, LAST)
    rules = make_rules(count=2, enter=2, keep=2, exclude=["meme"])
    index = make_index(rules, name="Two Large", summary="The two largest.")
    assert run_window(start=FIRST, end=LAST, at=AT).problems == []
    return index


def make_more(count: int = 4) -> None:
    """Make more indices of the same assets, with their levels and records."""
    for number in range(count):
        make_index(make_rules(count=2, enter=2, keep=2), slug=f"more-{number}", name=f"More {number}")
    run_window(start=FIRST, end=LAST, at=AT)


def run_into_nothing() -> Index:
    """Run an index that finds one asset where its rules ask for two."""
    price_flat({make_coin("alone"): "1"}, EVE, FIRST)
    index = make_index(name="Young")
    run_window(start=FIRST, end=FIRST, at=AT)
    return index


def page(url: str, status: int = 200) -> str:
    """Return a page as a stranger gets it."""
    response = Client().get(url)
    assert response.status_code == status
    return response.content.decode()


def seen(html: str) -> str:
    """Return what a reader sees of a page."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


def queries_of(url: str) -> int:
    """Count the queries of a page."""
    with CaptureQueriesContext(connection) as queries:
        page(url)
    return len(queries)
