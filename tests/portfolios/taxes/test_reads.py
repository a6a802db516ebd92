"""What pages and clients read of lots: sums at the last close, terms, income, losses under a rule of replacement."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from portfolios.selectors.lots import (
    ReplacementRule,
    default_rule,
    get_asset_lots,
    get_disposal_lines,
    get_disposals,
    get_gains,
    get_harvest,
    get_income,
    get_lot_closes,
    get_lot_lines,
    get_lots,
    get_marked,
    get_method_lines,
)
from portfolios.selectors.tax import get_rules
from portfolios.services import lots
from tests.portfolios.factories import LAST_DAY, NOW, make_market, record
from tests.portfolios.taxes.reading import build, plain

pytestmark = pytest.mark.django_db
TODAY = NOW.date()


def harvest(portfolio, rule: ReplacementRule):
    """Look at losses under a rule, on 10 March 2024."""
    rules = get_rules(portfolio=portfolio)
    return get_harvest(portfolio=portfolio, rules=rules, rule=rule, day=LAST_DAY, today=TODAY)


@pytest.fixture
def held(portfolio):
    """Hold an old lot of bitcoin that gained, a young one that lost, and ether without a price."""
    make_market({"bitcoin": "300"})
    record(portfolio, "buy", "1", "bitcoin", price="100", at="2022-01-01")
    record(portfolio, "buy", "2", "bitcoin", price="400", at="2024-02-20")
    record(portfolio, "buy", "5", "ethereum", price="10", at="2024-01-01")
    build()
    return portfolio


def test_unrealised_gains_by_asset_and_term(held):
    bitcoin, ether = get_asset_lots(portfolio=held, rules=get_rules(portfolio=held), day=LAST_DAY, today=TODAY)

    # 3 x 300 is 900 for 900; the old one alone 300 for 100.
    assert (bitcoin.lots, plain(bitcoin.cost), plain(bitcoin.value), plain(bitcoin.gain)) == (2, "900", "900", "0")
    assert (plain(bitcoin.long_quantity), plain(bitcoin.long_gain), bitcoin.priced_on) == ("1", "200", LAST_DAY)
    assert (ether.value, ether.gain, ether.long_gain, plain(ether.unit_cost)) == (None, None, None, "10")


def test_each_lot_says_its_term_today_and_when_it_becomes_long(held):
    rules = get_rules(portfolio=held)
    closes = get_lot_closes(asset_ids=["bitcoin"], rules=rules, day=LAST_DAY)

    old, young = get_lot_lines(
        lots=list(get_lots(portfolio=held, asset_id="bitcoin")), rules=rules, closes=closes, today=TODAY
    )

    assert (old.term, old.days_left, plain(old.gain)) == ("long", 0, "200")
    # Long from the day after 20 February 2025: 348 days after 10 March 2024.
    assert (young.term, young.long_from, young.days_left) == ("short", date(2025, 2, 21), 348)


def test_values_are_in_the_currency_of_the_settings(held, euro):
    make_market({"eur": "1.2"}, first=LAST_DAY, last=LAST_DAY)
    lots.keep_tax_settings(portfolio=held, at=NOW, confirm=True, currency="EUR")
    rules = get_rules(portfolio=held)

    closes = get_lot_closes(asset_ids=["bitcoin"], rules=rules, day=LAST_DAY)
    late = get_lot_closes(asset_ids=["bitcoin"], rules=rules, day=LAST_DAY + timedelta(days=6))

    assert closes.prices["bitcoin"] == 250
    assert late.prices == {}


def test_selling_what_is_under_water_is_told_by_term(held):
    found = harvest(held, "none")

    (line,) = found.lines
    assert (line.asset.pk, line.lots, plain(line.quantity), plain(line.loss)) == ("bitcoin", 1, "2", "200")
    assert (plain(line.short_loss), plain(line.long_loss), plain(line.set_aside)) == ("200", "0", "0")
    assert found.unpriced == ["ETHER"]


def test_a_purchase_of_the_last_thirty_days_sets_aside_what_would_still_be_held(held):
    # Sold 2, bought 2 on 20 February, 1 would be left: half of the loss of 200.
    (line,) = harvest(held, "ca").lines

    assert (plain(line.bought), plain(line.replaced), plain(line.set_aside)) == ("2", "1", "100")
    assert line.clear_on == date(2024, 3, 22)
    assert plain(harvest(held, "us").lines[0].set_aside) == "100"
    assert plain(harvest(held, "uk").lines[0].set_aside) == "0"


def test_losses_of_the_year_are_set_aside_as_far_as_they_were_bought_back(held):
    record(held, "sell", "2", "bitcoin", price="50", at="2024-02-25")
    record(held, "buy", "0.5", "bitcoin", price="60", at="2024-03-05")
    build()

    # First in, first out: 1 at 100 and 1 at 400 went for 50 each: a loss of 400 on 2.
    (none,), (canada,), (uk,) = (
        harvest(held, "none").realised,
        harvest(held, "ca").realised,
        harvest(held, "uk").realised,
    )

    assert (plain(none.loss), plain(none.set_aside), none.open_until) == ("400", "0", None)
    # Canada: the least of 2 sold, 2 + 0.5 bought and 1.5 left: 1.5 of 2. UK: 0.5 of 2, bought after.
    assert (plain(canada.set_aside), canada.open_until) == ("300", date(2024, 3, 26))
    assert plain(uk.set_aside) == "100"


@pytest.mark.parametrize(
    ("currency", "method", "rule"), [("USD", "fifo", "none"), ("CAD", "average", "ca"), ("GBP", "s104", "uk")]
)
def test_the_rule_goes_with_the_settings(portfolio, currency, method, rule):
    lots.keep_tax_settings(portfolio=portfolio, at=NOW, confirm=True, currency=currency)
    lots.choose_lot_method(
        portfolio=portfolio, valid_from=TODAY, method=method, scope="portfolio", by=portfolio.owner, at=NOW
    )

    assert default_rule(get_rules(portfolio=portfolio)) == rule


def test_income_is_told_by_asset_and_kind_and_what_is_unknown_is_not_0(portfolio):
    record(portfolio, "income", "1", "bitcoin", price="100", at="2023-01-01")
    record(portfolio, "income", "2", "bitcoin", price="100", at="2023-01-02")
    record(portfolio, "airdrop", "5", "ethereum", at="2023-01-03")
    record(portfolio, "income", "1", "bitcoin", price="500", at="2024-01-01")
    build()

    lines = get_income(portfolio=portfolio, year=2023)

    assert [(line.asset.pk, line.kind, line.receipts, line.unknown) for line in lines] == [
        ("bitcoin", "income", 2, 0),
        ("ethereum", "airdrop", 1, 1),
    ]
    assert [plain(line.value) for line in lines] == ["300", None]


def test_each_disposal_says_in_words_what_is_unknown_about_it(portfolio):
    record(portfolio, "airdrop", "2", "ethereum", at="2023-01-01")
    record(portfolio, "sell", "1", "ethereum", price="100", at="2023-02-01")
    record(portfolio, "swap", "1", "ethereum", received_asset="bitcoin", received_quantity="1", at="2023-03-01")
    build()

    rows = list(get_disposals(portfolio=portfolio, year=2023))
    swap, sale = get_disposal_lines(portfolio=portfolio, rules=get_rules(portfolio=portfolio), disposals=rows)

    assert swap.doubts == [
        "what was received is of unknown value",
        "the cost of a lot is unknown and counts as 0",
    ]
    assert sale.doubts == ["the cost of a lot is unknown and counts as 0"]


@pytest.mark.parametrize(("sold", "late"), [("2024-03-09", True), ("2024-03-10 12:00", False)])
def test_a_disposal_says_when_its_lots_were_named_and_whether_that_was_in_time(portfolio, sold, late):
    bought = record(portfolio, "buy", "1", "bitcoin", price="100", at="2023-01-01")
    lots.choose_lot_method(
        portfolio=portfolio, valid_from=date(2024, 1, 1), method="specific", scope="wallet", by=portfolio.owner, at=NOW
    )
    record(portfolio, "sell", "1", "bitcoin", price="200", at=sold, lots=[(bought.pk, Decimal(1))])
    build()

    rows = list(get_disposals(portfolio=portfolio, year=2024))
    (line,) = get_disposal_lines(portfolio=portfolio, rules=get_rules(portfolio=portfolio), disposals=rows)

    assert (line.named_at, line.is_named_late) == (NOW, late)


def test_what_leaves_for_nothing_is_in_no_gain(portfolio):
    record(portfolio, "buy", "3", "bitcoin", price="100", at="2023-01-01")
    record(portfolio, "withdrawal", "1", "bitcoin", at="2023-02-01")
    record(portfolio, "gift_out", "1", "bitcoin", at="2023-02-02")
    record(portfolio, "loss", "1", "bitcoin", at="2023-02-03")
    build()

    assert [row.kind for row in get_disposals(portfolio=portfolio, year=2023)] == ["loss"]
    assert plain(get_gains(portfolio=portfolio, year=2023).totals.gain) == "-100"


def test_all_years_together_are_the_sum_of_the_years(held):
    for day, price in (("2022-06-01", "150"), ("2024-03-01", "500")):
        record(held, "sell", "0.5", "bitcoin", price=price, at=day)
    build()

    years = [get_gains(portfolio=held, year=year).totals.gain for year in (2022, 2024)]

    # 75 - 50 and 250 - 50.
    assert [plain(gain) for gain in years] == ["25", "200"]
    assert get_gains(portfolio=held, year=None).totals.gain == sum(years)
    assert all(line.totals.proceeds == 325 for line in get_method_lines(portfolio=held, year=None))


def test_what_is_being_worked_out_is_named(held):
    assert get_marked(portfolio=held) == []

    record(held, "sell", "1", "ethereum", price="20", at="2024-03-01")

    assert [asset.pk for asset in get_marked(portfolio=held)] == ["ethereum"]
