"""How a worker claims what people ask for: one owner at a time, taken up again once."""

from datetime import datetime, timedelta

import pytest

from portfolios.models import ImportBatch
from portfolios.services.errors import CannotImportError
from portfolios.services.work import LostClaimError, WorkClaim, claim_next, run_waiting
from tests.portfolios.factories import NOW, make_portfolio

MINUTES_5 = timedelta(minutes=5)
SECOND = timedelta(seconds=1)


@pytest.fixture
def portfolio(alice):
    return make_portfolio(alice)


def make_work(portfolio, **overrides) -> ImportBatch:
    facts = {
        "portfolio": portfolio, "wallet": portfolio.wallets.get(), "file_name": "a.csv", "digest": "0" * 64,
        "token": f"token {ImportBatch.objects.count()}", "requested_by": portfolio.owner, "requested_at": NOW,
    }  # fmt: skip
    return ImportBatch.objects.create(**facts | overrides)


def claimed(at: datetime) -> WorkClaim[ImportBatch]:
    """Claim what is there to be claimed."""
    claim = claim_next(model=ImportBatch, at=at)
    assert claim is not None
    return claim


def test_the_oldest_request_comes_first(portfolio):
    make_work(portfolio, requested_at=NOW + SECOND)
    oldest = make_work(portfolio)

    claim = claimed(NOW)

    assert claim.pk == oldest.pk
    oldest.refresh_from_db()
    assert (oldest.status, oldest.started_at, oldest.heartbeat_at) == ("running", NOW, NOW)


def test_what_one_worker_has_no_other_takes(portfolio):
    make_work(portfolio)

    assert claim_next(model=ImportBatch, at=NOW) is not None
    assert claim_next(model=ImportBatch, at=NOW + MINUTES_5) is None


def test_what_is_done_or_failed_is_left_alone(portfolio):
    make_work(portfolio, status="done")
    make_work(portfolio, status="failed")

    assert claim_next(model=ImportBatch, at=NOW) is None


def test_a_heartbeat_tells_the_progress_and_keeps_the_claim(portfolio):
    batch = make_work(portfolio)
    claim = claimed(NOW)

    claim.tell(40)

    batch.refresh_from_db()
    assert batch.progress == 40
    assert batch.heartbeat_at is not None
    assert NOW <= batch.heartbeat_at < NOW + SECOND


def test_a_dead_workers_row_is_taken_up_once_more_and_then_has_failed(portfolio):
    batch = make_work(portfolio)
    claim_next(model=ImportBatch, at=NOW)

    second = claim_next(model=ImportBatch, at=NOW + MINUTES_5 + SECOND)
    third = claim_next(model=ImportBatch, at=NOW + 2 * (MINUTES_5 + SECOND))

    assert second is not None
    assert third is None
    batch.refresh_from_db()
    assert (batch.status, batch.message) == ("failed", "The workers that ran it stopped, twice.")


def test_one_who_lost_the_claim_writes_nothing_more(portfolio):
    batch = make_work(portfolio)
    slow = claimed(NOW)
    quick = claimed(NOW + MINUTES_5 + SECOND)

    with pytest.raises(LostClaimError):
        slow.tell(50)
    with pytest.raises(LostClaimError):
        slow.end(message="late")
    quick.end(message="in time", step="preview")

    batch.refresh_from_db()
    assert (batch.status, batch.message, batch.step, batch.progress) == ("done", "in time", "preview", 100)


def test_a_refusal_ends_the_row_in_its_words(portfolio):
    batch = make_work(portfolio)

    def refuse(*_):
        raise CannotImportError("file: it holds nothing.", field="file")

    assert run_waiting(model=ImportBatch, run=refuse, at=NOW) == 1
    batch.refresh_from_db()
    assert (batch.status, batch.message) == ("failed", "file: it holds nothing.")


def test_what_breaks_ends_its_own_row_and_no_other(portfolio):
    broken, fine = make_work(portfolio), make_work(portfolio, requested_at=NOW + SECOND)

    def work(row, claim):
        if row.pk == broken.pk:
            raise ZeroDivisionError("by nothing")
        claim.end()

    assert run_waiting(model=ImportBatch, run=work, at=NOW) == 2
    broken.refresh_from_db()
    fine.refresh_from_db()
    assert (broken.status, broken.message) == ("failed", "It broke off: ZeroDivisionError: by nothing")
    assert fine.status == "done"


def test_a_message_is_cut_to_its_column(portfolio):
    batch = make_work(portfolio)

    claimed(NOW).end(message="x" * 1000)

    batch.refresh_from_db()
    assert len(batch.message) == 500
