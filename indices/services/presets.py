"""The indices that come with the product."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction

from indices.calc.rules import RankBy, Rules, Scheme, SignalSource
from indices.calc.schedules import Schedule
from indices.models import Index, Methodology
from market.models import Asset, DailyPrice

NEVER = ("stable", "wrapped", "pegged", "security")
ROOT = Decimal("0.5")
SLEEVES = {Index.Universe.REAL: ("usd-coin", "tether"), Index.Universe.SIMULATED: ("sim-plumb-usd", "sim-level-usd")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Preset:
    """An index and its first rules.

    `has_sleeve` gives them the stablecoins of the universe. Of a sector that is `real_only` the simulated market has
    too few assets.
    """

    slug: str
    name: str
    summary: str
    kind: Index.Kind
    tier: Index.Tier
    rules: Mapping[str, Any]
    has_sleeve: bool = False
    real_only: bool = False

    def rules_in(self, universe: Index.Universe) -> Rules:
        """Return the rules for a universe."""
        return Rules(**{"exclude": NEVER} | dict(self.rules), sleeve=SLEEVES[universe] if self.has_sleeve else ())


def _size(count: int, enter: int, keep: int, min_count: int) -> dict[str, int]:
    return {"count": count, "enter": enter, "keep": keep, "min_count": min_count}


def _sector(slug: str, name: str, what: str, *, sector: str = "", real_only: bool = False) -> Preset:
    return Preset(
        slug=slug,
        name=name,
        summary=f"Up to ten assets of {what} by the root of market cap.",
        kind=Index.Kind.THEMATIC,
        tier=Index.Tier.SATELLITE,
        rules={
            "sectors": (sector or slug,),
            **_size(10, 8, 12, 5),
            "alpha": ROOT,
            "cap": Decimal("0.25"),
            "schedule": Schedule.MONTHLY,
        },
        real_only=real_only,
    )


PRESETS = (
    Preset(
        slug="top-10-cap",
        name="Top 10 Cap",
        summary="The ten largest crypto assets by market cap, none above 40% at a review.",
        kind=Index.Kind.MARKET_CAP,
        tier=Index.Tier.CORE,
        rules={
            "exclude": (*NEVER, "exchange", "meme", "privacy"),
            **_size(10, 8, 12, 5),
            "cap": Decimal("0.4"),
            "floor": Decimal("0.01"),
            "schedule": Schedule.MONTHLY,
        },
    ),
    Preset(
        slug="top-25-sqrt",
        name="Top 25 Square Root",
        summary="A broad basket of up to 25 assets by the root of market cap, so that the largest weigh less.",
        kind=Index.Kind.MARKET_CAP,
        tier=Index.Tier.CORE,
        rules={
            "exclude": (*NEVER, "privacy"),
            **_size(25, 20, 30, 10),
            "alpha": ROOT,
            "cap": Decimal("0.15"),
            "sector_cap": Decimal("0.6"),
            "schedule": Schedule.QUARTERLY,
            "recap_schedule": Schedule.MONTHLY,
        },
    ),
    _sector("defi", "DeFi", "decentralised finance"),
    _sector("ai", "AI", "artificial intelligence and computing", real_only=True),
    _sector("gaming", "Gaming", "games and virtual worlds", real_only=True),
    _sector("rwa", "Real-World Assets", "real-world assets", real_only=True),
    _sector("layer-1", "Layer 1", "base chains", sector="layer1"),
    Preset(
        slug="memecoin-equal",
        name="Memecoin Equal",
        summary="Up to five of the largest memecoins in equal parts, back to equal when one doubles its weight.",
        kind=Index.Kind.EQUAL,
        tier=Index.Tier.SPECULATIVE,
        rules={
            "sectors": ("memecoin",),
            "liquidity_enter": Decimal(20_000_000),
            **_size(5, 4, 7, 2),
            "alpha": Decimal(0),
            "schedule": Schedule.WEEKLY,
            "band_relative": Decimal(1),
            "cooldown_days": 2,
            "max_triggers": 4,
        },
    ),
    Preset(
        slug="risk-balanced-15",
        name="Risk-Balanced 15",
        summary="Fifteen large assets that each contribute the same risk, held so that volatility is about 40% a year.",
        kind=Index.Kind.RISK,
        tier=Index.Tier.CORE,
        rules={
            **_size(15, 12, 18, 8),
            "scheme": Scheme.EQUAL_RISK,
            "cap": Decimal("0.2"),
            "schedule": Schedule.MONTHLY,
            "vol_target": Decimal("0.4"),
            "vol_deadband": Decimal("0.1"),
            "cooldown_days": 7,
            "max_triggers": 2,
        },
        has_sleeve=True,
    ),
    Preset(
        slug="signal-defi",
        name="Signal DeFi",
        summary="DeFi by the root of market cap, each asset and the whole held only as far as its trend allows.",
        kind=Index.Kind.SIGNAL,
        tier=Index.Tier.SPECULATIVE,
        rules={
            "sectors": ("defi",),
            **_size(8, 6, 10, 4),
            "alpha": ROOT,
            "cap": Decimal("0.3"),
            "schedule": Schedule.WEEKLY,
            "signals": SignalSource.TREND,
            "gate": SignalSource.TREND,
            "signal_hold": 2,
        },
        has_sleeve=True,
    ),
    Preset(
        slug="regime-100",
        name="Regime 100",
        summary="Up to a hundred assets by market cap, all in stablecoins while the market's trend is down.",
        kind=Index.Kind.SIGNAL,
        tier=Index.Tier.SATELLITE,
        rules={
            **_size(100, 85, 115, 10),
            "cap": Decimal("0.25"),
            "schedule": Schedule.WEEKLY,
            "gate": SignalSource.TREND,
            "gate_neutral": Decimal(1),
            "signal_hold": 2,
        },
        has_sleeve=True,
    ),
    Preset(
        slug="community-10",
        name="Community 10",
        summary="What its users vote for: up to ten assets, weighted by votes, none above 25%.",
        kind=Index.Kind.COMMUNITY,
        tier=Index.Tier.SPECULATIVE,
        rules={
            **_size(10, 10, 10, 4),
            "rank_by": RankBy.VOTES,
            "scheme": Scheme.VOTES,
            "cap": Decimal("0.25"),
            "cap_relaxes": True,
            "quorum": 5,
            "schedule": Schedule.MONTHLY,
        },
    ),
)


@transaction.atomic
def load_presets(*, at: datetime) -> list[Index]:
    """Make what is missing of the preset indices, announced and active; return those made.

    They are of the simulated market when only that has prices, else of the real one; one without any review yet goes
    over to that market. Real indices take the plain slugs: a simulated index with a record moves to
    `simulated-<slug>`, record and followers with it.
    """
    priced = DailyPrice.objects.current().filter(asset__kind=Asset.Kind.CRYPTO)
    has_real = priced.filter(asset__simulated=False).exists()
    is_simulated = not has_real and priced.filter(asset__simulated=True).exists()
    universe = Index.Universe.of(simulated=is_simulated)
    known = {index.slug: index for index in Index.objects.select_for_update().order_by("slug")}
    made = []
    for preset in PRESETS:
        index = known.get(preset.slug)
        if index and index.universe != universe:
            index = _give_way(index, preset, universe)
        if index is None and not (preset.real_only and is_simulated):
            made.append(_make(preset, universe, at))
    return made


def _give_way(index: Index, preset: Preset, universe: Index.Universe) -> Index | None:
    """Return the index that keeps the plain slug; None when the slug is free for a new one."""
    if not index.reviews.exists():
        index.universe = universe
        index.save(update_fields=["universe"])
        # Its sleeve is of the market that it has left.
        for methodology in index.methodologies.filter(version=1, author__isnull=True):
            methodology.params = preset.rules_in(universe).to_params()
            methodology.save(update_fields=["params"])
        return index
    if universe == Index.Universe.SIMULATED:
        return index
    index.slug = f"simulated-{index.slug}"
    index.name = f"{index.name} (simulated)"
    index.save(update_fields=["slug", "name"])
    return None


def _make(preset: Preset, universe: Index.Universe, at: datetime) -> Index:
    index = Index.objects.create(
        slug=preset.slug,
        name=preset.name,
        summary=preset.summary,
        kind=preset.kind,
        tier=preset.tier,
        universe=universe,
        status=Index.Status.ACTIVE,
        auto_approve=True,
    )
    Methodology.objects.create(
        index=index,
        version=1,
        params=preset.rules_in(universe).to_params(),
        status=Methodology.Status.ANNOUNCED,
        approved_at=at,
        announced_at=at,
    )
    return index
