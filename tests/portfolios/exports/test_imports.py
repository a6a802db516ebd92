"""An export goes the way of every import: it is looked at, written, and can be taken back."""

import pytest

from portfolios import selectors
from portfolios.models import ImportBatch, Position, Transaction
from portfolios.services import imports
from tests.portfolios.exports.builders import AT, export, make_empty, make_full
from tests.portfolios.factories import record

pytestmark = pytest.mark.django_db


def start(portfolio, content, **options):
    """Bring a file, and let the worker read it."""
    batch = imports.start_import(
        portfolio=portfolio, wallet=portfolio.wallets.first(), by=portfolio.owner, file_name="export.zip",
        content=content, token=options.get("token", "t"), at=AT,
    )  # fmt: skip
    imports.run_requested_imports(at=AT)
    batch.refresh_from_db()
    return batch


def commit(batch):
    """Have a preview written."""
    imports.request_commit(batch=batch, at=AT)
    imports.run_requested_imports(at=AT)
    batch.refresh_from_db()
    return batch


def test_an_export_is_recognised_looked_at_and_written(alice, bob):
    content, portfolio = export(make_full(alice)), make_empty(bob)

    batch = start(portfolio, content)

    assert (batch.status, batch.step, batch.format) == ("done", "preview", "export")
    count = Transaction.objects.filter(portfolio__owner=alice).count()
    assert batch.counts["new"] == count > 15
    assert not Transaction.objects.filter(portfolio=portfolio).exists()

    commit(batch)

    assert (batch.status, batch.step, batch.counts["imported"]) == ("done", "committed", count)
    assert Transaction.objects.filter(portfolio=portfolio, batch=batch).count() == count
    assert Position.objects.filter(portfolio=portfolio).count() > 5


def test_it_is_taken_back_as_one(alice, bob):
    portfolio = make_empty(bob)
    batch = commit(start(portfolio, export(make_full(alice))))

    imports.request_undo(batch=batch, at=AT)
    imports.run_requested_imports(at=AT)

    batch.refresh_from_db()
    assert (batch.status, batch.step) == ("done", "undone")
    assert not Transaction.objects.in_force().filter(portfolio=portfolio).exists()
    assert not Position.objects.filter(portfolio=portfolio).exists()
    assert selectors.check_invariants(portfolio=portfolio) == []


def test_one_that_does_not_fit_fails_with_the_reason(alice, bob):
    portfolio = make_empty(bob)
    content = export(make_full(alice))
    batch = start(portfolio, content)
    record(portfolio, "deposit", "1")

    commit(batch)

    assert (batch.status, batch.step) == ("failed", "commit")
    assert "this one has 1 transactions on record" in batch.message
    assert Transaction.objects.filter(portfolio=portfolio).count() == 1
    again = start(portfolio, content, token="again")
    assert (again.status, again.step) == ("failed", "read")
    assert ImportBatch.objects.filter(portfolio=portfolio).count() == 2
