"""The demo's second portfolio: single coins bought, moved, staked, swapped and sold, so that lots and gains show."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

from accounts.models import User
from market import selectors as market
from portfolios import services as portfolios
from portfolios.models import Portfolio, Transaction, Wallet

NAME = "Single coins"
COLD = "Hardware wallet"
FIRST, SECOND = "sim-aurum", "sim-meridian"
UNIT = Decimal("0.000001")
Kind = Transaction.Kind


@dataclass(frozen=True)
class Move:
    """Something that happened on a day of the month that many months after the first; `usd` at the day's close."""

    month: int
    day: int
    kind: str
    asset: str
    usd: int
    more: dict[str, Any] = field(default_factory=dict)


MOVES: Sequence[Move] = (
    Move(0, 2, Kind.DEPOSIT, market.USD, 24_000),
    Move(0, 3, Kind.BUY, FIRST, 6_000, {"fee": Decimal(15)}),
    Move(2, 11, Kind.BUY, SECOND, 4_000, {"fee": Decimal(10)}),
    Move(5, 7, Kind.BUY, FIRST, 3_000, {"fee": Decimal("7.5")}),
    Move(6, 1, Kind.TRANSFER, FIRST, 2_500, {"to_wallet": COLD, "fee": Decimal("0.0001"), "fee_asset": FIRST}),
    Move(8, 15, Kind.INCOME, SECOND, 90, {"note": "Staking reward"}),
    Move(9, 4, Kind.SELL, FIRST, 1_500, {"fee": Decimal("3.75")}),
    Move(11, 15, Kind.INCOME, SECOND, 110, {"note": "Staking reward"}),
    Move(13, 20, Kind.BUY, FIRST, 2_500, {"fee": Decimal("6.25")}),
    Move(16, 9, Kind.SELL, SECOND, 900, {"fee": Decimal("2.25")}),
    Move(20, 6, Kind.SELL, FIRST, 1_200, {"fee": Decimal(3)}),
    Move(22, 12, Kind.BUY, SECOND, 1_500, {"fee": Decimal("3.75")}),
)


def make_trades(*, owner: User, first: date, at: datetime, source: str) -> Portfolio:
    """Give an investor the portfolio, with everything whose day has closed; a second time adds what is missing.

    `first` is the first day of the month in which it begins.
    """
    portfolio = Portfolio.objects.owned_by(owner).filter(name=NAME).first()
    if portfolio is None:
        portfolio = portfolios.open_portfolio(owner=owner, name=NAME, at=at)
        portfolios.add_wallet(portfolio=portfolio, name=COLD, kind=Wallet.Kind.HARDWARE)
    wallets = {wallet.name: wallet for wallet in portfolio.wallets.all()}
    for number, move in enumerate(MOVES):
        day = _day(first, move)
        token = f"demo-trade-{number}"
        if day >= at.astimezone(UTC).date() or Transaction.objects.filter(portfolio=portfolio, token=token).exists():
            continue
        facts = dict(move.more)
        if "to_wallet" in facts:
            facts["to_wallet"] = wallets[facts["to_wallet"]]
        portfolios.record_transaction(
            portfolio=portfolio, token=token, source=source, now=at, kind=move.kind,
            at=datetime.combine(day, time(10), tzinfo=UTC), asset=move.asset, quantity=_quantity(move, day), **facts,
        )  # fmt: skip
    return portfolio


def _day(first: date, move: Move) -> date:
    months = first.year * 12 + first.month - 1 + move.month
    return date(months // 12, months % 12 + 1, move.day)


def _quantity(move: Move, day: date) -> Decimal:
    close = market.get_last_closes(asset_ids=[move.asset], day=day)[move.asset].close
    return (move.usd / close).quantize(UNIT)
