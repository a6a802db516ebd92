"""Replays that curators ask for: the rules frozen, one worker at a time, and an end in figures or in words."""

import re
from datetime import date, timedelta

import pytest
from django.contrib.auth.models import Group
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from analytics.models import Backtest
from analytics.services import CannotRequestBacktestError
from analytics.services.backtests import TAKEN_UP, BacktestClaim, _run
from analytics.services.claims import LostClaimError
from analytics.tasks import claim_work
from indices.models import Index, Methodology, Signal
from indices.services import save_draft
from indices.services.backtests import replay_rules
from tests.analytics.replays import EVE, ask, edit, make_draft, make_staff, run
from tests.factories import make_user
from tests.indices.factories import AT, FIRST, NEXT, after, make_coin, make_index, make_rules, price_flat

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
Status = Backtest.Status


@pytest.fixture
def curator(db) -> User:
    """Make somebody whom the group of curators lets ask for replays."""
    return make_staff("curator", "curator")


@pytest.fixture
def draft(curator: User) -> Methodology:
    """Draft a second version that weighs three coins equally, over a month of prices."""
    return make_draft(curator)


def test_a_replay_goes_from_waiting_to_done_with_the_figures_of_the_engine(draft, curator):
    asked = ask(draft, curator)
    assert (asked.status, asked.progress, asked.result) == (Status.WAITING, 0, None)

    assert run() == 1

    asked.refresh_from_db()
    outcome = replay_rules(index=draft.index, rules=make_rules(alpha="0"), first_day=FIRST, last_day=NEXT, at=AT)
    assert (asked.status, asked.progress) == (Status.DONE, 100)
    assert asked.started_at
    assert asked.finished_at
    assert asked.result
    assert AT <= asked.started_at <= asked.finished_at == asked.heartbeat_at
    assert asked.result["series"]["gross"] == [round(float(each.gross or 0), 2) for each in outcome.levels]
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
    assert asked.result
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
    Signal.objects.create(day=EVE, value="panic", source="test", recorded_at=after(EVE))
    gated = make_index(make_rules(gate="recorded", sleeve=["c"]), slug="gated")
    broken = ask(gated.methodologies.get(), curator)
    fine = ask(draft, curator, at=AT + timedelta(seconds=1))

    assert run() == 2

    broken.refresh_from_db()
    fine.refresh_from_db()
    assert (broken.status, fine.status) == (Status.FAILED, Status.DONE)
    assert broken.message.startswith("It broke off: ValueError: 'panic' is not a valid Signal")


def test_the_oldest_comes_first_and_nothing_is_run_twice(draft, curator):
    later = ask(draft, curator, at=AT + timedelta(seconds=5))
    earlier = ask(draft, curator, span=(FIRST, NEXT - DAY))

    assert (run(), run()) == (2, 0)

    earlier.refresh_from_db()
    later.refresh_from_db()
    assert earlier.started_at
    assert later.started_at
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
    assert asked.status == Status.DONE
    assert asked.result
    assert asked.result["level"] == "1033.3333"


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
