"""Wallets: adding, naming, saying what kind they are, taking away what was never used."""

from django.db import transaction as database
from django.db.models import RestrictedError

from portfolios.models import Entry, Portfolio, Wallet
from portfolios.services.errors import CannotKeepError
from portfolios.services.names import check_name


@database.atomic
def add_wallet(*, portfolio: Portfolio, name: str, kind: str) -> Wallet:
    """Add a wallet; raises CannotKeepError for a bad name or kind."""
    locked = _lock(portfolio.pk)
    name = check_name(name, taken=locked.wallets.all(), what="wallet")
    return Wallet.objects.create(portfolio=locked, name=name, kind=_check_kind(kind))


@database.atomic
def change_wallet(*, wallet: Wallet, name: str | None = None, kind: str | None = None) -> Wallet:
    """Give a wallet another name, another kind or both; None leaves it. Raises CannotKeepError for a bad one."""
    locked = _lock(wallet.portfolio_id)
    kept = Wallet.objects.get(id=wallet.pk)
    if name is not None:
        kept.name = check_name(name, taken=locked.wallets.exclude(id=kept.pk), what="wallet")
    if kind is not None:
        kept.kind = _check_kind(kind)
    kept.save(update_fields=["name", "kind"])
    return kept


@database.atomic
def delete_wallet(*, wallet: Wallet) -> None:
    """Take away a wallet that nothing was ever recorded in.

    Raises CannotKeepError when something was, deleted transactions included, when an import or an exchange writes
    into it, and for the last wallet.
    """
    locked = _lock(wallet.portfolio_id)
    if Entry.objects.filter(portfolio=locked, wallet=wallet).exists():
        raise CannotKeepError(
            f"“{wallet.name}” has transactions, on record for good even when they were deleted: it stays. "
            "It can be renamed."
        )
    if not locked.wallets.exclude(id=wallet.pk).exists():
        raise CannotKeepError(f"“{wallet.name}” is the only wallet, and a portfolio needs one: rename it instead.")
    try:
        with database.atomic():
            Wallet.objects.get(id=wallet.pk).delete()
    except RestrictedError as refusal:
        raise CannotKeepError(f"“{wallet.name}” is where an import or an exchange writes: it stays.") from refusal


def _lock(portfolio_id: int) -> Portfolio:
    return Portfolio.objects.select_for_update().get(id=portfolio_id)


def _check_kind(kind: str) -> str:
    if kind not in Wallet.Kind.values:
        raise CannotKeepError(f"kind: {kind!r} is none of {', '.join(Wallet.Kind.values)}.", field="kind")
    return kind
