"""A withdrawal and a deposit that were one transfer: proposed by what they look like, linked by their owner."""

from decimal import Decimal

import pytest

from portfolios import services
from portfolios.models import Transaction
from portfolios.selectors import check_invariants, get_facts, get_transfer_suggestions
from tests.factories import make_asset
from tests.portfolios.factories import NOW, make_portfolio, record

D = Decimal


@pytest.fixture
def portfolio(alice):
    make_asset("bitcoin")
    make_asset("ethereum")
    portfolio = make_portfolio(alice)
    record(portfolio, "deposit", "10", "bitcoin", at="2024-02-01")
    record(portfolio, "deposit", "10", "ethereum", at="2024-02-01")
    return portfolio


@pytest.fixture
def cold(portfolio):
    return services.add_wallet(portfolio=portfolio, name="Cold", kind="hardware")


def out(portfolio, quantity="1", at="2024-03-01 12:00", **facts):
    return record(portfolio, "withdrawal", quantity, facts.pop("asset", "bitcoin"), at=at, **facts)


def back(portfolio, wallet, quantity="0.999", at="2024-03-01 12:40", **facts):
    return record(portfolio, "deposit", quantity, facts.pop("asset", "bitcoin"), at=at, wallet=wallet, **facts)


def link(withdrawal, deposit):
    return services.link_transfer(withdrawal=withdrawal, deposit=deposit, source="test", now=NOW)


def pairs(portfolio):
    found = get_transfer_suggestions(portfolio=portfolio)
    return [(one.withdrawal, one.deposit, one.network_fee, one.minutes) for one in found]


def test_the_two_become_one_transfer(portfolio, cold):
    sent, came = out(portfolio), back(portfolio, cold)

    made = link(sent, came)

    sent.refresh_from_db()
    came.refresh_from_db()
    facts = get_facts(transaction=made)
    assert (sent.voided_at, came.voided_at, made.supersedes) == (NOW, NOW, sent)
    assert (made.kind, made.at, facts["quantity"], facts["fee"]) == ("transfer", sent.at, D(1), D("0.001"))
    assert list(made.entries.order_by("id").values_list("wallet", "quantity")) == [
        (portfolio.wallets.order_by("id")[0].pk, D("-0.999")),
        (cold.pk, D("0.999")),
        (portfolio.wallets.order_by("id")[0].pk, D("-0.001")),
    ]
    assert check_invariants(portfolio=portfolio) == []


def test_linking_twice_is_once(portfolio, cold):
    sent, came = out(portfolio), back(portfolio, cold)

    assert link(sent, came) == link(sent, came)
    assert Transaction.objects.filter(kind="transfer").count() == 1


def test_fees_of_both_sides_are_the_network_fee(portfolio, cold):
    sent = out(portfolio, fee="0.01", fee_asset="bitcoin")
    came = back(portfolio, cold, quantity="1", fee="0.02", fee_asset="bitcoin")

    facts = get_facts(transaction=link(sent, came))

    # 1 and a fee of 0.01 left, 1 less 0.02 arrived
    assert (facts["quantity"], facts["fee"]) == (D("1.01"), D("0.03"))


def test_a_fee_in_another_asset_stays_one(portfolio, cold):
    facts = get_facts(transaction=link(out(portfolio, fee="0.1", fee_asset="ethereum"), back(portfolio, cold)))

    assert (facts["received_quantity"], facts["fee"], facts["fee_asset"]) == (D("0.999"), D("0.1"), "ethereum")


def test_the_earlier_instant_counts_when_clocks_differ(portfolio, cold):
    sent, came = out(portfolio), back(portfolio, cold, at="2024-03-01 11:58")

    assert link(sent, came).at == came.at


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"quantity": "1.1"}, "More arrived than was sent"),
        ({"asset": "ethereum"}, "these are two"),
        ({"wallet": "main"}, "both are in the same one"),
        ({"fee": "0.1", "fee_asset": "ethereum"}, "fee in another asset"),
    ],
)
def test_what_is_no_transfer_is_not_linked(portfolio, cold, change, words):
    record(portfolio, "deposit", "1", "ethereum", wallet=cold)
    change = {"wallet": cold} | change
    if change["wallet"] == "main":
        change["wallet"] = None
    sent, came = out(portfolio), back(portfolio, **change)

    with pytest.raises(services.CannotLinkError, match=words):
        link(sent, came)


def test_only_a_withdrawal_and_a_deposit_that_count_are_linked(portfolio, cold, bob):
    sent, came = out(portfolio), back(portfolio, cold)
    theirs = record(make_portfolio(bob), "deposit", "1", "bitcoin", token="theirs")

    for one, other in ((came, sent), (sent, theirs), (sent, sent)):
        with pytest.raises(services.CannotLinkError):
            link(one, other)
    services.void_transaction(voided=came, now=NOW)
    with pytest.raises(services.CannotLinkError, match="no longer counts"):
        link(sent, came)


def test_what_was_linked_counts_once_whatever_is_restored(portfolio, cold):
    sent, came = out(portfolio), back(portfolio, cold)
    made = link(sent, came)

    for one in (sent, came):
        with pytest.raises(services.CannotVoidError):
            services.unvoid_transaction(voided=one)
    services.void_transaction(voided=made, now=NOW)
    with pytest.raises(services.CannotLinkError, match="restore it"):
        link(sent, came)
    services.unvoid_transaction(voided=came)

    assert check_invariants(portfolio=portfolio) == []


def test_a_pair_that_looks_like_a_transfer_is_proposed(portfolio, cold):
    sent, came = out(portfolio), back(portfolio, cold)

    assert pairs(portfolio) == [(sent, came, D("0.001"), 40)]


@pytest.mark.parametrize(
    "change",
    [
        {"at": "2024-03-02 12:01"},
        {"quantity": "0.949"},
        {"quantity": "1.001"},
        {"asset": "ethereum"},
        {"wallet": None},
    ],
    ids=str,
)
def test_what_does_not_look_like_one_is_not_proposed(portfolio, cold, change):
    out(portfolio)
    back(portfolio, **({"wallet": cold} | change))

    assert pairs(portfolio) == []


@pytest.mark.parametrize("change", [{"at": "2024-03-02 12:00"}, {"at": "2024-02-29 12:00"}, {"quantity": "0.95"}])
def test_the_edges_are_inside(portfolio, cold, change):
    out(portfolio)
    back(portfolio, cold, **change)

    assert len(pairs(portfolio)) == 1


def test_each_is_in_one_pair_and_the_closest_amounts_win(portfolio, cold):
    sent = out(portfolio)
    back(portfolio, cold, quantity="0.96")
    closest = back(portfolio, cold, quantity="0.999", at="2024-03-01 20:00")
    later = out(portfolio, at="2024-03-01 13:00")

    found = [(one, other) for one, other, *_ in pairs(portfolio)]

    assert (sent, closest) in found or (later, closest) in found
    assert len(found) == 2


def test_what_is_deleted_or_linked_is_proposed_no_more(portfolio, cold):
    link(out(portfolio), back(portfolio, cold))

    assert pairs(portfolio) == []
