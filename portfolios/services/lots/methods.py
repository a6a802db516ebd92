"""What an owner chooses about lots: the method from a day on, and the settings that hold for all of them."""

from collections.abc import Collection
from datetime import date, datetime
from zoneinfo import available_timezones

from django.db import transaction as database

from accounts.models import User
from market.calc.currencies import is_fiat
from market.models import FIRST_DAY
from portfolios.calc.lots.years import parse_year_start
from portfolios.models import LotMethod, Method, Portfolio, TaxSettings
from portfolios.selectors.lots import get_closed_years
from portfolios.selectors.tax import get_rules, get_tax_settings
from portfolios.services.errors import RefusedError
from portfolios.services.fiat import ensure_fiat
from portfolios.services.ledger import lock
from portfolios.services.lots.rebuilding import mark_all

MOST_DAYS = 36_500
SWITCHES = {
    "term_rule": TaxSettings.TermRule,
    "buy_fee": TaxSettings.BuyFee,
    "sell_fee": TaxSettings.SellFee,
    "transfer_fee": TaxSettings.TransferFee,
}


class CannotChooseError(RefusedError):
    """A method or a setting breaks a rule."""


class ClosedYearsError(RefusedError):
    """The gains of tax years that are over may change, and nobody has said yet that they may."""

    def __init__(self, years: Collection[int]) -> None:
        names = ", ".join(str(year) for year in years)
        super().__init__(
            f"confirm: this can change the gains of tax years that are over: {names}. Confirm that they may change.",
            field="confirm",
        )
        self.years = list(years)


@database.atomic
def choose_lot_method(
    *, portfolio: Portfolio, valid_from: date, method: str, scope: str, by: User, at: datetime, confirm: bool = False
) -> list[int]:
    """Let a method and a scope hold for what leaves on `valid_from` or later, up to the next choice.

    Chosen again for the same day it replaces what was chosen for it. Return the tax years that are over and whose gains
    may change. Raises ClosedYearsError if there are any and `confirm` is not given, CannotChooseError with the field
    that is wrong: an unknown method or scope, UK pools by wallet, a day to come, or one before there was a blockchain.
    """
    locked = lock(portfolio.pk)
    _check_one_of("method", method, Method.values)
    _check_one_of("scope", scope, LotMethod.Scope.values)
    if method == Method.S104 and scope != LotMethod.Scope.PORTFOLIO:
        raise CannotChooseError("scope: UK share pooling knows no wallets; choose all wallets together.", field="scope")
    today = get_rules(portfolio=locked).day_of(at)
    if not FIRST_DAY <= valid_from <= today:
        raise CannotChooseError(
            f"valid_from: a day from {FIRST_DAY} to today, {today}, is needed; a method is chosen on its first day or "
            "later.",
            field="valid_from",
        )
    known = LotMethod.objects.filter(portfolio=locked, valid_from=valid_from).first()
    if known is not None and (known.method, known.scope) == (method, scope):
        return []
    years = _confirmed(locked, since=valid_from, at=at, confirm=confirm)
    LotMethod.objects.update_or_create(
        portfolio=locked,
        valid_from=valid_from,
        defaults={"method": method, "scope": scope, "chosen_by": by, "chosen_at": at},
    )
    mark_all(portfolio=locked)
    return years


@database.atomic
def keep_tax_settings(
    *,
    portfolio: Portfolio,
    at: datetime,
    confirm: bool = False,
    currency: str | None = None,
    zone: str | None = None,
    year_starts: str | None = None,
    term_days: int | None = None,
    **switches: str,
) -> list[int]:
    """Keep the settings; what is not given stays. All lots are worked out anew if anything changes.

    `switches` are `term_rule`, `buy_fee`, `sell_fee`, `transfer_fee`; `term_days` belongs to the rule `days` alone.
    Return the tax years that are over and whose gains may change. Raises ClosedYearsError if there are any and
    `confirm` is not given, CannotChooseError with the field that is wrong.
    """
    locked = lock(portfolio.pk)
    kept = get_tax_settings(portfolio=locked)
    before = _values(kept)
    for name, value in switches.items():
        if name not in SWITCHES:
            raise CannotChooseError(f"{name}: there is no such setting.", field=name)
        _check_one_of(name, value, SWITCHES[name].values)
        setattr(kept, name, value)
    if currency is not None:
        kept.currency = _check_currency(currency)
    if zone is not None:
        kept.zone = _check_zone(zone)
    if year_starts is not None:
        kept.year_starts = _check_year(year_starts)
    kept.term_days = _check_days(kept.term_rule, kept.term_days if term_days is None else term_days)
    if _values(kept) == before and kept.pk is not None:
        return []
    years = [] if _values(kept) == before else _confirmed(locked, at=at, confirm=confirm)
    kept.save()
    mark_all(portfolio=locked)
    return years


def _confirmed(portfolio: Portfolio, *, at: datetime, confirm: bool, since: date | None = None) -> list[int]:
    years = get_closed_years(portfolio=portfolio, since=since or FIRST_DAY, at=at, with_income=since is None)
    if years and not confirm:
        raise ClosedYearsError(years)
    return years


def _check_one_of(name: str, value: str, values: Collection[str]) -> None:
    if value not in values:
        raise CannotChooseError(f"{name}: {value[:20]!r} is none of {', '.join(values)}.", field=name)


def _check_currency(code: str) -> str:
    if not is_fiat(code):
        raise CannotChooseError(f"currency: {code[:10]!r} is no currency that is known here.", field="currency")
    return ensure_fiat(code).symbol


def _check_zone(name: str) -> str:
    if name not in available_timezones():
        raise CannotChooseError(f"zone: {name[:60]!r} is no time zone; an example is Europe/Berlin.", field="zone")
    return name


def _check_year(text: str) -> str:
    try:
        parse_year_start(text)
    except ValueError as error:
        raise CannotChooseError(f"year_starts: {error}", field="year_starts") from error
    return text


def _check_days(rule: str, days: int | None) -> int | None:
    if rule != TaxSettings.TermRule.DAYS:
        return None
    if days is None or not 0 < days <= MOST_DAYS:
        raise CannotChooseError(f"term_days: a number from 1 to {MOST_DAYS} is needed.", field="term_days")
    return days


def _values(settings: TaxSettings) -> dict[str, object]:
    names = ("currency", "zone", "year_starts", "term_rule", "term_days", "buy_fee", "sell_fee", "transfer_fee")
    return {name: getattr(settings, name) for name in names}
