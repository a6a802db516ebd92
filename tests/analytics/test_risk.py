"""Stage 4: figures, guards and their reasons, through the database."""

from datetime import timedelta
from decimal import Decimal

import numpy as np
import pytest

from analytics.calc import measures, tail
from analytics.models import RiskReport
from analytics.services.chunks import process_chunk
from tests.analytics.factories import NOW, day, price, value
from tests.factories import make_asset
from tests.portfolios.factories import make_portfolio, record

D = Decimal
FIRST = day("01-10") - timedelta(days=400)


def walk(seed: int, days: int) -> list[str]:
    """Return a random walk of closes as text."""
    steps = np.random.default_rng(seed).normal(0.001, 0.03, days)
    return [f"{close:.8f}" for close in 100 * np.cumprod(1 + steps)]


def returns_of(closes: list[str]) -> np.ndarray:
    """Return simple returns."""
    numbers = np.array([float(close) for close in closes])
    return numbers[1:] / numbers[:-1] - 1


@pytest.fixture
def portfolio(alice):
    return make_portfolio(alice)


def number(figure: Decimal | None) -> float:
    """Return a figure that is there."""
    assert figure is not None
    return float(figure)


def report(portfolio, on: str) -> RiskReport:
    return RiskReport.objects.get(portfolio=portfolio, day=day(on))


def test_the_statistics_are_those_of_constant_weights_over_a_year(portfolio):
    bitcoin, coin = walk(1, 420), walk(2, 420)
    price(make_asset("bitcoin"), FIRST, *bitcoin)
    price(make_asset("coin"), FIRST, *coin)
    record(portfolio, "deposit", "50", at="2024-01-10 08:00")
    record(portfolio, "gift_in", "1", "bitcoin", at="2024-01-10 08:00")
    record(portfolio, "gift_in", "3", "coin", at="2024-01-10 08:00")

    value(portfolio, "01-10", "01-10")

    # 2024-01-10 is place 400: 365 returns need closes 35 to 400.
    worth = np.array([float(bitcoin[400]), 3 * float(coin[400]), 50.0])
    weights = worth / worth.sum()
    market, other = returns_of(bitcoin[35:401]), returns_of(coin[35:401])
    series = weights[0] * market + weights[1] * other
    row = report(portfolio, "01-10")
    assert row.observations == 365
    assert number(row.volatility) == pytest.approx(measures.volatility(series), abs=1e-9)
    assert number(row.beta) == pytest.approx(measures.beta(series, market), abs=1e-9)
    assert number(row.value_at_risk) == pytest.approx(tail.value_at_risk(series), abs=1e-9)
    assert number(row.expected_shortfall) == pytest.approx(tail.expected_shortfall(series), abs=1e-9)
    assert row.reasons == {"xirr": "first_day", "span_return": "first_day"}


def test_an_asset_with_missing_days_shortens_the_common_window(portfolio):
    price(make_asset("bitcoin"), FIRST, *walk(1, 401))
    price(make_asset("young"), day("01-10") - timedelta(days=50), *walk(2, 51))
    record(portfolio, "gift_in", "1", "bitcoin", at="2024-01-10 08:00")
    record(portfolio, "gift_in", "1", "young", at="2024-01-10 08:00")

    value(portfolio, "01-10", "01-10")

    assert report(portfolio, "01-10").observations == 50
    assert report(portfolio, "01-10").volatility is not None


@pytest.mark.parametrize(("days", "observed"), [(30, 29), (31, 30)])
def test_thirty_days_are_needed(portfolio, days, observed):
    price(make_asset("bitcoin"), day("01-10") - timedelta(days=days - 1), *walk(1, days))
    record(portfolio, "gift_in", "1", "bitcoin", at="2024-01-10 08:00")

    value(portfolio, "01-10", "01-10")

    row = report(portfolio, "01-10")
    assert row.observations == observed
    assert (row.volatility is None) == (observed < 30)
    assert row.reasons.get("value_at_risk") == ("history_too_short" if observed < 30 else None)


def test_a_benchmark_with_fewer_days_is_paired_on_those(portfolio):
    bitcoin, coin = walk(1, 40), walk(2, 401)
    price(make_asset("bitcoin"), day("01-10") - timedelta(days=39), *bitcoin)
    price(make_asset("coin"), FIRST, *coin)
    record(portfolio, "gift_in", "1", "coin", at="2024-01-10 08:00")

    value(portfolio, "01-10", "01-10")

    row = report(portfolio, "01-10")
    assert row.observations == 365
    expected = measures.beta(returns_of(coin[-40:]), returns_of(bitcoin))
    assert number(row.beta) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize(("days", "reason"), [(0, "no_benchmark"), (20, "benchmark_too_short")])
def test_without_a_benchmark_only_beta_is_missing(portfolio, days, reason):
    if days:
        price(make_asset("bitcoin"), day("01-10") - timedelta(days=days - 1), *walk(1, days))
    price(make_asset("coin"), FIRST, *walk(2, 401))
    record(portfolio, "gift_in", "1", "coin", at="2024-01-10 08:00")

    value(portfolio, "01-10", "01-10")

    row = report(portfolio, "01-10")
    assert row.beta is None
    assert row.reasons["beta"] == reason
    assert row.volatility is not None


def test_a_simulated_market_has_a_bitcoin_of_its_own(portfolio):
    price(make_asset("sim-aurum", simulated=True), FIRST, *walk(1, 401))
    record(portfolio, "gift_in", "1", "sim-aurum", at="2024-01-10 08:00")

    value(portfolio, "01-10", "01-10")

    assert report(portfolio, "01-10").beta == 1


def test_cash_alone_stands_still(portfolio):
    record(portfolio, "deposit", "100", at="2024-01-10 08:00")

    value(portfolio, "01-10", "01-11")

    row = report(portfolio, "01-11")
    assert (row.volatility, row.value_at_risk, row.expected_shortfall) == (D(0), D(0), D(0))
    assert row.beta is None
    assert row.twr == 0
    assert row.span_return == 0


def test_an_empty_portfolio_has_reasons_and_no_numbers(portfolio):
    record(portfolio, "deposit", "100", at="2024-01-10 08:00")
    record(portfolio, "withdrawal", "100", at="2024-01-11 08:00")

    value(portfolio, "01-10", "01-12")

    row = report(portfolio, "01-12")
    assert row.volatility is None
    assert row.reasons["volatility"] == "no_value"
    assert row.reasons["simple_return"] == "no_net_deposits"
    assert row.twr == 0


def test_only_unpriced_holdings_have_reasons_and_no_numbers(portfolio):
    make_asset("unknown")
    record(portfolio, "gift_in", "1", "unknown", at="2024-01-10 08:00")

    value(portfolio, "01-10", "01-11")

    assert report(portfolio, "01-11").reasons["value_at_risk"] == "no_value"


def test_money_weighted_returns_wait_a_year_for_their_rate(portfolio):
    coin = make_asset("coin")
    price(coin, day("01-10") - timedelta(days=365), "100", *["100"] * 363, "109", "110")
    record(portfolio, "gift_in", "10", "coin", at="2023-01-10 08:00")
    start = day("01-10") - timedelta(days=365)

    process_chunk(portfolio_ids=[portfolio.pk], start=start, end=day("01-10"), at=NOW)

    short, whole = report(portfolio, "01-09"), report(portfolio, "01-10")
    assert (short.xirr, short.reasons["xirr"]) == (None, "short_span")
    assert short.span_return == D("0.09")
    assert whole.xirr == D("0.1")
    assert whole.simple_return == D("0.1")
    assert whole.twr == D("0.1")


def test_total_loss_is_told(portfolio):
    price(make_asset("coin"), day("01-10"), "10", "10", "10")
    record(portfolio, "gift_in", "1", "coin", at="2024-01-10 08:00")
    record(portfolio, "loss", "1", "coin", at="2024-01-11 08:00")

    value(portfolio, "01-10", "01-12")

    row = report(portfolio, "01-12")
    assert (row.twr, row.span_return, row.simple_return, row.max_drawdown) == (D(-1), D(-1), D(-1), D(-1))


def test_a_ratio_beyond_its_column_is_told_not_stored(portfolio):
    price(make_asset("coin"), day("01-10"), "0.000000001", "1000")
    record(portfolio, "gift_in", "1", "coin", at="2024-01-10 08:00")

    value(portfolio, "01-10", "01-11")

    row = report(portfolio, "01-11")
    assert row.twr is None
    assert row.reasons["twr"] == "out_of_range"


def test_the_hash_of_the_inputs_follows_them(portfolio):
    coin = make_asset("coin")
    price(coin, FIRST, *walk(2, 402))
    record(portfolio, "gift_in", "1", "coin", at="2024-01-10 08:00")
    value(portfolio, "01-10", "01-10")
    first = report(portfolio, "01-10").inputs_hash

    value(portfolio, "01-10", "01-10", at=NOW + timedelta(hours=1))
    again = report(portfolio, "01-10").inputs_hash
    # One price of last year, far from today's value.
    coin.prices.filter(day=day("01-10") - timedelta(days=100)).update(close=D(1))
    value(portfolio, "01-10", "01-10")

    assert first == again
    assert report(portfolio, "01-10").inputs_hash != first


def test_an_investment_of_ten_days_that_ended_long_ago_has_no_rate_a_year(portfolio):
    price(make_asset("coin"), FIRST, *["100"] * 10, *["110"] * 391)
    record(portfolio, "gift_in", "10", "coin", at=f"{FIRST} 08:00")
    record(portfolio, "gift_out", "10", "coin", at=f"{FIRST + timedelta(days=10)} 08:00")

    process_chunk(portfolio_ids=[portfolio.pk], start=FIRST, end=day("01-10"), at=NOW)

    row = report(portfolio, "01-10")
    assert (row.xirr, row.reasons["xirr"]) == (None, "short_span")
    assert row.span_return == D("0.1")
