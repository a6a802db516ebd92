"""What goes out comes in again, elsewhere, with every digit."""

import csv
import io
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from portfolios import selectors
from portfolios.importers import formats
from portfolios.importers.rows import ParsedRow
from portfolios.models import (
    Disposal,
    DisposalMatch,
    Entry,
    GainSummary,
    Lot,
    LotMark,
    Portfolio,
    Position,
    Transaction,
)  # fmt: skip
from portfolios.services.exports import import_export
from portfolios.services.lots import rebuild_all
from tests.portfolios.exports.builders import AT, export, ledger_of, make_empty, make_full, unpacked
from tests.portfolios.factories import make_portfolio, record

pytestmark = pytest.mark.django_db


def positions(portfolio):
    rows = Position.objects.filter(portfolio=portfolio).order_by("wallet__name", "asset_id", "sleeve__index__slug")
    return list(rows.values_list("wallet__name", "asset_id", "sleeve__index__slug", "quantity"))


def renumbered(ledger):
    """Return a ledger with its ids counted from 1, and without what belongs to the portfolio that it is in."""
    numbers = {one["id"]: number for number, one in enumerate(ledger["transactions"], start=1)}
    orders = {one["id"]: number for number, one in enumerate(ledger["orders"], start=1)}
    transactions = []
    for one in ledger["transactions"]:
        lots = [lot | {"acquired": numbers[lot["acquired"]]} for lot in one.get("lots", [])]
        links = {"supersedes": numbers.get(one.get("supersedes")), "order": orders.get(one.get("order"))}
        transactions.append(one | {"id": numbers[one["id"]], "lots": lots} | links)
    same = {"portfolio": ledger["portfolio"]["fee_rate"], "orders": [one | {"id": 0} for one in ledger["orders"]]}
    return ledger | same | {"transactions": transactions}


def test_an_export_of_what_was_imported_is_the_same_export(alice, bob):
    content = export(make_full(alice))
    portfolio = make_empty(bob)

    restored = import_export(portfolio=portfolio, content=content, by=bob, at=AT)

    ledger = ledger_of(content)
    assert renumbered(ledger_of(export(portfolio))) == renumbered(ledger)
    assert restored.transactions == len(ledger["transactions"]) > 15
    assert {one["kind"] for one in ledger["transactions"]} > {"swap", "transfer", "fee", "loss", "gift_in", "income"}


def test_the_same_holdings_follow_and_the_ledger_holds_together(alice, bob):
    portfolio, other = make_full(alice), make_empty(bob)

    import_export(portfolio=other, content=export(portfolio), by=bob, at=AT)

    assert positions(other) == positions(portfolio)
    assert len(positions(other)) > 5
    assert selectors.check_invariants(portfolio=other) == []


def derived(portfolio):
    """Return what was worked out for a portfolio, without the ids of rows."""
    rebuild_all(portfolio=portfolio)
    money = ("proceeds", "cost", "gain")
    by_disposal = ("disposal__asset_id", "disposal__place", "place")
    wanted = {
        Lot: (("asset_id", "place"), ("wallet__name", "at", "quantity", "cost", "is_unpriced", "transaction__token")),
        Disposal: (("asset_id", "place"), ("kind", "method", "year", "quantity", "uncovered", *money)),
        DisposalMatch: (by_disposal, ("acquired__token", "acquired_at", "rule", "term", "quantity", *money)),
        GainSummary: (("method", "year", "asset_id", "term"), (*money, "disposals", "incomplete")),
    }
    return [
        list(model._default_manager.filter(portfolio=portfolio).order_by(*order).values_list(*order, *columns))
        for model, (order, columns) in wanted.items()
    ]


def test_the_same_lots_and_gains_follow(alice, bob):
    portfolio, other = make_full(alice), make_empty(bob)

    import_export(portfolio=other, content=export(portfolio), by=bob, at=AT)

    before = derived(portfolio)
    assert derived(other) == before
    assert all(before)
    assert GainSummary.objects.filter(portfolio=other, incomplete=0).exclude(gain=0).exists()


def test_lots_and_disposals_are_listed_by_the_methods_of_the_portfolio(alice):
    files = unpacked(export(make_full(alice)))

    lots = list(csv.DictReader(io.StringIO(files["lots.csv"])))
    disposals = list(csv.DictReader(io.StringIO(files["disposals.csv"])))
    assert {line["row"] for line in lots} == {"lot"}
    assert {line["row"] for line in disposals} == {"disposal", "removal", "match"}
    assert {line["currency"] for line in lots} == {"GBP"}


def test_lots_and_valuations_are_marked_to_be_worked_out(alice, bob):
    other = make_empty(bob)

    import_export(portfolio=other, content=export(make_full(alice)), by=bob, at=AT)

    other.refresh_from_db()
    assert str(other.revalue_from) == "2024-03-01"
    assert set(LotMark.objects.filter(portfolio=other).values_list("asset_id", flat=True)) == {"bitcoin", "ethereum"}


def test_every_digit_survives(alice, bob):
    portfolio, other = make_portfolio(alice), make_empty(bob)
    quantities = ["0.000000000000000001", "123456789.123456789123456789"]
    for quantity in quantities:
        record(portfolio, "deposit", quantity, price=None)

    import_export(portfolio=other, content=export(portfolio), by=bob, at=AT)

    found = Entry.objects.filter(portfolio=other).order_by("id").values_list("quantity", flat=True)
    assert list(found) == [Decimal(quantity) for quantity in quantities]
    lines = list(csv.DictReader(io.StringIO(unpacked(export(other))["transactions.csv"])))
    assert [line["quantity"] for line in lines] == quantities


DANGEROUS = [
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "'=1",
    "''",
    "'plain",
    'a "quote", and; more',
    "two\nlines",
    "=\r1",
]


def make_deposits(portfolio, notes):
    """Write deposits of 0.001, 0.002 and so on, each with a note."""
    first = record(portfolio, "deposit", "1", at="2024-03-01")
    common = {"portfolio": portfolio, "at": first.at}
    rows = Transaction.objects.bulk_create(
        [
            Transaction(
                kind="deposit", source="test", token=f"t{number}", fingerprint="0" * 64, note=note, external_id=note,
                created_at=first.created_at, **common,
            )
            for number, note in enumerate(notes)
        ],
        batch_size=2000,
    )  # fmt: skip
    wallet = portfolio.wallets.get()
    Entry.objects.bulk_create(
        [
            Entry(
                transaction=row, wallet=wallet, asset_id="usd", role="principal", quantity=Decimal(number) / 1000,
                price=Decimal(1), **common,
            )
            for number, row in enumerate(rows, start=1)
        ],
        batch_size=2000,
    )  # fmt: skip


def test_ten_thousand_texts_come_back_as_they_were(alice, bob):
    portfolio, other = make_portfolio(alice), make_empty(bob)
    notes = [f"{DANGEROUS[number % len(DANGEROUS)]}{number}" for number in range(10_000)]
    make_deposits(portfolio, notes)
    content = export(portfolio)

    restored = import_export(portfolio=other, content=content, by=bob, at=AT)

    assert restored.transactions == 10_001
    kept = Transaction.objects.filter(portfolio=other).order_by("id")[1:].values_list("note", "external_id")
    assert list(kept) == [(note, note) for note in notes]
    # And by the canonical CSV: no cell opens a formula, and its reader gives back what was written.
    table = unpacked(content)["transactions.csv"]
    cells = [cell for line in csv.reader(io.StringIO(table)) for cell in line]
    assert [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r"))] == []
    rows = list(formats.read_file(name="t.csv", content=table.encode(), answers={}, format_key="canonical"))
    read = [(row.note, row.quantity) for row in rows[1:] if isinstance(row, ParsedRow)]
    assert read == [(note, Decimal(number) / 1000) for number, note in enumerate(notes, start=1)]


def test_the_canonical_csv_says_what_counts(alice):
    table = unpacked(export(make_full(alice)))["transactions.csv"]

    rows = [
        row
        for row in formats.read_file(name="t.csv", content=table.encode(), answers={}, format_key="canonical")
        if isinstance(row, ParsedRow)
    ]

    in_force = Transaction.objects.filter(voided_at__isnull=True)
    assert len(rows) == in_force.count() == table.count("\r\n") - 1
    by_kind = {row.kind: row for row in rows if row.kind not in {"buy", "deposit"}}
    moved = by_kind["transfer"]
    assert (moved.account, moved.to_account) == ("Main exchange account", "=cold;-1")
    assert (moved.quantity, moved.fee, moved.received_quantity) == (
        Decimal("0.01"),
        Decimal("0.0001"),
        Decimal("0.0099"),
    )
    swapped = by_kind["swap"]
    assert (swapped.asset, swapped.price, swapped.received_asset, swapped.received_quantity) == (
        "ethereum", Decimal(2001), "bitcoin", Decimal("0.005"),
    )  # fmt: skip
    euro = next(row for row in rows if row.currency == "EUR" and row.kind == "buy")
    # 777.77 for 0.02 is 38,888.50 for one.
    assert (euro.quantity, euro.price) == (Decimal("0.02"), Decimal("38888.5"))
    bought = next(row for row in rows if row.note == "=1+1")
    assert (bought.price, bought.fee, bought.fee_asset) == (Decimal(39000), Decimal(1), "usd")
    paid = by_kind["withdrawal"]
    assert (paid.quantity, paid.fee, paid.fee_asset) == (Decimal("0.001"), Decimal("0.0002"), "bitcoin")


def test_holdings_are_listed_by_wallet_and_sleeve(alice):
    portfolio = make_full(alice)

    lines = list(csv.DictReader(io.StringIO(unpacked(export(portfolio))["holdings.csv"])))

    assert len(lines) == Position.objects.filter(portfolio=portfolio).count()
    assert {line["wallet"] for line in lines} == {"Main exchange account", "'=cold;-1"}
    assert {line["sleeve"] for line in lines} == {"", "top-2"}


def test_an_export_of_nothing_is_one_that_can_be_read(alice, bob):
    restored = import_export(portfolio=make_empty(bob), content=export(make_portfolio(alice)), by=bob, at=AT)

    assert (restored.transactions, restored.wallets) == (0, 1)


def test_an_export_takes_as_many_queries_for_many_transactions_as_for_few(alice, django_assert_num_queries):
    portfolio = make_portfolio(alice)
    record(portfolio, "deposit", "1")
    with CaptureQueriesContext(connection) as few:
        export(portfolio)
    for _ in range(5):
        record(portfolio, "deposit", "1")

    with django_assert_num_queries(len(few)):
        export(portfolio)


def test_the_name_stays_and_the_wallets_become_those_of_the_export(alice, bob):
    portfolio = make_empty(bob)

    import_export(portfolio=portfolio, content=export(make_full(alice)), by=bob, at=AT)

    portfolio = Portfolio.objects.get(id=portfolio.pk)
    assert portfolio.name == "Empty"
    wallets = dict(portfolio.wallets.values_list("name", "kind"))
    assert wallets == {"Main exchange account": "exchange", "=cold;-1": "hardware"}
