"""The running balances that a write touches: loaded, changed, proved never below zero, and cached as positions."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, datetime
from decimal import Decimal

from market.models import Asset
from portfolios.models import Entry, Portfolio, Position, Sleeve, Wallet
from portfolios.services.drafts import DIGITS, plain
from portfolios.services.errors import CannotRecordError, ShortfallError
from portfolios.services.legs import Leg
from portfolios.services.marks import mark_for_revaluation, mark_lots

Pair = tuple[int, str]  # wallet, asset
Key = tuple[int, str, int | None]  # wallet, asset, sleeve
ZERO = Decimal(0)


class Book:
    """Balances of some wallets and assets of one portfolio from an instant on, sleeve by sleeve.

    Only what lies at or after `since` is read, so that the usual write, at the end of the ledger, costs the same
    however long the ledger is. All entries of one instant count together: their order of entry decides nothing.
    """

    def __init__(self, *, portfolio: Portfolio, pairs: Collection[Pair], since: datetime) -> None:
        self.portfolio = portfolio
        self.since = since
        wallets, assets = {wallet for wallet, _ in pairs}, {asset for _, asset in pairs}
        held = Position.objects.filter(portfolio=portfolio, wallet__in=wallets, asset__in=assets)
        self.positions: dict[Key, Position] = {(row.wallet_id, row.asset_id, row.sleeve_id): row for row in held}
        self.opening: dict[Key, Decimal] = defaultdict(Decimal)
        self.moves: dict[Key, dict[datetime, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
        self.changes: dict[Key, Decimal] = defaultdict(Decimal)
        for key, row in self.positions.items():
            self.opening[key] += row.quantity
        later = Entry.objects.filter(
            portfolio=portfolio, transaction__voided_at__isnull=True, at__gte=since, wallet__in=wallets,
            asset__in=assets,
        )  # fmt: skip
        rows = later.order_by().values_list("wallet_id", "asset_id", "sleeve_id", "quantity", "at")
        for wallet_id, asset_id, sleeve_id, quantity, at in rows:
            key = (wallet_id, asset_id, sleeve_id)
            self.opening[key] -= quantity
            self.moves[key][at] += quantity

    def add(self, key: Key, *, at: datetime, quantity: Decimal) -> None:
        """Move a quantity; nothing is proved or written yet."""
        self.moves[key][at] += quantity
        self.changes[key] += quantity

    def lowest(self, key: Key, *, since: datetime) -> Decimal:
        """Return the least that is ever held from the end of an instant on."""
        course = self._course([key])
        last_before = [balance for at, balance in course if at <= since][-1:] or [self.opening[key]]
        return min([*last_before, *(balance for at, balance in course if at > since)])

    def draw(self, leg: Leg, *, at: datetime) -> list[tuple[int | None, Decimal]]:
        """Take what a leg sends away, and return (sleeve id, signed quantity) of each part.

        A leg that names its sleeve is taken from there alone; any other from outside of sleeves first, then from the
        sleeves in their order. What nobody holds is taken from the first place, for `prove` to refuse.
        """
        places = [leg.sleeve_id] if leg.sleeve_id is not None else self._places(leg)
        parts: dict[int | None, Decimal] = {}
        left = -leg.quantity
        for sleeve_id in places:
            part = min(left, max(self.lowest((leg.wallet_id, leg.asset_id, sleeve_id), since=at), ZERO))
            if part:
                parts[sleeve_id] = -part
                left -= part
        if left:
            parts[places[0]] = parts.get(places[0], ZERO) - left
        for sleeve_id, quantity in parts.items():
            self.add((leg.wallet_id, leg.asset_id, sleeve_id), at=at, quantity=quantity)
            if leg.to_wallet_id is not None:
                self.add((leg.to_wallet_id, leg.asset_id, sleeve_id), at=at, quantity=-quantity)
        return list(parts.items())

    def prove(self) -> None:
        """Raise ShortfallError at the first instant at which a changed balance is below zero.

        Raises CannotRecordError when one outgrows its column.
        """
        pairs = sorted({(wallet_id, asset_id) for wallet_id, asset_id, _ in self.changes})
        for pair in pairs:
            keys = [key for key in self._keys() if key[:2] == pair]
            self._prove_course(keys, sleeve_id=None)
            for key in keys:
                self._prove_course([key], sleeve_id=key[2])

    def save(self) -> None:
        """Write the changed balances as positions, and mark what no longer follows from the ledger."""
        made: list[Position] = []
        kept: list[Position] = []
        gone: list[Position] = []
        for key, change in self.changes.items():
            row = self.positions.get(key)
            if row is None and change:
                wallet_id, asset_id, sleeve_id = key
                made.append(
                    Position(
                        portfolio=self.portfolio,
                        wallet_id=wallet_id,
                        asset_id=asset_id,
                        sleeve_id=sleeve_id,
                        quantity=change,
                    )
                )
            elif row is not None and change:
                row.quantity += change
                (kept if row.quantity else gone).append(row)
        Position.objects.filter(id__in=[row.pk for row in gone]).delete()
        Position.objects.bulk_update(kept, ["quantity"])
        Position.objects.bulk_create(made)
        mark_for_revaluation(portfolio=self.portfolio, since=self.since.astimezone(UTC).date())
        mark_lots(portfolio=self.portfolio, asset_ids={asset_id for _, asset_id, _ in self.changes})

    def _places(self, leg: Leg) -> Sequence[int | None]:
        sleeves = {key[2] for key in self._keys() if key[:2] == (leg.wallet_id, leg.asset_id)}
        return [None, *sorted(sleeve_id for sleeve_id in sleeves if sleeve_id is not None)]

    def _keys(self) -> list[Key]:
        return sorted({*self.opening, *self.moves}, key=lambda key: (key[0], key[1], key[2] or 0))

    def _course(self, keys: Iterable[Key]) -> list[tuple[datetime, Decimal]]:
        """Return (instant, what is held after it) of some balances together, in time."""
        keys = list(keys)
        steps: dict[datetime, Decimal] = defaultdict(Decimal)
        for key in keys:
            for at, quantity in self.moves[key].items():
                steps[at] += quantity
        held = sum((self.opening[key] for key in keys), ZERO)
        course = []
        for at in sorted(steps):
            held += steps[at]
            course.append((at, held))
        return course

    def _prove_course(self, keys: Sequence[Key], *, sleeve_id: int | None) -> None:
        for at, held in self._course(keys):
            if held < 0:
                raise self._shortfall(keys[0], at=at, sleeve_id=sleeve_id, missing=-held)
            if held.adjusted() >= DIGITS:
                raise CannotRecordError(f"quantity: a wallet holds at most {DIGITS} digits.", field="quantity")

    def _shortfall(self, key: Key, *, at: datetime, sleeve_id: int | None, missing: Decimal) -> ShortfallError:
        asset, wallet = Asset.objects.get(id=key[1]), Wallet.objects.get(id=key[0])
        day = at.astimezone(UTC).date()
        where = f"“{wallet.name}”"
        if sleeve_id is not None:
            where += f", in the sleeve “{Sleeve.objects.select_related('index').get(id=sleeve_id).index.name}”,"
        message = f"{where} would be {plain(missing)} {asset.symbol} short on {day}: more would leave than is there."
        return ShortfallError(message, asset=asset.pk, day=day, shortfall=missing)
