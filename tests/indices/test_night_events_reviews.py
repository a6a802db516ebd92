"""Events of assets and reviews: what is decided before, on and after the day of an event."""

from datetime import date
from decimal import Decimal

import pytest

from indices.models import Rebalance, Review
from market.models import Asset, Classification
from tests.indices.factories import FIRST, NEXT, levels_of, make_coin, make_index, make_rules, price_days
from tests.indices.happening import (
    DAY,
    DAY_2ND,
    DAY_3RD,
    DAY_4TH,
    EVE,
    SLEEVE,
    dollar,
    example,
    happens,
    run,
    told,
    units,
)

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("schedule", ["recap_schedule", "rebalance_schedule"])
def test_what_holds_the_proceeds_is_no_constituent(schedule):
    example(("100", "50", None), *[("110", "55", None)] * 29)
    dollar(*["1"] * 40)
    rules = make_rules(**SLEEVE | {"schedule": "quarterly", schedule: "monthly"}, cap="0.6")
    make_index(rules)
    happens("c", "delisting", "last", DAY_3RD)

    run(NEXT)

    review = Review.objects.get(effective_day=NEXT)
    assert set(review.lines.filter(is_selected=True).values_list("asset", flat=True)) == {"a", "b"}
    assert set(units(NEXT)) == {"a", "b"}


def test_what_a_fork_gave_leaves_at_the_next_review_at_its_price():
    example(*[("99", "54", "12")] * 30)
    price_days(make_coin("x"), DAY_4TH, ["3"] * 29, supply=1)
    make_index()
    Classification.objects.filter(asset="x").update(is_eligible=False)
    happens("a", "fork", "split", DAY_2ND, new_asset_id="x", ratio=Decimal(2))

    run(NEXT)

    assert set(units(NEXT)) == {"a", "b", "c"}
    second = Rebalance.objects.get(effective_day=NEXT)
    assert second.level == 1095
    assert Review.objects.get(effective_day=NEXT).lines.get(asset="x").is_incumbent


def test_a_fork_that_never_got_a_close_leaves_at_nothing():
    example(*[("99", "54", "12")] * 30)
    make_coin("x")
    index = make_index()
    happens("a", "fork", "split", DAY_2ND, new_asset_id="x", ratio=Decimal(2))

    run(NEXT + DAY)

    assert set(units(NEXT)) == {"a", "b", "c"}
    assert told(index, NEXT, 2) == ["1065.0000", "1065.0000"]


def test_an_event_on_the_day_of_a_review_comes_before_it():
    example(*[("99", "54", "12")] * 29, ("99", "54", None))
    Classification.objects.filter(asset="c").update(valid_to=date(2023, 1, 31))
    index = make_index()
    happens("c", "delisting", "zero", NEXT)

    run(NEXT + DAY)

    first, second = Rebalance.objects.filter(effective_day=NEXT).order_by("sequence")
    assert [(first.kind, first.sequence), (second.kind, second.sequence)] == [("event", 0), ("review", 1)]
    # 495 + 270: the loss is booked before the review takes effect.
    assert (first.level, second.level) == (765, 765)
    assert told(index, NEXT, 1) == ["765.0000"]
    assert second.prev_hash == first.result_hash


def test_a_redenomination_on_the_day_of_a_review():
    example(*[("100", "50", "10")] * 29, ("10", "50", "10"))
    index = make_index()
    happens("a", "redenomination", "convert", NEXT, ratio=Decimal(10))

    run(NEXT + DAY)

    # Half, a quarter, a quarter of 1000 at 100, 50 and 10; one a is ten.
    assert units(NEXT) == {"a": 50, "b": 5, "c": 25}
    assert told(index, NEXT, 2) == ["1000.0000", "1000.0000"]


@pytest.mark.parametrize("place", [27, 28])
def test_a_recap_around_a_redenomination_weighs_what_there_is(place):
    # Place 27 is the cut-off on 31 January, place 28 the effective day; from the day after, an a is a tenth.
    closes = [("300", "50", "10")] * (place + 1) + [("30", "50", "10")] * (31 - place)
    example(*closes)
    rules = {"schedule": "quarterly", "recap_schedule": "monthly", "cap": "0.6", "fee": "0", "half_spread": "0"}
    index = make_index(make_rules(**rules))
    happens("a", "redenomination", "convert", DAY_3RD + place * DAY, ratio=Decimal(10))

    run(NEXT + DAY)

    # 5 x 300 + 5 x 50 + 25 x 10 = 2000; a has .75 of it and is cut back to .6.
    review = Rebalance.objects.get(kind="review", effective_day=NEXT)
    assert dict(review.holdings.values_list("asset", "weight")) == {
        "a": Decimal("0.6"),
        "b": Decimal("0.2"),
        "c": Decimal("0.2"),
    }
    assert units(NEXT) == {"a": 40, "b": 8, "c": 40}
    assert review.turnover == Decimal("0.15")
    assert told(index, NEXT - DAY, 3) == ["2000.0000"] * 3


def test_a_redenomination_is_no_drift():
    example(*[("99", "54", "12")] * 2)
    make_index(make_rules(band_absolute="0.2", cooldown_days=1, max_triggers=5))
    happens("a", "redenomination", "convert", DAY_2ND, ratio=Decimal(10))
    Asset.objects.get(id="a").prices.filter(day__gt=DAY_2ND).update(close=Decimal("9.9"))

    run(DAY_4TH)

    assert not Review.objects.filter(kind="trigger").exists()


@pytest.mark.parametrize(
    ("kind", "treatment", "terms"),
    [
        ("delisting", "last", {}),
        ("migration", "convert", {"new_asset_id": "n", "ratio": Decimal(1)}),
    ],
)
def test_a_review_that_wants_what_has_left_since_its_cutoff_waits(kind, treatment, terms):
    example(*[("100", "50", "12")] * 40)
    price_days(make_coin("n", is_eligible=False), EVE, ["12"] * 43, supply=1)
    index = make_index()
    happens("c", kind, treatment, NEXT, **terms)

    run(NEXT)
    run(NEXT + 5 * DAY, NEXT + DAY)

    waiting = Review.objects.get(cutoff_day=NEXT - DAY)
    assert (waiting.status, waiting.effective_day) == ("announced", NEXT + 6 * DAY)
    assert waiting.reason == f"Postponed: it holds c, which left by a {kind} on 2023-02-01."
    assert "c" not in units(NEXT + 5 * DAY)
    assert len(levels_of(index)) == 37


def test_drift_after_an_event_goes_back_to_weights_that_sum_to_one():
    # Sevenths: each weight of the event's basket is rounded by itself.
    for name, closes in (("a", ["3"] * 4 + ["9"] * 4), ("b", ["3"] * 8), ("c", ["1"] * 8), ("d", ["1"] * 8)):
        price_days(make_coin(name), EVE, closes, supply=10)
    index = make_index(
        make_rules(count=4, enter=4, keep=4, band_absolute="0.1", cooldown_days=1, max_triggers=5, schedule="quarterly")
    )
    happens("d", "delisting", "last", DAY_2ND)

    run(FIRST + 6 * DAY)

    drift = Review.objects.get(kind="trigger")
    assert drift.status == "effective"
    assert sum(line.weight for line in drift.lines.all() if line.weight) == 1
    assert index.rebalances.current().reverse()[0].review == drift


@pytest.mark.parametrize(
    ("kind", "treatment", "terms", "base"),
    [
        ("delisting", "last", {}, {"a": Decimal("0.5"), "b": Decimal("0.5")}),
        (
            "migration",
            "convert",
            {"new_asset_id": "n", "ratio": Decimal(2)},
            {name: Decimal("0.333333333") for name in "abn"},
        ),
    ],
)
def test_volatility_is_watched_of_what_is_held_after_an_event(kind, treatment, terms, base):
    # Quiet until the eighth of January; then b doubles and halves every day.
    before = EVE - 100 * DAY
    for name in "abcn":
        wild = ["200", "100"] * 3 if name == "b" else ["50" if name == "n" else "100"] * 6
        price_days(make_coin(name), before, ["50" if name == "n" else "100"] * 109 + wild)
    dollar(*["1"] * 20)
    rules = {"vol_high": "1", "vol_low": "0.5", "vol_exposure": "0.25", "cooldown_days": 1, "max_triggers": 5}
    make_index(make_rules(**rules, alpha="0", sleeve=["usdx"], sectors=["layer1"], schedule="quarterly"))
    happens("c", kind, treatment, DAY_3RD, **terms)

    run(FIRST + 10 * DAY)

    review = Review.objects.filter(kind="trigger").earliest("cutoff_day")
    chosen = dict(review.lines.filter(is_selected=True).values_list("asset", "base_weight"))
    # The three thirds were stored to 12 digits.
    assert {name: f"{weight:.9f}" for name, weight in chosen.items()} == {a: f"{w:.9f}" for a, w in base.items()}
    assert review.volatility_exposure == Decimal("0.25")
    assert f"{review.lines.get(asset='usdx').weight:.9f}" == "0.750000000"
