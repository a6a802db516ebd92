"""Lots that an owner names for what leaves: checked against what brought them, kept with the day of the choice."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

from accounts.models import User
from portfolios.models import Entry, LotChoice, Transaction
from portfolios.services.drafts import Draft, check_amount, plain
from portfolios.services.errors import CannotRecordError


def check_lots(draft: Draft, *, portfolio_id: int) -> list[tuple[Transaction, Decimal]]:
    """Return what brought each named lot, as it counts today; raises CannotRecordError on the field `lots`.

    Each must have brought the asset into this portfolio, no later than it leaves; no more than it brought may be
    drawn from it, and no more than leaves in all. One that was corrected since stands for its correction.
    """
    found = {one.pk: one for one in _with_versions(draft, portfolio_id)}
    named = [(_counting(found, acquired_id), quantity) for acquired_id, quantity in draft.lots]
    drawn: dict[int, Decimal] = defaultdict(Decimal)
    for acquired, quantity in named:
        check_amount("lots", quantity)
        if quantity <= 0:
            raise CannotRecordError("lots: a positive quantity is needed of each.", field="lots")
        drawn[acquired.pk] += quantity
    brought = _brought(draft, portfolio_id, drawn)
    for acquired, _ in named:
        _check_lot(acquired, draft, drawn=drawn[acquired.pk], brought=brought.get(acquired.pk))
    total = sum(drawn.values(), Decimal(0))
    if total > draft.quantity:
        raise CannotRecordError(
            f"lots: {plain(total)} are named, and only {plain(draft.quantity)} leave.", field="lots"
        )
    return named


def save_choices(
    made: Transaction, named: list[tuple[Transaction, Decimal]], *, by: User, at: datetime,
    corrected: Transaction | None = None,
) -> None:  # fmt: skip
    """Keep the named lots of a transaction; what stood in the one that it corrects keeps the day of its choice."""
    before: dict[tuple[int, Decimal], LotChoice] = {}
    if corrected is not None:
        known = LotChoice.objects.filter(transaction=corrected)
        before = {(choice.acquired_id, choice.quantity): choice for choice in known}
    rows = []
    for place, (acquired, quantity) in enumerate(named):
        same = before.get((acquired.pk, quantity))
        rows.append(
            LotChoice(
                portfolio_id=made.portfolio_id,
                transaction=made,
                place=place,
                acquired=acquired,
                quantity=quantity,
                chosen_by_id=same.chosen_by_id if same else by.pk,
                chosen_at=same.chosen_at if same else at,
            )
        )
    LotChoice.objects.bulk_create(rows)


def _with_versions(draft: Draft, portfolio_id: int) -> list[Transaction]:
    """Return the named transactions and all later versions of them."""
    found: list[Transaction] = []
    wanted = {acquired_id for acquired_id, _ in draft.lots}
    rows = Transaction.objects.filter(portfolio=portfolio_id)
    newer = list(rows.filter(id__in=wanted))
    while newer:
        found += newer
        newer = list(rows.filter(supersedes__in=newer))
    return found


def _counting(found: Mapping[int, Transaction], acquired_id: int) -> Transaction:
    if acquired_id not in found:
        raise CannotRecordError(f"lots: no transaction {acquired_id} is in this portfolio.", field="lots")
    later = {one.supersedes_id: one for one in found.values() if one.supersedes_id is not None}
    last = found[acquired_id]
    while last.pk in later:
        last = later[last.pk]
    if last.voided_at is not None:
        raise CannotRecordError(f"lots: transaction {acquired_id} was deleted and brings no lot.", field="lots")
    return last


def _brought(draft: Draft, portfolio_id: int, acquired_ids: Mapping[int, Decimal]) -> dict[int, Decimal]:
    rows = Entry.objects.filter(
        portfolio=portfolio_id, transaction__in=acquired_ids, asset=draft.asset, role=Entry.Role.PRINCIPAL,
        quantity__gt=0,
    ).exclude(transaction__kind=Transaction.Kind.TRANSFER)  # fmt: skip
    brought: dict[int, Decimal] = defaultdict(Decimal)
    for transaction_id, quantity in rows.values_list("transaction", "quantity"):
        brought[transaction_id] += quantity
    return brought


def _check_lot(acquired: Transaction, draft: Draft, *, drawn: Decimal, brought: Decimal | None) -> None:
    day = f"{acquired.at:%Y-%m-%d}"
    if brought is None:
        raise CannotRecordError(f"lots: the transaction of {day} brought no {draft.asset}.", field="lots")
    if acquired.at > draft.at:
        raise CannotRecordError(f"lots: the lot of {day} came after what leaves.", field="lots")
    if drawn > brought:
        raise CannotRecordError(
            f"lots: the transaction of {day} brought {plain(brought)}, and {plain(drawn)} are named.", field="lots"
        )
