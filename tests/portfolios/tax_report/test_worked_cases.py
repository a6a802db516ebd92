"""The worked cases of the rules, from a file to the report of the command; none of these tests may ask a database."""

from decimal import Decimal

import pytest

from tests.portfolios.tax_report.files import report, row

D = Decimal
THREE_LOTS = [
    row("2024-01-01", "buy", "BTC", "1", "30000", external_id="b1"),
    row("2024-02-01", "buy", "BTC", "1", "60000", external_id="b2"),
    row("2024-03-01", "buy", "BTC", "1", "45000", external_id="b3"),
]


@pytest.mark.parametrize(
    ("method", "cost", "gain", "left"),
    [
        # Half a coin of the second lot drawn is 0.5 × its price; the average of 135,000 for 3 is 45,000.
        ("fifo", "60000", "15000", "75000"),
        ("lifo", "75000", "0", "60000"),
        ("hifo", "82500", "-7500", "52500"),
        ("average", "67500", "7500", "67500"),
    ],
)
def test_one_and_a_half_of_three_lots_under_each_method(tmp_path, method, cost, gain, left):
    rows = [*THREE_LOTS, row("2024-04-01", "sell", "BTC", "1.5", "50000", external_id="s")]

    found = report(tmp_path, rows, method=method)

    assert found["totals"] == {
        "proceeds": "75000", "cost": cost, "gain": gain, "short": gain, "long": "0", "income": "0", "unknown": 0,
    }  # fmt: skip
    assert sum(D(lot["cost"]) for lot in found["lots"]) == D(left)
    assert found["disposals"][0]["external_id"] == "s"
    assert sum(D(match["cost"]) for match in found["disposals"][0]["matches"]) == D(cost)


def test_hifo_ranks_by_unit_cost_with_the_fee_of_the_purchase(tmp_path):
    # 100 + 3 of fee beats 102 without one.
    rows = [
        row("2024-01-01", "buy", "BTC", "1", "102", external_id="no fee"),
        row("2024-01-02", "buy", "BTC", "1", "100", fee="3", external_id="with fee"),
        row("2024-01-03", "sell", "BTC", "1", "110"),
    ]

    found = report(tmp_path, rows, method="hifo")

    assert [match["acquired_external_id"] for match in found["disposals"][0]["matches"]] == ["with fee"]
    assert found["totals"]["gain"] == "7"
    assert report(tmp_path, rows, method="hifo", buy_fee="ignore")["totals"]["gain"] == "8"


def test_a_full_close_and_a_new_start_keep_their_costs_apart(tmp_path):
    # 9 × (210 − 209.45) = 4.95 and 10 × (208.01 − 204.11) = 39: 43.95, less four fees of 1.
    rows = [
        row("2024-01-01", "buy", "ETH", "9", "209.45", fee="1"),
        row("2024-01-02", "sell", "ETH", "9", "210", fee="1"),
        row("2024-01-03", "buy", "ETH", "10", "204.11", fee="1"),
        row("2024-01-04", "sell", "ETH", "10", "208.01", fee="1"),
    ]

    assert report(tmp_path, rows)["totals"]["gain"] == "39.95"
    assert report(tmp_path, rows, buy_fee="ignore", sell_fee="ignore")["totals"]["gain"] == "43.95"
    assert report(tmp_path, rows)["lots"] == []


def test_what_is_left_keeps_its_own_cost(tmp_path):
    rows = [row("2017-01-01", "buy", "BTC", "2", "320.43"), row("2017-12-01", "sell", "BTC", "1", "14156.4")]

    found = report(tmp_path, rows)

    assert found["totals"]["gain"] == "13835.97"
    assert [lot["cost"] for lot in found["lots"]] == ["320.43"]


def test_a_fee_in_a_third_coin_is_valued_at_a_price_of_its_day_and_is_a_disposal(tmp_path):
    # 0.1 BNB at 300 is 30: off the proceeds of 1,000, and a disposal of a tenth of the 200 that 1 BNB cost.
    rows = [
        row("2024-01-01", "buy", "BTC", "1", "900"),
        row("2024-01-01", "buy", "BNB", "1", "200"),
        row("2024-02-01T09:00:00Z", "sell", "BNB", "0.5", "300", external_id="sold"),
        row("2024-02-01T10:00:00Z", "sell", "BTC", "1", "1000", fee="0.1", fee_asset="BNB", external_id="s"),
    ]

    found = report(tmp_path, rows)

    by_key = {(one["external_id"], one["asset"]): one for one in found["disposals"]}
    assert by_key["s", "BTC"]["gain"] == "70"
    assert (by_key["s", "BNB"]["proceeds"], by_key["s", "BNB"]["gain"]) == ("30", "10")
    assert "the price of line 4" in found["warnings"][0]


def test_a_value_by_a_price_of_the_day_is_rounded_once(tmp_path):
    # 5 BTC at 7 were given for 6 BNB, so 3 BNB are half of 35; at a price a unit of 5.8333… they would not be.
    rows = [
        row("2024-03-31T00:00:00Z", "swap", "BTC", "5", "7", received_asset="BNB", received_quantity="6"),
        row("2024-03-31T16:00:00Z", "income", "BNB", "3"),
    ]

    assert report(tmp_path, rows)["totals"]["income"] == "17.5"


def test_an_average_starts_anew_after_everything_was_sold(tmp_path):
    rows = [
        row("2024-01-01", "buy", "ETH", "10", "100"),
        row("2024-01-02", "sell", "ETH", "10", "300"),
        row("2024-01-03", "buy", "ETH", "10", "300"),
    ]

    assert sum(D(lot["cost"]) for lot in report(tmp_path, rows, method="average")["lots"]) == 3000


@pytest.mark.parametrize(("method", "cost"), [("fifo", "2000"), ("average", "1500")])
def test_what_is_left_of_two_buys_by_fifo_and_by_average(tmp_path, method, cost):
    rows = [
        row("2024-01-01", "buy", "ETH", "10", "100"),
        row("2024-01-02", "buy", "ETH", "10", "200"),
        row("2024-01-03", "sell", "ETH", "10", "300"),
    ]

    assert sum(D(lot["cost"]) for lot in report(tmp_path, rows, method=method)["lots"]) == D(cost)


@pytest.mark.parametrize("method", ["fifo", "lifo", "hifo", "average", "s104"])
def test_an_oversell_is_a_shortfall_and_no_profit(tmp_path, method):
    # Of 3 sold at 150 only 1 was there: 150 less 100.
    rows = [
        row("2024-01-01", "buy", "ETH", "1", "100", wallet="w"),
        row("2024-01-02", "sell", "ETH", "3", "150", wallet="w", external_id="s"),
    ]

    found = report(tmp_path, rows, method=method)

    assert found["totals"]["gain"] == "50"
    assert found["shortfalls"] == [
        {"external_id": "s", "timestamp": "2024-01-02T00:00:00Z", "asset": "ETH", "wallet": "w", "quantity": "2"}
    ]
    assert found["is_complete"] is False
    assert "s: 2 ETH left “w”" in found["warnings"][-1]
    assert found["lots"] == []


def test_a_coin_that_comes_back_keeps_its_date_and_cost(tmp_path):
    rows = [
        row("2024-01-01", "buy", "BTC", "1", "100", wallet="exchange", external_id="E1"),
        row("2024-01-02", "buy", "BTC", "1", "200", wallet="cold", external_id="W"),
        row("2024-01-03", "buy", "BTC", "1", "300", wallet="exchange", external_id="E2"),
        row("2024-02-01", "transfer", "BTC", "2", wallet="exchange", to_wallet="cold"),
        row("2024-02-02", "transfer", "BTC", "1", wallet="cold", to_wallet="exchange"),
        row("2024-02-03", "sell", "BTC", "1", "400", wallet="exchange", external_id="s"),
    ]

    found = report(tmp_path, rows, scope="wallet")

    (match,) = found["disposals"][0]["matches"]
    assert (match["acquired_external_id"], match["acquired_at"]) == ("E1", "2024-01-01T00:00:00Z")
    assert {lot["acquired_external_id"]: lot["wallet"] for lot in found["lots"]} == {"W": "cold", "E2": "cold"}


WITH_NETWORK_FEE = [
    row("2024-01-01", "buy", "BTC", "1", "20000", wallet="a", external_id="b"),
    row("2024-02-01", "transfer", "BTC", "1", "30000", wallet="a", to_wallet="b", fee="0.001", external_id="t"),
]


def test_a_network_fee_is_a_disposal_at_its_value(tmp_path):
    # 0.001 at 30,000 is 30, of which 20 were cost.
    found = report(tmp_path, WITH_NETWORK_FEE, transfer_fee="disposal")

    (fee,) = found["disposals"]
    assert (fee["external_id"], fee["kind"], fee["quantity"], fee["gain"]) == ("t", "fee", "0.001", "10")
    assert [(lot["wallet"], lot["quantity"], lot["cost"]) for lot in found["lots"]] == [("b", "0.999", "19980")]


def test_a_network_fee_stays_in_the_cost_of_what_arrives(tmp_path):
    found = report(tmp_path, WITH_NETWORK_FEE, transfer_fee="basis")

    assert found["disposals"] == []
    assert [(lot["wallet"], lot["quantity"], lot["cost"]) for lot in found["lots"]] == [("b", "0.999", "20000")]


@pytest.mark.parametrize(
    ("bought", "sold", "term"),
    [
        ("2023-03-01", "2024-02-29", "short"),
        ("2023-03-01", "2024-03-01T23:59:59Z", "short"),  # the anniversary itself
        ("2023-03-01", "2024-03-02", "long"),
        ("2023-03-01T23:00:00Z", "2024-03-02T01:00:00Z", "long"),  # by dates, not by elapsed hours
        ("2024-02-29", "2025-02-28", "short"),
        ("2024-02-29", "2025-03-01", "long"),
    ],
)
@pytest.mark.parametrize("rule", ["us", "de"])
def test_a_year_is_over_after_its_anniversary(tmp_path, bought, sold, term, rule):
    rows = [row(bought, "buy", "BTC", "1", "100"), row(sold, "sell", "BTC", "1", "150")]

    found = report(tmp_path, rows, term=rule)

    assert found["disposals"][0]["matches"][0]["term"] == term
    assert found["totals"][term] == "50"


def test_dates_are_those_of_the_zone(tmp_path):
    # In New York the sale is still on the anniversary, 23:30 on the 1st of March; in UTC it is the day after.
    rows = [row("2023-03-01T12:00:00Z", "buy", "BTC", "1", "1"), row("2024-03-02T04:30:00Z", "sell", "BTC", "1", "2")]

    assert report(tmp_path, rows)["totals"]["long"] == "1"
    assert report(tmp_path, rows, zone="America/New_York")["totals"]["short"] == "1"


@pytest.mark.parametrize(("days", "term"), [("days:31", "short"), ("days:30", "long")])
def test_days_are_counted(tmp_path, days, term):
    rows = [row("2024-01-01", "buy", "BTC", "1", "1"), row("2024-02-01", "sell", "BTC", "1", "2")]

    assert report(tmp_path, rows, term=days)["disposals"][0]["matches"][0]["term"] == term


def test_without_terms_a_gain_is_in_neither(tmp_path):
    rows = [row("2024-01-01", "buy", "BTC", "1", "1"), row("2024-02-01", "sell", "BTC", "1", "2")]

    found = report(tmp_path, rows, term="none")["totals"]

    assert (found["gain"], found["short"], found["long"]) == ("1", "0", "0")


def test_a_reward_is_income_at_its_value_and_costs_that(tmp_path):
    # 37835729 × 334311229989 = 12648909099520476981; with 12 and 8 decimals, 0.12648909099520476981.
    rows = [
        row("2024-03-01", "income", "ETH", "0.000037835729", "3343.11229989", currency="EUR", external_id="r"),
    ]

    found = report(tmp_path, rows)

    exact = D("0.12648909099520476981")
    assert D(found["income"][0]["value"]) == D(found["totals"]["income"]) == exact
    assert round(exact, 5) == D("0.12649")
    assert D(found["lots"][0]["cost"]) == exact
    assert found["currency"] == "EUR"


def test_a_coin_for_a_coin_is_a_sale_and_a_purchase_at_one_value(tmp_path):
    # 2 ETH at 1,500 are worth 3,000: 1,000 more than they cost, and what the 0.1 BTC cost.
    rows = [
        row("2024-01-01", "buy", "ETH", "2", "1000"),
        row("2024-02-01", "swap", "ETH", "2", "1500", received_asset="BTC", received_quantity="0.1", external_id="x"),
    ]

    found = report(tmp_path, rows)

    assert [(one["asset"], one["proceeds"], one["gain"]) for one in found["disposals"]] == [("ETH", "3000", "1000")]
    assert [(lot["acquired_external_id"], lot["asset"], lot["cost"]) for lot in found["lots"]] == [("x", "BTC", "3000")]


def test_the_uk_matches_the_same_day_before_the_pool(tmp_path):
    # Pool of 10 at 100. On the day 4 are bought at 120 and 6 sold at 150: 4 from that day, 2 from the pool.
    rows = [
        row("2023-01-01", "buy", "ETH", "10", "100"),
        row("2024-05-01T08:00:00Z", "sell", "ETH", "6", "150"),
        row("2024-05-01T18:00:00Z", "buy", "ETH", "4", "120", external_id="later that day"),
    ]

    found = report(tmp_path, rows, method="s104")

    matches = found["disposals"][0]["matches"]
    assert [(one["rule"], one["quantity"], one["cost"]) for one in matches] == [
        ("same_day", "4", "480"),
        ("pool", "2", "200"),
    ]
    assert found["totals"]["gain"] == "220"
    assert [(lot["quantity"], lot["cost"]) for lot in found["lots"]] == [("8", "800")]


def test_the_uk_matches_the_thirty_days_after_before_the_pool(tmp_path):
    # HMRC CRYPTO22256 in small: 4,000 sold for 160,000, 500 bought back within 30 days for 17,500, the rest from a pool
    # of 14,000 at 200,000: 3,500 cost 50,000. Gain 160,000 − 17,500 − 50,000.
    rows = [
        row("2018-01-01", "buy", "TOK", "14000", currency="GBP", price="14.285714285714285714"),
        row("2018-08-30", "sell", "TOK", "4000", "40", currency="GBP"),
        row("2018-09-11", "buy", "TOK", "500", "35", currency="GBP", external_id="back"),
        row("2018-10-01", "buy", "TOK", "1", "99", currency="GBP"),  # 32 days after: too late
    ]

    found = report(tmp_path, rows, method="s104")

    matches = found["disposals"][0]["matches"]
    assert [(one["rule"], one["quantity"], one["acquired_external_id"]) for one in matches] == [
        ("thirty_days", "500", "back"),
        ("pool", "3500", None),
    ]
    assert round(D(found["totals"]["gain"]), 9) == D("92500")


@pytest.mark.parametrize(("bought_back", "rule"), [("2024-05-31", "thirty_days"), ("2024-06-01", "pool")])
def test_the_thirtieth_day_after_still_counts(tmp_path, bought_back, rule):
    rows = [
        row("2023-01-01", "buy", "ETH", "10", "100"),
        row("2024-05-01", "sell", "ETH", "1", "150"),
        row(bought_back, "buy", "ETH", "1", "120"),
    ]

    assert report(tmp_path, rows, method="s104")["disposals"][0]["matches"][0]["rule"] == rule


def test_the_uk_knows_no_wallets_and_says_so(tmp_path):
    rows = [
        row("2023-01-01", "buy", "ETH", "1", "100", wallet="a"),
        row("2024-01-01", "sell", "ETH", "1", "150", wallet="b"),
    ]

    asked, unasked = report(tmp_path, rows, method="s104", scope="wallet"), report(tmp_path, rows, method="s104")

    assert asked["totals"]["gain"] == unasked["totals"]["gain"] == "50"
    assert "all wallets are one pool" in asked["notes"][0]
    assert unasked["notes"] == []


def test_wallets_keep_to_their_own_lots_unless_the_portfolio_is_asked_for(tmp_path):
    rows = [
        row("2024-01-01", "buy", "BTC", "1", "100", wallet="a"),
        row("2024-01-02", "buy", "BTC", "1", "200", wallet="b"),
        row("2024-01-03", "sell", "BTC", "1", "300", wallet="b"),
    ]

    assert report(tmp_path, rows)["totals"]["gain"] == "100"
    assert report(tmp_path, rows, scope="portfolio")["totals"]["gain"] == "200"
    assert [lot["wallet"] for lot in report(tmp_path, rows, scope="portfolio")["lots"]] == [None]


def test_within_one_instant_what_comes_in_is_there_for_what_leaves(tmp_path):
    rows = [row("2024-01-01", "sell", "BTC", "1", "150"), row("2024-01-01", "buy", "BTC", "1", "100")]

    found = report(tmp_path, rows)

    assert found["totals"]["gain"] == "50"
    assert found["shortfalls"] == []


def test_the_order_of_rows_of_different_instants_decides_nothing(tmp_path):
    rows = [
        row("2024-01-03", "sell", "ETH", "1", "300", external_id="s2"),
        row("2024-01-01", "buy", "ETH", "2", "100", external_id="b"),
        row("2024-01-02", "sell", "ETH", "1", "200", external_id="s1"),
    ]

    found, turned = report(tmp_path, rows), report(tmp_path, rows[::-1])

    assert found == turned
    assert [one["external_id"] for one in found["disposals"]] == ["s1", "s2"]
    assert found["totals"]["gain"] == "300"


def test_a_backdated_row_gives_what_it_would_have_given_at_once(tmp_path):
    rows = [
        row("2024-01-01", "buy", "BTC", "1", "100", external_id="b1"),
        row("2024-03-01", "sell", "BTC", "1", "300", external_id="s"),
    ]
    late = row("2023-12-01", "buy", "BTC", "1", "50", external_id="b0")

    assert report(tmp_path, [*rows, late]) == report(tmp_path, [late, *rows])
    assert report(tmp_path, [*rows, late])["disposals"][0]["matches"][0]["acquired_external_id"] == "b0"
