"""What breaks one index leaves the others alone."""

from datetime import timedelta
from decimal import Decimal

import pytest

from indices.models import Review
from indices.services import run_window
from tests.indices.factories import AT, FIRST, levels_of, make_coin, make_index, price_days

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


def test_an_index_that_breaks_in_a_way_nobody_foresaw_leaves_the_others_alone():
    for name, close, later in (("a", "100", "110"), ("b", "50", "45"), ("c", "50", "60")):
        price_days(make_coin(name), FIRST - DAY, [close, close, later])
    # So little is held at such a level that its units are no number above 0.
    poisoned = make_index(slug="a-poisoned", base_value=Decimal("1e-18"))
    sound = make_index(slug="sound")

    result = run_window(start=FIRST, end=FIRST + DAY, at=AT)

    assert [problem.split(":")[0] for problem in result.problems] == ["a-poisoned"]
    assert list(levels_of(sound).values()) == ["1000.0000", "1075.0000"]
    assert not Review.objects.filter(index=poisoned).exists()


def test_unreadable_or_missing_rules_are_a_problem_that_names_the_rule():
    price_days(make_coin("a"), FIRST - DAY, ["1", "1"])
    unreadable, unruled = make_index(slug="unreadable"), make_index(slug="unruled")
    unreadable.methodologies.update(params={"count": "ten"})
    unruled.methodologies.all().delete()

    result = run_window(start=FIRST, end=FIRST, at=AT)

    assert result.problems == [
        "unreadable: The announced methodology cannot be read. count: is a whole number, not 'ten'.",
        "unruled: No methodology is announced.",
    ]
