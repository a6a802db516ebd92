"""The proof that stored lots follow from the ledger: nothing lost, nothing drawn twice, each sum right."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from decimal import Decimal

from django.db.models import Model

from market.money import ExactSum
from portfolios.models import Disposal, DisposalMatch, Entry, GainSummary, Lot, LotMark, Portfolio, Position, Receipt
from portfolios.selectors.lots.derive import derive
from portfolios.selectors.rates import get_fiat
from portfolios.selectors.tax import get_rules

ZERO = Decimal(0)
Row = tuple[object, ...]


def check_lots(*, portfolio: Portfolio) -> list[str]:
    """Return what is wrong with the stored lots of a portfolio, a sentence each; assets that wait are passed over.

    Lots and what no lot covered sum to what is held, by wallet where lots are kept by wallet; no acquisition is drawn
    beyond its size; parts sum to their disposal, and proceeds less cost is the gain. And all of it is, digit for
    digit, what the whole ledger gives when it is worked out anew.
    """
    waiting = set(LotMark.objects.filter(portfolio=portfolio).values_list("asset_id", flat=True)) | get_fiat()
    if not _known(portfolio) - waiting:
        return []
    return [
        *_wrong_holdings(portfolio, waiting),
        *_overdrawn(portfolio, waiting),
        *_wrong_disposals(portfolio, waiting),
        *_differences(portfolio, waiting),
    ]


def _known(portfolio: Portfolio) -> set[str]:
    """Return every asset that has moved, or of which any row is stored."""
    tables = (Entry, Lot, Disposal, Receipt, GainSummary)
    rows = (table.objects.filter(portfolio=portfolio).order_by().values_list("asset_id", flat=True) for table in tables)
    return {asset_id for found in rows for asset_id in found.distinct()}


def _wrong_holdings(portfolio: Portfolio, waiting: set[str]) -> Iterator[str]:
    by_wallet = get_rules(portfolio=portfolio).policy.spans[-1].scope == "wallet"
    keys = ("asset_id", "wallet_id")
    held = _sums(Position.objects.filter(portfolio=portfolio).order_by().values_list(*keys), waiting)
    left = _sums(Lot.objects.filter(portfolio=portfolio).order_by().values_list(*keys), waiting)
    missing = Disposal.objects.filter(portfolio=portfolio, uncovered__gt=0).order_by().values_list(*keys)
    uncovered = {row[:2]: row[2] for row in missing.annotate(total=ExactSum("uncovered")) if row[0] not in waiting}
    short = {asset_id for asset_id, _ in uncovered}
    for asset_id in sorted({key[0] for key in (*held, *left)}):
        whole = [
            sum((total for key, total in sums.items() if key[0] == asset_id), ZERO) for sums in (held, left, uncovered)
        ]
        if whole[0] != whole[1] - whole[2]:
            yield f"Lots of {asset_id} sum to {whole[1]} with {whole[2]} uncovered, {whole[0]} is held."
        elif by_wallet and asset_id not in short:
            wallets = {key[1] for key in (*held, *left) if key[0] == asset_id}
            for wallet_id in sorted(wallets, key=str):
                sums = held.get((asset_id, wallet_id), ZERO), left.get((asset_id, wallet_id), ZERO)
                if sums[0] != sums[1]:
                    yield f"Lots of {asset_id} in wallet {wallet_id} sum to {sums[1]}, {sums[0]} is held."


def _sums(rows: Iterable[Row], waiting: set[str]) -> dict[tuple[str, int | None], Decimal]:
    totals: dict[tuple[str, int | None], Decimal] = {}
    for asset_id, wallet_id, total in rows.annotate(total=ExactSum("quantity")):  # type: ignore[attr-defined]
        if asset_id not in waiting:
            totals[asset_id, wallet_id] = total
    return totals


def _overdrawn(portfolio: Portfolio, waiting: set[str]) -> Iterator[str]:
    brought = Entry.objects.filter(portfolio=portfolio, transaction__voided_at__isnull=True, quantity__gt=0)
    sizes = {
        row[:2]: row[2]
        for row in brought.order_by().values_list("transaction_id", "asset_id").annotate(total=ExactSum("quantity"))
    }
    drawn: dict[tuple[int, str], Decimal] = defaultdict(Decimal)
    matches = DisposalMatch.objects.filter(portfolio=portfolio, acquired__isnull=False).order_by()
    lots = Lot.objects.filter(portfolio=portfolio, transaction__isnull=False).order_by()
    for rows in (
        matches.values_list("acquired_id", "disposal__asset_id"),
        lots.values_list("transaction_id", "asset_id"),
    ):
        for transaction_id, asset_id, total in rows.annotate(total=ExactSum("quantity")):
            drawn[transaction_id, asset_id] += total
    for (transaction_id, asset_id), total in sorted(drawn.items()):
        if asset_id not in waiting and total > sizes.get((transaction_id, asset_id), ZERO):
            yield f"{total} {asset_id} come from transaction {transaction_id}, which brought less."


def _wrong_disposals(portfolio: Portfolio, waiting: set[str]) -> Iterator[str]:
    sums: dict[int, list[Decimal]] = defaultdict(lambda: [ZERO, ZERO, ZERO, ZERO])
    matches = DisposalMatch.objects.filter(portfolio=portfolio).order_by()
    for disposal_id, *parts in matches.values_list("disposal_id", "quantity", "cost", "proceeds", "gain"):
        sums[disposal_id] = [total + (part or ZERO) for total, part in zip(sums[disposal_id], parts, strict=True)]
    for row in Disposal.objects.filter(portfolio=portfolio).exclude(asset__in=waiting).order_by("id"):
        whole = [row.quantity - row.uncovered, row.cost, row.proceeds or ZERO, row.gain or ZERO]
        if sums[row.pk] != whole:
            yield f"The parts of disposal {row.pk} sum to {sums[row.pk]}, not to {whole}."
        if row.proceeds is not None and row.gain != row.proceeds - row.cost:
            yield f"Disposal {row.pk}: {row.proceeds} less {row.cost} is not {row.gain}."


def _differences(portfolio: Portfolio, waiting: set[str]) -> Iterator[str]:
    """Compare what is stored with what the whole ledger gives."""
    derived = derive(portfolio=portfolio)
    disposals = Disposal.objects.filter(portfolio=portfolio).order_by("asset_id", "place")
    matches = DisposalMatch.objects.filter(portfolio=portfolio).select_related("disposal")
    for disposal, parts in zip(derived.disposals, derived.matches, strict=True):
        for part in parts:
            part.disposal = disposal
    summaries = GainSummary.objects.filter(portfolio=portfolio)
    pairs = (
        ("Lots", Lot.objects.filter(portfolio=portfolio), derived.lots),
        ("Disposals", disposals, derived.disposals),
        ("Parts", matches, [part for parts in derived.matches for part in parts]),
        ("Income", Receipt.objects.filter(portfolio=portfolio), derived.receipts),
        ("Sums of gains", summaries, derived.summaries),
    )
    for name, stored, made in pairs:
        old, new = set(_rows(stored, waiting)), set(_rows(made, waiting))
        if old != new:
            here, there = min(old - new, default=None), min(new - old, default=None)
            yield f"{name}: {here} is stored, {there} follows from the ledger."


def _rows(rows: Iterable[Model], waiting: set[str]) -> Iterator[tuple[str, ...]]:
    """Yield rows as text, ids of their own aside; a part stands under its disposal's asset and place."""
    for row in rows:
        head = row.disposal if isinstance(row, DisposalMatch) else row
        if head.asset_id not in waiting:  # type: ignore[attr-defined] # each of them is of an asset
            fields = [field for field in row._meta.concrete_fields if field.name not in {"id", "disposal"}]
            values = (getattr(row, field.attname) for field in fields)
            yield (head.asset_id, f"{getattr(head, 'place', 0):09}", *map(_text, values))  # type: ignore[attr-defined]


def _text(value: object) -> str:
    return f"{value.normalize():f}" if isinstance(value, Decimal) else str(value)
