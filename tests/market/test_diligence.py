"""Due diligence: six scores on a day, by a person, corrected by a later review."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from market.models import DueDiligence
from market.services import CannotRecordError, record_diligence
from tests.factories import make_asset
from tests.market.factories import NOW

pytestmark = pytest.mark.django_db

TODAY = NOW.date()
SCORES = {"team": 5, "technology": 4, "demand": 4, "regulation": 3, "security": 5, "liquidity": 4}


def record(alice, *, day: date = TODAY, evidence: str = "Docs.", **scores) -> DueDiligence:
    """Record a review of one asset."""
    return record_diligence(
        asset_id="a", reviewed_on=day, scores=SCORES | scores, evidence=evidence, reviewer=alice, at=NOW
    )


@pytest.fixture(autouse=True)
def _asset(db):
    make_asset("a")


def test_a_review_is_recorded_with_its_reviewer_and_instant(alice):
    found = record(alice)

    found.refresh_from_db()
    assert (found.reviewer, found.recorded_at, found.reviewed_on) == (alice, NOW, TODAY)
    # 25 of 30 points
    assert found.score == Decimal("4.1667")


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"day": TODAY + timedelta(days=1)}, "lies ahead"),
        ({"team": 0}, "greater than or equal to 1"),
        ({"team": 6}, "less than or equal to 5"),
        ({"team": None}, "cannot be null"),
        ({"evidence": ""}, "cannot be blank"),
    ],
)
def test_what_makes_no_sense_is_refused(alice, fields, words):
    with pytest.raises(CannotRecordError, match=words):
        record(alice, **fields)

    assert not DueDiligence.objects.exists()


def test_a_correction_is_a_review_of_a_later_day(alice):
    record(alice, day=TODAY - timedelta(days=1))

    for day in (TODAY - timedelta(days=1), TODAY - timedelta(days=2)):
        with pytest.raises(CannotRecordError, match="a correction is a review of a later day"):
            record(alice, day=day)
    record(alice, team=1)

    assert list(DueDiligence.objects.values_list("team", flat=True)) == [1, 5]


@pytest.mark.parametrize("aspect", DueDiligence.ASPECTS)
def test_the_database_itself_refuses_a_score_out_of_range(alice, aspect):
    record(alice)

    for score in (0, 6):
        with pytest.raises(IntegrityError), transaction.atomic():
            DueDiligence.objects.update(**{aspect: score})
