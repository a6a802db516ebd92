"""Rows follow the ledger: asset by asset, in any order of work, after races, failures and late prices."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.core.cache import cache
from django.db import IntegrityError, transaction

from analytics.tasks import claim_work
from market.models import Asset
from portfolios.models import Disposal, DisposalMatch, Entry, Lot, LotMark
from portfolios.selectors.lots import check_lots, derive
from portfolios.services import add_wallet, lots, unvoid_transaction, void_transaction
from portfolios.services.lots import rebuilding
from tests.factories import make_price, make_user
from tests.portfolios.factories import NOW, make_portfolio, record
from tests.portfolios.taxes.reading import build, gains_of, lots_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def traded(portfolio):
    """Buy two coins and sell some of both."""
    for asset_id in ("bitcoin", "ethereum"):
        record(portfolio, "buy", "2", asset_id, price="100", at="2023-01-01")
        record(portfolio, "sell", "1", asset_id, price="300", at="2023-02-01")
    build()
    return portfolio


def marked() -> set[str]:
    """Return the assets that wait."""
    return set(LotMark.objects.values_list("asset_id", flat=True))


def test_a_write_marks_the_coins_it_moves_and_the_worker_takes_the_marks_away(traded):
    assert marked() == set()

    record(traded, "sell", "1", "bitcoin", price="400", at="2023-03-01")

    assert marked() == {"bitcoin"}
    build()
    assert marked() == set()
    assert gains_of(traded) == [("300", "100", "200"), ("400", "100", "300")]


def test_the_rows_of_other_assets_are_not_touched(traded):
    before = list(Lot.objects.filter(asset="ethereum").values_list("id", flat=True))

    record(traded, "sell", "1", "bitcoin", price="400", at="2023-03-01")
    build()

    assert list(Lot.objects.filter(asset="ethereum").values_list("id", flat=True)) == before


def test_a_backdated_purchase_is_drawn_as_if_it_had_always_been_there(traded):
    record(traded, "buy", "1", "bitcoin", price="50", at="2022-06-01")
    build()

    assert gains_of(traded) == [("300", "50", "250")]
    assert lots_of(traded) == [("2", "200")]
    assert check_lots(portfolio=traded) == []


def test_what_is_deleted_and_counts_again_leaves_the_same_rows(traded):
    before = gains_of(traded), lots_of(traded)
    sale = traded.transactions.get(kind="sell", entries__asset="bitcoin")

    void_transaction(voided=sale, now=NOW)
    build()
    assert gains_of(traded) == []
    unvoid_transaction(voided=sale)
    build()

    assert (gains_of(traded), lots_of(traded)) == before


def test_nothing_of_an_asset_is_left_when_its_transactions_are_gone(traded):
    for made in traded.transactions.filter(entries__asset="ethereum").order_by("-at"):
        void_transaction(voided=made, now=NOW)

    build()

    assert not Lot.objects.filter(asset="ethereum").exists()
    assert not Disposal.objects.filter(asset="ethereum").exists()
    assert check_lots(portfolio=traded) == []


def test_working_twice_changes_nothing(traded):
    before = list(Lot.objects.values()), list(DisposalMatch.objects.values())

    build()
    assert lots.rebuild(portfolio_id=traded.pk) == set()

    assert (list(Lot.objects.values()), list(DisposalMatch.objects.values())) == before


def test_fewer_disposals_than_before_leave_none_of_the_old_ones(traded):
    record(traded, "sell", "0.5", "bitcoin", price="400", at="2023-03-01")
    build()
    for sale in traded.transactions.filter(kind="sell", entries__asset="bitcoin"):
        void_transaction(voided=sale, now=NOW)
    record(traded, "sell", "0.25", "bitcoin", price="400", at="2023-04-01")

    build()

    assert gains_of(traded) == [("100", "25", "75")]
    assert check_lots(portfolio=traded) == []


def test_all_at_once_is_what_came_bit_by_bit(traded):
    def rows():
        fields = [field.attname for field in Lot._meta.concrete_fields if field.name != "id"]
        return list(Lot.objects.order_by("asset_id", "place").values_list(*fields))

    before = rows()

    assert lots.rebuild_all(portfolio=traded) == {"bitcoin", "ethereum"}

    assert rows() == before
    assert check_lots(portfolio=traded) == []


def test_a_large_ledger_is_worked_out_in_portions(traded, monkeypatch):
    before = gains_of(traded), gains_of(traded, "ethereum")
    monkeypatch.setattr(rebuilding, "PORTION", 1)

    assert lots.rebuild_all(portfolio=traded) == {"bitcoin", "ethereum"}

    assert (gains_of(traded), gains_of(traded, "ethereum")) == before
    assert marked() == set()


def test_what_is_written_while_the_worker_works_waits_for_the_next_turn(traded):
    record(traded, "sell", "0.5", "bitcoin", price="400", at="2023-03-01")
    record(traded, "sell", "0.5", "ethereum", price="400", at="2023-03-01")
    seen = rebuilding._marks(traded.pk)
    derived = derive(portfolio=traded, asset_ids=seen)

    record(traded, "sell", "0.5", "bitcoin", price="500", at="2023-04-01")

    assert rebuilding._replace(traded, derived, seen) == {"ethereum"}
    assert marked() == {"bitcoin"}
    assert len(gains_of(traded)) == 1
    build()
    assert len(gains_of(traded)) == 3
    assert check_lots(portfolio=traded) == []


def test_a_mark_that_another_worker_took_and_a_write_made_again_is_another_mark(traded):
    record(traded, "sell", "0.5", "bitcoin", price="400", at="2023-03-01")
    seen = rebuilding._marks(traded.pk)
    derived = derive(portfolio=traded, asset_ids=seen)

    build()
    record(traded, "sell", "0.5", "bitcoin", price="500", at="2023-04-01")

    # The new mark has the version of the old one, and is not the one that was seen.
    assert rebuilding._replace(traded, derived, seen) == set()
    assert marked() == {"bitcoin"}


def test_a_worker_that_dies_while_writing_leaves_the_old_rows_and_the_mark(traded):
    before = gains_of(traded), lots_of(traded)
    record(traded, "sell", "0.5", "bitcoin", price="400", at="2023-03-01")
    seen = rebuilding._marks(traded.pk)
    derived = derive(portfolio=traded, asset_ids=seen)
    derived.disposals[-1].quantity = Decimal(0)

    with pytest.raises(IntegrityError), transaction.atomic():
        rebuilding._replace(traded, derived, seen)

    assert (gains_of(traded), lots_of(traded)) == before
    assert marked() == {"bitcoin"}


def test_a_portfolio_that_fails_keeps_no_other_waiting_and_is_left_alone_for_a_while(traded, caplog):
    other = make_portfolio(make_user(email="carol@example.com"))
    record(other, "gift_in", "1", "bitcoin", price="100", at="2023-01-01")
    record(traded, "sell", "0.5", "bitcoin", price="400", at="2023-03-01")
    # A purchase that the engine cannot read: no column stops a transfer that gains on its way.
    cold = add_wallet(portfolio=traded, name="Cold", kind="hardware")
    moved = record(traded, "transfer", "0.1", "bitcoin", to_wallet=cold, at="2023-04-01")
    Entry.objects.filter(transaction=moved, quantity__gt=0).update(quantity=Decimal(5))

    failures = lots.rebuild_marked(at=NOW)

    assert set(failures) == {str(traded.pk)}
    assert failures[str(traded.pk)].startswith("Lots: ValueError")
    assert lots_of(other) == [("1", "100")]
    assert lots.rebuild_marked(at=NOW) == {}
    cache.clear()
    assert set(lots.rebuild_marked(at=NOW)) == {str(traded.pk)}


def test_the_worker_does_it(traded):
    record(traded, "sell", "1", "bitcoin", price="400", at="2023-03-01")

    claim_work()
    claim_work()

    assert len(gains_of(traded)) == 2
    assert marked() == set()


@pytest.mark.parametrize(
    "spoil",
    [
        lambda: Lot.objects.filter(asset="bitcoin").update(cost=Decimal(1)),
        lambda: Lot.objects.filter(asset="bitcoin").update(quantity=Decimal("0.5")),
        lambda: Disposal.objects.filter(asset="bitcoin").update(gain=Decimal(1)),
        lambda: DisposalMatch.objects.filter(disposal__asset="bitcoin").update(quantity=Decimal("0.5")),
        lambda: Lot.objects.filter(asset="bitcoin").delete(),
    ],
    ids=["cost", "quantity", "gain", "part", "gone"],
)
def test_a_row_that_does_not_follow_from_the_ledger_is_found(traded, spoil):
    spoil()

    problems = " ".join(check_lots(portfolio=traded))

    assert "bitcoin" in problems
    assert "ethereum" not in problems


def test_a_price_that_arrives_later_marks_what_it_may_concern_and_nothing_else(traded):
    record(traded, "income", "1", "ethereum", at="2023-03-01")
    build()
    day = date(2023, 3, 1)
    bitcoin, ether = Asset.objects.get(id="bitcoin"), Asset.objects.get(id="ethereum")

    make_price(bitcoin, date(2024, 3, 1), "1", recorded_at=NOW)
    assert lots.mark_repriced(since=NOW) == 0
    make_price(ether, day + timedelta(days=1), "1900", recorded_at=NOW)
    assert lots.mark_repriced(since=NOW) == 0
    make_price(ether, day, "2000", recorded_at=NOW)

    assert lots.mark_repriced(since=NOW + timedelta(seconds=1)) == 0
    assert lots.mark_repriced(since=NOW) == 1
    assert marked() == {"ethereum"}
    build()
    assert lots_of(traded, "ethereum") == [("1", "100"), ("1", "2000")]


def test_a_rate_that_arrives_later_marks_every_coin_of_whoever_counts_in_it(traded, euro):
    lots.keep_tax_settings(portfolio=traded, at=NOW, confirm=True, currency="EUR")
    build()
    assert lots_of(traded) == [("1", "0")]

    make_price(euro, date(2023, 1, 1), "1.25", recorded_at=NOW)

    assert lots.mark_repriced(since=NOW) == 2
    build()
    assert lots_of(traded) == [("1", "80")]
