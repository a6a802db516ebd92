"""CoinGecko's answers: exact when they are good, unknown and reported when they are not."""

from datetime import date
from decimal import Decimal

import pytest

from market.sources.base import BadSourceDataError, SourceUnavailableError
from market.sources.coingecko import CoinGeckoSource
from tests.market.provider import BITCOIN, FIRST, LAST, MARKETS, Answer, fetch, make_source, recorded


def test_the_snapshot_at_midnight_is_the_close_of_the_day_before_with_every_digit(provider):
    rows, problems = fetch(make_source(provider))

    assert [(row.day, row.close) for row in rows] == [
        (date(2026, 11, 16), Decimal("90000.12345678901")),
        (date(2026, 11, 17), Decimal("91500.5")),
        (date(2026, 11, 18), Decimal("0.000012345678901235")),  # 18 decimals, rounded half to even
        (date(2026, 11, 19), Decimal(92750)),
    ]
    assert rows[0].market_cap == Decimal("1795000000000.1234")
    assert rows[0].volume == Decimal("38000000000.5")
    assert (rows[0].asset_id, rows[0].symbol, rows[0].name) == ("bitcoin", "BTC", "Bitcoin")
    assert problems == []


def test_the_point_of_this_very_minute_is_no_close(provider):
    rows, _ = fetch(make_source(provider), end=date(2026, 11, 20))

    assert rows[-1].day == date(2026, 11, 19)
    assert Decimal("91234.51") not in {row.close for row in rows}


def test_only_the_days_asked_for_come(provider):
    rows, _ = fetch(make_source(provider), start=date(2026, 11, 17), end=date(2026, 11, 17))

    assert [row.day for row in rows] == [date(2026, 11, 17)]


def test_a_volume_of_zero_is_known_to_be_zero(provider):
    rows, _ = fetch(make_source(provider), start=date(2026, 11, 18), end=date(2026, 11, 18))

    assert rows[0].volume == 0


def test_the_questions_are_those_of_the_api_and_carry_the_key(provider):
    fetch(make_source(provider, api_key="CG-secret"))

    assert provider.asked == [
        "/api/v3/coins/markets?vs_currency=usd&per_page=250&ids=bitcoin",
        "/api/v3/coins/bitcoin/market_chart?vs_currency=usd&days=5&interval=daily",
    ]
    assert provider.keys == ["CG-secret", "CG-secret"]


def test_without_a_key_no_key_is_sent(provider):
    fetch(make_source(provider))

    assert provider.keys == [None, None]


def test_assets_come_with_symbol_and_name_and_without_what_the_provider_does_not_say(provider):
    assets = list(make_source(provider).list_assets())

    assert [(asset.id, asset.symbol, asset.name) for asset in assets] == [
        ("bitcoin", "BTC", "Bitcoin"),
        ("shiba-inu", "SHIB", "Shiba Inu"),
    ]
    assert assets[0].sector == ""
    assert assets[0].launch_year is None


@pytest.mark.parametrize(
    "body",
    [
        b"[]",
        b"null",
        b'{"prices": null}',
        b'{"prices": [1, 2]}',
        b'{"prices": [["soon", 1]]}',
        b'{"prices": [[Infinity, 1]]}',
        b'{"prices": [[8640000000000000000000, 1]]}',
    ],
)
def test_a_chart_of_another_shape_is_told(provider, body):
    provider.answers[BITCOIN] = [Answer(body)]

    with pytest.raises(BadSourceDataError, match="no list of points under 'prices'"):
        fetch(make_source(provider))


@pytest.mark.parametrize("body", [b'{"status": 1}', b"[1]", b'[{"id": "bitcoin"}]', b"null"])
def test_a_list_of_assets_of_another_shape_is_told(provider, body):
    provider.answers[MARKETS] = [Answer(body)]

    with pytest.raises(BadSourceDataError, match="did not answer with a list of id, symbol and name"):
        fetch(make_source(provider))


def test_an_empty_chart_gives_no_row_and_one_problem(provider):
    provider.answers[BITCOIN] = [Answer(b'{"prices": [], "market_caps": [], "total_volumes": []}')]

    rows, problems = fetch(make_source(provider))

    assert rows == []
    assert [problem.message for problem in problems] == [
        "CoinGecko has no daily price between 2026-11-16 and 2026-11-19."
    ]


def test_zero_negative_nan_missing_huge_and_contradicting_prices_become_unknown_and_are_reported(provider):
    provider.answers[BITCOIN] = [Answer(recorded("coingecko_chart_dirty"))]

    rows, problems = fetch(make_source(provider), start=date(2026, 11, 12))

    assert [(row.day.day, row.close, row.market_cap, row.volume) for row in rows] == [
        (19, Decimal("92750.5"), None, None)
    ]
    said = {(problem.day.day, problem.message.split(";")[0]) for problem in problems}
    assert said == {
        (12, "price from CoinGecko: zero (0)"),
        (13, "price from CoinGecko: no usable number (-4.5)"),
        (14, "price from CoinGecko: no usable number (NaN)"),
        (15, "price from CoinGecko: no usable number (None)"),
        (16, "price from CoinGecko: no usable number (1E+400)"),
        (17, "price from CoinGecko: different numbers for one day (90000, 95000)"),
        (18, "price from CoinGecko: zero (1E-19)"),
        (19, "market cap from CoinGecko: zero (0)"),
        (19, "volume from CoinGecko: no usable number (-1)"),
    }


def test_true_is_not_the_number_one(provider):
    provider.answers[BITCOIN] = [
        Answer(recorded("coingecko_chart").replace(b"90000.12345678901", b"true").replace(b"91500.5", b'"91500.5"'))
    ]

    rows, problems = fetch(make_source(provider))

    assert [row.day.day for row in rows] == [18, 19]
    assert len(problems) == 2


def test_a_day_told_twice_alike_counts_once(provider):
    twice = recorded("coingecko_chart").replace(b"91500.5]", b"91500.5], [1794960000000, 91500.5]")
    provider.answers[BITCOIN] = [Answer(twice)]

    rows, problems = fetch(make_source(provider))

    assert [row.day.day for row in rows] == [16, 17, 18, 19]
    assert problems == []


def test_a_missing_market_cap_leaves_the_price_alone(provider):
    provider.answers[BITCOIN] = [
        Answer(b'{"prices": [[1795132800000, 92750]], "market_caps": [], "total_volumes": [[1795132800000, 5]]}')
    ]

    rows, problems = fetch(make_source(provider))

    assert [(row.close, row.market_cap, row.volume) for row in rows] == [(Decimal(92750), None, Decimal(5))]
    assert [problem.day for problem in problems] == [date(2026, 11, 19)]


def test_one_bad_asset_does_not_cost_the_others(provider):
    provider.answers["/api/v3/coins/shiba-inu/market_chart"] = [Answer(status=404)]

    rows, problems = fetch(make_source(provider), "shiba-inu", "bitcoin")

    assert {row.asset_id for row in rows} == {"bitcoin"}
    assert [problem.asset_id for problem in problems] == ["shiba-inu"]
    assert "answered 404" in problems[0].message


@pytest.mark.parametrize("asset_id", ["no-such-coin", "../ping", "a/b", ".", "", "x" * 81, "bit coin"])
def test_an_unknown_or_twisted_id_is_reported_and_never_becomes_a_path(provider, asset_id):
    rows, problems = fetch(make_source(provider), "bitcoin", asset_id)

    assert {row.asset_id for row in rows} == {"bitcoin"}
    assert [problem.asset_id for problem in problems] == [asset_id]
    assert len(provider.asked) == 2


def test_nothing_but_unknown_ids_is_an_error(provider):
    with pytest.raises(BadSourceDataError, match="knows none of the assets"):
        fetch(make_source(provider), "no-such-coin")


def test_no_assets_asked_for_is_no_call(provider):
    assert list(make_source(provider).fetch_prices([], FIRST, LAST)) == []
    assert provider.asked == []


def test_history_reaches_back_365_days(provider):
    rows, _ = fetch(make_source(provider), start=date(2025, 11, 20))

    assert len(rows) == 4
    assert "days=365&" in provider.asked[-1]


def test_older_history_is_refused_with_the_first_day_that_can_be_asked_for(provider):
    with pytest.raises(SourceUnavailableError, match=r"366 days back\. Ask from 2025-11-20 on"):
        fetch(make_source(provider), start=date(2025, 11, 19))

    assert provider.asked == []


def test_the_limit_of_history_moves_with_the_clock_of_the_machine(provider):
    source = CoinGeckoSource(base_url=provider.url)

    with pytest.raises(SourceUnavailableError, match="reaches back 365 days"):
        fetch(source, start=date(2020, 1, 1))
