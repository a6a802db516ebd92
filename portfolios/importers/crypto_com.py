"""The Crypto.com app: one row a transaction, in UTC. A native amount is what was paid, or what a reward was worth."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from decimal import ROUND_HALF_EVEN, Decimal

from market.calc.currencies import is_fiat
from portfolios.importers.base import Exchanged, Format, has_columns, instant, read_one, trade, unknown_kind
from portfolios.importers.instants import IN_UTC
from portfolios.importers.legs import Leg, join_read, spent, told_apart
from portfolios.importers.rows import Answers, ParsedRow, Reading, RowError, SkippedRow
from portfolios.importers.tables import CellError, Row, Table
from portfolios.importers.values import EXACT, PLACES

KIND = "transaction kind"
_EXCHANGES = frozenset({
    "crypto_exchange", "crypto_to_van_sell_order", "crypto_viban_exchange", "recurring_buy_order",
    "trading.limit_order.fiat_wallet.purchase_commit", "trading.limit_order.fiat_wallet.sell_commit", "van_purchase",
    "viban_purchase",
})  # fmt: skip
_SPENDS = frozenset({"card_top_up", "crypto_payment"})
_INCOME = frozenset({
    "admin_wallet_credited", "campaign_reward", "crypto_earn_extra_interest_paid", "crypto_earn_interest_paid",
    "finance.dpos.compound_interest.crypto_wallet", "finance.dpos.non_compound_interest.crypto_wallet",
    "finance.lockup.dpos_compound_interest.crypto_wallet", "gift_card_reward", "mco_stake_reward", "referral_bonus",
    "referral_card_cashback", "referral_gift", "reimbursement", "rewards_platform_deposit_credited",
    "supercharger_reward_to_app_credited", "transfer_cashback",
})  # fmt: skip
_TRANSFERS = frozenset({
    "crypto_deposit", "crypto_to_exchange_transfer", "crypto_transfer", "crypto_withdrawal",
    "exchange_to_crypto_transfer", "viban_deposit", "viban_withdrawal",
})  # fmt: skip
_MOVES = frozenset({
    "council_node_deposit_created", "crypto_earn_program_created", "crypto_earn_program_withdrawn",
    "finance.dpos.staking.crypto_wallet", "finance.dpos.unstaking.crypto_wallet",
    "finance.lockup.dpos_lock.crypto_wallet", "finance.lockup.dpos_unlock.crypto_wallet", "lockup_lock",
    "lockup_unlock", "lockup_upgrade", "supercharger_deposit", "supercharger_withdrawal",
    "trading.limit_order.cash_account.purchase_lock", "trading.limit_order.cash_account.purchase_unlock",
    "trading.limit_order.fiat_wallet.purchase_lock", "trading.limit_order.fiat_wallet.purchase_unlock",
    "trading.limit_order.fiat_wallet.sell_lock", "trading.limit_order.fiat_wallet.sell_unlock",
})  # fmt: skip
# Both sides of these stand in rows of their own, of one second.
_SIDES = {
    f"{start}_{end}": start
    for start in ("crypto_wallet_swap", "dust_conversion", "dynamic_coin_swap", "interest_swap", "lockup_swap")
    for end in ("debited", "credited")
}
_ADVICE = "Several coins were turned into one, and the file does not tell what each of them brought. Add it by hand."


def read(table: Table, _: Answers) -> Iterator[Reading]:
    """Read the transactions, whose times are in UTC."""
    readings: list[Reading] = []
    swaps: Mapping[tuple[str, str], list[Leg | RowError]] = defaultdict(list)
    for row in table.rows():
        if not isinstance(row, Row):
            readings.append(row)
        elif row.text(KIND) in _SIDES:
            swaps[_SIDES[row.text(KIND)], row.text("timestamp (utc)")].append(_leg(table, row))
        else:
            reading = read_one(table, row, _read)
            readings.append(reading)
            if isinstance(reading, ParsedRow) and reading.kind == "sell" and row.text(KIND) in _SPENDS:
                readings.append(spent(reading))
    for legs in swaps.values():
        readings += join_read(legs, advice=_ADVICE, note="Crypto.com: conversion.")
    return iter(told_apart(readings))


def _leg(table: Table, row: Row) -> Leg | RowError:
    """Read one side of a swap."""
    try:
        change = row.required_number("amount")
        return Leg(row=row, at=instant(row, "timestamp (utc)", IN_UTC), asset=row.required("currency"), quantity=change)
    except CellError as error:
        return RowError(line=row.line, column=table.title(error.column), message=error.message)


def _read(row: Row) -> ParsedRow | SkippedRow:
    """Read one transaction; raises CellError."""
    kind, words = row.text(KIND), row.text("transaction description").lower()
    if kind in _MOVES:
        return SkippedRow(line=row.line, reason="It is a move within Crypto.com, such as into a lockup.")
    if kind in _EXCHANGES:
        return _exchanged(row, row.required("to currency"), row.required_size("to amount"))
    if kind == "crypto_purchase" or (kind in _SPENDS and not is_fiat(row.text("currency"))):
        return _exchanged(row, row.required("native currency"), _worth(row))
    if kind in _INCOME:
        return _moved(row, "income")
    # The fiat wallet tells what it is in words alone.
    if kind in _TRANSFERS | _SPENDS or (
        not kind and is_fiat(row.text("currency")) and ("deposit" in words or "withdrawal" in words)
    ):
        return _moved(row, "deposit" if row.required_number("amount") > 0 else "withdrawal")
    raise unknown_kind(KIND, kind or row.text("transaction description"))


def _exchanged(row: Row, other: str, other_size: Decimal) -> ParsedRow:
    """Return a trade of what a row moves for something else; raises CellError."""
    asset, change = row.required("currency"), row.required_number("amount")
    if not change:
        raise CellError("amount", "The number is 0, so nothing moved.")
    if change > 0 and row.text(KIND) != "crypto_purchase":
        raise CellError("amount", "It comes in where it was given. Add this transaction by hand.")
    sides = [(other, other_size), (asset, change.copy_abs())]
    (gave, given), (got, received) = sides if change > 0 else sides[::-1]
    traded = Exchanged(gave=gave, gave_quantity=given, got=got, got_quantity=received)
    return trade(row, instant(row, "timestamp (utc)", IN_UTC), traded, note=row.text("transaction description"))


def _moved(row: Row, kind: str) -> ParsedRow:
    """Return what came or went; only a reward has a worth; raises CellError."""
    worth = _worth(row) if kind == "income" and row.text("native amount") else None
    if kind == "income" and row.required_number("amount") < 0:
        raise CellError("amount", "A reward was taken back. Add it by hand as what it was.")
    return ParsedRow(
        line=row.line,
        kind=kind,
        at=instant(row, "timestamp (utc)", IN_UTC),
        asset=row.required("currency"),
        quantity=row.required_size("amount"),
        amount=worth,
        currency=row.required("native currency").upper() if worth else "",
        external_id=row.text("transaction hash"),
        note=row.text("transaction description"),
    )


def _worth(row: Row) -> Decimal:
    """Return the native amount without its sign; raises CellError.

    It is calculated by Crypto.com with up to 40 decimals, of which the ledger keeps 18.
    """
    text = row.required("native amount").lstrip("-+")
    if not text.replace(".", "", 1).isdecimal() or len(text) > 80:
        raise CellError("native amount", f"“{text[:40]}” is not a number.")
    value = Decimal(text)
    return value.quantize(Decimal(1).scaleb(-PLACES), ROUND_HALF_EVEN, EXACT).normalize(EXACT) if value else value


_SAMPLE = (
    "Timestamp (UTC)", "Transaction Description", "Currency", "Amount", "To Currency", "To Amount", "Native Currency",
    "Native Amount", "Native Amount (in USD)", "Transaction Kind",
)  # fmt: skip

FORMAT = Format(
    key="crypto_com",
    name="Crypto.com app",
    matches=has_columns("timestamp (utc)", "currency", "amount", "to currency", "to amount", "native amount", KIND),
    read=read,
    samples=[_SAMPLE, (*_SAMPLE, "Transaction Hash")],
)
