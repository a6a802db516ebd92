"""An import is the same as recording its rows one by one."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction as database
from hypothesis import HealthCheck, given, settings, strategies as st

from indices.models import Index
from portfolios import services
from portfolios.models import Entry, LotMark, Portfolio, Transaction
from portfolios.selectors import check_invariants
from tests.factories import make_user
from tests.portfolios.factories import NOW, make_index, make_market, make_portfolio, record
from tests.portfolios.imports.files import canonical, commit, undo, upload

START = datetime(2024, 3, 2, tzinfo=UTC)
COINS = ("bitcoin", "ethereum")
QUANTITIES = st.decimals("0.000000000000000001", "3", places=18).filter(bool)
PRICES = st.none() | st.decimals("0.01", "50000", places=2)
FEES = st.none() | st.decimals("0.000001", "0.5", places=6).filter(bool)

pytestmark = pytest.mark.django_db


@st.composite
def rows(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Draw rows of all kinds, one an instant, in any order; many of them take more than there is."""
    made = []
    for minutes in draw(st.lists(st.integers(0, 10_000), min_size=1, max_size=12, unique=True)):
        kind = draw(st.sampled_from(sorted(Transaction.Kind.values)))
        coin = draw(st.sampled_from(COINS))
        asset = coin if kind in {"buy", "sell", "swap"} else draw(st.sampled_from([coin, "usd", "eur"]))
        row: dict[str, Any] = {"kind": kind, "at": START + timedelta(minutes=minutes), "asset": asset}
        row["quantity"] = draw(QUANTITIES)
        if kind in {"buy", "sell"}:
            row |= {
                "price": draw(PRICES.filter(lambda price: price != 0)),
                "currency": draw(st.sampled_from(["USD", "EUR"])),
            }
        if kind == "swap":
            row |= {"received_asset": COINS[1 - COINS.index(coin)], "received_quantity": draw(QUANTITIES)}
        if kind == "transfer":
            row["to_wallet"] = "Ledger"
        elif kind != "fee":
            row["fee"] = draw(FEES)
            row["fee_asset"] = draw(st.sampled_from([None, "usd", coin])) if row["fee"] else None
        row["note"] = draw(st.sampled_from(["", "said so"]))
        made.append(row)
    return made


def as_csv(row: dict[str, Any]) -> dict[str, str]:
    told = {name: value for name, value in row.items() if value is not None and name != "at"}
    return {"timestamp": row["at"].isoformat()} | {
        name: f"{value:f}" if isinstance(value, Decimal) else str(value) for name, value in told.items()
    }


def opened(name: str) -> Portfolio:
    """Open a portfolio that has money, and coins in a sleeve and outside of it."""
    portfolio = make_portfolio(make_user(email=f"{name}@example.com"))
    services.add_wallet(portfolio=portfolio, name="Ledger", kind="hardware")
    sleeve = services.add_sleeve(portfolio=portfolio, index=_index(), target_weight=Decimal("0.5"))
    record(portfolio, "deposit", "20000", at="2024-03-01")
    record(portfolio, "deposit", "500", "eur", at="2024-03-01")
    record(portfolio, "deposit", "1", "bitcoin", at="2024-03-01", sleeve=sleeve)
    record(portfolio, "deposit", "0.5", "bitcoin", at="2024-03-01")
    return portfolio


def _index() -> Index:
    return Index.objects.filter(slug="top-2").first() or make_index()


def record_one_by_one(portfolio: Portfolio, asked: list[dict[str, Any]]) -> None:
    """Record rows in time; what is refused is left out."""
    wallets = {wallet.name: wallet for wallet in portfolio.wallets.all()}
    for number, row in enumerate(sorted(asked, key=lambda one: one["at"])):
        facts = {name: value for name, value in row.items() if value is not None}
        if "to_wallet" in facts:
            facts["to_wallet"] = wallets[facts["to_wallet"]]
        try:
            services.record_transaction(
                portfolio=portfolio, token=f"row {number}", source="import", now=NOW,
                wallet=portfolio.wallets.order_by("id").first(), **facts,
            )  # fmt: skip
        except services.CannotRecordError:
            continue


def written(portfolio: Portfolio) -> list[Any]:
    """Return all that counts, in the order of the ledger."""
    rows = Transaction.objects.in_force().filter(portfolio=portfolio).order_by("at", "sequence", "id")
    return [
        (one.kind, one.at, one.sequence, one.source, one.note, one.acquired_at, *map(moved, entries_of(one)))
        for one in rows
    ]


def entries_of(one: Transaction) -> Iterable[Entry]:
    return Entry.objects.filter(transaction=one).select_related("wallet").order_by("id")


def moved(entry: Entry) -> tuple[Any, ...]:
    in_sleeve = entry.sleeve_id is not None
    return entry.wallet.name, entry.asset_id, in_sleeve, entry.role, entry.at, entry.quantity, entry.price


def held(portfolio: Portfolio) -> list[Any]:
    return sorted(
        (one.wallet.name, one.asset_id, one.sleeve is not None, one.quantity)
        for one in portfolio.positions.select_related("wallet", "sleeve")
    )


@given(asked=rows())
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_an_import_is_the_same_as_recording_its_rows_one_by_one(asked):
    with database.atomic():
        services.ensure_fiat("EUR")
        make_market({"bitcoin": "40000", "ethereum": "2000", "eur": "1.1"})
        singly, together = opened("singly"), opened("together")
        record_one_by_one(singly, asked)

        batch = upload(together, canonical(*map(as_csv, asked)))
        if batch.counts.get("new"):
            commit(batch, accept_errors=True)

        assert written(together) == written(singly)
        assert held(together) == held(singly)
        assert check_invariants(portfolio=together) == []
        marks = LotMark.objects.order_by("asset_id").values_list("asset_id", flat=True)
        assert list(marks.filter(portfolio=together)) == list(marks.filter(portfolio=singly))
        again = upload(together, canonical(*map(as_csv, asked)))
        assert not again.counts.get("new")
        database.set_rollback(True)


@given(asked=rows())
@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_an_undo_leaves_everything_as_it_was(asked):
    with database.atomic():
        services.ensure_fiat("EUR")
        make_market({"bitcoin": "40000", "ethereum": "2000", "eur": "1.1"})
        portfolio = opened("together")
        ledger, positions = written(portfolio), held(portfolio)

        batch = upload(portfolio, canonical(*map(as_csv, asked)), imply_deposits=True)
        if batch.counts.get("new"):
            commit(batch, accept_errors=True)
            assert undo(batch).step == "undone"

        assert written(portfolio) == ledger
        assert held(portfolio) == positions
        database.set_rollback(True)
