"""The five indices that come with the product."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import transaction

from indices.calc.rules import Rules, Schedule
from indices.models import Index, Methodology
from market.models import Asset, DailyPrice

NEVER = ("stable", "wrapped", "pegged", "security")


@dataclass(frozen=True, slots=True, kw_only=True)
class Preset:
    """An index and its first rules."""

    slug: str
    name: str
    summary: str
    kind: Index.Kind
    tier: Index.Tier
    rules: Rules


PRESETS = (
    Preset(
        slug="top-10-cap",
        name="Top 10 Cap",
        summary="The ten largest crypto assets by market cap, none above 40% at a review.",
        kind=Index.Kind.MARKET_CAP,
        tier=Index.Tier.CORE,
        rules=Rules(
            exclude=(*NEVER, "exchange", "meme", "privacy"),
            count=10,
            enter=8,
            keep=12,
            min_count=5,
            alpha=Decimal(1),
            cap=Decimal("0.4"),
            floor=Decimal("0.01"),
            schedule=Schedule.MONTHLY,
        ),
    ),
    Preset(
        slug="top-25-sqrt",
        name="Top 25 Square Root",
        summary="A broad basket of up to 25 assets by the root of market cap, so that the largest weigh less.",
        kind=Index.Kind.MARKET_CAP,
        tier=Index.Tier.CORE,
        rules=Rules(
            exclude=(*NEVER, "privacy"),
            count=25,
            enter=20,
            keep=30,
            min_count=10,
            alpha=Decimal("0.5"),
            cap=Decimal("0.15"),
            schedule=Schedule.QUARTERLY,
        ),
    ),
    Preset(
        slug="defi",
        name="DeFi",
        summary="Up to ten assets of decentralised finance by the root of market cap.",
        kind=Index.Kind.THEMATIC,
        tier=Index.Tier.SATELLITE,
        rules=Rules(
            sectors=("defi",),
            exclude=NEVER,
            count=10,
            enter=8,
            keep=12,
            min_count=5,
            alpha=Decimal("0.5"),
            cap=Decimal("0.25"),
            schedule=Schedule.MONTHLY,
        ),
    ),
    Preset(
        slug="memecoin-equal",
        name="Memecoin Equal",
        summary="Up to five of the largest memecoins in equal parts.",
        kind=Index.Kind.EQUAL,
        tier=Index.Tier.SPECULATIVE,
        rules=Rules(
            sectors=("memecoin",),
            exclude=NEVER,
            liquidity_enter=Decimal(20_000_000),
            count=5,
            enter=4,
            keep=7,
            min_count=2,
            alpha=Decimal(0),
            schedule=Schedule.MONTHLY,
        ),
    ),
    Preset(
        slug="layer-1",
        name="Layer 1",
        summary="Up to ten base chains by the root of market cap.",
        kind=Index.Kind.THEMATIC,
        tier=Index.Tier.SATELLITE,
        rules=Rules(
            sectors=("layer1",),
            exclude=NEVER,
            count=10,
            enter=8,
            keep=12,
            min_count=5,
            alpha=Decimal("0.5"),
            cap=Decimal("0.25"),
            schedule=Schedule.MONTHLY,
        ),
    ),
)


@transaction.atomic
def load_presets(*, at: datetime) -> list[Index]:
    """Make what is missing of the five preset indices, published and active; return those made.

    They are of the simulated market when only that has prices, else of the real one; one without any review yet goes
    over to that market. Real indices take the plain slugs: a simulated index with a record moves to
    `simulated-<slug>`, record and followers with it.
    """
    priced = DailyPrice.objects.current().filter(asset__kind=Asset.Kind.CRYPTO)
    has_real = priced.filter(asset__simulated=False).exists()
    is_simulated = not has_real and priced.filter(asset__simulated=True).exists()
    universe = Index.Universe.SIMULATED if is_simulated else Index.Universe.REAL
    known = {index.slug: index for index in Index.objects.select_for_update().order_by("slug")}
    made = []
    for preset in PRESETS:
        index = known.get(preset.slug)
        if index and index.universe != universe:
            index = _give_way(index, universe)
        if index is None:
            made.append(_make(preset, universe, at))
    return made


def _give_way(index: Index, universe: Index.Universe) -> Index | None:
    """Return the index that keeps the plain slug; None when the slug is free for a new one."""
    if not index.reviews.exists():
        index.universe = universe
        index.save(update_fields=["universe"])
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
    )
    Methodology.objects.create(
        index=index,
        version=1,
        params=preset.rules.to_params(),
        status=Methodology.Status.PUBLISHED,
        published_at=at,
    )
    return index
