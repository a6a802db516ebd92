"""What a review changes: weights before and after, who enters and who leaves."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from indices.calc.execution import ExecutionInputs
from indices.calc.shares import STEP, share_out
from indices.models import Index, Rebalance, Review, ReviewLine
from indices.selectors.baskets import get_basket
from market.models import Asset

ZERO = Decimal(0)
NOTED = Decimal("0.00005")


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One asset: weights before and after as fractions of 1, 0 where it is not held."""

    asset_id: str
    symbol: str
    name: str
    before: Decimal
    after: Decimal

    @property
    def difference(self) -> Decimal:
        """Return the change of weight, a fraction of 1."""
        return self.after - self.before

    @property
    def word(self) -> str:
        """Return in one word what happens to it."""
        if not self.before:
            return "enters"
        if not self.after:
            return "leaves"
        if abs(self.difference) < NOTED:
            return "stays"
        return "grows" if self.difference > 0 else "shrinks"


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What a review changes, the largest change first.

    `as_of` is the day of the weights before: for a review that has not taken effect they still move. `turnover` is
    one-way, a fraction of 1; 0 for a first basket.
    """

    as_of: date
    lines: Sequence[Change]
    turnover: Decimal

    @property
    def entering(self) -> list[Change]:
        """Return the assets that come in."""
        return [line for line in self.lines if line.word == "enters"]

    @property
    def leaving(self) -> list[Change]:
        """Return the assets that go."""
        return [line for line in self.lines if line.word == "leaves"]

    @property
    def in_and_out(self) -> str:
        """Return in words how many come in and go."""
        if not self.entering and not self.leaving:
            return "the same constituents"
        return f"{len(self.entering)} in, {len(self.leaving)} out"


def get_coming_changes(*, index: Index, review: Review, day: date) -> Changes:
    """Return what a review that has not taken effect changes, against the weights after the close of a day."""
    basket = get_basket(index=index, day=day)
    before = {line.asset_id: line.weight for line in basket.lines} if basket else {}
    after = {line.asset_id: line.weight for line in review.lines.filter(weight__gt=ZERO) if line.weight}
    return _compared(before, after, as_of=day)


def get_made_changes(rebalance: Rebalance) -> Changes | None:
    """Return what a basket that took effect has changed, by its frozen inputs; None where none were kept."""
    if not rebalance.inputs or rebalance.kind != Rebalance.Kind.REVIEW:
        return None
    inputs = ExecutionInputs.from_text(rebalance.inputs)
    held = sorted(inputs.held)
    worth = [inputs.held[asset_id] * inputs.prices[asset_id] for asset_id in held]
    shares = share_out(Decimal(1), worth, unit=STEP) if held else []
    after = dict(rebalance.holdings.values_list("asset", "weight"))
    return _compared(dict(zip(held, shares, strict=True)), after, as_of=rebalance.effective_day)


def get_review_lines(*, review: Review) -> list[ReviewLine]:
    """Return every asset of a review: those chosen by weight, then those ranked, then the others by market cap."""
    lines = list(review.lines.select_related("asset"))
    return sorted(
        lines,
        key=lambda line: (
            line.weight is None,
            -(line.weight or ZERO),
            line.rank is None,
            line.rank or 0,
            -(line.market_cap or ZERO),
            line.asset_id,
        ),
    )


def _compared(before: Mapping[str, Decimal], after: Mapping[str, Decimal], *, as_of: date) -> Changes:
    assets = Asset.objects.in_bulk([*before, *after])
    lines = [
        Change(
            asset_id=asset_id,
            symbol=assets[asset_id].symbol,
            name=assets[asset_id].name,
            before=before.get(asset_id, ZERO),
            after=after.get(asset_id, ZERO),
        )
        for asset_id in sorted({*before, *after})
    ]
    lines.sort(key=lambda line: (-abs(line.difference), line.asset_id))
    moved = sum((abs(line.difference) for line in lines), ZERO)
    return Changes(as_of=as_of, lines=lines, turnover=moved / 2 if before else ZERO)
