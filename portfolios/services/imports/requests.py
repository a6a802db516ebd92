"""What an owner asks of an import: start it, answer it, have it written, have it taken back, drop it.

Each changes the row only from a state in which its owner has the word, by compare-and-set: the worker does the rest.
"""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction as database
from django.db.models import Q

from accounts.models import User
from market.models import Asset
from portfolios.importers.files import FILE_BYTES
from portfolios.importers.formats import FORMATS
from portfolios.importers.rows import Answers
from portfolios.models import AssetChoice, ImportBatch, ImportFile, Portfolio, Transaction, Wallet
from portfolios.services.errors import CannotImportError, TokenReusedError
from portfolios.services.ledger import check_token, lock

Status, Step = ImportBatch.Status, ImportBatch.Step
ANSWERS = ("zone", "date_order", "zone_instead")
ASSETS_ASKED = "assets_asked"
LONGEST_ANSWER = 80
MOST_ERRORS = (1, 5)  # one row in five

# Where an owner may answer again: what has been read is then read anew.
_ANSWERABLE = Q(status=Status.DONE, step__in=[Step.QUESTIONS, Step.PREVIEW]) | Q(status=Status.FAILED, step=Step.READ)
_READY = Q(status=Status.DONE, step=Step.PREVIEW) | Q(status=Status.FAILED, step=Step.COMMIT)
_WRITTEN = Q(status=Status.DONE, step=Step.COMMITTED) | Q(status=Status.FAILED, step=Step.UNDO)


@database.atomic
def start_import(
    *,
    portfolio: Portfolio,
    wallet: Wallet,
    by: User,
    file_name: str,
    content: bytes,
    token: str,
    at: datetime,
    imply_deposits: bool = False,
    answers: Answers | None = None,
) -> ImportBatch:
    """Keep a file to be read; the same token with the same file again returns the first batch.

    `wallet` takes the rows that name no account. `answers` are known beforehand, such as the zone of its owner.
    Raises CannotImportError when the file is empty or beyond the limits, when the wallet is another portfolio's or an
    answer is none, CannotRecordError for a bad token, TokenReusedError for the token of another file.
    """
    check_token(token)
    if wallet.portfolio_id != portfolio.pk:
        raise CannotImportError("wallet: it belongs to no part of this portfolio.", field="wallet")
    if not content:
        raise CannotImportError("file: it is empty.", field="file")
    if len(content) > FILE_BYTES:
        size, most = len(content) / 1_000_000, FILE_BYTES // 1_000_000
        raise CannotImportError(f"file: {size:.0f} MB; {most} MB are read at most. Split it into parts.", field="file")
    locked, digest = lock(portfolio.pk), hashlib.sha256(content).hexdigest()
    known = ImportBatch.objects.filter(portfolio=locked, token=token).first()
    if known is not None:
        if known.digest != digest:
            raise TokenReusedError
        return known
    batch = ImportBatch.objects.create(
        portfolio=locked,
        wallet=wallet,
        file_name=file_name.replace("\0", "")[:200] or "file",
        digest=digest,
        token=token,
        answers=_checked_answers(answers or {}),
        imply_deposits=imply_deposits,
        requested_by=by,
        requested_at=at,
    )
    ImportFile.objects.create(batch=batch, content=content)
    return batch


@database.atomic
def answer_import(
    *,
    batch: ImportBatch,
    by: User,
    at: datetime,
    answers: Answers | None = None,
    asset_choices: Mapping[str, str | None] | None = None,
    mapping: Mapping[str, Any] | None = None,
    format_key: str | None = None,
    imply_deposits: bool | None = None,
) -> ImportBatch:
    """Answer what a file leaves open, or answer otherwise while it is looked at; the file is then read anew.

    `answers` are by the key of their question. `asset_choices` give for a code of the file the id of its asset, None
    to leave its rows out; they are remembered for the next file of this source. Codes that stay open after an answer
    are errors of their rows. `mapping` or `format_key` say how to read a file of no known format. What is not given
    stays as it is. Raises CannotImportError when the batch waits for no answer, or an answer is none.
    """
    lock(batch.portfolio_id)
    known = ImportBatch.objects.get(pk=batch.pk)
    changes: dict[str, Any] = {
        "answers": known.answers | _checked_answers(answers or {}),
        "status": Status.WAITING, "step": Step.READ, "message": "", "progress": 0, "requested_at": at,
    }  # fmt: skip
    if any(question["key"] == "asset" for question in known.questions):
        changes["answers"][ASSETS_ASKED] = "yes"
    if format_key is not None:
        if format_key not in {one.key for one in FORMATS}:
            raise CannotImportError(f"format_key: no format has the key {format_key[:40]!r}.", field="format_key")
        changes |= {"format": format_key, "mapping": None}
    if mapping is not None:
        changes |= {"format": "", "mapping": dict(mapping)}
    if imply_deposits is not None:
        changes["imply_deposits"] = imply_deposits
    if not ImportBatch.objects.filter(_ANSWERABLE, pk=batch.pk).update(**changes):
        raise CannotImportError("This import waits for no answer.")
    _remember(known, asset_choices or {}, by=by, at=at)
    batch.refresh_from_db()
    return batch


@database.atomic
def request_commit(*, batch: ImportBatch, at: datetime, accept_errors: bool = False) -> ImportBatch:
    """Have the new rows of a preview written; a batch that is being written or is written already stays as it is.

    Raises CannotImportError when there is no preview, when nothing in it is new, and, unless `accept_errors`, when
    more than one row in five is an error.
    """
    lock(batch.portfolio_id)
    known = ImportBatch.objects.get(pk=batch.pk)
    if known.step in {Step.COMMIT, Step.COMMITTED} and known.status != Status.FAILED:
        return known
    if not known.counts.get("new"):
        raise CannotImportError("Nothing in this file is new.")
    if has_many_errors(known.counts) and not accept_errors:
        raise CannotImportError(
            f"{known.counts['error']} of {known.counts['rows']} rows are errors. Look at them first; the rest is "
            "imported only if you say so.",
            field="accept_errors",
        )
    changes = {"status": Status.WAITING, "step": Step.COMMIT, "message": "", "progress": 0, "requested_at": at}
    if not ImportBatch.objects.filter(_READY, pk=batch.pk).update(**changes):
        raise CannotImportError("This import is not ready to be written.")
    batch.refresh_from_db()
    return batch


@database.atomic
def request_undo(*, batch: ImportBatch, at: datetime) -> ImportBatch:
    """Have everything that a batch wrote taken back; one that is, or is about to be, stays as it is.

    Raises CannotImportError when nothing was written.
    """
    lock(batch.portfolio_id)
    known = ImportBatch.objects.get(pk=batch.pk)
    if known.step in {Step.UNDO, Step.UNDONE} and known.status != Status.FAILED:
        return known
    changes = {"status": Status.WAITING, "step": Step.UNDO, "message": "", "progress": 0, "requested_at": at}
    if not ImportBatch.objects.filter(_WRITTEN, pk=batch.pk).update(**changes):
        raise CannotImportError("Nothing of this import was written.")
    batch.refresh_from_db()
    return batch


@database.atomic
def discard_import(*, batch: ImportBatch) -> None:
    """Forget a batch with its file and rows.

    Raises CannotImportError while the worker has it, and when its transactions are on record: those are taken back
    by `request_undo`, and stay on record after that.
    """
    lock(batch.portfolio_id)
    if Transaction.objects.filter(batch=batch.pk).exists():
        raise CannotImportError("Its transactions are on record; take the import back instead.")
    free = ImportBatch.objects.exclude(status=Status.RUNNING).filter(pk=batch.pk)
    if not free.update(status=Status.FAILED, message="Dropped."):
        raise CannotImportError("It is being worked on; try again in a moment.")
    free.delete()


def has_many_errors(counts: Mapping[str, int]) -> bool:
    """Tell whether more than one row in five of a file is an error."""
    bad, of = MOST_ERRORS
    return counts.get("error", 0) * of > counts.get("rows", 0) * bad


def _checked_answers(answers: Answers) -> dict[str, str]:
    for key, value in answers.items():
        if key not in ANSWERS or len(value) > LONGEST_ANSWER:
            raise CannotImportError(f"answers: {key[:40]!r} is not asked, or its answer is none.", field="answers")
    return dict(answers)


def _remember(batch: ImportBatch, choices: Mapping[str, str | None], *, by: User, at: datetime) -> None:
    """Keep what codes mean; raises CannotImportError for an asset that there is not."""
    wanted = {asset_id for asset_id in choices.values() if asset_id is not None and "\0" not in asset_id}
    known = set(Asset.objects.filter(pk__in=wanted).values_list("pk", flat=True))
    for code, asset_id in choices.items():
        if asset_id is not None and asset_id not in known:
            raise CannotImportError(f"asset_choices: no asset has the id {asset_id[:80]!r}.", field="asset_choices")
        if not code or len(code) > 80 or "\0" in code:
            raise CannotImportError(f"asset_choices: {code[:40]!r} is no code of the file.", field="asset_choices")
        AssetChoice.objects.update_or_create(
            owner=by, source=source_of(batch), code=code, defaults={"asset_id": asset_id, "chosen_at": at}
        )


def source_of(batch: ImportBatch) -> str:
    """Return whose codes a file speaks: all files of Kraken are of one source, as are those read by a mapping."""
    if batch.connection is not None:
        return batch.connection.exchange
    return batch.format.partition("-")[0] or "mapped"
