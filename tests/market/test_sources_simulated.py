"""The simulated market: the same for ever, and as rough as a real one."""

from datetime import date, timedelta
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings as hypothesis_settings, strategies as st

from market.sources.base import SourceProblem
from market.sources.simulated import DEFAULT_ANCHOR, DEFAULT_SEED, SimulatedSource, simulate
from market.sources.simulated_assets import COINS, COLLAPSE, DEPEG

DAYS = 1826
END = DEFAULT_ANCHOR + timedelta(days=DAYS - 1)
IDS = [coin.id for coin in COINS]
REAL_TICKERS = {
    "BTC", "ETH", "SOL", "ADA", "XRP", "DOGE", "DOT", "AVAX", "LTC", "BCH", "XLM", "ATOM", "NEAR", "ICP", "TRX",
    "SUI", "APT", "UNI", "AAVE", "MKR", "LDO", "CRV", "SNX", "COMP", "DYDX", "GMX", "SHIB", "PEPE", "WIF", "BONK",
    "LINK", "FIL", "GRT", "BNB", "CRO", "USDT", "USDC", "DAI", "UST", "WBTC", "STETH", "XMR", "ZEC", "DASH",
    "SBTC", "SETH", "SUSD", "SAND", "STRK",
}  # fmt: skip


def column(symbol):
    return next(place for place, coin in enumerate(COINS) if coin.symbol == symbol)


def every_row(*, end, anchor=DEFAULT_ANCHOR, seed=DEFAULT_SEED):
    """Return all rows of a market from its anchor to the end."""
    source = SimulatedSource(anchor=anchor, seed=seed)
    return list(source.fetch_prices([coin.id for coin in COINS], anchor, end))


@pytest.fixture(scope="module")
def market():
    """Return five years of the default market as rows."""
    return every_row(end=END)


@pytest.fixture(scope="module")
def panel():
    """Return the same as arrays."""
    return simulate(seed=DEFAULT_SEED, days=DAYS)


@pytest.fixture(scope="module")
def returns(panel):
    """Return simple returns, NaN around missing days."""
    return panel.closes[1:] / panel.closes[:-1] - 1


def closes_of(market, symbol):
    return {row.day: row.close for row in market if row.symbol == symbol}


def test_there_are_sixty_assets_with_ids_symbols_and_names_of_their_own():
    assets = list(SimulatedSource().list_assets())

    assert len(assets) == 60
    assert len({asset.id for asset in assets}) == 60
    assert len({asset.symbol.upper() for asset in assets}) == 60
    assert len({asset.name for asset in assets}) == 60


def test_no_asset_can_be_taken_for_a_real_one():
    for asset in SimulatedSource().list_assets():
        assert asset.id.startswith("sim-")
        assert asset.name.endswith("(simulated)")
        assert asset.symbol.startswith("s")
        assert not {asset.symbol.upper(), asset.symbol[1:]} & REAL_TICKERS
    assert SimulatedSource().simulated
    assert SimulatedSource().name == "simulated"


def test_sectors_have_enough_assets_for_the_presets():
    by_sector = [asset.sector for asset in SimulatedSource().list_assets()]

    assert by_sector.count("layer1") >= 12
    assert by_sector.count("defi") >= 10
    assert by_sector.count("memecoin") >= 7
    assert by_sector.count("stablecoin") == 3
    assert by_sector.count("wrapped") == 2
    assert {"payments", "exchange", "privacy", "layer2", "ai", "gaming", "rwa", "infrastructure"} <= set(by_sector)


def test_what_only_follows_another_price_is_pegged_and_not_eligible():
    for asset in SimulatedSource().list_assets():
        follows = asset.sector in {"stablecoin", "wrapped"}
        assert asset.is_pegged == follows
        assert asset.is_eligible != follows
        assert asset.is_stable == (asset.token_type == "stablecoin")


@pytest.mark.parametrize(
    ("day", "symbol", "close"),
    [
        (date(2021, 11, 22), "sAUR", "22062.167"),
        (date(2023, 7, 27), "sKRK", "0.034625505"),
        (date(2024, 5, 10), "sTLT", "0.88079038"),
        (date(2026, 11, 20), "sAUR", "94714.952"),
        (date(2026, 11, 20), "sCRP", "0.0000037108911"),
    ],
)
def test_the_default_market_is_the_same_on_every_machine(market, day, symbol, close):
    assert closes_of(market, symbol)[day] == Decimal(close)


@hypothesis_settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32), days=st.integers(1, 1000), more=st.integers(1, 60))
def test_a_later_end_only_adds_days(seed, days, more):
    short, long = simulate(seed=seed, days=days), simulate(seed=seed, days=days + more)

    for before, after in zip(short, long, strict=True):
        np.testing.assert_array_equal(before, after[:days])


def test_a_night_adds_one_day_to_the_same_rows(market):
    source = SimulatedSource()

    tonight = list(source.fetch_prices(IDS, END, END))
    before = list(source.fetch_prices(IDS, DEFAULT_ANCHOR, END - timedelta(days=1)))

    assert before + tonight == market


def test_another_seed_is_another_market(market):
    other = every_row(seed=DEFAULT_SEED + 1, end=DEFAULT_ANCHOR)

    assert other[0].asset_id == market[0].asset_id
    assert every_row(seed=1, end=END)[-1].close != market[-1].close


def test_another_anchor_moves_the_same_history(market):
    later = DEFAULT_ANCHOR + timedelta(days=400)

    rows = every_row(anchor=later, end=later + timedelta(days=30))

    assert [row.close for row in rows] == [row.close for row in market[: len(rows)]]
    assert rows[0].day == later


def test_rows_come_day_by_day_and_once_an_asset_and_day(market):
    keys = [(row.day, row.asset_id) for row in market]

    assert [day for day, _ in keys] == sorted(day for day, _ in keys)
    assert len(set(keys)) == len(keys) > 100_000


def test_only_the_assets_asked_for_come():
    rows = list(SimulatedSource().fetch_prices(["sim-aurum"], END - timedelta(days=2), END))

    assert [(row.asset_id, row.day) for row in rows] == [
        ("sim-aurum", END - timedelta(days=days)) for days in (2, 1, 0)
    ]


def test_an_unknown_asset_is_reported_not_invented(caplog):
    problems: list[SourceProblem] = []

    rows = list(SimulatedSource().fetch_prices(["bitcoin"], END, END, report=problems.append))
    list(SimulatedSource().fetch_prices(["ether"], END, END))

    assert rows == []
    assert [(problem.asset_id, problem.day) for problem in problems] == [("bitcoin", None)]
    assert "asset ether, day all: The simulated market has no such asset." in caplog.text


def test_there_is_nothing_before_the_anchor():
    rows = list(SimulatedSource().fetch_prices(IDS, date(2000, 1, 1), DEFAULT_ANCHOR))

    assert {row.day for row in rows} == {DEFAULT_ANCHOR}
    assert every_row(end=DEFAULT_ANCHOR - timedelta(days=1)) == []


@pytest.mark.parametrize("seed", [DEFAULT_SEED, 1, 41])
def test_every_number_is_positive_and_fits_the_columns(seed):
    for row in every_row(seed=seed, end=END):
        assert row.close > 0
        assert row.close == round(row.close, 18)
        assert len(row.close.as_tuple().digits) <= 8
        assert row.volume is not None
        assert 0 <= row.volume < 10**14
        if row.market_cap is not None:
            assert 1 <= row.market_cap < 10**14
            assert row.market_cap == int(row.market_cap)


@pytest.mark.parametrize("seed", [DEFAULT_SEED, 2, 41, 20260101])
def test_no_seed_lets_the_largest_coin_explode_or_die(seed):
    closes = simulate(seed=seed, days=DAYS).closes[:, 0]

    assert 0.02 < closes[-1] / closes[0] < 100


def test_the_default_five_years_hold_a_bull_market_a_crash_and_a_recovery(panel):
    level = panel.closes[:, column("sAUR")]
    fall = level / np.maximum.accumulate(level) - 1
    bottom = int(fall.argmin())
    top = int(level[:bottom].argmax())

    assert level[top] / level[0] > 1.8
    assert -0.7 < fall[bottom] < -0.5
    assert level[bottom:].max() > 1.2 * level[top]


def test_the_largest_coin_moves_as_much_as_such_coins_do(returns):
    volatility = np.std(returns[:, column("sAUR")], ddof=1) * 365**0.5

    assert 0.45 < volatility < 0.8


def test_tails_are_fat(returns):
    for symbol in ("sAUR", "sMRD", "sBRS", "sWFL"):
        own = returns[:, column(symbol)]
        scaled = (own - own.mean()) / own.std()
        assert (scaled**4).mean() > 4.5  # a normal distribution has 3


def test_volatility_comes_in_regimes(returns):
    own = returns[:, column("sAUR")]
    calm, wild = np.quantile([own[day : day + 60].std() for day in range(0, len(own) - 60, 30)], [0.1, 0.9])

    assert wild > 1.4 * calm


def test_assets_move_together_and_those_of_a_sector_more(returns):
    of = {symbol: returns[:, column(symbol)] for symbol in ("sAUR", "sMRD", "sLMB", "sTNT", "sWFL", "sUSL", "sWAU")}

    def correlation(one, other):
        return np.corrcoef(of[one], of[other])[0, 1]

    assert 0.5 < correlation("sAUR", "sMRD") < 0.9
    assert correlation("sLMB", "sTNT") > correlation("sWFL", "sTNT") > 0.2
    assert abs(correlation("sAUR", "sUSL")) < 0.15
    assert correlation("sAUR", "sWAU") > 0.99


def test_a_coin_dies_within_days_and_then_has_no_price(market):
    closes = closes_of(market, "sKRK")
    fell = DEFAULT_ANCHOR + timedelta(days=COLLAPSE)

    assert closes[fell + timedelta(days=3)] < closes[fell - timedelta(days=1)] / 500
    assert max(closes) == fell + timedelta(days=85)
    assert max(closes[day] for day in closes if day > fell + timedelta(days=20)) < 1


def test_a_stablecoin_leaves_its_peg_for_days_and_returns(market):
    closes = closes_of(market, "sTLT")
    left = DEFAULT_ANCHOR + timedelta(days=DEPEG)

    assert Decimal("0.86") < closes[left + timedelta(days=1)] < Decimal("0.90")
    assert abs(closes[left + timedelta(days=12)] - 1) < Decimal("0.01")
    others = [close for day, close in closes.items() if not left <= day <= left + timedelta(days=6)]
    assert max(abs(close - 1) for close in others) < Decimal("0.02")


@pytest.mark.parametrize("symbol", ["sUSP", "sUSL"])
def test_other_stablecoins_keep_their_peg(market, symbol):
    assert max(abs(close - 1) for close in closes_of(market, symbol).values()) < Decimal("0.01")


@pytest.mark.parametrize(("symbol", "parent"), [("sWAU", "sAUR"), ("sSTM", "sMRD")])
def test_wrapped_assets_follow_their_parent(market, symbol, parent):
    wrapped, followed = closes_of(market, symbol), closes_of(market, parent)

    assert max(abs(wrapped[day] / followed[day] - 1) for day in wrapped) < Decimal("0.03")


def test_some_assets_are_listed_years_after_the_first(market):
    listed: dict[str, int] = {}
    for row in market:
        listed.setdefault(row.symbol, (row.day - DEFAULT_ANCHOR).days)

    assert listed["sAUR"] == 0
    assert sum(days > 300 for days in listed.values()) >= 6
    assert max(listed.values()) == 860


def test_some_days_are_missing_in_some_assets(market):
    def missing(symbol):
        days = closes_of(market, symbol)
        return (max(days) - min(days)).days + 1 - len(days)

    assert missing("sLGN") == 4  # the longer outage
    assert missing("sCND") == 3
    assert missing("sAUR") == missing("sMRD") == 0
    assert 1 <= missing("sCUP") <= 20


def test_market_caps_are_unknown_in_the_first_months_of_a_few(market):
    unknown: dict[str, int] = {}
    for row in market:
        if row.market_cap is None:
            unknown[row.symbol] = unknown.get(row.symbol, 0) + 1

    assert unknown == {"sGLC": 75, "sTNT": 110, "sATL": 40, "sMZZ": 60, "sANN": 30}


def test_sizes_and_liquidity_are_plausible_and_a_few_assets_are_illiquid(panel):
    caps, volumes = panel.caps[-1], panel.volumes[-90:]
    eligible = [place for place, coin in enumerate(COINS) if not coin.pegged and coin.last is None]
    liquid = [place for place in eligible if np.nanmedian(volumes[:, place]) > 5e6]

    assert 5e11 < np.nanmax(caps) < 5e12
    assert np.nanmin(caps[eligible]) < 5e8
    assert 45 <= len(liquid) < len(eligible)
