"""What the operations of Binance's statement become that stand by themselves."""

from decimal import Decimal

import pytest

from portfolios.importers.rows import RowError, SkippedRow
from tests.portfolios.importers.read import at, told
from tests.portfolios.importers.statement import line, statement, transactions


@pytest.mark.parametrize(
    "operation",
    [
        "Simple Earn Flexible Interest", "Simple Earn Locked Rewards", "Staking Rewards", "ETH 2.0 Staking Rewards",
        "Savings Interest", "Savings distribution", "POS savings interest", "Launchpool Interest", "Distribution",
        "Commission Rebate", "Referral Kickback", "Cash Voucher distribution", "BNB Vault Rewards",
    ],
)  # fmt: skip
def test_interest_and_rewards_are_income(operation):
    [reward] = transactions(line(operation, "ADA", "0.01"))

    assert told(reward) == {
        "line": 2,
        "kind": "income",
        "at": at("2025-10-29T18:35:39"),
        "asset": "ADA",
        "quantity": Decimal("0.01"),
        "note": f"Binance: {operation}",
    }


@pytest.mark.parametrize("operation", ["Airdrop Assets", "HODLer Airdrops Distribution"])
def test_airdrops_are_airdrops(operation):
    [dropped] = transactions(line(operation, "SXT", "7.02042298"))

    assert (dropped.kind, dropped.quantity) == ("airdrop", Decimal("7.02042298"))


@pytest.mark.parametrize(
    "operation",
    [
        "Simple Earn Flexible Subscription", "Simple Earn Locked Redemption", "Staking Purchase",
        "POS savings redemption", "transfer_in", "Transfer Between Main and Funding Wallet",
        "Transfer Between Spot Account and UM Futures Account", "Launchpool Subscription/Redemption",
    ],
)  # fmt: skip
def test_moves_within_binance_are_left_out_with_the_reason(operation):
    [move] = statement(line(operation, "USDT", "-100"))

    assert move == SkippedRow(line=2, reason="It is a move within Binance, such as between spot and earn.")


def test_what_came_and_went_has_no_price_and_keeps_the_remark():
    came, went, sent, fiat = transactions(
        line("Deposit", "BTC", "0.1"),
        line("Withdraw", "BTC", "-0.05", remark="Withdraw fee is included"),
        line("Send", "BTC", "-0.01"),
        line("Fiat Deposit", "EUR", "1,500.00"),
    )

    assert [(one.kind, one.quantity, one.price, one.amount) for one in (came, went, sent, fiat)] == [
        ("deposit", Decimal("0.1"), None, None),
        ("withdrawal", Decimal("0.05"), None, None),
        ("withdrawal", Decimal("0.01"), None, None),
        ("deposit", 1500, None, None),
    ]
    assert went.note == "Binance: Withdraw. Withdraw fee is included"


def test_derivatives_earn_or_cost():
    won, lost, funding, fee = transactions(
        line("Realized Profit and Loss", "USDT", "12", account="USD-MFutures"),
        line("Realized Profit and Loss", "USDT", "-120.5", account="USD-MFutures"),
        line("Funding Fee", "USDT", "-0.3", account="USD-MFutures"),
        line("Fee", "USDT", "-1.2", account="USD-MFutures"),
    )

    assert [(one.kind, one.quantity) for one in (won, lost, funding, fee)] == [
        ("income", 12),
        ("fee", Decimal("120.5")),
        ("fee", Decimal("0.3")),
        ("fee", Decimal("1.2")),
    ]


@pytest.mark.parametrize(
    ("operation", "change", "words"),
    [
        ("ETH 2.0 Staking", "-1", "one for one"),
        ("Token Swap - Redenomination/Rebranding", "1000", "one for one"),
        ("Margin Loan", "100", "loan"),
        ("Simple Earn Flexible Interest", "-0.01", "taken back"),
        ("Frobnication", "1", "not a type that is known"),
    ],
)
def test_what_is_not_known_is_refused_and_the_rest_goes_on(operation, change, words):
    refused, deposit = statement(line(operation, "ETH", change), line("Deposit", "ETH", "2"))

    assert (type(refused), refused.line) == (RowError, 2)
    assert words in refused.message
    assert deposit.quantity == 2


def test_nothing_moved_is_left_out():
    found = statement(line("Deposit", "ETH", "0"), line("Transaction Buy", "ETH", "0.00000000"))

    assert [type(one) for one in found] == [SkippedRow, SkippedRow]
