"""Pages of a ledger by places in time: together they are the whole ledger, whichever way one turns them."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings, strategies as st
from hypothesis.extra.django import TestCase

from portfolios import selectors, services
from portfolios.models import Transaction
from portfolios.selectors import LedgerFilter, Place, get_ledger_page, pages, read_place
from tests.factories import make_asset, make_user
from tests.portfolios.factories import NOW, instant, make_portfolio, record

START = datetime(2024, 1, 1, tzinfo=UTC)
rows = st.lists(
    st.tuples(st.integers(0, 4), st.integers(0, 2), st.sampled_from(["bitcoin", "ethereum"]), st.booleans()), max_size=7
)
filters = st.fixed_dictionaries(
    {},
    optional={
        "kind": st.sampled_from(["deposit", "income"]),
        "asset": st.sampled_from(["bitcoin", "ethereum"]),
        "counting": st.booleans(),
        "text": st.sampled_from(["apple", "PEAR", "id-1"]),
        "since": st.just(START + timedelta(hours=1)),
        "until": st.just(START + timedelta(hours=3)),
    },
)


@pytest.fixture
def portfolio(alice):
    make_asset("bitcoin")
    make_asset("ethereum")
    return make_portfolio(alice)


def walk(portfolio, narrow, *, size):
    """Return all pages, from the newest on."""
    found, place = [], None
    while True:
        page = get_ledger_page(portfolio=portfolio, narrow=narrow, older_than=place, size=size)
        found.append(page)
        if page.older is None:
            return found
        assert page.older != place
        place = page.older


class TestPaging(TestCase):
    @given(rows, filters, st.integers(1, 4), st.integers(1, 3))
    @settings(max_examples=15)
    def test_the_pages_are_the_ledger(self, steps, asked, size, bound):
        """Whatever the filter, the size of a page, and how little is looked at for each."""
        owner = make_user()
        for name in ("bitcoin", "ethereum"):
            make_asset(name)
        portfolio = services.open_portfolio(owner=owner, name="Paged", at=NOW)
        for number, (hour, sequence, asset, is_income) in enumerate(steps):
            kind, note = ("income", "an apple") if is_income else ("deposit", "one pear")
            made = record(portfolio, kind, "1", asset, at=START + timedelta(hours=hour), note=note)
            marks = {
                "sequence": sequence,
                "external_id": f"id-{number % 3}",
                "voided_at": NOW if number % 4 == 3 else None,
            }
            Transaction.objects.filter(id=made.pk).update(**marks)
        narrow = LedgerFilter(**asked)
        expected = [row.pk for row in selectors.get_transactions(portfolio=portfolio) if fits(row, narrow)]

        with pytest.MonkeyPatch.context() as patch:
            for name in ("ROWS_LOOKED_AT", "ENTRIES_LOOKED_AT", "ENTRIES_A_ROW", "AT_ONCE"):
                patch.setattr(pages, name, bound)
            walked = walk(portfolio, narrow, size=size)
            seen = [row.pk for page in walked for row in page.rows]
            back = get_ledger_page(portfolio=portfolio, narrow=narrow, newer_than=Place(START, 0, 0), size=100)

        assert seen == expected
        assert [row.pk for row in back.rows] == expected[: len(back.rows)] or back.newer is not None


def fits(row, narrow):
    """Tell of one transaction whether it belongs to a filter, the plain way."""
    ids = {one.external_id for one in Transaction.objects.filter(portfolio=row.portfolio)}
    text = narrow.text.lower()
    said = row.external_id == narrow.text if narrow.text in ids else text in row.note.lower()
    return all(
        [
            narrow.kind in {None, row.kind},
            narrow.asset in {None, *(entry.asset_id for entry in row.entries.all())},
            narrow.counting in {None, row.voided_at is None},
            narrow.since is None or row.at >= narrow.since,
            narrow.until is None or row.at < narrow.until,
            said,
        ]
    )


def test_one_turns_back_to_where_one_came_from(portfolio):
    for day in range(1, 8):
        record(portfolio, "deposit", "1", "bitcoin", at=f"2024-03-0{day}")
    first, second, third, last = walk(portfolio, LedgerFilter(), size=2)

    back_to_second = get_ledger_page(portfolio=portfolio, newer_than=third.newer, size=2)
    back_to_first = get_ledger_page(portfolio=portfolio, newer_than=back_to_second.newer, size=2)

    assert (first.newer, last.older) == (None, None)
    assert list(back_to_second.rows) == list(second.rows)
    assert list(back_to_first.rows) == list(first.rows)
    assert back_to_first.newer is None


def test_a_search_that_ends_early_says_where_and_goes_on(portfolio, monkeypatch):
    monkeypatch.setattr(pages, "ROWS_LOOKED_AT", 2)
    wanted = record(portfolio, "deposit", "1", "bitcoin", at="2024-03-01", note="wanted")
    for day in range(2, 5):
        record(portfolio, "deposit", "1", "bitcoin", at=f"2024-03-0{day}")
    narrow = LedgerFilter(text="wanted")

    page = get_ledger_page(portfolio=portfolio, narrow=narrow)
    further = get_ledger_page(portfolio=portfolio, narrow=narrow, older_than=page.older)

    assert (list(page.rows), page.looked_back_to) == ([], instant("2024-03-03"))
    assert list(further.rows) == [wanted]


def test_wallets_and_imports_narrow(portfolio):
    cold = services.add_wallet(portfolio=portfolio, name="Cold", kind="hardware")
    record(portfolio, "deposit", "2", "bitcoin")
    sent = record(portfolio, "transfer", "1", "bitcoin", to_wallet=cold)
    record(portfolio, "deposit", "2", "ethereum")
    main = portfolio.wallets.order_by("id")[0]

    def found(**narrow):
        return list(get_ledger_page(portfolio=portfolio, narrow=LedgerFilter(**narrow)).rows)

    assert found(wallet=cold.pk) == [sent]
    assert found(wallet=cold.pk, asset="ethereum") == []
    assert len(found(wallet=main.pk)) == 3
    assert found(wallet=main.pk, asset="bitcoin", kind="transfer") == [sent]
    assert found(batch=10**9) == found(batch=10**9, asset="bitcoin") == []


def test_a_page_costs_the_same_however_long(portfolio, django_assert_max_num_queries):
    for number in range(12):
        record(portfolio, "deposit", "1", "bitcoin", at=START + timedelta(hours=number), note="n")

    for narrow in (LedgerFilter(), LedgerFilter(asset="bitcoin", text="n"), LedgerFilter(text="n", counting=True)):
        for size in (2, 10):
            with django_assert_max_num_queries(7):
                page = get_ledger_page(portfolio=portfolio, narrow=narrow, size=size)
                assert [entry.asset.symbol for row in page.rows for entry in row.entries.all()]


def test_nothing_of_another_portfolio_is_on_a_page(portfolio, bob):
    record(make_portfolio(bob), "deposit", "1", "bitcoin", note="theirs", external_id="x", token="theirs")

    for narrow in (LedgerFilter(), LedgerFilter(asset="bitcoin"), LedgerFilter(text="x"), LedgerFilter(kind="deposit")):
        assert list(get_ledger_page(portfolio=portfolio, narrow=narrow).rows) == []


@pytest.mark.parametrize(
    "text", ["", "1", "1.2", "a.b.c", "1.2.3.4", "-1.2.3", "9" * 30 + ".1.1", "9" * 19 + ".1.1", "1.²2.3"]
)
def test_what_is_no_place_is_none(text):
    assert read_place(text) is None


def test_a_place_is_read_as_it_was_written():
    place = Place(datetime(2024, 3, 1, 12, 30, 15, 123456, tzinfo=UTC), 7, 42)

    assert read_place(str(place)) == place


def test_the_assets_of_a_ledger_are_all_that_it_ever_knew(portfolio):
    record(portfolio, "deposit", "1", "bitcoin")
    record(portfolio, "withdrawal", "1", "bitcoin")

    assert [asset.pk for asset in selectors.get_ledger_assets(portfolio=portfolio)] == ["bitcoin"]
    assert sum((entry.quantity for row in portfolio.transactions.all() for entry in row.entries.all()), Decimal(0)) == 0
