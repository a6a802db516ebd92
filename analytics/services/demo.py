"""The demo: a simulated market, the preset indices on it, four people, and a portfolio with a history.

Everything is keyed, so that a second time adds what is missing and changes nothing.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from decimal import ROUND_DOWN, Decimal

from allauth.account.models import EmailAddress
from django.contrib.auth.models import Group
from django.db import transaction

from accounts.models import User
from analytics.models import NightlyRun
from analytics.services.demo_trades import make_trades
from indices import services as indices_services
from indices.models import Index, Level
from market import services as market_services
from market.models import DailyPrice
from portfolios import services as portfolios_services
from portfolios.models import Portfolio, Sleeve, Transaction
from portfolios.services import lots

INVESTOR = "investor@example.com"
CURATOR = "curator@example.com"
APPROVER = "approver@example.com"
ADMIN = "admin@example.com"
PEOPLE = (INVESTOR, CURATOR, APPROVER, ADMIN)

# The two people of the admin: one drafts and keeps data in order, the other approves.
GROUPS = {CURATOR: "curator", APPROVER: "approver"}

PORTFOLIO = "Core and satellites"
SLEEVES = (
    ("top-10-cap", Sleeve.Tier.CORE, Decimal("0.60")),
    ("defi", Sleeve.Tier.SATELLITE, Decimal("0.25")),
    ("memecoin-equal", Sleeve.Tier.SPECULATIVE, Decimal("0.10")),
)
FIRST_DEPOSIT = Decimal(10_000)
MONTHLY_DEPOSIT = Decimal(500)
MONTHS = 24
INDEX_DAYS = 4 * 365
CENT = Decimal("0.01")
SOURCE = "demo"

Tell = Callable[[float, str], None]


def has_own_data() -> bool:
    """Tell whether somebody already uses this database for something else than the demo."""
    demo = User.objects.filter(email=INVESTOR).exists()
    return not demo and (User.objects.exists() or DailyPrice.objects.filter(asset__simulated=False).exists())


def make_demo(*, passwords: Mapping[str, str], yesterday: date, at: datetime, tell: Tell) -> None:
    """Make everything that the demo lacks; the night of `yesterday` is left for the worker.

    `tell` receives the share that is done and what is being done.
    """
    tell(0.0, "Simulated market: 60 assets over five years")
    market_services.seed_simulated_market(end=yesterday, at=at)
    portfolios_services.ensure_cash()
    indices_services.load_presets(at=at)
    _backfill_indices(yesterday, at, tell)
    make_people(passwords)
    _make_portfolio(yesterday, at, tell)
    _make_trades(yesterday, at)
    NightlyRun.objects.get_or_create(day=yesterday)
    tell(1.0, "Demo ready")


@transaction.atomic
def make_people(passwords: Mapping[str, str]) -> None:
    """Create those of the demo's people who are not there; nobody's password changes."""
    for email in PEOPLE:
        if User.objects.filter(email=email).exists():
            continue
        user = User.objects.create_user(
            email=email, password=passwords[email], is_staff=email != INVESTOR, is_superuser=email == ADMIN
        )
        EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)
        user.groups.set(Group.objects.filter(name=GROUPS.get(email, "")))


def _backfill_indices(yesterday: date, at: datetime, tell: Tell) -> None:
    """Compute the indices' past, year by year; what is there stays."""
    first = yesterday.replace(day=1) - timedelta(days=INDEX_DAYS)
    newest = Level.objects.filter(index__universe=Index.Universe.SIMULATED).order_by("-day").first()
    start = max(first, newest.day + timedelta(days=1)) if newest else first
    last = yesterday - timedelta(days=1)
    days = (last - start).days + 1
    while start <= last:
        end = min(start + timedelta(days=364), last)
        tell(0.8 - 0.65 * ((last - start).days + 1) / max(days, 1), f"Indices: {start} to {end}")
        indices_services.run_window(start=start, end=end, at=at)
        start = end + timedelta(days=1)


def _make_portfolio(yesterday: date, at: datetime, tell: Tell) -> None:
    """Give the investor a portfolio that was funded two years ago and every month since."""
    owner = User.objects.get(email=INVESTOR)
    portfolio = Portfolio.objects.owned_by(owner).filter(name=PORTFOLIO).first()
    if portfolio is None:
        portfolio = portfolios_services.open_portfolio(
            owner=owner,
            name=PORTFOLIO,
            at=at,
            targets=[
                portfolios_services.SleeveTarget(
                    index=Index.objects.get(slug=slug, universe=Index.Universe.SIMULATED),
                    tier=tier,
                    target_weight=share,
                )
                for slug, tier, share in SLEEVES
            ],
        )
    sleeves = {sleeve.index.slug: sleeve for sleeve in portfolio.sleeves.select_related("index")}
    for place, day in enumerate(_deposit_days(portfolio, yesterday)):
        tell(0.8 + 0.2 * place / (MONTHS + 1), f"Portfolio: contributions of {day:%B %Y}")
        _contribute(portfolio, sleeves, day, FIRST_DEPOSIT if place == 0 else MONTHLY_DEPOSIT, at)


def _deposit_days(portfolio: Portfolio, yesterday: date) -> list[date]:
    """Return the first of each month for two years; from the first deposit on, if there is one already."""
    first = Transaction.objects.filter(portfolio=portfolio, source=SOURCE).order_by("at", "id").first()
    start = _month(first.at.astimezone(UTC).date() if first else yesterday) - (0 if first else MONTHS)
    days = (date(month // 12, month % 12 + 1, 1) for month in range(start, start + MONTHS + 1))
    return [day for day in days if day < yesterday]


def _make_trades(yesterday: date, at: datetime) -> None:
    """Give the investor single coins too, since as long ago, and work out the lots of both portfolios."""
    owner = User.objects.get(email=INVESTOR)
    first = Transaction.objects.filter(portfolio__owner=owner, source=SOURCE).order_by("at", "id").first()
    month = _month(first.at.astimezone(UTC).date() if first else yesterday)
    made = make_trades(owner=owner, first=date(month // 12, month % 12 + 1, 1), at=at, source=SOURCE)
    lots.rebuild_marked(at=at, portfolio_ids={made.pk, Portfolio.objects.get(owner=owner, name=PORTFOLIO).pk})


def _month(day: date) -> int:
    """Count months since year 0."""
    return day.year * 12 + day.month - 1


def _contribute(portfolio: Portfolio, sleeves: Mapping[str, Sleeve], day: date, amount: Decimal, at: datetime) -> None:
    """Deposit an amount and spread it over the sleeves at the day's prices; the rest stays cash."""
    token = f"demo-{day.isoformat()}"
    if not Transaction.objects.filter(portfolio=portfolio, token=token).exists():
        portfolios_services.record_transaction(
            portfolio=portfolio,
            token=token,
            source=SOURCE,
            now=at,
            kind=Transaction.Kind.DEPOSIT,
            at=datetime.combine(day, time(9), tzinfo=UTC),
            asset="usd",
            quantity=amount,
        )
    for slug, _tier, share in SLEEVES:
        if slug in sleeves:
            portfolios_services.invest(
                portfolio=portfolio,
                sleeve=sleeves[slug],
                amount=(amount * share).quantize(CENT, ROUND_DOWN),
                day=day,
                token=f"{token}-{slug}",
                source=SOURCE,
                at=at,
            )
