"""From the bytes of a file to a preview: every record with its verdict, and nothing written into the ledger."""

import json
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any

from django.db import transaction as database

from portfolios.importers.formats import read_file, recognise
from portfolios.importers.rows import ParsedRow, Reading, RowError, SkippedRow, UnansweredError, UnreadableError
from portfolios.models import ImportBatch, ImportRow
from portfolios.services.drafts import TRADES, USD, Draft
from portfolios.services.errors import CannotImportError, RefusedError
from portfolios.services.imports.accounts import Accounts
from portfolios.services.imports.admission import Candidate
from portfolios.services.imports.bulk import insert_rows
from portfolios.services.imports.codes import Codes
from portfolios.services.imports.facts import Facts, UnusableError, clean, draft_of, resolve, told
from portfolios.services.imports.fitting import candidate_of, fit
from portfolios.services.imports.keys import RowKeys
from portfolios.services.imports.mappings import mapping_question
from portfolios.services.imports.requests import ANSWERS, ASSETS_ASKED, source_of
from portfolios.services.imports.state import ALREADY, known_rows, pairs_of
from portfolios.services.imports.words import ShortfallWords, implied_words
from portfolios.services.legs import build_legs
from portfolios.services.rates import Rates
from portfolios.services.rules import check_assets, check_facts
from portfolios.services.work import WorkClaim

Step, Verdict = ImportBatch.Step, ImportRow.Verdict
ROWS_AT_ONCE = 5_000
READ, JUDGED = 70, 75  # per cent of the way
LONGEST_REASON, LONGEST_COLUMN = 500, 80


@dataclass(slots=True)
class Line:
    """One record of the file on its way to an `ImportRow`."""

    number: int
    line: int
    verdict: str
    reason: str = ""
    column: str = ""
    key: str = ""

    def refuse(self, refusal: RefusedError) -> None:
        """Say why it cannot be imported."""
        left_out = isinstance(refusal, UnusableError) and refusal.is_left_out
        self.verdict = Verdict.SKIPPED if left_out else Verdict.ERROR
        self.reason, self.column = clean(refusal.message)[:LONGEST_REASON], clean(refusal.field or "")[:LONGEST_COLUMN]


@dataclass(slots=True)
class Sheet:
    """All records of a file, and those among them that may be written.

    `facts` are the JSON of the lines, packed by thousands: they are most of what is kept, and read once more.
    """

    lines: list[Line] = field(default_factory=list)
    facts: list[bytes] = field(default_factory=list)
    candidates: list[Candidate] = field(default_factory=list)


def read_import(batch: ImportBatch, claim: WorkClaim[ImportBatch]) -> None:
    """Read a file into a preview, or into questions when it leaves something open.

    Raises CannotImportError when the file is refused as a whole.
    """
    batch.rows.all().delete()
    # PostgreSQL gives a view of the bytes: without this the file would be there twice.
    batch.file.content = content = bytes(batch.file.content)
    try:
        readings = _readings(batch, content)
        if readings is None:
            question = mapping_question(batch, content)
            claim.end(step=Step.QUESTIONS, questions=[question], counts={}, format="")
            return
        reader = _Reader(batch, claim, records=content.count(b"\n") + 1)
        sheet = reader.read(readings)
    except UnansweredError as open_:
        questions = [asdict(question) for question in open_.questions]
        claim.end(step=Step.QUESTIONS, questions=questions, counts={}, format=batch.format)
        return
    except UnreadableError as error:
        raise CannotImportError(str(error)) from error
    questions = reader.codes.questions(day=claim.at.date())
    if questions and ASSETS_ASKED not in batch.answers:
        claim.end(step=Step.QUESTIONS, questions=questions, counts={}, format=batch.format)
        return
    counts = _judge(batch, claim, sheet, reader.accounts)
    _keep(batch, claim, sheet)
    claim.end(step=Step.PREVIEW, questions=questions, counts=counts, format=batch.format)


def _readings(batch: ImportBatch, content: bytes) -> Iterator[Reading] | None:
    """Return the records of a file; None when no format knows it, and nobody has said which column is what."""
    if batch.mapping is None and not batch.format:
        found = recognise(batch.file_name, content)
        if found is None:
            return None
        batch.format = found.key
    return read_file(
        name=batch.file_name,
        content=content,
        answers={key: value for key, value in batch.answers.items() if key in ANSWERS},
        format_key=batch.format or None,
        mapping=batch.mapping,
    )


class _Reader:
    """Turns records into lines and candidates, some thousands at once: each lookup is made for all of them."""

    def __init__(self, batch: ImportBatch, claim: WorkClaim[ImportBatch], *, records: int) -> None:
        self.batch, self.claim, self.records = batch, claim, records
        self.accounts = Accounts(batch=batch)
        self.codes = Codes(owner=batch.requested_by, source=source_of(batch))
        self.keys = RowKeys(source=source_of(batch), wallet_id=batch.wallet_id)
        self.rates = Rates(now=claim.at)
        self.sheet = Sheet()

    def read(self, readings: Iterable[Reading]) -> Sheet:
        """Read all records; raises UnansweredError and UnreadableError."""
        left = iter(readings)
        while some := list(islice(left, ROWS_AT_ONCE)):
            parsed = [one for one in some if isinstance(one, ParsedRow)]
            self.codes.learn(code for one in parsed for code in (one.asset, one.received_asset, one.fee_asset))
            self.codes.learn([USD.upper(), *{one.currency for one in parsed}])
            told_by = ["{}"] * len(some)
            drafts = [
                drafted for place, one in enumerate(some) if (drafted := self._line(one, told_by, place)) is not None
            ]
            self.sheet.facts.append(zlib.compress("\n".join(told_by).encode(), 1))
            self.rates.preload(list(_wanted(drafts)))
            for line, draft in drafts:
                self._candidate(line, draft)
            self.claim.tell(min(READ, READ * len(self.sheet.lines) // self.records))
        return self.sheet

    def _line(self, reading: Reading, told_by: list[str], place: int) -> tuple[Line, Draft] | None:
        """Add the line of a record and put down its facts; return it with its draft if it is one to be written."""
        line = Line(number=len(self.sheet.lines) + 1, line=reading.line, verdict=Verdict.NEW)
        self.sheet.lines.append(line)
        if isinstance(reading, RowError):
            line.refuse(UnusableError(reading.message, field=reading.column))
            return None
        if isinstance(reading, SkippedRow):
            line.verdict, line.reason = Verdict.SKIPPED, clean(reading.reason)[:LONGEST_REASON]
            return None
        facts = told(reading)
        try:
            return self._draft(line, facts, reading.at)
        except RefusedError as refusal:
            line.refuse(refusal)
            return None
        finally:
            told_by[place] = json.dumps(facts, ensure_ascii=False)

    def _draft(self, line: Line, facts: Facts, at: datetime) -> tuple[Line, Draft] | None:
        resolve(facts, self.codes, at.date())
        line.key, is_repeated = self.keys.key_of(facts)
        draft = draft_of(facts, self.accounts)
        check_facts(draft, portfolio=self.batch.portfolio, now=self.claim.at)
        check_assets(draft, assets=self.codes.assets)
        if is_repeated:
            line.verdict, line.reason = Verdict.DUPLICATE, "The file has this record twice."
            return None
        return line, draft

    def _candidate(self, line: Line, draft: Draft) -> None:
        try:
            legs = build_legs(draft, rates=self.rates)
        except RefusedError as refusal:
            line.refuse(refusal)
            return
        self.sheet.candidates.append(candidate_of(line.number, draft, legs, imply=self.batch.imply_deposits))


def _wanted(drafts: Iterable[tuple[Line, Draft]]) -> Iterator[tuple[str, datetime]]:
    """Yield the assets and instants whose closes the legs of drafts ask for."""
    for _, draft in drafts:
        if draft.currency != USD:
            yield draft.currency, draft.at
        if draft.kind in TRADES and draft.price is None and draft.amount is None:
            yield draft.asset, draft.at


def _judge(batch: ImportBatch, claim: WorkClaim[ImportBatch], sheet: Sheet, accounts: Accounts) -> dict[str, Any]:
    """Find the duplicates and what does not fit into the ledger as it is now; return rows by verdict."""
    lines = sheet.lines
    keys = ((lines[one.rank - 1].key, one.rank) for one in sheet.candidates)
    for number in known_rows(portfolio=batch.portfolio, keys=keys):
        lines[number - 1].verdict, lines[number - 1].reason = Verdict.DUPLICATE, ALREADY
    fresh = [one for one in sheet.candidates if lines[one.rank - 1].verdict == Verdict.NEW]
    admission = fit(portfolio=batch.portfolio, candidates=fresh)
    words = ShortfallWords(wallets=accounts.names)
    for rank, lacking in admission.refused.items():
        lines[rank - 1].refuse(UnusableError(words.of(lacking), field="quantity"))
    for rank, deposits in admission.implied.items():
        lines[rank - 1].reason = implied_words(deposits)
    claim.tell(JUDGED)
    counts: dict[str, Any] = dict(Counter(line.verdict for line in lines))
    used = {wallet for one in fresh if one.rank in admission.admitted for wallet, _ in pairs_of(one.legs)}
    return counts | {
        "rows": len(lines), "implied": sum(map(len, admission.implied.values())), "wallets": accounts.missing(used)
    }  # fmt: skip


def _keep(batch: ImportBatch, claim: WorkClaim[ImportBatch], sheet: Sheet) -> None:
    columns = ("number", "line", "verdict", "reason", "column", "row_key", "batch_id", "facts")
    for place, packed in enumerate(sheet.facts):
        some = sheet.lines[place * ROWS_AT_ONCE : (place + 1) * ROWS_AT_ONCE]
        facts = zlib.decompress(packed).decode().split("\n")
        with database.atomic():
            claim.tell(JUDGED + (100 - JUDGED) * place // len(sheet.facts))
            rows = (
                (one.number, one.line, str(one.verdict), one.reason, one.column, one.key, batch.pk, told_by)
                for one, told_by in zip(some, facts, strict=True)
            )
            insert_rows(model=ImportRow, columns=columns, rows=rows)
