"""Nothing that was recorded after a cut-off can be seen in what came of it."""

from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta
from decimal import Decimal
from math import sin

import pytest

from indices.models import Ballot, Holding, Index, Level, Rebalance, Review, ReviewLine, Signal, Vote
from indices.services import run_window
from market.models import Asset, Classification, DailyPrice, DueDiligence, close_of
from tests.factories import make_price, make_user
from tests.indices.factories import AT, FIRST, NEXT, make_coin, make_index, make_rules, price_days, price_flat

pytestmark = pytest.mark.django_db

EVE = FIRST - timedelta(days=1)


def outcome(index: Index) -> list[list[tuple[object, ...]]]:
    """Return everything that a replay leaves behind."""
    lines = ReviewLine.objects.filter(review__index=index).order_by("review__cutoff_day", "asset")
    held = Holding.objects.filter(rebalance__index=index).order_by("rebalance__effective_day", "asset")
    return [
        list(lines.values_list("asset", "market_cap", "weight", "reason")),
        list(held.values_list("asset", "units", "weight")),
        list(Level.objects.filter(index=index).order_by("day").values_list("day", "gross", "status")),
    ]


def make_market():
    """Price four coins for two months."""
    coins = {make_coin(name): close for name, close in (("a", "100"), ("b", "50"), ("c", "10"), ("d", "9"))}
    price_flat(coins, EVE - timedelta(days=100), NEXT + timedelta(days=5))
    return {asset.id: asset for asset in coins}


def revise(asset, day: date, hours_after_close: int, **fields):
    """Append a revision, recorded some hours after the close."""
    instant = close_of(day) + timedelta(hours=hours_after_close)
    old = DailyPrice.objects.current().get(asset=asset, day=day)
    old.superseded_at = instant
    old.save()
    return make_price(asset, day, old.close, recorded_at=instant, **fields)


def test_rows_recorded_after_a_cutoff_change_nothing():
    market = make_market()
    before, afterwards = make_index(slug="before"), make_index(slug="afterwards", status="draft")
    run_window(start=FIRST, end=NEXT + timedelta(days=5), at=AT)
    Index.objects.filter(slug="afterwards").update(status="active")

    for cutoff in (EVE, NEXT - timedelta(days=1)):
        revise(market["d"], cutoff, 25, market_cap=Decimal(10) ** 12)
        revise(market["a"], cutoff, 30, market_cap=None, volume=None)
    late = make_coin("late")
    for offset in range(140):
        day = EVE - timedelta(days=100) + timedelta(days=offset)
        recorded = close_of(NEXT) + timedelta(days=30)
        make_price(late, day, "1000", market_cap=Decimal(10) ** 12, recorded_at=recorded)
    run_window(start=FIRST, end=NEXT + timedelta(days=5), at=AT)

    assert [len(rows) for rows in outcome(before)] == [8, 6, 37]
    assert outcome(afterwards) == outcome(before)


def test_a_revision_recorded_before_the_cutoff_instant_counts():
    market = make_market()
    revise(market["d"], EVE, 20, market_cap=Decimal(10) ** 12)
    make_index(make_rules(count=1, enter=1, keep=1, min_count=1))

    run_window(start=FIRST, end=FIRST, at=AT)

    assert Holding.objects.get().asset_id == "d"


def test_a_night_that_runs_early_knows_only_what_was_there():
    market = make_market()
    revise(market["d"], EVE, 20, market_cap=Decimal(10) ** 12)
    make_index(make_rules(count=1, enter=1, keep=1, min_count=1))

    run_window(start=FIRST, end=FIRST, at=close_of(EVE) + timedelta(hours=19))

    assert Holding.objects.get().asset_id == "a"


MARCH = date(2023, 3, 1)
END = MARCH + timedelta(days=4)
START = FIRST - timedelta(days=160)
CUTOFFS = (EVE, NEXT - timedelta(days=1), MARCH - timedelta(days=1))
LATE = AT - timedelta(days=30)
COINS = ("bitcoin", "c1", "c2", "c3", "c4", "c5", "young")
Decided = dict[str, list[tuple[object, ...]]]
STABLES = ("s1", "s2")
SLEEVE = {"sleeve": list(STABLES), "trend_fast": 5, "trend_slow": 20, "signal_hold": 2}
RULE_SETS = {
    "market cap, capped": {"cap": "0.4", "floor": "0.05", "turnover_limit": "0.2"},
    "drift bands": {"band_relative": "0.1", "cooldown_days": 3, "max_triggers": 4},
    "equal risk, volatility target": SLEEVE
    | {"scheme": "equal_risk", "risk_days": 60, "cap": "0.5", "vol_target": "0.3", "vol_deadband": "0.05"}
    | {"cooldown_days": 3, "max_triggers": 4},
    "votes": {"rank_by": "votes", "scheme": "votes", "quorum": 3},
    "momentum, tilted": {"rank_by": "momentum", "rank_days": 30, "tilt": "momentum", "tilt_strength": "0.5"},
    "trend gate and signals": SLEEVE | {"gate": "trend", "signals": "trend"},
    "recorded gate and signals": SLEEVE | {"gate": "recorded", "signals": "recorded"},
    "due diligence, a streak": {"diligence_enter": "3", "diligence_stay": "2.5", "streak": 2},
}


@pytest.fixture
def lively_market():
    """Price coins that sway against each other, one of them too young for the first review, and two stablecoins."""
    rows = []
    for place, name in enumerate((*COINS, *STABLES)):
        is_stable = name in STABLES
        asset = make_coin(name, is_stable=is_stable, sector="stablecoin" if is_stable else "layer1")
        first = FIRST - timedelta(days=100) if name == "young" else START
        for offset in range((END - first).days + 1):
            sway = 0.0 if is_stable else 0.3 * sin(offset / (4 + place)) + 0.05 * sin(offset * (1.3 + place / 7))
            close = round(Decimal(1 + sway), 6)
            day = first + timedelta(days=offset)
            rows.append(price_row(asset.id, day, close, market_cap=close * (9 - place) * 10**6, at=close_of(day)))
    DailyPrice.objects.bulk_create(rows)
    reviewer = make_user(email="reviewer@example.com")
    for place, name in enumerate(COINS):
        diligence(name, FIRST - timedelta(days=50), 2 + place % 4, reviewer, at=close_of(FIRST - timedelta(days=50)))
        signal(name, FIRST - timedelta(days=20 + place), ("bull", "neutral", "bear")[place % 3])
    signal(None, FIRST - timedelta(days=20), "bull")
    signal(None, NEXT - timedelta(days=20), "neutral")


def price_row(asset_id: str, day: date, close: Decimal, *, market_cap: Decimal, at) -> DailyPrice:
    """Return an unsaved price of which twenty millions were traded."""
    return DailyPrice(
        asset_id=asset_id,
        day=day,
        close=close,
        market_cap=market_cap,
        volume=20_000_000,
        source="test",
        recorded_at=at,
    )


def diligence(asset_id: str, day: date, score: int, reviewer, *, at) -> DueDiligence:
    """Give an asset the same score in every aspect."""
    scores = dict.fromkeys(DueDiligence.ASPECTS, score)
    return DueDiligence.objects.create(
        asset_id=asset_id, reviewed_on=day, reviewer=reviewer, evidence="A test.", recorded_at=at, **scores
    )


def signal(asset_id: str | None, day: date, value: str, *, at=None) -> Signal:
    """Record a signal of an asset, or of the market, at its close or later."""
    return Signal.objects.create(
        asset_id=asset_id, day=day, value=value, source="test", recorded_at=at or close_of(day)
    )


def make_voted_index(rules, **overrides) -> Index:
    """Make an index with a ballot before each cut-off, at which three people choose three coins."""
    index = make_index(rules, **overrides)
    for turn, cutoff in enumerate(CUTOFFS):
        ballot = Ballot.objects.create(
            index=index,
            cutoff_day=cutoff,
            opens_at=close_of(cutoff - timedelta(days=7)),
            closes_at=close_of(cutoff),
            quorum=3,
        )
        for voter in range(3):
            vote(ballot, f"voter-{voter}", COINS[(turn + voter) % 4], at=close_of(cutoff - timedelta(days=1)))
    return index


def vote(ballot: Ballot, name: str, asset_id: str, *, at) -> Vote:
    """Cast a vote."""
    user = make_user(email=f"{name}.{ballot.index.slug}.{ballot.cutoff_day}@example.com")
    return Vote.objects.create(ballot=ballot, user=user, asset_id=asset_id, cast_at=at)


def decided(index: Index) -> Decided:
    """Return all that came of the reviews of an index: lines, weights, digests, and the levels at which they took."""
    lines = ReviewLine.objects.filter(review__index=index).order_by("review__cutoff_day", "asset")
    reviews = Review.objects.filter(index=index).order_by("cutoff_day")
    baskets = Rebalance.objects.filter(index=index).order_by("effective_day")
    held = Holding.objects.filter(rebalance__index=index).order_by("rebalance__effective_day", "asset")
    taken = Level.objects.filter(index=index, day__in=baskets.values("effective_day")).order_by("day")
    figures = ("rank", "market_cap", "median_volume", "age_days", "metrics", "is_incumbent", "reason", "detail")
    weights = ("raw_weight", "base_weight", "weight")
    return {
        "lines": list(lines.values_list("review__cutoff_day", "asset", "is_sleeve", *figures, *weights)),
        "reviews": list(reviews.values_list("cutoff_day", "kind", "status", "reason", "exposure", "snapshot_hash")),
        "baskets": list(baskets.values_list("effective_day", "turnover", "cost", "theta", "net_factor")),
        "digests": list(baskets.values_list("run_hash", "result_hash", "prev_hash")),
        "held": list(held.values_list("asset", "units", "weight", "price")),
        "levels": list(taken.values_list("day", "gross", "net", "status")),
    }


def revise_everything(effective_days: Iterable[date]) -> None:
    """Record late, for every price there is: caps a thousand times as large, nothing traded, and another close.

    Closes of effective days stay: units are fixed at them, whatever was known at the cut-off before.
    """
    effective = set(effective_days)
    old = list(DailyPrice.objects.all())
    DailyPrice.objects.update(superseded_at=LATE)
    DailyPrice.objects.bulk_create(
        DailyPrice(
            asset_id=price.asset_id,
            day=price.day,
            close=price.close if price.day in effective else price.close * (2 + price.day.day % 3),
            market_cap=(price.market_cap or 1) * 1000 * (1 + price.day.day % 5),
            volume=0,
            source="late",
            recorded_at=LATE,
        )
        for price in old
    )


def tell_more(known_from: Callable[[date], datetime]) -> None:
    """Record, for days of the past: coins nobody knew, earlier days, other scores, signals and votes.

    `known_from` gives the instant at which what concerns a day is recorded. What classifies anew holds from later on.
    """
    far = START - timedelta(days=400)
    for name, first, days in (("unheard-of", START, 300), ("long-gone", far, 30), ("young", far, 200)):
        asset = Asset.objects.filter(pk=name).first() or make_coin(name)
        taken = set(DailyPrice.objects.filter(asset=asset).values_list("day", flat=True))
        span = {first + timedelta(days=offset) for offset in range(days)} - taken
        DailyPrice.objects.bulk_create(
            price_row(name, day, Decimal(3), market_cap=Decimal(10) ** 12, at=known_from(day)) for day in span
        )
    reviewer = make_user(email="late@example.com")
    for name in COINS:
        day = FIRST - timedelta(days=40)
        diligence(name, day, 1 if name < "c3" else 5, reviewer, at=known_from(day))
        for days in (5, -20, -50):
            day = FIRST - timedelta(days=days)
            signal(name, day, "bear" if name < "c3" else "bull", at=known_from(day))
    for day in (FIRST - timedelta(days=5), MARCH - timedelta(days=9)):
        signal(None, day, "bear", at=known_from(day))
    for ballot in Ballot.objects.all():
        for voter in range(9):
            vote(ballot, f"late-{voter}", "c5", at=known_from(ballot.cutoff_day - timedelta(days=1)))
    Classification.objects.update(valid_to=END + timedelta(days=1))
    for name in COINS:
        Classification.objects.create(
            asset_id=name, valid_from=END + timedelta(days=1), sector="stablecoin", token_type="stablecoin"
        )


def run_twice(overrides: dict[str, object], change: Callable[[], None]) -> tuple[Decided, Decided, Decided]:
    """Replay rules, change what is on record, replay them for another index; return the first's before and after."""
    rules = make_rules(count=4, enter=3, keep=5, min_age_days=120, **overrides)
    one = make_voted_index(rules, slug="one")
    other = make_voted_index(rules, slug="other", status="draft")
    assert run_window(start=FIRST, end=END, at=AT).problems == []
    told = decided(one)
    change()
    Index.objects.filter(slug="other").update(status="active")
    assert run_window(start=FIRST, end=END, at=AT).problems == []
    return told, decided(one), decided(other)


@pytest.mark.parametrize("overrides", RULE_SETS.values(), ids=RULE_SETS.keys())
def test_nothing_recorded_late_changes_what_any_rules_decided(lively_market, overrides):
    def change():
        revise_everything(Rebalance.objects.values_list("effective_day", flat=True))
        tell_more(lambda _: LATE)

    told, afterwards, replayed = run_twice(overrides, change)

    assert afterwards == told
    assert replayed == told
    assert len(told["baskets"]) >= 3
    assert len({row[5] for row in told["reviews"]}) == len(told["reviews"])


@pytest.mark.parametrize("overrides", RULE_SETS.values(), ids=RULE_SETS.keys())
def test_the_same_recorded_in_time_would_have_changed_it(lively_market, overrides):
    told, afterwards, replayed = run_twice(overrides, lambda: tell_more(close_of))

    assert afterwards == told
    assert replayed["held"] != told["held"]


def test_a_coin_that_dies_is_in_the_replay_of_its_days():
    doomed, steady, other = make_coin("doomed"), make_coin("steady"), make_coin("other")
    days = (END - EVE).days + 1
    crash = (NEXT - EVE).days + 9
    price_days(steady, EVE, ["50"] * days)
    price_days(other, EVE, ["10"] * days)
    price_days(doomed, EVE, ["100"] * crash + ["20", "0.001"])
    index = make_index()

    assert run_window(start=FIRST, end=END, at=AT).problems == []

    first, second, third = Rebalance.objects.filter(index=index).order_by("effective_day")
    levels = {level.day: level for level in Level.objects.filter(index=index)}
    fall = EVE + timedelta(days=crash)
    # Caps of 1000, 500 and 100: units of 1000 / 1600 each, whatever the price.
    assert dict(first.holdings.values_list("asset", "units")) == dict.fromkeys(
        ("doomed", "steady", "other"), Decimal("6.25")
    )
    assert "doomed" in second.holdings.values_list("asset", flat=True)
    assert [levels[fall + timedelta(days=n)].gross for n in (-1, 0, 1)] == [1000, 500, Decimal("375.00625")]
    assert levels[fall + timedelta(days=4)].status == "suspended"
    line = ReviewLine.objects.get(review=third.review, asset="doomed")
    assert (line.is_incumbent, line.is_selected, line.reason) == (True, False, "ineligible:stale_price")
    # What its last close left is spread over the others, and the level goes on from it.
    assert levels[MARCH].gross == Decimal("375.00625")
    assert set(third.holdings.values_list("asset", flat=True)) == {"steady", "other"}
