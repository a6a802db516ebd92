"""The main job on real prices: eight years of 48 coins in, levels, reviews and valuations of every preset out."""

import re
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal, localcontext
from fractions import Fraction

import numpy as np
import pytest

from tests.real_market import (
    FIRST,
    FOLDER,
    LAST,
    LAST_AGAIN,
    ONE_DAY,
    PRICES,
    BasketKept,
    History,
    ReviewKept,
    basket_before,
    filled,
    median_traded,
    price_on,
    real_classes,
    real_rows,
    run_main_job,
    worth,
)

pytestmark = [
    pytest.mark.market,
    pytest.mark.django_db,  # the database is made only where a test of the session is marked so
    pytest.mark.skipif(not PRICES.exists(), reason=f"no real prices in {FOLDER}"),
]

TOO_FEW = {"defi": ("defi", 5), "ai": ("ai", 5), "gaming": ("gaming", 5), "rwa": ("rwa", 5), "signal-defi": ("defi", 4)}
LEVELLED = ("top-10-cap", "top-25-sqrt", "layer-1", "memecoin-equal", "risk-balanced-15", "regime-100")
NEVER = {"stablecoin", "wrapped"}
EXACT = Decimal("1e-12")
STORED = Decimal("1e-18")


@pytest.fixture(scope="module")
def history(django_db_setup, django_db_blocker) -> History:
    """Run the main job once for all tests of this file; nothing of it stays in the database."""
    with django_db_blocker.unblock():
        return run_main_job()


def days_between(first: date, last: date) -> list[date]:
    return [first + timedelta(days=offset) for offset in range((last - first).days + 1)]


def eligible(cutoff: date, *, sectors: set[str] | None = None, out: set[str] = NEVER) -> list[str]:
    """Return who passes the common screens as a newcomer, the largest market cap first, by the files alone."""
    found = {}
    for coin, days in real_rows().items():
        row, kind = days.get(cutoff), real_classes()[coin]
        is_of_kind = kind["sector"] not in out and (sectors is None or kind["sector"] in sectors)
        is_old = (cutoff - min(days)).days >= 90
        if is_of_kind and is_old and kind["default_eligible"] == "1" and row and row.market_cap:
            found[coin] = row.market_cap if median_traded(coin, cutoff) >= 5_000_000 else None
    return sorted((coin for coin, cap in found.items() if cap), key=lambda coin: -(found[coin] or 0))


def all_baskets(history: History) -> Iterator[tuple[str, BasketKept]]:
    return ((slug, basket) for slug, baskets in history.baskets.items() for basket in baskets)


def all_reviews(history: History) -> Iterator[tuple[str, ReviewKept]]:
    return ((slug, review) for slug, reviews in history.reviews.items() for review in reviews)


def test_every_row_comes_in_and_every_oddity_is_listed(history):
    assert history.prices["rows_read"] == 85_996
    assert history.prices["rows_new"] == history.rows == 85_996
    kinds = {kind for _, kind, _ in history.findings}
    assert {"gap", "zero_cap", "jump", "stale", "peg_break"} <= kinds
    assert any((asset, kind) == ("tether", "gap") for asset, kind, _ in history.findings)
    assert any((asset, kind, day.year) == ("usd-coin", "peg_break", 2023) for asset, kind, day in history.findings)
    assert len(history.classifications["skipped"]) == 37


def test_every_night_is_done_without_a_problem(history):
    assert (history.nights["nights"], history.nights["statuses"]) == (2066, {"done": 2066})
    assert history.nights["problems"] == {}
    assert history.messages == []


@pytest.mark.parametrize("slug", LEVELLED)
def test_a_preset_has_a_level_a_day_from_its_first_basket_on(history, slug):
    levels = history.levels[slug]
    first = history.baskets[slug][0].effective_day

    assert list(levels) == days_between(first, LAST)
    assert levels[first].gross == 1000
    assert {level.status for level in levels.values()} <= {"final", "provisional"}
    assert all(level.cause.startswith("Last close carried") for level in levels.values() if level.status != "final")


def test_top_10_cap_begins_on_the_first_day_and_is_reviewed_each_month(history):
    assert history.baskets["top-10-cap"][0].effective_day == FIRST
    assert len(history.levels["top-10-cap"]) == 2066
    assert {level.status for level in history.levels["top-10-cap"].values()} == {"final"}
    assert len(history.reviews["top-10-cap"]) == len(history.baskets["top-10-cap"]) == 68


@pytest.mark.parametrize("slug", TOO_FEW)
def test_a_sector_of_too_few_coins_needs_a_curator_at_each_review(history, slug):
    sector, needed = TOO_FEW[slug]
    reviews = history.reviews[slug]

    assert len(reviews) == {"signal-defi": 296}.get(slug, 68)
    assert {review.status_shown for review in reviews} == {"Needs a curator"}
    for review in reviews:
        count = len(eligible(review.cutoff_day, sectors={sector}))
        assert count < needed
        assert re.match(rf"{count} eligible assets?, fewer than the {needed} needed", review.reason), review.reason
    assert (history.baskets[slug], history.levels[slug]) == ([], {})


def test_an_index_that_nobody_votes_for_needs_a_curator_at_each_review(history):
    reviews = history.reviews["community-10"]

    assert len(reviews) == 68
    assert {review.status for review in reviews} == {"needs_review"}
    assert all("ballot" in review.reason for review in reviews)
    assert (history.baskets["community-10"], history.levels["community-10"]) == ([], {})


def test_every_review_has_a_reason_for_every_asset_of_its_market(history):
    begun = {coin: min(days) for coin, days in real_rows().items()}
    reviews = list(all_reviews(history))

    assert len({slug for slug, _ in reviews}) == 12
    for slug, review in reviews:
        market = {coin for coin, day in begun.items() if day <= review.cutoff_day}
        assert set(review.lines) == market, (slug, review.cutoff_day)
        assert all(line.reason and line.detail for line in review.lines.values())


def test_the_first_review_of_top_10_cap_is_what_the_files_give(history):
    cutoff = FIRST - ONE_DAY
    chosen = eligible(cutoff, out=NEVER | {"exchange", "memecoin", "privacy"})[:10]
    caps = {coin: real_rows()[coin][cutoff].market_cap or Decimal(0) for coin in chosen}
    review, basket = history.reviews["top-10-cap"][0], history.baskets["top-10-cap"][0]
    ranked = {line.rank: coin for coin, line in review.lines.items() if line.is_selected}

    assert [ranked[rank] for rank in sorted(ranked)] == chosen
    assert {"bitcoin", "ethereum", "ripple"} <= set(chosen)
    assert basket.weights["bitcoin"] == Decimal("0.4")
    for coin, weight in filled(caps, cap=Fraction(2, 5), floor=Fraction(1, 100)).items():
        assert abs(Fraction(basket.weights[coin]) - weight) <= Fraction(EXACT)
        with localcontext(prec=50):
            units = basket.weights[coin] * 1000 / price_on(coin, FIRST)
        assert basket.units[coin] == units.quantize(STORED)


@pytest.mark.parametrize("slug", LEVELLED)
def test_every_level_is_what_the_units_are_worth_at_the_prices_of_the_file(history, slug):
    first, *later = history.levels[slug]

    assert history.levels[slug][first].gross == 1000
    for day in later:
        value = worth(basket_before(history.baskets[slug], day).units, day)
        level = history.levels[slug][day].gross
        assert level is not None
        assert abs(level - value) <= EXACT, day


def test_no_basket_moves_the_level_and_its_units_are_its_weights(history):
    for slug, basket in all_baskets(history):
        level = history.levels[slug][basket.effective_day].gross

        assert level == basket.level
        assert sum(basket.weights.values()) == 1
        assert abs(worth(basket.units, basket.effective_day) - basket.level) <= EXACT * basket.level
        for coin, weight in basket.weights.items():
            assert basket.prices[coin] == price_on(coin, basket.effective_day)
            assert abs(basket.units[coin] * basket.prices[coin] / basket.level - weight) <= EXACT


@pytest.mark.parametrize("slug", LEVELLED)
def test_the_net_level_has_paid_for_every_basket(history, slug):
    factor = Decimal(1)
    paid = {}
    for basket in history.baskets[slug]:
        factor *= 1 - basket.cost
        paid[basket.effective_day] = factor

    for day, level in history.levels[slug].items():
        expected = (level.gross or 0) * next(paid[start] for start in reversed(paid) if start <= day)
        assert level.net == pytest.approx(expected, rel=Decimal("1e-9"))


def test_luna_is_in_top_10_cap_before_it_dies_and_its_collapse_is_in_the_level(history):
    levels = history.levels["top-10-cap"]
    may = basket_before(history.baskets["top-10-cap"], date(2022, 5, 9))
    rest = {coin: held for coin, held in may.units.items() if coin != "terra-luna"}
    before, after = date(2022, 5, 7), date(2022, 5, 13)

    assert may.effective_day == date(2022, 5, 1)
    assert [price_on("terra-luna", day) for day in (before, after)] == [
        Decimal("77.5647755"),
        Decimal("0.001219189956"),
    ]
    share = may.units["terra-luna"] * Decimal("77.5647755") / levels[before].gross
    assert share > Decimal("0.03")
    # Whoever had sold it on the 7th and bought the others would stand that much higher.
    without = levels[before].gross * worth(rest, after) / worth(rest, before)
    assert levels[after].gross == pytest.approx(without * (1 - share), rel=Decimal("1e-6"))
    assert levels[after].gross < levels[before].gross * 3 / 4


def test_luna_leaves_at_the_next_review_with_its_reason(history):
    april, may, june = (
        next(review for review in history.reviews["top-10-cap"] if review.effective_day == date(2022, month, 1))
        for month in (4, 5, 6)
    )
    held = {b.effective_day: b.units.keys() for b in history.baskets["top-10-cap"]}

    assert april.lines["terra-luna"].is_selected
    assert may.lines["terra-luna"].reason == "auto_in"
    assert june.lines["terra-luna"].reason == "below_buffer"
    assert "terra-luna" in held[date(2022, 5, 1)]
    assert not any("terra-luna" in held[day] for day in held if day >= date(2022, 6, 1))


def test_a_stablecoin_off_its_peg_counts_at_its_price_in_the_sleeve(history):
    broken = date(2023, 3, 12)
    price = Decimal("0.9655782351")
    basket = basket_before(history.baskets["risk-balanced-15"], broken)
    review = next(r for r in history.reviews["risk-balanced-15"] if r.effective_day == basket.effective_day)
    held = basket.units["usd-coin"]
    level = history.levels["risk-balanced-15"][broken]

    assert price_on("usd-coin", broken) == price
    assert review.lines["usd-coin"].is_sleeve
    assert basket.weights["usd-coin"] > Decimal("0.1")
    at_par = worth({coin: units for coin, units in basket.units.items() if coin != "usd-coin"}, broken) + held
    assert level.status == "final"
    assert abs(level.gross - (at_par - held * (1 - price))) <= EXACT
    assert at_par - level.gross > level.gross / 300


def test_equal_risk_contributes_equal_risk_by_the_files_alone(history):
    review = next(r for r in history.reviews["risk-balanced-15"] if r.effective_day == date(2021, 6, 1))
    weights = {coin: line.raw_weight for coin, line in review.lines.items() if line.raw_weight is not None}
    days = days_between(review.cutoff_day - timedelta(days=90), review.cutoff_day)
    closes = np.array([[float(price_on(coin, day)) for coin in weights] for day in days])
    sample = np.cov(np.diff(np.log(closes), axis=0), rowvar=False)
    shrunk = 0.9 * sample + 0.1 * np.diag(np.diag(sample))
    held = np.array([float(weight) for weight in weights.values()])

    assert all(day in real_rows()[coin] for coin in weights for day in days)
    assert len(weights) == 15
    np.testing.assert_allclose(held * (shrunk @ held) / (held @ shrunk @ held), 1 / 15, atol=1e-9)


@pytest.mark.parametrize(("effective", "is_down"), [(date(2018, 12, 17), True), (date(2021, 1, 11), False)])
def test_the_market_gate_holds_stablecoins_while_the_trend_is_down(history, effective, is_down):
    days = days_between(effective - timedelta(days=100), effective - ONE_DAY)
    closes = [price_on("bitcoin", day) for day in days]
    basket = next(b for b in history.baskets["regime-100"] if b.effective_day == effective)

    assert (sum(closes[-20:]) / 20 < sum(closes) / 100) is is_down
    assert (
        set(basket.weights) <= {"usd-coin", "tether"} if is_down else not {"usd-coin", "tether"} & set(basket.weights)
    )


def test_every_basket_and_review_can_be_worked_out_again(history):
    baskets = len(list(all_baskets(history)))

    assert (history.verified["rebalances"], history.verified["failures"]) == (baskets, [])
    assert history.verified["unrecorded_rebalances"] == 0
    assert baskets > 700


def test_a_second_replay_on_a_fresh_database_gives_the_same_digests(history):
    by_month = {
        slug: [basket.result_hash for basket in baskets if basket.effective_day <= LAST_AGAIN]
        for slug, baskets in history.baskets.items()
    }

    assert history.digests_again == by_month
    assert len({digest for digests in by_month.values() for digest in digests}) > 300


def test_a_portfolio_has_a_value_a_day_and_no_more_than_was_paid_in_on_the_first(history):
    assert [day for day, _ in history.values] == days_between(FIRST, LAST)
    assert Decimal(9_970) < history.values[0][1] < Decimal(10_000)
