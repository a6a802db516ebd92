"""Mistakes that comparable products made, as test cases: first days, months, benchmarks, digits, bands, health."""

import re
from datetime import date, timedelta
from decimal import Decimal

import numpy as np
import pytest
from django.test import Client

from analytics.selectors.figures import get_figures
from indices.calc.statistics import performance_statistics
from indices.models import Level
from indices.selectors import get_comparison, get_constituents
from indices.services import run_window
from market.models import Asset, close_of
from market.templatetags import figures
from portfolios import services
from portfolios.models import Entry
from portfolios.selectors import get_drift, get_holdings
from tests.analytics.factories import day, make_night, price, valuations, value
from tests.factories import make_asset
from tests.indices.factories import (
    AT,
    FIRST,
    make_coin,
    make_index as make_active_index,
    make_rules,
    price_days,
    price_flat,
)
from tests.portfolios.factories import FIRST_DAY, LAST_DAY, make_index, make_market, make_portfolio, record

pytestmark = pytest.mark.django_db
D = Decimal


@pytest.fixture
def portfolio(alice):
    return make_portfolio(alice)


def make_levels(index, *levels: str):
    """Give an index levels on consecutive days from `FIRST_DAY` on."""
    days = [FIRST_DAY + timedelta(days=offset) for offset in range(len(levels))]
    Level.objects.bulk_create(
        Level(index=index, day=each, gross=D(level), status="final", recorded_at=close_of(each))
        for each, level in zip(days, levels, strict=True)
    )


def written(weights) -> Decimal:
    """Add up percentages as a page writes them."""
    return sum((D(figures.percent(weight).removesuffix("%")) for weight in weights), D(0))


def seen(answer) -> str:
    """Return what a reader sees of a page."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


def test_t7_the_gain_counts_from_what_was_paid_and_the_days_gain_from_the_close_before(portfolio):
    # 1,000 paid for 10 at 100; the first close makes them 1,015, the second 1,040.
    price(make_asset("coin"), day("03-01"), "101.5", "104")
    record(portfolio, "deposit", "1000", at="2024-03-01 08:00")
    record(portfolio, "buy", "10", "coin", at="2024-03-01 09:00", price="100")
    value(portfolio, "03-01", "03-02")

    told = get_figures(portfolios=[portfolio])[0]

    last = told.valuation
    assert last is not None
    assert last.value - last.net_deposits == D(40)  # 1,040 - 1,000
    assert told.gain == D(25)  # 1,040 - 1,015
    assert last.growth == D("1.04")  # 1.015 on the first day, times 1,040 / 1,015: the first 15 are not lost


def test_t11_the_first_day_earns_the_close_less_the_price_paid(portfolio):
    price(make_asset("coin"), day("03-01"), "100")
    record(portfolio, "deposit", "1000", at="2024-03-01 08:00")
    record(portfolio, "buy", "10", "coin", at="2024-03-01 09:00", price="90")

    value(portfolio, "03-01", "03-01")

    # Cash 1,000 - 10 * 90 = 100, coins 10 * 100 = 1,000: (100 - 90) * 10 = 100 on 1,000.
    assert valuations(portfolio, "value", "growth", "net_deposits") == [(D(1100), D("1.1"), D(1000))]


@pytest.mark.parametrize("order", [(0, 1, 2), (1, 0, 2), (2, 1, 0)], ids=["in order", "swapped", "backwards"])
def test_t11_sells_of_one_day_give_the_same_in_any_order_of_entry(portfolio, order):
    price(make_asset("coin"), day("03-01"), "100", "120")
    record(portfolio, "gift_in", "10", "coin", at="2024-03-01 08:00")
    sells = [("2", "09:00", "110"), ("3", "10:00", "115"), ("1", "11:00", "118")]

    for place in order:
        quantity, hour, paid = sells[place]
        record(portfolio, "sell", quantity, "coin", at=f"2024-03-02 {hour}", price=paid)
    value(portfolio, "03-01", "03-02")

    # Cash 2 * 110 + 3 * 115 + 1 * 118 = 683, coins 4 * 120 = 480; on the day before 10 * 100.
    assert valuations(portfolio, "value", "growth") == [(D(1000), D(1)), (D(1163), D("1.163"))]


def test_t11_a_sell_entered_before_its_buy_is_refused_and_leaves_nothing(portfolio):
    price(make_asset("coin"), day("03-01"), "100", "120")
    record(portfolio, "deposit", "1000", at="2024-03-01 08:00")

    with pytest.raises(services.ShortfallError):
        record(portfolio, "sell", "1", "coin", at="2024-03-02 09:00", price="110")

    assert set(Entry.objects.values_list("asset_id", flat=True)) == {"usd"}


def test_t13_the_first_instant_of_a_month_belongs_to_it(portfolio):
    price(make_asset("coin"), date(2024, 2, 28), *["100"] * 4)
    record(portfolio, "deposit", "100", at="2024-02-29 23:59:59")
    record(portfolio, "deposit", "200", at="2024-03-01 00:00")
    record(portfolio, "deposit", "400", at="2024-03-02 00:00")

    value(portfolio, "02-27", "03-02")

    assert valuations(portfolio, "day", "flow") == [
        (day("02-29"), D(100)),
        (day("03-01"), D(200)),
        (day("03-02"), D(400)),
    ]


@pytest.mark.parametrize("windows", [[("02-28", "03-02")], [("02-28", "02-29"), ("03-01", "03-02")]])
def test_t13_a_window_that_begins_on_the_1st_neither_loses_nor_doubles_its_transactions(portfolio, windows):
    record(portfolio, "deposit", "100", at="2024-02-29 23:59:59")
    record(portfolio, "deposit", "200", at="2024-03-01 00:00")

    for start, end in windows:
        value(portfolio, start, end)

    assert valuations(portfolio, "value", "net_deposits") == [(D(100), D(100)), (D(300), D(300)), (D(300), D(300))]


def test_t13_the_charts_start_with_the_first_transaction(alice, portfolio, as_user):
    price(make_asset("coin"), day("02-01"), *["100"] * 32)
    record(portfolio, "gift_in", "1", "coin", at="2024-03-01 08:00")
    value(portfolio, "02-01", "03-03")

    context = as_user(alice).get(f"/portfolios/{portfolio.pk}/performance/").context

    for chart in ("value_chart", "growth_chart", "drawdown_chart"):
        assert context[chart]["dates"] == ["2024-03-01", "2024-03-02", "2024-03-03"]
    assert as_user(alice).get("/").context["value_chart"]["dates"][0] == "2024-03-01"


def test_t15_the_first_observation_is_a_peak(portfolio):
    price(make_asset("coin"), day("03-01"), "100", "80")
    record(portfolio, "gift_in", "1", "coin", at="2024-03-01 08:00")

    value(portfolio, "03-01", "03-02")

    assert valuations(portfolio, "peak", "max_drawdown") == [(D(1), D(0)), (D(1), D("-0.2"))]  # 80 / 100 - 1


def test_t15_a_loss_within_the_first_day_is_a_fall_too(portfolio):
    price(make_asset("coin"), day("03-01"), "80")
    record(portfolio, "deposit", "100", at="2024-03-01 08:00")
    record(portfolio, "buy", "1", "coin", at="2024-03-01 09:00", price="100")

    value(portfolio, "03-01", "03-01")

    assert valuations(portfolio, "peak", "max_drawdown") == [(D(1), D("-0.2"))]  # 100 paid, 80 left


def test_t15_an_index_that_only_falls_has_its_peak_on_its_first_day():
    told = performance_statistics(np.array([100.0, 80.0, 90.0]))

    assert told.max_drawdown == pytest.approx(-0.2)
    assert (told.peak, told.trough, told.recovery) == (0, 1, None)


def test_t16_a_benchmark_starts_on_the_index_on_the_first_day_that_both_have():
    index = make_index(units={"bitcoin": "1"})
    make_levels(index, "1000", "1100", "1210", "1331")
    price(Asset.objects.get(id="bitcoin"), FIRST_DAY, None, "200", "220", "250")

    comparison = get_comparison(index=index)

    assert comparison is not None
    own, bitcoin = (series["values"] for series in comparison.level_chart["series"])
    assert own == [100, 110, 121, 133.1]
    assert bitcoin == [None, 110, 121, 137.5]  # 200 is laid on 110: each dollar is 0.55 points
    since_inception = dict(zip(comparison.names, comparison.returns[-1][1], strict=True))
    assert since_inception["BITCO"] == pytest.approx(0.25)  # 250 / 200 - 1, not 137.5 / 100 - 1


def test_t16_a_missing_day_of_a_benchmark_carries_the_last_close():
    index = make_index(units={"bitcoin": "1"})
    make_levels(index, "1000", "1000", "1000", "1000")
    price(Asset.objects.get(id="bitcoin"), FIRST_DAY, "200", None, None, "250")

    comparison = get_comparison(index=index)

    assert comparison is not None
    assert comparison.level_chart["series"][1]["values"] == [100, 100, 100, 125]


@pytest.mark.parametrize(
    ("price_paid", "quantity", "worth"),
    [("1.45678", "0.000234", "0.00034088652"), ("0.000023", "12000000", "276")],
)
def test_t29_a_small_price_or_quantity_keeps_every_digit(portfolio, price_paid, quantity, worth):
    price(make_asset("coin"), day("03-01"), price_paid)
    record(portfolio, "deposit", "1000", at="2024-03-01 08:00")

    bought = record(portfolio, "buy", quantity, "coin", at="2024-03-01 09:00", price=price_paid)
    value(portfolio, "03-01", "03-01")

    assert bought.entries.get(asset="usd").quantity == -D(worth)
    lines = {line.asset.pk: line for line in get_holdings(portfolio=portfolio, day=day("03-01")).lines}
    assert lines["coin"].value == D(worth)
    assert valuations(portfolio, "value") == [(D(1000),)]


def test_t29_twenty_small_fees_add_up_exactly(portfolio):
    price(make_asset("coin"), day("03-01"), "1")
    record(portfolio, "deposit", "1000", at="2024-03-01 08:00")

    for minute in range(20):
        record(portfolio, "buy", "1", "coin", at=f"2024-03-01 09:{minute:02}", price="1", fee="0.2574")
    value(portfolio, "03-01", "03-01")

    assert valuations(portfolio, "fees", "value") == [(D("5.148"), D("994.852"))]  # 20 * 0.2574, not 20 * 0.25


@pytest.mark.parametrize("closes", [("1", "1", "1"), ("1", "1", "4"), ("1", "2", "9996")])
def test_t30_the_weights_of_a_portfolio_as_written_sum_to_100(portfolio, closes):
    for place, close in enumerate(closes):
        price(make_asset(f"coin{place}"), day("03-01"), close)
        record(portfolio, "gift_in", "1", f"coin{place}", at="2024-03-01 08:00")

    lines = get_holdings(portfolio=portfolio, day=day("03-01")).lines

    assert written(line.weight for line in lines) == D(100)
    assert len(lines) == len(closes)


@pytest.mark.parametrize("closes", [("1", "1", "1"), ("1", "1", "4"), ("1", "2", "9996")])
def test_t30_the_weights_of_a_factsheet_as_written_sum_to_100(closes):
    coins = {make_coin(f"coin{place}"): close for place, close in enumerate(closes)}
    price_flat(coins, FIRST - timedelta(days=1), FIRST)
    index = make_active_index()
    run_window(start=FIRST, end=FIRST, at=AT)

    lines = get_constituents(index=index, day=FIRST)

    # Thirds are 33.33 three times: the hundredth left goes to the first. 16.67 twice and 66.67 are one too many.
    assert written(line.weight for line in lines) == D(100)
    assert len(lines) == len(closes)


@pytest.mark.parametrize("loss", ["-0.00001", "-0.00004999", "-0.0", "-0.000000000000000001"])
def test_t30_a_loss_too_small_to_write_has_no_minus(loss):
    assert figures.percent(D(loss)) == "0.00%"
    assert figures.signed_percent(float(loss)) == "0.00%"
    assert figures.signed_usd(D(loss)) == "$0.00"


def test_t30_what_was_sold_whole_leaves_no_slice(alice, portfolio, as_user):
    make_market({"coin": "3", "rest": "7"})
    record(portfolio, "gift_in", "0.1", "coin")
    record(portfolio, "gift_in", "0.2", "coin")
    record(portfolio, "gift_in", "1", "rest")
    record(portfolio, "gift_out", "0.3", "coin")

    answer = as_user(alice).get(f"/portfolios/{portfolio.pk}/")

    assert [item["name"] for item in answer.context["allocation"]["items"]] == ["REST"]
    assert sum(item["value"] for item in answer.context["allocation"]["items"]) == 1


def test_t31_a_small_quantity_is_shown_whole(alice, portfolio, as_user):
    make_market({"bitcoin": "40000"})
    record(portfolio, "gift_in", "0.01525217", "bitcoin")

    page = seen(as_user(alice).get(f"/portfolios/{portfolio.pk}/"))

    assert " 0.01525217 " in page
    assert " 0.02 " not in page


@pytest.mark.parametrize(
    ("target", "in_sleeve", "state", "words"),
    [
        # Half of 10,000, a fifth of it each way: 4,000 to 6,000.
        ("0.5", "3999.99", "below", "below its band"), ("0.5", "4000", "near", "near the edge"),
        ("0.5", "6000", "near", "near the edge"), ("0.5", "6000.01", "above", "above its band"),
        # A hundredth, one point each way: a fifth would be 80 to 120.
        ("0.01", "120.01", "inside", "in its band"), ("0.01", "200", "near", "near the edge"),
        ("0.01", "200.01", "above", "above its band"),
    ],
)  # fmt: skip
def test_t41_exactly_on_the_edge_of_the_band_is_in_it(alice, portfolio, as_user, target, in_sleeve, state, words):
    sleeve = services.add_sleeve(portfolio=portfolio, index=make_index(), target_weight=D(target))
    make_market({"bitcoin": "1"})
    record(portfolio, "gift_in", in_sleeve, "bitcoin", sleeve=sleeve)
    record(portfolio, "deposit", str(10000 - D(in_sleeve)))

    drift = get_drift(portfolio=portfolio, holdings=get_holdings(portfolio=portfolio, day=LAST_DAY))

    assert [line.state for line in drift] == [state]
    assert words in seen(as_user(alice).get(f"/portfolios/{portfolio.pk}/"))


def test_t46_a_weight_that_outgrew_its_limit_between_reviews_is_no_breach():
    first, second = make_coin("first"), make_coin("second")
    price_days(first, FIRST - timedelta(days=1), ["10", "10", "20"])
    price_days(second, FIRST - timedelta(days=1), ["10", "10", "10"])
    index = make_active_index(make_rules(cap="0.5"))
    run_window(start=FIRST, end=FIRST + timedelta(days=1), at=AT)

    page = seen(Client().get(f"/indices/{index.slug}/"))

    assert "66.67% 50.00%" in page  # 20 / 30 after the close, 10 / 20 at the review
    assert not re.search("breach|violat|exceed", page, re.IGNORECASE)


def test_t47_a_probe_of_health_asks_the_database_nothing_while_a_night_runs(django_assert_num_queries):
    make_night(LAST_DAY, status="running")

    with django_assert_num_queries(0):
        answer = Client().get("/healthz")

    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
