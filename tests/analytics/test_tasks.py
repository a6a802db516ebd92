"""Tasks are safe to lose, to come late and to come twice."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from accounts.models import IdempotencyRecord
from analytics import services, tasks
from analytics.models import NightlyRun, StageRun, Valuation
from indices.models import Restatement
from tests.analytics.factories import NOW, day, dump, make_night, price, valuations
from tests.factories import make_asset
from tests.indices import restating
from tests.indices.factories import NEXT, make_index
from tests.portfolios.factories import make_portfolio, record

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def sent(settings, monkeypatch):
    """Collect what would be sent to the broker."""
    calls = []
    for task in (tasks.tick_nights, tasks.process_chunk):
        monkeypatch.setattr(task, "delay", lambda _task=task, **arguments: calls.append((_task, arguments)))
    return calls


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def portfolio(alice):
    price(make_asset("coin"), day("03-01"), *(str(10 + number) for number in range(12)))
    portfolio = make_portfolio(alice)
    record(portfolio, "gift_in", "2", "coin", at="2024-03-01 08:00")
    return portfolio


@pytest.fixture
def two_chunks(portfolio, bob, monkeypatch):
    """Make every portfolio a chunk of its own."""
    monkeypatch.setattr("analytics.services.chunks.CHUNK_SIZE", 1)
    other = make_portfolio(bob)
    record(other, "gift_in", "1", "coin", at="2024-03-01 08:00")
    return portfolio, other


def test_the_tick_runs_the_night_that_is_missing(portfolio):
    tasks.tick_nights()

    assert list(NightlyRun.objects.values_list("day", "status")) == [(day("03-09"), "done")]
    assert Valuation.objects.filter(portfolio=portfolio).count() == 9


def test_a_second_tick_finds_nothing_to_do(portfolio):
    tasks.tick_nights()
    before = dump()

    tasks.tick_nights()

    assert dump() == before
    assert NightlyRun.objects.get().attempts == 1


def test_a_worker_that_slept_for_a_week_catches_up(portfolio):
    make_night(day("03-02"))

    tasks.tick_nights()

    assert NightlyRun.objects.filter(status="done").count() == 8


def test_a_tick_leaves_a_night_alone_that_another_process_runs(portfolio):
    services.claims.claim_nights(start=day("03-09"), end=day("03-09"), at=NOW)

    tasks.tick_nights()

    assert NightlyRun.objects.get().status == "running"
    assert Valuation.objects.count() == 0


def test_chunks_are_handed_out_and_the_last_one_ends_the_night(two_chunks, sent):
    tasks.tick_nights()

    chunks = [arguments for task, arguments in sent if task is tasks.process_chunk]
    assert [(chunk["first"], chunk["last"]) for chunk in chunks] == [(one.pk, one.pk) for one in two_chunks]
    assert NightlyRun.objects.get().status == "running"
    for chunk in [chunks[1], chunks[0], chunks[1]]:
        tasks.process_chunk(**chunk)
    assert NightlyRun.objects.get().status == "done"
    assert StageRun.objects.get(stage="4_analytics").done == 2
    assert [task for task, _ in sent].count(tasks.tick_nights) == 1


def test_a_lost_chunk_is_made_up_for_by_a_later_tick(two_chunks, sent):
    tasks.tick_nights()
    tasks.process_chunk(**sent[0][1])

    # The other message is lost with its broker.
    with time_machine.travel(NOW + timedelta(minutes=6), tick=False):
        sent.clear()
        tasks.tick_nights()
        for _, arguments in list(sent):
            tasks.process_chunk(**arguments)

    assert NightlyRun.objects.get().status == "done"
    assert Valuation.objects.count() == 18


def test_a_chunk_of_a_night_that_was_taken_over_does_nothing(two_chunks, sent):
    tasks.tick_nights()
    late = sent[0][1]
    with time_machine.travel(NOW + timedelta(minutes=6), tick=False):
        services.run_nights(start=day("03-09"), end=day("03-09"), at=datetime.now(UTC))
        before = dump()
        tasks.process_chunk(**late)

    assert dump() == before
    assert NightlyRun.objects.get().status == "done"


def test_a_long_replay_hands_over_to_the_next_tick(portfolio, sent, monkeypatch):
    make_night(day("01-01"))
    monkeypatch.setattr(tasks, "TICK_SECONDS", 0)
    monkeypatch.setattr(services.nights, "months", lambda start, end: [(start, start), (end, end)])
    readings = iter([0.0, -1.0, 1.0, 1.0, 1.0])
    monkeypatch.setattr("analytics.tasks.time.monotonic", lambda: next(readings))

    tasks.tick_nights()

    assert [task for task, _ in sent] == [tasks.tick_nights]


def test_work_that_people_asked_for_is_claimed(portfolio):
    tasks.tick_nights()
    record(portfolio, "deposit", "10", at="2024-03-05 08:00")

    tasks.claim_work()
    tasks.claim_work()

    assert [row[0] for row in valuations(portfolio, "net_deposits")][3:5] == [20, 30]


def test_what_fails_keeps_nobody_else_waiting(portfolio, monkeypatch):
    monkeypatch.setattr("analytics.services.revalue_marked", _broken)

    index = make_index()
    review = index.reviews.create(
        methodology=index.methodologies.get(), kind="extraordinary", cutoff_day=day("03-08"), cutoff_at=NOW,
        announce_day=day("03-09"), effective_day=day("03-09"), status="draft", reason="Asked for.",
    )  # fmt: skip

    with pytest.raises(RuntimeError, match="broken"):
        tasks.claim_work()

    review.refresh_from_db()
    assert review.status == "needs_review"


def _broken(*, at):
    """Fail as a bug would."""
    raise RuntimeError("broken")


def test_reviews_that_people_asked_for_are_computed(portfolio):
    index = make_index()
    review = index.reviews.create(
        methodology=index.methodologies.get(),
        kind="extraordinary",
        cutoff_day=day("03-08"),
        cutoff_at=NOW,
        announce_day=day("03-09"),
        effective_day=day("03-09"),
        status="draft",
        reason="Asked for.",
    )

    tasks.claim_work()
    tasks.claim_work()

    review.refresh_from_db()
    assert (review.status, review.computed_at) == ("needs_review", NOW)
    assert review.reason == "0 eligible assets, fewer than the 2 needed."


def test_restatements_that_were_approved_are_carried_out_once(alice, bob):
    restating.market()
    index = make_index()
    restating.run()
    restating.correct()
    asked = Restatement.objects.create(
        index=index, first_day=NEXT, cause="Typo.", status="approved", requested_by=alice, requested_at=NOW,
        approver=bob, approved_at=NOW,
    )  # fmt: skip

    tasks.claim_work()
    tasks.claim_work()

    asked.refresh_from_db()
    # From 1 February to 5 March.
    assert (asked.status, asked.done_at, asked.levels_changed) == ("done", NOW, 33)
    assert index.levels.filter(version=2).count() == 33
    assert not index.levels.filter(version=3).exists()


def test_old_answers_are_forgotten(alice):
    def answer(key: str, hours: int) -> None:
        IdempotencyRecord.objects.create(
            user=alice, key=key, fingerprint="", status=200, body={}, created_at=NOW - timedelta(hours=hours)
        )

    answer("new", 47)
    answer("old", 49)

    tasks.clean_up()
    tasks.clean_up()

    assert list(IdempotencyRecord.objects.values_list("key", flat=True)) == ["new"]
