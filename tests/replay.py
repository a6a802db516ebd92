"""A replay that leaves nothing out, run as a program so that two databases can be compared from outside.

`manage.py shell -c "from tests.replay import main; main()"` migrates the database of DATABASE_URL, replays a
simulated season and prints every level, unit and valuation as text.
"""

import json
from datetime import UTC, date, datetime
from decimal import Decimal

from django.core.management import call_command

from analytics.models import RiskReport, Valuation
from analytics.services import run_nights
from indices.models import Holding, Index, Level
from indices.services import load_presets
from market.services import seed_simulated_market
from portfolios.services import add_sleeve, invest, open_portfolio, record_transaction
from tests.factories import make_user

ANCHOR = date(2022, 1, 1)
START = date(2022, 6, 1)
END = date(2022, 9, 15)
AT = datetime(2022, 9, 16, 6, tzinfo=UTC)


def replay() -> dict[str, list[list[str]]]:
    """Run the whole main job on the configured database and return its rows as text."""
    seed_simulated_market(anchor=ANCHOR, end=END, at=AT)
    load_presets(at=AT)
    run_nights(start=START, end=END, at=AT)
    portfolio = open_portfolio(owner=make_user(), name="Replay", at=AT)
    sleeve = add_sleeve(
        portfolio=portfolio, index=Index.objects.get(slug="top-10-cap"), tier="core", target_weight=Decimal("0.9")
    )
    record_transaction(
        portfolio=portfolio,
        kind="deposit",
        at=datetime.combine(START, datetime.min.time(), tzinfo=UTC),
        asset="usd",
        quantity=Decimal(10_000),
        token="deposit",
        source="test",
        now=AT,
    )
    invest(portfolio=portfolio, sleeve=sleeve, amount=Decimal(9_000), day=START, token="invest", source="test", at=AT)
    run_nights(start=START, end=END, at=AT)
    tables = {
        "levels": Level.objects.order_by("index__slug", "day", "version").values_list("index__slug", "day", "gross"),
        "units": Holding.objects.order_by("rebalance__index__slug", "rebalance__effective_day", "asset").values_list(
            "asset", "units", "weight", "price"
        ),
        "valuations": Valuation.objects.order_by("day").values_list("day", "value", "flow", "fees", "growth"),
        "risk": RiskReport.objects.order_by("day").values_list("day", "twr", "xirr", "volatility", "value_at_risk"),
    }
    return {name: [[str(value) for value in row] for row in rows] for name, rows in tables.items()}


def main() -> None:
    """Migrate, replay, print one line of JSON."""
    call_command("migrate", verbosity=0)
    print(json.dumps(replay()))  # noqa: T201 - what this program is for
