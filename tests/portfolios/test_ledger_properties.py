"""Whatever is done to a ledger, in whatever order: it agrees with a plain list of moves, and with itself."""

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import transaction
from hypothesis import given, settings, strategies as st
from hypothesis.extra.django import TestCase
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    invariant,
    multiple,
    precondition,
    rule,
    run_state_machine_as_test,
)

from portfolios import services
from portfolios.models import Entry, Position, Transaction
from portfolios.selectors import check_invariants
from tests.factories import make_asset, make_user
from tests.portfolios.factories import NOW

START = datetime(2024, 1, 1, tzinfo=UTC)
ASSETS = ["usd", "bitcoin", "ethereum"]
hours = st.integers(0, 30).map(lambda offset: START + timedelta(hours=offset))
amounts = st.decimals("0.000000000000000001", "5", places=18) | st.integers(1, 5).map(Decimal)
coins = st.sampled_from(ASSETS[1:])


class Ledger(RuleBasedStateMachine):
    """Deposits, trades, transfers, fees and voids at any past instant, against a list of signed moves."""

    written = Bundle("written")

    def __init__(self) -> None:
        super().__init__()
        self.savepoint = transaction.atomic()
        self.savepoint.__enter__()
        self.portfolio = services.open_portfolio(owner=make_user(), name="Machine", at=NOW)
        self.main = self.portfolio.wallets.get()
        self.cold = services.add_wallet(portfolio=self.portfolio, name="Cold", kind="hardware")
        for asset_id in ASSETS[1:]:
            make_asset(asset_id)
        self.model: dict[int, tuple[datetime, dict[tuple[int, str], Decimal]]] = {}
        self.count = 0

    def teardown(self) -> None:
        """Leave nothing to the next example."""
        transaction.set_rollback(True)
        self.savepoint.__exit__(None, None, None)

    def holds(self, moves: dict[int, tuple[datetime, dict[tuple[int, str], Decimal]]]) -> bool:
        """Tell whether no balance of the model is ever below zero."""
        steps: dict[tuple[int, str], dict[datetime, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
        for at, legs in moves.values():
            for key, quantity in legs.items():
                steps[key][at] += quantity
        return all(
            sum((balance[at] for at in balance if at <= instant), Decimal(0)) >= 0
            for balance in steps.values()
            for instant in balance
        )

    def attempt(self, legs, *, at, **facts):
        """Record, and expect to be refused exactly when the model would go below zero."""
        self.count += 1
        allowed = self.holds(self.model | {0: (at, legs)})
        try:
            made = services.record_transaction(
                portfolio=self.portfolio, token=str(self.count), source="test", now=NOW, at=at, **facts
            )
        except services.ShortfallError:
            assert not allowed
            return multiple()
        assert allowed
        self.model[made.pk] = (at, legs)
        return made.pk

    @rule(target=written, at=hours, asset=st.sampled_from(ASSETS), quantity=amounts)
    def deposit(self, at, asset, quantity):
        return self.attempt({(self.main.pk, asset): quantity}, at=at, kind="deposit", asset=asset, quantity=quantity)

    @rule(target=written, at=hours, asset=st.sampled_from(ASSETS), quantity=amounts)
    def withdraw(self, at, asset, quantity):
        legs = {(self.main.pk, asset): -quantity}
        return self.attempt(legs, at=at, kind="withdrawal", asset=asset, quantity=quantity)

    @rule(target=written, at=hours, asset=coins, quantity=amounts, total=amounts, sells=st.booleans())
    def trade(self, at, asset, quantity, total, sells):
        sign = -1 if sells else 1
        legs = {(self.main.pk, asset): sign * quantity, (self.main.pk, "usd"): -sign * total}
        kind = "sell" if sells else "buy"
        return self.attempt(legs, at=at, kind=kind, asset=asset, quantity=quantity, amount=total)

    @rule(target=written, at=hours, asset=coins, sent=amounts, share=st.integers(1, 9))
    def transfer(self, at, asset, sent, share):
        received = round(sent * share / 10, 18) or sent
        legs = {(self.main.pk, asset): -sent, (self.cold.pk, asset): received}
        return self.attempt(
            legs,
            at=at,
            kind="transfer",
            asset=asset,
            quantity=sent,
            received_quantity=received,
            to_wallet=self.cold,
        )

    @precondition(lambda self: self.model)
    @rule(made=written)
    def void(self, made):
        left = {key: value for key, value in self.model.items() if key != made}
        voided = Transaction.objects.get(id=made)
        try:
            services.void_transaction(voided=voided, now=NOW)
        except services.ShortfallError:
            assert not self.holds(left)
        else:
            self.model = left

    @invariant()
    def it_agrees_with_the_model_and_with_itself(self):
        totals: dict[tuple[int, str], Decimal] = defaultdict(Decimal)
        for _, legs in self.model.values():
            for key, quantity in legs.items():
                totals[key] += quantity
        held = Position.objects.filter(portfolio=self.portfolio)
        kept = {(row.wallet_id, row.asset_id): row.quantity for row in held}

        assert kept == {key: quantity for key, quantity in totals.items() if quantity}
        assert check_invariants(portfolio=self.portfolio) == []


@pytest.mark.django_db
def test_any_sequence_of_writes_keeps_the_ledger_whole():
    run_state_machine_as_test(Ledger, settings=settings(max_examples=25, stateful_step_count=20))


moves = st.lists(st.tuples(st.integers(-5, 9).filter(bool), st.integers(0, 50)), max_size=8, unique_by=lambda m: m[1])


class TestOrderOfEntry(TestCase):
    @given(moves, st.randoms(use_true_random=False))
    @settings(max_examples=40)
    def test_the_order_of_entry_of_different_instants_changes_nothing(self, steps, random):
        owner = make_user()
        shuffled = list(steps)
        random.shuffle(shuffled)
        make_asset("bitcoin")

        results = []
        for name, order in (("in time", sorted(steps, key=lambda step: step[1])), ("shuffled", shuffled)):
            portfolio = services.open_portfolio(owner=owner, name=name, at=NOW)
            refused = [step for step in order if not self.try_step(portfolio, step)]
            if refused:
                return  # what is refused depends on what is there: only whole histories are compared
            rows = Position.objects.filter(portfolio=portfolio).values_list("asset", "quantity")
            entries = Entry.objects.filter(transaction__portfolio=portfolio).order_by("transaction__at")
            results.append((list(rows), list(entries.values_list("transaction__at", "quantity", "role"))))

        assert results[0] == results[1]

    @staticmethod
    def try_step(portfolio, step):
        quantity, hour = step
        try:
            services.record_transaction(
                portfolio=portfolio,
                token=str(hour),
                source="test",
                now=NOW,
                kind="deposit" if quantity > 0 else "withdrawal",
                at=START + timedelta(hours=hour),
                asset="bitcoin",
                quantity=Decimal(abs(quantity)),
            )
        except services.ShortfallError:
            return False
        return True
