"""Public pages of reviews and of corrections."""

from datetime import date
from decimal import Decimal

import pytest

from indices.models import Index, Level, Rebalance, Restatement, Review
from indices.services import run_window
from market.models import Asset
from market.templatetags import figures
from tests.factories import make_user
from tests.indices import restating
from tests.indices.factories import AT, FIRST, NEXT, after, make_coin, make_index, make_rules, price_days, price_flat
from tests.indices.looking import EVE, LAST, ONE_DAY, page, queries_of, run_into_nothing, run_two_large, seen

pytestmark = pytest.mark.django_db


@pytest.fixture
def ran():
    """Run an index of two assets for five weeks."""
    return run_two_large()


@pytest.fixture
def announced(ran):
    """Leave a review announced: the next month's, in which the third asset has become the largest."""
    end = date(2023, 2, 28)
    price_flat(
        {Asset.objects.get(id=a): close for a, close in (("bitcoin", "80"), ("ethereum", "50"))}, LAST + ONE_DAY, end
    )
    price_flat({Asset.objects.get(id="low"): "200"}, LAST + ONE_DAY, end)
    run_window(start=LAST, end=end, at=after(end))
    return Review.objects.get(index=ran, status="announced")


def test_an_announced_review_shows_what_will_change_and_when(ran, announced):
    # Low 2,000 and bitcoin 800: ten and four fourteenths; before it was 8 and 5 thirteenths.
    text = seen(page("/indices/test/"))

    assert "A reconstitution is announced for the close of 1 Mar 2023: 1 in, 1 out. What it changes" in text
    assert "Announced: reconstitution at the close of 1 Mar 2023 At the weights of 28 Feb 2023" in text
    # 5 / 13 leaves, 10 / 14 comes, bitcoin goes from 8 / 13 to 4 / 14: 71.43% one way.
    assert "it turns over 71.43%, one way: 1 in, 1 out" in text
    for words in ("LOW Low not held 71.43% +71.43% enters", "ETHER Ethereum 38.46% not held"):
        assert words in text, words
    assert "It takes effect at the close of 1 Mar 2023." in seen(page(f"/indices/test/reviews/{announced.pk}/"))


@pytest.mark.parametrize("status", ["draft", "computed", "approved", "rejected"])
def test_a_review_that_is_not_public_shows_nowhere(ran, announced, status):
    Review.objects.filter(pk=announced.pk).update(status=status)

    page(f"/indices/test/reviews/{announced.pk}/", status=404)
    html = page("/indices/test/")
    assert f"/reviews/{announced.pk}/" not in html
    assert "Announced: " not in html
    assert "is announced for" not in html


def test_a_review_tells_of_every_asset_and_of_what_it_changed(ran):
    review = Review.objects.get(cutoff_day=NEXT - ONE_DAY)

    text = seen(page(f"/indices/test/reviews/{review.pk}/"))

    for words in (
        "BITCO", "ETHER", "LOW", "DOG", "Ranked too low", "held before", "61.54%", "Turnover, one way",
        "It took effect at the close of 1 Feb 2023. 0.00% was turned over: the same constituents.", "What it changed",
        Rebalance.objects.get(review=review).result_hash,
    ):  # fmt: skip
        assert words in text, words


def test_a_review_that_came_to_nothing_says_why():
    run_into_nothing()

    text = seen(page(f"/indices/test/reviews/{Review.objects.get().pk}/"))

    assert "It came to nothing; the basket before stayed in force." in text
    assert "Why it came to nothing 1 eligible assets, fewer than the 2 needed." in text


def test_baskets_of_before_their_inputs_were_kept_show_no_changes(ran):
    Rebalance.objects.update(inputs="")
    review = Review.objects.get(cutoff_day=NEXT - ONE_DAY)

    assert "What it changed" not in page(f"/indices/test/reviews/{review.pk}/")


def test_reviews_take_a_fixed_number_of_queries(ran):
    few = queries_of(f"/indices/test/reviews/{Review.objects.earliest('cutoff_day').pk}/")
    for number in range(5):
        price_days(make_coin(f"more-{number}"), EVE, ["1"] * 70)
    make_index(make_rules(count=5, enter=5, keep=5), slug="other")
    run_window(start=FIRST, end=LAST, at=AT)
    newest = Review.objects.filter(index__slug="other").latest("cutoff_day")

    assert newest.lines.count() == 9
    assert queries_of(f"/indices/other/reviews/{newest.pk}/") == few <= 10


def restate(index: Index, **overrides) -> Restatement:
    """Make a correction that is done."""
    people = {"requested_by": make_user(email="asker@example.com"), "approver": make_user(email="nod@example.com")}
    fields = {
        "index": index, "first_day": FIRST, "last_day": NEXT, "cause": "A close was wrong.", "status": "done",
        "requested_at": AT, "approved_at": AT, "done_at": AT, "levels_changed": 3,
        "largest_change": Decimal("0.0125"), **people,
    } | overrides  # fmt: skip
    return Restatement.objects.create(**fields)


def test_corrections_are_on_the_ledger_by_role_and_not_by_name(ran):
    restate(ran)

    factsheet, ledger = page("/indices/test/"), page("/indices/test/corrections/")

    assert "3 levels from 1 Jan 2023 on, by at most 1.2500%" in seen(factsheet)
    assert "1 Jan 2023 to 1 Feb 2023 done 1 Jan 2024 A close was wrong. 3 1.2500% Asked for by a curator" in seen(
        ledger
    )
    for html in (factsheet, ledger):
        assert "@example.com" not in html


@pytest.mark.parametrize("status", ["requested", "rejected", "failed"])
def test_a_correction_that_nobody_approved_or_that_failed_is_not_public(ran, status):
    restate(ran, status=status, cause="Not for all eyes.", done_at=None)

    assert "Not for all eyes." not in page("/indices/test/")
    assert "Not for all eyes." not in page("/indices/test/corrections/")


def test_every_version_of_a_revised_day_is_shown(ran):
    old = Level.objects.get(index=ran, day=NEXT)
    Level.objects.filter(pk=old.pk).update(superseded_at=AT)
    Level.objects.create(
        index=ran, day=NEXT, version=2, gross=Decimal(900), net=Decimal(899), status="restated", cause="A close.",
        recorded_at=AT,
    )  # fmt: skip

    text = seen(page("/indices/test/corrections/"))

    assert "1 Feb 2023 1 866.6667 866.6667 Final" in text
    assert "1 Feb 2023 2 900.0000 899.0000 Restated in force A close." in text
    assert "4 Feb 2023" not in text


def test_without_corrections_the_ledger_says_so(ran):
    text = seen(page("/indices/test/corrections/"))

    assert "No published level of this index has been restated." in text
    assert "Every level stands as it was first published." in text


def test_corrections_take_as_many_queries_for_many_days(ran):
    levels = list(Level.objects.filter(index=ran).order_by("day"))

    def revise(revised):
        Level.objects.filter(pk__in=[level.pk for level in revised]).update(superseded_at=AT)
        Level.objects.bulk_create(
            Level(index=ran, day=level.day, version=2, gross=1, net=1, status="restated", recorded_at=AT)
            for level in revised
        )

    revise(levels[:1])
    few = queries_of("/indices/test/corrections/")
    revise(levels[1:])

    assert queries_of("/indices/test/corrections/") == few <= 7


def test_drafts_and_reviews_of_other_indices_are_404(ran):
    make_index(slug="hidden", status="draft")
    make_index(slug="other")
    review = Review.objects.earliest("cutoff_day")

    page("/indices/hidden/", status=404)
    page("/indices/hidden/corrections/", status=404)
    page("/indices/nothing/", status=404)
    page(f"/indices/other/reviews/{review.pk}/", status=404)
    page("/indices/test/reviews/999999/", status=404)


def test_pages_show_a_restated_level_as_soon_as_it_is_carried_out():
    restating.market()
    index = make_index(make_rules(**restating.RULES), name="Typo")
    restating.run()
    wrong = Level.objects.current().filter(index=index).latest("day").gross
    restating.correct()
    done = restating.restate(index, restating.make_member("curator"), restating.make_member("approver"))
    right = Level.objects.current().filter(index=index).latest("day").gross

    factsheet, ledger = seen(page("/indices/test/")), seen(page("/indices/test/corrections/"))

    assert figures.number(right) != figures.number(wrong)
    assert figures.number(right) in factsheet
    assert "restated" in factsheet
    assert f"{done.levels_changed} levels from" in factsheet
    assert figures.number(wrong, 4) in ledger
    assert figures.number(right, 4) in ledger
