"""Opening, naming, targets and bands."""

from datetime import date
from decimal import Decimal

import pytest

from indices.models import Index
from portfolios import services
from portfolios.models import Sleeve
from portfolios.services import SleeveTarget
from tests.portfolios.factories import NOW, make_index, make_investor, make_portfolio

D = Decimal


def test_a_portfolio_opens_with_a_wallet(alice):
    portfolio = make_portfolio(alice)

    assert [wallet.name for wallet in portfolio.wallets.all()] == ["Main exchange account"]


@pytest.mark.parametrize("name", ["", "   ", "x" * 81, "nul\0"])
def test_a_name_has_1_to_80_characters(alice, name):
    with pytest.raises(services.CannotKeepError, match="1 to 80"):
        make_portfolio(alice, name=name)


def test_a_name_is_taken_once_an_owner(alice, bob):
    portfolio = make_portfolio(alice, name="Same")
    make_portfolio(bob, name="Same")
    other = make_portfolio(alice, name="Other")

    with pytest.raises(services.CannotKeepError, match="already"):
        make_portfolio(alice, name=" Same ")
    with pytest.raises(services.CannotKeepError, match="already"):
        services.rename_portfolio(portfolio=other, name="Same")
    assert services.rename_portfolio(portfolio=portfolio, name="Same").name == "Same"


@pytest.mark.parametrize("rate", ["-0.1", "1.1", "NaN", "0.0000000000001"])
def test_a_fee_rate_is_a_fraction(alice, rate):
    with pytest.raises(services.CannotKeepError, match="fee_rate"):
        make_portfolio(alice, fee_rate=D(rate))


def test_a_wallet_has_a_name_and_a_kind(alice):
    portfolio = make_portfolio(alice)

    assert services.add_wallet(portfolio=portfolio, name=" Cold ", kind="hardware").name == "Cold"
    with pytest.raises(services.CannotKeepError, match="already"):
        services.add_wallet(portfolio=portfolio, name="Cold", kind="hardware")
    with pytest.raises(services.CannotKeepError, match="kind"):
        services.add_wallet(portfolio=portfolio, name="Warm", kind="sock")


@pytest.mark.parametrize(
    ("target", "lower", "upper"),
    [("0.5", "0.4", "0.6"), ("0.1", "0.08", "0.12"), ("0.01", "0", "0.02"), ("1", "0.8", "1"), ("0.9", "0.72", "1")],
)
def test_the_usual_band_is_a_fifth_or_one_point(alice, target, lower, upper):
    portfolio = make_portfolio(alice)

    sleeve = services.add_sleeve(portfolio=portfolio, index=make_index(), target_weight=D(target))

    sleeve.refresh_from_db()
    assert (sleeve.lower_band, sleeve.upper_band) == (D(lower), D(upper))
    assert sleeve.tier == "core"


def test_targets_sum_to_at_most_1(alice):
    portfolio = make_portfolio(alice)
    services.add_sleeve(portfolio=portfolio, index=make_index("one"), target_weight=D("0.7"))

    with pytest.raises(services.CannotKeepError, match="come to 110%"):
        services.add_sleeve(portfolio=portfolio, index=make_index("two"), target_weight=D("0.4"))

    assert portfolio.sleeves.count() == 1


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"target_weight": D("-0.1")}, "target_weight"),
        ({"target_weight": D("NaN")}, "target_weight"),
        ({"target_weight": D("1e-13")}, "target_weight"),
        ({"lower_band": D("0.6")}, "lower_band"),
        ({"upper_band": D("0.4")}, "lower_band"),
        ({"upper_band": D(2)}, "upper_band"),
        ({"tier": "moon"}, "tier"),
    ],
    ids=str,
)
def test_a_wrong_target_is_refused(alice, change, field):
    portfolio = make_portfolio(alice)

    with pytest.raises(services.CannotKeepError) as refusal:
        services.add_sleeve(**({"portfolio": portfolio, "index": make_index(), "target_weight": D("0.5")} | change))

    assert refusal.value.field == field


@pytest.mark.parametrize("status", ["draft", "retired"])
def test_only_an_active_index_is_followed(alice, status):
    portfolio = make_portfolio(alice)
    index = make_index(status=status, retired_on=date(2024, 3, 5))

    with pytest.raises(services.CannotKeepError, match=status):
        services.add_sleeve(portfolio=portfolio, index=index, target_weight=D("0.5"))


def test_a_sleeve_whose_index_retired_may_shrink_not_grow(alice):
    portfolio = make_investor(alice, target="0.5")
    Index.objects.update(status="retired", retired_on=date(2024, 3, 5))
    index = Index.objects.get()

    services.set_sleeves(portfolio=portfolio, targets=[SleeveTarget(index=index, target_weight=D("0.4"))])
    with pytest.raises(services.CannotKeepError):
        services.set_sleeves(portfolio=portfolio, targets=[SleeveTarget(index=index, target_weight=D("0.5"))])

    assert portfolio.sleeves.get().target_weight == D("0.4")


def test_an_index_has_one_sleeve(alice):
    portfolio = make_portfolio(alice)
    index = make_index()
    services.add_sleeve(portfolio=portfolio, index=index, target_weight=D("0.2"))
    twice = [SleeveTarget(index=index, target_weight=D("0.1"))] * 2

    with pytest.raises(services.CannotKeepError, match="already"):
        services.add_sleeve(portfolio=portfolio, index=index, target_weight=D("0.2"))
    with pytest.raises(services.CannotKeepError, match="twice"):
        services.set_sleeves(portfolio=portfolio, targets=twice)


def test_a_sleeve_left_out_goes_or_keeps_its_history(alice):
    portfolio = make_investor(alice)
    spare = services.add_sleeve(portfolio=portfolio, index=make_index("spare"), target_weight=D("0.1"))
    used = portfolio.sleeves.exclude(id=spare.pk).get()
    services.invest(portfolio=portfolio, sleeve=used, amount=D(100), token="t", source="test", at=NOW)

    services.set_sleeves(portfolio=portfolio, targets=[])

    left = Sleeve.objects.get(portfolio=portfolio)
    assert left == used
    assert {left.target_weight, left.lower_band, left.upper_band} == {D(0)}


def test_a_sleeve_sold_out_and_left_out_keeps_its_history(alice):
    portfolio = make_investor(alice)
    used = portfolio.sleeves.get()
    order = services.invest(portfolio=portfolio, sleeve=used, amount=D(100), token="t", source="test", at=NOW)
    services.void_order(order=order, now=NOW)

    services.set_sleeves(portfolio=portfolio, targets=[])

    assert portfolio.sleeves.get().target_weight == 0


def test_targets_may_come_with_the_portfolio(alice):
    targets = [SleeveTarget(index=make_index(), target_weight=D("0.8"), tier="satellite")]

    portfolio = make_portfolio(alice, targets=targets)

    assert portfolio.sleeves.get().tier == "satellite"
