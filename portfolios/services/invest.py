"""Invest: one action buys the whole basket of an index, at the closes of a day, from cash."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from django.db import transaction as database

from indices import selectors as indices
from indices.calc.shares import share_out
from indices.models import Index, Level, Rebalance
from market import selectors as market
from market.models import FIRST_DAY, close_of
from portfolios.calc.amounts import CENT, round_down
from portfolios.models import Entry, Order, Portfolio, Sleeve, Transaction, Wallet
from portfolios.services.book import Book
from portfolios.services.drafts import DIGITS, USD, fingerprint_of, plain
from portfolios.services.errors import CannotInvestError, TokenReusedError
from portfolios.services.ledger import check_token, draw_entries, lock
from portfolios.services.legs import Leg

MINIMUM_ORDER = Decimal(50)
MINIMUM_BUY = Decimal(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedBuy:
    """One constituent: `cost` USD leave the cash, of which `fee`; the rest buys `quantity` at `price`."""

    asset_id: str
    symbol: str
    weight: Decimal
    price: Decimal
    cost: Decimal
    fee: Decimal
    quantity: Decimal

    @property
    def traded(self) -> Decimal:
        """USD that buy the asset."""
        return self.cost - self.fee


@dataclass(frozen=True, slots=True, kw_only=True)
class SkippedBuy:
    """A constituent whose part of the amount is under the smallest buy; the part stays cash."""

    asset_id: str
    symbol: str
    weight: Decimal
    part: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class InvestPlan:
    """What investing an amount comes to, in USD: `amount` = `spent` + `leftover`; `fees` are inside `spent`."""

    sleeve: Sleeve
    wallet: Wallet
    amount: Decimal
    priced_on: date
    traded_at: datetime
    fee_rate: Decimal
    cash: Decimal
    buys: Sequence[PlannedBuy]
    skipped: Sequence[SkippedBuy]

    @property
    def spent(self) -> Decimal:
        """USD that leave the cash, fees included."""
        return sum((buy.cost for buy in self.buys), Decimal(0))

    @property
    def fees(self) -> Decimal:
        """USD of fees."""
        return sum((buy.fee for buy in self.buys), Decimal(0))

    @property
    def traded(self) -> Decimal:
        """USD that buy assets."""
        return self.spent - self.fees

    @property
    def leftover(self) -> Decimal:
        """USD of the amount that stay cash."""
        return self.amount - self.spent

    @property
    def cash_after(self) -> Decimal:
        """USD of cash left when all is done."""
        return self.cash - self.spent


def preview_invest(
    *, portfolio: Portfolio, sleeve: Sleeve, amount: Decimal, day: date | None, at: datetime,
    wallet: Wallet | None = None,
) -> InvestPlan:  # fmt: skip
    """Work out what `invest` would do now, and write nothing; raises CannotInvestError as it would."""
    source = _wallet_of(portfolio, wallet)
    _check_request(portfolio, sleeve, amount, day, at)
    basket_day = day or _last_basket_day(sleeve.index, at)
    basket = indices.get_basket(index=sleeve.index, day=basket_day)
    if basket is None:
        raise CannotInvestError(_no_basket(sleeve.index, basket_day), field="day")
    _check_closes(basket, basket_day)
    traded_at = at if day is None else close_of(day) - timedelta(seconds=1)
    lines = [line for line in basket.lines if line.weight]  # the child of a fork has no price yet
    buys, skipped = _split(amount, lines, portfolio.fee_rate)
    plan = InvestPlan(
        sleeve=sleeve, wallet=source, amount=amount, priced_on=basket_day, traded_at=traded_at,
        fee_rate=portfolio.fee_rate, cash=_cash(portfolio, source, traded_at), buys=buys, skipped=skipped,
    )  # fmt: skip
    _check_plan(plan)
    return plan


@database.atomic
def invest(
    *, portfolio: Portfolio, sleeve: Sleeve, amount: Decimal, day: date | None = None, token: str, source: str,
    at: datetime, wallet: Wallet | None = None,
) -> Order:  # fmt: skip
    """Spend an amount of USD, fees included, on the whole basket of the sleeve's index, in proportion to its weights.

    Without `day` the basket and closes of the last closed day count and the buys are stamped `at`; with it they are
    those of that day and the buys are stamped one second before its end: the cash must have been there then and ever
    after. A constituent whose part is under 1 USD is skipped and its part stays cash. The same token with the same
    request again returns the first order. Raises CannotInvestError with the field that is wrong, TokenReusedError.
    """
    check_token(token)
    locked = lock(portfolio.pk)
    asked = {"sleeve": sleeve, "amount": amount, "day": day, "wallet": wallet}
    _check_amount(amount)
    key = hashlib.sha256(token.encode()).hexdigest()
    known = Order.objects.filter(portfolio=locked, token=key).first()
    if known is not None:
        if known.fingerprint != fingerprint_of(asked):
            raise TokenReusedError
        return known
    plan = preview_invest(portfolio=locked, sleeve=sleeve, amount=amount, day=day, at=at, wallet=wallet)
    order = Order.objects.create(
        portfolio=locked, sleeve=sleeve, amount=plan.spent, fees=plan.fees, priced_on=plan.priced_on, token=key,
        fingerprint=fingerprint_of(asked), created_at=at,
    )  # fmt: skip
    _write_buys(order, plan, source=source)
    return order


def _check_amount(amount: Decimal) -> None:
    if not amount.is_finite():
        raise CannotInvestError("amount: not a finite number.", field="amount")
    if amount < MINIMUM_ORDER:
        raise CannotInvestError(f"amount: the smallest order is {MINIMUM_ORDER} USD.", field="amount")
    if amount.adjusted() >= DIGITS:
        raise CannotInvestError(f"amount: at most {DIGITS} digits before the point.", field="amount")
    if amount != round(amount, 2):
        raise CannotInvestError("amount: US dollars have at most 2 decimals.", field="amount")


def _check_request(portfolio: Portfolio, sleeve: Sleeve, amount: Decimal, day: date | None, at: datetime) -> None:
    _check_amount(amount)
    if sleeve.portfolio_id != portfolio.pk:
        raise CannotInvestError("sleeve: it is no part of this portfolio.", field="sleeve")
    if sleeve.index.status != Index.Status.ACTIVE:
        retired = f" since {sleeve.index.retired_on}" if sleeve.index.retired_on else ""
        raise CannotInvestError(
            f"sleeve: “{sleeve.index.name}” is {sleeve.index.get_status_display().lower()}{retired} and takes no "
            "new money.",
            field="sleeve",
        )
    if day is not None and day > _last_closed(at):
        raise CannotInvestError(
            f"day: {day} has not closed yet; the last closed day is {_last_closed(at)}.", field="day"
        )
    if day is not None and day < FIRST_DAY:
        raise CannotInvestError(f"day: nothing is recorded before {FIRST_DAY}.", field="day")


def _last_closed(at: datetime) -> date:
    return at.astimezone(UTC).date() - timedelta(days=1)


def _last_basket_day(index: Index, at: datetime) -> date:
    levels = Level.objects.current().filter(index=index, gross__isnull=False, day__lte=_last_closed(at))
    return levels.order_by("-day").values_list("day", flat=True).first() or _last_closed(at)


def _no_basket(index: Index, day: date) -> str:
    first = Rebalance.objects.current().filter(index=index).first()
    if first is None:
        return f"day: “{index.name}” has no basket yet; its first one comes with a nightly run."
    return f"day: “{index.name}” has no basket on {day}; its first one is of {first.effective_day}."


def _check_closes(basket: indices.Basket, day: date) -> None:
    closes = market.get_last_closes(asset_ids=[line.asset_id for line in basket.lines if line.weight], day=day)
    old = [line for line in basket.lines if line.weight and closes[line.asset_id].day != day]
    if old:
        names = ", ".join(line.symbol for line in old)
        raise CannotInvestError(f"day: no close of {day} is known for {names}; choose another day.", field="day")


def _wallet_of(portfolio: Portfolio, wallet: Wallet | None) -> Wallet:
    source = wallet or portfolio.wallets.order_by("id").first()
    if source is None or source.portfolio_id != portfolio.pk:
        raise CannotInvestError("wallet: it is no part of this portfolio.", field="wallet")
    return source


def _cash(portfolio: Portfolio, wallet: Wallet, since: datetime) -> Decimal:
    book = Book(portfolio=portfolio, pairs={(wallet.pk, USD)}, since=since)
    return book.lowest((wallet.pk, USD, None), since=since)


def _split(
    amount: Decimal, lines: Sequence[indices.BasketLine], fee_rate: Decimal
) -> tuple[list[PlannedBuy], list[SkippedBuy]]:
    parts = share_out(amount, [line.weight for line in lines], unit=CENT)
    buys, skipped = [], []
    for line, part in zip(lines, parts, strict=True):
        traded = round_down(part / (1 + fee_rate))
        quantity = round_down(traded / line.price)
        if part < MINIMUM_BUY or not quantity:
            skipped.append(SkippedBuy(asset_id=line.asset_id, symbol=line.symbol, weight=line.weight, part=part))
            continue
        buys.append(
            PlannedBuy(
                asset_id=line.asset_id,
                symbol=line.symbol,
                weight=line.weight,
                price=line.price,
                cost=part,
                fee=part - traded,
                quantity=quantity,
            )
        )
    return buys, skipped


def _check_plan(plan: InvestPlan) -> None:
    if not plan.buys:
        raise CannotInvestError(f"amount: every buy would be under {MINIMUM_BUY} USD.", field="amount")
    if plan.amount > plan.cash:
        when = f" on {plan.priced_on} and ever after" if plan.traded_at.date() == plan.priced_on else ""
        raise CannotInvestError(
            f"amount: {plain(plan.amount)} USD is more than the cash in “{plan.wallet.name}”{when}: "
            f"{plain(round_down(plan.cash, CENT))} USD.",
            field="amount",
        )


def _write_buys(order: Order, plan: InvestPlan, *, source: str) -> None:
    wallet_id = plan.wallet.pk
    pairs = {(wallet_id, USD), *((wallet_id, buy.asset_id) for buy in plan.buys)}
    book = Book(portfolio=order.portfolio, pairs=pairs, since=plan.traded_at)
    made, entries = [], []
    for place, buy in enumerate(plan.buys):
        token = hashlib.sha256(f"{order.token} {buy.asset_id}".encode()).hexdigest()
        transaction = Transaction(
            portfolio=order.portfolio, order=order, kind=Transaction.Kind.BUY, at=plan.traded_at, sequence=place,
            source=source, token=token, fingerprint=token, created_at=order.created_at,
        )  # fmt: skip
        made.append(transaction)
        for entry in draw_entries(_legs(buy, wallet_id, order.sleeve_id), book, at=plan.traded_at):
            entry.transaction = transaction
            entries.append(entry)
    book.prove()
    Transaction.objects.bulk_create(made)
    for entry in entries:
        # The key was not known yet when the row was assigned.
        entry.transaction_id = entry.transaction.pk
    Entry.objects.bulk_create(entries)
    book.save()


def _legs(buy: PlannedBuy, wallet_id: int, sleeve_id: int) -> list[Leg]:
    role, one = Entry.Role, Decimal(1)
    bought = Leg(
        wallet_id=wallet_id, asset_id=buy.asset_id, role=role.PRINCIPAL, quantity=buy.quantity, price=buy.price,
        sleeve_id=sleeve_id,
    )  # fmt: skip
    paid = Leg(wallet_id=wallet_id, asset_id=USD, role=role.PAYMENT, quantity=-buy.traded, price=one)
    fee = Leg(wallet_id=wallet_id, asset_id=USD, role=role.FEE, quantity=-buy.fee, price=one)
    return [bought, paid, fee] if buy.fee else [bought, paid]
