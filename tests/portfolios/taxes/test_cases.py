"""The pitfalls of lots, through ledger, worker and rows: numbers worked by hand."""

from datetime import date
from decimal import Decimal

import pytest

from portfolios.models import DisposalMatch, GainSummary, Lot, Receipt
from portfolios.selectors.lots import check_lots, get_gains, get_method_lines
from portfolios.services import add_wallet, correct_transaction, lots
from tests.portfolios.factories import NOW, instant, make_market, record
from tests.portfolios.taxes.reading import build, gains_of, lots_of, plain

pytestmark = pytest.mark.django_db


def choose(portfolio, method: str, scope: str = "wallet", since: str = "2020-01-01"):
    """Choose a method from a day on."""
    lots.choose_lot_method(
        portfolio=portfolio, valid_from=date.fromisoformat(since), method=method, scope=scope, by=portfolio.owner,
        at=NOW, confirm=True,
    )  # fmt: skip


def test_t10_a_position_closed_and_opened_again_leaves_nothing_behind(portfolio):
    # 1890 - 1 less 1885.05 + 1 is 2.95; 2080.10 - 1 less 2041.10 + 1 is 37: 39.95 net.
    record(portfolio, "buy", "9", "bitcoin", price="209.45", fee="1", at="2023-01-01")
    record(portfolio, "sell", "9", "bitcoin", price="210", fee="1", at="2023-02-01")
    record(portfolio, "buy", "10", "bitcoin", price="204.11", fee="1", at="2023-03-01")
    record(portfolio, "sell", "10", "bitcoin", price="208.01", fee="1", at="2023-04-01")

    build()

    assert gains_of(portfolio) == [("1889", "1886.05", "2.95"), ("2079.1", "2042.1", "37")]
    assert plain(get_gains(portfolio=portfolio, year=2023).totals.gain) == "39.95"
    assert lots_of(portfolio) == []


@pytest.mark.parametrize(
    ("method", "cost", "gain", "left"),
    [
        ("fifo", "60000", "15000", "75000"),  # 30,000 + half of 60,000
        ("lifo", "75000", "0", "60000"),  # 45,000 + half of 60,000
        ("hifo", "82500", "-7500", "52500"),  # 60,000 + half of 45,000
        ("average", "67500", "7500", "67500"),  # half of 135,000
    ],
)
def test_t17_each_method_draws_its_own_lots(portfolio, method, cost, gain, left):
    for day, price in (("2023-01-01", "30000"), ("2023-02-01", "60000"), ("2023-03-01", "45000")):
        record(portfolio, "buy", "1", "bitcoin", price=price, at=day)
    record(portfolio, "sell", "1.5", "bitcoin", price="50000", at="2023-04-01")
    choose(portfolio, method)

    build()

    assert gains_of(portfolio) == [("75000", cost, gain)]
    assert plain(sum((lot.cost for lot in Lot.objects.all()), Decimal(0))) == left
    lines = {line.method: plain(line.totals.gain) for line in get_method_lines(portfolio=portfolio, year=2023)}
    assert lines == {"": gain, "fifo": "15000", "lifo": "0", "hifo": "-7500", "average": "7500", "s104": "7500"}


def test_t18_highest_cost_counts_the_fee_and_takes_the_older_of_equals(portfolio):
    # 100 + 6 of fee is dearer than 105; of two lots at 106 the older goes first.
    first = record(portfolio, "buy", "1", "bitcoin", price="100", fee="6", at="2023-01-01")
    record(portfolio, "buy", "1", "bitcoin", price="105", at="2023-01-02")
    record(portfolio, "buy", "1", "bitcoin", price="106", at="2023-01-03")
    record(portfolio, "sell", "1", "bitcoin", price="106", at="2023-02-01")
    choose(portfolio, "hifo")

    build()

    assert DisposalMatch.objects.get().acquired == first


def test_t19_average_cost_starts_afresh_after_everything_was_sold(portfolio):
    for kind, price, day in (("buy", "100", "01"), ("sell", "300", "02"), ("buy", "300", "03")):
        record(portfolio, kind, "10", "bitcoin", price=price, at=f"2023-01-{day}")
    choose(portfolio, "average")

    build()

    assert lots_of(portfolio) == [("10", "3000")]


def test_t21_a_lot_keeps_its_date_and_cost_on_its_way_through_wallets(portfolio):
    exchange, cold = portfolio.wallets.get(), add_wallet(portfolio=portfolio, name="Cold", kind="hardware")
    record(portfolio, "deposit", "200", at="2022-01-01", wallet=cold)
    oldest = record(portfolio, "buy", "1", "bitcoin", price="100", at="2023-01-01")
    record(portfolio, "buy", "1", "bitcoin", price="200", at="2023-01-02", wallet=cold)
    record(portfolio, "buy", "1", "bitcoin", price="300", at="2023-01-03")
    record(portfolio, "transfer", "2", "bitcoin", to_wallet=cold, at="2023-02-01")
    record(portfolio, "transfer", "1", "bitcoin", wallet=cold, to_wallet=exchange, at="2023-02-02")
    record(portfolio, "sell", "1", "bitcoin", price="1000", at="2023-03-01")

    build()

    match = DisposalMatch.objects.get()
    assert (match.acquired, plain(match.cost), match.acquired_at) == (oldest, "100", oldest.at)
    assert check_lots(portfolio=portfolio) == []


@pytest.mark.parametrize(
    ("policy", "gains", "left"),
    [
        ("disposal", [("30", "20", "10")], [("0.999", "19980")]),  # 0.001 of 20,000 is 20; sold for 30
        ("basis", [], [("0.999", "20000")]),
    ],
)
def test_t22_the_fee_of_a_transfer_is_sold_or_stays_in_the_cost(portfolio, policy, gains, left):
    make_market({"bitcoin": "30000"}, first=date(2023, 2, 1), last=date(2023, 2, 1))
    cold = add_wallet(portfolio=portfolio, name="Cold", kind="hardware")
    record(portfolio, "buy", "1", "bitcoin", price="20000", at="2023-01-01")
    record(portfolio, "transfer", "1", "bitcoin", to_wallet=cold, received_quantity="0.999", at="2023-02-01")
    lots.keep_tax_settings(portfolio=portfolio, at=NOW, confirm=True, transfer_fee=policy)

    build()

    assert gains_of(portfolio) == gains
    assert lots_of(portfolio) == left
    assert check_lots(portfolio=portfolio) == []


@pytest.mark.parametrize(("sold", "term"), [("2024-02-29", "short"), ("2024-03-01", "short"), ("2024-03-02", "long")])
def test_t24_a_gain_is_long_from_the_day_after_the_anniversary(portfolio, sold, term):
    record(portfolio, "buy", "1", "bitcoin", price="100", at="2023-03-01 15:00")
    record(portfolio, "sell", "1", "bitcoin", price="150", at=sold)

    build()

    assert DisposalMatch.objects.get().term == term
    totals = get_gains(portfolio=portfolio, year=2024).totals
    assert (plain(totals.short), plain(totals.long)) == (("50", "0") if term == "short" else ("0", "50"))


def test_t26_a_reward_is_income_at_its_price_and_a_lot_at_that_value(portfolio):
    # 37835729 x 334311229989 = 12648909099520476981, 20 decimals: none is lost.
    record(portfolio, "income", "0.000037835729", "ethereum", price="3343.11229989", at="2023-06-01")

    build()

    value = "0.12648909099520476981"
    receipt = Receipt.objects.get()
    assert plain(receipt.value) == value
    assert (receipt.kind, receipt.year, receipt.is_estimated) == ("income", 2023, False)
    assert lots_of(portfolio, "ethereum") == [("0.000037835729", value)]


def test_t27_another_method_from_a_day_leaves_what_left_before_as_it_is(portfolio):
    for day, price in (("2023-01-01", "100"), ("2023-01-02", "300"), ("2023-01-03", "200")):
        record(portfolio, "buy", "1", "bitcoin", price=price, at=day)
    record(portfolio, "sell", "1", "bitcoin", price="500", at="2023-06-01")
    record(portfolio, "sell", "1", "bitcoin", price="500", at="2023-07-01")
    choose(portfolio, "lifo", since="2023-07-01")

    build()

    # First in for June, last in for July.
    assert gains_of(portfolio) == [("500", "100", "400"), ("500", "200", "300")]
    assert lots_of(portfolio) == [("1", "300")]


def test_a_swap_is_one_sale_and_one_purchase_at_the_same_value(portfolio):
    record(portfolio, "buy", "1", "bitcoin", price="10000", at="2023-01-01")
    record(
        portfolio, "swap", "0.5", "bitcoin", price="30000", received_asset="ethereum", received_quantity="8",
        fee="50", at="2023-02-01",
    )  # fmt: skip

    build()

    assert gains_of(portfolio) == [("15000", "5000", "10000")]
    assert lots_of(portfolio, "ethereum") == [("8", "15050")]


def test_lots_named_for_a_sale_leave_first_even_after_their_purchase_was_corrected(portfolio):
    record(portfolio, "buy", "1", "bitcoin", price="100", at="2023-01-01")
    named = record(portfolio, "buy", "1", "bitcoin", price="200", at="2023-01-02")
    choose(portfolio, "specific")
    record(portfolio, "sell", "1", "bitcoin", price="500", at="2023-02-01", lots=[(named.pk, Decimal(1))])
    correct_transaction(
        corrected=named, token="corrected", source="test", now=NOW, kind="buy", at=instant("2023-01-02"),
        asset="bitcoin", quantity=named.entries.get(asset="bitcoin").quantity, price=Decimal(250),
    )  # fmt: skip

    build()

    assert gains_of(portfolio) == [("500", "250", "250")]


def test_the_sums_of_a_year_are_the_sums_of_its_disposals(portfolio):
    record(portfolio, "buy", "2", "bitcoin", price="100", at="2022-01-01")
    record(portfolio, "buy", "2", "bitcoin", price="400", at="2023-05-01")
    record(portfolio, "sell", "3", "bitcoin", price="300", at="2023-06-01")

    build()

    # Two long ago: 600 - 200; one of this year: 300 - 400.
    rows = {row.term: plain(row.gain) for row in GainSummary.objects.filter(method="", year=2023)}
    assert rows == {"long": "400", "short": "-100"}
    assert gains_of(portfolio) == [("900", "600", "300")]
