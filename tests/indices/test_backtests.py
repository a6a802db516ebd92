"""Replays of rules on history: the engine of the night itself, and not a row is written."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.apps import apps
from django.db import connection

from indices.calc.rules import Rules
from indices.models import Index, Level, Methodology, Rebalance, Review
from indices.services import load_presets, run_window
from indices.services.backtests import (
    CannotReplayError,
    Comparison,
    WeightDifference,
    check_span,
    compare_weights,
    market_of,
    replay_rules,
)
from market.models import AssetEvent, DailyPrice
from market.services import seed_simulated_market
from tests.factories import make_price, make_user
from tests.indices.factories import AT, FIRST, NEXT, make_coin, make_index, make_rules, price_days, price_flat

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
EVE = FIRST - DAY


def replay(index: Index, rules: Rules | None = None, *, first=FIRST, last=NEXT, **options):
    """Replay an index's rules, or others, on the days of a test."""
    rules = rules or Rules.from_params(index.methodologies.get().params)
    return replay_rules(index=index, rules=rules, first_day=first, last_day=last, at=AT, **options)


def make_event(**fields) -> AssetEvent:
    """Approve an event of an asset."""
    people = {
        "author": make_user(email=f"author-{AssetEvent.objects.count()}@example.com"),
        "approver": make_user(email=f"approver-{AssetEvent.objects.count()}@example.com"),
    }
    return AssetEvent.objects.create(note="It happened.", status="approved", approved_at=AT, **people | fields)


def first_example(*later: tuple[str | None, str | None, str | None]):
    """Price A, B and C of the specification's first example: its base on two days, then the days given."""
    coins = make_coin("a"), make_coin("b"), make_coin("c")
    for asset, base, supply, place in zip(coins, ("100", "50", "10"), (10, 10, 50), range(3), strict=True):
        price_days(asset, EVE, [base, base, *(day[place] for day in later)], supply=supply)
    return coins


def written() -> dict[str, int]:
    """Count the rows of every table."""
    return {model._meta.label: model._base_manager.count() for model in apps.get_models() if model._meta.managed}


def test_every_preset_replays_to_the_levels_and_baskets_of_the_night_digit_for_digit():
    start, end, at = date(2022, 5, 15), date(2022, 9, 15), datetime(2022, 9, 16, 6, tzinfo=UTC)
    seed_simulated_market(anchor=date(2021, 9, 1), end=end, at=at)
    load_presets(at=at)
    indices = list(Index.objects.order_by("slug"))
    outcomes = {
        index: replay_rules(
            index=index,
            rules=Rules.from_params(index.methodologies.get().params),
            first_day=start,
            last_day=end,
            at=at,
        )
        for index in indices
    }

    assert run_window(start=start, end=end, at=at).problems == []

    ran = set()
    for index, outcome in outcomes.items():
        stored = Level.objects.current().filter(index=index).order_by("day")
        assert [(each.day, each.gross, each.net, each.status, each.cause) for each in outcome.levels] == list(
            stored.values_list("day", "gross", "net", "status", "cause")
        )
        rebalances = Rebalance.objects.current().filter(index=index).prefetch_related("holdings", "review")
        assert [(each.day, each.turnover, each.cost, each.weights) for each in outcome.baskets] == [
            (each.effective_day, each.turnover, each.cost, {h.asset_id: h.weight for h in each.holdings.all()})
            for each in rebalances
        ]
        assert [each.kind for each in outcome.baskets] == [each.review and each.review.kind for each in rebalances]
        assert outcome.reviews == index.reviews.count()
        ran |= {each.kind for each in outcome.baskets}
    assert ran >= {Review.Kind.RECONSTITUTION, Review.Kind.TRIGGER}
    assert sum(bool(outcome.levels) for outcome in outcomes.values()) >= 5


def test_streaks_metrics_and_events_replay_as_the_night_runs_them():
    coins = [make_coin(name) for name in ("a", "b", "c", "d")]
    for place, coin in enumerate(coins):
        closes = [str(10 + place + (day * (place + 3)) % 7) for day in range(110)]
        price_days(coin, FIRST - 40 * DAY, closes, supply=10 + place)
    rules = make_rules(schedule="weekly", rank_by="momentum", rank_days=20, streak=2, count=2, enter=1, keep=3)
    index = make_index(rules, base_date=None)
    held = [each for each in replay(index, last=FIRST + 20 * DAY).baskets if each.day < FIRST + 20 * DAY][-1]
    make_event(asset_id=next(iter(held.weights)), kind="delisting", treatment="last", effective_day=FIRST + 20 * DAY)

    outcome = replay(index, last=FIRST + 60 * DAY)
    result = run_window(start=FIRST, end=FIRST + 60 * DAY, at=AT)

    assert result.problems == []
    assert [(each.day, each.gross, each.net) for each in outcome.levels] == list(
        Level.objects.current().order_by("day").values_list("day", "gross", "net")
    )
    assert Rebalance.Kind.EVENT in [each.kind for each in outcome.baskets]


def test_nothing_is_written_and_nothing_but_reads_is_sent():
    first_example(*[("110", "45", "12")] * 31)
    index = make_index()
    run_window(start=FIRST, end=FIRST + 9 * DAY, at=AT)
    before, sent = written(), []

    def watch(execute, sql, params, many, context):
        sent.append(sql)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(watch):
        market = market_of(index, make_rules(), FIRST, NEXT)
        compare_weights(index=index, outcome=replay(index, market=market), market=market, at=AT)

    index.refresh_from_db()
    assert sent
    assert [sql for sql in sent if not sql.startswith("SELECT")] == []
    assert written() == before
    assert (index.base_date, index.auto_approve) == (FIRST, True)


def test_a_market_that_is_in_memory_is_not_read_again(django_assert_num_queries):
    first_example(*[("110", "45", "12")] * 31)
    index = make_index()
    rules = make_rules()
    market = market_of(index, rules, FIRST, NEXT)
    replay(index, rules, market=market)

    with django_assert_num_queries(0):
        replay(index, make_rules(alpha="0"), market=market)


def test_reviews_are_approved_by_themselves_and_an_index_without_a_past_starts_on_the_first_day():
    first_example(("110", "45", "12"), ("99", "54", "12"))
    index = make_index(base_date=FIRST + DAY, auto_approve=False, status="draft")

    outcome = replay(index, last=FIRST + 2 * DAY)

    assert [each.day for each in outcome.levels] == [FIRST, FIRST + DAY, FIRST + 2 * DAY]
    assert [each.gross for each in outcome.levels] == [1000, 1075, 1065]
    assert outcome.problems == []


def test_worked_example_2_gives_turnover_cost_and_names():
    # C is out and E in at the second review: .3433476395 one-way, of which 15 basis points go as cost each way.
    _, _, c = first_example(*[("99", "54", "12")] * 31)
    entering = make_coin("e")
    price_days(entering, EVE, ["20"] * 33, supply=40)
    c.classifications.update(valid_to=date(2023, 1, 20))
    entering.classifications.update(valid_from=date(2023, 1, 20))
    index = make_index()

    outcome = replay(index)

    first, second = outcome.baskets
    assert (first.entered, first.left, first.turnover) == (["a", "b", "c"], [], 0)
    assert (second.day, second.kind, second.entered, second.left) == (NEXT, "reconstitution", ["e"], ["c"])
    assert round(second.turnover, 10) == Decimal("0.3433476395")
    figures = outcome.figures
    assert figures.turnover == second.turnover * 365 / 31
    assert float(figures.cost) == pytest.approx(2 * 0.3433476395 * 0.0015, rel=2e-3)
    assert round(figures.cost, 12) == second.cost
    assert outcome.levels[-1].gross * (1 - figures.cost) == pytest.approx(outcome.levels[-1].net, abs=Decimal("1e-12"))
    assert figures.gross.total_return == pytest.approx(0.065)
    assert figures.net.total_return == pytest.approx(1.065 * (1 - float(figures.cost)) - 1)


def test_the_deepest_fall_has_its_days():
    # 1000, 1100, 825, 1100: a quarter below the peak of the second day.
    coin, other = make_coin("a"), make_coin("b")
    for asset in (coin, other):
        price_days(asset, EVE, ["10", "10", "11", "8.25", "11"])
    index = make_index()

    gross = replay(index, last=FIRST + 3 * DAY).figures.gross

    assert gross.max_drawdown == pytest.approx(-0.25)
    assert (gross.peak, gross.trough, gross.recovery) == (1, 2, 3)


def test_the_markets_main_asset_comes_along_on_the_days_of_the_levels():
    price_flat({make_coin("a"): "1", make_coin("b"): "2"}, EVE, FIRST + 2 * DAY)
    price_days(make_coin("bitcoin", sector="stablecoin"), FIRST, ["20", None, "22"])
    index = make_index()

    market = replay(index, last=FIRST + 2 * DAY).market

    assert market[[0, 2]].tolist() == [20.0, 22.0]
    assert str(market[1]) == "nan"


def test_progress_goes_up_and_stays_below_the_end():
    first_example(*[("110", "45", "12")] * 31)
    told: list[int] = []

    replay(make_index(), on_progress=told.append)

    assert told[0] == 0
    assert told == sorted(set(told))
    assert 20 <= len(told) <= 32
    assert told[-1] < 100


def test_a_curator_reads_which_reviews_found_no_basket():
    first_example(*[("110", "45", "12")] * 31)
    index = make_index(make_rules(schedule="weekly", count=4, enter=4, keep=4, min_count=4))

    outcome = replay(index)

    assert (outcome.levels, outcome.baskets, outcome.figures) == ([], [], None)
    assert outcome.problems[0] == "No review found a basket: the index never starts."
    # The first night's own review is followed by those of the Mondays, each cut off on its Sunday: 1, 8, 15, 22, 29.
    assert outcome.problems[1] == (
        "6 of 6 reviews found no basket and need a curator. "
        "2022-12-31: 3 eligible assets, fewer than the 4 needed. "
        "2023-01-01: 3 eligible assets, fewer than the 4 needed. "
        "2023-01-08: 3 eligible assets, fewer than the 4 needed. And 3 more."
    )


def test_a_late_start_and_a_suspended_level_are_told():
    a, b = make_coin("a"), make_coin("b")
    price_flat({a: "1"}, EVE, FIRST + 20 * DAY)
    price_days(b, FIRST + 3 * DAY, ["1"] * 6)
    index = make_index(make_rules(schedule="weekly"))

    outcome = replay(index, last=FIRST + 13 * DAY)

    # Both are there for the review of Monday the 9th, on which b has its last close; the 12th is its third day without.
    assert outcome.levels[0].day == date(2023, 1, 9)
    assert "The index starts on 2023-01-09; no review before found a basket." in outcome.problems
    assert "The level is suspended on 3 days, first on 2023-01-12. No price since: b of 2023-01-09." in outcome.problems
    assert [each.gross for each in outcome.levels][-1] is None
    assert outcome.figures.gross.total_return == 0


def test_rules_that_count_votes_find_no_ballot_and_say_so():
    first_example(*[("110", "45", "12")] * 31)
    rules = make_rules(rank_by="votes", scheme="votes")

    problems = replay(make_index(), rules).problems

    assert "No ballot was ever held on these days: reviews that count votes find none, and no basket." in problems


def test_what_is_delisted_at_nothing_is_lost_in_the_replay_too():
    coins = first_example(("110", "45", "12"), ("99", "54", "12"))
    for coin in coins[1:]:
        make_event(asset=coin, kind="delisting", treatment="zero", effective_day=FIRST + DAY)

    outcome = replay(make_index(), last=FIRST + DAY)

    # 5 units of A at 110 are all that is left of 1000.
    assert outcome.levels[-1].gross == 550
    assert outcome.figures.gross.total_return == pytest.approx(-0.45)


@pytest.mark.parametrize(
    ("first", "last", "words"),
    [
        (FIRST, FIRST, "A replay ends after it starts; 2023-01-01 is not after 2023-01-01."),
        (FIRST, EVE, "A replay ends after it starts; 2022-12-31 is not after 2023-01-01."),
        (date(2015, 1, 1), date(2023, 1, 2), "A replay covers eight years at most; from 2015-01-01 to 2023-01-02"),
    ],
)
def test_a_span_is_from_one_day_to_eight_years_long(first, last, words):
    with pytest.raises(CannotReplayError, match=words):
        replay(make_index(), first=first, last=last)


def test_eight_years_with_two_leap_days_fit():
    check_span(date(2015, 1, 1), date(2023, 1, 1))


def test_a_span_without_prices_is_refused():
    price_flat({make_coin("a"): "1", make_coin("sim-a", simulated=True): "1"}, EVE, NEXT)

    with pytest.raises(CannotReplayError, match=r"Real market: no prices from 2024-01-01 to 2024-02-01\."):
        replay(make_index(), first=date(2024, 1, 1), last=date(2024, 2, 1))


def test_an_event_that_does_not_fit_is_told_in_its_words():
    coins = first_example(*[("110", "45", "12")] * 3)
    heir = make_coin("heir")
    price_flat({heir: "1"}, EVE, FIRST + 3 * DAY)
    make_event(
        asset=coins[0], kind="migration", treatment="convert", effective_day=FIRST + DAY, new_asset=heir, ratio=2
    )

    with pytest.raises(CannotReplayError, match=r"The migration of a on 2023-01-02 cannot be carried out\."):
        replay(make_index(), last=FIRST + 3 * DAY)


def compared(index: Index, rules: Rules, **options) -> Comparison:
    """Replay rules and compare their last basket with what is in force."""
    market = market_of(index, rules, options.get("first", FIRST), options.get("last", NEXT))
    outcome = replay(index, rules, market=market, **options)
    return compare_weights(index=index, outcome=outcome, market=market, at=AT)


def test_weights_are_compared_with_the_stored_basket_at_the_close_of_the_last_review():
    # Stored since 1 January at (.5, .25, .25); by 1 February A has doubled: (1000, 250, 250) of 1500.
    first_example(*[("100", "50", "10")] * 30, ("200", "50", "10"), ("200", "50", "10"))
    index = make_index()
    run_window(start=FIRST, end=NEXT - DAY, at=AT)
    equal = make_rules(alpha="0")

    found = compared(index, equal)

    third = Decimal("0.333333333333")
    assert (found.day, found.words) == (NEXT, "Compared with the basket in force, set on 2023-01-01.")
    # Of what 12 places leave over, the first two of three equal remainders get one each, or the first of them.
    assert found.differences == [
        WeightDifference("a", third + Decimal("1e-12"), Decimal("0.666666666667")),
        WeightDifference("c", third, Decimal("0.166666666666")),
        WeightDifference("b", third, Decimal("0.166666666667")),
    ]
    assert found.differences[0].difference == Decimal("-0.333333333333")


def test_without_a_stored_basket_the_version_in_force_is_replayed():
    first_example(*[("100", "50", "10")] * 31)
    index = make_index()

    found = compared(index, make_rules(alpha="0", count=2, enter=2, keep=2))

    # A and C are worth 1000 and 500, B 500 as well: B comes before C by its id.
    assert found.words == "Compared with version 1, replayed from 2023-01-01: it has no stored basket yet."
    assert [(each.asset_id, each.weight, each.in_force) for each in found.differences] == [
        ("b", Decimal("0.5"), Decimal("0.25")),
        ("c", Decimal(0), Decimal("0.25")),
        ("a", Decimal("0.5"), Decimal("0.5")),
    ]


def test_a_first_version_has_nothing_to_compare_with():
    first_example(*[("100", "50", "10")] * 31)
    index = make_index()
    Methodology.objects.update(status="draft", announced_at=None, approved_at=None)

    found = compared(index, make_rules())

    assert found == Comparison(day=None, words="No version is in force yet; there is nothing to compare.")


def test_a_version_in_force_that_cannot_be_read_is_none():
    first_example(*[("100", "50", "10")] * 31)
    index = make_index()
    rules = make_rules()
    Methodology.objects.update(params={"count": 3})

    assert compared(index, rules).words == "No version is in force yet; there is nothing to compare."


def test_a_replay_without_a_basket_has_nothing_to_compare():
    first_example(*[("100", "50", "10")] * 31)

    found = compared(make_index(), make_rules(count=4, enter=4, keep=4, min_count=4))

    assert found == Comparison(day=None, words="No basket came of the replay; there is nothing to compare.")


def test_a_version_that_comes_into_force_later_is_not_compared_with():
    first_example(*[("100", "50", "10")] * 31)
    index = make_index()
    Methodology.objects.update(effective_from=NEXT + DAY)

    assert compared(index, make_rules()).day is None


def test_what_is_known_only_later_changes_no_replayed_basket():
    a, b, _ = first_example(*[("100", "50", "10")] * 31)
    index = make_index()
    before = replay(index)

    # A correction of the eve's market cap that came after the first cut-off: B was ten times as large.
    DailyPrice.objects.filter(asset=b, day=EVE).update(superseded_at=AT)
    make_price(b, EVE, "50", market_cap=Decimal(5000), recorded_at=AT)

    assert replay(index).baskets[0].weights == before.baskets[0].weights
    assert a.pk in before.baskets[0].weights
