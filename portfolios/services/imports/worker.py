"""The worker's side: one step of each import that waits."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from portfolios.models import ImportBatch
from portfolios.services.exports import commit_export, holds_export, preview_export
from portfolios.services.imports.committing import commit_import
from portfolios.services.imports.reading import read_import
from portfolios.services.imports.undoing import undo_import
from portfolios.services.work import WorkClaim, run_waiting

Step = ImportBatch.Step
STEPS = {Step.READ: read_import, Step.COMMIT: commit_import, Step.UNDO: undo_import}
STEPS_OF_EXPORTS = STEPS | {Step.READ: preview_export, Step.COMMIT: commit_export}


def run_requested_imports(*, at: datetime) -> int:
    """Do the next step of every import that waits, oldest first; return how many steps ended.

    Safe to run at once in many processes, and twice: a row has one owner at a time. A worker that is killed leaves
    nothing half-written, and its import is taken up again.
    """
    return run_waiting(model=ImportBatch, run=_run, at=at)


def _run(batch: ImportBatch, claim: WorkClaim[ImportBatch]) -> None:
    steps = STEPS_OF_EXPORTS if holds_export(batch) else STEPS
    with _collector_paused():
        steps[Step(batch.step)](batch, claim)


@contextmanager
def _collector_paused() -> Iterator[None]:
    """Leave out the search for cycles: a step makes none, and each search goes through all rows of the file."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
