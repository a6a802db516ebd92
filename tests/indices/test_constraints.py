"""What the database itself refuses of an index, whatever code writes it."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from indices.models import Holding, Index, Level, Methodology, Rebalance, Review, ReviewLine
from tests.factories import make_asset
from tests.indices.factories import AT, FIRST, NEXT, make_index

pytestmark = pytest.mark.django_db

D = Decimal


@pytest.fixture
def index():
    return make_index()


@pytest.fixture
def review(index):
    return Review.objects.create(**review_fields(index))


@pytest.fixture
def rebalance(review):
    return Rebalance.objects.create(**rebalance_fields(review))


def review_fields(index):
    return {
        "index": index,
        "methodology": index.methodologies.get(),
        "cutoff_day": FIRST - timedelta(days=1),
        "cutoff_at": AT,
        "effective_day": FIRST,
        "status": "effective",
        "computed_at": AT,
    }


def rebalance_fields(review):
    return {
        "index": review.index,
        "review": review,
        "effective_day": FIRST,
        "level": D(1000),
        "divisor": D(1),
        "turnover": D(0),
    }


def refuses(model, fields, **wrong):
    """Insert past every service, and want a refusal."""
    with pytest.raises(IntegrityError), transaction.atomic():
        model.objects.create(**fields | wrong)


def takes(model, fields, **right):
    """Insert past every service."""
    return model.objects.create(**fields | right)


def test_an_index_starts_above_zero_and_a_retired_one_has_its_day(index):
    fields = {"name": "Other", "kind": "market_cap", "tier": "core"}

    refuses(Index, fields, slug="test")
    refuses(Index, fields, slug="zero", base_value=D(0))
    refuses(Index, fields, slug="gone", status="retired")


def test_versions_of_a_methodology_count_from_one_and_stand_once(index):
    fields = {"index": index, "params": {}}

    refuses(Methodology, fields, version=0)
    refuses(Methodology, fields, version=1)


def test_one_published_methodology_starts_on_a_day(index):
    fields = {"index": index, "params": {}, "status": "published", "published_at": AT}
    takes(Methodology, fields, version=2, effective_from=NEXT)

    refuses(Methodology, fields, version=3, effective_from=NEXT)
    refuses(Methodology, fields, version=3, effective_from=None)  # the first version is from the start already
    refuses(Methodology, fields, version=3, effective_from=date(2023, 3, 1), published_at=None)


def test_a_cutoff_is_reviewed_once_and_lies_before_the_effective_day(index, review):
    fields = review_fields(index)

    refuses(Review, fields)
    refuses(Review, fields, cutoff_day=FIRST)


def test_an_asset_is_judged_once_a_review_and_a_selected_one_has_a_weight(review):
    fields = {"review": review, "asset": make_asset("a"), "reason": "auto_in"}
    takes(ReviewLine, fields, is_selected=True, weight=D(1))

    refuses(ReviewLine, fields)
    fields["asset"] = make_asset("b")
    refuses(ReviewLine, fields, weight=D(0))
    refuses(ReviewLine, fields, weight=D("1.000000000001"))
    refuses(ReviewLine, fields, is_selected=True)


def test_a_basket_takes_effect_once_at_a_positive_level(index, review, rebalance):
    later = takes(Review, review_fields(index), cutoff_day=FIRST, effective_day=NEXT)
    fields = rebalance_fields(later) | {"effective_day": NEXT}

    refuses(Rebalance, fields, effective_day=FIRST)
    refuses(Rebalance, fields, review=review)
    for wrong in ({"level": D(0)}, {"divisor": D(0)}, {"turnover": D("-0.1")}, {"turnover": D("1.1")}):
        refuses(Rebalance, fields, **wrong)


def test_a_basket_holds_an_asset_once_with_units_at_a_price(rebalance):
    numbers = {"units": D(1), "weight": D(1), "price": D(1000), "capped_supply": D(10)}
    fields = {"rebalance": rebalance, "asset": make_asset("a")} | numbers
    takes(Holding, fields)

    refuses(Holding, fields)
    other = make_asset("b")
    for wrong in ({"units": D(0)}, {"price": D(0)}, {"capped_supply": D(0)}, {"weight": D(0)}, {"weight": D("1.1")}):
        refuses(Holding, fields, asset=other, **wrong)


def test_a_day_has_one_current_level_and_only_a_suspended_one_has_no_number(index):
    fields = {"index": index, "day": FIRST, "gross": D(1000), "status": "final", "recorded_at": AT}
    takes(Level, fields)

    refuses(Level, fields, version=2)
    refuses(Level, fields, superseded_at=AT)
    for wrong in ({"gross": D(0)}, {"gross": None}, {"status": "suspended"}):
        refuses(Level, fields, day=NEXT, **wrong)
