"""A change of the ledger rebuilds what it made untrue, and gives the same as building everything anew."""

from datetime import timedelta
from decimal import Decimal

import pytest

from analytics import services
from analytics.models import RiskReport, Valuation
from analytics.services import chunks
from portfolios.models import Portfolio
from portfolios.services import void_transaction
from tests.analytics.factories import NOW, day, dump, make_night, price, valuations, value
from tests.factories import make_asset
from tests.portfolios.factories import make_portfolio, record

LATER = NOW + timedelta(hours=1)


@pytest.fixture
def portfolio(alice):
    """Hold a coin from the first to the ninth of March, the latest night."""
    price(make_asset("coin"), day("02-25"), *(str(10 + number) for number in range(20)))
    portfolio = make_portfolio(alice)
    record(portfolio, "gift_in", "2", "coin", at="2024-03-02 08:00")
    make_night(day("03-09"))
    services.revalue(portfolio=portfolio, at=NOW)
    return portfolio


def marked(portfolio: Portfolio) -> object:
    return Portfolio.objects.values_list("revalue_from", flat=True).get(id=portfolio.pk)


def rebuilt_from_nothing() -> tuple[list[object], list[object]]:
    """Return the rows that a full rebuild gives."""
    Valuation.objects.all().delete()
    RiskReport.objects.all().delete()
    services.run_nights(start=day("03-01"), end=day("03-09"), at=LATER)
    return dump()


def test_a_first_revaluation_reaches_from_the_first_entry_to_the_latest_night(portfolio):
    assert [row[0] for row in valuations(portfolio, "day")] == [day(f"03-0{number}") for number in range(2, 10)]
    assert marked(portfolio) is None


@pytest.mark.parametrize("at", ["2024-03-02 07:00", "2024-03-05 08:00", "2024-03-09 23:00"])
def test_a_backdated_transaction_gives_what_a_full_rebuild_gives(portfolio, at):
    record(portfolio, "deposit", "100", at=at)
    assert marked(portfolio) is not None

    services.revalue(portfolio=portfolio, at=LATER)

    assert marked(portfolio) is None
    assert dump() == rebuilt_from_nothing()


def test_a_transaction_before_the_first_one_starts_earlier(portfolio):
    record(portfolio, "gift_in", "1", "coin", at="2024-02-27 08:00")

    services.revalue(portfolio=portfolio, at=LATER)

    assert valuations(portfolio, "day")[0] == (day("02-27"),)


def test_voiding_the_first_transaction_takes_its_days_away(portfolio):
    record(portfolio, "deposit", "50", at="2024-03-05 08:00")
    services.revalue(portfolio=portfolio, at=LATER)
    void_transaction(voided=portfolio.transactions.order_by("at").first(), now=LATER)

    services.revalue(portfolio=portfolio, at=LATER)

    assert valuations(portfolio, "day", "value")[0] == (day("03-05"), Decimal(50))
    assert RiskReport.objects.count() == Valuation.objects.count() == 5
    assert dump() == rebuilt_from_nothing()


def test_an_empty_ledger_leaves_no_rows(portfolio):
    void_transaction(voided=portfolio.transactions.get(), now=LATER)

    services.revalue_marked(at=LATER)

    assert Valuation.objects.count() == RiskReport.objects.count() == 0
    assert marked(portfolio) is None


def test_what_happens_after_the_latest_night_waits_for_the_next_one(portfolio):
    record(portfolio, "deposit", "5", at="2024-03-10 08:00")

    assert services.revalue(portfolio=portfolio, at=LATER).done == 0
    services.revalue_marked(at=LATER)

    assert marked(portfolio) == day("03-10")
    services.run_nights(start=day("03-10"), end=day("03-10"), at=LATER)
    assert marked(portfolio) is None


def test_without_a_night_there_is_nothing_to_rebuild(alice):
    portfolio = make_portfolio(alice)
    record(portfolio, "deposit", "5", at="2024-03-01 08:00")

    assert services.revalue(portfolio=portfolio, at=LATER).done == 0
    assert services.revalue_marked(at=LATER) == {}


def test_the_night_rebuilds_a_marked_portfolio_too(portfolio):
    record(portfolio, "deposit", "100", at="2024-03-04 08:00")

    services.run_nights(start=day("03-10"), end=day("03-10"), at=LATER)

    assert marked(portfolio) is None
    by_night = dump()
    Valuation.objects.all().delete()
    RiskReport.objects.all().delete()
    services.run_nights(start=day("03-01"), end=day("03-10"), at=LATER)
    assert dump() == by_night


def test_a_long_rebuild_in_pieces_gives_the_same(portfolio, monkeypatch):
    record(portfolio, "deposit", "100", at="2024-03-04 08:00")
    monkeypatch.setattr(chunks, "MOST_ROWS", 2)

    services.revalue(portfolio=portfolio, at=LATER)

    assert marked(portfolio) is None
    in_pieces = dump()
    monkeypatch.undo()
    assert in_pieces == rebuilt_from_nothing()


def test_running_an_old_night_again_after_a_new_price_mends_the_later_days(portfolio):
    portfolio.refresh_from_db()
    make_asset_price = portfolio.transactions.get().entries.get().asset.prices
    make_asset_price.filter(day=day("03-04")).update(close=Decimal(100))

    services.run_nights(start=day("03-04"), end=day("03-04"), at=LATER)
    assert marked(portfolio) == day("03-05")
    services.revalue_marked(at=LATER)

    assert dump() == rebuilt_from_nothing()


def test_a_ledger_that_changes_meanwhile_is_read_again(portfolio, monkeypatch):
    """Somebody deposits between the reading of the ledger and the writing of the rows."""
    record(portfolio, "deposit", "100", at="2024-03-04 08:00")
    original = chunks._measure
    meanwhile = iter(["2024-03-06 08:00"])

    def measure(*args):
        for at in meanwhile:
            record(portfolio, "deposit", "10", at=at)
        return original(*args)

    monkeypatch.setattr(chunks, "_measure", measure)

    result = services.revalue(portfolio=portfolio, at=LATER)

    assert result.done == 1
    assert marked(portfolio) is None
    assert dump() == rebuilt_from_nothing()


def test_a_ledger_that_never_rests_stays_marked(portfolio, monkeypatch):
    original = chunks._measure

    def measure(*args):
        record(portfolio, "deposit", "10", at="2024-03-06 08:00")
        return original(*args)

    monkeypatch.setattr(chunks, "_measure", measure)
    record(portfolio, "deposit", "10", at="2024-03-06 08:00")

    result = services.revalue(portfolio=portfolio, at=LATER)

    assert "kept changing" in result.failures[str(portfolio.pk)]
    assert marked(portfolio) == day("03-06")


def test_a_portfolio_deleted_meanwhile_is_left_out(portfolio, monkeypatch):
    original = chunks._measure

    def measure(*args):
        reports = original(*args)
        Valuation.objects.all().delete()
        RiskReport.objects.all().delete()
        portfolio.transactions.all().delete()
        Portfolio.objects.filter(id=portfolio.pk).delete()
        return reports

    monkeypatch.setattr(chunks, "_measure", measure)

    value(portfolio, "03-09", "03-09")

    assert Valuation.objects.count() == 0


def test_a_failure_is_left_alone_for_a_while(portfolio):
    price(make_asset("huge"), day("03-05"), "90000000000000000000")
    record(portfolio, "gift_in", "1000", "huge", at="2024-03-05 08:00")

    first = services.revalue_marked(at=LATER)
    second = services.revalue_marked(at=LATER)

    assert list(first) == [str(portfolio.pk)]
    assert second == {}
    assert marked(portfolio) == day("03-05")
