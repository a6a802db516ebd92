"""Wallets with who holds their keys and what is in them, at the last closes. Amounts in USD."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import OuterRef, Subquery

from market.models import Asset
from portfolios.models import Entry, Portfolio, Wallet
from portfolios.selectors.holdings import PlaceLine, get_holdings

ZERO = Decimal(0)
OWN_KEYS = {Wallet.Kind.SOFTWARE, Wallet.Kind.HARDWARE, Wallet.Kind.MULTISIG}


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """One asset in one wallet, all sleeves together; `value` is None when it has no price: unknown, not 0."""

    asset: Asset
    quantity: Decimal
    value: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WalletRow:
    """A wallet. `custody` is `own` where its owner holds the keys, `third_party` where somebody else does.

    `value` leaves out what has no price: `unpriced` assets. `is_used`: something was recorded in it once.
    """

    wallet: Wallet
    custody: str
    balances: Sequence[Balance]
    value: Decimal
    unpriced: int
    is_used: bool


def custody_of(wallet: Wallet) -> str:
    """Return `own` or `third_party`, which follows from the kind of a wallet."""
    return "own" if wallet.kind in OWN_KEYS else "third_party"


def get_wallet_rows(*, portfolio: Portfolio, day: date) -> list[WalletRow]:
    """Return all wallets, the first one first, in a number of queries that does not grow with them."""
    places: dict[int, list[PlaceLine]] = defaultdict(list)
    for place in get_holdings(portfolio=portfolio, day=day).places:
        places[place.wallet.pk].append(place)
    entries = Entry.objects.filter(portfolio=portfolio, wallet=OuterRef("id")).order_by("wallet_id", "at")
    wallets = portfolio.wallets.annotate(first_entry=Subquery(entries.values("id")[:1])).order_by("id")
    return [_row(wallet, places[wallet.pk], is_used=wallet.first_entry is not None) for wallet in wallets]


def _row(wallet: Wallet, places: Sequence[PlaceLine], *, is_used: bool) -> WalletRow:
    inside: dict[Asset, list[PlaceLine]] = defaultdict(list)
    for place in places:
        inside[place.asset].append(place)
    balances = [_balance(asset, lines) for asset, lines in inside.items()]
    balances.sort(key=lambda one: (-(one.value or ZERO), one.asset.pk))
    return WalletRow(
        wallet=wallet,
        custody=custody_of(wallet),
        balances=balances,
        value=sum((one.value for one in balances if one.value is not None), ZERO),
        unpriced=sum(one.value is None for one in balances),
        is_used=is_used,
    )


def _balance(asset: Asset, places: Sequence[PlaceLine]) -> Balance:
    known = [place.value for place in places if place.value is not None]
    return Balance(
        asset=asset,
        quantity=sum((place.quantity for place in places), ZERO),
        value=sum(known, ZERO) if known else None,
    )
