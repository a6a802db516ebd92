"""The night: its record, its claims, what is missing, and what happens when something fails."""

import os
import subprocess
import sys
from datetime import timedelta
from decimal import Decimal

import pytest

from analytics import services
from analytics.models import NightlyRun, RiskReport, StageRun, Valuation
from analytics.services import claims
from indices.models import Index
from portfolios.models import Portfolio, Transaction
from tests.analytics.factories import NOW, day, dump, make_night, price, valuations
from tests.factories import make_asset, make_user
from tests.portfolios.factories import make_portfolio, record

pytestmark = pytest.mark.django_db


@pytest.fixture
def portfolio(alice):
    """Hold two coins since the first of March."""
    price(make_asset("coin"), day("02-25"), *(str(10 + number) for number in range(14)))
    portfolio = make_portfolio(alice)
    record(portfolio, "gift_in", "2", "coin", at="2024-03-01 08:00")
    return portfolio


def run(start: str, end: str, **options) -> services.NightsResult:
    return services.run_nights(start=day(start), end=day(end), at=NOW, **options)


def test_each_night_records_its_four_stages(portfolio):
    result = run("03-01", "03-03")

    assert result.statuses == {"done": 3}
    assert list(NightlyRun.objects.order_by("day").values_list("day", "status", "attempts")) == [
        (day("03-01"), "done", 1),
        (day("03-02"), "done", 1),
        (day("03-03"), "done", 1),
    ]
    stages = StageRun.objects.filter(run__day=day("03-02")).values_list("stage", "status", "done", "total", "pending")
    assert list(stages) == [
        ("1_market", "done", 1, 1, []),
        ("2_indices", "done", 1, 1, []),
        ("3_portfolios", "done", 1, 1, []),
        ("4_analytics", "done", 1, 1, []),
    ]
    assert [row[0] for row in valuations(portfolio, "value")] == [Decimal(30), Decimal(32), Decimal(34)]


def test_running_again_changes_and_doubles_nothing(portfolio):
    run("03-01", "03-05")
    before = dump()

    run("03-01", "03-05")

    assert dump() == before
    assert NightlyRun.objects.count() == 5
    assert StageRun.objects.count() == 20


def test_one_window_and_single_nights_give_the_same_rows(portfolio):
    record(portfolio, "deposit", "100", at="2024-03-03 08:00")
    run("03-01", "03-05")
    at_once = dump()
    Valuation.objects.all().delete()
    RiskReport.objects.all().delete()

    for number in range(1, 6):
        run(f"03-0{number}", f"03-0{number}")

    assert dump() == at_once


def test_a_range_is_cut_into_calendar_months(portfolio):
    steps: list[services.Step] = []

    run("02-28", "03-02", progress=steps.append)

    assert [(step.start, step.end) for step in steps if step.stage == "1_market"] == [
        (day("02-28"), day("02-29")),
        (day("03-01"), day("03-02")),
    ]
    assert [step.share for step in steps] == sorted(step.share for step in steps)
    assert steps[-1].share == 1


def test_without_any_night_only_the_last_one_is_missing(portfolio):
    result = services.replay_missing(until=day("03-05"), at=NOW)

    assert list(NightlyRun.objects.values_list("day", flat=True)) == [day("03-05")]
    assert result.nights == 1
    # The portfolio is valued from its first entry on all the same.
    assert Valuation.objects.filter(portfolio=portfolio).count() == 5


def test_missed_nights_are_replayed_in_order(portfolio):
    run("03-01", "03-01")
    steps: list[services.Step] = []

    services.replay_missing(until=day("03-04"), at=NOW, progress=steps.append)

    assert {(step.start, step.end) for step in steps} == {(day("03-02"), day("03-04"))}
    assert set(NightlyRun.objects.values_list("status", flat=True)) == {"done"}
    assert NightlyRun.objects.count() == 4


def test_a_gap_between_nights_is_missing_too(portfolio):
    for text in ("03-01", "03-04"):
        run(text, text)

    services.replay_missing(until=day("03-04"), at=NOW)

    assert NightlyRun.objects.filter(status="done").count() == 4
    assert NightlyRun.objects.get(day=day("03-04")).attempts == 1


@pytest.mark.parametrize("status", ["pending", "failed", "partial"])
def test_a_night_that_is_not_done_is_run_again(portfolio, status):
    make_night(day("03-01"), status)

    services.replay_missing(until=day("03-01"), at=NOW + timedelta(hours=1))

    assert NightlyRun.objects.get().status == "done"


def test_a_failed_night_waits_longer_each_time_and_not_for_ever():
    night = make_night(day("03-01"), "failed")

    def attempts_after(attempts: int, minutes: int) -> int:
        NightlyRun.objects.filter(id=night.id).update(status="failed", attempts=attempts, finished_at=NOW)
        services.replay_missing(until=day("03-01"), at=NOW + timedelta(minutes=minutes))
        return NightlyRun.objects.get().attempts

    assert attempts_after(2, 59) == 2
    assert attempts_after(2, 60) == 3
    assert attempts_after(5, 10_000) == 5


def test_nothing_is_done_when_nothing_is_missing(portfolio):
    run("03-01", "03-01")

    assert services.replay_missing(until=day("03-01"), at=NOW).nights == 0


def test_one_broken_portfolio_costs_itself_alone(portfolio, bob):
    """The value of the broken one does not fit its column."""
    price(make_asset("huge"), day("03-01"), "90000000000000000000")
    broken = make_portfolio(bob)
    record(broken, "gift_in", "1000", "huge", at="2024-03-01 08:00")

    result = run("03-01", "03-01")

    assert result.statuses == {"partial": 1}
    assert Valuation.objects.filter(portfolio=portfolio).count() == 1
    assert Valuation.objects.filter(portfolio=broken).count() == 0
    for stage in StageRun.objects.filter(stage__in=claims.CHUNKED):
        assert (stage.status, stage.total, stage.done, stage.failed) == ("partial", 2, 1, 1)
        assert list(stage.failures) == [str(broken.pk)]
    assert "1 of 2 portfolios failed" in NightlyRun.objects.get().message


def test_a_broken_portfolio_catches_up_once_it_is_mended(portfolio, bob):
    huge = make_asset("huge")
    price(huge, day("03-01"), "90000000000000000000")
    broken = make_portfolio(bob)
    record(broken, "gift_in", "1000", "huge", at="2024-03-01 08:00")
    run("03-01", "03-01")
    huge.prices.update(close=Decimal(5))

    run("03-02", "03-02")

    assert [row[0] for row in valuations(broken, "day")] == [day("03-01"), day("03-02")]


def test_a_source_that_fails_makes_the_night_partial_and_stops_nothing(portfolio, settings):
    settings.MARKET_SOURCE = "nowhere"

    result = run("03-01", "03-01")

    assert result.statuses == {"partial": 1}
    assert "MARKET_SOURCE" in NightlyRun.objects.get().message
    assert Valuation.objects.count() == 1


def test_an_index_that_cannot_be_computed_makes_the_night_partial(portfolio):
    # An active index without rules cannot be run.
    Index.objects.create(slug="empty", name="Empty", kind="market_cap", tier="core", status="active")

    result = run("03-01", "03-01")

    assert result.statuses == {"partial": 1}
    assert StageRun.objects.get(stage="2_indices").status in {"partial", "failed"}
    assert Valuation.objects.count() == 1


def test_a_ledger_that_contradicts_itself_is_reported(portfolio):
    portfolio.positions.update(quantity=Decimal(3))

    result = run("03-10", "03-10")

    assert result.statuses == {"partial": 1}
    assert "Ledger: Position" in StageRun.objects.get(stage="3_portfolios").failures[str(portfolio.pk)]


def test_two_processes_never_run_one_night():
    claims.claim_nights(start=day("03-02"), end=day("03-02"), at=NOW)

    with pytest.raises(services.NightAlreadyRunningError, match="2024-03-02 is being run by another process since"):
        run("03-01", "03-03")

    assert list(NightlyRun.objects.values_list("day", "status")) == [(day("03-02"), "running")]


def test_a_silent_night_is_taken_over_and_its_owner_stops(portfolio):
    old = claims.claim_nights(start=day("03-01"), end=day("03-01"), at=NOW - timedelta(minutes=6))

    result = run("03-01", "03-01")

    assert result.statuses == {"done": 1}
    assert NightlyRun.objects.get().attempts == 2
    with pytest.raises(services.LostClaimError):
        claims.beat(old)
    with pytest.raises(services.LostClaimError):
        services.run_chunk(claim=old, span=(portfolio.pk, portfolio.pk))


def test_a_night_whose_process_is_gone_is_taken_over_at_once(portfolio):
    claim = claims.claim_nights(start=day("03-01"), end=day("03-01"), at=NOW)
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    host = claim.token.partition(":")[0]
    NightlyRun.objects.update(claim=f"{host}:{gone.pid}:token")

    assert run("03-01", "03-01").statuses == {"done": 1}


@pytest.mark.parametrize("token", ["elsewhere:1:token", "", "nonsense", f"{os.uname().nodename}:1:token"])
def test_a_process_that_may_live_is_left_alone(token):
    claims.claim_nights(start=day("03-01"), end=day("03-01"), at=NOW)
    NightlyRun.objects.update(claim=token)

    with pytest.raises(services.NightAlreadyRunningError):
        run("03-01", "03-01")


def test_a_night_that_is_interrupted_is_given_back(portfolio):
    def interrupt(step: services.Step) -> None:
        if step.stage == "2_indices":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run("03-01", "03-01", progress=interrupt)

    night = NightlyRun.objects.get()
    assert night.status == "failed"
    assert "Interrupted: KeyboardInterrupt" in night.message


def test_chunks_can_be_processed_elsewhere_and_come_back_twice(portfolio, bob, monkeypatch):
    monkeypatch.setattr("analytics.services.chunks.CHUNK_SIZE", 1)
    other = make_portfolio(bob)
    record(other, "gift_in", "1", "coin", at="2024-03-01 08:00")
    handed: list[tuple[services.Claim, services.Span]] = []

    result = run("03-01", "03-01", spread=lambda claim, spans: handed.extend((claim, span) for span in spans))

    assert result.spread
    assert [span for _, span in handed] == [(portfolio.pk, portfolio.pk), (other.pk, other.pk)]
    (claim, first), (_, second) = handed
    assert services.run_chunk(claim=claim, span=first)[1] is False
    assert services.run_chunk(claim=claim, span=first)[1] is False
    assert services.run_chunk(claim=claim, span=second)[1] is True
    assert services.finish_nights(claim) == "done"
    assert StageRun.objects.get(stage="4_analytics").done == 2
    assert Valuation.objects.count() == 2
    with pytest.raises(services.LostClaimError):
        services.finish_nights(claim)


def test_a_spread_night_stops_the_replay_until_it_is_finished(portfolio, bob, monkeypatch):
    monkeypatch.setattr("analytics.services.chunks.CHUNK_SIZE", 1)
    record(make_portfolio(bob), "gift_in", "1", "coin", at="2024-03-01 08:00")

    services.run_nights(start=day("02-28"), end=day("03-05"), at=NOW, spread=lambda *_: None)

    # February has no portfolio and is done; March is out.
    assert set(NightlyRun.objects.filter(day__month=2).values_list("status", flat=True)) == {"done"}
    assert set(NightlyRun.objects.filter(day__month=3).values_list("status", flat=True)) == {"running"}


def test_a_replay_stops_between_windows_when_told_to(portfolio):
    turns = iter([True, False])

    result = services.run_nights(start=day("01-01"), end=day("03-01"), at=NOW, keep_going=lambda: next(turns))

    assert result.nights == 31


def test_the_queries_of_a_night_do_not_grow_with_portfolios(portfolio, django_assert_max_num_queries):
    def count_queries(on: str) -> int:
        with django_assert_max_num_queries(1000) as queries:
            run(on, on)
        return len(queries)

    # Recent writes are proved one by one: these are old.
    Transaction.objects.update(created_at=NOW - timedelta(days=30))
    few = count_queries("03-02")
    for number in range(6):
        other = make_portfolio(make_user(email=f"{number}@example.com"))
        record(other, "gift_in", "1", "coin", at="2024-03-01 08:00")
    Transaction.objects.update(created_at=NOW - timedelta(days=30))
    Portfolio.objects.update(revalue_from=None)
    count_queries("03-01")

    assert count_queries("03-02") <= few + 2
