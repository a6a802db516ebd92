"""A row in the shape of the canonical CSV, its assets resolved: how it is kept, and the draft that it makes."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from market.calc.currencies import is_fiat
from portfolios.importers.rows import ParsedRow
from portfolios.services.drafts import DIGITS, PLACES, TRADES, USD, Draft, plain
from portfolios.services.errors import RefusedError
from portfolios.services.imports.accounts import Accounts
from portfolios.services.imports.codes import Codes

LONGEST_NOTE = 300
CODES = ("asset", "received_asset", "fee_asset")
NUMBERS = ("quantity", "price", "amount", "fee", "received_quantity")
Facts = dict[str, str]


class UnusableError(RefusedError):
    """A row cannot be used: `field` is the column; `is_left_out` if its owner has said so."""

    def __init__(self, message: str, *, field: str, is_left_out: bool = False) -> None:
        super().__init__(message, field=field)
        self.is_left_out = is_left_out


def told(row: ParsedRow) -> Facts:
    """Return what a row says as text, its codes as the file has them."""
    known = {
        "timestamp": row.at.astimezone(UTC).isoformat(),
        "kind": row.kind,
        "wallet": row.account,
        "asset": row.asset,
        "quantity": _text(row.quantity),
        "currency": row.currency.lower() or USD,
        "fee": _text(row.fee) if row.fee else "",
        "fee_asset": row.fee_asset if row.fee else "",
        "to_wallet": row.to_account,
        "received_asset": row.received_asset,
        "external_id": row.external_id,
        "note": row.note[:LONGEST_NOTE],
    }
    if row.received_quantity is not None:
        known["received_quantity"] = _text(row.received_quantity)
    if row.amount is not None and row.kind in TRADES:
        known["amount"] = _text(row.amount)
    elif row.price is not None:
        known["price"] = _text(row.price)
    elif row.amount is not None and row.quantity:
        known["price"] = _text(round(row.amount / row.quantity, PLACES))
    return {name: clean(value) for name, value in known.items() if value}


def clean(text: str) -> str:
    """Leave out what no database keeps: null characters, and halves of characters, which JSON can spell."""
    if text.isascii():
        return text.replace("\0", "")
    return text.replace("\0", "").encode("utf-8", "replace").decode()


def resolve(facts: Facts, codes: Codes, day: date) -> None:
    """Put the ids of assets in the place of the file's codes; raises UnusableError."""
    currency = facts["currency"]
    if currency != USD and not is_fiat(currency):
        raise UnusableError(f"currency: “{currency[:20]}” is no fiat currency.", field="currency")
    for name in CODES:
        code = facts.get(name)
        if code is None:
            continue
        try:
            found = codes.find(code, day)
        except KeyError:
            raise UnusableError(
                f"{name}: nobody has said yet which asset “{code[:40]}” is. Choose it, or leave its rows out.",
                field=name,
            ) from None
        if found is None:
            raise UnusableError(
                f"{name}: rows of “{code[:40]}” are left out, as you have said.", field=name, is_left_out=True
            )
        facts[name] = found


def draft_of(facts: Mapping[str, Any], accounts: Accounts) -> Draft:
    """Return what a row asks to be written; raises CannotImportError for a name that no wallet can have."""
    fee = facts.get("fee")
    to_wallet = facts.get("to_wallet")
    return Draft(
        kind=facts["kind"],
        at=datetime.fromisoformat(facts["timestamp"]),
        asset=facts["asset"],
        quantity=Decimal(facts["quantity"]),
        wallet=accounts.find(facts.get("wallet", "")),
        price=_number(facts, "price"),
        amount=_number(facts, "amount"),
        currency=facts["currency"],
        to_wallet=accounts.find(to_wallet) if to_wallet else None,
        received_asset=facts.get("received_asset"),
        received_quantity=_number(facts, "received_quantity"),
        fee=Decimal(fee) if fee else None,
        fee_asset=(facts.get("fee_asset") or facts["currency"]) if fee else None,
        external_id=facts.get("external_id", ""),
        note=facts.get("note", ""),
    )


def _number(facts: Mapping[str, Any], name: str) -> Decimal | None:
    text = facts.get(name)
    return None if text is None else Decimal(text)


def _text(number: Decimal) -> str:
    # A number beyond every column is refused later; written out it might be a megabyte long.
    return plain(number) if abs(number.adjusted()) <= DIGITS + PLACES else str(number)
