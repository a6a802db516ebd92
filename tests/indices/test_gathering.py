"""What is gathered for the nightly look at volatility is, of all that a review gathers, what that look needs."""

import random
from datetime import timedelta

import pytest

from indices.calc.exposure import volatility_exposure
from indices.calc.inputs import ReviewKind
from indices.services import run_window
from indices.services.gathering import Gatherer, cutoff_of, lookback_of
from indices.services.market_nights import MarketNights
from indices.services.state import IndexState
from tests.indices.factories import AT, FIRST, make_coin, make_index, make_rules, price_days

pytestmark = pytest.mark.django_db

DAYS = 40


@pytest.mark.parametrize(
    "rules",
    [
        {"vol_target": "0.4", "vol_deadband": "0.05"},
        {"vol_high": "0.6", "vol_low": "0.4", "vol_exposure": "0.2"},
        {"scheme": "inverse_volatility", "vol_target": "0.3"},
    ],
)
def test_the_short_way_to_the_exposure_is_the_long_one(rules):
    rng = random.Random(5)
    for place, name in enumerate(("a", "b", "c", "d")):
        close, closes = 100.0, []
        for _ in range(100 + DAYS):
            close *= 1 + rng.gauss(0, 0.06 + 0.02 * place)
            closes.append(f"{close:.6f}")
        # A gap is a close that nobody knows, on either way.
        price_days(make_coin(name), FIRST - timedelta(days=100), [*closes[:60], None, *closes[61:]], supply=9 - place)
    price_days(make_coin("s", sector="stablecoin"), FIRST - timedelta(days=100), ["1"] * (100 + DAYS))
    read = make_rules(**rules, sleeve=["s"], cooldown_days=1, max_triggers=9)
    index = make_index(read)
    last = FIRST + timedelta(days=DAYS - 1)
    assert run_window(start=FIRST, end=last, at=AT).problems == []
    market = MarketNights(simulated=False, first=FIRST, end=last, lookback=lookback_of([read]))
    gatherer = Gatherer(index=index, market=market, state=IndexState.load(index=index, first=FIRST, end=last))

    exposures = set()
    for offset in range(DAYS - 8, DAYS):
        cutoff = cutoff_of(day=FIRST + timedelta(days=offset), at=AT)
        short = gatherer.for_volatility(read, cutoff)
        long = gatherer.gather(ReviewKind.TRIGGER, read, cutoff, trigger="volatility")
        assert short.base == long.base
        assert short.volatility_exposure == long.volatility_exposure
        assert volatility_exposure(short.base, short) == volatility_exposure(long.base, long)
        exposures.add(volatility_exposure(short.base, short))

    assert min(exposures) < 1
