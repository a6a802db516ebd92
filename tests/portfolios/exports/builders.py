"""A portfolio with everything that a ledger can hold, and its export taken apart."""

import io
import json
import zipfile
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from accounts.models import User
from portfolios import services
from portfolios.models import LotMethod, Portfolio, TaxSettings
from portfolios.services.exports import make_export
from tests.portfolios.factories import NOW, make_investor, make_market, make_portfolio, record

AT = datetime(2024, 3, 10, 13, tzinfo=UTC)


def make_full(owner: User) -> Portfolio:
    """Make a portfolio with an order, all sorts of transactions, versions, named lots, methods and settings."""
    portfolio = make_investor(owner, name="Full")
    services.ensure_fiat("gbp")
    make_market({"gbp": "1.25"})
    cold = services.add_wallet(portfolio=portfolio, name="=cold;-1", kind="hardware")
    sleeve = portfolio.sleeves.get()
    services.invest(
        portfolio=portfolio, sleeve=sleeve, amount=Decimal(900), day=None, wallet=None, token="i", source="web", at=NOW
    )
    record(portfolio, "deposit", "1000", asset="eur", at="2024-03-01")
    first = record(portfolio, "buy", "0.01", "bitcoin", price="39000", at="2024-03-02", fee="1", note="=1+1")
    record(portfolio, "buy", "0.000000000000000001", "ethereum", amount="0.5", at="2024-03-02", external_id="+e")
    record(portfolio, "buy", "0.02", "bitcoin", amount="777.77", currency="eur", rate=Decimal("1.1"), at="2024-03-03")
    record(portfolio, "sell", "0.005", "bitcoin", price="41000", at="2024-03-04", lots=[(first.pk, Decimal("0.005"))])
    wrong = record(portfolio, "income", "1", "ethereum", price="2000", at="2024-03-05")
    services.correct_transaction(
        corrected=wrong, token="right", source="web", now=NOW, kind="income", at=wrong.at, asset="ethereum",
        quantity=Decimal("0.123456789123456789"), price=Decimal(2000),
    )  # fmt: skip
    services.void_transaction(voided=record(portfolio, "deposit", "5", at="2024-03-05"), now=NOW)
    record(
        portfolio, "swap", "0.1", "ethereum", received_asset="bitcoin", received_quantity="0.005", at="2024-03-06",
        price="2001",
    )  # fmt: skip
    record(portfolio, "transfer", "0.01", "bitcoin", to_wallet=cold, fee="0.0001", fee_asset="bitcoin", at="2024-03-07")
    record(
        portfolio, "gift_in", "0.5", "bitcoin", wallet=cold, price="100", at="2024-03-07",
        acquired_at=datetime(2015, 1, 1, tzinfo=UTC),
    )  # fmt: skip
    record(portfolio, "fee", "0.001", "bitcoin", wallet=cold, at="2024-03-08")
    record(portfolio, "loss", "0.001", "bitcoin", wallet=cold, at="2024-03-08")
    record(portfolio, "withdrawal", "0.001", "bitcoin", wallet=cold, fee="0.0002", fee_asset="bitcoin", at="2024-03-08")
    TaxSettings.objects.create(
        portfolio=portfolio, currency="GBP", zone="Europe/London", year_starts="04-06", term_rule="days", term_days=10
    )
    LotMethod.objects.create(
        portfolio=portfolio, valid_from=date(2024, 3, 4), method="hifo", scope="portfolio", chosen_by=owner,
        chosen_at=NOW,
    )  # fmt: skip
    return portfolio


def make_empty(owner: User) -> Portfolio:
    """Open the portfolio that an export goes into."""
    return make_portfolio(owner, name="Empty")


def export(portfolio: Portfolio) -> bytes:
    """Return the export of a portfolio, always made at the same instant."""
    return make_export(portfolio=portfolio, at=AT)


def unpacked(content: bytes) -> dict[str, str]:
    """Return the files of an export."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name).decode() for name in archive.namelist()}


def ledger_of(content: bytes) -> dict[str, Any]:
    """Return what ledger.json of an export says."""
    found: dict[str, Any] = json.loads(unpacked(content)["ledger.json"])
    return found


def packed(ledger: Any, *, name: str = "ledger.json") -> bytes:
    """Return an export whose ledger says something else."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, ledger if isinstance(ledger, str | bytes) else json.dumps(ledger))
    return buffer.getvalue()


def entry(asset: str, quantity: str, role: str = "principal", wallet: str = "main", **more: str) -> dict[str, str]:
    """Return an entry as an export has it."""
    return {"wallet": wallet, "asset": asset, "role": role, "quantity": quantity} | more


def document() -> dict[str, Any]:
    """Return an export by hand: two wallets, a sleeve, and a transaction of each kind that can go wrong."""
    rows: list[tuple[str, list[dict[str, str]]]] = [
        ("deposit", [entry("usd", "1000")]),
        ("buy", [entry("bitcoin", "2", sleeve="top-2"), entry("usd", "-80", "payment"), entry("usd", "-1", "fee")]),
        ("sell", [entry("bitcoin", "-0.5", sleeve="top-2"), entry("usd", "30", "payment")]),
        ("swap", [entry("bitcoin", "-0.1", sleeve="top-2"), entry("ethereum", "1")]),
        (
            "transfer",
            [
                entry("bitcoin", "-0.2", sleeve="top-2"),
                entry("bitcoin", "0.2", wallet="cold", sleeve="top-2"),
                entry("bitcoin", "-0.01", "fee", sleeve="top-2"),
            ],
        ),
        ("income", [entry("ethereum", "1", price="2000")]),
        ("gift_in", [entry("ethereum", "1")]),
        ("withdrawal", [entry("ethereum", "-1"), entry("ethereum", "-0.1", "fee")]),
        ("fee", [entry("ethereum", "-0.1", "fee")]),
    ]
    instant = "2024-03-0{}T00:00:00Z"
    return {
        "format": "ballast-export",
        "version": 1,
        "portfolio": {"fee_rate": "0.0025"},
        "wallets": [{"name": "main", "kind": "exchange"}, {"name": "cold", "kind": "hardware"}],
        "sleeves": [
            {"index": "top-2", "tier": "core", "target_weight": "0.5", "lower_band": "0.4", "upper_band": "0.6"}
        ],
        "tax_settings": None,
        "lot_methods": [],
        "orders": [],
        "transactions": [
            {
                "id": 10 + number, "kind": kind, "at": instant.format(number), "source": "test", "token": f"t{number}",
                "fingerprint": "0" * 64, "created_at": instant.format(number), "entries": entries,
            }
            for number, (kind, entries) in enumerate(rows, start=1)
        ],
    }  # fmt: skip
