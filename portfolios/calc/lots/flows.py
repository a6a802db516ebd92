"""What a policy makes of happenings: steps of each asset, income, and what is of unknown value."""

from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal

from portfolios.calc.lots.grid import to_money, to_units
from portfolios.calc.lots.happenings import Fee, Happening, Key
from portfolios.calc.lots.policy import Policy
from portfolios.calc.lots.steps import Arrival, Exit, Flow, Move, Named

INCOME = frozenset({"income", "airdrop", "fork"})
COMING = INCOME | {"buy", "deposit", "gift_in"}
REMOVING = frozenset({"withdrawal", "gift_out"})
LEAVING = REMOVING | {"sell", "loss", "fee"}

UNKNOWN_INCOME = "Income of unknown value: it is in no total."
UNKNOWN_COST = "What was received is of unknown value: its lot costs 0."
UNKNOWN_PROCEEDS = "What was given is of unknown value: no gain is known."
UNKNOWN_FEE = "A fee is of unknown value: it is in no basis and off no proceeds."


class Reader:
    """Reads happenings into a flow per asset.

    The fees of what comes in join its basis and those of a sale go off its proceeds, if the policy says so; those of a
    swap join the basis of what is received, or go off the proceeds if that is cash. Removals and losses take no fee
    along. Each fee in coins is one more disposal, after what it was paid for; that of a transfer goes before it.
    """

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self.flows: dict[str, Flow] = {}
        self.incomes: list[tuple[datetime, Happening]] = []
        self.unpriced: dict[Key, str] = {}

    def read(self, happening: Happening) -> None:
        """Take one happening in; raises ValueError, with its key, for one that cannot be."""
        try:
            self._read(happening, _in_utc(happening.at))
        except ValueError as error:
            raise ValueError(f"{happening.key}: {error}") from error

    def _read(self, happening: Happening, at: datetime) -> None:
        if happening.kind in COMING:
            self._come(happening, at)
        elif happening.kind in LEAVING:
            self._leave(happening, at)
        elif happening.kind == "swap":
            self._swap(happening, at)
        elif happening.kind == "transfer":
            self._transfer(happening, at)
        else:
            raise ValueError(f"{happening.kind} is no kind of happening.")

    def _come(self, happening: Happening, at: datetime) -> None:
        if happening.kind in INCOME:
            self.incomes.append((at, happening))
            if happening.is_cash and happening.value is None:
                self._note(happening.key, UNKNOWN_INCOME)
        acquired_at = _in_utc(happening.acquired_at) if happening.acquired_at else at
        if acquired_at > at:
            raise ValueError("It was first acquired after it came in.")
        if not happening.is_cash:
            fees = self._value_of_fees(happening) if self.policy.buy_fee == "basis" else 0
            self._arrive(happening, at, happening.asset, happening.quantity, fees=fees, acquired_at=acquired_at)
        self._pay_fees(happening, at)

    def _leave(self, happening: Happening, at: datetime) -> None:
        named = _named(happening)
        if not happening.is_cash:
            fees = self._value_of_fees(happening) if happening.kind == "sell" and self._lowers_proceeds else 0
            self._give(happening, at, fees=fees, named=named)
        self._pay_fees(happening, at, named=named)

    def _swap(self, happening: Happening, at: datetime) -> None:
        if happening.received_asset is None or happening.received_quantity is None:
            raise ValueError("A swap says what it receives, and how much.")
        named = _named(happening)
        if happening.asset == happening.received_asset:
            self._move(happening, at, to_units(happening.quantity), to_units(happening.received_quantity), named=named)
        else:
            self._exchange(happening, at, happening.received_asset, happening.received_quantity, named=named)
        self._pay_fees(happening, at, named=named)

    def _exchange(self, happening: Happening, at: datetime, received: str, quantity: Decimal, *, named: Named) -> None:
        is_used = self._lowers_proceeds if happening.received_is_cash else self.policy.buy_fee == "basis"
        fees = self._value_of_fees(happening) if is_used else 0
        if not happening.is_cash:
            self._give(happening, at, fees=fees if happening.received_is_cash else 0, named=named)
        if not happening.received_is_cash:
            self._arrive(happening, at, received, quantity, fees=fees, acquired_at=at)

    def _transfer(self, happening: Happening, at: datetime) -> None:
        in_kind = [fee for fee in happening.fees if fee.asset == happening.asset]
        others = [fee for fee in happening.fees if fee.asset != happening.asset]
        stays = self.policy.transfer_fee == "basis"
        added = self._value_of_fees(happening, others) if stays else 0
        if not happening.is_cash:
            named = _named(happening)
            sent, fee_units = to_units(happening.quantity), sum(to_units(fee.quantity) for fee in in_kind)
            received = sent - fee_units
            if happening.received_quantity is not None:
                received = to_units(happening.received_quantity)
            if not 0 <= received <= sent or (fee_units and fee_units != sent - received):
                raise ValueError("What a transfer sends is what arrives and its fee in kind.")
            fee = self._fee_in_kind(happening, at, sent - received, in_kind, named=named) if sent > received else None
            self._move(happening, at, received, received, named=named, added=added, fee=fee)
        self._pay_fees(happening, at, fees=others)

    def _fee_in_kind(
        self, happening: Happening, at: datetime, units: int, fees: Sequence[Fee], *, named: Named
    ) -> Exit:
        """Return the fee of a transfer: a disposal at its value, or coins that leave and whose cost stays."""
        stays, proceeds = self.policy.transfer_fee == "basis", None
        if not stays:
            if fees and all(fee.value is not None for fee in fees):
                proceeds = sum(to_money(fee.value) for fee in fees if fee.value is not None)
            else:
                self._note(happening.key, UNKNOWN_FEE)
        return Exit(
            key=happening.key, at=at, order=happening.order, kind="fee", place=happening.place,
            quantity=units, proceeds=proceeds, is_removal=stays, named=named,
        )  # fmt: skip

    @property
    def _lowers_proceeds(self) -> bool:
        return self.policy.sell_fee == "proceeds"

    def _value_of_fees(self, happening: Happening, fees: Sequence[Fee] | None = None) -> int:
        """Return what the fees were worth as far as that is known, and note when it is not."""
        fees = happening.fees if fees is None else fees
        if any(fee.value is None for fee in fees):
            self._note(happening.key, UNKNOWN_FEE)
        return sum(to_money(fee.value) for fee in fees if fee.value is not None)

    def _pay_fees(
        self, happening: Happening, at: datetime, *, fees: Sequence[Fee] | None = None, named: Named | None = None
    ) -> None:
        """Add a disposal for each fee in coins; in the asset that is given, the lots chosen for that are for it too."""
        for fee in happening.fees if fees is None else fees:
            units = to_units(fee.quantity)
            if fee.is_cash or not units:
                continue
            if fee.value is None:
                self._note(happening.key, UNKNOWN_FEE)
            self._flow(fee.asset).steps.append(
                Exit(
                    key=happening.key, at=at, order=happening.order, kind="fee",
                    place=happening.place, quantity=units,
                    proceeds=None if fee.value is None else to_money(fee.value),
                    named=named if named and fee.asset == happening.asset else [],
                )
            )  # fmt: skip

    def _arrive(
        self, happening: Happening, at: datetime, asset: str, quantity: Decimal, *, fees: int, acquired_at: datetime
    ) -> None:
        units = to_units(quantity)
        if happening.value is None:
            self._note(happening.key, UNKNOWN_COST)
        if units:
            self._flow(asset).steps.append(
                Arrival(
                    key=happening.key, at=at, order=happening.order, acquired_at=acquired_at, place=happening.place,
                    quantity=units, cost=fees + (0 if happening.value is None else to_money(happening.value)),
                    is_unpriced=happening.value is None,
                )
            )  # fmt: skip

    def _give(self, happening: Happening, at: datetime, *, fees: int, named: Named) -> None:
        """Let coins leave; a loss brings 0, a removal nothing."""
        is_removal = happening.kind in REMOVING
        proceeds = 0 if happening.kind == "loss" else None
        if proceeds is None and not is_removal:
            if happening.value is None:
                self._note(happening.key, UNKNOWN_PROCEEDS)
            else:
                proceeds = to_money(happening.value) - fees
        units = to_units(happening.quantity)
        if units:
            self._flow(happening.asset).steps.append(
                Exit(
                    key=happening.key, at=at, order=happening.order, kind=happening.kind,
                    place=happening.place, quantity=units, proceeds=proceeds, is_removal=is_removal, named=named,
                )
            )  # fmt: skip

    def _move(
        self,
        happening: Happening,
        at: datetime,
        quantity: int,
        received: int,
        *,
        named: Named,
        added: int = 0,
        fee: Exit | None = None,
    ) -> None:
        """Let lots go from place to place, or be replaced by more or fewer of the same coin where they are."""
        if quantity and not received:
            raise ValueError("Nothing arrives of what is sent.")
        self._flow(happening.asset).steps.append(
            Move(
                key=happening.key, at=at, order=happening.order, place=happening.place,
                to_place=happening.place if happening.to_place is None else happening.to_place,
                quantity=quantity, received=received, added=added, fee=fee, named=named,
            )
        )  # fmt: skip

    def _flow(self, asset: str) -> Flow:
        flow = self.flows.get(asset)
        if flow is None:
            flow = self.flows[asset] = Flow(asset=asset)
        return flow

    def _note(self, key: Key, words: str) -> None:
        known = self.unpriced.get(key, "")
        if words not in known:
            self.unpriced[key] = f"{known} {words}".strip()


def _named(happening: Happening) -> Named:
    return [(key, to_units(quantity)) for key, quantity in happening.named]


def _in_utc(at: datetime) -> datetime:
    if at.utcoffset() is None:
        raise ValueError(f"{at} has no time zone.")
    return at if at.tzinfo is UTC else at.astimezone(UTC)
