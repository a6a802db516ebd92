"""Methods from a day on and settings for all lots: what is refused, and which closed years are asked about."""

from datetime import date
from decimal import Decimal

import pytest

from portfolios.models import Disposal, LotMark, LotMethod, TaxSettings
from portfolios.selectors.tax import get_rules
from portfolios.services import CannotKeepError, RefusedError, lots
from tests.portfolios.factories import NOW, record
from tests.portfolios.taxes.reading import build, gains_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def traded(portfolio):
    """Buy at 100 and 300, sell in 2022, 2023 and 2024."""
    record(portfolio, "buy", "3", "bitcoin", price="100", at="2021-01-01")
    record(portfolio, "buy", "3", "bitcoin", price="300", at="2021-02-01")
    for day in ("2022-05-01", "2023-05-01", "2024-02-01"):
        record(portfolio, "sell", "1", "bitcoin", price="500", at=day)
    record(portfolio, "income", "1", "ethereum", price="10", at="2020-06-01")
    build()
    return portfolio


def choose(portfolio, **more):
    """Choose the last in, first out from 2023 on."""
    facts = {"valid_from": date(2023, 1, 1), "method": "lifo", "scope": "wallet", "by": portfolio.owner, "at": NOW}
    return lots.choose_lot_method(portfolio=portfolio, **(facts | more))


def test_a_method_holds_for_what_leaves_from_its_day_on(traded):
    assert choose(traded, confirm=True) == [2023]

    assert set(LotMark.objects.values_list("asset_id", flat=True)) == {"bitcoin", "ethereum"}
    build()
    assert [gain for _, _, gain in gains_of(traded)] == ["400", "200", "200"]
    assert list(Disposal.objects.order_by("place").values_list("method", flat=True)) == ["fifo", "lifo", "lifo"]


def test_a_year_that_is_over_is_asked_about_and_nothing_is_written_before(traded):
    with pytest.raises(lots.ClosedYearsError, match="2023") as refusal:
        choose(traded)

    assert (refusal.value.years, refusal.value.field) == ([2023], "confirm")
    assert not LotMethod.objects.exists()
    assert not LotMark.objects.exists()


def test_this_year_is_not_over(traded):
    assert choose(traded, valid_from=date(2024, 1, 1)) == []


def test_the_same_choice_twice_is_one_and_works_nothing_out_again(traded):
    choose(traded, confirm=True)
    build()

    assert choose(traded) == []
    assert not LotMark.objects.exists()


def test_another_choice_for_the_same_day_takes_the_place_of_the_first(traded):
    choose(traded, confirm=True)
    choose(traded, confirm=True, method="hifo")

    assert list(LotMethod.objects.values_list("valid_from", "method")) == [(date(2023, 1, 1), "hifo")]


@pytest.mark.parametrize(
    ("asked", "field", "words"),
    [
        ({"method": "best"}, "method", "none of fifo"),
        ({"scope": "bank"}, "scope", "none of wallet"),
        ({"method": "s104", "scope": "wallet"}, "scope", "knows no wallets"),
        ({"valid_from": date(2024, 3, 11)}, "valid_from", "to today, 2024-03-10"),
        ({"valid_from": date(2008, 1, 1)}, "valid_from", "from 2009-01-03"),
    ],
)
def test_a_choice_that_breaks_a_rule_is_refused_in_words(traded, asked, field, words):
    with pytest.raises(lots.CannotChooseError, match=words) as refusal:
        choose(traded, confirm=True, **asked)

    assert refusal.value.field == field
    assert not LotMethod.objects.exists()


def keep(portfolio, **facts):
    """Keep settings."""
    return lots.keep_tax_settings(portfolio=portfolio, at=NOW, **facts)


def test_settings_that_change_ask_about_every_year_that_is_over_income_too(traded):
    with pytest.raises(lots.ClosedYearsError) as refusal:
        keep(traded, term_rule="de")
    assert refusal.value.years == [2020, 2022, 2023]

    assert keep(traded, term_rule="de", confirm=True) == [2020, 2022, 2023]
    assert TaxSettings.objects.get().term_rule == "de"
    assert LotMark.objects.count() == 2


def test_settings_that_stay_as_they_are_work_nothing_out_again(traded):
    keep(traded, currency="USD")
    build()

    assert keep(traded, currency="USD", zone="UTC", term_rule="us") == []
    assert not LotMark.objects.exists()


def test_a_term_in_days_needs_its_days_and_another_rule_forgets_them(traded):
    with pytest.raises(lots.CannotChooseError, match="from 1 to 36500"):
        keep(traded, term_rule="days", confirm=True)

    keep(traded, term_rule="days", term_days=180, confirm=True)
    assert get_rules(portfolio=traded).policy.term.days == 180
    keep(traded, term_rule="us", confirm=True)
    assert TaxSettings.objects.get().term_days is None


@pytest.mark.parametrize(
    ("facts", "field"),
    [
        ({"currency": "XYZ"}, "currency"),
        ({"zone": "Mars/Base"}, "zone"),
        ({"year_starts": "02-29"}, "year_starts"),
        ({"term_rule": "uk"}, "term_rule"),
        ({"buy_fee": "proceeds"}, "buy_fee"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_a_setting_that_breaks_a_rule_is_refused_with_its_field(traded, facts, field):
    with pytest.raises(RefusedError) as refusal:
        keep(traded, confirm=True, **facts)

    assert refusal.value.field == field
    assert isinstance(refusal.value, lots.CannotChooseError | CannotKeepError)
    assert not TaxSettings.objects.exists()


def test_the_tax_year_is_that_of_the_day_in_the_zone_of_the_settings(portfolio):
    # 23:30 UTC on 5 April is half past midnight in London on the 6th: the first day of 2023/24.
    record(portfolio, "buy", "1", "bitcoin", price="100", at="2023-01-01")
    record(portfolio, "sell", "0.5", "bitcoin", price="100", at="2023-04-05 22:30")
    record(portfolio, "sell", "0.5", "bitcoin", price="100", at="2023-04-05 23:30")
    keep(portfolio, zone="Europe/London", year_starts="04-06", confirm=True)

    build()

    assert list(Disposal.objects.order_by("place").values_list("year", flat=True)) == [2022, 2023]
    assert get_rules(portfolio=portfolio).name_of(2023) == "2023/24"


@pytest.mark.parametrize(("buy", "sell", "gain"), [("basis", "proceeds", "85"), ("ignore", "ignore", "100")])
def test_fees_count_as_the_settings_say(portfolio, buy, sell, gain):
    record(portfolio, "buy", "1", "bitcoin", price="100", fee="10", at="2023-01-01")
    record(portfolio, "sell", "1", "bitcoin", price="200", fee="5", at="2023-02-01")
    keep(portfolio, buy_fee=buy, sell_fee=sell, confirm=True)

    build()

    assert [row[2] for row in gains_of(portfolio)] == [gain]


def test_british_pooling_looks_thirty_days_ahead(portfolio):
    # Sold 1 of a pool of 2 at 100, bought back 1 at 150 within 30 days: the sale is matched with that purchase.
    record(portfolio, "buy", "2", "bitcoin", price="100", at="2023-01-01")
    record(portfolio, "sell", "1", "bitcoin", price="160", at="2023-06-01")
    choose(portfolio, method="s104", scope="portfolio", valid_from=date(2020, 1, 1), confirm=True)
    build()
    assert gains_of(portfolio) == [("160", "100", "60")]

    record(portfolio, "buy", "1", "bitcoin", price="150", at="2023-06-20")
    build()

    assert gains_of(portfolio) == [("160", "150", "10")]
    match = Disposal.objects.get().matches.get()
    assert (match.rule, match.quantity) == ("thirty_days", Decimal(1))
