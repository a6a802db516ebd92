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
COINS = ["bitcoin", "ethereum"]
CASH = ["usd", "eur"]
COMING = ["deposit", "income", "airdrop", "fork", "gift_in"]
GOING = ["withdrawal", "gift_out", "loss"]
hours = st.integers(0, 30).map(lambda offset: START + timedelta(hours=offset))
amounts = st.decimals("0.000000000000000001", "5", places=18) | st.integers(1, 5).map(Decimal)
coins, currencies, assets = st.sampled_from(COINS), st.sampled_from(CASH), st.sampled_from([*COINS, *CASH])
fees = st.none() | st.tuples(st.sampled_from([*COINS, *CASH]), st.decimals("0.001", "1", places=3))
Moves = dict[tuple[int, str], Decimal]


def moved(*parts):
    """Add signed parts (wallet, asset, quantity) up."""
    legs: Moves = defaultdict(Decimal)
    for wallet, asset, quantity in parts:
        legs[wallet, asset] += quantity
    return dict(legs)


class Ledger(RuleBasedStateMachine):
    """Every kind, corrections, deletes and their undo at any past instant, against a list of signed moves."""

    written = Bundle("written")

    def __init__(self) -> None:
        super().__init__()
        self.savepoint = transaction.atomic()
        self.savepoint.__enter__()
        self.portfolio = services.open_portfolio(owner=make_user(), name="Machine", at=NOW)
        self.main = self.portfolio.wallets.get()
        self.cold = services.add_wallet(portfolio=self.portfolio, name="Cold", kind="hardware")
        for asset_id in COINS:
            make_asset(asset_id)
        services.ensure_fiat("eur")
        self.model: dict[int, tuple[datetime, Moves]] = {}
        self.deleted: dict[int, tuple[datetime, Moves]] = {}
        self.count = 0

    def teardown(self) -> None:
        """Leave nothing to the next example."""
        transaction.set_rollback(True)
        self.savepoint.__exit__(None, None, None)

    def holds(self, moves: dict[int, tuple[datetime, Moves]]) -> bool:
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

    def attempt(self, *parts, at, fee=None, **facts):
        """Record, and expect to be refused exactly when the model would go below zero."""
        self.count += 1
        if fee is not None:
            facts |= {"fee_asset": fee[0], "fee": fee[1]}
            parts = (*parts, (self.main.pk, fee[0], -fee[1]))
        legs = moved(*parts)
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

    @rule(target=written, at=hours, asset=assets, quantity=amounts, kind=st.sampled_from(COMING), fee=fees)
    def come(self, at, asset, quantity, kind, fee):
        return self.attempt((self.main.pk, asset, quantity), at=at, kind=kind, asset=asset, quantity=quantity, fee=fee)

    @rule(target=written, at=hours, asset=assets, quantity=amounts, kind=st.sampled_from(GOING), fee=fees)
    def go(self, at, asset, quantity, kind, fee):
        return self.attempt((self.main.pk, asset, -quantity), at=at, kind=kind, asset=asset, quantity=quantity, fee=fee)

    @rule(target=written, at=hours, asset=assets, quantity=amounts)
    def pay_a_fee(self, at, asset, quantity):
        return self.attempt((self.main.pk, asset, -quantity), at=at, kind="fee", asset=asset, quantity=quantity)

    @rule(
        target=written,
        at=hours,
        asset=coins,
        quantity=amounts,
        total=amounts,
        sells=st.booleans(),
        cash=currencies,
        fee=fees,
    )
    def trade(self, at, asset, quantity, total, sells, cash, fee):
        sign = -1 if sells else 1
        parts = (self.main.pk, asset, sign * quantity), (self.main.pk, cash, -sign * total)
        kind = "sell" if sells else "buy"
        return self.attempt(
            *parts, at=at, kind=kind, asset=asset, quantity=quantity, amount=total, currency=cash, fee=fee
        )

    @rule(target=written, at=hours, given=st.permutations(COINS), quantity=amounts, received=amounts, fee=fees)
    def swap(self, at, given, quantity, received, fee):
        parts = (self.main.pk, given[0], -quantity), (self.main.pk, given[1], received)
        facts = {"asset": given[0], "quantity": quantity, "received_asset": given[1], "received_quantity": received}
        return self.attempt(*parts, at=at, kind="swap", fee=fee, **facts)

    @rule(target=written, at=hours, asset=coins, sent=amounts, share=st.integers(1, 9))
    def transfer(self, at, asset, sent, share):
        received = round(sent * share / 10, 18) or sent
        parts = (self.main.pk, asset, -sent), (self.cold.pk, asset, received)
        facts = {"asset": asset, "quantity": sent, "received_quantity": received, "to_wallet": self.cold}
        return self.attempt(*parts, at=at, kind="transfer", **facts)

    @precondition(lambda self: self.model)
    @rule(target=written, made=written, at=hours, asset=assets, quantity=amounts)
    def correct(self, made, at, asset, quantity):
        left = {key: value for key, value in self.model.items() if key != made}
        legs = moved((self.main.pk, asset, quantity))
        self.count += 1
        try:
            right = services.correct_transaction(
                corrected=Transaction.objects.get(id=made), token=str(self.count), source="test", now=NOW,
                kind="income", at=at, asset=asset, quantity=quantity,
            )  # fmt: skip
        except services.CannotVoidError:
            assert made not in self.model
            return multiple()
        except services.ShortfallError:
            assert not self.holds(left | {0: (at, legs)})
            return multiple()
        assert made in self.model
        self.model = left | {right.pk: (at, legs)}
        return right.pk

    @precondition(lambda self: self.model)
    @rule(made=written)
    def void(self, made):
        left = {key: value for key, value in self.model.items() if key != made}
        try:
            services.void_transaction(voided=Transaction.objects.get(id=made), now=NOW)
        except services.ShortfallError:
            assert not self.holds(left)
        else:
            self.deleted |= {made: self.model[made]} if made in self.model else {}
            self.model = left

    @precondition(lambda self: self.deleted)
    @rule(made=written)
    def undo(self, made):
        if made not in self.deleted:
            return
        again = self.model | {made: self.deleted[made]}
        try:
            services.unvoid_transaction(voided=Transaction.objects.get(id=made))
        except services.ShortfallError:
            assert not self.holds(again)
        else:
            assert self.holds(again)
            self.model = again
            del self.deleted[made]

    @invariant()
    def it_agrees_with_the_model_and_with_itself(self):
        totals: dict[tuple[int, str], Decimal] = defaultdict(Decimal)
        for _, legs in self.model.values():
            for key, quantity in legs.items():
                totals[key] += quantity
        held = Position.objects.filter(portfolio=self.portfolio)
        kept = {(row.wallet_id, row.asset_id): row.quantity for row in held}

        assert kept == {key: quantity for key, quantity in totals.items() if quantity}
        assert set(self.portfolio.transactions.in_force().values_list("id", flat=True)) == set(self.model)
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
