"""The real prices beside the repository: read from the files alone, and run through the main job once.

What the job left behind comes as plain values, and the database is as it was before. What is worked out here from the
files uses none of the code that it is compared with.
"""

import csv
import gzip
import io
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, localcontext
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.db import transaction

from analytics.models import NightlyRun, Valuation
from analytics.services import run_nights
from indices.models import Holding, Index, Level, Rebalance, Review, ReviewLine
from indices.services import run_window
from market.models import DailyPrice, DataFinding
from portfolios.services import add_sleeve, invest, open_portfolio, record_transaction
from tests.factories import make_user

FOLDER = Path(os.environ.get("MARKET_FILES", settings.BASE_DIR.parent / "shared" / "market"))
PRICES = FOLDER / "coins_daily.csv.gz"
CLASSES = FOLDER / "classifications.csv"
FIRST = date(2018, 1, 1)
LAST = date(2023, 8, 28)
LAST_AGAIN = date(2020, 12, 31)
NOW = datetime(2023, 8, 29, 6, tzinfo=UTC)
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Row:
    """A coin on a day, in USD; None is unknown."""

    price: Decimal
    market_cap: Decimal | None
    volume: Decimal


@cache
def real_rows() -> dict[str, dict[date, Row]]:
    """Return the file of prices by coin and day, to 18 decimals."""
    rows: dict[str, dict[date, Row]] = {}
    with gzip.open(PRICES, "rt", encoding="utf-8") as file, localcontext(prec=50):
        for row in csv.DictReader(file):
            cap = Decimal(row["market_cap"] or 0).quantize(Decimal("1e-18"))
            rows.setdefault(row["coin_id"], {})[date.fromisoformat(row["date"])] = Row(
                Decimal(row["price"]).quantize(Decimal("1e-18")), cap or None, Decimal(row["volume"] or 0)
            )
    return rows


@cache
def real_classes() -> dict[str, dict[str, str]]:
    """Return the file of classifications by coin."""
    with CLASSES.open(encoding="utf-8") as file:
        return {row["coin_id"]: row for row in csv.DictReader(file) if row["coin_id"]}


def price_on(coin: str, day: date) -> Decimal:
    """Return the price of a day, or the last one before it."""
    prices = real_rows()[coin]
    while day not in prices:
        day -= ONE_DAY
    return prices[day].price


def worth(units: Mapping[str, Decimal], day: date) -> Decimal:
    """Return what units are worth at the prices of the file."""
    with localcontext(prec=50):
        return sum((held * price_on(coin, day) for coin, held in units.items()), Decimal(0))


def median_traded(coin: str, cutoff: date, days: int = 90) -> Decimal:
    """Return the median of the values traded in the days up to a cut-off; 0 without any."""
    span = (cutoff - timedelta(days=offset) for offset in range(days))
    traded = sorted(row.volume for day in span if (row := real_rows()[coin].get(day)))
    middle = len(traded) // 2
    return (traded[middle] + traded[~middle]) / 2 if traded else Decimal(0)


def filled(scores: Mapping[str, Decimal], *, cap: Fraction, floor: Fraction) -> dict[str, Fraction]:
    """Share 1 in proportion to scores between a floor and a cap, by freezing one side at a time (2.4)."""
    weights: dict[str, Fraction] = {}
    while len(weights) < len(scores):
        free = {coin: Fraction(score) for coin, score in scores.items() if coin not in weights}
        rest = 1 - sum(weights.values())
        shares = {coin: score / sum(free.values()) * rest for coin, score in free.items()}
        above = {coin: share - cap for coin, share in shares.items() if share > cap}
        below = {coin: floor - share for coin, share in shares.items() if share < floor}
        if not above and not below:
            return weights | shares
        if sum(above.values()) >= sum(below.values()):
            weights |= dict.fromkeys(above, cap)
        if sum(below.values()) >= sum(above.values()):
            weights |= dict.fromkeys(below, floor)
    return weights


@dataclass(frozen=True, slots=True)
class LineKept:
    """A line of a review."""

    rank: int | None
    reason: str
    detail: str
    is_selected: bool
    is_sleeve: bool
    raw_weight: Decimal | None
    weight: Decimal | None


@dataclass(frozen=True, slots=True)
class ReviewKept:
    """A review with its lines by asset."""

    cutoff_day: date
    effective_day: date
    kind: str
    status: str
    status_shown: str
    reason: str
    lines: dict[str, LineKept] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class BasketKept:
    """A basket: level and cost at its close; units, weights and prices by asset."""

    effective_day: date
    level: Decimal
    cost: Decimal
    net_factor: Decimal
    result_hash: str
    units: dict[str, Decimal] = field(default_factory=dict)
    weights: dict[str, Decimal] = field(default_factory=dict)
    prices: dict[str, Decimal] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LevelKept:
    """A level of a day."""

    gross: Decimal | None
    net: Decimal | None
    status: str
    cause: str


@dataclass(slots=True)
class History:
    """What the main job left behind; by slug where it is of an index."""

    prices: dict[str, Any] = field(default_factory=dict)
    classifications: dict[str, Any] = field(default_factory=dict)
    rows: int = 0
    findings: list[tuple[str, str, date]] = field(default_factory=list)
    nights: dict[str, Any] = field(default_factory=dict)
    messages: list[str] = field(default_factory=list)
    verified: dict[str, Any] = field(default_factory=dict)
    values: list[tuple[date, Decimal]] = field(default_factory=list)
    levels: dict[str, dict[date, LevelKept]] = field(default_factory=dict)
    reviews: dict[str, list[ReviewKept]] = field(default_factory=dict)
    baskets: dict[str, list[BasketKept]] = field(default_factory=dict)
    digests_again: dict[str, list[str]] = field(default_factory=dict)


def run_main_job() -> History:
    """Import, replay with a portfolio, verify; go back to the import, replay three years in one go; leave nothing."""
    history = History()
    with _undone():
        history.prices = _told("import_prices", str(PRICES))
        history.classifications = _told("import_classifications", str(CLASSES))
        history.rows = DailyPrice.objects.current().count()
        history.findings = list(DataFinding.objects.values_list("asset", "kind", "first_day"))
        with _undone():
            _replay_by_night(history)
        call_command("load_presets", stdout=io.StringIO())
        run_window(start=FIRST, end=LAST_AGAIN, at=NOW)
        history.digests_again = {index.slug: _digests(index) for index in Index.objects.all()}
    return history


def _replay_by_night(history: History) -> None:
    call_command("load_presets", stdout=io.StringIO())
    run_nights(start=FIRST, end=FIRST, at=NOW)
    portfolio_id = _invest_on_the_first_day()
    history.nights = _told("nightly", "--from", FIRST.isoformat(), "--to", LAST.isoformat(), verbosity=0)
    history.messages = [night.message for night in NightlyRun.objects.exclude(message="")]
    history.verified = _told("verify_rebalance", "--all")
    history.values = list(Valuation.objects.filter(portfolio=portfolio_id).order_by("day").values_list("day", "value"))
    for index in Index.objects.all():
        rows = Level.objects.current().filter(index=index).order_by("day")
        history.levels[index.slug] = {
            day: LevelKept(*row) for day, *row in _plain(rows.values_list("day", "gross", "net", "status", "cause"))
        }
        history.reviews[index.slug] = _reviews(index)
        history.baskets[index.slug] = _baskets(index)


def _told(command: str, *arguments: str, **options: Any) -> dict[str, Any]:
    out = io.StringIO()
    call_command(command, *arguments, format="json", stdout=out, stderr=io.StringIO(), **options)
    told: dict[str, Any] = json.loads(out.getvalue())
    return told


@contextmanager
def _undone() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def _invest_on_the_first_day() -> int:
    portfolio = open_portfolio(owner=make_user(), name="Since 2018", at=NOW)
    index = Index.objects.get(slug="top-10-cap")
    sleeve = add_sleeve(portfolio=portfolio, index=index, tier="core", target_weight=Decimal(1))
    record_transaction(
        portfolio=portfolio, kind="deposit", at=datetime(2018, 1, 1, tzinfo=UTC), asset="usd",
        quantity=Decimal(10_000), token="deposit", source="test", now=NOW,
    )  # fmt: skip
    invest(portfolio=portfolio, sleeve=sleeve, amount=Decimal(10_000), day=FIRST, token="all", source="test", at=NOW)
    return portfolio.pk


def _reviews(index: Index) -> list[ReviewKept]:
    kept = {
        review.pk: ReviewKept(
            review.cutoff_day, review.effective_day, review.kind, review.status, review.get_status_display(),
            review.reason,
        )
        for review in Review.objects.filter(index=index).defer("inputs").order_by("cutoff_day", "id")
    }  # fmt: skip
    columns = ("rank", "reason", "detail", "is_selected", "is_sleeve", "raw_weight", "weight")
    lines = ReviewLine.objects.filter(review__in=kept).order_by("review", "rank", "asset")
    for review_id, asset_id, *line in _plain(lines.values_list("review", "asset", *columns)):
        kept[review_id].lines[asset_id] = LineKept(*line)
    return list(kept.values())


def _baskets(index: Index) -> list[BasketKept]:
    columns = ("effective_day", "level", "cost", "net_factor", "result_hash")
    rebalances = Rebalance.objects.current().filter(index=index)
    kept = {pk: BasketKept(*row) for pk, *row in _plain(rebalances.values_list("pk", *columns))}
    holdings = Holding.objects.filter(rebalance__in=kept).order_by("rebalance", "asset")
    for pk, asset_id, units, weight, price in holdings.values_list("rebalance", "asset", "units", "weight", "price"):
        basket = kept[pk]
        basket.units[asset_id], basket.weights[asset_id], basket.prices[asset_id] = units, weight, price
    return list(kept.values())


def _plain(rows: Any) -> Iterator[tuple[Any, ...]]:
    """Return rows without their types, which differ by column."""
    return iter(rows)


def _digests(index: Index) -> list[str]:
    return list(Rebalance.objects.current().filter(index=index).values_list("result_hash", flat=True))


def basket_before(baskets: Sequence[BasketKept], day: date) -> BasketKept:
    """Return the basket that makes the level of a day: the latest that took effect at an earlier close."""
    return next(basket for basket in reversed(baskets) if basket.effective_day < day)
