"""The database itself refuses bad rows, whatever code writes them."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from market.models import AssetAlias, Classification, DailyPrice, DataFinding
from tests.factories import make_asset, make_classification, make_price
from tests.market.factories import NOW, day

pytestmark = pytest.mark.django_db


def refused(sql, *values):
    """Run raw SQL past all Python and check that the database refuses it."""
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, values)


@pytest.fixture
def price():
    """Store one price."""
    return make_price(make_asset("a"), day(0), "1")


def encoded(number):
    """Return what the column holds for a whole number on the current database."""
    field = DailyPrice._meta.get_field("close")
    return field.get_db_prep_value(number, connection)


@pytest.mark.parametrize(
    ("column", "number"), [("close", 0), ("close", -1), ("market_cap", 0), ("market_cap", -1), ("volume", -1)]
)
def test_prices_are_positive_and_volumes_not_negative(price, column, number):
    refused(f"UPDATE market_dailyprice SET {column} = %s", encoded(number))  # noqa: S608 - fixed columns of this test


def test_a_day_has_one_current_price(price):
    with pytest.raises(IntegrityError), transaction.atomic():
        make_price(price.asset, day(0), "2", recorded_at=NOW)


def test_two_versions_are_never_recorded_at_one_instant(price):
    DailyPrice.objects.update(superseded_at=NOW)

    with pytest.raises(IntegrityError), transaction.atomic():
        make_price(price.asset, day(0), "2")


def test_a_price_is_not_superseded_before_it_was_recorded(price):
    refused("UPDATE market_dailyprice SET superseded_at = recorded_at")


def test_an_asset_with_prices_cannot_be_deleted(price):
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM market_asset")

    with pytest.raises(IntegrityError):
        connection.check_constraints()

    # The orphan must not be there when the test ends.
    connection.set_rollback(True)


def test_an_asset_has_an_id():
    make_asset("a")

    refused("UPDATE market_asset SET id = ''")


def test_an_asset_has_one_open_classification():
    asset = make_asset("a")
    make_classification(asset)

    with pytest.raises(IntegrityError), transaction.atomic():
        make_classification(asset, valid_from=date(2020, 1, 1))


def test_a_classification_starts_once_and_ends_after_it_starts():
    asset = make_asset("a")
    make_classification(asset, valid_to=day(0))

    with pytest.raises(IntegrityError), transaction.atomic():
        make_classification(asset)
    with pytest.raises(IntegrityError), transaction.atomic():
        Classification.objects.update(valid_to=date(2009, 1, 3))


def test_an_alias_starts_once_and_ends_after_it_starts():
    asset = make_asset("a")
    AssetAlias.objects.create(asset=asset, source="csv", code="A", valid_from=day(0))

    with pytest.raises(IntegrityError), transaction.atomic():
        AssetAlias.objects.create(asset=asset, source="csv", code="A", valid_from=day(0))
    with pytest.raises(IntegrityError), transaction.atomic():
        AssetAlias.objects.update(valid_to=day(0))


def test_a_finding_is_stored_once_and_ends_after_it_starts():
    fields = {"asset": make_asset("a"), "kind": "gap", "first_day": day(0), "detail": "", "found_at": NOW}
    DataFinding.objects.create(last_day=day(1), **fields)

    with pytest.raises(IntegrityError), transaction.atomic():
        DataFinding.objects.create(last_day=day(2), **fields)
    with pytest.raises(IntegrityError), transaction.atomic():
        DataFinding.objects.update(last_day=day(0) - timedelta(days=1))
