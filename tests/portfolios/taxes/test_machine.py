"""Whatever is written, and whenever the worker comes: rows follow from the ledger, digit for digit."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.core.cache import cache
from django.db import transaction
from hypothesis import settings, strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, multiple, rule, run_state_machine_as_test

from market.models import Asset
from portfolios import services
from portfolios.models import Transaction
from portfolios.selectors import check_invariants
from portfolios.services import lots
from tests.factories import make_asset, make_price, make_user
from tests.portfolios.factories import NOW, record

START = datetime(2023, 1, 1, tzinfo=UTC)
ASSETS = ["bitcoin", "ethereum"]
hours = st.integers(0, 60).map(lambda offset: START + timedelta(hours=17 * offset))
amounts = st.integers(1, 5).map(str) | st.decimals("0.000000000000000001", "3", places=18).map(str)
coins = st.sampled_from(ASSETS)
methods = st.sampled_from(["fifo", "lifo", "hifo", "average", "specific", "s104"])


class Lots(RuleBasedStateMachine):
    """Trades, swaps, income, transfers with fees, deletions and choices; the worker comes when it likes."""

    written = Bundle("written")

    def __init__(self) -> None:
        super().__init__()
        cache.clear()
        self.savepoint = transaction.atomic()
        self.savepoint.__enter__()
        self.owner = make_user()
        self.portfolio = services.open_portfolio(owner=self.owner, name="Machine", at=NOW)
        self.wallets = [
            self.portfolio.wallets.get(),
            services.add_wallet(portfolio=self.portfolio, name="Cold", kind="hardware"),
        ]
        for asset_id in ASSETS:
            make_price(make_asset(asset_id), date(2023, 1, 9), "3.1")
        for wallet in self.wallets:
            record(self.portfolio, "deposit", "1000", at=START - timedelta(days=1), wallet=wallet)

    def teardown(self) -> None:
        """Leave nothing to the next example."""
        transaction.set_rollback(True)
        self.savepoint.__exit__(None, None, None)

    def attempt(self, kind, quantity, asset, **facts):
        try:
            return record(self.portfolio, kind, quantity, asset, **facts).pk
        except services.RefusedError:
            return multiple()

    @rule(target=written, at=hours, asset=coins, quantity=amounts, total=amounts, place=st.integers(0, 1))
    def buy(self, at, asset, quantity, total, place):
        return self.attempt("buy", quantity, asset, at=at, amount=total, fee="0.1", wallet=self.wallets[place])

    @rule(
        target=written, at=hours, asset=coins, quantity=amounts, place=st.integers(0, 1),
        kind=st.sampled_from(["sell", "withdrawal", "loss", "fee", "gift_out"]),
    )  # fmt: skip
    def let_go(self, at, asset, quantity, place, kind):
        facts = {"price": "2.5"} if kind == "sell" else {}
        return self.attempt(kind, quantity, asset, at=at, wallet=self.wallets[place], **facts)

    @rule(
        target=written, at=hours, asset=coins, quantity=amounts,
        kind=st.sampled_from(["income", "airdrop", "deposit", "gift_in"]),
    )  # fmt: skip
    def get(self, at, asset, quantity, kind):
        return self.attempt(kind, quantity, asset, at=at)

    @rule(target=written, at=hours, quantity=amounts, received=amounts)
    def swap(self, at, quantity, received):
        return self.attempt(
            "swap", quantity, "bitcoin", at=at, received_asset="ethereum", received_quantity=received, fee="0.001",
            fee_asset="ethereum",
        )  # fmt: skip

    @rule(target=written, at=hours, asset=coins, sent=st.integers(1, 4), back=st.booleans())
    def transfer(self, at, asset, sent, back):
        source, target = self.wallets[::-1] if back else self.wallets
        return self.attempt(
            "transfer", str(sent), asset, at=at, wallet=source, to_wallet=target, received_quantity=f"{sent - 1}.9"
        )

    @rule(made=written)
    def delete(self, made):
        try:
            services.void_transaction(voided=Transaction.objects.get(id=made), now=NOW)
        except services.ShortfallError:
            assert Transaction.objects.get(id=made).voided_at is None

    @rule(method=methods, by_wallet=st.booleans(), day=st.integers(0, 40))
    def choose(self, method, by_wallet, day):
        scope = "wallet" if by_wallet and method != "s104" else "portfolio"
        lots.choose_lot_method(
            portfolio=self.portfolio, valid_from=START.date() + timedelta(days=day), method=method, scope=scope,
            by=self.owner, at=NOW, confirm=True,
        )  # fmt: skip

    @rule(fee=st.sampled_from(["disposal", "basis"]))
    def set_transfer_fee(self, fee):
        lots.keep_tax_settings(portfolio=self.portfolio, at=NOW, confirm=True, transfer_fee=fee)

    @rule(day=st.integers(0, 40), asset=coins)
    def price_late(self, day, asset):
        on = START.date() + timedelta(days=day)
        if not Asset.objects.get(id=asset).prices.filter(day=on).exists():
            make_price(Asset.objects.get(id=asset), on, "2.7", recorded_at=NOW)
            lots.mark_repriced(since=NOW)

    @rule()
    def work(self):
        assert lots.rebuild_marked(at=NOW) == {}

    @invariant()
    def what_is_not_marked_follows_from_the_ledger(self):
        assert check_invariants(portfolio=self.portfolio) == []


@pytest.mark.django_db
def test_any_sequence_of_writes_and_work_leaves_rows_that_follow_from_the_ledger():
    run_state_machine_as_test(Lots, settings=settings(max_examples=15, stateful_step_count=20))
