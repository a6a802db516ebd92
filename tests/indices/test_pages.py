"""Public pages of indices: catalogue, factsheet, review."""

from datetime import date, timedelta

import pytest
from django.test import Client

from indices.models import Index, Review
from indices.selectors import get_catalogue, get_comparison, reason_in_words
from indices.services import run_window
from market.sources.simulated_assets import COINS
from tests.indices.factories import AT, FIRST, NEXT, make_coin, make_index, make_rules, price_days, price_flat

pytestmark = pytest.mark.django_db

EVE = FIRST - timedelta(days=1)


@pytest.fixture
def ran():
    """Run an index of two assets for five weeks; a third is too small, a fourth a memecoin."""
    btc, eth, low, meme = (
        make_coin("bitcoin"), make_coin("ethereum"), make_coin("low"), make_coin("dog", sector="memecoin"),
    )  # fmt: skip
    price_days(btc, EVE, [*["100"] * 20, *["80"] * 16])
    price_flat({eth: "50", low: "1", meme: "2"}, EVE, NEXT + timedelta(days=3))
    rules = make_rules(count=2, enter=2, keep=2, exclude=["meme"])
    index = make_index(rules, name="Two Large", summary="The two largest.")
    assert run_window(start=FIRST, end=NEXT + timedelta(days=3), at=AT).problems == []
    return index


def page(url: str, status: int = 200) -> str:
    """Return a page as a stranger sees it."""
    response = Client().get(url)
    assert response.status_code == status
    return response.content.decode()


def test_the_catalogue_shows_figures_without_a_login(ran):
    html = page("/indices/")

    assert "Two Large" in html
    assert "866.67" in html
    assert "\N{MINUS SIGN}13.33%" in html
    assert "reconstructed" in html
    assert "4 Feb 2023" in html


@pytest.mark.parametrize(
    ("query", "is_found"),
    [("?q=large", True), ("?q=nothing", False), ("?kind=market_cap&tier=core", True), ("?kind=equal", False)],
)
def test_search_and_filters(ran, query, is_found):
    html = page(f"/indices/{query}")

    assert ("Two Large" in html) is is_found
    assert ("No index matches" in html) is not is_found


@pytest.mark.parametrize("query", ["?kind=sport", "?tier=%00", "?q=a%00b", f"?q={'x' * 81}"])
def test_a_question_that_cannot_be_answered_says_so(ran, query):
    assert "Two Large" in page(f"/indices/{query}", status=422)


def test_an_empty_catalogue_says_how_to_fill_it():
    assert "No index is published yet" in page("/indices/")


def test_the_catalogue_takes_as_many_queries_for_many_indices_as_for_one(ran, django_assert_num_queries):
    for number in range(4):
        make_index(slug=f"more-{number}", name=f"More {number}")
    run_window(start=FIRST, end=NEXT, at=AT)
    indices = list(Index.objects.published())

    with django_assert_num_queries(2):
        rows = get_catalogue(indices)
    with django_assert_num_queries(1):
        again = get_catalogue(indices)

    assert len(rows) == 5
    assert rows == again


def test_a_new_version_of_a_level_makes_a_new_record(ran):
    before = get_catalogue([ran])[0].record
    run_window(start=NEXT, end=NEXT + timedelta(days=4), at=AT)

    after = get_catalogue([ran])[0].record

    assert (before.status, after.status) == ("final", "provisional")
    assert after.as_of == NEXT + timedelta(days=4)


def test_the_factsheet_answers_first_and_says_why(ran):
    html = page("/indices/test/")

    for words in (
        "866.67",
        "Level against the two largest assets",
        "Drawdown",
        "BITCO",
        "ETHER",
        "Among the first ranks",
        "Rank 1, within the first 2.",
        "Near misses",
        "Ranked too low",
        "This index keeps out memecoins.",
        "Weights are set in proportion to market cap.",
        "Next review on schedule: 1 Mar 2023",
        "All levels are reconstructed",
        "31 Jan 2023",
    ):
        assert words in html, words


def test_a_live_index_says_since_when(ran):
    Index.objects.update(live_since=NEXT)

    html = page("/indices/test/")

    assert "Levels before 1 Feb 2023 are reconstructed" in html


def test_factsheets_take_a_fixed_number_of_queries(ran, django_assert_max_num_queries):
    with django_assert_max_num_queries(18):
        page("/indices/test/")


def test_a_suspended_level_has_no_number(ran):
    run_window(start=NEXT, end=NEXT + timedelta(days=10), at=AT)

    html = page("/indices/test/")

    assert "suspended" in html
    assert "no price for more than two nights" in html


def test_an_index_before_its_first_level_shows_its_rules():
    make_index(name="Young")

    assert "No level yet" in page("/indices/")
    html = page("/indices/test/")
    assert "No level yet" in html
    assert "Weights are set in proportion to market cap." in html
    assert "No review yet" in html


def test_an_index_without_published_rules_shows_none():
    make_index().methodologies.all().delete()

    assert "Methodology" not in page("/indices/test/")


def test_a_benchmark_without_prices_is_unknown_and_not_zero():
    make_coin("bitcoin")
    a, b = make_coin("a"), make_coin("b")
    price_flat({a: "1", b: "1"}, EVE, FIRST + timedelta(days=1))
    index = make_index()
    run_window(start=FIRST, end=FIRST + timedelta(days=1), at=AT)

    comparison = get_comparison(index=index)

    assert comparison is not None
    assert comparison.returns[1] == ("BITCO", [None] * 7)
    assert comparison.level_chart["series"][1]["values"] == [None, None]


def test_simulated_and_retired_indices_are_labelled(ran):
    Index.objects.update(universe="simulated", status="retired", retired_on=date(2023, 2, 4))

    html = page("/indices/test/")

    assert "simulated" in html
    assert "investing in it is closed" in html


def test_a_review_tells_of_every_asset(ran):
    review = Review.objects.get(cutoff_day=NEXT - timedelta(days=1))

    html = page(f"/indices/test/reviews/{review.pk}/")

    for words in ("BITCO", "ETHER", "LOW", "DOG", "Ranked too low", "held before", "61.54%", "Turnover, one way"):
        assert words in html, words


def test_reviews_take_a_fixed_number_of_queries(ran, django_assert_max_num_queries):
    review = Review.objects.earliest("cutoff_day")

    with django_assert_max_num_queries(8):
        page(f"/indices/test/reviews/{review.pk}/")


def test_drafts_and_reviews_of_other_indices_are_404(ran):
    make_index(slug="hidden", status="draft")
    make_index(slug="other")
    review = Review.objects.earliest("cutoff_day")

    page("/indices/hidden/", status=404)
    page("/indices/nothing/", status=404)
    page(f"/indices/other/reviews/{review.pk}/", status=404)
    page("/indices/test/reviews/999999/", status=404)


def test_the_benchmarks_of_the_simulated_market_exist():
    assert {"sim-aurum", "sim-meridian"} <= {coin.id for coin in COINS}


@pytest.mark.parametrize(
    ("code", "words"), [("auto_in", "Among the first ranks"), ("ineligible:meme", "Kept out: meme")]
)
def test_reasons_in_words(code, words):
    assert reason_in_words(code) == words
