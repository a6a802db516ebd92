"""Portfolios and their sleeves: opening, naming, setting targets and bands, deleting."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import transaction as database

from accounts.models import User
from indices.models import Index
from portfolios.calc.amounts import default_band
from portfolios.models import Entry, LotChoice, Order, Portfolio, Sleeve, Transaction, Wallet
from portfolios.services.drafts import plain
from portfolios.services.errors import CannotKeepError
from portfolios.services.fiat import ensure_cash
from portfolios.services.names import check_name

FIRST_WALLET = "Main exchange account"
WEIGHT_PLACES = 12
DELETED_AT_ONCE = 5000


@dataclass(frozen=True, kw_only=True)
class SleeveTarget:
    """The index that a sleeve follows, its target and band, fractions of 1; None: the index's tier, the usual band."""

    index: Index
    target_weight: Decimal
    tier: str | None = None
    lower_band: Decimal | None = None
    upper_band: Decimal | None = None


@database.atomic
def open_portfolio(
    *, owner: User, name: str, at: datetime, targets: Sequence[SleeveTarget] = (), fee_rate: Decimal | None = None
) -> Portfolio:
    """Open a portfolio with one wallet, and its sleeves if they are known already.

    Raises CannotKeepError for a name that is empty, too long or taken, and for targets that break a rule.
    """
    _lock_names(owner)
    name = check_name(name, taken=Portfolio.objects.owned_by(owner), what="portfolio")
    portfolio = Portfolio(owner=owner, name=name, created_at=at)
    if fee_rate is not None:
        portfolio.fee_rate = _check_weight("fee_rate", fee_rate)
    portfolio.save(force_insert=True)
    Wallet.objects.create(portfolio=portfolio, name=FIRST_WALLET)
    ensure_cash()
    if targets:
        set_sleeves(portfolio=portfolio, targets=targets)
    return portfolio


@database.atomic
def rename_portfolio(*, portfolio: Portfolio, name: str) -> Portfolio:
    """Give a portfolio another name; raises CannotKeepError for one that is empty, too long or taken."""
    _lock_names(portfolio.owner)
    others = Portfolio.objects.owned_by(portfolio.owner).exclude(id=portfolio.pk)
    portfolio.name = check_name(name, taken=others, what="portfolio")
    portfolio.save(update_fields=["name"])
    return portfolio


@database.atomic
def delete_portfolio(*, portfolio: Portfolio, name: str) -> None:
    """Delete a portfolio with everything in it, for good; `name` is its own, typed again as a confirmation.

    Raises CannotKeepError for any other name. All of it goes, or nothing.
    """
    locked = Portfolio.objects.select_for_update().get(id=portfolio.pk)
    if name.strip() != locked.name:
        raise CannotKeepError(f"name: type the name of the portfolio, “{locked.name}”, to delete it.", field="name")
    # What a transaction brings along is fetched before it is deleted: in parts, since a ledger may be long.
    Entry.objects.filter(portfolio=locked).delete()
    transactions = Transaction.objects.filter(portfolio=locked)
    transactions.update(supersedes=None)
    while part := list(transactions.order_by("id").values_list("id", flat=True)[:DELETED_AT_ONCE]):
        LotChoice.objects.filter(transaction__in=part).delete()
        LotChoice.objects.filter(acquired__in=part).delete()
        Transaction.objects.filter(id__in=part).delete()
    locked.delete()


@database.atomic
def add_sleeve(
    *,
    portfolio: Portfolio,
    index: Index,
    target_weight: Decimal,
    tier: str | None = None,
    lower_band: Decimal | None = None,
    upper_band: Decimal | None = None,
) -> Sleeve:
    """Add one sleeve beside those that there are; rules and refusals as in `set_sleeves`."""
    locked = Portfolio.objects.select_for_update().get(id=portfolio.pk)
    known = list(locked.sleeves.select_related("index"))
    if index.pk in {sleeve.index_id for sleeve in known}:
        raise CannotKeepError(f"index: “{index.name}” has a sleeve already.", field="index")
    target = SleeveTarget(
        index=index, target_weight=target_weight, tier=tier, lower_band=lower_band, upper_band=upper_band
    )
    set_sleeves(portfolio=locked, targets=[*(_target_of(sleeve) for sleeve in known), target])
    return Sleeve.objects.get(portfolio=locked, index=index)


@database.atomic
def set_sleeves(*, portfolio: Portfolio, targets: Sequence[SleeveTarget]) -> list[Sleeve]:
    """Make these the sleeves of a portfolio; what is left of 1 is cash.

    A sleeve that is not named goes away, or stays with a target of 0 when the ledger knows it. Raises
    CannotKeepError: an index twice, or not active and newly or more followed; targets over 1 together; a band that
    does not hold its target; numbers outside 0 to 1 or of more than 12 decimals.
    """
    locked = Portfolio.objects.select_for_update().get(id=portfolio.pk)
    known = {sleeve.index_id: sleeve for sleeve in locked.sleeves.all()}
    _check_targets(targets, known)
    for target in targets:
        _keep_sleeve(locked, target, known.get(target.index.pk))
    named = {target.index.pk for target in targets}
    for index_id, sleeve in known.items():
        if index_id not in named:
            _retire_sleeve(sleeve)
    return list(locked.sleeves.select_related("index"))


def _check_targets(targets: Sequence[SleeveTarget], known: dict[int, Sleeve]) -> None:
    ids = [target.index.pk for target in targets]
    for target in targets:
        name, before = target.index.name, known.get(target.index.pk)
        if ids.count(target.index.pk) > 1:
            raise CannotKeepError(f"index: “{name}” is named twice.", field="index")
        if target.tier is not None and target.tier not in Sleeve.Tier.values:
            raise CannotKeepError(f"tier: {target.tier!r} is none of {', '.join(Sleeve.Tier.values)}.", field="tier")
        _check_weight("target_weight", target.target_weight)
        more = before is None or target.target_weight > before.target_weight
        if more and target.index.status != Index.Status.ACTIVE:
            raise CannotKeepError(
                f"index: “{name}” is {target.index.get_status_display().lower()} and takes no new money.", field="index"
            )
        lower, upper = _band_of(target)
        if not lower <= target.target_weight <= upper:
            raise CannotKeepError(
                f"lower_band: the band {plain(lower * 100)}% to {plain(upper * 100)}% of “{name}” does not hold its "
                f"target {plain(target.target_weight * 100)}%.",
                field="lower_band",
            )
    total = sum((target.target_weight for target in targets), Decimal(0))
    if total > 1:
        raise CannotKeepError(
            f"target_weight: the targets come to {plain(total * 100)}%, more than 100%.", field="target_weight"
        )


def _band_of(target: SleeveTarget) -> tuple[Decimal, Decimal]:
    lower, upper = default_band(target.target_weight)
    if target.lower_band is not None:
        lower = _check_weight("lower_band", target.lower_band)
    if target.upper_band is not None:
        upper = _check_weight("upper_band", target.upper_band)
    places = Decimal(1).scaleb(-WEIGHT_PLACES)
    return lower.quantize(places), upper.quantize(places)


def _keep_sleeve(portfolio: Portfolio, target: SleeveTarget, sleeve: Sleeve | None) -> None:
    sleeve = sleeve or Sleeve(portfolio=portfolio, index=target.index)
    sleeve.tier = target.tier or sleeve.tier or target.index.tier
    sleeve.target_weight = target.target_weight
    sleeve.lower_band, sleeve.upper_band = _band_of(target)
    sleeve.save()


def _retire_sleeve(sleeve: Sleeve) -> None:
    if Entry.objects.filter(sleeve=sleeve).exists() or Order.objects.filter(sleeve=sleeve).exists():
        sleeve.target_weight = sleeve.lower_band = sleeve.upper_band = Decimal(0)
        sleeve.save()
    else:
        sleeve.delete()


def _target_of(sleeve: Sleeve) -> SleeveTarget:
    return SleeveTarget(
        index=sleeve.index, target_weight=sleeve.target_weight, tier=sleeve.tier,
        lower_band=sleeve.lower_band, upper_band=sleeve.upper_band,
    )  # fmt: skip


def _check_weight(name: str, value: Decimal) -> Decimal:
    if not value.is_finite() or not 0 <= value <= 1:
        raise CannotKeepError(f"{name}: a fraction of 1 is needed, from 0 to 1.", field=name)
    if (value and value.adjusted() < -WEIGHT_PLACES) or value != round(value, WEIGHT_PLACES):
        raise CannotKeepError(f"{name}: at most {WEIGHT_PLACES} decimals.", field=name)
    return value


def _lock_names(owner: User) -> None:
    # Two portfolios opened at once would both find their name free.
    User.objects.select_for_update().get(id=owner.pk)
