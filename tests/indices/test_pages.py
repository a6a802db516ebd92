"""Public pages of indices: the catalogue and the factsheet."""

import re
from datetime import date
from typing import Any

import pytest

from indices.models import Index, IndexRecord, Level, Methodology, Rebalance
from indices.selectors import get_catalogue, get_comparison, get_composition, reason_in_words
from indices.services import run_window
from indices.services.index_records import write_records
from market.models import Asset, AssetEvent
from market.sources.simulated_assets import COINS
from tests.factories import make_user
from tests.indices.factories import AT, FIRST, NEXT, make_coin, make_index, make_rules, price_days, price_flat
from tests.indices.looking import (
    EVE,
    LAST,
    ONE_DAY,
    make_more,
    page,
    queries_of,
    run_into_nothing,
    run_two_large,
    seen,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def ran():
    """Run an index of two assets for five weeks."""
    return run_two_large()


def test_the_catalogue_shows_figures_without_a_login(ran):
    text = seen(page("/indices/"))

    for words in ("Two Large", "866.67", "\N{MINUS SIGN}13.33%", "13.33%", "43.7%", "reconstructed", "4 Feb 2023"):
        assert words in text, words


@pytest.mark.parametrize(
    ("query", "is_found"),
    [
        ("?q=large", True),
        ("?q=nothing", False),
        ("?q=BITCO", True),  # a symbol that it holds
        ("?q=ethereum", True),  # the name of an asset that it holds
        ("?q=low", False),  # an asset that it looked at and left out
        ("?kind=market_cap&tier=core", True),
        ("?kind=equal", False),
        ("?universe=real", True),
        ("?universe=simulated", False),
    ],
)
def test_search_and_filters(ran, query, is_found):
    html = page(f"/indices/{query}")

    assert ("Two Large" in html) is is_found
    assert ("No index matches" in html) is not is_found


@pytest.mark.parametrize(
    "query", ["?kind=sport", "?tier=%00", "?q=a%00b", f"?q={'x' * 81}", "?universe=moon", "?sort=beauty", "?sort=--1D"]
)
def test_a_question_that_cannot_be_answered_says_so(ran, query):
    assert "Two Large" in page(f"/indices/{query}", status=422)


def test_an_empty_catalogue_says_how_to_fill_it():
    assert "No index is published yet" in page("/indices/")


@pytest.fixture
def three():
    """Make three described indices and one without a level; what is not given is not known."""
    for name, one_day, level in (("Beta", 0.02, "300"), ("alpha", -0.01, "100"), ("Gamma", None, "200")):
        index = make_index(slug=name.lower(), name=name)
        figures: dict[str, Any] = {
            "level": level, "net": None, "status": "final", "returns": {"1D": one_day, "SI": 0.5}, "net_returns": {},
            "volatility": one_day, "drawdown": 0.0, "worst_drawdown": one_day, "spark": [], "turnover": None,
            "rebalances": 0, "cost": None, "correlations": {}, "sectors": [], "tiers": [], "safety": [],
            "inception": None, "worst_peak": None, "worst_trough": None, "worst_recovery": None,
        }  # fmt: skip
        IndexRecord.objects.create(index=index, day=LAST, computed_at=AT, figures=figures)
    make_index(slug="delta", name="Delta")


@pytest.mark.parametrize(
    ("sort", "names"),
    [
        ("", ["alpha", "Beta", "Gamma", "Delta"]),
        ("name", ["alpha", "Beta", "Delta", "Gamma"]),
        ("-name", ["Gamma", "Delta", "Beta", "alpha"]),
        ("1D", ["alpha", "Beta", "Delta", "Gamma"]),
        ("-1D", ["Beta", "alpha", "Delta", "Gamma"]),
        ("-level", ["Beta", "Gamma", "alpha", "Delta"]),
        ("volatility", ["alpha", "Beta", "Delta", "Gamma"]),
        ("-drawdown", ["Beta", "alpha", "Delta", "Gamma"]),
        ("-SI", ["alpha", "Beta", "Gamma", "Delta"]),  # equal ones keep the order of slugs
        ("1Y", ["alpha", "Beta", "Delta", "Gamma"]),  # nobody is a year old
    ],
)
def test_any_column_sorts_both_ways_and_what_is_unknown_comes_last(three, sort, names):
    html = page(f"/indices/?sort={sort}")

    assert re.findall(r'<a href="/indices/\w+/">(\w+)</a>', html) == names


def test_a_heading_that_is_asked_for_again_turns_round(three):
    down, up = page("/indices/?sort=-1D&q=a"), page("/indices/?sort=1D")

    assert 'aria-sort="descending"><a href="?sort=1D&amp;q=a">1 day' in down
    assert 'aria-sort="ascending"><a href="?sort=-1D">1 day' in up
    assert '<a href="?sort=-7D">7 days' in up  # figures begin with the highest, names with A
    assert '<a href="?sort=name">Index' in up


def test_the_catalogue_takes_as_many_queries_for_many_indices_as_for_one(ran, django_assert_num_queries):
    with django_assert_num_queries(1):
        assert len(get_catalogue(Index.objects.published())) == 1
    one = queries_of("/indices/")
    make_more()

    with django_assert_num_queries(1):
        assert len(get_catalogue(Index.objects.published())) == 5
    assert queries_of("/indices/") == one <= 4


def test_labels_that_all_share_are_said_once_and_others_beside_their_index(ran):
    make_more(1)
    Index.objects.filter(slug="more-0").update(live_since=NEXT)

    both = page("/indices/")
    one = page("/indices/?q=large")

    assert both.count(">reconstructed</span>") == one.count(">reconstructed</span>") == 1
    assert both.index("Two Large") < both.index(">reconstructed</span>")  # in its row
    assert one.index("Two Large") > one.index(">reconstructed</span>")  # in the head


def test_the_factsheet_answers_first_and_says_why(ran):
    text = seen(page("/indices/test/"))

    for words in (
        "866.67",
        "Level against the two largest assets",
        "Deepest 13.33%, 1 Jan 2023 to 20 Jan 2023; not made good",
        "BITCO",
        "ETHER",
        "61.54%",
        "Among the first ranks",
        "Rank 1, within the first 2.",
        "Layer 1",
        "Small, below $1B",
        "Safety card",
        "Effective number of constituents",
        "Near misses",
        "Ranked too low",
        "This index keeps out memecoins.",
        "Weights are set in proportion to market cap.",
        "Next review on schedule: 1 Mar 2023",
        "Version 1 in force",
        "All levels are reconstructed",
        "No other index of this market is published.",
        "No published level of this index has been restated.",
    ):
        assert words in text, words


def test_each_basket_of_the_history_links_its_review_and_its_bundle(ran):
    html = page("/indices/test/")

    for basket in Rebalance.objects.filter(index=ran):
        assert f'href="/indices/test/reviews/{basket.review_id}/"' in html
        assert f'href="/indices/test/rebalances/{basket.pk}/bundle.json"' in html


def test_a_live_index_says_since_when(ran):
    Index.objects.update(live_since=NEXT)
    write_records(indices=list(Index.objects.all()), at=AT)

    text = seen(page("/indices/test/"))

    assert "partly reconstructed" in text
    assert "Levels before 1 Feb 2023 are reconstructed" in text
    assert "Age of the live record 4 days" in text  # from the first of February to the fourth


def test_factsheets_take_as_many_queries_among_many_indices_and_baskets(ran):
    make_index(make_rules(count=2, enter=2, keep=2), slug="another")
    run_window(start=FIRST, end=LAST, at=AT)
    write_records(indices=list(Index.objects.all()), at=AT)
    one = queries_of("/indices/test/")
    make_more()
    price_flat(dict.fromkeys(Asset.objects.all(), "60"), LAST + ONE_DAY, LAST + 90 * ONE_DAY)
    run_window(start=LAST + ONE_DAY, end=LAST + 90 * ONE_DAY, at=AT)

    assert Rebalance.objects.filter(index=ran).count() == 5
    assert queries_of("/indices/test/") == one <= 24


def test_an_index_that_was_live_from_its_first_level_has_nothing_reconstructed(ran):
    Index.objects.update(live_since=FIRST)
    write_records(indices=list(Index.objects.all()), at=AT)

    html = page("/indices/test/")

    assert "Every level was computed as it happened." in html
    assert "reconstructed" not in html


def test_a_suspended_level_has_no_number(ran):
    run_window(start=NEXT, end=NEXT + 10 * ONE_DAY, at=AT)

    assert "suspended" in page("/indices/")
    text = seen(page("/indices/test/"))
    assert "suspended" in text
    assert "no price for more than two nights" in text


def test_a_provisional_level_says_so(ran):
    run_window(start=NEXT, end=LAST + ONE_DAY, at=AT)

    assert "provisional" in page("/indices/test/")
    assert "provisional" in page("/indices/")


def test_an_index_before_its_first_level_shows_its_rules():
    make_index(name="Young")

    assert "No level yet" in page("/indices/")
    html = page("/indices/test/")
    assert "No level yet" in html
    assert "Weights are set in proportion to market cap." in html
    assert "No basket yet" in html


def test_reviews_that_came_to_nothing_are_told_before_there_is_a_level():
    run_into_nothing()

    text = seen(page("/indices/test/"))

    assert "Came to nothing 1 review kept the basket before 31 Dec 2022 1 eligible assets, fewer than the 2" in text


def test_levels_that_no_night_has_described_yet_wait_for_the_next(ran):
    IndexRecord.objects.all().delete()

    assert "No figures yet" in page("/indices/test/")
    assert "No level yet" in page("/indices/")


def test_an_index_without_published_rules_shows_none():
    make_index().methodologies.all().delete()

    assert "Methodology" not in page("/indices/test/")


def test_rules_that_cannot_be_read_are_no_server_error(ran):
    Methodology.objects.update(params={"count": "many"})

    assert "These rules cannot be read" in page("/indices/test/")


def test_versions_of_the_rules_say_what_they_changed_and_from_when(ran):
    rules = make_rules(count=2, enter=2, keep=2, cap="0.6")
    fields = {"index": ran, "params": rules.to_params(), "approved_at": AT}
    Methodology.objects.create(
        version=2, status="announced", announced_at=AT, effective_from=date(2023, 3, 1), **fields
    )
    Methodology.objects.create(version=3, status="draft", index=ran, params=rules.to_params())

    text = seen(page("/indices/test/"))

    assert "Version 2 announced Announced 1 Jan 2024; for reviews from 1 Mar 2023 on." in text
    assert "New: Each weight is at most 60%" in text
    assert "Gone: Kept out: memecoins." in text
    assert "Version 3" not in text


def test_a_benchmark_without_prices_is_unknown_and_not_zero():
    make_coin("bitcoin")
    a, b = make_coin("a"), make_coin("b")
    price_flat({a: "1", b: "1"}, EVE, FIRST + ONE_DAY)
    index = make_index()
    run_window(start=FIRST, end=FIRST + ONE_DAY, at=AT)

    comparison = get_comparison(index=index)

    assert comparison is not None
    assert comparison.names == ["Gross", "Net", "BITCO"]
    assert [changes[2] for _, changes in comparison.returns] == [None] * 7
    assert comparison.level_chart["series"][1]["values"] == [None, None]


def test_net_is_a_line_of_its_own_where_it_is_known(ran):
    comparison = get_comparison(index=ran)
    Level.objects.update(net=None)
    before = get_comparison(index=ran)

    assert comparison is not None
    assert before is not None
    lines, without = ([series["name"] for series in each.level_chart["series"]] for each in (comparison, before))
    assert lines == ["Two Large", "BITCO", "ETHER", "Net"]
    assert without == ["Two Large", "BITCO", "ETHER"]


def test_simulated_and_retired_indices_are_labelled(ran):
    Index.objects.update(universe="simulated", status="retired", retired_on=LAST)

    html = page("/indices/test/")

    assert "simulated" in html
    assert "investing in it is closed" in html


def test_what_came_of_an_event_says_so_and_is_in_the_history(ran, alice):
    make_coin("child")
    price_flat(dict.fromkeys(Asset.objects.all(), "60"), LAST + ONE_DAY, LAST + ONE_DAY)
    AssetEvent.objects.create(
        asset_id="bitcoin", kind="fork", treatment="split", effective_day=LAST + ONE_DAY, new_asset_id="child",
        ratio=1, note="See the release notes.", status="approved", author=alice, approved_at=AT,
        approver=make_user(email="b@example.com"),
    )  # fmt: skip
    run_window(start=LAST + ONE_DAY, end=LAST + ONE_DAY, at=AT)

    composition = get_composition(index=ran, day=LAST + ONE_DAY)
    text = seen(page("/indices/test/"))

    assert composition is not None
    child = next(line for line in composition.held if line.asset_id == "child")
    assert (child.target, child.reason) == (None, "Came of an event")
    assert "Fork of BITCO The new units are kept to the next review. See the release notes." in text


def test_chosen_assets_without_weight_are_told_apart_from_what_is_held():
    # Falling closes are a bear: the market's gate leaves nothing, and the sleeve holds it all.
    falling = [str(400 - day) for day in range(200)]
    for asset_id in ("bitcoin", "ethereum", "other"):
        price_days(make_coin(asset_id), FIRST - 199 * ONE_DAY, falling)
    dollar = make_coin("dollar", sector="stablecoin", token_type="stablecoin", is_stable=True)
    price_flat({dollar: "1"}, FIRST - 199 * ONE_DAY, FIRST)
    make_index(make_rules(gate="trend", sleeve=["dollar"], exclude=["stable"]))
    assert run_window(start=FIRST, end=FIRST, at=AT).problems == []

    composition = get_composition(index=Index.objects.get(), day=FIRST)
    text = seen(page("/indices/test/"))

    assert composition is not None
    assert [(line.asset_id, line.is_sleeve) for line in composition.held] == [("dollar", True)]
    assert [line.asset_id for line in composition.resting] == ["bitcoin", "ethereum", "other"]
    assert "1 constituent After the close" in text
    assert "3 chosen, without weight for now" in text
    assert "DOLLA sleeve" in text


def test_the_benchmarks_of_the_simulated_market_exist():
    assert {"sim-aurum", "sim-meridian"} <= {coin.id for coin in COINS}


@pytest.mark.parametrize(
    ("code", "words"),
    [("auto_in", "Among the first ranks"), ("ineligible:meme", "Kept out: memecoins"), ("new", "Kept out: new")],
)
def test_reasons_in_words(code, words):
    assert reason_in_words(code) == words
