"""Gains of a year: totals, by asset, disposal by disposal, and what each method would have come to."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db.models import Prefetch, QuerySet

from market.models import Asset
from portfolios.calc.lots import work_out
from portfolios.models import Disposal, DisposalMatch, GainSummary, LotChoice, Method, Portfolio, Receipt, Term
from portfolios.selectors.happenings import get_happenings
from portfolios.selectors.tax import ALONE, Rules, get_rules

ZERO = Decimal(0)
OWN = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """Sums in the currency that is counted in; `short`, `long` and `none` are gains by term.

    `incomplete`: some disposal of unknown gain, of unknown cost, or without a lot is not, or not wholly, in the sums.
    """

    proceeds: Decimal = ZERO
    cost: Decimal = ZERO
    gain: Decimal = ZERO
    short: Decimal = ZERO
    long: Decimal = ZERO
    none: Decimal = ZERO
    is_incomplete: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AssetGains:
    """The gains of one asset."""

    asset: Asset
    totals: Totals


@dataclass(frozen=True, slots=True, kw_only=True)
class Gains:
    """The gains of a year (None: of all years) under one method; empty: under the owner's own choices."""

    year: int | None
    method: str
    totals: Totals
    assets: Sequence[AssetGains]


@dataclass(frozen=True, slots=True, kw_only=True)
class MethodLine:
    """What one method alone would have come to; `difference` is its gain less that of the owner's own choices."""

    method: str
    name: str
    totals: Totals
    difference: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class DisposalLine:
    """A disposal with its parts; `doubts` say in words what is unknown about it.

    `named_at` is when its owner last named lots for it, None if no lots were.
    """

    disposal: Disposal
    matches: Sequence[DisposalMatch]
    doubts: Sequence[str]
    named_at: datetime | None

    @property
    def is_named_late(self) -> bool:
        """Tell whether lots were named after they had left."""
        return self.named_at is not None and self.named_at > self.disposal.at


def get_gain_years(*, portfolio: Portfolio) -> list[int]:
    """Return the tax years that have disposals, newest first."""
    rows = GainSummary.objects.filter(portfolio=portfolio, method=OWN)
    return list(rows.order_by("-year").values_list("year", flat=True).distinct())


def get_closed_years(*, portfolio: Portfolio, since: date, at: datetime, with_income: bool = False) -> list[int]:
    """Return the tax years, oldest first, that are over at an instant and have disposals (or income) since a day."""
    rules = get_rules(portfolio=portfolio)
    years = {"year__gte": rules.year_of(since), "year__lt": rules.year_of(rules.day_of(at))}
    found = set(
        Disposal.objects.filter(portfolio=portfolio, is_taxable=True, at__gte=rules.start_of(since), **years)
        .order_by()
        .values_list("year", flat=True)
        .distinct()
    )
    if with_income:
        found |= set(
            Receipt.objects.filter(portfolio=portfolio, **years).order_by().values_list("year", flat=True).distinct()
        )
    return sorted(found)


def get_gains(*, portfolio: Portfolio, year: int | None, method: str = OWN) -> Gains:
    """Return the gains of a year, or of all, by asset in the order of their gain."""
    rows = GainSummary.objects.filter(portfolio=portfolio, method=method).select_related("asset")
    if year is not None:
        rows = rows.filter(year=year)
    grouped: dict[Asset, list[GainSummary]] = defaultdict(list)
    for row in rows.order_by("asset_id", "year", "term"):
        grouped[row.asset].append(row)
    assets = [AssetGains(asset=asset, totals=_total(parts)) for asset, parts in grouped.items()]
    assets.sort(key=lambda line: (-line.totals.gain, line.asset.pk))
    return Gains(
        year=year, method=method, totals=_total(row for parts in grouped.values() for row in parts), assets=assets
    )


def get_method_lines(*, portfolio: Portfolio, year: int | None) -> list[MethodLine]:
    """Return what the owner's choices and each method alone come to in a year, or in all; the owner's come first."""
    rows = GainSummary.objects.filter(portfolio=portfolio)
    if year is not None:
        rows = rows.filter(year=year)
    grouped: dict[str, list[GainSummary]] = defaultdict(list)
    for row in rows.order_by("method", "asset_id", "year", "term"):
        grouped[row.method].append(row)
    own = _total(grouped[OWN])
    lines = []
    for method in (OWN, *ALONE):
        totals = _total(grouped[method])
        name = str(Method(method).label) if method else ""
        lines.append(MethodLine(method=method, name=name, totals=totals, difference=totals.gain - own.gain))
    return lines


def get_disposals(*, portfolio: Portfolio, year: int | None, asset_id: str | None = None) -> QuerySet[Disposal]:
    """Return the disposals of a year with their matches, newest first; what left without a gain is not among them."""
    matches = DisposalMatch.objects.select_related("acquired").order_by("place")
    rows = Disposal.objects.filter(portfolio=portfolio, is_taxable=True).select_related("asset", "wallet")
    if year is not None:
        rows = rows.filter(year=year)
    if asset_id is not None:
        rows = rows.filter(asset_id=asset_id)
    return rows.prefetch_related(Prefetch("matches", matches)).order_by("-at", "asset_id", "-place")


def get_disposal_lines(*, portfolio: Portfolio, rules: Rules, disposals: Sequence[Disposal]) -> list[DisposalLine]:
    """Return disposals with what is unknown about them, in a number of queries that does not grow with them."""
    matches = {each.pk: list(each.matches.all()) for each in disposals}
    keys = {each.transaction_id for each in disposals}
    keys |= {match.acquired_id for parts in matches.values() for match in parts if match.acquired_id is not None}
    unpriced = _unpriced(portfolio, rules, keys) if keys else {}
    choices = LotChoice.objects.filter(portfolio=portfolio, transaction__in={each.transaction_id for each in disposals})
    named = dict(choices.order_by("chosen_at").values_list("transaction_id", "chosen_at"))
    return [
        DisposalLine(
            disposal=each, matches=matches[each.pk], doubts=_doubts(each, matches[each.pk], unpriced),
            named_at=named.get(each.transaction_id) if each.method == Method.SPECIFIC else None,
        )
        for each in disposals
    ]  # fmt: skip


def _unpriced(portfolio: Portfolio, rules: Rules, keys: Collection[int]) -> dict[int, str]:
    told = get_happenings(portfolio=portfolio, currency=rules.currency, transaction_ids=keys)
    return {int(str(key)): words for key, words in work_out(told.happenings, rules.policy).unpriced.items()}


def _doubts(disposal: Disposal, matches: Iterable[DisposalMatch], unpriced: dict[int, str]) -> list[str]:
    doubts = []
    if disposal.uncovered:
        doubts.append("more left than any lot covers")
    if disposal.proceeds is None:
        doubts.append("what was received is of unknown value")
    elif disposal.transaction_id in unpriced:
        doubts.append("a fee is of unknown value")
    if any(match.acquired_id in unpriced for match in matches):
        doubts.append("the cost of a lot is unknown and counts as 0")
    return doubts


def _total(rows: Iterable[GainSummary]) -> Totals:
    proceeds, cost = ZERO, ZERO
    gains = dict.fromkeys(Term.values, ZERO)
    is_incomplete = False
    for row in rows:
        proceeds += row.proceeds
        cost += row.cost
        gains[row.term] += row.gain
        is_incomplete = is_incomplete or row.incomplete > 0
    return Totals(proceeds=proceeds, cost=cost, gain=sum(gains.values(), ZERO), is_incomplete=is_incomplete, **gains)
