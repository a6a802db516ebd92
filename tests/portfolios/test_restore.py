"""Undoing a delete: what was taken back counts again, if it still fits."""

from decimal import Decimal

import pytest

from portfolios import services
from portfolios.models import LotMark, Position, Transaction
from portfolios.selectors import check_invariants
from tests.factories import make_asset
from tests.portfolios.factories import NOW, make_portfolio, record

D = Decimal


@pytest.fixture
def portfolio(alice):
    make_asset("bitcoin")
    return make_portfolio(alice)


def positions():
    return list(Position.objects.order_by("asset").values_list("wallet", "asset", "sleeve", "quantity"))


def test_an_undone_delete_leaves_everything_as_it_was(portfolio):
    record(portfolio, "deposit", "100")
    buy = record(portfolio, "buy", "1", "bitcoin", price="60", fee="1")
    before = positions()

    services.void_transaction(voided=buy, now=NOW)
    again = services.unvoid_transaction(voided=buy)

    assert again == buy
    assert again.voided_at is None
    assert positions() == before
    assert check_invariants(portfolio=portfolio) == []


def test_undoing_twice_changes_nothing(portfolio):
    deposit = record(portfolio, "deposit", "1", "bitcoin")
    services.void_transaction(voided=deposit, now=NOW)

    services.unvoid_transaction(voided=deposit)
    services.unvoid_transaction(voided=deposit)

    assert positions() == [(portfolio.wallets.get().pk, "bitcoin", None, D(1))]


def test_what_counts_already_stays_as_it_is(portfolio):
    deposit = record(portfolio, "deposit", "1", "bitcoin")

    assert services.unvoid_transaction(voided=deposit) == deposit
    assert positions() == [(portfolio.wallets.get().pk, "bitcoin", None, D(1))]


def test_what_no_longer_fits_is_refused_with_asset_day_and_shortfall(portfolio):
    record(portfolio, "deposit", "1", "bitcoin", at="2024-03-01")
    first = record(portfolio, "withdrawal", "0.6", "bitcoin", at="2024-03-02")
    services.void_transaction(voided=first, now=NOW)
    record(portfolio, "withdrawal", "0.7", "bitcoin", at="2024-03-03")

    with pytest.raises(services.ShortfallError, match=r"0\.3 BITCO short on 2024-03-03") as refusal:
        services.unvoid_transaction(voided=first)

    assert (refusal.value.asset, refusal.value.shortfall) == ("bitcoin", D("0.3"))
    first.refresh_from_db()
    assert first.voided_at == NOW


def test_what_was_corrected_is_not_restored_beside_its_correction(portfolio):
    wrong = record(portfolio, "deposit", "1", "bitcoin")
    right = services.correct_transaction(
        corrected=wrong, token="c", source="test", now=NOW, kind="deposit", at=wrong.at, asset="bitcoin",
        quantity=D(2),
    )  # fmt: skip
    services.void_transaction(voided=right, now=NOW)

    with pytest.raises(services.CannotVoidError, match="restore the correction"):
        services.unvoid_transaction(voided=wrong)
    services.unvoid_transaction(voided=right)

    assert positions() == [(portfolio.wallets.get().pk, "bitcoin", None, D(2))]


def test_a_row_that_a_later_import_brought_again_counts_once(portfolio):
    first = record(portfolio, "deposit", "1", "bitcoin")
    Transaction.objects.filter(id=first.pk).update(row_key="row")
    services.void_transaction(voided=first, now=NOW)
    again = record(portfolio, "deposit", "1", "bitcoin")
    Transaction.objects.filter(id=again.pk).update(row_key="row")

    with pytest.raises(services.CannotVoidError, match="counts already"):
        services.unvoid_transaction(voided=first)


def test_a_correction_stays_the_row_that_it_corrects(portfolio):
    wrong = record(portfolio, "deposit", "1", "bitcoin")
    Transaction.objects.filter(id=wrong.pk).update(row_key="row", sequence=7)

    right = services.correct_transaction(
        corrected=wrong, token="c", source="test", now=NOW, kind="deposit", at=wrong.at, asset="bitcoin",
        quantity=D(2),
    )  # fmt: skip

    assert (right.row_key, right.sequence) == ("row", 7)


def test_lots_and_valuations_are_marked_anew(portfolio):
    deposit = record(portfolio, "deposit", "1", "bitcoin")
    services.void_transaction(voided=deposit, now=NOW)
    LotMark.objects.all().delete()
    type(portfolio).objects.update(revalue_from=None)

    services.unvoid_transaction(voided=deposit)

    portfolio.refresh_from_db()
    assert portfolio.revalue_from == deposit.at.date()
    assert list(LotMark.objects.values_list("asset", flat=True)) == ["bitcoin"]
