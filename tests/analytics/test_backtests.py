"""Replays that curators ask for: the rules frozen, one worker at a time, and an end in figures or in words."""

import json
import re
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.contrib.auth.models import Group
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from analytics.models import Backtest
from analytics.selectors.backtests import get_report
from analytics.services import CannotRequestBacktestError, request_backtest, run_requested_backtests
from analytics.services.backtests import TAKEN_UP, BacktestClaim, _run
from analytics.services.claims import LostClaimError
from analytics.tasks import claim_work
from indices.models import Index, Methodology
from indices.services import save_draft
from indices.services.backtests import replay_rules
from market.models import DailyPrice
from tests.factories import make_user
from tests.indices.factories import AT, FIRST, NEXT, make_coin, make_index, make_rules, price_days, price_flat

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
EVE = FIRST - DAY
SPAN = (FIRST, NEXT)
Status = Backtest.Status


@pytest.fixture
def curator(alice):
    """Alice, whom the group of curators lets ask for replays."""
    alice.groups.add(Group.objects.get(name="curator"))
    return alice


@pytest.fixture
def draft(curator) -> Methodology:
    """Price three coins over a month and draft a second version that weighs them equally."""
    price_days(make_coin("bitcoin"), EVE, ["100"] * 2 + ["110"] * 31)
    price_flat({make_coin("b"): "50", make_coin("c"): "50"}, EVE, NEXT)
    index = make_index()
    return save_draft(index_id=index.pk, rules=make_rules(alpha="0"), effective_from=None, author=curator)


def ask(methodology: Methodology, by, *, span=SPAN, at=AT) -> Backtest:
    """Ask for a replay."""
    return request_backtest(methodology_id=methodology.pk, span=span, by=by, at=at)


def run(at=AT) -> int:
    """Let a worker take its turn."""
    return run_requested_backtests(at=at)


def edit(draft: Methodology, author, **overrides) -> None:
    """Write other rules into a draft."""
    save_draft(
        index_id=draft.index_id,
        rules=make_rules(**overrides),
        effective_from=None,
        author=author,
        methodology_id=draft.pk,
    )


def test_a_replay_goes_from_waiting_to_done_with_the_figures_of_the_engine(draft, curator):
    asked = ask(draft, curator)
    assert (asked.status, asked.progress, asked.result) == (Status.WAITING, 0, None)

    assert run() == 1

    asked.refresh_from_db()
    outcome = replay_rules(index=draft.index, rules=make_rules(alpha="0"), first_day=FIRST, last_day=NEXT, at=AT)
    assert (asked.status, asked.progress) == (Status.DONE, 100)
    assert AT <= asked.started_at <= asked.heartbeat_at == asked.finished_at
    assert asked.result["series"]["gross"] == [round(float(each.gross), 2) for each in outcome.levels]
    # A third of 1000 gains 10%.
    assert asked.result["level"] == "1033.3333"
    assert asked.result["figures"]["gross"]["total_return"] == pytest.approx(0.1 / 3)
    assert asked.result["series"]["market"][:2] == [1000.0, 1100.0]


def test_the_rules_are_those_of_the_moment_of_asking(draft, curator):
    asked = ask(draft, curator)
    edit(draft, curator, alpha="1")

    run()

    asked.refresh_from_db()
    assert asked.params == make_rules(alpha="0").to_params()
    assert asked.result["level"] == "1033.3333"


def test_a_replay_of_the_rules_as_they_are_counts_the_draft_as_computed(draft, curator):
    asked = ask(draft, curator)

    run()

    draft.refresh_from_db()
    asked.refresh_from_db()
    assert (draft.status, draft.computed_by) == (Methodology.Status.COMPUTED, curator)
    assert asked.message == "Version 2 counts as computed: another person may approve it."


def test_an_edit_in_the_meantime_leaves_the_draft_a_draft(draft, curator):
    asked = ask(draft, curator)
    edit(draft, curator, alpha="0.5")

    run()

    draft.refresh_from_db()
    asked.refresh_from_db()
    assert (draft.status, draft.computed_by) == (Methodology.Status.DRAFT, None)
    assert asked.status == Status.DONE
    assert asked.message == "Version 2 was edited after these rules were replayed: it is not computed by this."


def test_a_replay_of_an_announced_version_changes_nothing_of_it(draft, curator):
    announced = draft.index.methodologies.get(version=1)
    asked = ask(announced, curator)

    run()

    asked.refresh_from_db()
    announced.refresh_from_db()
    assert announced.status == Methodology.Status.ANNOUNCED
    assert asked.message == "Version 1 is past being computed; this replay changes nothing of it."


def test_the_same_question_while_it_is_open_is_one_row(draft, curator, bob):
    bob.groups.add(Group.objects.get(name="curator"))

    first = ask(draft, curator)
    assert ask(draft, bob) == first
    Backtest.objects.update(status=Status.RUNNING, started_at=AT, heartbeat_at=AT)
    assert ask(draft, curator) == first

    assert ask(draft, curator, span=(FIRST, NEXT - DAY)) != first
    edit(draft, curator, alpha="1")
    assert ask(draft, curator) != first
    assert Backtest.objects.count() == 3


def test_what_is_done_may_be_asked_again(draft, curator):
    first = ask(draft, curator)
    run()

    assert ask(draft, curator) != first


@pytest.mark.parametrize("years", range(1, 9))
def test_years_end_at_the_newest_price_of_the_market(draft, curator, years):
    price_flat({make_coin("sim", simulated=True): "1"}, date(2023, 6, 1), date(2023, 6, 2))

    asked = ask(draft, curator, span=years)

    assert (asked.first_day, asked.last_day) == (date(2023 - years, 2, 1), NEXT)


def test_years_end_yesterday_at_the_latest_and_know_leap_days(draft, curator):
    price_flat({make_coin("d"): "1"}, date(2024, 2, 28), date(2024, 3, 2))

    asked = ask(draft, curator, span=3, at=AT.replace(year=2024, month=3, day=1))

    assert (asked.first_day, asked.last_day) == (date(2021, 2, 28), date(2024, 2, 29))


@pytest.mark.parametrize(
    ("span", "words"),
    [
        (0, "A replay covers 1 to 8 years."),
        (9, "A replay covers 1 to 8 years."),
        ((NEXT, FIRST), "A replay ends after it starts; 2023-01-01 is not after 2023-02-01."),
    ],
)
def test_a_span_out_of_range_is_refused(draft, curator, span, words):
    with pytest.raises(CannotRequestBacktestError, match=words):
        ask(draft, curator, span=span)

    assert not Backtest.objects.exists()


def test_a_market_without_prices_is_refused(draft, curator):
    index = Index.objects.create(slug="new", name="New", kind="thematic", tier="core", universe="simulated")
    first = save_draft(index_id=index.pk, rules=make_rules(), effective_from=None, author=curator)

    with pytest.raises(CannotRequestBacktestError, match="Simulated market: there are no prices yet"):
        ask(first, curator, span=1)


def test_rules_that_cannot_be_read_are_refused(draft, curator):
    Methodology.objects.filter(pk=draft.pk).update(params={"count": 3})

    with pytest.raises(CannotRequestBacktestError, match=r"The rules cannot be read\. "):
        ask(draft, curator)


def test_whoever_may_not_add_backtests_is_refused(draft, bob):
    bob.groups.add(Group.objects.get(name="approver"))

    with pytest.raises(CannotRequestBacktestError, match="needs the permission to add backtests"):
        ask(draft, bob)


def test_a_span_without_prices_fails_in_words(draft, curator):
    asked = ask(draft, curator, span=(date(2010, 1, 1), date(2011, 1, 1)))

    assert run() == 1

    asked.refresh_from_db()
    assert (asked.status, asked.result) == (Status.FAILED, None)
    assert asked.message == "Real market: no prices from 2010-01-01 to 2011-01-01."
    draft.refresh_from_db()
    assert draft.status == Methodology.Status.DRAFT


def test_rules_that_a_newer_program_cannot_read_fail_in_words(draft, curator):
    asked = ask(draft, curator)
    Backtest.objects.update(params={"moon_phase": "full"})

    run()

    asked.refresh_from_db()
    assert asked.status == Status.FAILED
    assert "moon_phase" in asked.message


def test_what_nobody_foresaw_fails_in_words_and_the_next_one_runs(draft, curator):
    other = make_index(slug="other")
    broken = ask(other.methodologies.get(), curator)
    fine = ask(draft, curator, at=AT + timedelta(seconds=1))
    Index.objects.filter(pk=other.pk).update(universe="mars")

    assert run() == 2

    broken.refresh_from_db()
    fine.refresh_from_db()
    assert (broken.status, fine.status) == (Status.FAILED, Status.DONE)
    assert broken.message == "It broke off: ValueError: 'mars' is not a valid Index.Universe"


def test_the_oldest_comes_first_and_nothing_is_run_twice(draft, curator):
    later = ask(draft, curator, at=AT + timedelta(seconds=5))
    earlier = ask(draft, curator, span=(FIRST, NEXT - DAY))

    assert (run(), run()) == (2, 0)

    earlier.refresh_from_db()
    later.refresh_from_db()
    assert earlier.started_at < later.started_at


def test_a_replay_that_another_worker_runs_is_left_alone(draft, curator):
    asked = ask(draft, curator)
    Backtest.objects.update(status=Status.RUNNING, started_at=AT, heartbeat_at=AT, progress=40)

    assert run(at=AT + timedelta(minutes=4)) == 0

    asked.refresh_from_db()
    assert (asked.status, asked.progress) == (Status.RUNNING, 40)


def test_what_a_dead_worker_left_is_taken_up_again(draft, curator):
    asked = ask(draft, curator)
    Backtest.objects.update(status=Status.RUNNING, started_at=AT, heartbeat_at=AT, progress=40)

    assert run(at=AT + timedelta(minutes=6)) == 1

    asked.refresh_from_db()
    assert (asked.status, asked.result["level"]) == (Status.DONE, "1033.3333")


def test_what_stops_two_workers_has_failed(draft, curator):
    asked = ask(draft, curator)
    Backtest.objects.update(status=Status.RUNNING, started_at=AT, heartbeat_at=AT, message=TAKEN_UP)

    assert run(at=AT + timedelta(minutes=6)) == 0

    asked.refresh_from_db()
    assert (asked.status, asked.message) == (Status.FAILED, "The workers that ran it stopped, twice.")


def test_a_worker_that_wakes_up_late_writes_nothing(draft, curator):
    asked = ask(draft, curator)
    late = BacktestClaim(asked.pk, AT)
    taken = AT + timedelta(minutes=6)
    Backtest.objects.update(status=Status.RUNNING, started_at=taken, heartbeat_at=taken, progress=10)

    with pytest.raises(LostClaimError):
        _run(late)

    asked.refresh_from_db()
    assert (asked.status, asked.progress, asked.started_at) == (Status.RUNNING, 10, taken)


def test_a_replay_that_is_lost_at_its_end_does_not_count_as_computed(draft, curator):
    asked = ask(draft, curator)

    def take_away(execute, sql, params, many, context):
        if sql.startswith("UPDATE") and Status.DONE in params:
            execute("UPDATE analytics_backtest SET status = 'waiting'", (), False, context)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(take_away), CaptureQueriesContext(connection):
        Backtest.objects.update(status=Status.RUNNING, started_at=AT, heartbeat_at=AT)
        with pytest.raises(LostClaimError):
            _run(BacktestClaim(asked.pk, AT))

    draft.refresh_from_db()
    assert draft.status == Methodology.Status.DRAFT


def test_progress_is_written_down_in_steps(draft, curator):
    ask(draft, curator)

    with CaptureQueriesContext(connection) as sent:
        run()

    written = [int(found[1]) for each in sent if (found := re.search(r'SET "progress" = (\d+)', each["sql"]))]
    assert written == sorted(written)
    assert written[0] == 0
    assert len(written) >= 20


def test_a_worker_finds_it_among_its_work(draft, curator):
    asked = ask(draft, curator)

    claim_work()

    asked.refresh_from_db()
    assert asked.status == Status.DONE


def test_the_report_has_figures_drawings_names_and_weights(draft, curator):
    asked = ask(draft, curator)
    run()
    asked.refresh_from_db()

    report = get_report(asked)

    assert (report.first_day, report.last_day, report.level) == (FIRST, NEXT, Decimal("1033.3333"))
    assert (report.reviews, report.rebalances, len(report.baskets)) == (2, 2, 2)
    newest, first = report.baskets
    assert (newest.day, newest.kind, newest.entered, newest.left) == (NEXT, "Reconstitution", [], [])
    assert first.entered == ["B", "BITCO", "C"]
    assert [each["name"] for each in report.level_chart["series"]] == ["Before costs", "After costs", "Bitcoin"]
    assert len(report.level_chart["dates"]) == 32 == len(report.drawdown_chart["series"][0]["values"])
    assert report.drawdown_chart["series"][0]["values"][:2] == [0.0, 0.0]
    assert report.figures["gross"]["peak"] == FIRST
    # By market cap: 1100 of 2100 in Bitcoin, 500 in each of the others.
    assert report.compared_with.startswith("Compared with version 1, replayed from 2023-01-01")
    assert [(each.symbol, round(each.weight, 4), round(each.in_force, 4)) for each in report.weights] == [
        ("BITCO", 0.3333, 0.5238),
        ("B", 0.3333, 0.2381),
        ("C", 0.3333, 0.2381),
    ]
    assert report.weights[0].difference == pytest.approx(1 / 3 - 11 / 21)


def test_prices_put_in_later_label_the_levels_as_reconstructed(draft, curator):
    asked = ask(draft, curator)
    DailyPrice.objects.filter(day=NEXT).update(reconstructed=True)
    run()
    asked.refresh_from_db()
    recorded = ask(draft, curator, span=(FIRST, NEXT - DAY))
    run()
    recorded.refresh_from_db()

    assert get_report(asked).label == (
        "Reconstructed: replayed on history under today's rules; back-tested, not point-in-time"
    )
    assert get_report(recorded).label == "Replayed on history as it was recorded, under today's rules; back-tested"


def test_an_invented_market_is_labelled_as_such(curator):
    price_flat({make_coin(name, simulated=True): "1" for name in ("a", "b", "c")}, EVE, NEXT)
    index = make_index(universe="simulated")
    asked = ask(index.methodologies.get(), curator)
    run()
    asked.refresh_from_db()

    report = get_report(asked)

    assert report.label == "Simulated: replayed on an invented market under today's rules"
    assert report.level_chart["series"][2] == {"name": "Market", "values": [None] * 32, "role": "benchmark"}


def test_a_report_of_an_index_that_never_starts_has_problems_and_no_figures(draft, curator):
    edit(draft, curator, count=4, enter=4, keep=4, min_count=4)
    asked = ask(draft, curator)
    run()
    asked.refresh_from_db()

    report = get_report(asked)

    assert (report.level, report.figures, report.level_chart, report.baskets) == (None, None, None, [])
    assert report.problems[0] == "No review found a basket: the index never starts."


def test_suspended_days_are_gaps_in_the_drawings(curator):
    price_flat({make_coin("a"): "1"}, EVE, FIRST + 9 * DAY)
    price_days(make_coin("b"), EVE, ["1"] * 4)
    asked = ask(make_index().methodologies.get(), curator, span=(FIRST, FIRST + 9 * DAY))
    run()
    asked.refresh_from_db()

    report = get_report(asked)

    # B is last priced on 3 January; two nights are carried, the third has no number.
    assert [place for place, level in enumerate(report.level_chart["series"][0]["values"]) if level is None] == [
        5, 6, 7, 8, 9,
    ]  # fmt: skip
    assert report.drawdown_chart["series"][0]["values"][5] is None
    assert report.level is None


def test_before_the_end_there_is_no_report(draft, curator):
    assert get_report(ask(draft, curator)) is None


def test_the_result_is_plain_json(draft, curator):
    asked = ask(draft, curator)
    run()
    asked.refresh_from_db()

    assert json.loads(json.dumps(asked.result, allow_nan=False)) == asked.result


@pytest.mark.parametrize(
    ("fields", "constraint"),
    [
        ({"last_day": FIRST}, "backtest_ends_after_it_starts"),
        ({"progress": 101}, "backtest_progress_to_100"),
        ({"status": "done"}, "a_done_backtest_has_its_result"),
    ],
)
def test_the_database_refuses_a_row_that_contradicts_itself(draft, curator, fields, constraint):
    asked = ask(draft, curator)

    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        Backtest.objects.filter(pk=asked.pk).update(**fields)


def test_a_stranger_without_any_right_is_refused(draft):
    with pytest.raises(CannotRequestBacktestError):
        ask(draft, make_user(email="stranger@example.com"))
