"""An export on the way of every import: looked at, written when its owner says so, taken back as one."""

from django.db import transaction as database

from portfolios.models import ImportBatch
from portfolios.services.exports.archive import is_archive
from portfolios.services.exports.restore import check_export, read_export, write_ledger
from portfolios.services.ledger import lock
from portfolios.services.work import WorkClaim

FORMAT_KEY = "export"
Step = ImportBatch.Step


def holds_export(batch: ImportBatch) -> bool:
    """Tell whether the file of a batch is an export of ours, not a table."""
    if batch.format or batch.step != Step.READ:
        return batch.format == FORMAT_KEY
    return is_archive(bytes(batch.file.content))


def preview_export(batch: ImportBatch, claim: WorkClaim[ImportBatch]) -> None:
    """Say how much an export holds, once it is known to fit here; raises CannotImportError."""
    ledger = read_export(bytes(batch.file.content))
    claim.tell(50)
    check_export(ledger=ledger, portfolio=batch.portfolio, at=claim.at)
    count = len(ledger.transactions)
    counts = {"rows": count, "new": count, "wallets": list(ledger.wallets)}
    claim.end(step=Step.PREVIEW, questions=[], counts=counts, format=FORMAT_KEY)


def commit_export(batch: ImportBatch, claim: WorkClaim[ImportBatch]) -> None:
    """Write an export into its portfolio, all or nothing; raises CannotImportError."""
    ledger = read_export(bytes(batch.file.content))
    with database.atomic():
        locked = lock(batch.portfolio_id)
        # From here on the row of the batch is locked too: nobody can take it over half-way.
        claim.tell(20)
        restored = write_ledger(ledger=ledger, portfolio=locked, by=batch.requested_by, at=claim.at, batch=batch)
        claim.end(step=Step.COMMITTED, counts=batch.counts | {"imported": restored.transactions})
